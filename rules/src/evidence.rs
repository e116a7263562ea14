//! What the rules can say about a bundle: were its orders signed, did they allow its records, do
//! its findings follow?
//!
//! ```text
//! data/orders/<digest>/order.toml
//! data/orders/<digest>/signatures/<n>.sig    armoured, n from 1
//! data/orders/<digest>/lists/<sha256>        each list that the order pins
//! data/orders/<digest>/put.txt               when the collector took it and checked its signatures:
//!                                            one line, 2026-11-24T05:00:00.123Z
//! data/keys/allowed_signers
//! ```
//!
//! Promises: for every record that the bundle shows, the order that it names is asked again whether
//! it could be made and under which clauses; and it is judged again in its place in the log, signs of
//! life by the order in force, and compared with the findings in both directions. What another engine
//! made is said to be unchecked, never to be wrong. So is what rests on records that the bundle does
//! not show, and what rests on lists that never leave the collector.
//!
//! Refuses: to say whose keys `allowed_signers` names; that is for whoever knows the people.

mod cover;
mod findings;
mod orders;

use std::collections::{BTreeMap, BTreeSet};

use proviso_report::bundle::{Check, Files, Outcome, Verified};
use proviso_report::{Fact, Hash, Record};

use crate::ENGINE;

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
    let mut ready = BTreeMap::new();
    for digest in named {
        let (more, order) = orders::check(files, digest, other_engine(verified).as_ref());
        checks.extend(more);
        if let Some(order) = order {
            ready.insert(digest, order);
        }
    }
    checks.extend(cover::check(verified, &ready));
    checks.extend(findings::check(files, verified, &ready));
    checks
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
