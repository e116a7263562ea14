//! Up to where a history was read: the source's cursor.
//!
//! Browsers do not number visits for ever. Firefox gives the numbers of deleted visits again;
//! Chromium begins again at 1 when everything is deleted. So a number alone says nothing: the last
//! rows that were seen are remembered whole. While the newest of them is still there, all that
//! follows it is new; when some are gone, the newest that is left takes its place; when all are
//! gone, what is later than everything seen is new.
//!
//! Known limit: a visit is missed when the last [`REMEMBERED`] visits are deleted and it lies, by
//! the browser's clock, before one of those.

use std::collections::BTreeMap;

use super::searched::Searched;

/// Rows remembered.
pub(super) const REMEMBERED: usize = 64;
const FORMAT: u8 = 2;
/// Agents before knew of no searches.
const FORMAT_WITHOUT_SEARCHES: u8 = 1;
const WORD: usize = 8;

/// What tells one row from another of the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// When the visit was, in Unix microseconds.
    pub(super) at: i64,
    /// Of its address.
    pub(super) hash: u64,
}

/// A reading position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// No visit that was read is later, in Unix microseconds.
    pub(super) latest: i64,
    /// The rows with the highest numbers among those read.
    rows: BTreeMap<i64, Mark>,
    /// The last searches that were told.
    pub(super) searched: Searched,
}

impl Position {
    /// Of a history of which everything up to that moment does not matter.
    pub(super) const fn begin(latest: i64) -> Self {
        Self {
            latest,
            rows: BTreeMap::new(),
            searched: Searched::none(),
        }
    }

    /// Notes a row that was read. A visit from the future, by a clock that was wrong, must not
    /// make all others look old.
    pub(super) fn note(&mut self, id: i64, mark: Mark, now: i64) {
        self.latest = self.latest.max(mark.at.min(now));
        self.rows.insert(id, mark);
        while self.rows.len() > REMEMBERED {
            self.rows.pop_first();
        }
    }

    /// The clock was set back: what comes now is earlier than what was.
    pub(super) fn hold_to(&mut self, now: i64) {
        self.latest = self.latest.min(now);
    }

    /// The remembered rows, newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = (i64, Mark)> + '_ {
        self.rows.iter().rev().map(|(id, mark)| (*id, *mark))
    }

    /// Forgets rows after this one; they are gone from the history.
    pub(super) fn rewind_to(&mut self, id: i64) {
        self.rows.retain(|known, _| *known <= id);
    }

    /// Forgets all rows; they are gone from the history.
    pub(super) fn forget(&mut self) {
        self.rows.clear();
    }

    /// As stored: format, latest, how many searches, hash and time of each of them, then number, time
    /// and hash of each row; all big-endian.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend(self.latest.to_be_bytes());
        self.searched.write(&mut bytes);
        for (id, mark) in &self.rows {
            bytes.extend(id.to_be_bytes());
            bytes.extend(mark.at.to_be_bytes());
            bytes.extend(mark.hash.to_be_bytes());
        }
        bytes
    }

    /// `None` when the bytes are something else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&format, rest) = bytes.split_first()?;
        let (latest, rest) = rest.split_first_chunk::<WORD>()?;
        let (searched, rest) = match format {
            FORMAT => Searched::read(rest)?,
            FORMAT_WITHOUT_SEARCHES => (Searched::none(), rest),
            _ => return None,
        };
        let (words, odd) = rest.as_chunks::<WORD>();
        let (rows, left) = words.as_chunks::<3>();
        if !odd.is_empty() || !left.is_empty() || rows.len() > REMEMBERED {
            return None;
        }
        let row = |[id, at, hash]: &[[u8; WORD]; 3]| {
            let mark = Mark {
                at: i64::from_be_bytes(*at),
                hash: u64::from_be_bytes(*hash),
            };
            (i64::from_be_bytes(*id), mark)
        };
        Some(Self {
            latest: i64::from_be_bytes(*latest),
            rows: rows.iter().map(row).collect(),
            searched,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_000_000;

    fn mark(at: i64) -> Mark {
        Mark { at, hash: 0xab }
    }

    #[test]
    fn bytes_are_pinned() {
        let mut position = Position::begin(3);
        position.note(7, mark(5), NOW);
        assert!(position.searched.is_new(0xcd, 4, true));
        let row = [
            0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0xab,
        ];
        let mut bytes = vec![2, 0, 0, 0, 0, 0, 0, 0, 5];
        bytes.extend([1, 0, 0, 0, 0, 0, 0, 0, 0xcd, 0, 0, 0, 0, 0, 0, 0, 4]);
        bytes.extend(row);
        assert_eq!(position.to_bytes(), bytes);
        assert_eq!(Position::from_bytes(&bytes), Some(position));
        for wrong in [
            &bytes[1..],
            &bytes[..bytes.len() - 8],
            &bytes[..8],
            &bytes[..12],
            b"",
        ] {
            assert_eq!(Position::from_bytes(wrong), None);
        }
        bytes[0] = 0;
        assert_eq!(Position::from_bytes(&bytes), None);
        // As agents before wrote it.
        let mut old = vec![1, 0, 0, 0, 0, 0, 0, 0, 5];
        old.extend(row);
        let mut position = Position::begin(3);
        position.note(7, mark(5), NOW);
        assert_eq!(Position::from_bytes(&old), Some(position));
    }

    proptest! {
        #[test]
        fn whatever_can_be_read_is_written_the_same(mut bytes in any::<Vec<u8>>()) {
            if let Some(first) = bytes.first_mut() {
                *first = FORMAT;
            }
            if let Some(position) = Position::from_bytes(&bytes) {
                let again = Position::from_bytes(&position.to_bytes());
                prop_assert_eq!(again, Some(position));
            }
        }
    }

    #[test]
    fn remembers_the_highest_numbers() {
        let mut position = Position::begin(0);
        for id in 1..=100 {
            position.note(id, mark(id), NOW);
        }
        assert_eq!(position.newest_first().count(), REMEMBERED);
        assert_eq!(position.newest_first().next(), Some((100, mark(100))));
        position.rewind_to(98);
        assert_eq!(position.newest_first().next(), Some((98, mark(98))));
        assert_eq!(position.latest, 100);
    }

    #[test]
    fn a_wrong_clock_does_not_move_it_ahead() {
        let mut position = Position::begin(0);
        position.note(1, mark(NOW * 1000), NOW);
        assert_eq!(position.latest, NOW);
        position.hold_to(10);
        assert_eq!(position.latest, 10);
    }
}
