//! Sequences: rules that follow other rules.

use super::super::parts::{Rule, Severity};
use super::super::sink::{Sink, nearest};
use super::super::verbs::{Over, Where};
use super::Draft;
use super::rule::is_words;

pub(super) fn all(draft: &Draft, sink: &mut Sink<'_>) {
    for rule in draft.rules() {
        let Some(Over::Sequence { first, then, .. }) = &rule.over else {
            continue;
        };
        if first == then {
            let sentence = format!(
                "rule {} waits for rule {first} twice; count its matches with a `threshold` instead",
                rule.id
            );
            sink.fault_at(rule.place, "sequence-rule", sentence);
        }
        for (key, id) in [("first", first), ("then", then)] {
            step(draft, rule, key, id, sink);
        }
    }
}

fn step(draft: &Draft, rule: &Rule, key: &str, id: &str, sink: &mut Sink<'_>) {
    let ids = || draft.rules.iter().filter_map(|rule| rule.id.as_deref());
    let Some(named) = draft
        .rules
        .iter()
        .find(|rule| rule.id.as_deref() == Some(id))
    else {
        // With an unreadable id among them it may be there.
        if draft.rules.iter().all(|rule| rule.id.is_some()) {
            let near = nearest(id, ids());
            let sentence = format!(
                "rule {}: `{key}` names rule {id}, which the order does not have; {near}",
                rule.id
            );
            sink.fault_at(rule.place, "unknown-rule", sentence);
        }
        return;
    };
    // A fault in it is taken down already.
    let Some(other) = &named.item else { return };
    if matches!(other.over, Some(Over::Sequence { .. })) {
        let what = if other.id == rule.id {
            "itself"
        } else {
            "another sequence"
        };
        let sentence = format!(
            "rule {}: `{key}` names {what}; name a rule that looks at facts",
            rule.id
        );
        sink.fault_at(rule.place, "sequence-rule", sentence);
        return;
    }
    if other.checked == Where::Collector && rule.checked == Where::Device {
        let sentence = format!(
            "rule {} follows rule {id}, which only the collector checks; give it \
             `where = \"collector\"` too",
            rule.id
        );
        sink.fault_at(rule.place, "collector-sequence", sentence);
    }
    if is_words(other) && rule.severity > Severity::Review {
        let sentence = format!(
            "rule {} follows rule {id}, which looks for words, and what words mean only a person \
             can say; make its severity \"review\"",
            rule.id
        );
        sink.fault_at(rule.place, "words-severity", sentence);
    }
}
