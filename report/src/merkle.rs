//! A device's log as a Merkle tree (RFC 6962, section 2.1): one root binds every record to its
//! place, and the past cannot be changed without a different root.
//!
//! [`CompactRange`] is all that is needed to append: at most 64 hashes. The proofs here let
//! somebody who holds a root check one record, or that one root continues another.

mod proof;
pub mod stored;

pub use proof::{consistency_proof, inclusion_proof, verify_consistency, verify_inclusion};

use crate::hash::Hash;
use crate::salt::SALT;

/// The leaf of a record: SHA-256(0x00 ‖ salt ‖ line).
#[must_use]
pub fn leaf_hash(salt: &[u8; SALT], line: &[u8]) -> Hash {
    Hash::of_parts(&[&[0], salt, line])
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash::of_parts(&[&[1], &left.0, &right.0])
}

/// What must be known of the leaves `0..size` to append more and to tell the root.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CompactRange {
    size: u64,
    /// Roots of the perfect subtrees that `size` is made of, the largest first.
    nodes: Vec<Hash>,
}

/// The bytes or hashes are not a compact range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not the compact range of a log: the number of hashes does not fit the size")]
pub struct RangeError;

impl CompactRange {
    /// Of an empty log.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            size: 0,
            nodes: Vec::new(),
        }
    }

    /// From a size and the hashes that [`Self::nodes`] gave.
    pub fn from_nodes(size: u64, nodes: Vec<Hash>) -> Result<Self, RangeError> {
        let fits = u32::try_from(nodes.len()) == Ok(size.count_ones());
        if fits {
            Ok(Self { size, nodes })
        } else {
            Err(RangeError)
        }
    }

    /// How many leaves there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its perfect subtrees, the largest first.
    #[must_use]
    pub fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// Appends a leaf. A log of 2^64 - 1 records stays as it is: no clock lives that long.
    pub fn append(&mut self, leaf: Hash) {
        let Some(size) = self.size.checked_add(1) else {
            return;
        };
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.nodes.push(node);
        self.size = size;
    }

    /// The root; of an empty log SHA-256("").
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut nodes = self.nodes.iter().rev();
        match nodes.next() {
            None => Hash::of(b""),
            Some(last) => nodes.fold(*last, |right, left| node_hash(left, &right)),
        }
    }

    /// For storage: size as u64 big-endian, then the hashes, the largest subtree first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend(self.nodes.iter().flat_map(|node| node.0));
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RangeError> {
        let (size, rest) = bytes.split_first_chunk::<8>().ok_or(RangeError)?;
        let (nodes, rest) = rest.as_chunks::<32>();
        if !rest.is_empty() {
            return Err(RangeError);
        }
        Self::from_nodes(
            u64::from_be_bytes(*size),
            nodes.iter().map(|node| Hash(*node)).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// MTH of RFC 6962, word for word.
    pub(super) fn naive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::of(b""),
            [leaf] => *leaf,
            _ => {
                let k = leaves.len().next_power_of_two() / 2;
                node_hash(&naive_root(&leaves[..k]), &naive_root(&leaves[k..]))
            }
        }
    }

    pub(super) fn leaves(n: u64) -> Vec<Hash> {
        (0..n)
            .map(|i| leaf_hash(&[7; SALT], &i.to_be_bytes()))
            .collect()
    }

    #[test]
    fn a_leaf_is_these_bytes() {
        let mut bytes = vec![0];
        bytes.extend([7; SALT]);
        bytes.extend(b"line");
        assert_eq!(leaf_hash(&[7; SALT], b"line"), Hash::of(&bytes));
        assert_eq!(
            CompactRange::new().root().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn stored_form_is_these_bytes() {
        let mut range = CompactRange::new();
        for leaf in leaves(5) {
            range.append(leaf);
        }
        let l = leaves(5);
        let mut expected = vec![0, 0, 0, 0, 0, 0, 0, 5];
        expected.extend(naive_root(&l[..4]).0);
        expected.extend(l[4].0);
        assert_eq!(range.to_bytes(), expected);
        assert_eq!(CompactRange::from_bytes(&expected), Ok(range));
        expected.pop();
        assert_eq!(CompactRange::from_bytes(&expected), Err(RangeError));
        assert_eq!(CompactRange::from_bytes(&[0; 40]), Err(RangeError));
        assert_eq!(CompactRange::from_bytes(&[0; 8]), Ok(CompactRange::new()));
    }

    #[test]
    fn has_the_root_of_the_rfc() {
        let mut range = CompactRange::new();
        let leaves = leaves(200);
        for n in 0..leaves.len() {
            assert_eq!(range.root(), naive_root(&leaves[..n]), "size {n}");
            range.append(leaves[n]);
        }
    }

    proptest! {
        #[test]
        fn comes_back_from_bytes(n in 0_u64..300) {
            let mut range = CompactRange::new();
            leaves(n).into_iter().for_each(|leaf| range.append(leaf));
            prop_assert_eq!(CompactRange::from_bytes(&range.to_bytes()), Ok(range));
        }

        #[test]
        fn any_bytes_are_a_range_or_a_fault(
            bytes in proptest::collection::vec(any::<u8>(), 0..200)
        ) {
            if let Ok(range) = CompactRange::from_bytes(&bytes) {
                prop_assert_eq!(range.to_bytes(), bytes);
            }
        }
    }
}
