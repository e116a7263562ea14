//! Goes through the logs behind the ingest.
//!
//! Promises: what a batch of reports says is worked out beside the writer's thread; the writer only puts the
//! rows, and only if the cursor still stands where the batch began. Whatever ends the process between two
//! batches, the next round goes on at the cursor. A log whose rows have another form, or days of another
//! zone, is made anew from its first record.
//!
//! A report that cannot be read is counted and passed; when the collector starts again it is tried again.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use proviso_report::coverage::Stretch;
use proviso_report::report::Kept;
use proviso_report::{Record, UnixMs};
use tokio_util::sync::CancellationToken;

use super::day::Day;
use super::index::{self, Entries, Seen};
use super::said::Said;
use super::watching::Watching;
use super::{month, number, span, terms};
use crate::clock;
use crate::order_text::OrderText;
use crate::store::digests::{self, Cursor, Standing};
use crate::store::reports::{self, StoredReport};
use crate::store::vault::Blind;
use crate::store::{
    DeviceId, Hash, PersonId, Read, SqlError, Store, StoreError, devices, orders, sealed, zones,
};

/// What rows look like now. Another number makes all of them anew.
const FORM: &str = "2";
/// Records of one batch, unless one report has more.
const AT_ONCE: u64 = 20_000;
/// How long after a round the next one begins.
const EACH: Duration = Duration::from_secs(20);
/// Days that a stretch or a report's records touch at once; more come from no clock that is kept.
const MOST_DAYS: usize = 5_000;

/// Follows all logs of a store.
pub struct Follower {
    store: Store,
    /// For days of people without an order.
    zone: TimeZone,
    /// By order.
    zones: BTreeMap<Hash, TimeZone>,
}

/// Why a log cannot be followed now.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// The store, or the key of a person.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was made cannot be written down.
    #[error("the digest of a day could not be written as JSON: {0}")]
    Form(#[from] serde_json::Error),
}

impl From<SqlError> for DigestError {
    fn from(error: SqlError) -> Self {
        Self::Store(error.into())
    }
}

/// What a part of a log says.
struct Batch {
    days: BTreeMap<Date, Day>,
    terms: BTreeMap<(i64, u8), Entries>,
    zones: Vec<zones::Said>,
    cursor: Cursor,
}

/// The same as rows.
struct Rows {
    days: Vec<(i64, Vec<u8>)>,
    terms: Vec<((i64, u8), Vec<u8>)>,
    zones: Vec<zones::Said>,
    cursor: Cursor,
}

impl Follower {
    /// Of this store; `zone` for days of people without an order.
    #[must_use]
    pub const fn new(store: Store, zone: TimeZone) -> Self {
        Self {
            store,
            zone,
            zones: BTreeMap::new(),
        }
    }

    /// Round after round, until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let told = stop.clone();
        let (mut follower, mut first) = (self, true);
        loop {
            let halt = told.clone();
            let round = tokio::task::spawn_blocking(move || {
                let ready = if first { follower.retry() } else { Ok(()) };
                let done = ready.and_then(|()| follower.round(&halt));
                (follower, done)
            });
            first = false;
            match round.await {
                Ok((back, done)) => {
                    follower = back;
                    if let Err(error) = done {
                        tracing::error!(%error, "the digest of the logs does not go on; tried again soon");
                    }
                }
                Err(_) => {
                    tracing::error!("the digest of the logs ended badly: report this");
                    return;
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EACH) => {}
            }
        }
    }

    /// All logs up to where they stand, or until told to stop; how many records that were. May wait: not for
    /// async code.
    pub fn round(&mut self, stop: &CancellationToken) -> Result<u64, DigestError> {
        let all = self
            .store
            .read_blocking(|read| Ok::<_, StoreError>(digests::standings(read)?))?;
        let mut followed = 0_u64;
        let mut failed = None;
        for standing in all {
            let zone = self.zone_of(&standing)?;
            let form = form(&zone);
            if standing.next == Some(standing.size) && standing.form.as_deref() == Some(&form) {
                continue;
            }
            loop {
                if stop.is_cancelled() {
                    return Ok(followed);
                }
                match self.step(standing.device, (&zone, &form)) {
                    Ok(0) => break,
                    Ok(count) => followed = followed.saturating_add(count),
                    // One person's missing key must not keep the others out.
                    Err(error) => {
                        tracing::warn!(device = %standing.device, %error, "this log is not followed");
                        failed = Some(error);
                        break;
                    }
                }
            }
        }
        failed.map_or(Ok(followed), Err)
    }

    /// Drops what is kept of logs of which something could not be read: what was restored since is there then.
    /// May wait: not for async code.
    pub fn retry(&self) -> Result<(), DigestError> {
        let unread = self
            .store
            .read_blocking(|read| Ok::<_, StoreError>(digests::unread(read)?))?;
        for device in unread {
            self.store.write_blocking("digest again", move |tx| {
                Ok::<_, StoreError>(digests::forget(tx, device)?)
            })?;
        }
        Ok(())
    }

    /// The zone in which a person's days are meant.
    fn zone_of(&mut self, standing: &Standing) -> Result<TimeZone, DigestError> {
        let Some(digest) = standing.order else {
            return Ok(self.zone.clone());
        };
        if let Some(zone) = self.zones.get(&digest) {
            return Ok(zone.clone());
        }
        let stored = self
            .store
            .read_blocking(|read| Ok::<_, StoreError>(orders::by_digest(read, &digest)?))?;
        let text = stored.and_then(|order| OrderText::parse(&order.bytes, digest).ok());
        let zone = text.map_or_else(|| self.zone.clone(), |text| text.zone);
        self.zones.insert(digest, zone.clone());
        Ok(zone)
    }

    /// One batch of one log; how many records it had, none at the end.
    fn step(&self, device: DeviceId, (zone, form): (&TimeZone, &str)) -> Result<u64, DigestError> {
        let found = self
            .store
            .read_blocking(|read| self.made(read, device, (zone, form)))?;
        let (before, rows) = match found {
            Found::Nothing => return Ok(0),
            Found::OtherForm => {
                self.store.write_blocking("digest anew", move |tx| {
                    Ok::<_, StoreError>(digests::forget(tx, device)?)
                })?;
                return self.step(device, (zone, form));
            }
            Found::NoKey(person) => {
                self.store.write_blocking("key for a digest", move |tx| {
                    Ok::<_, StoreError>(sealed::begin_index(tx, &person)?)
                })?;
                return self.step(device, (zone, form));
            }
            Found::Rows(before, rows) => (before, rows),
        };
        let begun = before.as_ref().map_or(0, |before| before.next);
        let count = rows.cursor.next.saturating_sub(begun);
        let moved = self.store.write_blocking("digest", move |tx| {
            if !digests::move_on(tx, device, before.as_ref(), &rows.cursor)? {
                return Ok::<_, StoreError>(false);
            }
            for (day, bytes) in &rows.days {
                digests::put_day(tx, device, *day, bytes)?;
            }
            for ((month, bucket), bytes) in &rows.terms {
                digests::put_entries(tx, device, *bucket, *month, bytes)?;
            }
            for said in &rows.zones {
                zones::put(tx, device, said)?;
            }
            Ok(true)
        })?;
        // Somebody else moved it, and what they made is there; or the log was dropped, and is begun again soon.
        Ok(if moved { count } else { 0 })
    }

    fn made(
        &self,
        read: &Read<'_>,
        device: DeviceId,
        (zone, form): (&TimeZone, &str),
    ) -> Result<Found, DigestError> {
        let Some(owner) = devices::get(read, device)? else {
            return Ok(Found::Nothing);
        };
        let before = digests::cursor(read, device)?;
        let kept = before.clone().filter(|kept| !kept.form.is_empty());
        if kept.as_ref().is_some_and(|kept| kept.form != form) {
            return Ok(Found::OtherForm);
        }
        let cursor = kept.unwrap_or_else(|| Cursor {
            form: form.to_owned(),
            ..Cursor::default()
        });
        let Some(end) = digests::ahead(read, device, cursor.next, AT_ONCE)? else {
            return Ok(Found::Nothing);
        };
        let Some(blind) = sealed::index(read, &owner.person)? else {
            return Ok(Found::NoKey(owner.person));
        };
        let stored = reports::run(read, device, cursor.next, end)?;
        let batch = Batch::of(&stored, (cursor, end), (zone, &blind));
        let rows = Box::new(batch.with(read, device)?);
        Ok(Found::Rows(before, rows))
    }
}

/// What a look at a log found.
enum Found {
    Nothing,
    /// What is kept has another form.
    OtherForm,
    /// Nothing of this person was sealed so far.
    NoKey(PersonId),
    /// From where, and what is to be written.
    Rows(Option<Cursor>, Box<Rows>),
}

/// Whether rows were made as this program makes them, with days of whichever zone.
pub(super) fn is_own(form: &str) -> bool {
    form.split_once(' ').is_some_and(|(own, _)| own == FORM)
}

/// What rows of this program have, with days of this zone.
fn form(zone: &TimeZone) -> String {
    format!("{FORM} {}", zone.iana_name().unwrap_or("UTC"))
}

impl Batch {
    /// Of these reports, which go on at the cursor.
    fn of(
        stored: &[StoredReport],
        (mut cursor, end): (Cursor, u64),
        (zone, blind): (&TimeZone, &Blind),
    ) -> Self {
        let mut watching = Watching::parse(&cursor.watch);
        let mut watch = watching.go_on();
        let mut batch = Self {
            days: BTreeMap::new(),
            terms: BTreeMap::new(),
            zones: Vec::new(),
            cursor: Cursor::default(),
        };
        // Most words come again and again.
        let mut known: HashMap<String, u64> = HashMap::new();
        for report in stored {
            let Some(records) = records(report, &mut cursor) else {
                cursor.unread = cursor.unread.saturating_add(report.count);
                continue;
            };
            for record in records {
                watch.pass(&record);
                batch.zones.extend(zones::Said::by(&record));
                batch.count(&record, zone, |term| match known.get(&term) {
                    Some(hash) => *hash,
                    None => *known
                        .entry(term)
                        .or_insert_with_key(|term| blind.term(term)),
                });
            }
        }
        batch.say(watching.take(&watch), zone);
        cursor.watch = serde_json::to_string(&watching).unwrap_or_default();
        cursor.next = end;
        cursor.at = clock::now();
        batch.cursor = cursor;
        batch
    }

    fn count(&mut self, record: &Record, zone: &TimeZone, mut blind: impl FnMut(String) -> u64) {
        let UnixMs(at) = record.at;
        let Ok(at) = Timestamp::from_millisecond(at) else {
            return;
        };
        let local = at.to_zoned_datetime(zone.clone());
        let (day, hour) = (local.date(), local.hour());
        let hour = usize::try_from(hour).unwrap_or(0);
        self.days.entry(day).or_default().count(record, hour);
        for term in terms::of(record) {
            let hash = blind(term);
            let place = (month(day), index::bucket(hash));
            let entries = self.terms.entry(place).or_default();
            let seen = Seen::on(day.day());
            entries
                .entry(hash)
                .and_modify(|known| known.add(seen))
                .or_insert(seen);
        }
    }

    /// Gives each day its part of these stretches.
    fn say(&mut self, stretches: Vec<Stretch>, zone: &TimeZone) {
        for stretch in stretches {
            let Ok(from) = Timestamp::from_millisecond(stretch.from) else {
                continue;
            };
            let mut day = from.to_zoned_datetime(zone.clone()).date();
            for _ in 0..MOST_DAYS {
                let (Ok(next), Some((begin, end))) = (day.tomorrow(), span(day, zone)) else {
                    break;
                };
                let part = Stretch {
                    from: stretch.from.max(begin),
                    to: stretch.to.min(end),
                    state: stretch.state,
                };
                self.days.entry(day).or_default().say(Said::of(&part));
                if stretch.to <= end {
                    break;
                }
                day = next;
            }
        }
    }

    /// Added to what is there already.
    fn with(self, read: &Read<'_>, device: DeviceId) -> Result<Rows, DigestError> {
        let mut days = Vec::with_capacity(self.days.len());
        for (day, more) in self.days {
            let day = number(day);
            let kept = digests::day(read, device, day)?;
            let mut whole = kept
                .and_then(|bytes| Day::parse(&bytes))
                .unwrap_or_default();
            whole.add(more);
            days.push((day, whole.to_bytes()?));
        }
        let mut terms = Vec::with_capacity(self.terms.len());
        for ((month, bucket), more) in self.terms {
            let kept = digests::entries(read, device, bucket, month)?;
            let mut whole = kept
                .and_then(|bytes| index::parse(&bytes))
                .unwrap_or_default();
            for (term, seen) in more {
                whole
                    .entry(term)
                    .and_modify(|known| known.add(seen))
                    .or_insert(seen);
            }
            terms.push(((month, bucket), index::to_bytes(&whole)));
        }
        Ok(Rows {
            days,
            terms,
            zones: self.zones,
            cursor: self.cursor,
        })
    }
}

/// The records of a report, those that were erased of it counted; none if it cannot be read.
fn records(report: &StoredReport, cursor: &mut Cursor) -> Option<Vec<Record>> {
    let kept = Kept::parse(&report.bytes).ok()?;
    let records: Result<Vec<_>, _> = kept.lines().map(|(_, line)| Record::parse(line)).collect();
    let records = records.ok()?;
    let erased = kept.leaves().len().saturating_sub(records.len());
    let erased = u64::try_from(erased).unwrap_or(u64::MAX);
    cursor.erased = cursor.erased.saturating_add(erased);
    Some(records)
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").finish_non_exhaustive()
    }
}
