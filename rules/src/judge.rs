//! The compiled order: what may be recorded, and what may be a breach.
//!
//! One pass over a fact finds everything that any condition looks for: its host in one table of all
//! lists, its words by one automaton, its patterns only where a literal of theirs was seen. Rules
//! are then run only if something that they need was found.
//!
//! Promises: the same fact gives the same answer everywhere; a fact that matches nothing allocates
//! nothing, but for what decoding its address takes. An order compiles only if its lists are the
//! pinned ones and its own tests pass.
//!
//! That a visit was seen again, or that a program ended, follows a record that was judged: whoever
//! writes those takes its clauses.

mod address;
mod basis;
mod clock;
mod compile;
mod covered;
mod dispatch;
mod domains;
mod effort;
pub(crate) mod engines;
mod exempt;
mod follow;
mod found;
mod gate;
mod hashes;
mod held;
mod hours;
mod innocents;
mod kleene;
mod laid;
pub(crate) mod leet;
mod left_out;
mod life;
mod mimics;
mod near;
mod needles;
mod over;
mod part;
pub(crate) mod pattern;
mod programs;
mod rule;
mod search;
mod selftest;
mod state;
pub(crate) mod steps;
mod terms;
mod verdict;
mod withheld;
pub(crate) mod words;

use std::collections::BTreeMap;

use proviso_report::{DeviceId, Fact, Hash, UnixMs};

use crate::essential;
use crate::fault::{Fault, Faults};
use crate::list::ListBytes;
use crate::order::{Effect, Order};

pub(crate) use address::host_of;
pub use basis::{Basis, Binding};
pub use follow::Followed;
pub use held::{HeldError, HeldLists};
pub use state::{State, StateError, Step};
pub use verdict::{CannotTell, Hit, Scope, Verdict, Why};

use clock::Doubts;
use dispatch::Dispatch;
use exempt::{Exemption, applying, may_apply};
use found::{Atom, Found};
use kleene::Truth;
use over::run::Overs;
use rule::{Looked, Program};
use search::Search;

/// An order with its lists, ready to judge. Sharing it between threads costs nothing.
pub struct Judge {
    order: Order,
    search: Search,
    /// As in the order.
    rules: Vec<Program>,
    exempts: Vec<Exemption>,
    dispatch: Dispatch,
    overs: Overs,
    left_out: Vec<String>,
    /// The lists of words that are looked for, each as often as it is in another way.
    word_lists: Vec<(String, Atom)>,
    /// The lists of hosts that are here.
    host_lists: BTreeMap<String, ListBytes>,
}

/// One fact to look at.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// When it happened.
    pub at: UnixMs,
    /// In whose account.
    pub account: Option<&'a str>,
    /// What.
    pub fact: &'a Fact,
}

/// Which side a judge is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A device: rules and lists of the collector's are left out.
    Device,
    /// A collector: it has every list.
    Collector,
    /// Who checks a bundle: rules are left out whose lists are the collector's and not here.
    Verifier,
}

/// What was found in one fact, with lists of a test in place of the order's.
struct Overlay<'a> {
    search: &'a Search,
    /// The atoms that it is for.
    atoms: &'a [Atom],
}

impl Judge {
    /// Compiles an order: checks each list against its pin, and runs the tests in the file.
    ///
    /// `list` gives a list's bytes by its hash; `None`: it is not here, which is a fault.
    pub fn compile(
        order: Order,
        side: Side,
        list: &mut dyn FnMut(&Hash) -> Option<ListBytes>,
    ) -> Result<Self, Faults> {
        compile::compile(order, side, list)
    }

    /// The order.
    #[must_use]
    pub const fn order(&self) -> &Order {
        &self.order
    }

    /// What its findings rest on: the order's digest, unless lists of it were updated.
    #[must_use]
    pub const fn basis(&self) -> Hash {
        self.order.basis()
    }

    /// May it be recorded? Exemptions come before clauses. Whether the order is in force then is
    /// asked of [`Order::term`].
    ///
    /// A clause covers a fact when it `records` the kind, or when the fact fits one of its rules. What
    /// may fit, and nobody can tell, is not covered by that: see [`cannot_tell`](Self::cannot_tell).
    /// Signs of life need no clause.
    #[must_use]
    pub fn scope(&self, event: &Event<'_>) -> Scope {
        let kind = event.fact.kind();
        let found = self.look(event, None);
        let looked = self.looked(event, &found, None);
        let exempt = applying(&self.exempts, &looked);
        if let Some((number, Effect::SuppressContent)) = exempt {
            return Scope::Exempt(self.order.exempts()[number].id.clone());
        }
        let fits = match exempt {
            None => self.fitting(&looked, false),
            Some(_) => Vec::new(),
        };
        let clauses: Vec<String> = self
            .order
            .clauses()
            .iter()
            .filter(|clause| {
                clause.records.contains(&kind)
                    || fits.iter().any(|(rule, fit)| {
                        *fit == Truth::Yes && self.order.rules()[*rule].clause == clause.id
                    })
            })
            .map(|clause| clause.id.clone())
            .collect();
        if clauses.is_empty() {
            Scope::Uncovered
        } else {
            Scope::Covered(clauses)
        }
    }

    /// The rules of which it cannot be told whether the fact fits them, in the order of the file: to
    /// be counted for a fact that is not kept. For records [`follow`](Self::follow) says it.
    #[must_use]
    pub fn cannot_tell(&self, event: &Event<'_>) -> Vec<CannotTell> {
        let (_, fits) = self.fits(event, None, None, true);
        fits.into_iter()
            .filter_map(|(number, fit)| match fit {
                Truth::Unknown(why) => Some(CannotTell {
                    rule: self.order.rules().get(number)?.id.clone(),
                    why,
                }),
                Truth::Yes | Truth::No => None,
            })
            .collect()
    }

    /// The rules that count nothing over time and match, in the order of the file. An exempt fact
    /// matches none, whatever the exemption's effect. Records of a log are [followed](Self::follow).
    #[must_use]
    pub fn judge(&self, event: &Event<'_>) -> Vec<Hit> {
        let (found, fits) = self.fits(event, None, None, false);
        let looked = self.looked(event, &found, None);
        fits.into_iter()
            .filter(|(number, fit)| {
                let rule = self.order.rules().get(*number);
                *fit == Truth::Yes && rule.is_some_and(|rule| rule.over.is_none())
            })
            .filter_map(|(number, _)| {
                let matched = self.rules.get(number)?.matched(&looked);
                self.hit(number, matched)
            })
            .collect()
    }

    /// Judges a record of a device's log, after all that come before it there. Its order must be the
    /// one that [`State::basis_of`] names.
    pub fn follow(&self, state: &mut State, step: &Step<'_>) -> Verdict {
        self.follow_with(state, step, None)
    }

    /// The rules that this side does not check, in the order of the file.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// What is not wrong with its lists and tests and should be looked at before anybody signs.
    #[must_use]
    pub fn warnings(&self) -> Vec<Fault> {
        let mut warnings = essential::warnings(self);
        warnings.extend(innocents::warnings(self));
        warnings.extend(covered::warnings(self));
        warnings
    }

    /// The rules that a fact fits for certain, by their numbers.
    pub(crate) fn fitted(&self, event: &Event<'_>) -> Vec<usize> {
        let (_, fits) = self.fits(event, None, None, false);
        let certain = fits.into_iter().filter(|(_, fit)| *fit == Truth::Yes);
        certain.map(|(number, _)| number).collect()
    }

    /// The rules that a fact fits, or may fit, and what was found in it. `unknown`: those count of
    /// which it can only be unknown.
    fn fits(
        &self,
        event: &Event<'_>,
        doubts: Option<&Doubts>,
        overlay: Option<&Overlay<'_>>,
        unknown: bool,
    ) -> (Found, Vec<(usize, Truth)>) {
        if !self.dispatch.is_on(event.fact.kind()) {
            return (Found::default(), Vec::new());
        }
        let found = self.look(event, overlay);
        let looked = self.looked(event, &found, doubts);
        let mut fits = self.fitting(&looked, unknown);
        if !fits.is_empty() && applying(&self.exempts, &looked).is_some() {
            fits.clear();
        } else if !fits.is_empty() && may_apply(&self.exempts, &looked) {
            for (_, fit) in &mut fits {
                *fit = Truth::Unknown(Why::Clock);
            }
        }
        (found, fits)
    }

    /// The same, exemptions or not.
    fn fitting(&self, looked: &Looked<'_>, unknown: bool) -> Vec<(usize, Truth)> {
        self.dispatch
            .candidates(looked.event, looked.found, unknown)
            .into_iter()
            .filter_map(|number| {
                let number = number as usize;
                let fit = self.rules.get(number)?.fits(looked);
                (fit != Truth::No).then_some((number, fit))
            })
            .collect()
    }

    fn look(&self, event: &Event<'_>, overlay: Option<&Overlay<'_>>) -> Found {
        let mut found = Found::default();
        self.search.find(event.fact, &mut found);
        if let Some(overlay) = overlay {
            found.without(overlay.atoms);
            overlay.search.find(event.fact, &mut found);
        }
        found.sort();
        found
    }

    const fn looked<'a>(
        &'a self,
        event: &'a Event<'a>,
        found: &'a Found,
        doubts: Option<&'a Doubts>,
    ) -> Looked<'a> {
        Looked {
            event,
            found,
            zone: self.order.zone(),
            doubts,
        }
    }
}

/// The id of a finding, the same wherever it is made: the first 16 bytes of
/// SHA-256("proviso-finding/1\0" ‖ device ‖ be64(seq) ‖ order digest ‖ rule).
#[must_use]
pub fn finding_id(device: DeviceId, seq: u64, order: &Hash, rule: &str) -> [u8; 16] {
    let hash = Hash::of_parts(&[
        b"proviso-finding/1\0",
        &device.0,
        &seq.to_be_bytes(),
        &order.0,
        rule.as_bytes(),
    ]);
    let mut id = [0; 16];
    id.copy_from_slice(&hash.0[..16]);
    id
}

#[cfg(test)]
mod tests;
