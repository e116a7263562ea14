//! What the administrator of the computer has set for browsers: the managed policies.
//!
//! Only who administers the computer can write these files. Of a setting that stands in two files
//! the last by name is taken here; the browser takes one of the two.
//!
//! Not covered: what a browser is told from elsewhere (cloud management, the registry of another
//! system), and the folders of Snap and Flatpak.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use proviso_report::Hash;
use serde_json::{Map, Value};

use super::program::is_of_firefox;
use super::settings::{known, switch};

/// A policy file is some hundred bytes; lists can be long.
const MAX_FILE: u64 = 4 << 20;
const MAX_FILES: usize = 64;
/// Where Firefox looks, the first that is there counts.
const FIREFOX: [&str; 5] = [
    "etc/firefox/policies/policies.json",
    "usr/lib/firefox-esr/distribution/policies.json",
    "usr/lib/firefox/distribution/policies.json",
    "usr/lib64/firefox/distribution/policies.json",
    "opt/firefox/distribution/policies.json",
];

/// The policies of one browser.
#[derive(Debug, Default)]
pub(super) struct Policy(Map<String, Value>);

/// The files that hold them, those that are there.
pub(super) fn files(root: &Path, browser: &str) -> Vec<PathBuf> {
    if is_of_firefox(browser) {
        let mut places = FIREFOX.iter().map(|place| root.join(place));
        return places.find(|path| path.is_file()).into_iter().collect();
    }
    let entries = fs::read_dir(folder(root, browser)).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .take(MAX_FILES)
        .collect();
    paths.sort();
    paths
}

/// The folders in which they would appear.
pub(super) fn folder(root: &Path, browser: &str) -> PathBuf {
    root.join(match browser {
        "chrome" => "etc/opt/chrome/policies/managed",
        "edge" => "etc/opt/edge/policies/managed",
        "brave" => "etc/brave/policies/managed",
        _ if is_of_firefox(browser) => "etc/firefox/policies",
        _ => "etc/chromium/policies/managed",
    })
}

impl Policy {
    /// Reads them. An error names no file: nobody but the administrator can make one.
    pub(super) fn read(root: &Path, browser: &str) -> io::Result<Self> {
        let mut all = Map::new();
        for path in files(root, browser) {
            let mut bytes = Vec::new();
            File::open(&path)?.take(MAX_FILE).read_to_end(&mut bytes)?;
            let Value::Object(mut whole) = serde_json::from_slice(&bytes)? else {
                continue;
            };
            match whole.remove("policies") {
                Some(Value::Object(inner)) if is_of_firefox(browser) => all.extend(inner),
                _ => all.extend(whole),
            }
        }
        Ok(Self(all))
    }

    /// A policy that is a switch.
    pub(super) fn switch(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    /// A policy that is a number.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }

    /// Anything.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A policy that is one of these words; `other`: it is another one.
    pub(super) fn word(&self, name: &str, words: &[&'static str]) -> Option<&'static str> {
        Some(known(self.0.get(name)?.as_str()?, words))
    }

    /// A list that is not empty.
    pub(super) fn lists_any(&self, name: &str) -> bool {
        let list = self.0.get(name).and_then(Value::as_array);
        list.is_some_and(|list| !list.is_empty())
    }

    /// What it says on private windows of Chromium and its kin: `on`, `off`, `some`, `always`.
    pub(super) fn incognito(&self) -> Option<&'static str> {
        if let Some(mode) = self.number("IncognitoModeAvailability") {
            return Some(match mode {
                1 if self.lists_any("IncognitoModeUrlAllowlist") => "some",
                1 => "off",
                2 => "always",
                _ => "on",
            });
        }
        self.switch("IncognitoEnabled").map(switch)
    }

    /// The same of Firefox and its kin.
    pub(super) fn private_browsing(&self) -> Option<&'static str> {
        if let Some(mode) = self.number("PrivateBrowsingModeAvailability") {
            return Some(match mode {
                1 => "off",
                2 => "always",
                _ => "on",
            });
        }
        self.switch("DisablePrivateBrowsing")
            .map(|off| switch(!off))
    }
}

/// May a private window of this browser be opened, as far as the administrator says? `guest`: a
/// guest's window.
pub(super) fn lets_open(root: &Path, browser: &str, guest: bool) -> bool {
    let Ok(policy) = Policy::read(root, browser) else {
        return true;
    };
    let said = match (guest, is_of_firefox(browser)) {
        (true, _) => policy.switch("BrowserGuestModeEnabled").map(switch),
        (false, true) => policy.private_browsing(),
        (false, false) => policy.incognito(),
    };
    said != Some("off")
}

/// What tells that the policies are still the same, without reading them.
pub(super) fn marks(root: &Path, browser: &str) -> Hash {
    super::profile::marks(&files(root, browser))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(place: &str, text: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        root
    }

    #[test]
    fn private_windows_are_open_unless_closed() {
        let chromium = "etc/chromium/policies/managed/a.json";
        for (text, said) in [
            (r#"{"IncognitoModeAvailability": 1}"#, Some("off")),
            (
                r#"{"IncognitoModeAvailability": 1, "IncognitoModeUrlAllowlist": ["a.example"]}"#,
                Some("some"),
            ),
            (r#"{"IncognitoModeAvailability": 2}"#, Some("always")),
            (r#"{"IncognitoEnabled": false}"#, Some("off")),
            (r#"{"IncognitoModeAvailability": "1"}"#, None),
            ("[]", None),
        ] {
            let root = with(chromium, text);
            let policy = Policy::read(root.path(), "chromium").unwrap();
            assert_eq!(policy.incognito(), said, "{text}");
            assert_eq!(
                lets_open(root.path(), "chromium", false),
                said != Some("off")
            );
            assert!(lets_open(root.path(), "chrome", false), "another browser's");
        }
        let root = with(chromium, r#"{"BrowserGuestModeEnabled": false}"#);
        assert!(!lets_open(root.path(), "chromium", true));
        assert!(lets_open(root.path(), "chromium", false));
        let root = with(
            FIREFOX[1],
            r#"{"policies": {"DisablePrivateBrowsing": true}}"#,
        );
        assert!(!lets_open(root.path(), "firefox", false));
        assert!(lets_open(root.path(), "chromium", false));
        let root = with(chromium, "no JSON");
        assert!(Policy::read(root.path(), "chromium").is_err());
        assert!(lets_open(root.path(), "chromium", false));
    }

    #[test]
    fn the_last_file_counts_and_a_change_is_seen() {
        let root = with(
            "etc/chromium/policies/managed/a.json",
            r#"{"A": 1, "B": 1}"#,
        );
        let before = marks(root.path(), "chromium");
        assert_eq!(marks(root.path(), "chromium"), before);
        let second = root.path().join("etc/chromium/policies/managed/b.json");
        fs::write(second, r#"{"B": 2}"#).unwrap();
        assert_ne!(marks(root.path(), "chromium"), before);
        let policy = Policy::read(root.path(), "chromium").unwrap();
        assert_eq!((policy.number("A"), policy.number("B")), (Some(1), Some(2)));
    }
}
