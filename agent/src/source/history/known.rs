//! The browsers' profiles that were there when they were last looked for: a cursor.
//!
//! Says which are new, and which are gone. Also those that only a running program showed stay known
//! here, so that a portable one is followed when its program has ended.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::family::Family;
use super::find::History;
use super::places;
use crate::platform::accounts::Account;
use crate::source::SourceKey;

const FORMAT: u8 = 1;
/// More than are followed.
pub(super) const MAX_PROFILES: usize = 512;

/// What was there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    v: u8,
    /// When, in Unix milliseconds.
    pub(super) seen: i64,
    /// By their keys.
    profiles: BTreeMap<SourceKey, Profile>,
}

/// A profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    browser: String,
    firefox: bool,
    account: String,
    /// Its database; none if the path is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
    /// Names its folder while it exists: device and number.
    folder: (u64, u64),
}

impl Known {
    /// Nothing yet.
    pub(super) const fn begin(seen: i64) -> Self {
        Self {
            v: FORMAT,
            seen,
            profiles: BTreeMap::new(),
        }
    }

    /// Notes one; true if it was not known.
    pub(super) fn note(&mut self, key: &SourceKey, history: &History) -> bool {
        let profile = Profile {
            browser: history.browser.to_owned(),
            firefox: history.family == Family::Firefox,
            account: history.account.name.clone(),
            path: history.path.to_str().map(PathBuf::from),
            folder: history.folder,
        };
        self.profiles.insert(key.clone(), profile).is_none()
    }

    /// How many.
    pub(super) fn count(&self) -> usize {
        self.profiles.len()
    }

    /// Lets the others go.
    pub(super) fn keep_only(&mut self, stays: impl Fn(&str) -> bool) {
        self.profiles.retain(|key, _| stays(key));
    }

    /// Lets one go.
    pub(super) fn forget(&mut self, key: &str) {
        self.profiles.remove(key);
    }

    /// All that are known of these accounts and can be looked for, by their keys.
    pub(super) fn histories(&self, accounts: &[Account]) -> Vec<(SourceKey, History)> {
        let of = |(key, profile): (&SourceKey, &Profile)| {
            let account = accounts.iter().find(|one| one.name == profile.account)?;
            let history = History {
                browser: places::browser(&profile.browser)?,
                family: if profile.firefox {
                    Family::Firefox
                } else {
                    Family::Chromium
                },
                account: account.clone(),
                path: profile.path.clone()?,
                folder: profile.folder,
            };
            Some((key.clone(), history))
        };
        self.profiles.iter().filter_map(of).collect()
    }

    /// What the profile with this database is called, if it is known.
    pub(super) fn browser(&self, account: &str, path: &Path) -> Option<&'static str> {
        let known = |profile: &&Profile| {
            profile.account == account && profile.path.as_deref() == Some(path)
        };
        places::browser(&self.profiles.values().find(known)?.browser)
    }

    /// As stored.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Text, numbers and lists: nothing in it can fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// `None` when the bytes are something else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let known: Self = serde_json::from_slice(bytes).ok()?;
        (known.v == FORMAT && known.profiles.len() <= MAX_PROFILES).then_some(known)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::platform::accounts::Owner;

    #[test]
    fn bytes_are_pinned() {
        let account = Account {
            name: "alex".into(),
            owner: Owner(5),
            home: "/home/alex".into(),
        };
        let history = History {
            browser: "firefox",
            family: Family::Firefox,
            account: account.clone(),
            path: "/home/alex/x/places.sqlite".into(),
            folder: (1, 2),
        };
        let mut known = Known::begin(7);
        let key = history.key();
        assert!(known.note(&key, &history) && !known.note(&key, &history));
        let bytes = concat!(
            r#"{"v":1,"seen":7,"profiles":{"history:firefox:alex:x":{"browser":"firefox","#,
            r#""firefox":true,"account":"alex","path":"/home/alex/x/places.sqlite","folder":[1,2]}}}"#
        );
        assert_eq!(String::from_utf8(known.to_bytes()).unwrap(), bytes);
        assert_eq!(Known::from_bytes(bytes.as_bytes()), Some(known.clone()));
        let newer = bytes.replacen("\"v\":1", "\"v\":2", 1);
        assert_eq!(Known::from_bytes(newer.as_bytes()), None);
        assert_eq!(known.histories(&[]), []);
        assert_eq!(known.histories(&[account]), [(key.clone(), history)]);
        known.forget(&key);
        assert_eq!(known, Known::begin(7));
    }

    proptest! {
        #[test]
        fn no_bytes_end_it(bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(Known::from_bytes(&bytes), None);
        }
    }
}
