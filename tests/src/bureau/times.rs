//! Moments of a test, in milliseconds, and what forms take of them.
//!
//! A test runs at any time of the day: what it looks for on a day is looked for on the day of its own moment
//! ([`day_of`]), which a few minutes after midnight is yesterday.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use proviso_collector::clock;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// So many minutes before now.
#[must_use]
pub fn ago(minutes: i64) -> i64 {
    clock::now() - minutes * MINUTE
}

/// The day so many days from now, as a form takes it.
#[must_use]
pub fn day(days: i64) -> String {
    day_of(clock::now() + days * DAY)
}

/// The day of a moment, as a form takes it.
#[must_use]
pub fn day_of(at: i64) -> String {
    local(at).strftime("%Y-%m-%d").to_string()
}

/// The time of day of a moment, as a form takes it.
#[must_use]
pub fn time_of(at: i64) -> String {
    local(at).strftime("%H:%M").to_string()
}

/// The moment so many hours from now, as a form takes it.
#[must_use]
pub fn later(hours: i64) -> String {
    let at = clock::now() + hours * HOUR;
    format!("{}T{}", day_of(at), time_of(at))
}

/// By the clocks of the pages.
fn local(at: i64) -> DateTime {
    let then = Timestamp::from_millisecond(at).unwrap_or_default();
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    zone.to_datetime(then)
}
