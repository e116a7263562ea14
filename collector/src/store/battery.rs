//! How each of the last days of a device was watched, in one word a day, for lists of many devices.
//!
//! Promises: the word follows from the digest of the day, by the one definition of `proviso_report::coverage`, as the
//! picture of a person's days does: the two never say different things of one day. No report is opened. That a
//! source failed is known from `condition` and said beside it.
//!
//! Refuses: to call a day monitored of which nothing was heard.

use jiff::civil::Date;
use proviso_report::coverage::{Covered, State, Total};

use super::conditions::{self, Condition, ConditionKind};
use super::ids::DeviceId;
use super::sql::{Read, SqlError};
use crate::digest::view::Watched;

/// A day that was dark for as long was dark; for less it was watched in part. Milliseconds.
const MOSTLY: u64 = 12 * 60 * 60_000;

/// What is dark up to this moment for less may only not have come yet. Milliseconds.
const UNDER_WAY: u64 = 60 * 60_000;

/// How a day was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// The device was not enrolled yet, its log had not begun, or the day has not come.
    NotYet,
    /// Nobody can know without the person's key, which is not here.
    Unknown,
    /// The agent lived, and nothing says that something was missing.
    Monitored,
    /// Switched off or asleep, by the computer's own signs.
    Off,
    /// No record says that an order was in force.
    NoOrder,
    /// Dark for a while, or a source failed.
    Partly,
    /// Dark for most of it, or dark and never monitored.
    Dark,
}

/// One day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// In one word.
    pub mark: Mark,
    /// For how long it was what.
    pub total: Total,
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
    let (Some((from, first)), Some((to, end))) = (dates.first(), dates.last()) else {
        return Ok(Vec::new());
    };
    let conditions = conditions::of_device(read, device, *first, *end)?;
    // Where days begin in another zone, a part of the first lies in the one before.
    let from = from.yesterday().unwrap_or(*from);
    let watched = Watched::of(read, device, (from, *to))?;
    let days = dates.windows(2).filter_map(|pair| {
        let &[(date, from), (_, to)] = pair else {
            return None;
        };
        let failed = failed(&conditions, (from, to), now);
        let covered = watched.as_ref().map(|one| one.covered((from, to), now));
        let begun = to > enrolled && from <= now;
        Some((date, day(covered.as_ref(), begun, failed, now)))
    });
    Ok(days.collect())
}

/// Whether a source failed in this time.
fn failed(conditions: &[Condition], (from, to): (i64, i64), now: i64) -> bool {
    conditions.iter().any(|one| {
        one.kind == ConditionKind::SourceFailed
            && one.since < to
            && one.until.unwrap_or(now).min(to) >= one.since.max(from)
    })
}

/// `begun`: the device was enrolled before the day was over, and the day has begun.
fn day(covered: Option<&Covered>, begun: bool, failed: bool, now: i64) -> Day {
    let total = covered.map(Covered::total).unwrap_or_default();
    let under_way = covered.map_or(0, |covered| under_way(covered, now));
    let dark = total.dark.saturating_sub(under_way);
    let mark = if !begun {
        Mark::NotYet
    } else if covered.is_none() {
        Mark::Unknown
    } else if dark >= MOSTLY || (dark > 0 && total.monitored == 0) {
        Mark::Dark
    } else if dark > 0 || (failed && total.monitored > 0) {
        Mark::Partly
    } else if total.monitored > 0 {
        Mark::Monitored
    } else if total.off > 0 {
        Mark::Off
    } else if total.no_order > 0 {
        Mark::NoOrder
    } else {
        Mark::NotYet
    };
    let total = if begun {
        total
    } else {
        // Nothing that was missed: there was nothing to hear from.
        let all = [total.monitored, total.off, total.dark, total.no_order];
        Total {
            not_yet: all.into_iter().fold(total.not_yet, u64::saturating_add),
            ..Total::default()
        }
    };
    let failed = failed && mark == Mark::Partly;
    Day {
        mark,
        total,
        failed,
    }
}

/// For how long it is dark right up to now, where that is short enough to be on its way.
fn under_way(covered: &Covered, now: i64) -> u64 {
    let last = covered.stretches.last();
    let last = last.filter(|one| one.to == now && matches!(one.state, State::Dark(_)));
    let length = last.map_or(0, |one| one.to.abs_diff(one.from));
    if length <= UNDER_WAY { length } else { 0 }
}

#[cfg(test)]
mod tests {
    use proviso_report::coverage::{Dark, Off, Stretch};

    use super::*;
    use crate::store::PersonId;

    const HOUR: i64 = 60 * 60_000;
    const DAY: i64 = 24 * HOUR;
    const LATE: i64 = 9 * DAY;

    /// Stretches that follow each other from the second day on, each so many hours long.
    fn covered(stretches: &[(i64, State)]) -> Covered {
        let mut at = DAY;
        let stretches = stretches.iter().map(|(hours, state)| {
            let from = at;
            at += hours * HOUR;
            Stretch {
                from,
                to: at,
                state: *state,
            }
        });
        Covered {
            stretches: stretches.collect(),
            lost: Vec::new(),
        }
    }

    fn mark(stretches: &[(i64, State)], failed: bool) -> Mark {
        day(Some(&covered(stretches)), true, failed, LATE).mark
    }

    #[test]
    fn a_day_before_the_device_was_entered_was_not_dark() {
        let all = covered(&[(24, State::Dark(Dark::Killed))]);
        let day = day(Some(&all), false, true, LATE);
        assert_eq!((day.mark, day.failed), (Mark::NotYet, false));
        let hours = 24 * HOUR.unsigned_abs();
        assert_eq!((day.total.dark, day.total.not_yet), (0, hours));
    }

    #[test]
    fn a_day_is_what_its_time_was() {
        let (on, dark) = (State::Monitored, State::Dark(Dark::Killed));
        let (off, none) = (State::Off(Off::Down), State::NoOrder);
        for (stretches, is) in [
            (&[(24, on)][..], Mark::Monitored),
            (&[(4, off), (16, on), (4, off)], Mark::Monitored),
            (&[(24, off)], Mark::Off),
            (&[(24, none)], Mark::NoOrder),
            (&[(20, none), (4, off)], Mark::Off),
            (&[(22, on), (2, dark)], Mark::Partly),
            (&[(12, on), (12, dark)], Mark::Dark),
            (&[(22, off), (2, dark)], Mark::Dark),
            (&[(24, State::NotYet)], Mark::NotYet),
        ] {
            assert_eq!(mark(stretches, false), is, "{stretches:?}");
        }
        assert_eq!(mark(&[(24, on)], true), Mark::Partly);
        assert_eq!(mark(&[(24, off)], true), Mark::Off);
        assert_eq!(day(None, true, false, LATE).mark, Mark::Unknown);
        assert_eq!(day(None, false, false, LATE).mark, Mark::NotYet);
    }

    #[test]
    fn what_is_on_its_way_is_no_gap_and_is_said_all_the_same() {
        let (on, dark) = (State::Monitored, State::Dark(Dark::Silent));
        let today = covered(&[(10, on), (1, dark)]);
        let now = DAY + 11 * HOUR;
        let of = day(Some(&today), true, false, now);
        assert_eq!(
            (of.mark, of.total.dark),
            (Mark::Monitored, HOUR.unsigned_abs())
        );
        // The same a day later is one, and so is more of it.
        assert_eq!(day(Some(&today), true, false, LATE).mark, Mark::Partly);
        let longer = covered(&[(9, on), (2, dark)]);
        assert_eq!(day(Some(&longer), true, false, now).mark, Mark::Partly);
    }

    #[test]
    fn a_source_failed_on_the_days_on_which_it_did() {
        let one = Condition {
            device: DeviceId([1; 16]),
            person: PersonId::from_random([1; 16]),
            kind: ConditionKind::SourceFailed,
            source: String::new(),
            seq: 1,
            since: 2 * DAY + HOUR,
            until: Some(3 * DAY + HOUR),
            known: 2 * DAY,
            cleared: None,
        };
        let on = |number: i64| {
            let span = (number * DAY, (number + 1) * DAY);
            failed(std::slice::from_ref(&one), span, LATE)
        };
        assert_eq!([1, 2, 3, 4].map(on), [false, true, true, false]);
        let killed = Condition {
            kind: ConditionKind::Killed,
            ..one
        };
        assert!(!failed(&[killed], (2 * DAY, 3 * DAY), LATE));
    }
}
