//! Days, times, kinds and severities as people say them.

mod kinds;

use jiff::civil::{Date, DateTime, Time, Weekday};
use proviso_report::UnixMs;

use crate::order::{Hours, Order, Severity};

pub(super) use kinds::{kind, kinds};

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

/// A moment by the clocks of the order: "on" and "Monday 2 March 2026 at 11 in the evening". To one
/// who was just told of a moment of the same day: "at" and "11 in the evening that day".
pub(super) fn moment(order: &Order, before: Option<UnixMs>, at: UnixMs) -> (&'static str, String) {
    let Some(now) = local(order, at) else {
        return ("at", at.to_string());
    };
    let hour = hour(order, at, now);
    let before = before.and_then(|before| local(order, before));
    if before.is_some_and(|before| before.date() == now.date()) {
        ("at", format!("{hour} that day"))
    } else {
        ("on", format!("{} at {hour}", day(now.date())))
    }
}

fn local(order: &Order, at: UnixMs) -> Option<DateTime> {
    let timestamp = at.timestamp()?;
    Some(order.zone().to_datetime(timestamp))
}

/// When the clocks go back, an hour comes twice: then it is said which of the two is meant.
fn hour(order: &Order, at: UnixMs, local: DateTime) -> String {
    let words = clock(local.time());
    let twice = order.zone().to_ambiguous_timestamp(local).is_ambiguous();
    match at.timestamp() {
        Some(timestamp) if twice => {
            format!("{words} (UTC{})", order.zone().to_offset(timestamp))
        }
        _ => words,
    }
}

/// "every day between 11 in the evening and 6 in the morning of the next day".
pub(super) fn hours(hours: &Hours) -> String {
    let next = if hours.to < hours.from && hours.to != Time::midnight() {
        " of the next day"
    } else {
        ""
    };
    format!(
        "{} between {} and {}{next}",
        days(&hours.days),
        clock(hours.from),
        clock(hours.to)
    )
}

/// "every day", "from Monday to Friday", "on Mondays and Saturdays".
fn days(days: &[Weekday]) -> String {
    let number = |day: &Weekday| day.to_monday_zero_offset();
    let run = days
        .windows(2)
        .all(|two| matches!(two, [one, other] if number(one) + 1 == number(other)));
    match days {
        [_, _, _, _, _, _, _] => "every day".to_owned(),
        [first, .., last] if run && days.len() > 2 => {
            format!("from {} to {}", weekday(*first), weekday(*last))
        }
        _ => {
            let names: Vec<String> = days
                .iter()
                .map(|day| format!("{}s", weekday(*day)))
                .collect();
            format!("on {}", all_of(&names))
        }
    }
}

const fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// A first and a last day, each of which may be left open: "from ... to the end of ...".
pub(super) fn term(starts: Option<Date>, ends: Option<Date>) -> String {
    match (starts, ends) {
        (None, None) => "as long as the order".to_owned(),
        (Some(starts), None) => format!("from {} on", day(starts)),
        (None, Some(ends)) => format!("to the end of {}", day(ends)),
        (Some(starts), Some(ends)) => {
            format!("from {} to the end of {}", day(starts), day(ends))
        }
    }
}

/// "4 hours", "1 hour and 30 minutes", from milliseconds.
pub(super) fn span(ms: i64) -> String {
    let mut rest = ms.unsigned_abs();
    let mut parts = Vec::new();
    // Days are for longer times: a day of the clocks can have 23 hours or 25.
    let units: &[(u64, &str)] = &[
        (86_400_000, "day"),
        (3_600_000, "hour"),
        (60_000, "minute"),
        (1_000, "second"),
        (1, "millisecond"),
    ];
    let from = usize::from(rest < 2 * 86_400_000);
    for (size, name) in units.iter().skip(from) {
        let count = rest / size;
        rest %= size;
        if count > 0 {
            parts.push(several(count, name));
        }
    }
    if parts.is_empty() {
        several(0, "second")
    } else {
        all_of(&parts)
    }
}

/// "1 hour", "2 hours".
pub(super) fn several(count: u64, name: &str) -> String {
    if count == 1 {
        format!("1 {name}")
    } else {
        format!("{count} {name}s")
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

/// "a", "a and b", "a, b and c".
pub(super) fn all_of(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

/// Each in quotation marks: "one" or "two".
pub(super) fn quoted(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    one_of(&words)
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
    use jiff::civil::{date, time};

    use super::*;

    #[test]
    fn hours_as_people_say_them() {
        use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
        let week = [
            Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday,
        ];
        for (days, from, to, words) in [
            (
                &week[..],
                (23, 0),
                (6, 0),
                "every day between 11 in the evening and 6 in the morning of the next day",
            ),
            (
                &week[..5],
                (8, 0),
                (18, 30),
                "from Monday to Friday between 8 in the morning and 6:30 in the evening",
            ),
            (
                &[Saturday, Sunday],
                (18, 0),
                (0, 0),
                "on Saturdays and Sundays between 6 in the evening and midnight",
            ),
            (
                &[Monday, Wednesday, Friday],
                (0, 0),
                (12, 0),
                "on Mondays, Wednesdays and Fridays between midnight and noon",
            ),
            (
                &[Sunday],
                (12, 0),
                (13, 0),
                "on Sundays between noon and 1 in the afternoon",
            ),
        ] {
            let hours = Hours {
                days: days.to_vec(),
                from: time(from.0, from.1, 0, 0),
                to: time(to.0, to.1, 0, 0),
            };
            assert_eq!(super::hours(&hours), words);
        }
    }

    #[test]
    fn lengths_of_time_as_people_say_them() {
        for (ms, words) in [
            (0, "0 seconds"),
            (1, "1 millisecond"),
            (90_000, "1 minute and 30 seconds"),
            (1_800_000, "30 minutes"),
            (3_600_000, "1 hour"),
            (86_400_000, "24 hours"),
            (259_200_000, "3 days"),
            (180_061_000, "2 days, 2 hours, 1 minute and 1 second"),
        ] {
            assert_eq!(span(ms), words);
        }
    }

    #[test]
    fn terms_as_people_say_them() {
        let (starts, ends) = (date(2026, 7, 7), date(2026, 12, 31));
        for (starts, ends, words) in [
            (None, None, "as long as the order"),
            (Some(starts), None, "from Tuesday 7 July 2026 on"),
            (None, Some(ends), "to the end of Thursday 31 December 2026"),
            (
                Some(starts),
                Some(ends),
                "from Tuesday 7 July 2026 to the end of Thursday 31 December 2026",
            ),
        ] {
            assert_eq!(term(starts, ends), words);
        }
    }

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
