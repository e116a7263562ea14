//! A new log where one was broken off.
//!
//! The collector refused to go on with this log: it holds another history under its name, or more of
//! it than this computer. The old log ends there. The new one begins with the record that names it
//! (`log_continues`) and takes over every record that the collector does not hold, at a new place,
//! with its own times, clauses and order.
//!
//! Promises: all of it is one transaction; a crash leaves the old log or the new one. What cannot be
//! taken over (what refers to records of the old log) is counted in a gap record. Keys are as with
//! every change: the old one is wiped when the new one counts.

use std::collections::BTreeMap;

use proviso_report::fact::{Fact, Gap, GapCause, LogBreak, LogContinues};
use proviso_report::frame::{EpochAnswer, EpochRequest, MAX_ENDS};
use proviso_report::{CompactRange, DeviceId, Hash, Record, Report};
use rusqlite::{Connection, TransactionBehavior};

use super::judging::{Judges, Memory};
use super::key::Signing;
use super::{Journal, Log, Tip, Waiting, WriteError, Writer, meta};
use crate::platform::clock::Moment;

/// What is taken over from the old log.
struct Carried {
    records: Vec<Record>,
    /// Lines that cannot be read.
    lost: u64,
}

impl Journal {
    /// The log that the records are of: its number and its name.
    #[must_use]
    pub fn log(&self) -> (DeviceId, String) {
        (self.log.device, self.log.origin.clone())
    }

    /// The request for a new log. The key that will sign it is made once and kept until the answer.
    pub fn ask_for_epoch(&mut self, cause: LogBreak) -> Result<EpochRequest, WriteError> {
        let next = match self.pending.take() {
            Some(next) => next,
            None => self.log.key.make_next()?,
        };
        let mut request = EpochRequest {
            log: self.log.device,
            cause,
            ends: self.ends()?,
            log_key: *next.verifier().key(),
            proof: [0; 64],
            agent_version: env!("CARGO_PKG_VERSION").into(),
        };
        request.proof = next.sign(&request.message_to_sign());
        self.pending = Some(next);
        Ok(request)
    }

    /// Where reports ended that the collector may hold, and the roots there.
    fn ends(&self) -> Result<Vec<(u64, Hash)>, WriteError> {
        let mut statement = self
            .db
            .prepare("SELECT size, root FROM checkpoint ORDER BY size")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, Hash(row.get(1)?))))?;
        let mut ends: Vec<(u64, Hash)> = rows.collect::<rusqlite::Result<_>>()?;
        if ends.len() > MAX_ENDS {
            // The oldest and the newest: both agree on the ones, or on the others.
            let half = MAX_ENDS / 2;
            ends.drain(half..ends.len().saturating_sub(half));
        }
        Ok(ends)
    }

    /// Goes on in the new log. `begins`: the order in force and its lists, stated at its beginning.
    pub fn begin_epoch(
        &mut self,
        judges: &dyn Judges,
        cause: LogBreak,
        answer: &EpochAnswer,
        begins: &[Fact],
        now: &Moment,
    ) -> Result<(), WriteError> {
        // Confirmations that are not records yet are about records of the old log.
        let _durable = self.transact_judged(judges, |writer| writer.flush_confirmed(now))?;
        let Some(next) = self.pending.take() else {
            return Err(WriteError::Damaged("the key of the new log".into()));
        };
        let log = Log {
            device: answer.device,
            origin: answer.origin.clone(),
            key: self.log.key.followed_by(next, &answer.origin)?,
        };
        match self.begin_in(judges, cause, answer, begins, &log, now) {
            Ok((tip, signing)) => {
                self.tip = tip;
                self.signing = Some(signing);
                self.log = log;
                if let Err(error) = self.log.key.settle() {
                    tracing::error!(%error, "the log's last key could not be wiped yet");
                }
                Ok(())
            }
            Err(error) => {
                self.pending = Some(log.key.into_next());
                Err(error)
            }
        }
    }

    fn begin_in(
        &mut self,
        judges: &dyn Judges,
        cause: LogBreak,
        answer: &EpochAnswer,
        begins: &[Fact],
        log: &Log,
        now: &Moment,
    ) -> Result<(Tip, Signing), WriteError> {
        let old = self.tip.clone();
        // What it gave receipts for is not here any more.
        let held = answer.held.max(self.held()).min(old.range.size());
        let root = self.root_at(held)?;
        let continues = LogContinues {
            log: self.log.device,
            size: held,
            root,
            cause,
        };
        let transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let carried = carried(&transaction, held, old.range.size())?;
        let visits = visits_of(&transaction, held)?;
        clear(&transaction)?;
        let tip = Tip {
            range: CompactRange::new(),
            open: None,
            // Its hash stands in the first record: that is later than this receipt.
            receipt: old.receipt,
            waiting: Waiting::default(),
            confirming: None,
            memory: Memory::fresh(),
        };
        let mut writer = Writer::new(&transaction, log, judges, tip);
        writer.state(now.at, continues.into(), now)?;
        for fact in begins {
            writer.state(now.at, fact.clone(), now)?;
        }
        let places = writer.carry(carried, now)?;
        writer.close_as_it_is(now)?;
        move_visits(&transaction, &visits, &places)?;
        let mut tip = writer.into_tip();
        tip.receipt = None;
        meta::clear(&transaction, meta::RECEIPT)?;
        let name = [&log.device.0[..], log.origin.as_bytes()].concat();
        meta::put(&transaction, meta::LOG, &name)?;
        let signing = Signing::new(*log.key.verifier().key(), now);
        meta::put(&transaction, meta::KEY, &signing.to_bytes())?;
        tip.memory
            .write(&Memory::fresh(), &transaction, tip.next())?;
        tip.memory.is_new = false;
        transaction.commit()?;
        Ok((tip, signing))
    }

    fn root_at(&self, size: u64) -> Result<Hash, WriteError> {
        if size == 0 {
            return Ok(CompactRange::new().root());
        }
        let root = self.db.query_row(
            "SELECT root FROM checkpoint WHERE size = ?1",
            [size],
            |row| row.get(0),
        )?;
        Ok(Hash(root))
    }
}

impl Writer<'_> {
    /// Takes records over. Answers where each of them stands now, by its old place.
    fn carry(&mut self, carried: Carried, now: &Moment) -> Result<BTreeMap<u64, u64>, WriteError> {
        let mut places = BTreeMap::new();
        let mut lost = carried.lost;
        for mut record in carried.records {
            let before = record.seq;
            let refers = refer(&mut record.fact, &places);
            if refers != Refers::Whole {
                lost = lost.saturating_add(1);
            }
            if refers == Refers::Not {
                continue;
            }
            record.seq = self.tip.next();
            match self.append_record(record, now) {
                Ok(seq) => {
                    places.insert(before, seq);
                }
                Err(WriteError::Record(_)) => lost = lost.saturating_add(1),
                Err(error) => return Err(error),
            }
        }
        let forgotten = self.move_programs(&places)?;
        if lost > 0 || forgotten > 0 {
            let detail = format!(
                "the log was broken off: {lost} of its records are about records of the log before \
                 and could not be taken over whole, and the ends of {forgotten} programs that began before \
                 are not recorded"
            );
            let gap = Gap {
                cause: GapCause::Crash,
                source: None,
                count: Some(lost.saturating_add(forgotten)),
                from: None,
                to: Some(now.at.0),
                detail,
            };
            self.state(now.at, gap.into(), now)?;
        }
        Ok(places)
    }

    /// Programs that run keep the record of their start, if it was taken over; how many are forgotten.
    fn move_programs(&mut self, places: &BTreeMap<u64, u64>) -> Result<u64, WriteError> {
        let mut forgotten = 0_u64;
        let mut select = self.db.prepare("SELECT pid, started, seq FROM program")?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let programs: Vec<(i64, i64, u64)> = rows.collect::<rusqlite::Result<_>>()?;
        let mut update = self
            .db
            .prepare("UPDATE program SET seq = ?3 WHERE pid = ?1 AND started = ?2")?;
        let mut delete = self
            .db
            .prepare("DELETE FROM program WHERE pid = ?1 AND started = ?2")?;
        for (pid, started, seq) in programs {
            match places.get(&seq) {
                Some(place) => update.execute((pid, started, place))?,
                None => {
                    forgotten = forgotten.saturating_add(1);
                    delete.execute((pid, started))?
                }
            };
        }
        Ok(forgotten)
    }
}

/// Are the records that a fact is about here?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refers {
    Whole,
    Partly,
    Not,
}

/// Lets a fact name records by their new places.
fn refer(fact: &mut Fact, places: &BTreeMap<u64, u64>) -> Refers {
    match fact {
        Fact::VisitsConfirmed(confirmed) => {
            let named = confirmed.seqs.len();
            confirmed.seqs = confirmed
                .seqs
                .iter()
                .filter_map(|seq| places.get(seq).copied())
                .collect();
            match confirmed.seqs.len() {
                all if all == named => Refers::Whole,
                0 => Refers::Not,
                _ => Refers::Partly,
            }
        }
        Fact::ProcessEnd(end) => {
            let Some(before) = &mut end.start_seq else {
                return Refers::Whole;
            };
            let Some(place) = places.get(before) else {
                return Refers::Not;
            };
            *before = *place;
            Refers::Whole
        }
        _ => Refers::Whole,
    }
}

/// The records from `held` on, of closed reports and of the open one.
fn carried(db: &Connection, held: u64, closed: u64) -> Result<Carried, WriteError> {
    let mut carried = Carried {
        records: Vec::new(),
        lost: 0,
    };
    let mut take = |seq: u64, line: &[u8]| match Record::parse(line) {
        _ if seq < held => {}
        // These are about the old log alone.
        Ok(record) if matches!(record.fact, Fact::KeyChanged(_) | Fact::LogContinues(_)) => {}
        Ok(record) => carried.records.push(record),
        Err(_) => carried.lost = carried.lost.saturating_add(1),
    };
    let mut reports = db.prepare("SELECT bytes FROM report ORDER BY first")?;
    let mut rows = reports.query([])?;
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        let report = Report::parse(bytes)?;
        let lines = report.lines()?;
        for (seq, line) in (report.first..).zip(lines.iter()) {
            take(seq, line);
        }
    }
    let mut open = db.prepare("SELECT seq, line FROM line WHERE seq >= ?1 ORDER BY seq")?;
    let mut rows = open.query([closed])?;
    while let Some(row) = rows.next()? {
        let line = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        take(row.get(0)?, line);
    }
    Ok(carried)
}

/// A visit that a second source may confirm.
type Visit = (u64, Vec<u8>, i64, String, String, i64);

fn visits_of(db: &Connection, held: u64) -> Result<Vec<Visit>, WriteError> {
    let mut statement =
        db.prepare("SELECT seq, key, at, method, rules, noted FROM visit WHERE seq >= ?1")?;
    let rows = statement.query_map([held], |row| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
        ))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn move_visits(
    db: &Connection,
    visits: &[Visit],
    places: &BTreeMap<u64, u64>,
) -> Result<(), WriteError> {
    let mut insert = db.prepare("INSERT INTO visit VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (seq, key, at, method, rules, noted) in visits {
        if let Some(place) = places.get(seq) {
            insert.execute((place, key, at, method, rules, noted))?;
        }
    }
    Ok(())
}

/// Everything that is about places in the old log.
fn clear(db: &Connection) -> Result<(), WriteError> {
    db.execute_batch(
        "DELETE FROM report; DELETE FROM line; DELETE FROM checkpoint; DELETE FROM visit;
         DELETE FROM confirmed;",
    )?;
    for key in [meta::RANGE, meta::SEED, meta::JUDGE, meta::FOLLOWED] {
        meta::clear(db, key)?;
    }
    Ok(())
}
