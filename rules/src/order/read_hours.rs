//! Reads hours of the week and lengths of time.

use jiff::civil::{Time, Weekday};
use toml::de::DeValue;
use toml::value::Datetime;

use super::shape::{Section, Value, string, strings, type_of};
use super::sink::{Sink, nearest};
use super::verbs::{Hours, Span};
use super::{limits, name};

/// The days of the week as order files name them, Monday first.
const DAYS: &[(&str, Weekday)] = &[
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// The units of a length of time, in milliseconds.
const UNITS: &[(&str, i64)] = &[
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// `during` or `within`; none if the key is absent.
pub(super) fn hours(
    section: &mut Section<'_, '_>,
    key: &'static str,
    sink: &mut Sink<'_>,
) -> Option<Vec<Hours>> {
    let Some(value) = section.get(key) else {
        return Some(Vec::new());
    };
    let DeValue::Array(array) = value.get_ref() else {
        let sentence = format!(
            "`{key}` must be an array of hours, such as \
             [{{ days = \"every\", from = 23:00:00, to = 06:00:00 }}], not {}",
            type_of(value.get_ref())
        );
        sink.fault(&value.span(), "type", sentence);
        return None;
    };
    if array.is_empty() || array.len() > limits::HOURS {
        let sentence = format!(
            "`{key}` has {} spans of hours; it must have 1 to {}",
            array.len(),
            limits::HOURS
        );
        sink.fault(&value.span(), "limit", sentence);
        return None;
    }
    let read: Vec<Option<Hours>> = array
        .iter()
        .map(|value| one(Section::of(format!("one of `{key}`"), value, sink)?, sink))
        .collect();
    read.into_iter().collect()
}

fn one(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Hours> {
    let days = section
        .need(sink, "days")
        .and_then(|value| days(value, sink));
    let from = section
        .need(sink, "from")
        .and_then(|value| time(value, "from", sink));
    let to = section
        .need(sink, "to")
        .and_then(|value| time(value, "to", sink));
    let span = section.span.clone();
    section.finish(sink);
    let (from, to) = (from?, to?);
    if from == to {
        let sentence = format!(
            "these hours begin and end at {from}; for the whole day leave `during` out, or give \
             the days from 00:00:00 to 12:00:00 and from 12:00:00 to 00:00:00"
        );
        sink.fault(&span, "hours", sentence);
        return None;
    }
    Some(Hours {
        days: days?,
        from,
        to,
    })
}

/// Monday first, each once.
fn days(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Vec<Weekday>> {
    let words = strings(value, "days", sink)?;
    let mut held = [false; 7];
    for (word, span) in words {
        let Some(range) = range(word) else {
            let names = DAYS.iter().map(|(name, _)| *name);
            let near = nearest(word, names.chain(["every", "mon-fri"]));
            let sentence = format!("there are no days `{}`; {near}", name::shown(word));
            sink.fault(&span, "unknown-day", sentence);
            return None;
        };
        for day in range {
            if std::mem::replace(&mut held[day], true) {
                let sentence = format!("`{}` stands in `days` twice; take one out", DAYS[day].0);
                sink.fault(&span, "duplicate", sentence);
                return None;
            }
        }
    }
    let held = DAYS.iter().zip(held).filter(|(_, held)| *held);
    Some(held.map(|((_, day), _)| *day).collect())
}

/// `every`, a day, or from one day to another: `mon-fri`, `sun-thu`. Numbers of days, from 0.
fn range(word: &str) -> Option<Vec<usize>> {
    let number = |word: &str| DAYS.iter().position(|(name, _)| *name == word);
    if word == "every" {
        return Some((0..DAYS.len()).collect());
    }
    let Some((first, last)) = word.split_once('-') else {
        return Some(vec![number(word)?]);
    };
    let (first, last) = (number(first)?, number(last)?);
    let more = (last + DAYS.len() - first) % DAYS.len();
    Some((first..=first + more).map(|day| day % DAYS.len()).collect())
}

/// A time of the day without quotes.
fn time(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Time> {
    let time = match value.get_ref() {
        DeValue::Datetime(Datetime {
            date: None,
            time: Some(time),
            offset: None,
        }) => clock(time),
        _ => None,
    };
    if time.is_none() {
        let sentence =
            format!("`{key}` must be a time of the day without quotes, in whole seconds: 23:00:00");
        sink.fault(&value.span(), "type", sentence);
    }
    time
}

fn clock(time: &toml::value::Time) -> Option<Time> {
    let part = |part: u8| i8::try_from(part).ok();
    let second = part(time.second.unwrap_or(0))?;
    Time::new(part(time.hour)?, part(time.minute)?, second, 0)
        .ok()
        .filter(|_| time.nanosecond.unwrap_or(0) == 0)
}

/// A length of time: `"30m"`.
pub(super) fn span(value: &Value<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Span> {
    let text = string(value, key, sink)?;
    let span = length(text);
    if span.is_none() {
        let sentence = format!(
            "`{key}` must be a length of time up to {} days: a whole number with s, m, h or d, \
             such as \"30m\"",
            limits::SPAN_DAYS
        );
        sink.fault(&value.span(), "length", sentence);
    }
    span
}

fn length(text: &str) -> Option<Span> {
    let (unit, factor) = UNITS.iter().find(|(unit, _)| text.ends_with(unit))?;
    let number = text.strip_suffix(unit)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ms = number.parse::<i64>().ok()?.checked_mul(*factor)?;
    let most = limits::SPAN_DAYS.checked_mul(86_400_000)?;
    (1..=most).contains(&ms).then_some(Span(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_whole_numbers_with_a_unit() {
        for (text, ms) in [
            ("90s", Some(90_000)),
            ("30m", Some(1_800_000)),
            ("4h", Some(14_400_000)),
            ("3d", Some(259_200_000)),
            ("0s", None),
            ("", None),
            ("m", None),
            ("30", None),
            ("-3m", None),
            ("+3m", None),
            ("1.5h", None),
            ("1h30m", None),
            ("367d", None),
            ("9223372036854775807d", None),
        ] {
            assert_eq!(length(text).map(Span::ms), ms, "{text}");
        }
    }

    #[test]
    fn days_run_over_the_end_of_the_week() {
        assert_eq!(range("mon-fri"), Some(vec![0, 1, 2, 3, 4]));
        assert_eq!(range("sun-tue"), Some(vec![6, 0, 1]));
        assert_eq!(range("wed-wed"), Some(vec![2]));
        assert_eq!(range("every").map(|days| days.len()), Some(7));
        assert_eq!(range("monday"), None);
        assert_eq!(range("mon-"), None);
    }
}
