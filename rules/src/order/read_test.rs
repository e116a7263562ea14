//! Reads the tests of rules: what happens, and what the rule must make of it.

use std::ops::Range;

use toml::de::DeValue;

use super::limits;
use super::parts::{Expect, RuleTest, TestStep};
use super::read_event::{event, generate};
use super::shape::{Section, Value, choice, strings, type_of};
use super::sink::Sink;

/// What a test may expect, as order files name it.
const EXPECTED: &[(&str, Expect)] = &[
    ("match", Expect::Match),
    ("no_match", Expect::NoMatch),
    ("cannot_tell", Expect::CannotTell),
];

pub(super) fn test(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<RuleTest> {
    let place = section.place(sink);
    let steps = steps(&mut section, sink);
    let expect = section.need(sink, "expect").and_then(|value| {
        let told = ("unknown-expectation", "a test cannot expect");
        choice(value, "expect", EXPECTED, |(word, _)| word, told, sink)
    });
    let lists = match section.get("lists") {
        Some(value) => {
            Section::of("`lists`", value, sink).and_then(|section| lists(&section, sink))
        }
        None => Some(Vec::new()),
    };
    section.finish(sink);
    Some(RuleTest {
        steps: steps?,
        expect: expect?.1,
        lists: lists?,
        place,
    })
}

/// What happens: `event`, `events` or `generate`.
fn steps(section: &mut Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Vec<TestStep>> {
    let one = section.get("event");
    let several = section.get("events");
    let many = section.get("generate");
    match (one, several, many) {
        (Some(value), None, None) => {
            let section = Section::of("`event`", value, sink)?;
            Some(vec![event(&section, sink)?])
        }
        (None, Some(value), None) => events(value, sink),
        (None, None, Some(value)) => generate(Section::of("`generate`", value, sink)?, sink),
        (None, None, None) => {
            let sentence = "[[rule.test]] has no `event`, `events` or `generate`; add one of them";
            sink.fault(&section.span, "missing-key", sentence);
            None
        }
        _ => {
            let sentence =
                "a test has one of `event`, `events` and `generate`; make a test of each";
            sink.fault(&section.span, "two-events", sentence);
            None
        }
    }
}

fn events(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Vec<TestStep>> {
    let DeValue::Array(array) = value.get_ref() else {
        let sentence = format!(
            "`events` must be an array of events, in the order in which they happen, not {}",
            type_of(value.get_ref())
        );
        sink.fault(&value.span(), "type", sentence);
        return None;
    };
    if array.is_empty() || array.len() > limits::STEPS {
        let sentence = format!(
            "`events` has {} events; it must have 1 to {}",
            array.len(),
            limits::STEPS
        );
        sink.fault(&value.span(), "limit", sentence);
        return None;
    }
    let read: Vec<Option<TestStep>> = array
        .iter()
        .map(|value| {
            let section = Section::of("one of `events`", value, sink)?;
            event(&section, sink)
        })
        .collect();
    read.into_iter().collect()
}

fn lists(section: &Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Vec<(String, Vec<String>)>> {
    let mut lists = Vec::new();
    let mut whole = true;
    for (name, _, value) in section.entries() {
        match entries(value, name, sink) {
            Some(entries) => lists.push((name.to_owned(), entries)),
            None => whole = false,
        }
    }
    lists.sort();
    whole.then_some(lists)
}

fn entries(value: &Value<'_>, name: &str, sink: &mut Sink<'_>) -> Option<Vec<String>> {
    // An empty list is a test worth having: nothing on it.
    if matches!(value.get_ref(), DeValue::Array(array) if array.is_empty()) {
        return Some(Vec::new());
    }
    let entries: Vec<(&str, Range<usize>)> = strings(value, name, sink)?;
    Some(
        entries
            .into_iter()
            .map(|(text, _)| text.to_owned())
            .collect(),
    )
}
