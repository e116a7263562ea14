//! Reads the events of tests, in the words of records: the fields of every kind, and no others.

use jiff::Timestamp;
use proviso_report::UnixMs;
use proviso_report::fact::{Fact, Kind};
use serde_json::{Map, Value as Json, json};
use toml::de::DeValue;

use super::parts::TestStep;
use super::read_hours::span;
use super::shape::{Section, Value, string, type_of, whole_number};
use super::sink::{Sink, nearest};
use super::{limits, name};
use crate::written::wrong;

/// The kind of a step in which nothing happens but that time passes and the agent lives.
const CLOCK: &str = "clock";
/// The keys of an event beside its fields.
const OF_EVENT: &[&str] = &["kind", "at", "account"];
/// The keys of `generate` beside the fields of each event.
const OF_MANY: &[&str] = &["kind", "account", "count", "from", "every"];

/// One event, or time that passes.
pub(super) fn event(section: &Section<'_, '_>, sink: &mut Sink<'_>) -> Option<TestStep> {
    let kind = kind(section, sink);
    let at = need(section, "at", sink).and_then(|value| time(value, "at", sink));
    let Happens::Fact(kind) = kind? else {
        return clock(section, at?, sink);
    };
    let account = account(section, sink);
    let fact = fact(kind, section, OF_EVENT, sink);
    Some(TestStep {
        at: at?,
        account: account?,
        fact: Some(fact?.0),
    })
}

/// Many events of one kind, one after the other.
pub(super) fn generate(section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Vec<TestStep>> {
    let most = u32::try_from(limits::STEPS).unwrap_or(u32::MAX);
    let happens = kind(&section, sink);
    let count =
        need(&section, "count", sink).and_then(|value| whole_number(value, "count", 1, most, sink));
    let from = need(&section, "from", sink).and_then(|value| time(value, "from", sink));
    let every = need(&section, "every", sink).and_then(|value| span(value, "every", sink));
    let Happens::Fact(kind) = happens? else {
        let sentence = "`generate` makes records; write a `clock` as one of `events`";
        sink.fault(&section.span, "test-event", sentence);
        return None;
    };
    let account = account(&section, sink);
    let fact = fact(kind, &section, OF_MANY, sink);
    let (count, from, every, account, (fact, bytes)) = (count?, from?, every?, account?, fact?);
    if bytes > limits::GENERATED_BYTES {
        let sentence = format!(
            "a generated event has {bytes} bytes; {} is the most; make it shorter",
            limits::GENERATED_BYTES
        );
        sink.fault(&section.span, "limit", sentence);
        return None;
    }
    let steps: Option<Vec<TestStep>> = (0..i64::from(count))
        .map(|number| {
            let at = UnixMs(from.0.checked_add(number.checked_mul(every.ms())?)?);
            at.is_writable().then(|| TestStep {
                at,
                account: account.clone(),
                fact: Some(fact.clone()),
            })
        })
        .collect();
    if steps.is_none() {
        let sentence = "the last of these events lies after the year 9999; make them fewer";
        sink.fault(&section.span, "time", sentence);
    }
    steps
}

/// What a step is.
enum Happens {
    Fact(Kind),
    Clock,
}

fn kind(section: &Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Happens> {
    let value = need(section, "kind", sink)?;
    let word = string(value, "kind", sink)?;
    if word == CLOCK {
        return Some(Happens::Clock);
    }
    let kind = Kind::parse(word);
    if kind.is_none() {
        let names = Kind::ALL.iter().map(|kind| kind.as_str());
        let near = nearest(word, names.chain([CLOCK]));
        let sentence = format!("there is no kind `{}`; {near}", name::shown(word));
        sink.fault(&value.span(), "unknown-kind", sentence);
    }
    kind.map(Happens::Fact)
}

fn clock(section: &Section<'_, '_>, at: UnixMs, sink: &mut Sink<'_>) -> Option<TestStep> {
    let mut whole = true;
    for (key, span, _) in section.entries() {
        if !["kind", "at"].contains(&key) {
            let sentence = format!(
                "a clock has only `kind` and `at`; take `{}` out",
                name::shown(key)
            );
            sink.fault(&span, "unknown-key", sentence);
            whole = false;
        }
    }
    whole.then_some(TestStep {
        at,
        account: None,
        fact: None,
    })
}

/// `Some(None)`: the event does not say.
fn account(section: &Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Option<String>> {
    match find(section, "account") {
        Some(value) => Some(Some(string(value, "account", sink)?.to_owned())),
        None => Some(None),
    }
}

/// The fact of these fields, and how many bytes they have.
fn fact(
    kind: Kind,
    section: &Section<'_, '_>,
    beside: &[&str],
    sink: &mut Sink<'_>,
) -> Option<(Fact, usize)> {
    let mut fields = Map::new();
    let mut whole = true;
    for (key, span, value) in section.entries() {
        if beside.contains(&key) {
            continue;
        }
        if !kind.fields().contains(&key) {
            let near = nearest(key, kind.fields().iter().chain(beside).copied());
            let sentence = format!("a {kind} has no `{}`; {near}", name::shown(key));
            sink.fault(&span, "unknown-key", sentence);
            whole = false;
            continue;
        }
        match field(value, key, sink) {
            Some(value) => {
                fields.insert(key.to_owned(), value);
            }
            None => whole = false,
        }
    }
    if !whole {
        return None;
    }
    complete(kind, &mut fields);
    let json = Json::Object(fields).to_string();
    match Fact::parse(kind, &json) {
        Ok(fact) => Some((fact, json.len())),
        Err(error) => {
            let wrong = wrong(kind, &json, &error);
            let key = wrong.as_ref().and_then(|wrong| Some(&wrong.at.as_ref()?.0));
            let value = key.and_then(|key| find(section, key));
            let span = value.map_or_else(|| section.span.clone(), Value::span);
            let sentence = wrong.map_or_else(
                || format!("{error}; correct the event"),
                |wrong| wrong.sentence,
            );
            sink.fault(&span, "test-event", sentence);
            None
        }
    }
}

/// What a fact must have and a test need not say holds nothing. What a fact is about must be said.
fn complete(kind: Kind, fields: &mut Map<String, Json>) {
    let texts: &[&str] = match kind {
        Kind::WebVisit
        | Kind::Search
        | Kind::Download
        | Kind::HistoryCleared
        | Kind::BrowserSetting => &["browser"],
        Kind::BrowserFound => &["browser", "path"],
        Kind::PrivateWindow => &["browser", "sign"],
        Kind::Package => &["manager"],
        Kind::ToolFound => &["name", "sign"],
        Kind::Device => &["class"],
        Kind::PhoneApp => &["phone"],
        Kind::NetworkSetting => &["value"],
        Kind::OtherSystem => &["sign", "detail"],
        Kind::AgentStarted => &["version", "engine", "platform"],
        Kind::AgentStopped | Kind::SourceFailed | Kind::OrderRefused => &["reason"],
        Kind::OrderEnded => &["id", "reason"],
        Kind::Declaration => &["what"],
        Kind::Gap | Kind::AgentAltered | Kind::CollectorBlocked | Kind::CapReached => &["detail"],
        Kind::Explanation => &["text"],
        Kind::KeyChanged => &["key"],
        _ => &[],
    };
    let mut complete = |key: &str, value: Json| {
        fields.entry(key.to_owned()).or_insert(value);
    };
    for key in texts {
        complete(key, json!(""));
    }
    match kind {
        Kind::ProcessStart => {
            for (key, value) in [
                ("args", json!([])),
                ("pid", json!(0)),
                ("started", json!(0)),
            ] {
                complete(key, value);
            }
        }
        Kind::ProcessEnd => {
            complete("pid", json!(0));
            complete("started", json!(0));
        }
        Kind::AgentStarted => complete("sources", json!([])),
        Kind::Explanation => complete("seqs", json!([])),
        Kind::Heartbeat => {
            complete("uncovered", json!({}));
            complete("suppressed", json!({}));
            complete("awake_ms", json!(0));
        }
        Kind::OrderEnded => complete("version", json!(0)),
        Kind::LogContinues => {
            complete("log", json!("0".repeat(32)));
            complete("size", json!(0));
            complete("root", json!("0".repeat(64)));
        }
        _ => {}
    }
    // What a test leaves out of a program is what its path says.
    if matches!(
        kind,
        Kind::ProcessStart | Kind::ProcessEnd | Kind::Foreground
    ) && !fields.contains_key("name")
    {
        let exe = fields.get("exe").and_then(Json::as_str).unwrap_or_default();
        let name = exe
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default()
            .to_owned();
        fields.insert("name".to_owned(), Json::String(name));
    }
}

fn find<'t, 'i>(section: &Section<'t, 'i>, key: &str) -> Option<&'t Value<'i>> {
    let entries = section.entries();
    let found = entries.into_iter().find(|(name, _, _)| *name == key);
    found.map(|(_, _, value)| value)
}

fn need<'t, 'i>(
    section: &Section<'t, 'i>,
    key: &str,
    sink: &mut Sink<'_>,
) -> Option<&'t Value<'i>> {
    let value = find(section, key);
    if value.is_none() {
        let sentence = format!("this event has no `{key}`; add it");
        sink.fault(&section.span, "missing-key", sentence);
    }
    value
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

/// A value of a field. Arrays and tables hold plain values only.
fn field(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Json> {
    match value.get_ref() {
        DeValue::Array(array) => array
            .iter()
            .map(|value| plain(value, key, sink))
            .collect::<Option<Vec<_>>>()
            .map(Json::Array),
        DeValue::Table(table) => table
            .iter()
            .map(|(name, value)| Some((name.get_ref().to_string(), plain(value, key, sink)?)))
            .collect::<Option<Map<_, _>>>()
            .map(Json::Object),
        _ => plain(value, key, sink),
    }
}

fn plain(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Json> {
    match value.get_ref() {
        // Test events may hold whatever a page can, hidden characters included.
        DeValue::String(text) => Some(Json::String(text.to_string())),
        DeValue::Boolean(truth) => Some(Json::Bool(*truth)),
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
            if number.is_none() {
                let sentence = format!("`{key}` is too large a number");
                sink.fault(&value.span(), "type", sentence);
            }
            number.map(Json::from)
        }
        other => {
            let sentence = format!("`{key}` cannot hold {}", type_of(other));
            sink.fault(&value.span(), "type", sentence);
            None
        }
    }
}
