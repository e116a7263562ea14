//! Reads conditions: each key of a table is one part.

use std::ops::Range;

use proviso_report::fact::Transition;
use toml::de::DeValue;

use crate::domain;
use crate::list::entry_fault;
use crate::text::fold;

use super::condition::{Condition, Part, TRANSITIONS};
use super::fact_field::FactField;
use super::parts::ListKind;
use super::read_near::near;
use super::read_pattern::pattern_part;
use super::shape::{Section, Value, string, strings, type_of};
use super::sink::{Sink, nearest};
use super::{limits, name};

/// What stands in an exemption's `match` and means something there.
const EXEMPT_KEYS: &[&str] = &["host", "host_in", "app", "app_in", "account", "under"];
const EXEMPT_FIELDS: &[FactField] = &[
    FactField::Serial,
    FactField::Interface,
    FactField::Network,
    FactField::Volume,
];

/// What stands in `only` beside `among`: things that can be allowed. Words cannot: a page that does
/// not say some word is no breach.
const ALLOWED_KEYS: &[&str] = &[
    "host",
    "host_in",
    "pattern",
    "app",
    "app_in",
    "args_any",
    "account",
    "private",
    "transition",
    "browser",
    "sha256_in",
    "under",
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

/// One table of a condition.
pub(super) fn condition(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Condition> {
    let parts = parts(&mut section, Part::KEYS, FactField::ALL, sink);
    let leet = fold_key(&mut section, sink);
    let span = section.span.clone();
    section.finish(sink);
    let (parts, leet) = (parts?, leet?);
    if parts.is_empty() {
        let sentence = "this condition is empty; say what it looks for";
        sink.fault(&span, "empty-condition", sentence);
        return None;
    }
    if leet && !parts.iter().any(Part::is_words) {
        let sentence = "`fold` is for words, and this condition looks for none; take it out";
        sink.fault(&span, "fold", sentence);
    }
    Some(Condition { parts, leet })
}

/// What an exemption applies to. One part is enough: a contact is a host or a program.
pub(super) fn exempt_match(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Vec<Part>> {
    let parts = parts(&mut section, EXEMPT_KEYS, EXEMPT_FIELDS, sink);
    ended(
        section,
        parts,
        "this exemption matches nothing; say whom it is for",
        sink,
    )
}

/// What an approval applies to. Each part must hold.
pub(super) fn approval_match(
    mut section: Section<'_, '_>,
    sink: &mut Sink<'_>,
) -> Option<Vec<Part>> {
    let parts = parts(&mut section, Part::KEYS, FactField::ALL, sink);
    ended(
        section,
        parts,
        "this approval matches nothing; say what was approved",
        sink,
    )
}

/// What `only` allows. One part is enough. Its other keys were asked for before.
pub(super) fn allowed(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Vec<Part>> {
    let parts = parts(&mut section, ALLOWED_KEYS, FactField::ALL, sink);
    ended(
        section,
        parts,
        "this `only` allows nothing; say what is allowed",
        sink,
    )
}

fn ended(
    section: Section<'_, '_>,
    parts: Option<Vec<Part>>,
    empty: &str,
    sink: &mut Sink<'_>,
) -> Option<Vec<Part>> {
    let span = section.span.clone();
    section.finish(sink);
    if parts.as_ref().is_some_and(Vec::is_empty) {
        sink.fault(&span, "empty-condition", empty);
        return None;
    }
    parts
}

/// Case, accents and look-alike letters are folded always; substitutions only where asked for.
fn fold_key(section: &mut Section<'_, '_>, sink: &mut Sink<'_>) -> Option<bool> {
    if section.get("fold").is_none() {
        return Some(false);
    }
    let words = section.strings(sink, "fold")?;
    let mut whole = true;
    for (word, span) in &words {
        let sentence = match *word {
            "leet" => continue,
            "case" | "accents" | "confusables" | "width" => {
                format!("`{word}` is always folded; `fold` has only \"leet\" in it, or is left out")
            }
            other => format!(
                "there is no folding `{}`; {}",
                name::shown(other),
                nearest(other, ["leet"])
            ),
        };
        sink.fault(span, "fold", sentence);
        whole = false;
    }
    whole.then_some(true)
}

fn parts(
    section: &mut Section<'_, '_>,
    keys: &[&'static str],
    fields: &[FactField],
    sink: &mut Sink<'_>,
) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut whole = true;
    for key in keys {
        let Some(value) = section.get(key) else {
            continue;
        };
        match part(section, key, value, sink) {
            Some(part) => parts.push(part),
            None => whole = false,
        }
    }
    for field in fields {
        let Some(value) = section.get(field.as_str()) else {
            continue;
        };
        match field_words(*field, value, sink) {
            Some(values) => parts.push(Part::Is {
                field: *field,
                values,
            }),
            None => whole = false,
        }
    }
    whole.then_some(parts)
}

fn part(
    section: &mut Section<'_, '_>,
    key: &'static str,
    value: &Value<'_>,
    sink: &mut Sink<'_>,
) -> Option<Part> {
    let list = |sink: &mut Sink<'_>| string(value, key, sink).map(str::to_owned);
    match key {
        "host" => hosts(value, key, sink).map(Part::Host),
        "host_in" => list(sink).map(Part::HostIn),
        "url_words" => words(value, key, sink).map(Part::UrlWords),
        "words" => words(value, key, sink).map(Part::Words),
        "words_in" => list(sink).map(Part::WordsIn),
        "pattern" => pattern_part(section, value, sink),
        "app" => apps(value, key, sink).map(Part::App),
        "app_in" => list(sink).map(Part::AppIn),
        "args_any" => texts(value, key, sink).map(Part::ArgsAny),
        "account" => texts(value, key, sink).map(Part::Account),
        "private" => truth(value, key, sink).map(Part::Private),
        "transition" => transitions(value, key, sink).map(Part::Transition),
        "browser" => texts(value, key, sink).map(Part::Browser),
        "search_words" => words(value, key, sink).map(Part::SearchWords),
        "search_words_in" => list(sink).map(Part::SearchWordsIn),
        "near" => near(value, sink).map(Part::Near),
        "looks_like" => hosts(value, key, sink).map(Part::LooksLike),
        "looks_like_in" => list(sink).map(Part::LooksLikeIn),
        "sha256_in" => list(sink).map(Part::Sha256In),
        "under" => folders(value, key, sink).map(Part::Under),
        _ => None,
    }
}

/// The words that a field of a fact may hold. A field that is true or false takes those too.
fn field_words(field: FactField, value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Vec<String>> {
    let key = field.as_str();
    let closed: Option<Vec<&str>> = field
        .kinds()
        .iter()
        .map(|kind| field.words(*kind))
        .collect::<Option<Vec<_>>>()
        .map(|words| words.concat());
    if let DeValue::Boolean(truth) = value.get_ref()
        && closed.as_ref().is_some_and(|words| words.contains(&"true"))
    {
        return Some(vec![truth.to_string()]);
    }
    let words = strings(value, key, sink)?;
    let mut whole = true;
    for (word, span) in &words {
        if let Some(closed) = &closed
            && !closed.iter().any(|one| one.eq_ignore_ascii_case(word))
        {
            let near = nearest(word, closed.iter().copied());
            let sentence = format!("`{key}` is never `{}`; {near}", name::shown(word));
            sink.fault(span, "unknown-word", sentence);
            whole = false;
        }
    }
    distinct(&words, key, sink);
    whole.then(|| owned(&words))
}

/// Folders of the computer, or of each account: `~/Pictures`.
fn folders(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Vec<String>> {
    let folders = strings(value, key, sink)?;
    let mut whole = true;
    for (folder, span) in &folders {
        let drive = folder
            .strip_prefix(|c: char| c.is_ascii_alphabetic())
            .is_some_and(|rest| rest.starts_with(":\\") || rest.starts_with(":/"));
        let rooted = drive || folder.starts_with('/') || folder.starts_with("~/");
        if !rooted
            || folder
                .split(['/', '\\'])
                .any(|part| part == ".." || part == ".")
        {
            let sentence = format!(
                "`{}` is no folder: write it from the root, such as /media, or from the person's \
                 own folder, such as ~/Pictures",
                name::shown(folder)
            );
            sink.fault(span, "folder", sentence);
            whole = false;
        }
    }
    distinct(&folders, key, sink);
    whole.then(|| owned(&folders))
}

fn hosts(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Vec<String>> {
    let hosts = strings(value, key, sink)?;
    let mut whole = true;
    for (host, span) in &hosts {
        if let Err(wrong) = domain::check(host) {
            let sentence = format!("`{}` {wrong}", name::shown(host));
            sink.fault(span, "host", sentence);
            whole = false;
        }
    }
    distinct(&hosts, key, sink);
    whole.then(|| owned(&hosts))
}

/// Words and phrases to look for.
pub(super) fn words(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Vec<String>> {
    let words = strings(value, key, sink)?;
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

/// Programs, each as an entry of a list describes it.
fn apps(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Vec<String>> {
    let apps = strings(value, key, sink)?;
    let mut whole = true;
    for (app, span) in &apps {
        if let Err(sentence) = entry_fault(ListKind::Apps, app.as_bytes()) {
            sink.fault(span, "app", sentence);
            whole = false;
        }
    }
    distinct(&apps, key, sink);
    whole.then(|| owned(&apps))
}

fn texts(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Vec<String>> {
    let texts = strings(value, key, sink)?;
    distinct(&texts, key, sink);
    Some(owned(&texts))
}

fn transitions(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Vec<Transition>> {
    let words = strings(value, key, sink)?;
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
    distinct(&words, key, sink);
    (found.len() == words.len()).then_some(found)
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
