//! The file of accounts (passwd(5)), and which of them people sign in to.

use std::collections::BTreeSet;
use std::io;
use std::ops::RangeInclusive;
use std::path::Path;

use thiserror::Error;

use crate::source::bounded;

/// A computer with thousands of accounts has some hundred kilobytes of them.
const MAX_PASSWD: usize = 4 << 20;
const MAX_DEFS: usize = 256 << 10;
const MAX_ACCOUNTS: usize = 4096;
/// Where `login.defs` says nothing (useradd(8)).
const UID_MIN: u32 = 1000;
const UID_MAX: u32 = 60_000;
/// Shells that let nobody in.
const NO_SHELL: &[&str] = &["nologin", "false", "sync", "halt", "shutdown"];

/// Why the accounts cannot be told.
#[derive(Debug, Error)]
pub(super) enum ListError {
    #[error("the list of accounts could not be read: {0}; new accounts are not seen")]
    Io(#[from] io::Error),
    /// As in the middle of being written.
    #[error(
        "the list of accounts is not whole: it has no account of number 0; look at /etc/passwd"
    )]
    Broken,
    #[error("the list of accounts has more than {MAX_ACCOUNTS} of people; new ones are not seen")]
    TooMany,
}

/// The names of the accounts that people sign in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Humans(pub(super) BTreeSet<String>);

impl Humans {
    /// By the files of this folder.
    pub(super) fn read(etc: &Path) -> Result<Self, ListError> {
        let passwd = bounded::text(&etc.join("passwd"), MAX_PASSWD)?;
        Self::parse(&passwd, &defs(etc))
    }

    pub(super) fn parse(passwd: &str, defs: &str) -> Result<Self, ListError> {
        let numbers = range(defs);
        let mut humans = BTreeSet::new();
        let mut whole = false;
        for line in passwd.lines() {
            let mut fields = line.split(':');
            let (Some(name), Some(_), Some(uid)) = (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            // `+` and `-` ask a directory service.
            let (Ok(uid), false) = (uid.parse::<u32>(), name.starts_with(['+', '-'])) else {
                continue;
            };
            whole |= uid == 0;
            let home = fields.nth(2).unwrap_or_default();
            let shell = fields.next().unwrap_or_default();
            let second_root = uid == 0 && name != "root";
            let disguised =
                uid > 0 && uid < *numbers.start() && home.starts_with("/home/") && lets_in(shell);
            if !name.is_empty() && (numbers.contains(&uid) || second_root || disguised) {
                humans.insert(bounded::name(name));
            }
            if humans.len() > MAX_ACCOUNTS {
                return Err(ListError::TooMany);
            }
        }
        if whole {
            Ok(Self(humans))
        } else {
            Err(ListError::Broken)
        }
    }
}

/// The numbers of accounts of people, by the settings in this folder.
pub(super) fn numbers(etc: &Path) -> RangeInclusive<u32> {
    range(&defs(etc))
}

/// Without it the numbers are as everywhere.
fn defs(etc: &Path) -> String {
    bounded::text(&etc.join("login.defs"), MAX_DEFS).unwrap_or_default()
}

fn range(defs: &str) -> RangeInclusive<u32> {
    number(defs, "UID_MIN").unwrap_or(UID_MIN)..=number(defs, "UID_MAX").unwrap_or(UID_MAX)
}

/// No shell at all means the usual one.
fn lets_in(shell: &str) -> bool {
    let name = shell.rsplit('/').next().unwrap_or_default();
    !NO_SHELL.contains(&name)
}

fn number(defs: &str, key: &str) -> Option<u32> {
    let mut values = defs.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        (words.next() == Some(key)).then(|| words.next())?
    });
    values.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PASSWD: &str = "\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
postgres:x:110:115::/var/lib/postgresql:/bin/bash
syslog:x:107:113::/home/syslog:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
alex:x:1000:1000:Alex,,,:/home/alex:/bin/bash
";

    fn names(passwd: &str, defs: &str) -> Vec<String> {
        let humans = Humans::parse(passwd, defs).unwrap();
        humans.0.into_iter().collect()
    }

    #[test]
    fn accounts_of_people_are_told_from_those_of_the_system() {
        assert_eq!(names(PASSWD, ""), ["alex"]);
        assert_eq!(
            names(PASSWD, "# UID_MIN 5\nUID_MIN\t\t 100\n"),
            ["alex", "postgres", "syslog"]
        );
        assert_eq!(names(PASSWD, "UID_MAX 999"), [""; 0]);
        let more = format!(
            "{PASSWD}toor:x:0:0::/root:/bin/sh\nghost:x:990:990::/home/ghost:/bin/bash\nbare:x:991:991::/home/bare:\n+@people::::::\nhalf:x\n:x:1002:1::/:\nlong:x:99999999999:1::/:\n"
        );
        assert_eq!(names(&more, ""), ["alex", "bare", "ghost", "toor"]);
    }

    #[test]
    fn a_list_that_is_being_written_is_no_list() {
        for half in ["", "alex:x:1000:1000:::\n", "root:x"] {
            let error = Humans::parse(half, "").unwrap_err();
            assert!(matches!(error, ListError::Broken), "{half}");
        }
        let many: String = (1000..6000)
            .map(|n| format!("a{n}:x:{n}:1::/:\n"))
            .collect();
        let error = Humans::parse(&format!("{PASSWD}{many}"), "").unwrap_err();
        assert!(matches!(error, ListError::TooMany));
    }

    proptest! {
        #[test]
        fn any_text_is_read(passwd in ".{0,300}", defs in ".{0,100}") {
            if let Ok(humans) = Humans::parse(&passwd, &defs) {
                for name in humans.0 {
                    prop_assert!(!name.is_empty() && !name.contains('\n'));
                }
            }
        }
    }
}
