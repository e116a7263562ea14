//! Moments as commands take them and say them: a moment, or a day, which means its midnight.

use anyhow::bail;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use proviso_collector::config::Config;
use proviso_collector::data_dir::DataDir;
use proviso_collector::order_text::OrderText;
use proviso_collector::store::people::Person;
use proviso_collector::store::{PersonId, Read, Store, orders};
use proviso_report::UnixMs;

/// The zone in which days of somebody's records are meant, with its name: that of their order, as on their pages.
pub(super) fn zone(
    data: &DataDir,
    store: &Store,
    person: &Person,
) -> anyhow::Result<(TimeZone, String)> {
    let pages = of_pages(data)?;
    store.read_blocking(|read| zone_of(read, &pages, &person.id))
}

/// The zone of the pages, which counts where there is no order.
pub(super) fn of_pages(data: &DataDir) -> anyhow::Result<TimeZone> {
    Ok(Config::of(data)?.listen.zone()?)
}

/// The same as [`zone`], for whoever reads already. `pages`: see [`of_pages`].
pub(super) fn zone_of(
    read: &Read<'_>,
    pages: &TimeZone,
    person: &PersonId,
) -> anyhow::Result<(TimeZone, String)> {
    let (zone, why) = match orders::current(read, person)? {
        Some(stored) => (OrderText::parse(&stored.bytes, stored.digest)?.zone, ""),
        None => (pages.clone(), ", because there is no order"),
    };
    let name = format!("{}{why}", zone.iana_name().unwrap_or("UTC"));
    Ok((zone, name))
}

/// A moment in its zone and in UTC: `2026-06-01 00:00:00 BST (Europe/London), which is 2026-05-31T23:00:00.000Z`.
pub(super) fn both(at: i64, zone: &TimeZone, name: &str) -> String {
    let local = Timestamp::from_millisecond(at).unwrap_or_default();
    let local = local.to_zoned_datetime(zone.clone());
    let local = local.strftime("%Y-%m-%d %H:%M:%S %Z");
    format!("{local} ({name}), which is {}", UnixMs(at))
}

/// Unix milliseconds.
pub(super) fn parse(text: &str, zone: &TimeZone) -> anyhow::Result<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at.as_millisecond());
    }
    // Not `parse`: of a day and a time that takes the day.
    let midnight = Date::strptime("%Y-%m-%d", text)
        .ok()
        .and_then(|day| zone.to_zoned_datetime(day.at(0, 0, 0, 0)).ok());
    match midnight {
        Some(at) => Ok(at.timestamp().as_millisecond()),
        None => bail!(
            "{text:?} is neither a moment nor a day: write 2026-11-24T08:00:00Z or 2026-11-24"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_its_midnight_there_and_nothing_else_is_taken() {
        let zone = TimeZone::get("Europe/London").unwrap();
        let at = |text: &str| parse(text, &zone).map_err(|error| error.to_string());
        assert_eq!(at("2026-06-01"), at("2026-05-31T23:00:00Z"));
        assert_eq!(at("1970-01-02T00:00:00Z"), Ok(86_400_000));
        assert_eq!(
            both(at("2026-06-01").unwrap(), &zone, "Europe/London"),
            "2026-06-01 00:00:00 BST (Europe/London), which is 2026-05-31T23:00:00.000Z"
        );
        // A date and a time without a zone would be a guess.
        for wrong in [
            "",
            "2026-02-30",
            "soon",
            "2026-06-01T08:00",
            "1",
            "2026-13-01",
        ] {
            let why = at(wrong).unwrap_err();
            assert!(
                why.contains("write 2026-11-24T08:00:00Z or 2026-11-24"),
                "{wrong}: {why}"
            );
        }
    }
}
