//! Reads clauses, exemptions, suspensions, and what nothing checks.

use jiff::civil::Date;
use proviso_report::fact::Kind;
use toml::de::DeValue;

use super::check::Named;
use super::parts::{Clause, Effect, Exempt, NotCheckable};
use super::read_condition::exempt_match;
use super::read_hours::hours;
use super::shape::{Section, Value, choice, string, strings, type_of};
use super::sink::{Sink, nearest};
use super::verbs::Suspension;
use super::{limits, name};

pub(super) fn clause(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Named<Clause> {
    let place = section.place(sink);
    let id = section.id(sink, "id");
    let text = section.need(sink, "text").and_then(|value| {
        let text = string(value, "text", sink)?;
        if text.trim().is_empty() || text.len() > limits::CLAUSE_BYTES {
            let sentence = format!(
                "`text` must be the court's words, 1 to {} bytes of them",
                limits::CLAUSE_BYTES
            );
            sink.fault(&value.span(), "text", sentence);
            return None;
        }
        Some(text.to_owned())
    });
    let records = section
        .get("records")
        .map(|value| kinds(value, "records", sink));
    section.finish(sink);
    Named::new(id, place, |id| {
        Some(Clause {
            id,
            text: text?,
            records: records.unwrap_or(Some(Vec::new()))?,
            place,
        })
    })
}

pub(super) fn exempt(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Named<Exempt> {
    let place = section.place(sink);
    let id = section.id(sink, "id");
    let who = section.text(sink, "who");
    let says = section.text(sink, "says");
    let matches = section
        .need(sink, "match")
        .and_then(|value| Section::of("`match`", value, sink))
        .and_then(|inner| exempt_match(inner, sink));
    let effect = section.need(sink, "effect").and_then(|value| {
        let told = ("unknown-effect", "there is no effect");
        choice(
            value,
            "effect",
            Effect::ALL,
            |effect| effect.as_str(),
            told,
            sink,
        )
    });
    let within = hours(&mut section, "within", sink);
    let starts = section.date_opt(sink, "starts");
    let ends = section.date_opt(sink, "ends");
    in_order(&section, "the exemption", "ends", starts, ends, sink);
    section.finish(sink);
    Named::new(id, place, |id| {
        Some(Exempt {
            id,
            who: who?,
            says: says?,
            matches: matches?,
            effect: effect?,
            starts,
            ends,
            within: within?,
            place,
        })
    })
}

pub(super) fn suspension(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Suspension> {
    let place = section.place(sink);
    let from = section.date(sink, "from");
    let to = section.date_opt(sink, "to");
    let says = section.text(sink, "says");
    in_order(&section, "the suspension", "to", from, to, sink);
    section.finish(sink);
    Some(Suspension {
        from: from?,
        to,
        says: says?,
        place,
    })
}

/// A last day that lies before the first is a slip. `last`: the key of the last day.
pub(super) fn in_order(
    section: &Section<'_, '_>,
    what: &str,
    last: &str,
    starts: Option<Date>,
    ends: Option<Date>,
    sink: &mut Sink<'_>,
) {
    if let (Some(starts), Some(ends)) = (starts, ends)
        && ends < starts
    {
        let sentence =
            format!("{what} ends on {ends}, before it starts on {starts}; correct one of them");
        sink.fault(&section.span_of(last), "ends-before-start", sentence);
    }
}

pub(super) fn not_checkable(
    mut section: Section<'_, '_>,
    sink: &mut Sink<'_>,
) -> Named<NotCheckable> {
    let place = section.place(sink);
    let clause = section.id(sink, "clause");
    let part = section.text(sink, "part");
    let why = section.text(sink, "why");
    section.finish(sink);
    Named::new(clause, place, |clause| {
        Some(NotCheckable {
            clause,
            part: part?,
            why: why?,
            place,
        })
    })
}

/// Kinds of facts that a rule or a clause may be about.
pub(super) fn kinds(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Vec<Kind>> {
    let words = match value.get_ref() {
        DeValue::Array(_) => strings(value, key, sink)?,
        other => {
            let sentence = format!(
                "`{key}` must be an array of kinds, such as [\"web_visit\"], not {}",
                type_of(other)
            );
            sink.fault(&value.span(), "type", sentence);
            return None;
        }
    };
    let mut kinds = Vec::new();
    let mut whole = true;
    for (word, span) in words {
        match Kind::parse(word) {
            Some(kind) if kinds.contains(&kind) => {
                let sentence = format!("`{kind}` stands in `{key}` twice");
                sink.fault(&span, "duplicate", sentence);
            }
            Some(kind) => kinds.push(kind),
            None => {
                let near = nearest(word, Kind::ALL.iter().map(|kind| kind.as_str()));
                let sentence = format!("there is no kind `{}`; {near}", name::shown(word));
                sink.fault(&span, "unknown-kind", sentence);
                whole = false;
            }
        }
    }
    whole.then_some(kinds)
}
