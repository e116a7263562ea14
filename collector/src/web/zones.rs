//! The device's own time beside the reader's.
//!
//! Promises: a device's time is told by the zone that its own log named last before the record; where none is
//! known, that is said and nothing is guessed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use maud::{Markup, html};

use crate::store::{DeviceId, PersonId, Read, SqlError, cases, zones};

use super::words;

/// The zone of a device at one of its records.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Own {
    /// As the device names it.
    name: String,
    /// None: no zone that is known here has this name.
    zone: Option<TimeZone>,
}

/// The zones of a device over its log.
#[derive(Debug)]
pub(super) struct Zones(Vec<(u64, Arc<Own>)>);

impl Zones {
    /// Of this device.
    pub(super) fn of(read: &Read<'_>, device: DeviceId) -> Result<Self, SqlError> {
        let all = zones::of_device(read, device)?.into_iter().map(|since| {
            let zone = TimeZone::get(&since.zone).ok();
            let name = since.zone;
            (since.seq, Arc::new(Own { name, zone }))
        });
        Ok(Self(all.collect()))
    }

    /// At a record; none: it is not known.
    pub(super) fn at(&self, seq: u64) -> Option<Arc<Own>> {
        let after = self.0.partition_point(|(since, _)| *since <= seq);
        let (_, own) = self.0.get(after.checked_sub(1)?)?;
        Some(Arc::clone(own))
    }
}

/// The zones of several devices.
#[derive(Debug, Default)]
pub(super) struct Devices(BTreeMap<DeviceId, Zones>);

impl Devices {
    /// Of these.
    pub(super) fn of(
        read: &Read<'_>,
        devices: impl IntoIterator<Item = DeviceId>,
    ) -> Result<Self, SqlError> {
        let mut all = BTreeMap::new();
        for device in devices {
            if let Entry::Vacant(free) = all.entry(device) {
                free.insert(Zones::of(read, device)?);
            }
        }
        Ok(Self(all))
    }

    /// At a record of one of them; none: it is not known.
    pub(super) fn at(&self, device: DeviceId, seq: u64) -> Option<Arc<Own>> {
        self.0.get(&device)?.at(seq)
    }
}

/// The zones of the devices of a case of alerts at its first moment and at its last; none: it is not known.
pub(super) type Ends = [Option<Arc<Own>>; 2];

/// Of a case of a person.
pub(super) fn ends(
    read: &Read<'_>,
    (case, person): (&str, &PersonId),
    (first, last): (i64, i64),
) -> Result<Ends, SqlError> {
    let at = |moment| match cases::record_at(read, (case, person), moment)? {
        Some((device, seq)) => Ok::<_, SqlError>(Zones::of(read, device)?.at(seq)),
        None => Ok(None),
    };
    let own = at(first)?;
    Ok(match first == last {
        true => [own.clone(), own],
        false => [own, at(last)?],
    })
}

/// By which clock a moment is told, after it: that of a device, whose own time stands there where it is another one.
pub(super) fn by_its_clock(at: i64, reader: &TimeZone, own: Option<&Own>) -> Markup {
    html! { (by_clock(own)) (beside(at, reader, own)) }
}

/// The same after several moments, of which each has [`beside`] it what it has.
pub(super) fn by_clock(own: Option<&Own>) -> Markup {
    html! {
        " by the device's clock"
        @match own {
            None => ", whose zone is not known",
            Some(Own { name, zone: None }) => { ", whose zone " bdi { (name) } " is not known here" }
            Some(_) => {}
        }
    }
}

/// The device's own time of a moment, where it is another one than the reader's: for lists.
pub(super) fn beside(at: i64, reader: &TimeZone, own: Option<&Own>) -> Markup {
    let zone = own.and_then(|own| own.zone.as_ref());
    html! {
        @if let Some(zone) = zone.filter(|zone| differ(at, reader, zone)) {
            " " span.quiet { "(" (shortly(at, reader, zone)) " on the device)" }
        }
    }
}

/// The same in full, with what is not known said: for the page of one record.
pub(super) fn in_full(at: i64, reader: &TimeZone, own: Option<&Own>) -> Markup {
    html! {
        @match own {
            None => "The device's zone is not known.",
            Some(Own { name, zone: None }) => {
                "The device's zone is " bdi { (name) } ", which is not known here, so its own time cannot be told."
            }
            Some(Own { name, zone: Some(zone) }) => {
                @if differ(at, reader, zone) {
                    (words::moment(at, zone)) " on the device (" bdi { (name) } ")."
                } @else {
                    "The same on the device (" bdi { (name) } ")."
                }
            }
        }
    }
}

/// The time in another zone that counts, such as the order's, where it is another one: `name` says whose.
pub(super) fn also(at: i64, reader: &TimeZone, zone: &TimeZone, name: &str) -> Markup {
    html! {
        @if differ(at, reader, zone) {
            " " span.quiet { "(" (shortly(at, reader, zone)) " " (name) ")" }
        }
    }
}

/// The time of day, with the day where it is not this one for the reader.
pub(super) fn of_day(at: i64, reader: &TimeZone, day: jiff::civil::Date) -> Markup {
    if words::date(at, reader) == day {
        words::clock(at, reader)
    } else {
        words::moment(at, reader)
    }
}

/// Whether clocks show something else there.
fn differ(at: i64, one: &TimeZone, other: &TimeZone) -> bool {
    offset(at, one) != offset(at, other)
}

fn offset(at: i64, zone: &TimeZone) -> Option<Offset> {
    let at = Timestamp::from_millisecond(at).ok()?;
    Some(zone.to_offset(at))
}

fn shortly(at: i64, reader: &TimeZone, zone: &TimeZone) -> Markup {
    of_day(at, zone, words::date(at, reader))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(name: &str) -> Own {
        Own {
            name: name.to_owned(),
            zone: TimeZone::get(name).ok(),
        }
    }

    fn plain(markup: Markup) -> String {
        let html = markup.into_string();
        let mut text = String::new();
        let mut within = false;
        for letter in html.chars() {
            match letter {
                '<' => within = true,
                '>' => within = false,
                letter if !within => text.push(letter),
                _ => {}
            }
        }
        text
    }

    #[test]
    fn the_devices_time_stands_beside_the_readers_where_it_is_another_one() {
        let london = TimeZone::get("Europe/London").unwrap();
        // 2026-05-28, 21:26:40 in London.
        let at = 1_780_000_000_000;
        let said = |name: &str| {
            let own = own(name);
            let both = (
                beside(at, &london, Some(&own)),
                in_full(at, &london, Some(&own)),
            );
            (plain(both.0), plain(both.1))
        };
        assert_eq!(
            said("Europe/Paris"),
            (
                " (22:26:40 CEST on the device)".to_owned(),
                "Thu 28 May 2026, 22:26:40 CEST on the device (Europe/Paris).".to_owned()
            )
        );
        let (short, full) = said("Asia/Tokyo");
        assert_eq!(short, " (Fri 29 May 2026, 05:26:40 JST on the device)");
        assert!(full.contains("05:26:40 JST"), "{full}");
        assert_eq!(
            said("Europe/Lisbon"),
            (
                String::new(),
                "The same on the device (Europe/Lisbon).".to_owned()
            )
        );
        let (short, full) = said("a zone without a name (ba7816bf8f01)");
        assert_eq!(short, "");
        assert!(full.contains("not known here"), "{full}");
        assert_eq!(plain(beside(at, &london, None)), "");
        assert!(plain(in_full(at, &london, None)).contains("zone is not known"));
    }

    #[test]
    fn a_zone_counts_from_its_record_on() {
        let zones = Zones(vec![
            (0, Arc::new(own("Europe/London"))),
            (7, Arc::new(own("Asia/Tokyo"))),
        ]);
        let at = |seq| zones.at(seq).map(|own| own.name.clone());
        assert_eq!(at(0).as_deref(), Some("Europe/London"));
        assert_eq!(at(6).as_deref(), Some("Europe/London"));
        assert_eq!(at(7).as_deref(), Some("Asia/Tokyo"));
        assert_eq!(Zones(vec![]).at(3), None);
        assert_eq!(Zones(vec![(2, Arc::new(own("UTC")))]).at(1), None);
    }
}
