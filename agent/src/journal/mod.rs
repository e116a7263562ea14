//! The journal: everything that the agent must not forget, in one SQLite file.
//!
//! Read [`Journal`], then [`Writer`]. The life of a record: [`Writer::take`] or [`Writer::state`]
//! gives it its place and its line in the open report; [`Writer::close`] makes the report's bytes
//! and signs the log up to them; [`Journal::hold`] lets go of them once the collector's receipt is
//! here.
//!
//! Promises: what one [`Journal::transact`] does is on disk as a whole (write-ahead log,
//! `synchronous=FULL`) before it returns, or has not happened. A source's cursor, its records, the
//! counters and the merge keys are one such transaction, so after a kill at any moment each visit
//! is stored exactly once. The seed of a report is stored when the report opens, so a report that
//! a crash left open goes on. A closed report is never made a second time.
//!
//! When full: a closed report without a receipt cannot be dropped without breaking the log, so at
//! a bound of size or age ([`Limits`]) the agent takes nothing more; sources keep what they can
//! and hand it over when there is room, and a gap record states from when until when. A full disk
//! is the same: refused with [`WriteError::Full`], nothing is damaged, and it goes on by itself.

mod confirm;
mod count;
mod epoch;
mod error;
mod hold;
mod judging;
mod key;
mod meta;
mod program;
mod schema;
mod shown;
mod writer;

pub use count::Counters;
pub use error::{OpenError, WriteError};
pub use judging::Judges;
pub use program::Start;
pub use shown::{Day, Shown};
pub use writer::{Found, Taken, Writer};

use std::path::Path;

use proviso_report::fact::{ListInForce, OrderInForce};
use proviso_report::{BootId, CompactRange, DeviceId, Hash, Receipt, Seed, UnixMs};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use crate::identity::Identity;
use crate::log_key::{LogKey, NextKey};
use crate::platform::clock::Moment;
use judging::{Memory, Nobody};
use key::Signing;

/// The file inside the state directory.
pub const FILE: &str = "journal.sqlite";

/// How much may wait for receipts, and how long a key signs.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of closed reports.
    pub bytes: u64,
    /// Milliseconds since the oldest of them was closed.
    pub age_ms: i64,
    /// Milliseconds for which one key may sign.
    pub key_ms: u64,
}

/// The journal, open. One thread owns it.
#[derive(Debug)]
pub struct Journal {
    db: Connection,
    log: Log,
    signing: Option<Signing>,
    /// The key of the new log that was asked for.
    pending: Option<NextKey>,
    limits: Limits,
    tip: Tip,
}

/// The log that the records are of.
#[derive(Debug)]
struct Log {
    device: DeviceId,
    origin: String,
    key: LogKey,
}

/// What is known of the log without asking the database. Changes with each commit.
#[derive(Clone, Debug)]
struct Tip {
    range: CompactRange,
    open: Option<Open>,
    receipt: Option<Held>,
    waiting: Waiting,
    confirming: Option<u64>,
    memory: Memory,
}

/// The report that takes records.
#[derive(Clone, Debug)]
struct Open {
    seed: Seed,
    count: u64,
    raw: usize,
    since: u64,
}

/// Closed reports without a receipt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub reports: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The last receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// How many records the collector holds.
    pub size: u64,
    /// When it said so, Unix seconds by its clock.
    pub time: u64,
    /// The receipt's line.
    pub line: String,
}

/// The last sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Did the agent end in good order with it?
    pub stopped: bool,
    /// When, by the wall clock.
    pub at: UnixMs,
    /// In which run of the operating system.
    pub boot: BootId,
    /// Milliseconds since boot, with and without the time asleep; `None`: written by an agent of
    /// before.
    pub clocks: Option<(u64, u64)>,
}

/// The word that something is on disk. Only a commit makes it.
#[derive(Debug)]
#[must_use]
pub struct Committed<T>(T);

impl<T> Committed<T> {
    /// What the transaction found out.
    pub fn into_value(self) -> T {
        self.0
    }
}

impl Journal {
    /// Opens the journal of this device, or makes it.
    ///
    /// The key that signs the log lies beside it.
    pub fn open(path: &Path, identity: &Identity, limits: Limits) -> Result<Self, OpenError> {
        let db = schema::open(path, identity)?;
        let damaged = |error: WriteError| OpenError::Damaged {
            path: path.to_owned(),
            what: error.to_string(),
        };
        let tip = Tip::read(&db).map_err(damaged)?;
        let signing = match meta::get(&db, meta::KEY).map_err(|error| damaged(error.into()))? {
            None => None,
            Some(bytes) => {
                let read = Signing::from_bytes(&bytes)
                    .ok_or_else(|| damaged(WriteError::Damaged("the key of the log".into())))?;
                Some(read)
            }
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        let named = signing.as_ref().map(|signing| &signing.public);
        let (device, origin) =
            match meta::get(&db, meta::LOG).map_err(|error| damaged(error.into()))? {
                None => (identity.device(), identity.origin().to_owned()),
                Some(bytes) => Log::name(&bytes)
                    .ok_or_else(|| damaged(WriteError::Damaged("the name of the log".into())))?,
            };
        let key = LogKey::load(folder, &origin, named)?;
        let log = Log {
            device,
            origin,
            key,
        };
        Ok(Self {
            db,
            log,
            signing,
            pending: None,
            limits,
            tip,
        })
    }

    /// Does all of `work` durably, or nothing. Records in it are followed, and judged by no order.
    pub fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Writer<'_>) -> Result<T, WriteError>,
    ) -> Result<Committed<T>, WriteError> {
        self.transact_judged(&Nobody, work)
    }

    /// The same; records are judged by their orders in their place.
    pub fn transact_judged<T>(
        &mut self,
        judges: &dyn Judges,
        work: impl FnOnce(&mut Writer<'_>) -> Result<T, WriteError>,
    ) -> Result<Committed<T>, WriteError> {
        let transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut writer = Writer::new(&transaction, &self.log, judges, self.tip.clone());
        let value = work(&mut writer)?;
        let mut tip = writer.into_tip();
        if tip.next() != self.tip.next() {
            tip.memory
                .write(&self.tip.memory, &transaction, tip.next())?;
            tip.memory.is_new = false;
        }
        transaction.commit()?;
        self.tip = tip;
        Ok(Committed(value))
    }

    /// The order in force with the updates of its lists, for a judge that remembers nothing of this
    /// log: it is a new one, or one that a program of another engine wrote.
    pub fn begin_under(&mut self, order: OrderInForce, lists: Vec<ListInForce>, now: &Moment) {
        let next = self.tip.next();
        if self.tip.memory.is_new {
            self.tip.memory.begin(order, lists, next, now);
        }
    }

    /// How many records are in closed reports.
    #[must_use]
    pub fn closed(&self) -> u64 {
        self.tip.range.size()
    }

    /// How many records the collector has given a receipt for.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.tip.receipt.as_ref().map_or(0, |held| held.size)
    }

    /// The last receipt.
    #[must_use]
    pub fn receipt(&self) -> Option<&Held> {
        self.tip.receipt.as_ref()
    }

    /// What waits for a receipt.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        self.tip.waiting
    }

    /// Since when a report is open, in milliseconds since boot; 0: from before this start.
    #[must_use]
    pub fn open_since(&self) -> Option<u64> {
        self.tip.open.as_ref().map(|open| open.since)
    }

    /// Since when confirmations wait to be recorded, in milliseconds since boot; 0: from before
    /// this start.
    #[must_use]
    pub fn confirming_since(&self) -> Option<u64> {
        self.tip.confirming
    }

    /// Is there no room for more, and why?
    pub fn full(&self, now: UnixMs) -> Result<Option<&'static str>, WriteError> {
        if self.tip.waiting.bytes >= self.limits.bytes {
            return Ok(Some("as many reports wait for the collector as may"));
        }
        let oldest: Option<i64> = self
            .db
            .prepare_cached("SELECT at FROM report ORDER BY first LIMIT 1")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let waited = oldest.map_or(0, |at| now.0.saturating_sub(at));
        Ok((waited >= self.limits.age_ms)
            .then_some("a report has waited for the collector for as long as it may"))
    }

    /// The bytes of the closed report that begins at this record.
    pub fn report(&self, first: u64) -> Result<Option<Vec<u8>>, WriteError> {
        let Ok(first) = i64::try_from(first) else {
            return Ok(None);
        };
        Ok(self
            .db
            .prepare_cached("SELECT bytes FROM report WHERE first = ?1")?
            .query_row([first], |row| row.get(0))
            .optional()?)
    }

    /// Every source's cursor.
    pub fn cursors(&self) -> Result<Vec<(String, Vec<u8>)>, WriteError> {
        let mut statement = self.db.prepare("SELECT source, value FROM cursor")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The last sign of life; `None`: this is the first start.
    pub fn life(&self) -> Result<Option<Life>, WriteError> {
        let Some(bytes) = meta::get(&self.db, meta::LIFE)? else {
            return Ok(None);
        };
        Life::from_bytes(&bytes)
            .map(Some)
            .ok_or_else(|| WriteError::Damaged("the last sign of life".into()))
    }

    /// Which orders are held, as [`Writer::set_orders`] stored it.
    pub fn orders(&self) -> Result<Option<Vec<u8>>, WriteError> {
        Ok(meta::get(&self.db, meta::ORDERS)?)
    }
}

impl Tip {
    fn read(db: &Connection) -> Result<Self, WriteError> {
        let damaged = |what: &str| WriteError::Damaged(what.to_owned());
        let range = match meta::get(db, meta::RANGE)? {
            Some(bytes) => {
                CompactRange::from_bytes(&bytes).map_err(|error| damaged(&error.to_string()))?
            }
            None => CompactRange::new(),
        };
        let closed = i64::try_from(range.size()).map_err(|_| damaged("the size of the log"))?;
        let open = match meta::get(db, meta::SEED)? {
            None => None,
            Some(seed) => {
                let seed = seed.try_into().map_err(|_| damaged("a report's seed"))?;
                let (count, raw): (u64, usize) = db.query_row(
                    "SELECT count(*), coalesce(sum(length(line) + 1), 0) FROM line WHERE seq >= ?1",
                    [closed],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?;
                Some(Open {
                    seed: Seed::new(seed),
                    count,
                    raw,
                    since: 0,
                })
            }
        };
        let receipt = match meta::get(db, meta::RECEIPT)? {
            Some(bytes) => Some(Held::from_bytes(&bytes).ok_or_else(|| damaged("the receipt"))?),
            None => None,
        };
        let waiting = db.query_row(
            "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM report",
            [],
            |row| {
                Ok(Waiting {
                    reports: row.get(0)?,
                    bytes: row.get(1)?,
                })
            },
        )?;
        let confirming: bool =
            db.query_row("SELECT count(*) > 0 FROM confirmed", [], |row| row.get(0))?;
        let mut tip = Self {
            range,
            open,
            receipt,
            waiting,
            confirming: confirming.then_some(0),
            memory: Memory::default(),
        };
        tip.memory = Memory::read(db, tip.next())?;
        Ok(tip)
    }

    /// The place of the next record.
    fn next(&self) -> u64 {
        let open = self.open.as_ref().map_or(0, |open| open.count);
        self.range.size().saturating_add(open)
    }

    fn receipt_hash(&self) -> Option<Hash> {
        self.receipt
            .as_ref()
            .map(|held| Receipt::hash_of(&held.line))
    }
}

impl Log {
    fn name(bytes: &[u8]) -> Option<(DeviceId, String)> {
        let (device, origin) = bytes.split_first_chunk()?;
        Some((DeviceId(*device), String::from_utf8(origin.to_vec()).ok()?))
    }
}

impl Held {
    fn to_bytes(&self) -> Vec<u8> {
        let numbers = [self.size.to_be_bytes(), self.time.to_be_bytes()].concat();
        [&numbers, self.line.as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (size, rest) = bytes.split_first_chunk()?;
        let (time, line) = rest.split_first_chunk()?;
        Some(Self {
            size: u64::from_be_bytes(*size),
            time: u64::from_be_bytes(*time),
            line: String::from_utf8(line.to_vec()).ok()?,
        })
    }
}

impl Life {
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.stopped)];
        bytes.extend(self.at.0.to_be_bytes());
        bytes.extend(self.boot.0);
        if let Some((mono, awake)) = self.clocks {
            bytes.extend(mono.to_be_bytes());
            bytes.extend(awake.to_be_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&[stopped], rest) = bytes.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let (boot, rest) = rest.split_first_chunk()?;
        let clocks = match rest.split_first_chunk() {
            None if rest.is_empty() => None,
            None => return None,
            Some((mono, awake)) => Some((
                u64::from_be_bytes(*mono),
                u64::from_be_bytes(awake.try_into().ok()?),
            )),
        };
        Some(Self {
            stopped: stopped == 1,
            at: UnixMs(i64::from_be_bytes(*at)),
            boot: BootId(*boot),
            clocks,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;
