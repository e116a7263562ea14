//! A list of packages, as it is kept and compared.
//!
//! Promises: bounded, whatever a database holds: the rest is said to be left out. A name or version
//! from a file that a person can write fits on a line.

use std::collections::BTreeMap;

use proviso_report::fact::Change;

const FORMAT: u8 = 1;
/// Twice what large systems have.
const MAX_PACKAGES: usize = 20_000;
const MAX_NAME: usize = 200;
const MAX_VERSION: usize = 100;

/// Packages by name, each with its version; empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    packages: BTreeMap<String, String>,
    /// Did some have no room?
    pub(super) is_cut: bool,
}

/// What became of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) change: Change,
    pub(super) name: String,
    pub(super) version: Option<String>,
}

impl List {
    /// Adds a package.
    pub(super) fn add(&mut self, name: &str, version: &str) {
        let name = line(name, MAX_NAME);
        if name.is_empty() {
            return;
        }
        if self.packages.len() >= MAX_PACKAGES && !self.packages.contains_key(&name) {
            self.is_cut = true;
            return;
        }
        self.packages.insert(name, line(version, MAX_VERSION));
    }

    /// What changed from this one to that: what is gone first. A package with another version than
    /// before was added.
    pub(super) fn changes_to(&self, now: &Self) -> Vec<Changed> {
        let gone = self.packages.iter().filter_map(|(name, version)| {
            let is_gone = !now.packages.contains_key(name);
            // It may be among those that had no room.
            (is_gone && !now.is_cut).then(|| changed(Change::Removed, name, version))
        });
        let new = now.packages.iter().filter_map(|(name, version)| {
            let is_new = self.packages.get(name) != Some(version);
            is_new.then(|| changed(Change::Added, name, version))
        });
        gone.chain(new).collect()
    }

    /// Makes one change.
    pub(super) fn apply(&mut self, changed: &Changed) {
        if changed.change == Change::Removed {
            self.packages.remove(&changed.name);
        } else {
            let version = changed.version.clone().unwrap_or_default();
            self.packages.insert(changed.name.clone(), version);
        }
    }

    /// As stored: format, then a line for each: name, a tab, version.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        for (name, version) in &self.packages {
            for part in [name, "\t", version, "\n"] {
                bytes.extend(part.as_bytes());
            }
        }
        bytes
    }

    /// `None` when the bytes are something else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&format, rest) = bytes.split_first()?;
        let text = std::str::from_utf8(rest).ok()?;
        let mut list = Self::default();
        let whole = text.is_empty() || text.ends_with('\n');
        for line in text.lines() {
            let (name, version) = line.split_once('\t')?;
            list.add(name, version);
        }
        (format == FORMAT && whole && !list.is_cut).then_some(list)
    }
}

fn changed(change: Change, name: &str, version: &str) -> Changed {
    Changed {
        change,
        name: name.to_owned(),
        version: (!version.is_empty()).then(|| version.to_owned()),
    }
}

/// What fits on a line.
fn line(text: &str, most: usize) -> String {
    let text = text.trim();
    let cut = &text[..text.floor_char_boundary(most)];
    cut.replace(char::is_control, "?")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(all: &[(&str, &str)]) -> List {
        let mut list = List::default();
        for (name, version) in all {
            list.add(name, version);
        }
        list
    }

    #[test]
    fn bytes_are_pinned() {
        let list = list(&[("tor", "0.4"), ("a\tb", "")]);
        assert_eq!(list.to_bytes(), b"\x01a?b\t\ntor\t0.4\n");
        assert_eq!(List::from_bytes(b"\x01a?b\t\ntor\t0.4\n"), Some(list));
        assert_eq!(List::from_bytes(b"\x01"), Some(List::default()));
        for wrong in [&b""[..], b"\x02", b"\x01tor", b"\x01tor\t1", b"\x01\xff\n"] {
            assert_eq!(List::from_bytes(wrong), None);
        }
    }

    #[test]
    fn another_version_is_added_and_nothing_is_removed() {
        let before = list(&[("a", "1"), ("b", "1"), ("c", "1")]);
        let now = list(&[("b", "1"), ("c", "2"), ("d", "")]);
        let changes = before.changes_to(&now);
        let expected = [
            changed(Change::Removed, "a", "1"),
            changed(Change::Added, "c", "2"),
            changed(Change::Added, "d", ""),
        ];
        assert_eq!(changes, expected);
        let mut stored = before;
        changes.iter().for_each(|change| stored.apply(change));
        assert_eq!(stored, now);
    }

    #[test]
    fn a_list_without_end_is_cut_and_nothing_is_said_to_be_gone() {
        let mut now = List::default();
        for n in 0..=MAX_PACKAGES {
            now.add(&format!("a{n}"), "1");
        }
        assert!(now.is_cut);
        assert_eq!(list(&[("z", "1")]).changes_to(&now).len(), MAX_PACKAGES);
    }

    proptest! {
        #[test]
        fn any_names_come_back(all in proptest::collection::vec((".*", ".*"), 0..8)) {
            let mut list = List::default();
            for (name, version) in &all {
                list.add(name, version);
            }
            prop_assert_eq!(List::from_bytes(&list.to_bytes()), Some(list));
        }

        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            drop(List::from_bytes(&bytes));
        }
    }
}
