//! Updates of lists that only the collector holds: from which record of one log on each counts.
//!
//! No device has such a list, so no log can say when an update of it began. The collector says it,
//! once, when it takes the update: from the number of records on that it had then.
//!
//! Promises: what counts for a record follows from its place in the log and from nothing else, so
//! that it is the same however often and in whatever pieces the log is followed. Numbers and places
//! only rise. What the log itself says of a list that is named here changes nothing.
//!
//! Refuses: to say whether an update was authorised, as [`Basis`] does.

use std::collections::BTreeMap;

use proviso_report::Hash;

use super::Basis;
use crate::order::ListVersion;

/// For one log: which updates of lists that only the collector holds count, and from where on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldLists(BTreeMap<Hash, BTreeMap<String, Vec<Since>>>);

/// An update that counts from a record on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Since {
    from: u64,
    version: ListVersion,
}

/// Why an update cannot count from there on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeldError {
    /// Its number does not rise.
    #[error("update {number} of the list `{list}` comes after update {before}")]
    Number {
        /// The list.
        list: String,
        /// Its number.
        number: u64,
        /// That of the one before.
        before: u64,
    },
    /// It would count before the one before it.
    #[error(
        "update {number} of the list `{list}` counts from record {from} on, and the one before it \
         from record {before} on"
    )]
    From {
        /// The list.
        list: String,
        /// Its number.
        number: u64,
        /// From where on it is said to count.
        from: u64,
        /// That of the one before.
        before: u64,
    },
}

impl HeldLists {
    /// Adds an update of a list of an order, which counts from the record at `from` on. Those of one
    /// list come in their order.
    pub fn add(
        &mut self,
        order: Hash,
        list: &str,
        version: ListVersion,
        from: u64,
    ) -> Result<(), HeldError> {
        let lists = self.0.entry(order).or_default();
        let all = lists.entry(list.to_owned()).or_default();
        if let Some(before) = all.last() {
            if version.number <= before.version.number {
                return Err(HeldError::Number {
                    list: list.to_owned(),
                    number: version.number,
                    before: before.version.number,
                });
            }
            if from < before.from {
                return Err(HeldError::From {
                    list: list.to_owned(),
                    number: version.number,
                    from,
                    before: before.from,
                });
            }
        }
        all.push(Since { from, version });
        Ok(())
    }

    /// A basis, as the log says it is for the record at this place, with these lists in it.
    pub(super) fn within(&self, mut basis: Basis, seq: u64) -> Basis {
        for (list, all) in self.0.get(&basis.order).into_iter().flatten() {
            match all.iter().rfind(|since| since.from <= seq) {
                Some(since) => basis.lists.insert(list.clone(), since.version),
                None => basis.lists.remove(list),
            };
        }
        basis
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: Hash = Hash([1; 32]);

    fn version(number: u64) -> ListVersion {
        let byte = u8::try_from(number).unwrap();
        ListVersion {
            number,
            sha256: Hash([byte; 32]),
        }
    }

    fn held(all: &[(&str, u64, u64)]) -> HeldLists {
        let mut held = HeldLists::default();
        for (list, number, from) in all {
            held.add(ORDER, list, version(*number), *from).unwrap();
        }
        held
    }

    fn numbers(basis: Basis) -> Vec<(String, u64)> {
        let lists = basis.lists.into_iter();
        lists.map(|(name, one)| (name, one.number)).collect()
    }

    #[test]
    fn the_place_in_the_log_says_what_counts() {
        let held = held(&[("a", 1, 3), ("b", 1, 0), ("a", 2, 5), ("a", 3, 5)]);
        let at = |seq| numbers(held.within(Basis::of(ORDER), seq));
        let one = |list: &str, number| (list.to_owned(), number);
        assert_eq!(at(0), [one("b", 1)]);
        assert_eq!(at(2), [one("b", 1)]);
        assert_eq!(at(3), [one("a", 1), one("b", 1)]);
        assert_eq!(at(4), [one("a", 1), one("b", 1)]);
        assert_eq!(at(5), [one("a", 3), one("b", 1)]);
        assert_eq!(at(u64::MAX), [one("a", 3), one("b", 1)]);
        let other = held.within(Basis::of(Hash([2; 32])), 9);
        assert_eq!(numbers(other), []);
    }

    #[test]
    fn what_the_log_says_of_such_a_list_changes_nothing() {
        let held = held(&[("a", 1, 3)]);
        let mut said = Basis::of(ORDER);
        said.lists.insert("a".to_owned(), version(9));
        said.lists.insert("c".to_owned(), version(4));
        let at = |seq| numbers(held.within(said.clone(), seq));
        assert_eq!(at(2), [("c".to_owned(), 4)]);
        assert_eq!(at(3), [("a".to_owned(), 1), ("c".to_owned(), 4)]);
    }

    #[test]
    fn numbers_and_places_only_rise() {
        let mut held = held(&[("a", 2, 5)]);
        for (number, from, words) in [
            (2, 6, "update 2 of the list `a` comes after update 2"),
            (1, 6, "update 1 of the list `a` comes after update 2"),
            (
                3,
                4,
                "update 3 of the list `a` counts from record 4 on, and the one before it from record \
                 5 on",
            ),
        ] {
            let error = held.add(ORDER, "a", version(number), from).unwrap_err();
            assert_eq!(error.to_string(), words);
        }
        held.add(ORDER, "a", version(3), 5).unwrap();
        held.add(ORDER, "b", version(1), 0).unwrap();
    }
}
