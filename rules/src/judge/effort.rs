//! How much one record is looked at for words: in steps.
//!
//! Words are cheap to look for in what people write. A text can be written for an order, though, or
//! an order for a text, so that phrases begin everywhere and end nowhere. So each part of an order
//! that looks for words has its own share of [`STEPS`] for one record; when that is used up, nobody
//! can tell of what was not found before.
//!
//! The dearest order and the dearest record that could be made up to these limits, 2,000 phrases of
//! the same words in an address of 64 KB, took 45 ms of one core of a 2-core shared machine;
//! `make bench` measures it as `judge_hostile_ms`.
//!
//! Promises: whether a part has used up its share depends on the record, on the part, and on how
//! many such parts the order has, whatever a side leaves out of it. So every side says the same.

use crate::order::{Order, Part};

use super::found::{Atom, Found};
use super::left_out;

/// The most steps that all parts of an order together take for one record.
const STEPS: usize = 50_000;
/// What one look takes where two bytes do not show that a word ends.
const FOREIGN: usize = 8;

/// The steps of one part for one record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share(usize);

/// The steps that each part has taken.
#[derive(Debug, Default)]
pub(crate) struct Spent(Vec<usize>);

impl Share {
    /// For all parts of an order alike.
    pub(crate) fn of(order: &Order) -> Self {
        let parts = order.rules().iter().flat_map(left_out::parts);
        Self::among(parts.filter(|part| Part::is_words(part)).count())
    }

    pub(crate) fn among(parts: usize) -> Self {
        Self(STEPS / parts.max(1))
    }

    /// Takes steps for a part. When it has none left, nobody can tell, and it must not be looked for.
    pub(crate) fn spend(self, atom: Atom, steps: usize, found: &mut Found) -> bool {
        let left = found.spent().add(atom, steps) <= self.0;
        if !left {
            found.much(atom);
        }
        left
    }
}

impl Spent {
    /// Gives what it is then.
    fn add(&mut self, atom: Atom, steps: usize) -> usize {
        let at = atom as usize;
        if self.0.len() <= at {
            self.0.resize(at.saturating_add(1), 0);
        }
        match self.0.get_mut(at) {
            Some(spent) => {
                *spent = spent.saturating_add(steps);
                *spent
            }
            None => usize::MAX,
        }
    }

    /// These have taken none.
    pub(crate) fn forget(&mut self, atoms: &[Atom]) {
        for atom in atoms {
            if let Some(spent) = self.0.get_mut(*atom as usize) {
                *spent = 0;
            }
        }
    }
}

/// The steps of one look at a place of a text.
pub(crate) const fn of_look(text: &str) -> usize {
    if text.is_ascii() { 1 } else { FOREIGN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_own_share() {
        let share = Share::among(2);
        let mut found = Found::default();
        assert!(share.spend(7, STEPS / 2, &mut found));
        assert!(!found.is_much(7));
        assert!(!share.spend(7, 1, &mut found));
        assert!(found.is_much(7));
        // What one has used up does not touch the others.
        assert!(share.spend(8, STEPS / 2, &mut found));
        assert!(!found.is_much(8));
        assert!(!share.spend(8, usize::MAX, &mut found));
        assert!(found.is_much(8));
        found.without(&[7]);
        assert!(!found.is_much(7));
        assert!(share.spend(7, STEPS / 2, &mut found));
    }
}
