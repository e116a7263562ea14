//! Reads rules.

use super::check::Named;
use super::parts::{Rule, Severity};
use super::read_clause::kinds;
use super::read_condition::conditions;
use super::read_hours::hours;
use super::read_list::place_of;
use super::read_only::{approval, only};
use super::read_over::over;
use super::shape::{Section, choice};
use super::sink::Sink;
use super::verbs::{Approval, Over};
use super::{limits, read_test};

pub(super) fn rule(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Named<Rule> {
    let place = section.place(sink);
    let id = section.id(sink, "id");
    let clause = section.id(sink, "clause");
    let name = section.text_opt(sink, "name");
    let says = section.text(sink, "says");
    let severity = section.need(sink, "severity").and_then(|value| {
        let told = ("unknown-severity", "there is no severity");
        choice(
            value,
            "severity",
            Severity::ALL,
            Severity::as_str,
            told,
            sink,
        )
    });
    let over = over(&mut section, sink);
    let on = match &over {
        // They look at rules and at the agent, not at facts of some kind.
        Some(Some(verb @ (Over::Sequence { .. } | Over::Silence { .. }))) => {
            alone(&mut section, verb, sink);
            Some(Vec::new())
        }
        _ => section
            .need(sink, "on")
            .and_then(|value| kinds(value, "on", sink)),
    };
    let any = conditions(&mut section, "any", sink);
    let all = conditions(&mut section, "all", sink);
    let unless = conditions(&mut section, "unless", sink);
    let only = only(&mut section, sink);
    let during = hours(&mut section, "during", sink);
    let approvals = approvals(&mut section, sink);
    let checked = place_of(&mut section, "where", sink);
    let wide_because = section.text_opt(sink, "wide_because");
    let tests = section.tables(sink, "test");
    let tests: Vec<_> = tests
        .into_iter()
        .map(|section| read_test::test(section, sink))
        .collect();
    section.finish(sink);
    Named::new(id, place, |id| {
        Some(Rule {
            id,
            clause: clause?,
            name,
            says: says?,
            severity: severity?,
            on: on?,
            any: any?,
            all: all?,
            unless: unless?,
            only: only?,
            during: during?,
            over: over?,
            approvals: approvals?,
            checked: checked?,
            wide_because,
            tests: tests.into_iter().collect::<Option<_>>()?,
            place,
        })
    })
}

/// A sequence follows two rules, and a silence the agent: nothing narrows them.
fn alone(section: &mut Section<'_, '_>, verb: &Over, sink: &mut Sink<'_>) {
    let verb = match verb {
        Over::Sequence { .. } => "sequence",
        _ => "silence",
    };
    for key in ["on", "any", "all", "unless", "only", "during", "approval"] {
        if let Some(value) = section.get(key) {
            let sentence = format!("`{verb}` stands alone in its rule; take `{key}` out");
            sink.fault(&value.span(), "verb-alone", sentence);
        }
    }
}

fn approvals(section: &mut Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Vec<Approval>> {
    let tables = section.tables(sink, "approval");
    if tables.len() > limits::CONDITIONS {
        let sentence = format!(
            "a rule has {} approvals; {} is the most; take out what is over",
            tables.len(),
            limits::CONDITIONS
        );
        sink.fault(&section.span, "limit", sentence);
        return None;
    }
    let read: Vec<Named<Approval>> = tables
        .into_iter()
        .map(|section| approval(section, sink))
        .collect();
    read.into_iter().map(|one| one.item).collect()
}
