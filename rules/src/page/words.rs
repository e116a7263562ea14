//! Days, times, kinds and severities as people say them.

use jiff::civil::{Date, Time};
use proviso_report::UnixMs;
use proviso_report::fact::Kind;

use crate::order::{Order, Severity};

/// "Monday 2 March 2026".
pub(super) fn day(day: Date) -> String {
    day.strftime("%A %-d %B %Y").to_string()
}

/// "11 in the evening", "half past" and the like being written as "11:30 in the evening".
pub(super) fn clock(time: Time) -> String {
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    match (hour, minute, second) {
        (0, 0, 0) => return "midnight".to_owned(),
        (12, 0, 0) => return "noon".to_owned(),
        _ => {}
    }
    let part = match hour {
        0 => "just after midnight",
        1..12 => "in the morning",
        12..18 => "in the afternoon",
        _ => "in the evening",
    };
    let on_the_dial = match hour % 12 {
        0 => 12,
        other => other,
    };
    match (minute, second) {
        (0, 0) => format!("{on_the_dial} {part}"),
        (_, 0) => format!("{on_the_dial}:{minute:02} {part}"),
        _ => format!("{on_the_dial}:{minute:02}:{second:02} {part}"),
    }
}

/// "on Monday 2 March 2026 at 11 in the evening", by the clocks of the order.
pub(super) fn moment(order: &Order, at: UnixMs) -> String {
    match at.timestamp() {
        Some(timestamp) => {
            let local = order.zone().to_datetime(timestamp);
            format!("on {} at {}", day(local.date()), clock(local.time()))
        }
        None => format!("at {at}"),
    }
}

/// "the clocks of London".
pub(super) fn clocks(order: &Order) -> String {
    let name = order.timezone();
    match name.rsplit_once('/') {
        Some((area, place)) if area != "Etc" => {
            format!("the clocks of {}", place.replace('_', " "))
        }
        _ => format!("the clocks of the zone {name}"),
    }
}

/// Kinds of facts, for a sentence.
pub(super) fn kinds(kinds: &[Kind]) -> String {
    let words: Vec<&str> = kinds
        .iter()
        .map(|kind| match kind {
            Kind::WebVisit => "pages opened in a browser",
            Kind::ProcessStart => "programs started",
            Kind::ProcessEnd => "programs ended",
            Kind::VisitsConfirmed => "pages seen by a second source",
            other => other.as_str(),
        })
        .collect();
    words.join(", ")
}

/// What becomes of what a rule flags.
pub(super) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Log => {
            "What it flags is kept so that other rules can be checked. Nobody is told of it."
        }
        Severity::Review => {
            "What it flags is for a person to read. By itself it is no possible breach."
        }
        Severity::Breach => "What it flags is a possible breach.",
        Severity::Urgent => "What it flags is a possible breach that people are told of at once.",
    }
}

/// "a", "a or b", "a, b or c".
pub(super) fn one_of(names: &[String]) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    join(&names)
}

/// The same.
pub(super) fn join(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        [one] => (*one).to_owned(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}

/// As the beginning of a sentence.
pub(super) fn begun(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_uppercase());
    first.into_iter().flatten().chain(chars).collect()
}

/// Without a full stop, so that one can follow.
pub(super) fn bare(text: &str) -> &str {
    text.trim().trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    #[test]
    fn times_as_people_say_them() {
        for (time, words) in [
            (time(0, 0, 0, 0), "midnight"),
            (time(0, 5, 0, 0), "12:05 just after midnight"),
            (time(6, 0, 0, 0), "6 in the morning"),
            (time(11, 59, 0, 0), "11:59 in the morning"),
            (time(12, 0, 0, 0), "noon"),
            (time(12, 30, 0, 0), "12:30 in the afternoon"),
            (time(17, 0, 0, 0), "5 in the afternoon"),
            (time(23, 0, 0, 0), "11 in the evening"),
            (time(23, 59, 59, 0), "11:59:59 in the evening"),
        ] {
            assert_eq!(clock(time), words);
        }
    }
}
