//! Which visits are a search of their own.
//!
//! One search is seen several times: the engine sends the browser on, the page is loaded again, its
//! second page is opened, the person comes back to it. Promises: all that is one record. Refuses: to
//! count twice what a person did once. Whoever sends the same words by a link or a form again within
//! half an hour is said to have searched once; whoever types them again, twice.

/// Searches remembered; more in half an hour are rare.
const REMEMBERED: usize = 32;
/// The same words again are the same search, unless they were typed anew,
const SAME_US: i64 = 30 * 60 * 1_000_000;
/// which takes longer than an engine needs to send the browser on.
const SENT_ON_US: i64 = 10 * 1_000_000;
const WORD: usize = 8;

/// The last searches, by a hash of engine and words, with when they were last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Searched(Vec<(u64, i64)>);

impl Searched {
    /// Remembers nothing yet.
    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Is it a search of its own? `at` is in Unix microseconds; `anew` if it was typed.
    pub(super) fn is_new(&mut self, hash: u64, at: i64, anew: bool) -> bool {
        let within = if anew { SENT_ON_US } else { SAME_US };
        let known = self.0.iter().position(|(known, _)| *known == hash);
        let before = known.map(|place| self.0.remove(place).1);
        if self.0.len() >= REMEMBERED {
            self.0.remove(0);
        }
        self.0
            .push((hash, before.map_or(at, |before| before.max(at))));
        before.is_none_or(|before| at.abs_diff(before) > within.unsigned_abs())
    }

    /// As stored: how many, then hash and time of each, big-endian.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::try_from(self.0.len()).unwrap_or(u8::MAX));
        for (hash, at) in &self.0 {
            bytes.extend(hash.to_be_bytes());
            bytes.extend(at.to_be_bytes());
        }
    }

    /// Reads them from the beginning of these bytes; gives the rest.
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&count, rest) = bytes.split_first()?;
        let count = usize::from(count);
        if count > REMEMBERED {
            return None;
        }
        let (searches, rest) = rest.split_at_checked(count.checked_mul(2 * WORD)?)?;
        let (words, _) = searches.as_chunks::<WORD>();
        let (pairs, _) = words.as_chunks::<2>();
        let pair =
            |[hash, at]: &[[u8; WORD]; 2]| (u64::from_be_bytes(*hash), i64::from_be_bytes(*at));
        Some((Self(pairs.iter().map(pair).collect()), rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;

    #[test]
    fn the_same_words_soon_again_are_one_search() {
        let mut searched = Searched::none();
        assert!(searched.is_new(1, 0, true));
        // Sent on by the engine, then loaded again, then its second page.
        assert!(!searched.is_new(1, 1_000_000, true));
        assert!(!searched.is_new(1, MINUTE, false));
        assert!(!searched.is_new(1, 20 * MINUTE, false));
        assert!(!searched.is_new(1, 45 * MINUTE, false));
        assert!(searched.is_new(2, 45 * MINUTE, false));
        // Typed again, and much later.
        assert!(searched.is_new(1, 46 * MINUTE, true));
        assert!(searched.is_new(1, 120 * MINUTE, false));
    }

    #[test]
    fn few_are_remembered_and_come_back_from_bytes() {
        let mut searched = Searched::none();
        for hash in 0..100 {
            assert!(searched.is_new(hash, 0, false));
        }
        assert_eq!(searched.0.len(), REMEMBERED);
        let mut bytes = Vec::new();
        searched.write(&mut bytes);
        bytes.push(7);
        assert_eq!(Searched::read(&bytes), Some((searched, &[7][..])));
        assert_eq!(Searched::read(&bytes[..100]), None);
        assert_eq!(Searched::read(&[33]), None);
        assert_eq!(Searched::read(&[]), None);
    }
}
