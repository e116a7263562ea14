//! The displays that an account's programs were told of.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Screen;
use crate::platform::accounts::Account;

/// Longer surroundings are read so far.
const MAX_BYTES: u64 = 256 * 1024;
/// More displays than one person uses.
const MAX_SCREENS: usize = 8;
const MAX_NAME: usize = 512;

/// The words that count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Words<'a> {
    display: Option<&'a [u8]>,
    keys: Option<&'a [u8]>,
    wayland: Option<&'a [u8]>,
    runtime: Option<&'a [u8]>,
}

/// The displays that the running programs of this account were told of, a few at most.
pub fn screens(account: &Account) -> io::Result<Vec<Screen>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let is_process = entry.file_name().as_bytes().iter().all(u8::is_ascii_digit);
        let theirs = |uid| uid == account.owner.0;
        if !is_process || !entry.metadata().is_ok_and(|it| theirs(it.uid())) {
            continue;
        }
        let mut bytes = Vec::new();
        let Ok(file) = File::open(entry.path().join("environ")) else {
            continue;
        };
        if file.take(MAX_BYTES).read_to_end(&mut bytes).is_ok() && found.len() < MAX_SCREENS {
            found.extend(Words::of(&bytes).screens(account));
        }
    }
    let is_wayland = found.iter().any(|it| matches!(it, Screen::Wayland(_)));
    // Beside a compositor stands an X server of its own, which knows only some of the windows.
    found.retain(|it| !is_wayland || !matches!(it, Screen::X11 { .. }));
    Ok(found.into_iter().take(MAX_SCREENS).collect())
}

impl<'a> Words<'a> {
    fn of(environ: &'a [u8]) -> Self {
        let mut words = Self::default();
        for word in environ.split(|&byte| byte == 0) {
            let Some(at) = word.iter().position(|&byte| byte == b'=') else {
                continue;
            };
            let (name, value) = word.split_at(at);
            let value = value.get(1..).unwrap_or_default();
            if value.is_empty() || value.len() > MAX_NAME {
                continue;
            }
            match name {
                b"DISPLAY" => words.display = Some(value),
                b"XAUTHORITY" => words.keys = Some(value),
                b"WAYLAND_DISPLAY" => words.wayland = Some(value),
                b"XDG_RUNTIME_DIR" => words.runtime = Some(value),
                _ => {}
            }
        }
        words
    }

    fn screens(&self, account: &Account) -> impl Iterator<Item = Screen> {
        let x11 = self.display.and_then(|display| {
            let keys = self.keys.map(path).filter(|keys| keys.is_absolute());
            x11(display, keys)
        });
        let wayland = self.wayland.map(path).map(|name| {
            let usual = || PathBuf::from(format!("/run/user/{}", account.owner.0));
            let folder = self.runtime.map_or_else(usual, path);
            Screen::Wayland(folder.join(name))
        });
        let is_whole = |it: &Screen| match it {
            Screen::Wayland(socket) => socket.is_absolute(),
            _ => true,
        };
        x11.into_iter().chain(wayland).filter(is_whole)
    }
}

/// `:7.0` and `unix:7` are here, `desk:7` is elsewhere.
fn x11(display: &[u8], keys: Option<PathBuf>) -> Option<Screen> {
    let display = std::str::from_utf8(display).ok()?;
    let (host, number) = display.rsplit_once(':')?;
    let number = number.split('.').next()?.parse().ok()?;
    Some(match host {
        "" | "unix" => Screen::X11 { number, keys },
        host => Screen::Elsewhere(host.to_owned()),
    })
}

fn path(bytes: &[u8]) -> PathBuf {
    Path::new(std::ffi::OsStr::from_bytes(bytes)).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::platform::accounts::Owner;

    fn found(environ: &[u8]) -> Vec<Screen> {
        let account = Account {
            name: "alex".into(),
            owner: Owner(1000),
            home: "/home/alex".into(),
        };
        Words::of(environ).screens(&account).collect()
    }

    #[test]
    fn displays_are_found_by_what_programs_were_told() {
        let x11 = |number, keys: Option<&str>| Screen::X11 {
            number,
            keys: keys.map(PathBuf::from),
        };
        let wayland = |path: &str| Screen::Wayland(path.into());
        for (environ, expected) in [
            (
                "HOME=/\0DISPLAY=:7.0\0XAUTHORITY=/k\0",
                vec![x11(7, Some("/k"))],
            ),
            ("DISPLAY=unix:0\0XAUTHORITY=k", vec![x11(0, None)]),
            (
                "DISPLAY=desk.example:10.0",
                vec![Screen::Elsewhere("desk.example".into())],
            ),
            (
                "WAYLAND_DISPLAY=wayland-1",
                vec![wayland("/run/user/1000/wayland-1")],
            ),
            (
                "XDG_RUNTIME_DIR=/r\0WAYLAND_DISPLAY=w\0DISPLAY=:1",
                vec![x11(1, None), wayland("/r/w")],
            ),
            ("WAYLAND_DISPLAY=/s\0DISPLAY=\0", vec![wayland("/s")]),
            (
                "XDG_RUNTIME_DIR=r\0WAYLAND_DISPLAY=w\0DISPLAY=7\0=\0X",
                vec![],
            ),
        ] {
            assert_eq!(found(environ.as_bytes()), expected, "{environ:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            drop(found(&bytes));
            drop(found(&[b"DISPLAY=", &bytes[..]].concat()));
        }
    }
}
