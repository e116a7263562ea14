//! Proofs over a log's root (RFC 6962, sections 2.1.1 and 2.1.2; checks as in RFC 9162).

use super::node_hash;
use crate::hash::Hash;

/// The proof that the leaf at `index` is in the log of all `leaves`; `None` if there is no such.
#[must_use]
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    (index < leaves.len()).then(|| path(leaves, index))
}

/// The proof that the log of all `leaves` continues that of the first `old`; `None` if `old` is 0
/// or more than there are.
#[must_use]
pub fn consistency_proof(leaves: &[Hash], old: usize) -> Option<Vec<Hash>> {
    (1..=leaves.len())
        .contains(&old)
        .then(|| subproof(leaves, old, true))
}

/// Is `leaf` at `index` in the log of `size` records with this root?
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Does the log of `new` records with `new_root` begin with the log of `old` with `old_root`?
#[must_use]
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> bool {
    if old == 0 || old > new {
        return false;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    let mut rest = proof.iter();
    let first = if old.is_power_of_two() {
        Some(old_root)
    } else {
        rest.next()
    };
    let Some(first) = first else { return false };
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut before, mut after) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            before = node_hash(sibling, &before);
            after = node_hash(sibling, &after);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            after = node_hash(&after, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && before == *old_root && after == *new_root
}

fn root(leaves: &[Hash]) -> Hash {
    let mut range = super::CompactRange::new();
    leaves.iter().for_each(|leaf| range.append(*leaf));
    range.root()
}

/// The largest power of two below `n`, for n > 1.
const fn split(n: usize) -> usize {
    1 << (usize::BITS - 1 - (n - 1).leading_zeros())
}

fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, other) = match index.checked_sub(left.len()) {
        None => (path(left, index), right),
        Some(index) => (path(right, index), left),
    };
    proof.push(root(other));
    proof
}

fn subproof(leaves: &[Hash], old: usize, whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole {
            Vec::new()
        } else {
            vec![root(leaves)]
        };
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, other) = match old.checked_sub(left.len()) {
        None | Some(0) => (subproof(left, old, whole), right),
        Some(old) => (subproof(right, old, false), left),
    };
    proof.push(root(other));
    proof
}

#[cfg(test)]
mod tests {
    use super::super::tests::{leaves, naive_root};
    use super::*;

    #[test]
    fn every_inclusion_holds_and_no_other() {
        for size in 1..40_usize {
            let all = leaves(size as u64);
            let root = naive_root(&all);
            for index in 0..size {
                let proof = inclusion_proof(&all, index).unwrap();
                let holds = |leaf: &Hash, index: usize, proof: &[Hash]| {
                    verify_inclusion(leaf, index as u64, size as u64, proof, &root)
                };
                assert!(holds(&all[index], index, &proof));
                assert!(!holds(&Hash([0; 32]), index, &proof));
                for other in (0..size + 2).filter(|other| *other != index) {
                    assert!(
                        !holds(&all[index], other, &proof),
                        "{index} as {other} of {size}"
                    );
                }
                let longer = [proof.clone(), vec![root]].concat();
                assert!(!holds(&all[index], index, &longer));
                if let Some((_, shorter)) = proof.split_last() {
                    assert!(!holds(&all[index], index, shorter));
                }
            }
        }
        assert_eq!(inclusion_proof(&leaves(3), 3), None);
    }

    #[test]
    fn every_consistency_holds_and_no_other() {
        for size in 1..40_usize {
            let all = leaves(size as u64);
            let new = naive_root(&all);
            for old in 1..=size {
                let proof = consistency_proof(&all, old).unwrap();
                let before = naive_root(&all[..old]);
                let holds = |old: usize, before: &Hash, proof: &[Hash]| {
                    verify_consistency(old as u64, before, size as u64, &new, proof)
                };
                assert!(holds(old, &before, &proof), "{old} of {size}");
                assert!(!holds(old, &Hash([0; 32]), &proof));
                assert!(!holds(0, &before, &proof));
                assert!(!holds(size + 1, &before, &proof));
                let longer = [proof.clone(), vec![new]].concat();
                assert!(!holds(old, &before, &longer));
                if let Some((_, shorter)) = proof.split_last() {
                    assert!(!holds(old, &before, shorter), "{old} of {size}");
                }
            }
        }
        assert_eq!(consistency_proof(&leaves(3), 0), None);
        assert_eq!(consistency_proof(&leaves(3), 4), None);
    }
}
