//! One record of a device's log, judged or passed: the one way for agent, collector and verifier.
//!
//! Promises: which records are judged, and by which order, is decided here and nowhere else, so that
//! those who follow the same log by the same orders remember and find the same.
//!
//! Refuses: to judge a record by an order that is not here, or that was not in force when it
//! happened. The state takes note of it all the same.

use proviso_report::{Hash, Record};

use super::{Basis, HeldLists, Judge, State, Step, Verdict};
use crate::order::Term;

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// It was judged.
    Judged {
        /// By this order, with these lists.
        basis: Basis,
        /// With this outcome.
        verdict: Verdict,
    },
    /// A sign of life while no order was in force.
    NoOrder,
    /// Its order is not here, or not with the lists that count.
    NotHeld(Hash),
    /// Its order was not in force when it happened.
    Outside {
        /// That order.
        order: Hash,
        /// How it stood then.
        term: Term,
    },
}

impl State {
    /// Follows a record, after all that come before it in the log. `held`: what the collector says of
    /// lists that no device has; `judge` finds what it is judged by.
    pub fn follow<'j>(
        &mut self,
        record: &Record,
        held: &HeldLists,
        judge: impl FnOnce(&Basis) -> Option<&'j Judge>,
    ) -> Followed {
        let step = Step::from(record);
        let Some(basis) = self.basis_of(record, held) else {
            self.pass(&step);
            return Followed::NoOrder;
        };
        let Some(judge) = judge(&basis) else {
            self.pass(&step);
            return Followed::NotHeld(basis.order);
        };
        let term = judge.order().term(record.at);
        if !matches!(term, Term::InForce(_)) {
            self.pass(&step);
            return Followed::Outside {
                order: basis.order,
                term,
            };
        }
        let verdict = judge.follow(self, &step);
        Followed::Judged { basis, verdict }
    }
}
