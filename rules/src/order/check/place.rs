//! What is checked where: nothing that is the collector's may be needed on a device.

use std::collections::BTreeSet;

use super::super::condition::Part;
use super::super::parts::Place;
use super::super::sink::Sink;
use super::super::verbs::Where;
use super::{Draft, parts};

pub(super) fn all(draft: &Draft, sink: &mut Sink<'_>) {
    let held: BTreeSet<&str> = draft
        .lists
        .iter()
        .filter_map(|list| list.item.as_ref())
        .filter(|list| list.held == Where::Collector)
        .map(|list| list.name.as_str())
        .collect();
    for rule in draft.rules() {
        if rule.checked == Where::Device {
            let what = format!("rule {}", rule.id);
            let fix = "give the rule `where = \"collector\"`";
            lists(&held, parts(rule), &what, fix, rule.place, sink);
        } else {
            unseen(draft, rule, sink);
        }
    }
    for exempt in draft.exempts() {
        let what = format!("exemption {}", exempt.id);
        let fix = "exemptions apply before anything is written, so hold its list on the device";
        lists(&held, exempt.matches.iter(), &what, fix, exempt.place, sink);
    }
}

fn lists<'p>(
    held: &BTreeSet<&str>,
    parts: impl Iterator<Item = &'p Part>,
    what: &str,
    fix: &str,
    place: Place,
    sink: &mut Sink<'_>,
) {
    for (name, _) in parts.filter_map(Part::list) {
        if held.contains(name) {
            let sentence = format!(
                "{what} uses the list `{name}`, which is held at the collector and never reaches \
                 a device; {fix}"
            );
            sink.fault_at(place, "collector-list", sentence);
        }
    }
}

/// A device records what it checks itself, or what a clause says that it must.
fn unseen(draft: &Draft, rule: &super::super::parts::Rule, sink: &mut Sink<'_>) {
    // With a clause or a rule missing nobody can say what is recorded.
    let Some(clause) = draft
        .clauses
        .iter()
        .find(|clause| clause.id.as_ref() == Some(&rule.clause))
        .and_then(|clause| clause.item.as_ref())
    else {
        return;
    };
    if draft.rules.iter().any(|rule| rule.item.is_none()) {
        return;
    }
    let recorded = |kind| {
        clause.records.contains(kind)
            || draft.rules().any(|other| {
                other.clause == rule.clause
                    && other.checked == Where::Device
                    && other.on.contains(kind)
            })
    };
    for kind in &rule.on {
        if !kind.is_life_sign() && !recorded(kind) {
            let sentence = format!(
                "rule {} is checked at the collector only, and no device records a `{kind}` for \
                 it; add the kind to `records` of clause {}",
                rule.id, rule.clause
            );
            sink.fault_at(rule.place, "collector-unseen", sentence);
        }
    }
}
