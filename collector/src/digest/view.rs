//! What pages read.
//!
//! Promises: what is asked for a span of days costs what these days cost, whatever else is held. Time after the
//! last record is as `coverage` says it of a log that ends there, and time that has not come is no time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use proviso_report::coverage::{Covered, Watch};

use super::day::Day;
use super::index::{self, Seen};
use super::terms::{self, Asked};
use super::watching::Watching;
use super::{date, follow, number};
use crate::store::devices::{self, Device};
use crate::store::digests::{self, Cursor};
use crate::store::sealed;
use crate::store::vault::Blind;
use crate::store::{DeviceId, PersonId, Read, SqlError};

/// Some days of one device.
#[derive(Debug)]
pub struct Days {
    /// Which.
    pub device: DeviceId,
    /// What the register calls it.
    pub host: String,
    /// Those of which something is known.
    pub days: BTreeMap<Date, Day>,
    /// Records held that are not in the figures yet.
    pub behind: u64,
    /// Records that were erased, of any day.
    pub erased: u64,
    /// Records that could not be read, of any day.
    pub unread: u64,
    watched: Watched,
}

/// How some days of one device were watched, and nothing else of them.
#[derive(Debug)]
pub struct Watched(Watch);

impl Watched {
    /// The days from `from` to `to`, both of them too; none where nobody can know without the person's key.
    pub fn of(
        read: &Read<'_>,
        device: DeviceId,
        (from, to): (Date, Date),
    ) -> Result<Option<Self>, SqlError> {
        let cursor = digests::cursor(read, device)?.unwrap_or_default();
        let days = match digests::days(read, device, number(from), number(to)) {
            Err(SqlError::Vault(_)) => return Ok(None),
            days => days?,
        };
        let said = days.iter().flat_map(|(_, bytes)| Day::said_in(bytes));
        Ok(Some(Self(Watching::parse(&cursor.watch).watch(said))))
    }

    /// How one of these days was watched, up to `now`.
    #[must_use]
    pub fn covered(&self, (from, to): (i64, i64), now: i64) -> Covered {
        self.0.over(from, to.min(now.max(from)))
    }
}

impl Days {
    /// The days from `from` to `to`, both of them too, of a device.
    pub fn of(
        read: &Read<'_>,
        device: &Device,
        (from, to): (Date, Date),
    ) -> Result<Self, SqlError> {
        let id = device.id;
        let host = devices::registered(read, id)?.map(|registered| registered.host);
        let cursor = digests::cursor(read, id)?.unwrap_or_default();
        let mut days = BTreeMap::new();
        for (day, bytes) in digests::days(read, id, number(from), number(to))? {
            if let (Some(day), Some(parsed)) = (date(day), Day::parse(&bytes)) {
                days.insert(day, parsed);
            }
        }
        let said = days.values().flat_map(|day: &Day| day.said.iter().copied());
        let watch = Watching::parse(&cursor.watch).watch(said);
        Ok(Self {
            device: id,
            host: host.unwrap_or_else(|| id.to_string()),
            behind: device.size.saturating_sub(cursor.next),
            erased: cursor.erased,
            unread: cursor.unread,
            watched: Watched(watch),
            days,
        })
    }

    /// How one of these days was watched, up to `now`.
    #[must_use]
    pub fn covered(&self, span: (i64, i64), now: i64) -> Covered {
        self.watched.covered(span, now)
    }
}

/// The same days of all devices of a person.
pub fn of_person(
    read: &Read<'_>,
    person: &PersonId,
    days: (Date, Date),
) -> Result<Vec<Days>, SqlError> {
    let devices = devices::of_person(read, person)?;
    devices
        .iter()
        .map(|device| Days::of(read, device, days))
        .collect()
}

/// What stands in the index for what is asked for.
#[derive(Clone, Debug)]
pub struct Wanted(Vec<Vec<Vec<u64>>>);

impl Wanted {
    /// Of words.
    #[must_use]
    pub fn words(asked: &Asked, blind: &Blind) -> Self {
        let hashes = |words: &[String]| words.iter().map(|word| blind.term(word)).collect();
        let parts = asked.parts().iter().map(|part| {
            let mut ways = vec![vec![blind.term(&part.whole)]];
            if !part.words.is_empty() {
                ways.push(hashes(&part.words));
            }
            ways
        });
        Self(parts.collect())
    }

    /// Of one term that is known by what stands for it.
    #[must_use]
    pub fn term(hash: u64) -> Self {
        Self(vec![vec![vec![hash]]])
    }
}

/// Where something was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// On these days all of it occurs, though not always in one record.
    pub days: BTreeSet<Date>,
    /// How many records have what is rarest of it, at most.
    pub count: u64,
}

/// Looks something up for one device.
pub fn look_up(read: &Read<'_>, device: DeviceId, wanted: &Wanted) -> Result<Hits, SqlError> {
    let mut found: Option<Hits> = None;
    for ways in &wanted.0 {
        let mut part = Hits::default();
        for way in ways {
            let hits = all_of(read, device, way)?;
            part.days.extend(hits.days);
            part.count = part.count.max(hits.count);
        }
        found = Some(match found {
            None => part,
            Some(before) => before.and(part),
        });
        if found.as_ref().is_some_and(|hits| hits.days.is_empty()) {
            break;
        }
    }
    let mut found = found.unwrap_or_default();
    if found.days.is_empty() {
        found.count = 0;
    }
    Ok(found)
}

/// What the index says of when the person explained a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// On no other days by the device's clock, in whichever zone days are meant.
    pub days: BTreeSet<Date>,
    /// What is said of records from this one on, only the log knows so far.
    pub until: u64,
}

/// When the person explained this record; none where the index cannot know, as of a log of which something could
/// not be read.
pub fn explained(
    read: &Read<'_>,
    person: &PersonId,
    (device, seq): (DeviceId, u64),
) -> Result<Option<Explained>, SqlError> {
    let whole = |cursor: &Cursor| follow::is_own(&cursor.form) && cursor.unread == 0;
    let Some(cursor) = digests::cursor(read, device)?.filter(whole) else {
        return Ok(None);
    };
    let Some(blind) = sealed::index(read, person)? else {
        return Ok(None);
    };
    let mut days = BTreeSet::new();
    for term in [terms::explains(seq).as_str(), terms::EXPLAINS_MORE] {
        days.extend(one(read, device, blind.term(term))?.days);
    }
    Ok(Some(Explained {
        days,
        until: cursor.next,
    }))
}

fn all_of(read: &Read<'_>, device: DeviceId, terms: &[u64]) -> Result<Hits, SqlError> {
    let mut found: Option<Hits> = None;
    for term in terms {
        let hits = one(read, device, *term)?;
        found = Some(match found {
            None => hits,
            Some(before) => before.and(hits),
        });
    }
    Ok(found.unwrap_or_default())
}

fn one(read: &Read<'_>, device: DeviceId, term: u64) -> Result<Hits, SqlError> {
    let mut hits = Hits::default();
    for (month, entries) in digests::bucket(read, device, index::bucket(term))? {
        let Some(seen) = index::find(&entries, term) else {
            continue;
        };
        hits.count = hits.count.saturating_add(u64::from(seen.count));
        hits.days.extend(days(month, seen));
    }
    Ok(hits)
}

fn days(month: i64, seen: Seen) -> impl Iterator<Item = Date> {
    seen.days()
        .filter_map(move |day| date(month.saturating_mul(100).saturating_add(i64::from(day))))
}

impl Hits {
    fn and(self, other: Self) -> Self {
        Self {
            days: self.days.intersection(&other.days).copied().collect(),
            count: self.count.min(other.count),
        }
    }
}
