//! Packages that stand in folders by name: snaps and flatpaks.
//!
//! Promises: links are read and never followed out of the folder of a package that a person can
//! write, and names are bounded.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::list::List;

/// What a snap says of itself is shorter.
const MAX_TEXT: u64 = 64 * 1024;
/// Of the name of a state of a flatpak, which is a hash.
const COMMIT: usize = 12;
/// More folders than anybody has packages.
const MAX_FOLDERS: usize = 20_000;

/// The snaps whose folders are below this one. The one that runs is that to which `current` leads.
pub(super) fn snaps(folder: &Path) -> io::Result<List> {
    let mut list = List::default();
    for entry in fs::read_dir(folder)?.take(MAX_FOLDERS).flatten() {
        let current = entry.path().join("current");
        let (Ok(revision), Some(name)) = (
            fs::read_link(&current),
            entry.file_name().to_str().map(str::to_owned),
        ) else {
            continue;
        };
        let revision = revision.to_string_lossy().into_owned();
        let version = said_version(&current.join("meta/snap.yaml"));
        list.add(&name, &version.unwrap_or(revision));
    }
    Ok(list)
}

/// The flatpaks of one installation, by the hash of the state that is current.
pub(super) fn flatpaks(folder: &Path) -> io::Result<List> {
    let mut list = List::default();
    for entry in fs::read_dir(folder)?.take(MAX_FOLDERS).flatten() {
        // Processor and branch, and below these the state that is used.
        let Ok(current) = fs::read_link(entry.path().join("current")) else {
            continue;
        };
        let inside = current
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        let active = entry.path().join(&current).join("active");
        let state = inside.then(|| fs::read_link(active).ok()).flatten();
        let Some(state) = state else { continue };
        let state = state.to_string_lossy();
        let name = entry.file_name();
        list.add(
            &name.to_string_lossy(),
            &state[..state.floor_char_boundary(COMMIT)],
        );
    }
    Ok(list)
}

/// `version: '1.2'`.
fn said_version(file: &Path) -> Option<String> {
    let mut text = String::new();
    let file = fs::File::open(file).ok()?;
    file.take(MAX_TEXT).read_to_string(&mut text).ok()?;
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix("version:"))?;
    let value = value.trim().trim_matches(['\'', '"']);
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn file(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn list(all: &[(&str, &str)]) -> List {
        let mut list = List::default();
        for (name, version) in all {
            list.add(name, version);
        }
        list
    }

    #[test]
    fn snaps_are_those_that_can_run() {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join(path);
        file(
            &at("player/12/meta/snap.yaml"),
            "name: player\nversion: '1.2'\nbase: core\n",
        );
        symlink("12", at("player/current")).unwrap();
        file(&at("old/3/meta/snap.yaml"), "version: 9\n");
        file(&at("silent/x1/meta/snap.yaml"), "name: silent\n");
        symlink("x1", at("silent/current")).unwrap();
        file(&at("bin/player"), "");
        assert_eq!(
            snaps(dir.path()).unwrap(),
            list(&[("player", "1.2"), ("silent", "x1")])
        );
        assert!(snaps(&at("none")).is_err());
    }

    #[test]
    fn flatpaks_are_named_by_their_state() {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join(path);
        let state = "0123456789abcdef0123456789abcdef";
        file(&at(&format!("org.a/x86_64/stable/{state}/metadata")), "");
        symlink(state, at("org.a/x86_64/stable/active")).unwrap();
        symlink("x86_64/stable", at("org.a/current")).unwrap();
        // Nothing outside of the folder is looked at.
        fs::create_dir_all(at("org.b")).unwrap();
        symlink("../org.a/x86_64/stable", at("org.b/current")).unwrap();
        fs::create_dir_all(at("org.c/x86_64/stable")).unwrap();
        symlink("x86_64/stable", at("org.c/current")).unwrap();
        assert_eq!(
            flatpaks(dir.path()).unwrap(),
            list(&[("org.a", "0123456789ab")])
        );
    }
}
