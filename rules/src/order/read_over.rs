//! Reads what a rule counts or waits for over time: a rule has at most one of these.

use toml::de::DeValue;

use super::fact_field::FactField;
use super::read_hours::span;
use super::shape::{Section, Value, choice, string, whole_number};
use super::sink::{Sink, nearest};
use super::verbs::{Amount, Over, Per};
use super::{limits, name};

/// The verbs over time.
const VERBS: &[&str] = &["quota", "threshold", "sequence", "silence", "grace"];

/// `Some(None)`: the rule has none.
pub(super) fn over(rule: &mut Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Option<Over>> {
    let mut found = Vec::new();
    for verb in VERBS {
        if let Some(value) = rule.get(verb) {
            found.push((*verb, value));
        }
    }
    if let [_, (verb, value), ..] = found.as_slice() {
        let sentence = format!(
            "a rule has one of {} at most; make a rule of its own for `{verb}`",
            super::sink::or(VERBS)
        );
        sink.fault(&value.span(), "two-verbs", sentence);
    }
    let read: Vec<Option<Over>> = found
        .into_iter()
        .map(|(verb, value)| {
            let section = Section::of(format!("`{verb}`"), value, sink)?;
            match verb {
                "quota" => quota(section, sink),
                "threshold" => threshold(section, sink),
                "sequence" => sequence(section, sink),
                "silence" => silence(section, sink),
                _ => grace(section, sink),
            }
        })
        .collect();
    let mut read = read.into_iter().collect::<Option<Vec<_>>>()?;
    Some(read.pop())
}

fn quota(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Over> {
    let more_than = section
        .need(sink, "more_than")
        .and_then(|value| match value.get_ref() {
            DeValue::String(_) => span(value, "more_than", sink).map(Amount::Time),
            _ => whole_number(value, "more_than", 1, limits::COUNTED, sink).map(Amount::Count),
        });
    let per = section.need(sink, "per").and_then(|value| {
        let told = ("unknown-span", "there is no");
        choice(value, "per", Per::ALL, Per::as_str, told, sink)
    });
    section.finish(sink);
    Some(Over::Quota {
        more_than: more_than?,
        per: per?,
    })
}

fn threshold(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Over> {
    let count = section
        .need(sink, "count")
        .and_then(|value| whole_number(value, "count", 2, limits::THRESHOLD, sink));
    let within = section
        .need(sink, "within")
        .and_then(|value| span(value, "within", sink));
    section.finish(sink);
    Some(Over::Threshold {
        count: count?,
        within: within?,
    })
}

fn sequence(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Over> {
    let first = section.id(sink, "first");
    let then = section.id(sink, "then");
    let within = section
        .need(sink, "within")
        .and_then(|value| span(value, "within", sink));
    section.finish(sink);
    Some(Over::Sequence {
        first: first?,
        then: then?,
        within: within?,
    })
}

fn silence(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Over> {
    let longer_than = section
        .need(sink, "longer_than")
        .and_then(|value| span(value, "longer_than", sink));
    section.finish(sink);
    Some(Over::Silence {
        longer_than: longer_than?,
    })
}

fn grace(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Over> {
    let days = section
        .need(sink, "days")
        .and_then(|value| whole_number(value, "days", 1, limits::GRACE_DAYS, sink))
        .and_then(|days| u16::try_from(days).ok());
    let of = section
        .need(sink, "of")
        .and_then(|value| field(value, sink));
    section.finish(sink);
    Some(Over::Grace {
        days: days?,
        of: of?,
    })
}

fn field(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<FactField> {
    let word = string(value, "of", sink)?;
    let field = FactField::parse(word);
    if field.is_none() {
        let near = nearest(word, FactField::ALL.iter().map(|field| field.as_str()));
        let sentence = format!(
            "nothing is declared by `{}`; {near} (such as `serial`, `name`)",
            name::shown(word)
        );
        sink.fault(&value.span(), "unknown-field", sentence);
    }
    field
}
