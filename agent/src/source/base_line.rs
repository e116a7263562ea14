//! What a source knew last, as marks: hashes that say whether something is as it was, and nothing of
//! what it is. A source's cursor.
//!
//! Promises: what changed while the agent was down is found by comparing with these. Refuses: to
//! hold anything that could be read back.

use std::collections::BTreeSet;

use proviso_report::Hash;

const FORMAT: u8 = 1;
const MARK: usize = 16;
/// A computer has some dozens; beyond, the rest is told again at the next start rather than kept.
const MAX: usize = 4096;

/// The hash of something that a source knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark([u8; MARK]);

/// Marks of all that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BaseLine(BTreeSet<Mark>);

impl Mark {
    /// Of these words, in this order.
    pub(crate) fn of(words: &[&str]) -> Self {
        let mut bytes = Vec::new();
        for word in words {
            // With lengths, so that no two lists of words look alike.
            bytes.extend(u64::try_from(word.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend(word.as_bytes());
        }
        let mut mark = [0; MARK];
        for (to, from) in mark.iter_mut().zip(Hash::of(&bytes).0) {
            *to = from;
        }
        Self(mark)
    }
}

impl FromIterator<Mark> for BaseLine {
    fn from_iter<T: IntoIterator<Item = Mark>>(marks: T) -> Self {
        Self(marks.into_iter().take(MAX).collect())
    }
}

impl BaseLine {
    /// Is it known?
    pub(crate) fn has(&self, mark: Mark) -> bool {
        self.0.contains(&mark)
    }

    /// Knows it from now on; false: there is no more room.
    pub(crate) fn note(&mut self, mark: Mark) -> bool {
        self.0.contains(&mark) || (self.0.len() < MAX && self.0.insert(mark))
    }

    /// As stored: format, then the marks in order.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend(self.0.iter().flat_map(|mark| mark.0));
        bytes
    }

    /// `None` when the bytes are something else.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&format, rest) = bytes.split_first()?;
        let (marks, odd) = rest.as_chunks();
        let whole = odd.is_empty() && marks.len() <= MAX;
        (format == FORMAT && whole).then(|| marks.iter().map(|mark| Mark(*mark)).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_are_pinned() {
        let mark = Mark::of(&["a", "bc"]);
        assert_ne!(mark, Mark::of(&["ab", "c"]));
        let line: BaseLine = [mark].into_iter().collect();
        let bytes = line.to_bytes();
        let hash = Hash::of(b"\0\0\0\0\0\0\0\x01a\0\0\0\0\0\0\0\x02bc");
        assert_eq!((bytes[0], &bytes[1..]), (1, &hash.0[..16]));
        assert_eq!(BaseLine::from_bytes(&bytes), Some(line.clone()));
        assert!(line.has(mark) && !line.has(Mark::of(&[])));
        for wrong in [&bytes[1..], &bytes[..10], b"", b"\x02"] {
            assert_eq!(BaseLine::from_bytes(wrong), None);
        }
        assert_eq!(BaseLine::from_bytes(b"\x01"), Some(BaseLine::default()));
    }

    #[test]
    fn stays_small() {
        let mut line = BaseLine::default();
        let kept = (0..2 * MAX).filter(|n| line.note(Mark::of(&[&n.to_string()])));
        assert_eq!(kept.count(), MAX);
        assert_eq!(BaseLine::from_bytes(&line.to_bytes()), Some(line));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(line) = BaseLine::from_bytes(&bytes) {
                prop_assert!(line.to_bytes().len() <= bytes.len());
            }
        }
    }
}
