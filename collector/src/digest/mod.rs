//! What logs say, by day and by term, for pages that must be quick at years of records.
//!
//! Promises: a follower ([`Follower`]) goes through each log behind the ingest and keeps, for each device and
//! local day, a [`Day`]: counts by hour of what was recorded, time in front, sites and applications, and how
//! the time was watched, by the one definition of `proviso_report::coverage`. For each device and month it
//! keeps which terms ([`terms`]) occur on which days ([`index`]), under the person's key. Cursor and rows are
//! one transaction: a kill at any moment costs nothing but the batch, and what is dropped is made again, the
//! same.
//!
//! Refuses: to hold an ingest up, to guess what an erased or unreadable record said, and to be evidence: pages
//! that show records read the signed reports.
//!
//! Read [`Day`] first, then `follow`, then [`view`].

mod day;
mod follow;
pub mod index;
mod said;
pub mod terms;
pub mod view;
mod watching;

pub use day::{Day, Group, HOURS, MOST_APPS, MOST_GROUPS, MOST_SITES, Use};
pub use follow::{DigestError, Follower};
pub use watching::Watching;

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A day as the store has it: 20261124.
#[must_use]
pub fn number(day: Date) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}

/// The day of a number.
#[must_use]
pub fn date(number: i64) -> Option<Date> {
    let year = i16::try_from(number.div_euclid(10_000)).ok()?;
    let month = i8::try_from(number.rem_euclid(10_000) / 100).ok()?;
    let day = i8::try_from(number.rem_euclid(100)).ok()?;
    Date::new(year, month, day).ok()
}

/// The moment at which a day begins in a zone; none for days that no calendar holds.
#[must_use]
pub fn midnight(day: Date, zone: &TimeZone) -> Option<i64> {
    let start = zone.to_zoned_datetime(day.at(0, 0, 0, 0)).ok()?;
    Some(start.timestamp().as_millisecond())
}

/// The first moment of a day and the first after it.
#[must_use]
pub fn span(day: Date, zone: &TimeZone) -> Option<(i64, i64)> {
    Some((midnight(day, zone)?, midnight(day.tomorrow().ok()?, zone)?))
}

/// A month as the store has it: 202611.
#[must_use]
pub fn month(day: Date) -> i64 {
    number(day).div_euclid(100)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as day;

    use super::*;

    #[test]
    fn days_are_numbers_that_sort() {
        assert_eq!(number(day(2026, 11, 24)), 20_261_124);
        assert_eq!(month(day(2026, 11, 24)), 202_611);
        for one in [day(2026, 11, 24), day(1970, 1, 1), day(9999, 12, 31)] {
            assert_eq!(date(number(one)), Some(one));
        }
        for no in [0, 20_261_131, 20_261_324, -1, i64::MAX, i64::MIN] {
            assert_eq!(date(no), None, "{no}");
        }
    }
}
