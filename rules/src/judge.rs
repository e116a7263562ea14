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
//! Only visits and starts of programs are judged. That a visit was seen again, or that a program
//! ended, follows a record that was judged: whoever writes those takes its clauses.

mod address;
mod compile;
mod domains;
pub(crate) mod engines;
mod follow;
mod found;
mod gate;
mod hashes;
mod leet;
mod mimics;
mod near;
mod needles;
pub(crate) mod pattern;
mod programs;
mod rule;
mod search;
mod selftest;
mod state;
mod terms;
pub(crate) mod words;

use proviso_report::bundle::Matched;
use proviso_report::fact::Kind;
use proviso_report::{DeviceId, Fact, Hash, UnixMs};

use crate::fault::{Fault, Faults};
use crate::list::ListBytes;
use crate::order::{Effect, Order, Severity};

pub use follow::Followed;
pub use state::{State, StateError, Step};

use found::{Atom, Found};
use rule::{Program, Test};
use search::Search;

/// An order with its lists, ready to judge. Sharing it between threads costs nothing.
pub struct Judge {
    order: Order,
    search: Search,
    /// As in the order.
    rules: Vec<Program>,
    exempts: Vec<Exemption>,
    /// For each atom, the rules that may match when it is found, ascending.
    triggers: Vec<Vec<u32>>,
    /// Rules that need nothing to be found.
    always: Vec<u32>,
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

/// May a fact be recorded?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Yes: these clauses cover it, in the order of the file. Never empty.
    Covered(Vec<String>),
    /// No: the exemption of this id keeps it out. Only a count may survive.
    Exempt(String),
    /// No: nothing covers it. Only a count by kind may survive.
    Uncovered,
}

/// What the rules make of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The rules that matched, in the order of the file.
    pub hits: Vec<Hit>,
    /// The rules of which nobody can tell, in the order of the file.
    pub cannot_tell: Vec<CannotTell>,
}

/// A rule of which it cannot be told whether it matches. That is not "no".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannotTell {
    /// The rule.
    pub rule: String,
    /// Why.
    pub why: Why,
}

/// Why it cannot be told whether a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The record does not hold this field.
    Field(&'static str),
    /// The clock of the computer was not to be trusted then.
    Clock,
    /// It came so late that what belongs to it is no longer remembered.
    Late,
    /// There is more of it than is remembered.
    Much,
    /// It is percent-encoded in more layers than are taken off.
    Encoding,
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

/// A rule that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The rule.
    pub rule: String,
    /// Its clause.
    pub clause: String,
    /// How serious.
    pub severity: Severity,
    /// What matched: at least one part. For a list it is the entry of the list.
    pub matched: Vec<Matched>,
}

/// An exemption, compiled. It applies when one of its tests holds.
struct Exemption {
    tests: Vec<Test>,
    effect: Effect,
    from: Option<UnixMs>,
    /// The first moment after it.
    until: Option<UnixMs>,
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
    /// A clause covers a fact when it `records` the kind, or when one of its rules matches. Kinds
    /// that are not judged are never covered by themselves.
    #[must_use]
    pub fn scope(&self, event: &Event<'_>) -> Scope {
        if !is_judged(event.fact.kind()) {
            return Scope::Uncovered;
        }
        let found = self.look(event, None);
        let exempt = self.exemption(event, &found);
        if let Some((number, Effect::SuppressContent)) = exempt {
            return Scope::Exempt(self.order.exempts()[number].id.clone());
        }
        let matching = match exempt {
            Some(_) => Vec::new(),
            None => self.matching(event, &found),
        };
        let clauses: Vec<String> = self
            .order
            .clauses()
            .iter()
            .filter(|clause| {
                clause.records.contains(&event.fact.kind())
                    || matching
                        .iter()
                        .any(|(rule, _)| self.order.rules()[*rule].clause == clause.id)
            })
            .map(|clause| clause.id.clone())
            .collect();
        if clauses.is_empty() {
            Scope::Uncovered
        } else {
            Scope::Covered(clauses)
        }
    }

    /// The rules that match, in the order of the file. An exempt fact matches none, whatever the
    /// exemption's effect; nor does a fact of a kind that is not judged.
    #[must_use]
    pub fn judge(&self, event: &Event<'_>) -> Vec<Hit> {
        self.judge_with(event, None)
    }

    /// Judges a record of a device's log, after all that come before it there. Its order must be the
    /// one that [`State::order_of`] names.
    pub fn follow(&self, state: &mut State, step: &Step<'_>) -> Verdict {
        state.pass(step);
        Verdict {
            hits: self.judge(&Event {
                at: step.at,
                account: step.account,
                fact: step.fact,
            }),
            cannot_tell: Vec::new(),
        }
    }

    /// The rules that this side does not check, in the order of the file.
    #[must_use]
    pub const fn left_out(&self) -> &[String] {
        &[]
    }

    /// What is not wrong with its lists and tests and should be looked at before anybody signs.
    #[must_use]
    pub const fn warnings(&self) -> &[Fault] {
        &[]
    }

    fn judge_with(&self, event: &Event<'_>, overlay: Option<&Overlay<'_>>) -> Vec<Hit> {
        if !is_judged(event.fact.kind()) {
            return Vec::new();
        }
        let found = self.look(event, overlay);
        if (found.is_empty() && self.always.is_empty()) || self.exemption(event, &found).is_some() {
            return Vec::new();
        }
        self.matching(event, &found)
            .into_iter()
            .map(|(number, matched)| {
                let rule = &self.order.rules()[number];
                Hit {
                    rule: rule.id.clone(),
                    clause: rule.clause.clone(),
                    severity: rule.severity,
                    matched,
                }
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

    /// The exemption that applies: one that suppresses before one that does not, then the first.
    fn exemption(&self, event: &Event<'_>, found: &Found) -> Option<(usize, Effect)> {
        let applies = |exempt: &Exemption| {
            exempt.from.is_none_or(|from| event.at >= from)
                && exempt.until.is_none_or(|until| event.at < until)
                && exempt.tests.iter().any(|test| test.holds(event, found))
        };
        let of = |effect: Effect| {
            self.exempts
                .iter()
                .position(|exempt| exempt.effect == effect && applies(exempt))
                .map(|number| (number, effect))
        };
        of(Effect::SuppressContent).or_else(|| of(Effect::NoAlert))
    }

    /// The rules that match, by their places in the order, with what matched.
    fn matching(&self, event: &Event<'_>, found: &Found) -> Vec<(usize, Vec<Matched>)> {
        let mut candidates: Vec<u32> = found
            .atoms()
            .filter_map(|atom| self.triggers.get(atom as usize))
            .flatten()
            .chain(&self.always)
            .copied()
            .collect();
        candidates.sort_unstable();
        candidates.dedup();
        candidates
            .into_iter()
            .filter_map(|number| {
                let number = number as usize;
                let matched = self.rules.get(number)?.run(event, found)?;
                Some((number, matched))
            })
            .collect()
    }
}

const fn is_judged(kind: Kind) -> bool {
    matches!(kind, Kind::WebVisit | Kind::ProcessStart)
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
