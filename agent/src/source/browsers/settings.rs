//! The settings that are looked at, and which of them hide what the order wants seen.

use std::collections::BTreeMap;

/// One of them. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Setting {
    /// Can private windows be opened? `on`, `off`, `some` (for listed addresses), `always`.
    PrivateWindows = 1,
    /// Is history kept? `on`, `off`.
    History = 2,
    /// Does history go when the browser ends? `on`, `off`.
    ClearOnExit = 3,
    /// Does it go after a while? `off`, `72h`, `100_pages`.
    Retention = 4,
    /// Does it go to other devices? `on`, `off`, `signed_in`. Whose account it is is not looked at.
    Sync = 5,
    /// Is our extension there? `on`, `off` (switched off), `none`, `silent`.
    Extension = 6,
    /// Can the browser be used as a guest? `on`, `off`, `always`.
    Guest = 7,
    /// Can profiles be added? `on`, `off`.
    AddProfile = 8,
    /// Are names asked for in a way that nobody else sees? `off`, `automatic`, `secure`, ...
    DnsOverHttps = 9,
    /// Which way to the network? `system`, `direct`, `fixed_servers`, ...
    Proxy = 10,
    /// Can another program drive the browser? `on`, `off`.
    RemoteDebugging = 11,
}

/// What the settings of a profile are.
pub(super) type Values = BTreeMap<Setting, String>;

/// A value is a word.
pub(super) const MAX_VALUE: usize = 24;

impl Setting {
    const ALL: [Self; 11] = [
        Self::PrivateWindows,
        Self::History,
        Self::ClearOnExit,
        Self::Retention,
        Self::Sync,
        Self::Extension,
        Self::Guest,
        Self::AddProfile,
        Self::DnsOverHttps,
        Self::Proxy,
        Self::RemoteDebugging,
    ];

    /// The name in records.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::PrivateWindows => "private_windows",
            Self::History => "history",
            Self::ClearOnExit => "clear_on_exit",
            Self::Retention => "retention",
            Self::Sync => "sync",
            Self::Extension => "extension",
            Self::Guest => "guest",
            Self::AddProfile => "add_profile",
            Self::DnsOverHttps => "dns_over_https",
            Self::Proxy => "proxy",
            Self::RemoteDebugging => "remote_debugging",
        }
    }

    /// As stored.
    pub(super) const fn number(self) -> u8 {
        self as u8
    }

    /// Of that number.
    pub(super) fn of_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.number() == number)
    }

    /// Does this value keep from sight what would be seen otherwise? Then it is told even if nobody
    /// knows since when it is so.
    pub(super) fn hides(self, value: &str) -> bool {
        match self {
            Self::PrivateWindows | Self::Guest => value == "always",
            Self::History => value == "off",
            Self::ClearOnExit => value == "on",
            Self::Retention => value != "off",
            Self::Extension => matches!(value, "off" | "silent"),
            Self::Sync
            | Self::AddProfile
            | Self::DnsOverHttps
            | Self::Proxy
            | Self::RemoteDebugging => false,
        }
    }
}

/// One of the words that are known; what a file says otherwise stays in the file.
pub(super) fn known(word: &str, words: &[&'static str]) -> &'static str {
    let known = words.iter().find(|known| word.eq_ignore_ascii_case(known));
    known.copied().unwrap_or("other")
}

/// `on` or `off`.
pub(super) const fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_and_names_are_one_each() {
        let mut names = std::collections::BTreeSet::new();
        for setting in Setting::ALL {
            assert_eq!(Setting::of_number(setting.number()), Some(setting));
            assert!(names.insert(setting.name()));
        }
        assert_eq!(Setting::of_number(0), None);
        assert_eq!(Setting::RemoteDebugging.number(), 11);
    }

    #[test]
    fn what_hides_is_told_at_once() {
        for (setting, value, hides) in [
            (Setting::History, "off", true),
            (Setting::History, "on", false),
            (Setting::Retention, "72h", true),
            (Setting::Extension, "silent", true),
            (Setting::Extension, "none", false),
            (Setting::PrivateWindows, "on", false),
            (Setting::Proxy, "fixed_servers", false),
        ] {
            assert_eq!(setting.hides(value), hides, "{setting:?} {value}");
        }
    }

    #[test]
    fn words_of_a_file_do_not_become_values() {
        assert_eq!(known("SECURE", &["off", "secure"]), "secure");
        assert_eq!(known("what a person wrote", &["off"]), "other");
    }
}
