//! Instants by the clocks of an order's zone: hours of days, local days and weeks.
//!
//! An instant has one civil time, so every answer is right on nights in which the clocks change: an
//! hour that happens twice counts twice, one that is skipped counts not at all.

use jiff::ToSpan;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use proviso_report::UnixMs;

use crate::order::{Hours, Per};

const DAY_MS: i64 = 86_400_000;

/// A stretch of time: from the first moment to the first after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

/// What the clocks of the zone show: the day, and milliseconds since its midnight.
#[derive(Clone, Copy)]
struct Shown {
    day: Date,
    ms: i64,
}

/// Does an instant lie within some of these hours?
pub(crate) fn holds(hours: &[Hours], zone: &TimeZone, at: UnixMs) -> bool {
    shown(zone, at.0).is_some_and(|shown| hours.iter().any(|one| one_holds(one, shown)))
}

/// The parts of a stretch that lie within some of these hours; without hours all of it. In order.
pub(crate) fn within(hours: &[Hours], zone: &TimeZone, stretch: Stretch) -> Vec<Stretch> {
    if hours.is_empty() {
        return vec![stretch];
    }
    let mut edges: Vec<i64> = hours
        .iter()
        .flat_map(|one| [since_midnight(one.from), since_midnight(one.to)])
        .collect();
    edges.sort_unstable();
    let mut parts: Vec<Stretch> = Vec::new();
    pieces(zone, stretch, &edges, |shown, piece| {
        if !hours.iter().any(|one| one_holds(one, shown)) {
            return;
        }
        match parts.last_mut() {
            Some(last) if last.to == piece.from => last.to = piece.to,
            _ => parts.push(piece),
        }
    });
    parts
}

/// How much of a stretch lies in which local day or week, each named by its first day. In order.
pub(crate) fn windows(zone: &TimeZone, per: Per, stretch: Stretch) -> Vec<(Date, i64)> {
    let mut windows: Vec<(Date, i64)> = Vec::new();
    pieces(zone, stretch, &[], |shown, piece| {
        let window = first_day(per, shown.day);
        let ms = piece.to.saturating_sub(piece.from);
        match windows.iter_mut().find(|(other, _)| *other == window) {
            Some((_, sum)) => *sum = sum.saturating_add(ms),
            None => windows.push((window, ms)),
        }
    });
    windows
}

/// The window of an instant; `None`: no calendar shows it.
pub(crate) fn window(zone: &TimeZone, per: Per, at: UnixMs) -> Option<Date> {
    Some(first_day(per, shown(zone, at.0)?.day))
}

/// An instant as the clocks of the zone show it, with their offset: `2026-10-25 01:10 +01:00`.
pub(crate) fn written(zone: &TimeZone, at: UnixMs) -> String {
    let Some(instant) = at.timestamp() else {
        return at.to_string();
    };
    let civil = zone.to_datetime(instant);
    let minutes = zone.to_offset(instant).seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, rest) = (minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
    let (date, hour, minute) = (civil.date(), civil.hour(), civil.minute());
    format!("{date} {hour:02}:{minute:02} {sign}{hours:02}:{rest:02}")
}

fn first_day(per: Per, day: Date) -> Date {
    match per {
        Per::LocalDay => day,
        Per::LocalWeek => {
            let past = day.weekday().since(Weekday::Monday);
            // Only the first week of all has no Monday.
            day.checked_sub(past.days()).unwrap_or(day)
        }
    }
}

fn one_holds(hours: &Hours, shown: Shown) -> bool {
    let (from, to) = (since_midnight(hours.from), since_midnight(hours.to));
    let today = hours.days.contains(&shown.day.weekday());
    if from < to {
        return today && (from..to).contains(&shown.ms);
    }
    let yesterday = hours.days.contains(&shown.day.weekday().previous());
    (today && shown.ms >= from) || (yesterday && shown.ms < to)
}

/// Cuts a stretch at midnights, at these times of the day (ascending) and where the clocks change.
/// Within each piece the clocks show what they show at its beginning, and go on from there.
fn pieces(zone: &TimeZone, stretch: Stretch, edges: &[i64], mut take: impl FnMut(Shown, Stretch)) {
    let mut at = stretch.from;
    while at < stretch.to {
        let Some(shown) = shown(zone, at) else {
            return;
        };
        let edge = edges.iter().copied().find(|edge| *edge > shown.ms);
        let ahead = edge.unwrap_or(DAY_MS).saturating_sub(shown.ms).max(1);
        let mut to = at.saturating_add(ahead).min(stretch.to);
        let change = UnixMs(at)
            .timestamp()
            .and_then(|at| zone.following(at).next())
            .map(|change| change.timestamp().as_millisecond());
        if let Some(change) = change.filter(|change| *change > at) {
            to = to.min(change);
        }
        take(shown, Stretch { from: at, to });
        at = to;
    }
}

fn shown(zone: &TimeZone, at: i64) -> Option<Shown> {
    let at = UnixMs(at).timestamp()?;
    let civil = zone.to_datetime(at);
    Some(Shown {
        day: civil.date(),
        ms: since_midnight(civil.time()),
    })
}

fn since_midnight(time: Time) -> i64 {
    let seconds =
        i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    seconds * 1_000 + i64::from(time.millisecond())
}

#[cfg(test)]
mod tests;
