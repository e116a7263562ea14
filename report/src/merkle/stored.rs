//! Proofs over a log whose perfect subtrees are stored: each costs a number of reads that grows with
//! the logarithm of its size.
//!
//! The perfect subtree of level `l` at place `p` is over the leaves `p << l` up to `(p + 1) << l`. It
//! is known for good as soon as its last leaf is there; level 0 are the leaves.

use super::node_hash;
use crate::hash::Hash;

/// Where perfect subtrees are.
pub trait Nodes {
    /// Why one cannot be had.
    type Error;

    /// The root of the perfect subtree of this level at this place.
    fn node(&self, level: u32, place: u64) -> Result<Hash, Self::Error>;
}

/// The root of the first `size` leaves.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    range(nodes, 0, size)
}

/// The proof that the leaf at `index` is in the log of the first `size` leaves; `None` if there is
/// no such.
pub fn inclusion<N: Nodes>(
    nodes: &N,
    index: u64,
    size: u64,
) -> Result<Option<Vec<Hash>>, N::Error> {
    if index >= size {
        return Ok(None);
    }
    let (mut from, mut to, mut proof) = (0, size, Vec::new());
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            proof.push(range(nodes, middle, to)?);
            to = middle;
        } else {
            proof.push(range(nodes, from, middle)?);
            from = middle;
        }
    }
    proof.reverse();
    Ok(Some(proof))
}

/// The proof that the log of the first `size` leaves continues that of the first `old`; `None` if
/// `old` is 0 or more than there are.
pub fn consistency<N: Nodes>(
    nodes: &N,
    old: u64,
    size: u64,
) -> Result<Option<Vec<Hash>>, N::Error> {
    if old == 0 || old > size {
        return Ok(None);
    }
    let (mut from, mut to, mut proof) = (0, size, Vec::new());
    while to != old {
        let middle = from + split(to - from);
        if old <= middle {
            proof.push(range(nodes, middle, to)?);
            to = middle;
        } else {
            proof.push(range(nodes, from, middle)?);
            from = middle;
        }
    }
    if from > 0 {
        proof.push(range(nodes, from, to)?);
    }
    proof.reverse();
    Ok(Some(proof))
}

/// The root over the leaves `from..to`, where `from` is a multiple of the power of two that is not
/// below `to - from`: so it is in every tree.
fn range<N: Nodes>(nodes: &N, from: u64, to: u64) -> Result<Hash, N::Error> {
    let (mut at, mut parts) = (from, Vec::new());
    while at < to {
        let level = (to - at)
            .ilog2()
            .min(if at == 0 { 63 } else { at.trailing_zeros() });
        parts.push(nodes.node(level, at >> level)?);
        at += 1 << level;
    }
    let mut parts = parts.iter().rev();
    Ok(match parts.next() {
        None => Hash::of(b""),
        Some(last) => parts.fold(*last, |right, left| node_hash(left, &right)),
    })
}

/// The largest power of two below `n`, for n > 1.
const fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The subtrees that the leaf at `index` completes: itself, then larger ones, each from `left`, the
/// subtree of its level before it.
pub fn completed<E>(
    leaf: Hash,
    index: u64,
    mut left: impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let mut node = leaf;
    let mut all = vec![node];
    for level in 0..index.trailing_ones() {
        node = node_hash(&left(level, (index >> level) - 1)?, &node);
        all.push(node);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::BTreeMap;

    use super::super::tests::{leaves, naive_root};
    use super::super::{consistency_proof, inclusion_proof};
    use super::*;

    #[derive(Default)]
    struct Kept {
        nodes: BTreeMap<(u32, u64), Hash>,
        reads: Cell<u32>,
    }

    impl Nodes for Kept {
        type Error = String;

        fn node(&self, level: u32, place: u64) -> Result<Hash, String> {
            self.reads.set(self.reads.get() + 1);
            let found = self.nodes.get(&(level, place)).copied();
            found.ok_or_else(|| format!("no subtree {level}/{place}"))
        }
    }

    fn kept(all: &[Hash]) -> Kept {
        let mut kept = Kept::default();
        for (index, leaf) in (0_u64..).zip(all) {
            let done = completed(*leaf, index, |level, place| kept.node(level, place)).unwrap();
            for (level, node) in (0_u32..).zip(done) {
                kept.nodes.insert((level, index >> level), node);
            }
        }
        kept
    }

    #[test]
    fn gives_the_proofs_that_the_leaves_give() {
        let all = leaves(70);
        let kept = kept(&all);
        for size in 0..=all.len() {
            let some = &all[..size];
            assert_eq!(root(&kept, size as u64), Ok(naive_root(some)), "{size}");
            for index in 0..=size {
                let wanted = inclusion_proof(some, index);
                assert_eq!(inclusion(&kept, index as u64, size as u64), Ok(wanted));
                let wanted = consistency_proof(some, index);
                assert_eq!(
                    consistency(&kept, index as u64, size as u64),
                    Ok(wanted),
                    "{index} to {size}"
                );
            }
        }
    }

    #[test]
    fn reads_little() {
        let all = leaves(1_000);
        let kept = kept(&all);
        for at in [1, 2, 3, 500, 511, 512, 513, 998] {
            kept.reads.set(0);
            inclusion(&kept, at, 999).unwrap().unwrap();
            consistency(&kept, at, 999).unwrap().unwrap();
            assert!(kept.reads.get() < 40, "{} for {at}", kept.reads.get());
        }
    }
}
