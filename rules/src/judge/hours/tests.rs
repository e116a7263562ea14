use jiff::civil::time;
use proptest::prelude::*;

use super::*;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn ms(text: &str) -> i64 {
    let at: jiff::Timestamp = text.parse().unwrap();
    at.as_millisecond()
}

fn hours(days: &[Weekday], from: (i8, i8), to: (i8, i8)) -> Hours {
    Hours {
        days: days.to_vec(),
        from: time(from.0, from.1, 0, 0),
        to: time(to.0, to.1, 0, 0),
    }
}

fn every() -> Vec<Weekday> {
    weekday_from_monday().collect()
}

fn weekday_from_monday() -> impl Iterator<Item = Weekday> {
    (0..7).map(|past| Weekday::Monday.wrapping_add(past))
}

#[test]
fn nights_belong_to_the_day_on_which_they_begin() {
    let london = zone("Europe/London");
    let friday = [hours(&[Weekday::Friday], (23, 0), (6, 0))];
    for (at, holds_then) in [
        ("2026-06-05T22:59:59.999+01:00", false),
        ("2026-06-05T23:00:00+01:00", true),
        ("2026-06-06T05:59:59.999+01:00", true),
        ("2026-06-06T06:00:00+01:00", false),
        ("2026-06-06T23:00:00+01:00", false),
        ("2026-06-05T05:00:00+01:00", false),
    ] {
        assert_eq!(holds(&friday, &london, UnixMs(ms(at))), holds_then, "{at}");
    }
    assert!(!holds(&friday, &london, UnixMs(i64::MAX)));
}

/// For each zone the two nights of 2026 on which its clocks change: an hour before, an hour after.
#[test]
fn nights_are_as_long_as_the_clocks_make_them() {
    for (name, from, long) in [
        ("Europe/London", "2026-03-28T23:00:00Z", 6),
        ("Europe/London", "2026-10-24T23:00:00+01:00", 8),
        ("America/New_York", "2026-03-07T23:00:00-05:00", 6),
        ("America/New_York", "2026-10-31T23:00:00-04:00", 8),
        ("Australia/Sydney", "2026-04-04T23:00:00+11:00", 8),
        ("Australia/Sydney", "2026-10-03T23:00:00+10:00", 6),
        ("America/Sao_Paulo", "2026-10-24T23:00:00-03:00", 7),
    ] {
        let zone = zone(name);
        let night = [hours(&every(), (23, 0), (6, 0))];
        let start = ms(from);
        let stretch = Stretch {
            from: start - 3 * HOUR,
            to: start + 12 * HOUR,
        };
        let expected = Stretch {
            from: start,
            to: start + long * HOUR,
        };
        assert_eq!(within(&night, &zone, stretch), [expected], "{name} {from}");
    }
}

#[test]
fn days_are_as_long_as_the_clocks_make_them() {
    let london = zone("Europe/London");
    for (from, day, long) in [
        ("2026-03-29T00:00:00Z", "2026-03-29", 23),
        ("2026-10-25T00:00:00+01:00", "2026-10-25", 25),
        ("2026-06-01T00:00:00+01:00", "2026-06-01", 24),
    ] {
        let stretch = Stretch {
            from: ms(from) - 1,
            to: ms(from) + 30 * HOUR,
        };
        let all = windows(&london, Per::LocalDay, stretch);
        let found = all.iter().find(|(other, _)| other.to_string() == day);
        assert_eq!(found.map(|(_, sum)| *sum), Some(long * HOUR), "{day}");
        assert_eq!(all.len(), 3, "{day}");
    }
    let sunday = UnixMs(ms("2026-06-07T23:30:00+01:00"));
    let week = |at| window(&london, Per::LocalWeek, at).unwrap().to_string();
    assert_eq!(week(sunday), "2026-06-01");
    assert_eq!(week(sunday.plus(HOUR)), "2026-06-08");
    assert_eq!(window(&london, Per::LocalDay, UnixMs(i64::MIN)), None);
}

#[test]
fn times_are_written_with_their_offset() {
    let at = |name: &str, text: &str| written(&zone(name), UnixMs(ms(text)));
    assert_eq!(
        at("Europe/London", "2026-10-25T00:10:00Z"),
        "2026-10-25 01:10 +01:00"
    );
    assert_eq!(
        at("Europe/London", "2026-10-25T01:10:00Z"),
        "2026-10-25 01:10 +00:00"
    );
    assert_eq!(
        at("America/St_Johns", "2026-01-01T00:00:00Z"),
        "2025-12-31 20:30 -03:30"
    );
}

fn zones() -> impl Strategy<Value = TimeZone> {
    prop::sample::select(vec![
        "Europe/London",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/St_Johns",
        "Africa/Casablanca",
        "Asia/Kathmandu",
    ])
    .prop_map(zone)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Minute by minute, by what the clocks show.
    #[test]
    fn stretches_are_what_their_minutes_are(
        zone in zones(),
        // From the day before to the day after a change of clocks in 2026, or anywhere near it.
        start in prop_oneof![
            1_774_650_000_i64..1_774_850_000, 1_792_800_000_i64..1_793_000_000,
            1_772_850_000_i64..1_773_050_000, 1_793_400_000_i64..1_793_600_000,
        ],
        minutes in 1_i64..3_000,
        (from, to) in ((0_i8..24, 0_i8..60), (0_i8..24, 0_i8..60)),
        days in prop::sample::subsequence(every(), 1..=7),
    ) {
        prop_assume!(from != to);
        let start = start * 1_000 / MINUTE * MINUTE;
        let all = [hours(&days, from, to)];
        let stretch = Stretch { from: start, to: start + minutes * MINUTE };
        let parts = within(&all, &zone, stretch);
        let mut sums: Vec<(Date, i64)> = Vec::new();
        for minute in 0..minutes {
            let at = start + minute * MINUTE;
            let civil = zone.to_datetime(UnixMs(at).timestamp().unwrap());
            let shown = civil.time();
            let (from, to) = (time(from.0, from.1, 0, 0), time(to.0, to.1, 0, 0));
            let today = days.contains(&civil.date().weekday());
            let before = days.contains(&civil.date().yesterday().unwrap().weekday());
            let expected = if from < to {
                today && shown >= from && shown < to
            } else {
                (today && shown >= from) || (before && shown < to)
            };
            prop_assert_eq!(holds(&all, &zone, UnixMs(at)), expected);
            let inside = parts.iter().any(|part| (part.from..part.to).contains(&at));
            prop_assert_eq!(inside, expected);
            match sums.iter_mut().find(|(day, _)| *day == civil.date()) {
                Some((_, sum)) => *sum += MINUTE,
                None => sums.push((civil.date(), MINUTE)),
            }
        }
        prop_assert_eq!(windows(&zone, Per::LocalDay, stretch), sums);
    }

    #[test]
    fn any_stretch_is_cut(zone in zones(), from in any::<i64>(), ms in 0_i64..700_000_000) {
        let stretch = Stretch { from, to: from.saturating_add(ms) };
        windows(&zone, Per::LocalWeek, stretch);
        within(&[hours(&every(), (1, 30), (1, 0))], &zone, stretch);
    }
}
