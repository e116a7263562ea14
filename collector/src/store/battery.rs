//! How each of the last days of a device was watched, in one word a day, for lists of many devices.
//!
//! Promises: made from what is kept beside the reports (`condition`, from when to when each report is, and the
//! digest of a day that lies within one report), so that no report is opened: so many short look-ups for each
//! device and day, however much it recorded. What a day holds to the minute is on the page of the day, by the
//! records themselves.
//!
//! Refuses: to call a day monitored of which nothing was heard.

use jiff::civil::Date;

use super::conditions::{self, Condition, ConditionKind};
use super::ids::DeviceId;
use super::sql::{Read, SqlError};
use crate::digest::view;

/// A day that was dark for as long was dark; for less it was watched in part. Milliseconds.
const MOSTLY: i64 = 12 * 60 * 60_000;

/// How a day was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// The device was not enrolled yet, or the day has not come.
    NotYet,
    /// Records came and nothing says that something was missing.
    Monitored,
    /// Nothing came, and nothing says why: switched off, or not heard of yet.
    Off,
    /// Dark for a while, or a source failed.
    Partly,
    /// Dark for most of it, or dark and nothing came.
    Dark,
}

/// One day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// In one word.
    pub mark: Mark,
    /// For how long it was dark, milliseconds.
    pub dark: i64,
    /// Whether a source failed.
    pub failed: bool,
}

/// The days of a device enrolled at `enrolled`: each from its first moment to that of the next of `dates`.
pub fn of_device(
    read: &Read<'_>,
    device: DeviceId,
    enrolled: i64,
    dates: &[(Date, i64)],
    now: i64,
) -> Result<Vec<(Date, Day)>, SqlError> {
    let (Some((_, first)), Some((_, end))) = (dates.first(), dates.last()) else {
        return Ok(Vec::new());
    };
    let conditions = conditions::of_device(read, device, *first, *end)?;
    let mut days = Vec::with_capacity(dates.len().saturating_sub(1));
    for pair in dates.windows(2) {
        let &[(date, from), (_, to)] = pair else {
            continue;
        };
        let heard = heard(read, device, date, (from, to))?;
        days.push((date, day(&conditions, (from, to), heard, enrolled, now)));
    }
    Ok(days)
}

/// Whether a record of that day came. One report may hold several days, where a computer was not heard from for
/// so long: what lies between its first record and its last one, the digest knows.
fn heard(
    read: &Read<'_>,
    device: DeviceId,
    date: Date,
    (from, to): (i64, i64),
) -> Result<bool, SqlError> {
    let reaches = read.first(
        "SELECT min_at, max_at FROM report WHERE device = $1 AND max_at >= $2 ORDER BY max_at LIMIT 1",
        &[(&device.to_string()).into(), from.into()],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )?;
    match reaches {
        None => Ok(false),
        Some((first, last)) if first < from && last >= to => view::has_records(read, device, date),
        Some((first, _)) => Ok(first < to),
    }
}

fn day(
    conditions: &[Condition],
    (from, to): (i64, i64),
    heard: bool,
    enrolled: i64,
    now: i64,
) -> Day {
    let mut spans: Vec<(i64, i64)> = Vec::new();
    let mut failed = false;
    for one in conditions {
        let until = one.until.unwrap_or(now);
        let (begin, end) = (one.since.max(from), until.min(to));
        if begin > end || one.since >= to {
            continue;
        }
        match one.kind {
            ConditionKind::SourceFailed => failed = true,
            // What took no time by the device's clock happened all the same.
            _ => spans.push((begin, end.max(begin.saturating_add(1)))),
        }
    }
    let dark = union(spans);
    let mark = if to <= enrolled || from > now {
        Mark::NotYet
    } else if dark >= MOSTLY || (dark > 0 && !heard) {
        Mark::Dark
    } else if !heard {
        Mark::Off
    } else if dark > 0 || failed {
        Mark::Partly
    } else {
        Mark::Monitored
    };
    Day { mark, dark, failed }
}

/// How long all of them are together, what overlaps counted once.
fn union(mut spans: Vec<(i64, i64)>) -> i64 {
    spans.sort_unstable();
    let (mut sum, mut done) = (0_i64, i64::MIN);
    for (from, to) in spans {
        sum = sum.saturating_add(to.saturating_sub(from.max(done)).max(0));
        done = done.max(to);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::PersonId;

    const HOUR: i64 = 60 * 60_000;
    const DAY: i64 = 24 * HOUR;

    fn condition(kind: ConditionKind, since: i64, until: Option<i64>) -> Condition {
        Condition {
            device: DeviceId([1; 16]),
            person: PersonId::from_random([1; 16]),
            kind,
            source: String::new(),
            seq: 1,
            since,
            until,
            known: since,
            cleared: until,
        }
    }

    fn mark(conditions: &[Condition], heard: bool) -> (Mark, i64) {
        let day = day(conditions, (DAY, 2 * DAY), heard, 0, 5 * DAY);
        (day.mark, day.dark)
    }

    #[test]
    fn a_day_is_monitored_only_if_something_was_heard() {
        assert_eq!(mark(&[], true), (Mark::Monitored, 0));
        assert_eq!(mark(&[], false), (Mark::Off, 0));
        let over = condition(ConditionKind::Dark, DAY + HOUR, Some(DAY + 3 * HOUR));
        assert_eq!(
            mark(std::slice::from_ref(&over), true),
            (Mark::Partly, 2 * HOUR)
        );
        assert_eq!(mark(&[over], false), (Mark::Dark, 2 * HOUR));
        let failed = condition(ConditionKind::SourceFailed, 0, None);
        assert_eq!(mark(&[failed], true), (Mark::Partly, 0));
    }

    #[test]
    fn what_overlaps_is_dark_once_and_what_is_of_other_days_not_at_all() {
        let all = [
            condition(ConditionKind::Killed, DAY + HOUR, Some(DAY + 8 * HOUR)),
            condition(ConditionKind::Dark, DAY + 2 * HOUR, Some(DAY + 9 * HOUR)),
            condition(ConditionKind::Stopped, 0, Some(HOUR)),
            condition(ConditionKind::Stopped, 3 * DAY, None),
        ];
        assert_eq!(mark(&all, true), (Mark::Partly, 8 * HOUR));
        let lasts = condition(ConditionKind::Stopped, 0, None);
        assert_eq!(mark(&[lasts], true), (Mark::Dark, DAY));
        let moment = condition(ConditionKind::Killed, DAY + HOUR, Some(DAY + HOUR));
        assert_eq!(mark(&[moment], true), (Mark::Partly, 1));
    }

    #[test]
    fn what_has_not_come_is_no_gap() {
        let span = (DAY, 2 * DAY);
        assert_eq!(day(&[], span, false, 2 * DAY, 5 * DAY).mark, Mark::NotYet);
        assert_eq!(day(&[], span, false, 0, DAY - 1).mark, Mark::NotYet);
    }
}
