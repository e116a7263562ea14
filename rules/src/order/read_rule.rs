//! Reads rules.

use super::check::Named;
use super::parts::{Rule, Severity};
use super::read::kinds;
use super::read_condition::{LATER, conditions};
use super::shape::{Section, string};
use super::sink::{Sink, nearest};
use super::verbs::Where;
use super::{name, read_test};

pub(super) fn rule(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Named<Rule> {
    let place = section.place(sink);
    let id = section.id(sink, "id");
    let clause = section.id(sink, "clause");
    let name = section.text_opt(sink, "name");
    let says = section.text(sink, "says");
    let severity = severity(&mut section, sink);
    let on = section
        .need(sink, "on")
        .and_then(|value| kinds(value, "on", sink));
    let any = conditions(&mut section, "any", sink);
    let all = conditions(&mut section, "all", sink);
    let unless = conditions(&mut section, "unless", sink);
    let tests = section.tables(sink, "test");
    let tests: Vec<_> = tests
        .into_iter()
        .map(|section| read_test::test(section, sink))
        .collect();
    section.finish_but(sink, LATER);
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
            only: None,
            during: Vec::new(),
            over: None,
            approvals: Vec::new(),
            checked: Where::Device,
            wide_because: None,
            tests: tests.into_iter().collect::<Option<_>>()?,
            place,
        })
    })
}

fn severity(section: &mut Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Severity> {
    let value = section.need(sink, "severity")?;
    let word = string(value, "severity", sink)?;
    let severity = Severity::parse(word);
    if severity.is_none() {
        let near = nearest(word, Severity::ALL.iter().map(|one| one.as_str()));
        let sentence = format!("there is no severity `{}`; {near}", name::shown(word));
        sink.fault(&value.span(), "unknown-severity", sentence);
    }
    severity
}
