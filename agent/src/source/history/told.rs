//! What was told of things that become known long after they began: the cursor of finished downloads
//! and of pages that were in front.
//!
//! Promises: each is told once, whenever its row is written, as long as no more than [`REMEMBERED`]
//! later ones were told before it. Refuses: what is earlier than the moment at which it began.

use std::collections::BTreeMap;

/// Things remembered.
const REMEMBERED: usize = 512;
const FORMAT: u8 = 1;
const WORD: usize = 8;

/// What was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// What is earlier, in Unix microseconds, is never told.
    floor: i64,
    /// By time and number: how much of it was told.
    things: BTreeMap<(i64, i64), u64>,
}

impl Told {
    /// Nothing; what is before that moment does not matter.
    pub(super) const fn begin(floor: i64) -> Self {
        Self {
            floor,
            things: BTreeMap::new(),
        }
    }

    /// Only what is at this moment or later can be new.
    pub(super) const fn floor(&self) -> i64 {
        self.floor
    }

    /// How much of it is new; `None`: nothing.
    pub(super) fn left(&self, at: i64, id: i64, amount: u64) -> Option<u64> {
        if at < self.floor {
            return None;
        }
        match self.things.get(&(at, id)) {
            Some(told) => amount.checked_sub(*told).filter(|left| *left > 0),
            None => Some(amount),
        }
    }

    /// All of it was told.
    pub(super) fn note(&mut self, at: i64, id: i64, amount: u64) {
        self.things.insert((at, id), amount);
        while self.things.len() > REMEMBERED {
            if let Some(((at, _), _)) = self.things.pop_first() {
                // Of two at one moment the other may still be remembered.
                self.floor = self.floor.max(at.saturating_add(1));
            }
        }
    }

    /// As stored: format, floor, then time, number and amount of each; all big-endian.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend(self.floor.to_be_bytes());
        for ((at, id), amount) in &self.things {
            bytes.extend(at.to_be_bytes());
            bytes.extend(id.to_be_bytes());
            bytes.extend(amount.to_be_bytes());
        }
        bytes
    }

    /// `None` when the bytes are something else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&format, rest) = bytes.split_first()?;
        let (floor, rest) = rest.split_first_chunk::<WORD>()?;
        let (words, odd) = rest.as_chunks::<WORD>();
        let (things, left) = words.as_chunks::<3>();
        let whole = odd.is_empty() && left.is_empty() && things.len() <= REMEMBERED;
        if format != FORMAT || !whole {
            return None;
        }
        let thing = |[at, id, amount]: &[[u8; WORD]; 3]| {
            let key = (i64::from_be_bytes(*at), i64::from_be_bytes(*id));
            (key, u64::from_be_bytes(*amount))
        };
        Some(Self {
            floor: i64::from_be_bytes(*floor),
            things: things.iter().map(thing).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_is_told_once_and_what_grows_by_what_it_grew() {
        let mut told = Told::begin(10);
        assert_eq!(told.left(9, 1, 5), None);
        assert_eq!(told.left(10, 1, 5), Some(5));
        told.note(10, 1, 5);
        assert_eq!(told.left(10, 1, 5), None);
        assert_eq!(told.left(10, 1, 4), None);
        assert_eq!(told.left(10, 1, 8), Some(3));
        assert_eq!(told.left(10, 2, 5), Some(5));
    }

    #[test]
    fn what_is_forgotten_is_not_told_again() {
        let mut told = Told::begin(0);
        for at in 0..600 {
            told.note(at, 1, 1);
        }
        assert!((0..600).all(|at| told.left(at, 1, 1).is_none()));
        assert_eq!(told.left(87, 2, 1), None);
        assert_eq!(told.left(88, 2, 1), Some(1));
    }

    #[test]
    fn bytes_are_pinned() {
        let mut told = Told::begin(2);
        told.note(3, 4, 5);
        let mut bytes = vec![1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3];
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5]);
        assert_eq!(told.to_bytes(), bytes);
        assert_eq!(Told::from_bytes(&bytes), Some(told));
        for wrong in [&bytes[1..], &bytes[..bytes.len() - 8], &bytes[..8], b""] {
            assert_eq!(Told::from_bytes(wrong), None);
        }
        bytes[0] = 0;
        assert_eq!(Told::from_bytes(&bytes), None);
    }

    proptest! {
        #[test]
        fn whatever_can_be_read_is_written_the_same(mut bytes in any::<Vec<u8>>()) {
            if let Some(first) = bytes.first_mut() {
                *first = FORMAT;
            }
            if let Some(told) = Told::from_bytes(&bytes) {
                let again = Told::from_bytes(&told.to_bytes());
                prop_assert_eq!(again, Some(told));
            }
        }
    }
}
