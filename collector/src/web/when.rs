//! From when to when, as forms say it.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::govuk::Errors;

/// The moments that `since` and `until` name in a zone; an empty `since` is now. What is wrong goes to the fields
/// of these names.
pub(super) fn span(
    (since, until): (&str, &str),
    (now, most): (i64, i64),
    zone: &TimeZone,
    errors: &mut Errors,
) -> Option<(i64, i64)> {
    let begin = match since.trim() {
        "" => Some(now),
        text => moment(text, zone),
    };
    let end = moment(until.trim(), zone);
    if begin.is_none() {
        errors.add(
            "since",
            "This is no day and time: write it as 2026-11-24 17:30",
        );
    }
    if end.is_none() {
        errors.add(
            "until",
            "Say until when: a day and a time, as 2026-11-25 08:00",
        );
    }
    let (begin, end) = (begin?, end?);
    // Who says "from now" and presses the button a little later means now.
    let begin = begin.max(now);
    if end <= begin {
        errors.add(
            "until",
            "The end is not after the beginning: choose a later one",
        );
        return None;
    }
    if end.saturating_sub(begin) > most || begin.saturating_sub(now) > most {
        let days = most / (24 * 60 * 60_000);
        errors.add(
            "until",
            format!("This is longer or further away than {days} days: choose an earlier end"),
        );
        return None;
    }
    Some((begin, end))
}

fn moment(text: &str, zone: &TimeZone) -> Option<i64> {
    let at: DateTime = text.replacen(' ', "T", 1).parse().ok()?;
    Some(
        zone.to_zoned_datetime(at)
            .ok()?
            .timestamp()
            .as_millisecond(),
    )
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
        // 2026-05-28, 21:26:40 in London, which is an hour ahead then.
        let (found, errors) = read("", "2026-05-29T08:00");
        assert_eq!(found, Some((now, 1_780_038_000_000)));
        assert!(errors.is_empty());
        assert_eq!(
            read("2026-05-28 20:00", "2026-05-29 08:00").0.unwrap().0,
            now,
            "not in the past"
        );
        for (since, until, field) in [
            ("soon", "2026-05-29T08:00", "since"),
            ("", "", "until"),
            ("", "2026-05-28T08:00", "until"),
            ("", "2026-06-28T08:00", "until"),
            ("2099-01-01T00:00", "2099-01-01T01:00", "until"),
        ] {
            let (found, errors) = read(since, until);
            assert_eq!(found, None, "{since} {until}");
            assert!(errors.of(field).is_some(), "{since} {until}");
        }
    }
}
