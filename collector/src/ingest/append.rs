//! From a report's bytes to a receipt: check, judge, commit.
//!
//! Promises: what the report moves on, its findings, what the judge remembers and the time of its
//! receipt become durable in one transaction, and only if the log still stands where the check saw
//! it, and the lists still count by which it was judged. The times of a device's receipts never go
//! back. A receipt is made from a [`Stored`] and from nothing else. A report that is held already gets
//! the receipt it got before; one that contradicts what is held is kept beside it, and people are told.

use std::collections::BTreeSet;
use std::sync::Arc;

use proviso_report::note::NoteError;
use proviso_report::report::Kept;
use proviso_report::{
    Checkpoint, CompactRange, DeviceId, Fact, Receipt, Record, Report, ReportError, VerifierKey,
    open_checkpoint,
};
use proviso_rules::{HeldLists, State};

use super::check::{self, Appends, Known, Rejected, Repeats};
use super::desk::Desk;
use super::life;
use super::named::Given;
use super::refused::Refused;
use super::signs;
use super::trouble;
use crate::clock;
use crate::judging::{Judged, Memory, Unwritten, held_lists};
use crate::store::devices::{self, Device, DeviceState};
use crate::store::findings;
use crate::store::incidents::{self, IncidentKind};
use crate::store::judged;
use crate::store::log_keys::{self, NamedKey};
use crate::store::reports::{self, StoredReport};
use crate::store::{Change, Hash, Read, SqlError, StoreError, orders};

/// Reports of more bytes than this are checked off the threads that serve connections.
const LONG: usize = 64 << 10;
/// The unit in which memory is handed out to reports.
const UNIT: usize = 1 << 10;

/// The log of a device that is connected.
#[derive(Debug)]
pub struct Log {
    device: Arc<Device>,
    known: Known,
    /// What counts of lists that only the collector holds. The commit compares it.
    held: HeldLists,
    /// Of the log as it is known here. The commit compares sizes, so it can be wrong and do no harm.
    memory: Option<Memory>,
    /// Which receipts its records may name.
    pub(super) given: Given,
}

/// What a report leads to.
struct Outcome {
    judged: Judged,
    unwritten: Unwritten,
    /// The time of the receipt that its first record names, Unix seconds.
    named: Option<u64>,
}

/// A report that is held, durably. Only the commit makes it.
#[derive(Debug)]
pub struct Stored {
    checkpoint: Checkpoint,
    /// Unix seconds.
    time: u64,
}

/// Where the log of a device stands in the store, and which key it named last.
type Standing = (Device, Option<NamedKey>);

/// How a commit went.
enum Committed {
    Stored(Stored),
    /// The log does not stand where it did.
    Moved(Option<Box<Standing>>),
    /// Another update of a list that only the collector holds counts from the log's end on: the
    /// records must be judged by it.
    Updated(Box<Appends>, HeldLists),
}

impl Log {
    /// Of a device as the store has it.
    pub(super) fn new(
        desk: &Desk,
        device: Device,
        (named, follows): (Option<NamedKey>, Option<DeviceId>),
        orders: BTreeSet<Hash>,
        held: HeldLists,
    ) -> Result<Self, Refused> {
        let (key, since) = desk.key_of(&device, named)?;
        let known = Known {
            device: device.id,
            key,
            since,
            follows,
            range: CompactRange::from_bytes(&device.range)
                .map_err(|_| damaged(&device, "range"))?,
            orders: Arc::new(orders),
        };
        if known.range.size() != device.size || known.range.root() != device.root {
            return Err(damaged(&device, "size, root and range"));
        }
        Ok(Self {
            device: Arc::new(device),
            known,
            held,
            memory: None,
            given: Given::default(),
        })
    }

    /// Whose.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// How many records it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.known.range.size()
    }

    /// Takes over what the store has now.
    fn follow(&mut self, device: &Device, named: Option<NamedKey>) -> Result<(), Refused> {
        self.memory = None;
        if let Some(named) = named {
            self.known.key = VerifierKey::ed25519(self.known.key.name(), named.key)
                .map_err(ReportError::from)?;
            self.known.since = named.since;
        }
        self.known.range =
            CompactRange::from_bytes(&device.range).map_err(|_| damaged(device, "range"))?;
        Ok(())
    }
}

impl Stored {
    /// The receipt for it.
    pub(super) fn receipt(&self, desk: &Desk) -> Receipt {
        desk.signer.receipt(&self.checkpoint, self.time)
    }

    /// Up to here the log is held.
    pub(super) const fn size(&self) -> u64 {
        self.checkpoint.size
    }

    /// Of the newest report of a device, `None` without reports.
    pub(super) fn last(last: Option<&StoredReport>) -> Result<Option<(Self, String)>, Refused> {
        let Some(last) = last else { return Ok(None) };
        let (note, checkpoint) = Kept::note_of(&last.bytes)?;
        let note = String::from_utf8_lossy(note).into_owned();
        let stored = Self {
            checkpoint,
            time: last.receipt,
        };
        Ok(Some((stored, note)))
    }
}

impl Desk {
    /// Takes a report in, or tells people why not.
    pub(super) async fn append(
        &self,
        log: &mut Log,
        bytes: Vec<u8>,
        now: i64,
    ) -> Result<Stored, Refused> {
        let taken = self.take(log, bytes, now).await;
        if let Err(refused) = &taken {
            self.tell_refused(log, refused, now).await?;
        }
        taken
    }

    async fn take(&self, log: &mut Log, bytes: Vec<u8>, now: i64) -> Result<Stored, Refused> {
        let units = u32::try_from(bytes.len() / UNIT + 1).unwrap_or(u32::MAX);
        let _room = self.room(units).await?;
        let mut checked = check(log, bytes).await;
        if let Err(Rejected {
            bytes,
            why: Refused::Order(order),
        }) = checked
        {
            self.learn_orders(log).await?;
            if !log.known.orders.contains(&order) {
                self.strange_order(log, order, now).await?;
                return Err(Refused::Order(order));
            }
            checked = check(log, bytes).await;
        }
        match checked {
            Ok(appends) => self.judge_and_commit(log, appends, now).await,
            Err(Rejected { bytes, why }) => match why {
                Refused::WrongSize { first, size } if first < size => {
                    self.repeat(log, first, bytes, now).await
                }
                Refused::Report(ReportError::Root) => self.fork(log, bytes, now).await,
                Refused::Report(ReportError::Note(NoteError::Unsigned(name))) => {
                    match self.another_key(log, &log.known.key, bytes, now).await? {
                        Some(refused) => Err(refused),
                        None => Err(ReportError::from(NoteError::Unsigned(name)).into()),
                    }
                }
                other => Err(other),
            },
        }
    }

    async fn judge_and_commit(
        &self,
        log: &mut Log,
        mut appends: Appends,
        now: i64,
    ) -> Result<Stored, Refused> {
        self.learn_orders_in_force(log, appends.records()).await?;
        let named = self.named(log, appends.records(), now).await?;
        let device = Arc::clone(&log.device);
        loop {
            let memory = match log.memory.take() {
                Some(memory) => memory,
                None => match self.book.memory(&device, log.size()).await? {
                    Some(memory) => memory,
                    None => return Err(self.moved(log).await),
                },
            };
            let mut state = memory.state.clone();
            let by = (&*log.known.orders, &log.held);
            let judged = self
                .book
                .follow(&device, by, &mut state, appends.records(), now)
                .await?;
            let (memory, unwritten) = memory.goes_on(state)?;
            let after = appends.after().clone();
            let next = appends.next_key().cloned();
            match self
                .commit(
                    log,
                    appends,
                    Outcome {
                        judged,
                        unwritten,
                        named,
                    },
                )
                .await?
            {
                Committed::Stored(stored) => {
                    if let Some(next) = next {
                        log.known.key = next;
                        log.known.since = after.size();
                    }
                    log.known.range = after;
                    log.memory = Some(memory);
                    return Ok(stored);
                }
                Committed::Moved(row) => return Err(stands_at(log, row)),
                // As often as somebody puts one just then.
                Committed::Updated(again, held) => {
                    (appends, log.held) = (*again, held);
                }
            }
        }
    }

    /// Somebody else moved the log on since it was looked at.
    async fn moved(&self, log: &mut Log) -> Refused {
        let device = log.device.id;
        let row = self
            .store
            .read(move |read| Ok::<_, StoreError>(standing(read, device)?));
        match row.await {
            Ok(row) => stands_at(log, row.map(Box::new)),
            Err(error) => error.into(),
        }
    }

    async fn commit(
        &self,
        log: &Log,
        appends: Appends,
        outcome: Outcome,
    ) -> Result<Committed, Refused> {
        let row = Arc::clone(&log.device);
        let device = row.id;
        let (before, held) = (log.known.range.clone(), log.held.clone());
        let channels = Arc::clone(&self.channels);
        let count = appends.records().len() as u64;
        let newest = appends.records().last().map_or(0, |record| record.noted.0);
        let committed = self.store.write("report", move |tx| {
            // Only here the order of reports is certain, however long each waited for the writer.
            let now = clock::now();
            let counting = held_lists(tx, device)?;
            if counting != held {
                return Ok(Committed::Updated(Box::new(appends), counting));
            }
            let times = reports::times(tx, device, outcome.named, now)?;
            let after = appends.after();
            let (size, root, range) = (after.size(), after.root(), after.to_bytes());
            if !devices::advance(tx, device, before.size(), size, &root, &range, now)? {
                return Ok(Committed::Moved(standing(tx, device)?.map(Box::new)));
            }
            let checkpoint = appends.checkpoint().clone();
            if let Some(next) = appends.next_key() {
                let named = NamedKey {
                    since: size,
                    key: *next.key(),
                };
                log_keys::add(tx, device, &named)?;
            }
            life::follow(tx, &row, appends.records(), now)?;
            signs::follow(tx, &row, appends.records(), now)?;
            reports::add(tx, &appends.into_row(device, &before, now, times))?;
            let Outcome {
                judged, unwritten, ..
            } = &outcome;
            for finding in &judged.findings {
                findings::put(tx, finding, &channels)?;
            }
            unwritten.write(tx, &row)?;
            for count in &judged.cannot_tell {
                judged::add(tx, device, &row.person, count)?;
            }
            for (order, outside) in &judged.outside {
                let incident = trouble::outside_term(&row, order, outside, now);
                incidents::put(tx, &incident, Some(&order.to_string()))?;
            }
            for update in &judged.unknown_updates {
                let (incident, cause) = trouble::unknown_update(&row, update, now);
                incidents::put(tx, &incident, Some(&cause))?;
            }
            findings::contradict(tx, device, size)?;
            tx.announce(Change::Contact { device });
            let time = times.receipt;
            Ok::<_, StoreError>(Committed::Stored(Stored { checkpoint, time }))
        });
        let committed = committed.await?;
        if let Committed::Stored(_) = &committed {
            let lag = clock::now().saturating_sub(newest);
            self.store.tally().stored(count, lag);
        }
        Ok(committed)
    }

    /// A report that begins before the log's end: known, or of another history.
    async fn repeat(
        &self,
        log: &Log,
        first: u64,
        bytes: Vec<u8>,
        now: i64,
    ) -> Result<Stored, Refused> {
        let (device, size) = (log.device.id, log.size());
        let signed = Report::parse(&bytes)?.checkpoint().size;
        let end = signed.min(size);
        let (stored, named) = self
            .store
            .read(move |read| {
                let from = reports::covering(read, device, first)?.map_or(first, |one| one.first);
                let named = log_keys::at(read, device, signed)?;
                Ok::<_, StoreError>((reports::run(read, device, from, end)?, named))
            })
            .await?;
        let (key, _) = self.key_of(&log.device, named)?;
        if check::is_by_another_key(Report::parse(&bytes)?.note(), &key)
            && let Some(refused) = self.another_key(log, &key, bytes.clone(), now).await?
        {
            return Err(refused);
        }
        match check::repeats(&bytes, &key, size, &stored)? {
            Repeats::Stored(checkpoint) => Ok(Stored {
                checkpoint,
                time: stored.first().map_or(0, |one| one.receipt),
            }),
            Repeats::SameRecords => Err(Refused::WrongSize { first, size }),
            Repeats::Contradicts => self.fork(log, bytes, now).await,
        }
    }

    /// What checks a log that named this key, and from which size on; its key of enrolment if it
    /// named none.
    fn key_of(
        &self,
        device: &Device,
        named: Option<NamedKey>,
    ) -> Result<(VerifierKey, u64), Refused> {
        let (key, since) = named.map_or((device.log_key, 0), |named| (named.key, named.since));
        let key = self.signer.log_key(device.id, key);
        Ok((key.map_err(ReportError::from)?, since))
    }

    /// Keeps a report that a key signed which counts no more, or not yet, and says no. `None`: no
    /// key of this log signed it.
    async fn another_key(
        &self,
        log: &Log,
        right: &VerifierKey,
        bytes: Vec<u8>,
        now: i64,
    ) -> Result<Option<Refused>, Refused> {
        let report = Report::parse(&bytes)?;
        if !check::is_by_another_key(report.note(), right) {
            return Ok(None);
        }
        let device = log.device.id;
        let named = self
            .store
            .read(move |read| Ok::<_, StoreError>(log_keys::of_device(read, device)?))
            .await?;
        let keys = std::iter::once(None).chain(named.iter().copied().map(Some));
        let ends = named.iter().map(|next| next.since).chain([u64::MAX]);
        for (key, until) in keys.zip(ends) {
            let (key, from) = self.key_of(&log.device, key)?;
            if open_checkpoint(report.note(), &key).is_err() {
                continue;
            }
            let until = until.min(log.size()).saturating_sub(1);
            let detail = format!(
                "A report of records {} to {} is signed by a key that signs this log from record \
                 {from} to record {until} only, and is not kept on the device at any other time: \
                 somebody may have kept it, for example in a copy of the disk. The report is kept \
                 and not taken",
                report.first,
                report.checkpoint().size.saturating_sub(1)
            );
            tracing::warn!(device = %log.device.id, "a report is signed by a key of another part of the log");
            let mut incident = trouble::incident(&log.device, IncidentKind::WrongKey, detail, now);
            incident.bytes = Some(bytes);
            self.enter(incident, None).await?;
            return Ok(Some(Refused::WrongKey { from, until }));
        }
        Ok(None)
    }

    /// Keeps the other branch, and says no.
    async fn fork(&self, log: &Log, bytes: Vec<u8>, now: i64) -> Result<Stored, Refused> {
        let report = Report::parse(&bytes)?;
        let end = report.checkpoint().size.saturating_sub(1);
        let detail = format!(
            "The device signed two histories that exclude each other: the report of records {} to \
             {end} does not fit what is held. Both are kept",
            report.first
        );
        tracing::warn!(device = %log.device.id, "a device's log forked");
        let mut incident = trouble::incident(&log.device, IncidentKind::Fork, detail, now);
        incident.bytes = Some(bytes);
        self.enter(incident, None).await?;
        Err(Refused::Fork)
    }

    async fn strange_order(&self, log: &Log, order: Hash, now: i64) -> Result<(), Refused> {
        let detail = format!(
            "A report was refused: its records name the order {order}, which is not one of this \
             person's. The device keeps it"
        );
        let incident = trouble::incident(&log.device, IncidentKind::UnknownOrder, detail, now);
        self.enter(incident, None).await
    }

    /// Looks which orders the device's person has now: one may have been put since it connected.
    async fn learn_orders(&self, log: &mut Log) -> Result<(), Refused> {
        let person = log.device.person.clone();
        let orders = self
            .store
            .read(move |read| Ok::<_, StoreError>(orders::digests(read, &person)?))
            .await?;
        log.known.orders = Arc::new(orders.into_iter().collect());
        Ok(())
    }

    /// An order that came into force with these records may have been put since the device connected.
    async fn learn_orders_in_force(
        &self,
        log: &mut Log,
        records: &[Record],
    ) -> Result<(), Refused> {
        let strange = records.iter().any(|record| match &record.fact {
            Fact::OrderInForce(order) => !log.known.orders.contains(&order.digest),
            _ => false,
        });
        if strange {
            self.learn_orders(log).await?;
        }
        Ok(())
    }

    /// Judges a record ahead of its report, by itself: what is remembered of the log is not asked and
    /// not changed, since the records before it are not here. What only they can show, and what cannot
    /// be judged, is left to the report.
    pub(super) async fn notice(
        &self,
        log: &mut Log,
        index: u64,
        line: &[u8],
        now: i64,
    ) -> Result<(), Refused> {
        if index < log.size() {
            return Ok(());
        }
        let mut read = check::record(index, line, &log.known.orders);
        if let Err(Refused::Order(_)) = read {
            self.learn_orders(log).await?;
            read = check::record(index, line, &log.known.orders);
        }
        let record = read?;
        let nothing = State::new();
        let state = log.memory.as_ref().map_or(&nothing, |memory| &memory.state);
        let found = self
            .book
            .announced(&log.device, (state, &log.held), &record, now)
            .await?;
        if found.is_empty() {
            return Ok(());
        }
        let channels = Arc::clone(&self.channels);
        self.store
            .write("notice", move |tx| {
                for finding in &found {
                    findings::put(tx, finding, &channels)?;
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(())
    }
}

fn standing(read: &Read<'_>, device: DeviceId) -> Result<Option<Standing>, SqlError> {
    let named = log_keys::last(read, device)?;
    Ok(devices::get(read, device)?.map(|row| (row, named)))
}

/// Takes over where the log stands in the store, and says so.
fn stands_at(log: &mut Log, row: Option<Box<Standing>>) -> Refused {
    match row.map(|row| *row) {
        None => Refused::UnknownDevice(log.device.id),
        Some((row, _)) if row.state == DeviceState::Retired => Refused::Retired(row.id),
        Some((row, _)) if row.state == DeviceState::BrokenOff => Refused::BrokenOff(row.id),
        Some((row, named)) => {
            let first = log.size();
            match log.follow(&row, named) {
                Ok(()) => Refused::WrongSize {
                    first,
                    size: row.size,
                },
                Err(refused) => refused,
            }
        }
    }
}

/// Short reports at once, long ones off the threads that serve connections.
async fn check(log: &Log, bytes: Vec<u8>) -> Result<Appends, Rejected> {
    if bytes.len() <= LONG {
        return check::check(bytes, &log.known);
    }
    let known = log.known.clone();
    let checked = tokio::task::spawn_blocking(move || check::check(bytes, &known)).await;
    checked.unwrap_or(Err(Rejected {
        bytes: Vec::new(),
        why: Refused::Busy,
    }))
}

fn damaged(device: &Device, what: &str) -> Refused {
    StoreError::from(SqlError::Damaged(format!(
        "{what} of device {} do not fit",
        device.id
    )))
    .into()
}
