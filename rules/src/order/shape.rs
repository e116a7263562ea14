//! The shape of the file: tables whose keys are all known, values of the right type.

use std::ops::Range;

use jiff::civil::Date;
use proviso_report::Hash;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

use super::limits;
use super::name;
use super::parts::Place;
use super::sink::{Sink, nearest};

/// A value with its place.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// A table that is being read, key by key. What was never asked for is unknown.
pub(super) struct Section<'t, 'i> {
    /// As a person would name it: `[order]`.
    title: String,
    table: &'t DeTable<'i>,
    pub(super) span: Range<usize>,
    known: Vec<&'static str>,
}

impl<'t, 'i> Section<'t, 'i> {
    pub(super) fn new(
        title: impl Into<String>,
        table: &'t DeTable<'i>,
        span: Range<usize>,
    ) -> Self {
        Self {
            title: title.into(),
            table,
            span,
            known: Vec::new(),
        }
    }

    /// Reads a value that must be a table.
    pub(super) fn of(
        title: impl Into<String>,
        value: &'t Value<'i>,
        sink: &mut Sink<'_>,
    ) -> Option<Self> {
        let title = title.into();
        match value.get_ref() {
            DeValue::Table(table) => Some(Self::new(title, table, value.span())),
            other => {
                let sentence = format!("{title} must be a table, not {}", type_of(other));
                sink.fault(&value.span(), "type", sentence);
                None
            }
        }
    }

    pub(super) fn place(&self, sink: &Sink<'_>) -> Place {
        sink.place(self.span.start)
    }

    /// Where the value of a key stands; where it is absent, the table.
    pub(super) fn span_of(&self, key: &str) -> Range<usize> {
        self.table
            .get(key)
            .map_or_else(|| self.span.clone(), Spanned::span)
    }

    /// The value of a key that may be absent.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'t Value<'i>> {
        self.known.push(key);
        self.table.get(key)
    }

    /// The value of a key that must be there.
    pub(super) fn need(&mut self, sink: &mut Sink<'_>, key: &'static str) -> Option<&'t Value<'i>> {
        let value = self.get(key);
        if value.is_none() {
            let sentence = format!("{} has no `{key}`; add it", self.title);
            sink.fault(&self.span, "missing-key", sentence);
        }
        value
    }

    /// A sentence or name of one line.
    pub(super) fn text(&mut self, sink: &mut Sink<'_>, key: &'static str) -> Option<String> {
        let value = self.need(sink, key)?;
        line(value, key, sink)
    }

    pub(super) fn text_opt(&mut self, sink: &mut Sink<'_>, key: &'static str) -> Option<String> {
        let value = self.get(key)?;
        line(value, key, sink)
    }

    /// The number of an order, clause, rule or exemption.
    pub(super) fn id(&mut self, sink: &mut Sink<'_>, key: &'static str) -> Option<String> {
        let value = self.need(sink, key)?;
        let id = string(value, key, sink)?;
        if let Err(sentence) = name::id(id) {
            sink.fault(&value.span(), "id", format!("`{key}` {sentence}"));
            return None;
        }
        Some(id.to_owned())
    }

    pub(super) fn number(&mut self, sink: &mut Sink<'_>, key: &'static str) -> Option<u64> {
        let value = self.need(sink, key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        // What does not fit an i64 cannot be stored by those who keep it.
        let number = number.filter(|number| i64::try_from(*number).is_ok());
        if number.is_none() {
            let sentence = format!("`{key}` must be a whole number from 0 up");
            sink.fault(&value.span(), "type", sentence);
        }
        number
    }

    pub(super) fn hash(&mut self, sink: &mut Sink<'_>, key: &'static str) -> Option<Hash> {
        let value = self.need(sink, key)?;
        match string(value, key, sink)?.parse() {
            Ok(hash) => Some(hash),
            Err(error) => {
                sink.fault(&value.span(), "hash", format!("`{key}`: {error}"));
                None
            }
        }
    }

    /// A path beside the order file.
    pub(super) fn file(&mut self, sink: &mut Sink<'_>, key: &'static str) -> Option<String> {
        let value = self.need(sink, key)?;
        let path = string(value, key, sink)?;
        if let Err(sentence) = name::file(path) {
            sink.fault(&value.span(), "file-name", format!("`{key}` {sentence}"));
            return None;
        }
        Some(path.to_owned())
    }

    pub(super) fn date(&mut self, sink: &mut Sink<'_>, key: &'static str) -> Option<Date> {
        let value = self.need(sink, key)?;
        date(value, key, sink)
    }

    pub(super) fn date_opt(&mut self, sink: &mut Sink<'_>, key: &'static str) -> Option<Date> {
        let value = self.get(key)?;
        date(value, key, sink)
    }

    /// The tables of `[[key]]`; none if the key is absent.
    pub(super) fn tables(&mut self, sink: &mut Sink<'_>, key: &'static str) -> Vec<Self> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let DeValue::Array(array) = value.get_ref() else {
            let sentence = format!("`{key}` must be tables: write each as [[{key}]]");
            sink.fault(&value.span(), "type", sentence);
            return Vec::new();
        };
        if array.len() > limits::TESTS {
            let sentence = format!(
                "there are {} [[{key}]], which is too many; make them fewer",
                array.len()
            );
            sink.fault(&value.span(), "limit", sentence);
            return Vec::new();
        }
        array
            .iter()
            .filter_map(|value| Self::of(format!("[[{key}]]"), value, sink))
            .collect()
    }

    /// Strings: one, or an array of at least one.
    pub(super) fn strings(
        &mut self,
        sink: &mut Sink<'_>,
        key: &'static str,
    ) -> Option<Vec<(&'t str, Range<usize>)>> {
        let value = self.get(key)?;
        strings(value, key, sink)
    }

    /// Keys and values, in the order of the file.
    pub(super) fn entries(&self) -> Vec<(&'t str, Range<usize>, &'t Value<'i>)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), key.span(), value))
            .collect();
        entries.sort_by_key(|(_, span, _)| span.start);
        entries
    }

    /// Says which keys are unknown.
    pub(super) fn finish(self, sink: &mut Sink<'_>) {
        for (key, span, _) in self.entries() {
            if !self.known.contains(&key) {
                let near = nearest(key, self.known.iter().copied());
                let sentence = format!("{} has no key `{}`; {near}", self.title, name::shown(key));
                sink.fault(&span, "unknown-key", sentence);
            }
        }
    }
}

/// One word of a closed set. `told`: the code and the beginning of the sentence when it is none.
pub(super) fn choice<T: Copy>(
    value: &Value<'_>,
    key: &str,
    all: &[T],
    word_of: impl Fn(T) -> &'static str,
    (code, none): (&'static str, &str),
    sink: &mut Sink<'_>,
) -> Option<T> {
    let word = string(value, key, sink)?;
    let found = all.iter().copied().find(|one| word_of(*one) == word);
    if found.is_none() {
        let near = nearest(word, all.iter().map(|one| word_of(*one)));
        let sentence = format!("{none} `{}`; {near}", name::shown(word));
        sink.fault(&value.span(), code, sentence);
    }
    found
}

/// A whole number from `least` to `most`.
pub(super) fn whole_number(
    value: &Value<'_>,
    key: &str,
    least: u32,
    most: u32,
    sink: &mut Sink<'_>,
) -> Option<u32> {
    let number = match value.get_ref() {
        DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    };
    let number = number.filter(|number| (least..=most).contains(number));
    if number.is_none() {
        let sentence = format!("`{key}` must be a whole number from {least} to {most}");
        sink.fault(&value.span(), "type", sentence);
    }
    number
}

/// A string that shows what it holds.
pub(super) fn string<'t>(value: &'t Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<&'t str> {
    let DeValue::String(text) = value.get_ref() else {
        let sentence = format!(
            "`{key}` must be text in quotes, not {}",
            type_of(value.get_ref())
        );
        sink.fault(&value.span(), "type", sentence);
        return None;
    };
    if let Some(hidden) = text.chars().find(|c| name::is_hidden(*c)) {
        let sentence = format!(
            "`{key}` holds the character U+{:04X}, which a reader cannot see; take it out",
            u32::from(hidden)
        );
        let span = sink.of_char(&value.span(), hidden);
        sink.fault(&span, "hidden-character", sentence);
        return None;
    }
    Some(text)
}

/// One line that is not empty.
pub(super) fn line(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<String> {
    let text = string(value, key, sink)?;
    let sentence = if text.trim().is_empty() {
        format!("`{key}` is empty; fill it in")
    } else if text.len() > limits::TEXT_BYTES {
        format!(
            "`{key}` is longer than {} bytes; make it shorter",
            limits::TEXT_BYTES
        )
    } else if text.contains(['\n', '\r']) {
        format!("`{key}` must be one line")
    } else {
        return Some(text.to_owned());
    };
    sink.fault(&value.span(), "text", sentence);
    None
}

pub(super) fn strings<'t>(
    value: &'t Value<'_>,
    key: &str,
    sink: &mut Sink<'_>,
) -> Option<Vec<(&'t str, Range<usize>)>> {
    let DeValue::Array(array) = value.get_ref() else {
        return Some(vec![(string(value, key, sink)?, value.span())]);
    };
    if array.is_empty() || array.len() > limits::VALUES {
        let sentence = format!(
            "`{key}` has {} values; it must have 1 to {}{}",
            array.len(),
            limits::VALUES,
            if array.is_empty() { "" } else { ": use a list" }
        );
        sink.fault(&value.span(), "limit", sentence);
        return None;
    }
    let mut found = Vec::with_capacity(array.len());
    for value in array.iter() {
        match string(value, key, sink) {
            Some(text) if text.trim().is_empty() => {
                let sentence = format!("a value of `{key}` is empty; take it out");
                sink.fault(&value.span(), "text", sentence);
            }
            Some(text) => found.push((text, value.span())),
            None => {}
        }
    }
    (found.len() == array.len()).then_some(found)
}

fn date(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Date> {
    let date = match value.get_ref() {
        DeValue::Datetime(Datetime {
            date: Some(date),
            time: None,
            offset: None,
        }) => day(date),
        _ => None,
    };
    if date.is_none() {
        let sentence = format!("`{key}` must be a day without quotes: 2026-03-02");
        sink.fault(&value.span(), "type", sentence);
    }
    date
}

fn day(date: &toml::value::Date) -> Option<Date> {
    let (year, month, day) = (
        i16::try_from(date.year).ok()?,
        i8::try_from(date.month).ok()?,
        i8::try_from(date.day).ok()?,
    );
    Date::new(year, month, day).ok()
}

pub(super) fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
