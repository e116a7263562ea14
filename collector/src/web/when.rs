//! From when to when, as forms say it.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp};

use super::govuk::Errors;

const DAY: i64 = 24 * 60 * 60_000;

/// Nothing begins later than this from now: a year and a month are planned ahead.
const AHEAD: i64 = 400 * DAY;

/// What is wrong with a time that no clock showed, in a field with this name.
pub(super) fn skipped(field: &str) -> String {
    format!(
        "{field}: the clocks are put forward over this time on that day. Give the time that they show."
    )
}

/// When the clocks on the walls show a time, in Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Local {
    Once(i64),
    /// They are put back over it: the first time.
    Twice(i64),
    /// They are put forward over it.
    Never,
}

/// When the clocks of a zone show this; none is out of range.
pub(super) fn local(at: DateTime, zone: &TimeZone) -> Option<Local> {
    let told = zone.to_ambiguous_zoned_datetime(at);
    let offset = told.offset();
    let at = told.compatible().ok()?.timestamp().as_millisecond();
    Some(match offset {
        AmbiguousOffset::Unambiguous { .. } => Local::Once(at),
        AmbiguousOffset::Fold { .. } => Local::Twice(at),
        AmbiguousOffset::Gap { .. } => Local::Never,
    })
}

/// The moments that `since` and `until` name in a zone, though the first be past; an empty `since` is now. What is
/// wrong goes to the fields of these names.
pub(super) fn span(
    (since, until): (&str, &str),
    (now, most): (i64, i64),
    zone: &TimeZone,
    errors: &mut Errors,
) -> Option<(i64, i64)> {
    let begin = match since.trim() {
        "" => Ok(now),
        text => moment(
            text,
            zone,
            (
                "From",
                "This is no day and time: write it as 2026-11-24 17:30",
            ),
        ),
    };
    let end = moment(
        until,
        zone,
        (
            "Until",
            "Say until when: a day and a time, as 2026-11-25 08:00",
        ),
    );
    for (field, moment) in [("since", &begin), ("until", &end)] {
        if let Err(why) = moment {
            errors.add(field, why);
        }
    }
    let (begin, end) = (begin.ok()?, end.ok()?);
    // Who says "from now" and presses the button a little later means now.
    let lasts = end.saturating_sub(begin.max(now));
    let wrong = if end <= now {
        let why = "This is past: choose a time that is still to come";
        ("until", why.to_owned())
    } else if lasts <= 0 {
        let why = "The end is not after the beginning: choose a later one";
        ("until", why.to_owned())
    } else if begin.saturating_sub(now) > AHEAD {
        let days = AHEAD / DAY;
        let why =
            format!("This begins more than {days} days from now: choose an earlier beginning");
        ("since", why)
    } else if lasts > most {
        let days = most / DAY;
        let why = format!("This lasts longer than {days} days: choose an earlier end");
        ("until", why)
    } else {
        return Some((begin, end));
    };
    errors.add(wrong.0, wrong.1);
    None
}

/// On how many days in a row, `most` at most; nothing typed is one. What is wrong goes to the field `days`.
pub(super) fn days(text: &str, most: u32, span: Option<(i64, i64)>, errors: &mut Errors) -> u32 {
    let days = match text.trim() {
        "" => 1,
        text => text.parse().unwrap_or(0),
    };
    if !(1..=most).contains(&days) {
        errors.add("days", format!("Write a number of days, from 1 to {most}"));
    }
    let long = span.is_some_and(|(since, until)| until.saturating_sub(since) > DAY);
    if days > 1 && long {
        errors.add(
            "days",
            "What lasts longer than a day cannot begin on each: choose an earlier end, or 1",
        );
    }
    days
}

/// The same hours by this zone's clock, on so many days from that one on. What has begun by `now` begins now, and
/// that alone: the others begin at the hour that was typed.
pub(super) fn on_days(
    (since, until): (i64, i64),
    now: i64,
    days: u32,
    zone: &TimeZone,
) -> impl Iterator<Item = (i64, i64)> {
    let later = |at: i64, days: u32| {
        let at = Timestamp::from_millisecond(at).ok()?;
        let local = at.to_zoned_datetime(zone.clone());
        let later = local.checked_add(Span::new().days(i64::from(days))).ok()?;
        Some(later.timestamp().as_millisecond())
    };
    let all = (0..days).filter_map(move |days| later(since, days).zip(later(until, days)));
    all.map(move |(since, until)| (since.max(now), until))
}

/// A day and a time; of one that comes twice, the first. `none`: what is wrong where it is neither, in this field.
fn moment(text: &str, zone: &TimeZone, (field, none): (&str, &str)) -> Result<i64, String> {
    let at = text.trim().replacen(' ', "T", 1).parse().ok();
    match at.and_then(|at| local(at, zone)) {
        Some(Local::Once(at) | Local::Twice(at)) => Ok(at),
        Some(Local::Never) => Err(skipped(field)),
        None => Err(none.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60_000;

    #[test]
    fn times_are_those_of_the_zone_and_what_is_wrong_is_said_beside_its_field() {
        let zone = TimeZone::get("Europe/London").unwrap();
        let now = 1_780_000_000_000;
        let read = |since: &str, until: &str| {
            let mut errors = Errors::default();
            (
                span((since, until), (now, 48 * HOUR), &zone, &mut errors),
                errors,
            )
        };
        // The clocks go on over this hour, and back over that one.
        for (text, found) in [
            ("2026-03-29T01:30", Some(Local::Never)),
            ("2026-10-25T01:30", Some(Local::Twice(1_792_888_200_000))),
            ("2026-10-25T02:30", Some(Local::Once(1_792_895_400_000))),
            ("9999-12-31T23:59", None),
        ] {
            assert_eq!(local(text.parse().unwrap(), &zone), found, "{text}");
        }
        let (found, errors) = read("", "2026-03-29 01:30");
        assert_eq!(found, None);
        assert_eq!(errors.of("until"), Some(skipped("Until").as_str()));
        let (_, errors) = read("2026-03-29 01:30", "2026-03-29 01:40");
        assert_ne!(errors.of("since"), errors.of("until"));
        // 2026-05-28, 21:26:40 in London, which is an hour ahead then.
        let (found, errors) = read("", "2026-05-29T08:00");
        assert_eq!(found, Some((now, 1_780_038_000_000)));
        assert!(errors.is_empty());
        let (found, _) = read("2026-05-28 20:00", "2026-05-29 08:00");
        let days: Vec<_> = on_days(found.unwrap(), now, 1, &zone).collect();
        assert_eq!(days, [(now, 1_780_038_000_000)], "not in the past");
        for (since, until, field, why) in [
            ("soon", "2026-05-29T08:00", "since", "no day and time"),
            ("", "", "until", "Say until when"),
            ("", "2026-05-28T08:00", "until", "This is past"),
            (
                "2026-05-27T08:00",
                "2026-05-28T08:00",
                "until",
                "This is past",
            ),
            (
                "2026-05-29T08:00",
                "2026-05-29T08:00",
                "until",
                "not after the beginning",
            ),
            ("", "2026-06-28T08:00", "until", "lasts longer than 2 days"),
            (
                "2099-01-01T00:00",
                "2099-01-01T01:00",
                "since",
                "more than 400 days",
            ),
        ] {
            let (found, errors) = read(since, until);
            assert_eq!(found, None, "{since} {until}");
            let said = errors.of(field).unwrap_or_default();
            assert!(said.contains(why), "{since} {until}: {said}");
        }
        // A year ahead is planned, though no turn lasts that long.
        assert!(read("2027-05-29 08:00", "2027-05-30 08:00").0.is_some());
    }

    #[test]
    fn the_same_hours_come_again_by_the_clock_of_the_zone() {
        let zone = TimeZone::get("Europe/London").unwrap();
        // The clock goes back in the second night.
        let night = ("2026-10-23T17:00", "2026-10-24T08:00");
        let mut errors = Errors::default();
        let span = span(night, (1_780_000_000_000, i64::MAX), &zone, &mut errors);
        assert_eq!(days(" 3", 31, span, &mut errors), 3);
        assert_eq!(days("", 1, span, &mut errors), 1);
        assert!(errors.is_empty());
        let nights: Vec<_> = on_days(span.unwrap(), 0, 3, &zone).collect();
        let lengths: Vec<_> = nights
            .iter()
            .map(|(since, until)| (until - since) / HOUR)
            .collect();
        assert_eq!(lengths, [15, 16, 15]);
        assert_eq!((nights[1].0 - nights[0].0) / HOUR, 24);
        assert_eq!((nights[2].0 - nights[1].0) / HOUR, 25);
    }

    #[test]
    fn of_nights_that_are_put_in_after_the_first_began_that_one_alone_begins_now() {
        let zone = TimeZone::get("Europe/London").unwrap();
        // 2026-05-28, 21:26:40 in London.
        let now = 1_780_000_000_000;
        let mut errors = Errors::default();
        let typed = ("2026-05-28T20:00", "2026-05-29T08:00");
        let span = span(typed, (now, 48 * HOUR), &zone, &mut errors);
        let nights: Vec<_> = on_days(span.unwrap(), now, 3, &zone).collect();
        // From 20:00 until 08:00, but for the first.
        let until = 1_780_038_000_000;
        let day = 24 * HOUR;
        let later = |days: i64| (until - 12 * HOUR + days * day, until + days * day);
        assert_eq!(nights, [(now, until), later(1), later(2)]);
    }

    #[test]
    fn a_number_that_is_none_and_a_turn_that_is_too_long_are_refused() {
        for (text, until) in [("0", HOUR), ("32", HOUR), ("many", HOUR), ("2", 25 * HOUR)] {
            let mut errors = Errors::default();
            days(text, 31, Some((0, until)), &mut errors);
            assert!(errors.of("days").is_some(), "{text}");
        }
    }
}
