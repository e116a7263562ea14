//! Reads `near`: two things said close to each other.

use toml::de::DeValue;

use super::limits;
use super::read_condition::words;
use super::shape::{Section, Value, type_of, whole_number};
use super::sink::Sink;
use super::verbs::{Near, Said};

pub(super) fn near(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Near> {
    let mut section = Section::of("`near`", value, sink)?;
    let within_words = section
        .need(sink, "within_words")
        .and_then(|value| whole_number(value, "within_words", 0, limits::WORDS_BETWEEN, sink));
    let a = section
        .need(sink, "a")
        .and_then(|value| said(value, "a", sink));
    let b = section
        .need(sink, "b")
        .and_then(|value| said(value, "b", sink));
    section.finish(sink);
    Some(Near {
        within_words: within_words?,
        a: a?,
        b: b?,
    })
}

/// One side: words, or a number with a unit behind it.
fn said(value: &Value<'_>, side: &str, sink: &mut Sink<'_>) -> Option<Said> {
    let mut section = Section::of(format!("`{side}` of `near`"), value, sink)?;
    let either = section
        .get("words")
        .map(|value| words(value, "words", sink));
    let number = section.get("number");
    let units = section.get("units");
    let span = section.span.clone();
    section.finish(sink);
    match (either, number, units) {
        (Some(words), None, None) => words.map(Said::Words),
        (None, Some(number), Some(units)) => {
            let range = range(number, sink);
            let units = words(units, "units", sink);
            let (from, to) = range?;
            Some(Said::Number {
                from,
                to,
                units: units?,
            })
        }
        _ => {
            let sentence = format!(
                "`{side}` must have either `words`, or `number` and `units`: \
                 {{ number = [8, 17], units = [\"years old\"] }}"
            );
            sink.fault(&span, "near", sentence);
            None
        }
    }
}

fn range(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<(u32, u32)> {
    let DeValue::Array(array) = value.get_ref() else {
        let sentence = format!(
            "`number` must be an array of the least and the greatest, such as [8, 17], not {}",
            type_of(value.get_ref())
        );
        sink.fault(&value.span(), "type", sentence);
        return None;
    };
    let numbers: Vec<u32> = array
        .iter()
        .filter_map(|value| whole_number(value, "number", 0, u32::MAX, sink))
        .collect();
    if numbers.len() < array.len() {
        return None;
    }
    match numbers.as_slice() {
        [from, to] if from <= to => Some((*from, *to)),
        _ => {
            let sentence = "`number` must hold the least and then the greatest, such as [8, 17]";
            sink.fault(&value.span(), "near", sentence);
            None
        }
    }
}
