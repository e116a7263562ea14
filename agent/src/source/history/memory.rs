//! What a history held when it was last read, so that what is gone can be told: a cursor.
//!
//! Holds times and counts, no addresses: visits are told from one another by the microsecond in which
//! they began, which outlasts everything that a browser does to its own numbers.

use std::collections::{BTreeMap, BTreeSet};

use proviso_report::BootId;

/// Visits remembered one by one.
pub(super) const REMEMBERED: usize = 1_024;
/// Days of which the number of visits is remembered.
pub(super) const MAX_DAYS: usize = 100;
const FORMAT: u8 = 1;
const WORD: usize = 8;

/// What was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    /// When, in Unix milliseconds.
    pub(super) seen: i64,
    /// In which run of the system.
    pub(super) boot: BootId,
    /// Names the file while it exists.
    pub(super) file: (u64, u64),
    /// The last number that the browser gave to a visit; 0 where it does not say.
    pub(super) sequence: i64,
    /// When the last visits of this device were, in Unix microseconds.
    pub(super) times: BTreeSet<i64>,
    /// How many visits of this device there were on each day since 1970, by UTC.
    pub(super) days: BTreeMap<i64, i64>,
}

impl Memory {
    /// When the newest of them was.
    pub(super) fn newest(&self) -> Option<i64> {
        self.times.last().copied()
    }

    /// As stored: format, seen, boot, file, sequence, how many times, times, then day and count of
    /// each day; all big-endian.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend(self.seen.to_be_bytes());
        bytes.extend(self.boot.0);
        bytes.extend(self.file.0.to_be_bytes());
        bytes.extend(self.file.1.to_be_bytes());
        bytes.extend(self.sequence.to_be_bytes());
        let count = u64::try_from(self.times.len()).unwrap_or(u64::MAX);
        bytes.extend(count.to_be_bytes());
        for at in &self.times {
            bytes.extend(at.to_be_bytes());
        }
        for (day, count) in &self.days {
            bytes.extend(day.to_be_bytes());
            bytes.extend(count.to_be_bytes());
        }
        bytes
    }

    /// `None` when the bytes are something else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&format, rest) = bytes.split_first()?;
        let (seen, rest) = rest.split_first_chunk::<WORD>()?;
        let (boot, rest) = rest.split_first_chunk::<16>()?;
        let (words, odd) = rest.as_chunks::<WORD>();
        let (&[dev, ino, sequence, count], words) = words.split_first_chunk()?;
        let count = usize::try_from(u64::from_be_bytes(count)).ok()?;
        let (times, days) = words.split_at_checked(count)?;
        let (days, left) = days.as_chunks::<2>();
        let whole = odd.is_empty() && left.is_empty();
        if format != FORMAT || !whole || count > REMEMBERED || days.len() > MAX_DAYS {
            return None;
        }
        let number = |word: &[u8; WORD]| i64::from_be_bytes(*word);
        Some(Self {
            seen: i64::from_be_bytes(*seen),
            boot: BootId(*boot),
            file: (u64::from_be_bytes(dev), u64::from_be_bytes(ino)),
            sequence: i64::from_be_bytes(sequence),
            times: times.iter().map(number).collect(),
            days: days
                .iter()
                .map(|[day, count]| (number(day), number(count)))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_are_pinned() {
        let memory = Memory {
            seen: 1,
            boot: BootId([9; 16]),
            file: (2, 3),
            sequence: 4,
            times: BTreeSet::from([5, 6]),
            days: BTreeMap::from([(7, 8)]),
        };
        let mut bytes = vec![1, 0, 0, 0, 0, 0, 0, 0, 1];
        bytes.extend([9; 16]);
        for word in [2_u64, 3, 4, 2, 5, 6, 7, 8] {
            bytes.extend(word.to_be_bytes());
        }
        assert_eq!(memory.to_bytes(), bytes);
        assert_eq!(Memory::from_bytes(&bytes), Some(memory));
        for wrong in [&bytes[1..], &bytes[..bytes.len() - 8], &bytes[..8], b""] {
            assert_eq!(Memory::from_bytes(wrong), None);
        }
        bytes[0] = 0;
        assert_eq!(Memory::from_bytes(&bytes), None);
    }

    proptest! {
        #[test]
        fn whatever_can_be_read_is_written_the_same(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..200),
            count in 0..4_u8,
        ) {
            if let Some(first) = bytes.first_mut() {
                *first = FORMAT;
            }
            if let Some(place) = bytes.get_mut(49..57) {
                place.copy_from_slice(&[0, 0, 0, 0, 0, 0, 0, count]);
            }
            if let Some(memory) = Memory::from_bytes(&bytes) {
                let again = Memory::from_bytes(&memory.to_bytes());
                prop_assert_eq!(again, Some(memory));
            }
        }
    }
}
