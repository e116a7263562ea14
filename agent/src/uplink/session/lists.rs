//! The lists of an order, asked for one after the other and put together from their pieces.

use std::collections::{BTreeSet, VecDeque};

use proviso_report::Hash;
use thiserror::Error;

/// The longest list that is taken, in bytes: three million domains.
const MAX_LIST: u64 = 64 << 20;

/// The lists that are wanted.
#[derive(Debug, Default)]
pub(super) struct Lists {
    wanted: VecDeque<Hash>,
    current: Option<Current>,
    /// Those that came whole: the pipeline has them, whatever it says it needs.
    came: BTreeSet<Hash>,
}

/// The list that comes now.
#[derive(Debug)]
struct Current {
    sha256: Hash,
    total: Option<u64>,
    bytes: Vec<u8>,
}

/// Why a list is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ListError {
    /// Over the limit.
    #[error("it has {0} bytes, and {MAX_LIST} is the most")]
    TooLong(u64),
    /// A piece does not follow the one before.
    #[error("its pieces do not fit together")]
    Pieces,
    /// Not the list that was asked for.
    #[error("it is not the list {0} that the order pins")]
    Hash(Hash),
}

impl Lists {
    /// Wants these; answers which to ask for now.
    pub(super) fn want(&mut self, lists: &[Hash]) -> Option<Hash> {
        self.wanted = lists
            .iter()
            .filter(|list| !self.came.contains(list))
            .copied()
            .collect();
        let sha256 = self.wanted.pop_front()?;
        self.current = Some(Current {
            sha256,
            total: None,
            bytes: Vec::new(),
        });
        Some(sha256)
    }

    /// Takes a piece; answers the list when it is whole. Pieces of a list that is not wanted any
    /// more are passed over.
    pub(super) fn piece(
        &mut self,
        sha256: Hash,
        total: u64,
        offset: u64,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, ListError> {
        let Some(current) = &mut self.current else {
            return Ok(None);
        };
        if current.sha256 != sha256 {
            return Ok(None);
        }
        if total > MAX_LIST {
            return Err(ListError::TooLong(total));
        }
        let have = u64::try_from(current.bytes.len()).unwrap_or(u64::MAX);
        let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let end = have.checked_add(more).ok_or(ListError::Pieces)?;
        let same = *current.total.get_or_insert(total) == total;
        if !same || offset != have || end > total || (more == 0 && total > 0) {
            return Err(ListError::Pieces);
        }
        current.bytes.extend_from_slice(bytes);
        if end < total {
            return Ok(None);
        }
        let whole = std::mem::take(&mut current.bytes);
        self.current = None;
        if Hash::of(&whole) != sha256 {
            return Err(ListError::Hash(sha256));
        }
        self.came.insert(sha256);
        Ok(Some(whole))
    }

    /// Wants none any more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanting(list: &[u8]) -> (Lists, Hash) {
        let mut lists = Lists::default();
        let hash = Hash::of(list);
        assert_eq!(lists.want(&[hash]), Some(hash));
        (lists, hash)
    }

    #[test]
    fn pieces_make_the_list() {
        let (mut lists, hash) = wanting(b"abcde");
        assert_eq!(lists.piece(hash, 5, 0, b"abc"), Ok(None));
        assert_eq!(lists.piece(hash, 5, 3, b"de"), Ok(Some(b"abcde".to_vec())));
        assert_eq!(lists.piece(hash, 5, 0, b"abc"), Ok(None));
        // Whatever the pipeline says, it has this one.
        assert_eq!(lists.want(&[hash]), None);
        let (mut lists, hash) = wanting(b"");
        assert_eq!(lists.piece(hash, 0, 0, b""), Ok(Some(Vec::new())));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let over = MAX_LIST + 1;
        for (total, offset, bytes, error) in [
            (over, 0, &b"a"[..], ListError::TooLong(over)),
            (5, 1, b"a", ListError::Pieces),
            (5, u64::MAX, b"a", ListError::Pieces),
            (2, 0, b"abc", ListError::Pieces),
            (2, 0, b"", ListError::Pieces),
            (5, 0, b"abcdf", ListError::Hash(Hash::of(b"abcde"))),
        ] {
            let (mut lists, hash) = wanting(b"abcde");
            assert_eq!(lists.piece(hash, total, offset, bytes), Err(error));
        }
        let (mut lists, hash) = wanting(b"abcde");
        lists.piece(hash, 5, 0, b"abc").unwrap();
        assert_eq!(lists.piece(hash, 6, 3, b"de"), Err(ListError::Pieces));
    }

    #[test]
    fn other_lists_are_passed_over() {
        let (mut lists, _) = wanting(b"abcde");
        assert_eq!(lists.piece(Hash([0; 32]), 5, 0, b"abcde"), Ok(None));
    }
}
