//! Where an account keeps its downloads, pictures and documents: `user-dirs.dirs` of the desktop.
//!
//! Promises: only that file is read, as the account's own and to a bound. Refuses: to believe it
//! further than its words: whether a folder is the account's is asked of the folder.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::platform::accounts::Account;
use crate::platform::files::open_owned;

const FILE: &str = ".config/user-dirs.dirs";
const LONGEST: u64 = 64 << 10;

/// The name of a place in records, the desktop's name of its folder, and where it is if nothing says.
const PLACES: &[(&str, &str, &str)] = &[
    ("downloads", "XDG_DOWNLOAD_DIR", "Downloads"),
    ("pictures", "XDG_PICTURES_DIR", "Pictures"),
    ("documents", "XDG_DOCUMENTS_DIR", "Documents"),
    ("desktop", "XDG_DESKTOP_DIR", "Desktop"),
    ("videos", "XDG_VIDEOS_DIR", "Videos"),
    ("music", "XDG_MUSIC_DIR", "Music"),
];

/// The names of these places.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PLACES.iter().map(|(name, ..)| *name)
}

/// Each place of an account and where it is.
pub(super) fn of(account: &Account) -> Vec<(&'static str, PathBuf)> {
    let mut text = Vec::new();
    if let Ok((file, _)) = open_owned(&account.home.join(FILE), account.owner) {
        // What cannot be read to its end says what it says until there.
        let _ = file.take(LONGEST).read_to_end(&mut text);
    }
    let text = String::from_utf8_lossy(&text);
    let place = |&(name, key, usual): &(&'static str, &str, &str)| {
        let said = said(&text, key, &account.home);
        // The home itself means that there is no such folder.
        let path = said.unwrap_or_else(|| account.home.join(usual));
        (path != account.home).then_some((name, path))
    };
    PLACES.iter().filter_map(place).collect()
}

/// What the last line of this key says: `KEY="$HOME/Folder"` or an absolute path.
fn said(text: &str, key: &str, home: &Path) -> Option<PathBuf> {
    let mut said = None;
    for line in text.lines() {
        let value = line.trim().strip_prefix(key).map(str::trim_start);
        let value = value.and_then(|rest| rest.strip_prefix('='));
        let Some(value) = value.map(str::trim) else {
            continue;
        };
        let value = value
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let Some(value) = value.map(unescaped) else {
            continue;
        };
        let path = match value.strip_prefix("$HOME") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                home.join(rest.trim_matches('/'))
            }
            _ => PathBuf::from(value),
        };
        // Steps upwards are for nobody's folders.
        let plain = |path: &Path| {
            let mut steps = path.components();
            path.is_absolute() && !steps.any(|step| step == std::path::Component::ParentDir)
        };
        if plain(&path) {
            // Without a separator at its end.
            said = Some(path.components().collect());
        }
    }
    said
}

/// A backslash takes the next character as it is.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(one) = rest.next() {
        plain.extend(if one == '\\' { rest.next() } else { Some(one) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::platform::accounts::Owner;

    fn account(home: &Path) -> Account {
        Account {
            name: "alex".into(),
            owner: Owner(rustix::process::getuid().as_raw()),
            home: home.to_owned(),
        }
    }

    #[test]
    fn the_desktops_word_counts_and_else_what_is_usual() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path();
        let alex = account(home);
        assert!(of(&alex).contains(&("downloads", home.join("Downloads"))));
        std::fs::create_dir(home.join(".config")).unwrap();
        let text = "# a note\nXDG_DOWNLOAD_DIR=\"$HOME/Hämtat \\\"x\\\"/\"\nXDG_PICTURES_DIR=\"/data/pics\"\n\
                    XDG_DESKTOP_DIR=\"$HOME/\"\nXDG_MUSIC_DIR=\"$HOMEX/a\"\nXDG_VIDEOS_DIR=\"$HOME/../bob\"\n\
                    XDG_DOCUMENTS_DIR=relative\n";
        std::fs::write(home.join(FILE), text).unwrap();
        let places = of(&alex);
        let at = |name: &str| {
            let mut places = places.iter();
            places
                .find(|(one, _)| *one == name)
                .map(|(_, path)| path.clone())
        };
        assert_eq!(at("downloads"), Some(home.join("Hämtat \"x\"")));
        assert_eq!(at("pictures"), Some("/data/pics".into()));
        assert_eq!(at("desktop"), None, "there is none");
        for (name, usual) in [
            ("music", "Music"),
            ("videos", "Videos"),
            ("documents", "Documents"),
        ] {
            assert_eq!(
                at(name),
                Some(home.join(usual)),
                "what makes no sense says nothing"
            );
        }
        assert_eq!(names().count(), 6);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(XDG_DOWNLOAD_DIR ?= ?|[\"\\\\/$HOME.\n a])*") {
            if let Some(path) = said(&text, "XDG_DOWNLOAD_DIR", Path::new("/home/alex")) {
                prop_assert!(path.is_absolute());
            }
        }
    }
}
