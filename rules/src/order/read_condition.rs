//! Reads conditions: each key of a table is one part.

use std::ops::Range;

use proviso_report::fact::Transition;
use toml::de::DeValue;

use crate::domain;
use crate::judge::pattern;
use crate::text::fold;

use super::condition::{Condition, Field, Part, TRANSITIONS};
use super::read::EXEMPT_KEYS;
use super::shape::{Section, Value, string, type_of};
use super::sink::{Sink, nearest};
use super::{limits, name};

/// Verbs that later versions may know.
pub(super) const LATER: &[&str] = &[
    "only",
    "during",
    "quota",
    "sequence",
    "near",
    "silence",
    "grace",
    "approval",
    "where",
    "min_events",
    "within",
];

/// The conditions of `any`, `all` or `unless`.
pub(super) fn conditions(
    section: &mut Section<'_, '_>,
    key: &'static str,
    sink: &mut Sink<'_>,
) -> Option<Vec<Condition>> {
    let Some(value) = section.get(key) else {
        return Some(Vec::new());
    };
    let DeValue::Array(array) = value.get_ref() else {
        let sentence = format!(
            "`{key}` must be an array of conditions, such as [{{ host = \"example.com\" }}], not {}",
            type_of(value.get_ref())
        );
        sink.fault(&value.span(), "type", sentence);
        return None;
    };
    if array.is_empty() || array.len() > limits::CONDITIONS {
        let sentence = format!(
            "`{key}` has {} conditions; it must have 1 to {}",
            array.len(),
            limits::CONDITIONS
        );
        sink.fault(&value.span(), "limit", sentence);
        return None;
    }
    // All of them are read before the first that is wrong ends it, so that all faults are said.
    let read: Vec<Option<Condition>> = array
        .iter()
        .map(|value| {
            let section = Section::of(format!("a condition of `{key}`"), value, sink)?;
            condition(section, sink)
        })
        .collect();
    read.into_iter().collect()
}

fn condition(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Condition> {
    let parts = parts(&mut section, Part::KEYS, sink);
    let span = section.span.clone();
    section.finish_but(sink, LATER);
    if parts.as_ref().is_some_and(Vec::is_empty) {
        let sentence = "this condition is empty; say what it looks for";
        sink.fault(&span, "empty-condition", sentence);
        return None;
    }
    Some(Condition {
        parts: parts?,
        leet: false,
    })
}

/// What an exemption applies to. One part is enough: a contact is a host or a program.
pub(super) fn exempt_match(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Vec<Part>> {
    let parts = parts(&mut section, EXEMPT_KEYS, sink);
    let span = section.span.clone();
    section.finish_but(sink, &["email", "phone", "private", "words"]);
    if parts.as_ref().is_some_and(Vec::is_empty) {
        sink.fault(
            &span,
            "empty-condition",
            "this exemption matches nothing; say whom it is for",
        );
        return None;
    }
    parts
}

fn parts(
    section: &mut Section<'_, '_>,
    keys: &[&'static str],
    sink: &mut Sink<'_>,
) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut whole = true;
    for key in keys {
        let Some(value) = section.get(key) else {
            continue;
        };
        let part = match *key {
            "host" => hosts(section, sink).map(Part::Host),
            "host_in" => list_name(value, key, sink).map(Part::HostIn),
            "url_words" => words(section, "url_words", sink).map(Part::UrlWords),
            "words" => words(section, "words", sink).map(Part::Words),
            "words_in" => list_name(value, key, sink).map(Part::WordsIn),
            "pattern" => pattern_part(section, value, sink),
            "app" => texts(section, "app", sink).map(Part::App),
            "app_in" => list_name(value, key, sink).map(Part::AppIn),
            "args_any" => texts(section, "args_any", sink).map(Part::ArgsAny),
            "account" => texts(section, "account", sink).map(Part::Account),
            "private" => truth(value, key, sink).map(Part::Private),
            "transition" => transitions(section, sink).map(Part::Transition),
            "browser" => texts(section, "browser", sink).map(Part::Browser),
            _ => None,
        };
        match part {
            Some(part) => parts.push(part),
            None => whole = false,
        }
    }
    whole.then_some(parts)
}

fn hosts(section: &mut Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Vec<String>> {
    let hosts = section.strings(sink, "host")?;
    let mut whole = true;
    for (host, span) in &hosts {
        if let Err(wrong) = domain::check(host) {
            let sentence = format!("`{}` {wrong}", name::shown(host));
            sink.fault(span, "host", sentence);
            whole = false;
        }
    }
    distinct(&hosts, "host", sink);
    whole.then(|| owned(&hosts))
}

fn words(
    section: &mut Section<'_, '_>,
    key: &'static str,
    sink: &mut Sink<'_>,
) -> Option<Vec<String>> {
    let words = section.strings(sink, key)?;
    let mut whole = true;
    for (word, span) in &words {
        if let Err(sentence) = word_fault(word) {
            sink.fault(span, "word", sentence);
            whole = false;
        }
    }
    distinct(&words, key, sink);
    whole.then(|| owned(&words))
}

/// Why a word or phrase cannot be looked for.
pub(crate) fn word_fault(word: &str) -> Result<(), String> {
    if word.len() > limits::TEXT_BYTES {
        return Err(format!(
            "a word is longer than {} bytes",
            limits::TEXT_BYTES
        ));
    }
    if !fold(word).chars().any(char::is_alphanumeric) {
        return Err(format!(
            "`{}` has no letter or digit in it; it would match nothing",
            name::shown(word)
        ));
    }
    Ok(())
}

fn texts(
    section: &mut Section<'_, '_>,
    key: &'static str,
    sink: &mut Sink<'_>,
) -> Option<Vec<String>> {
    let texts = section.strings(sink, key)?;
    distinct(&texts, key, sink);
    Some(owned(&texts))
}

fn transitions(section: &mut Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Vec<Transition>> {
    let words = section.strings(sink, "transition")?;
    let mut found = Vec::new();
    for (word, span) in &words {
        match TRANSITIONS.iter().find(|(name, _)| name == word) {
            Some((_, transition)) => found.push(*transition),
            None => {
                let near = nearest(word, TRANSITIONS.iter().map(|(name, _)| *name));
                let sentence = format!("there is no transition `{}`; {near}", name::shown(word));
                sink.fault(span, "unknown-transition", sentence);
            }
        }
    }
    distinct(&words, "transition", sink);
    (found.len() == words.len()).then_some(found)
}

fn pattern_part(
    section: &mut Section<'_, '_>,
    value: &Value<'_>,
    sink: &mut Sink<'_>,
) -> Option<Part> {
    let regex = string(value, "pattern", sink);
    let field = section.need(sink, "field").and_then(|value| {
        let word = string(value, "field", sink)?;
        let field = Field::ALL.iter().find(|field| field.as_str() == word);
        if field.is_none() {
            let near = nearest(word, Field::ALL.iter().map(|field| field.as_str()));
            let sentence = format!("a pattern cannot look at `{}`; {near}", name::shown(word));
            sink.fault(&value.span(), "unknown-field", sentence);
        }
        field.copied()
    });
    let regex = regex?;
    if let Err((code, sentence)) = pattern_fault(regex) {
        sink.fault(&value.span(), code, sentence);
        return None;
    }
    Some(Part::Pattern {
        field: field?,
        regex: regex.to_owned(),
    })
}

fn pattern_fault(regex: &str) -> Result<(), (&'static str, String)> {
    if regex.len() > limits::PATTERN_BYTES {
        let sentence = format!("a pattern has at most {} bytes", limits::PATTERN_BYTES);
        return Err(("limit", sentence));
    }
    if pattern::asks_for_unicode(regex) {
        return Err((
            "pattern-unicode",
            "this pattern asks for Unicode classes, which are slow and change with their tables; \
             take the `u` flag or `\\p` out: text is matched without case and accents anyway"
                .to_owned(),
        ));
    }
    if let Some(c) = regex
        .chars()
        .find(|c| !c.is_ascii() && fold(c.encode_utf8(&mut [0; 4])) != *c.encode_utf8(&mut [0; 4]))
    {
        return Err((
            "pattern-accent",
            format!(
                "`{c}` never stands in the text that a pattern looks at; write `{}`",
                fold(&c.to_string())
            ),
        ));
    }
    let built = pattern::build(regex);
    match built {
        Ok(built) if built.is_match(b"") => Err((
            "pattern-empty",
            "this pattern matches everything; say what it looks for".to_owned(),
        )),
        Ok(_) => Ok(()),
        Err(regex::Error::CompiledTooBig(_)) => Err((
            "pattern-size",
            "this pattern is too large when compiled; use shorter repetitions".to_owned(),
        )),
        Err(error) => {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            let reason = last.trim().trim_start_matches("error: ");
            Err(("pattern", format!("this pattern cannot be read: {reason}")))
        }
    }
}

fn truth(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<bool> {
    match value.get_ref() {
        DeValue::Boolean(truth) => Some(*truth),
        other => {
            let sentence = format!("`{key}` must be true or false, not {}", type_of(other));
            sink.fault(&value.span(), "type", sentence);
            None
        }
    }
}

fn list_name(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<String> {
    string(value, key, sink).map(str::to_owned)
}

fn distinct(values: &[(&str, Range<usize>)], key: &str, sink: &mut Sink<'_>) {
    let mut seen = std::collections::BTreeSet::new();
    for (value, span) in values {
        if !seen.insert(*value) {
            let sentence = format!("`{}` stands in `{key}` twice", name::shown(value));
            sink.fault(span, "duplicate", sentence);
        }
    }
}

fn owned(values: &[(&str, Range<usize>)]) -> Vec<String> {
    values
        .iter()
        .map(|(value, _)| (*value).to_owned())
        .collect()
}
