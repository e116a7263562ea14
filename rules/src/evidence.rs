//! What the rules can say about a bundle: were its orders signed, did they allow its records, do
//! its findings follow?
//!
//! ```text
//! data/orders/<digest>/order.toml
//! data/orders/<digest>/signatures/<n>.sig    armoured, n from 1
//! data/orders/<digest>/lists/<sha256>        each list that the order pins
//! data/orders/<digest>/put.txt               when the collector took it and checked its signatures:
//!                                            one line, 2026-11-24T05:00:00.123Z
//! data/orders/<digest>/updates/<n>/          each update of a list, n from 1, in the order in which
//!     update.toml, update.sig, put.txt,      the collector took them; put.txt as above
//!     list                                   the new list
//!                                            unless only the collector holds it
//! data/devices/<id>/lists.jsonl              from which record on updates of those lists count
//! data/keys/allowed_signers
//! ```
//!
//! Promises: for every record that the bundle shows, the order that it names is asked again whether
//! it could be made and under which clauses; and it is judged again in its place in the log, signs of
//! life by the order in force, and compared with the findings in both directions. What another engine
//! made is said to be unchecked, never to be wrong. So is what rests on records that the bundle does
//! not show, and what rests on lists that never leave the collector. Which updates of lists counted, the log
//! says, and of lists that only the collector holds the collector; each of them is held against the order again, and one that is not there leaves unchecked what
//! rests on it.
//!
//! A bundle of chosen records does not claim what rests on those that were not chosen; then a check
//! says that, and holds. A finding that is there and rests on them is unchecked all the same.
//!
//! Refuses: to say whose keys `allowed_signers` names; that is for whoever knows the people.

mod cover;
mod findings;
mod held;
mod orders;
mod updates;

use std::collections::{BTreeMap, BTreeSet};

use proviso_report::bundle::{Check, Files, Outcome, Verified};
use proviso_report::{Fact, Hash, Record};

use crate::{Basis, Binding, ENGINE};
use held::Held;
use orders::Ready;

/// The orders of a bundle, ready to judge.
#[derive(Default)]
struct Judges(BTreeMap<Basis, Ready>);

/// Checks orders, their signatures and the findings.
#[must_use]
pub fn check(files: &dyn Files, verified: &Verified) -> Vec<Check> {
    let mut checks = Vec::new();
    if verified.about.is_none() && verified.logs.is_empty() {
        // No bundle at all, which is said already.
        return checks;
    }
    let records = verified.logs.values().flat_map(|log| &log.records);
    let named: BTreeSet<Hash> = records.filter_map(names).collect();
    let mut judges = Judges::default();
    let (held, misplaced) = Held::read(files, verified);
    let mut updated = bases(verified, &held);
    for digest in named {
        let (more, ready) = orders::check(files, digest, other_engine(verified).as_ref());
        checks.extend(more);
        if let Some((ready, lists)) = ready {
            let bases = updated.remove(&digest).unwrap_or_default();
            let order = ready.judge.order();
            let (more, others) = updates::check(files, (verified, &held), (order, &lists), bases);
            checks.extend(more);
            judges.0.extend(others);
            judges.0.insert(Basis::of(digest), ready);
        }
    }
    checks.extend(misplaced);
    checks.extend(updates::without_order(&held, &judges));
    checks.extend(cover::check(verified, &held, &judges));
    checks.extend(findings::check(files, (verified, &held), &judges));
    checks
}

impl Judges {
    fn get(&self, basis: &Basis) -> Option<&Ready> {
        self.0.get(basis)
    }

    /// By the order as its file says.
    fn of(&self, order: &Hash) -> Option<&Ready> {
        self.0.get(&Basis::of(*order))
    }

    fn orders(&self) -> impl Iterator<Item = &Ready> {
        self.0.values()
    }
}

/// By order: with which updated lists records were made.
fn bases(verified: &Verified, held: &Held) -> BTreeMap<Hash, BTreeSet<Basis>> {
    let mut bases: BTreeMap<Hash, BTreeSet<Basis>> = BTreeMap::new();
    for (device, log) in &verified.logs {
        let mut binding = Binding::default();
        for record in &log.records {
            if let Some(basis) = binding.basis_of(record, held.of(*device))
                && !basis.lists.is_empty()
            {
                bases.entry(basis.order).or_default().insert(basis);
            }
            binding.pass(record);
        }
    }
    bases
}

/// The order that a record is made under, or that it says is in force from there on.
fn names(record: &Record) -> Option<Hash> {
    match &record.fact {
        Fact::OrderInForce(order) => Some(order.digest),
        _ => record.order,
    }
}

/// Why this program cannot say what the engine of the bundle would have found.
fn other_engine(verified: &Verified) -> Option<Outcome> {
    let Some(about) = &verified.about else {
        let why = "bundle.json does not say which engine made the bundle";
        return Some(Outcome::Unchecked(why.to_owned()));
    };
    (about.engine != ENGINE).then(|| {
        Outcome::Unchecked(format!(
            "the bundle was made by {}, and this program has {ENGINE}: check it with a \
             `proviso` of the same engine",
            about.engine
        ))
    })
}

#[cfg(test)]
mod tests;
