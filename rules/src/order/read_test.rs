//! Reads the tests of rules: an event in the words of records, and what the rule must make of it.

use std::ops::Range;

use jiff::Timestamp;
use proviso_report::UnixMs;
use proviso_report::fact::{Fact, Kind};
use serde_json::{Map, Value as Json};
use toml::de::DeValue;

use super::name;
use super::parts::{Expect, RuleTest, TestStep};
use super::read::KINDS;
use super::shape::{Section, Value, string, strings, type_of};
use super::sink::{Sink, nearest};

/// The fields of the facts that rules look at. A test may leave out what a rule does not need.
const WEB_VISIT: &[&str] = &[
    "url",
    "title",
    "browser",
    "profile",
    "transition",
    "private",
];
const PROCESS_START: &[&str] = &[
    "exe",
    "name",
    "args",
    "pid",
    "started",
    "parent",
    "parent_exe",
];

pub(super) fn test(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<RuleTest> {
    let place = section.place(sink);
    let event = section
        .need(sink, "event")
        .and_then(|value| Section::of("`event`", value, sink))
        .and_then(|section| event(&section, sink));
    let expect = section.need(sink, "expect").and_then(|value| {
        let expect = match string(value, "expect", sink)? {
            "match" => Some(Expect::Match),
            "no_match" => Some(Expect::NoMatch),
            _ => None,
        };
        if expect.is_none() {
            let sentence = "`expect` must be \"match\" or \"no_match\"";
            sink.fault(&value.span(), "unknown-expectation", sentence);
        }
        expect
    });
    let lists = match section.get("lists") {
        Some(value) => {
            Section::of("`lists`", value, sink).and_then(|section| lists(&section, sink))
        }
        None => Some(Vec::new()),
    };
    section.finish_but(sink, &["events", "generate", "server_lists"]);
    let event = event?;
    Some(RuleTest {
        steps: vec![TestStep {
            at: event.at,
            account: event.account,
            fact: Some(event.fact),
        }],
        expect: expect?,
        lists: lists?,
        place,
    })
}

struct TestEvent {
    at: UnixMs,
    account: Option<String>,
    fact: Fact,
}

fn event(section: &Section<'_, '_>, sink: &mut Sink<'_>) -> Option<TestEvent> {
    let entries = section.entries();
    let find = |key: &str| entries.iter().find(|(name, _, _)| *name == key);
    let Some((_, _, value)) = find("kind") else {
        sink.fault(
            &section.span,
            "missing-key",
            "`event` has no `kind`; add it",
        );
        return None;
    };
    let kind = kind(value, sink)?;
    let at = match find("at") {
        Some((_, _, value)) => time(value, "at", sink),
        None => {
            sink.fault(
                &section.span,
                "missing-key",
                "`event` has no `at`; add the time",
            );
            None
        }
    };
    let account = match find("account") {
        Some((_, _, value)) => Some(string(value, "account", sink)?.to_owned()),
        None => None,
    };
    let known = match kind {
        Kind::ProcessStart => PROCESS_START,
        _ => WEB_VISIT,
    };
    let mut fields = defaults(kind);
    let mut whole = true;
    for (key, span, value) in &entries {
        if ["kind", "at", "account"].contains(key) {
            continue;
        }
        if !known.contains(key) {
            let near = nearest(key, known.iter().copied().chain(["kind", "at", "account"]));
            let sentence = format!("a {kind} has no `{}`; {near}", name::shown(key));
            sink.fault(span, "unknown-key", sentence);
            whole = false;
            continue;
        }
        match json(value, key, sink) {
            Some(json) => {
                fields.insert((*key).to_owned(), json);
            }
            None => whole = false,
        }
    }
    if !whole {
        return None;
    }
    // What a test leaves out of a process is what its path says.
    if kind == Kind::ProcessStart && !fields.contains_key("name") {
        let exe = fields.get("exe").and_then(Json::as_str).unwrap_or_default();
        let name = exe
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default()
            .to_owned();
        fields.insert("name".to_owned(), Json::String(name));
    }
    match Fact::parse(kind, &Json::Object(fields).to_string()) {
        Ok(fact) => Some(TestEvent {
            at: at?,
            account,
            fact,
        }),
        Err(error) => {
            sink.fault(
                &section.span,
                "test-event",
                format!("{error}; correct the event"),
            );
            None
        }
    }
}

fn kind(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Kind> {
    let word = string(value, "kind", sink)?;
    let kind = Kind::parse(word).filter(|kind| KINDS.contains(kind));
    if kind.is_none() {
        let near = nearest(word, KINDS.iter().map(|kind| kind.as_str()));
        let sentence = format!("no rule looks at the kind `{}`; {near}", name::shown(word));
        sink.fault(&value.span(), "unknown-kind", sentence);
    }
    kind
}

/// What a fact must have and a test need not say.
fn defaults(kind: Kind) -> Map<String, Json> {
    let mut fields = Map::new();
    if kind == Kind::ProcessStart {
        fields.insert("args".to_owned(), Json::Array(Vec::new()));
        fields.insert("pid".to_owned(), Json::from(0));
        fields.insert("started".to_owned(), Json::from(0));
    } else {
        fields.insert("browser".to_owned(), Json::String(String::new()));
    }
    fields
}

/// A moment with its offset, as text or as TOML's own kind.
pub(super) fn time(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<UnixMs> {
    let text = match value.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        _ => String::new(),
    };
    let time = text
        .parse::<Timestamp>()
        .map(|time| UnixMs(time.as_millisecond()))
        .ok()
        .filter(|time| time.is_writable());
    if time.is_none() {
        let sentence =
            format!("`{key}` must be a time with its offset: \"2026-04-01T20:00:00+01:00\"");
        sink.fault(&value.span(), "time", sentence);
    }
    time
}

fn json(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Json> {
    match value.get_ref() {
        // Test events may hold whatever a page can, hidden characters included.
        DeValue::String(text) => Some(Json::String(text.to_string())),
        DeValue::Boolean(truth) => Some(Json::Bool(*truth)),
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
            if number.is_none() {
                sink.fault(
                    &value.span(),
                    "type",
                    format!("`{key}` is too large a number"),
                );
            }
            number.map(Json::from)
        }
        DeValue::Array(array) => array
            .iter()
            .map(|value| match value.get_ref() {
                DeValue::String(text) => Some(Json::String(text.to_string())),
                other => {
                    let sentence = format!("`{key}` must hold text, not {}", type_of(other));
                    sink.fault(&value.span(), "type", sentence);
                    None
                }
            })
            .collect::<Option<Vec<_>>>()
            .map(Json::Array),
        other => {
            let sentence = format!("`{key}` cannot be {}", type_of(other));
            sink.fault(&value.span(), "type", sentence);
            None
        }
    }
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
