//! One transaction: records in, reports closed.

use proviso_report::fact::{Explanation, Fact, Gap, GapCause, Kind, VisitsConfirmed};
use proviso_report::{Hash, Method, Record, RecordError, ReportBuilder, Seed, UnixMs};
use ring::rand::{SecureRandom as _, SystemRandom};
use rusqlite::Connection;

use super::confirm::Second;
use super::judging::{Judges, Said};
use super::shown::{EXPLANATION, LIFE};
use super::{Held, Life, Log, Open, Tip, WriteError, meta};
use crate::platform::clock::Moment;
use crate::scope::Judged;
use crate::uplink::Notice;

/// A report closes with so many records.
const MAX_RECORDS: u64 = 256;
/// A report closes with so many bytes of lines: even lines that cannot be packed fit a report.
const MAX_RAW: usize = 2 << 20;
/// Records kept for the person after their report was closed; as many findings, and as many
/// explanations.
const SHOWN: u64 = 200;
/// Findings of one transaction that the person is told of; more say nothing more.
const MAX_FOUND: usize = 256;
/// Checkpoints kept to compare late receipts with.
const CHECKPOINTS: u64 = 4_096;
/// More reports than this before it, and a pressing record goes ahead as a notice.
const BACKLOG: u64 = 2;

/// A transaction that is not committed yet.
#[derive(Debug)]
pub struct Writer<'a> {
    pub(super) db: &'a Connection,
    log: &'a Log,
    pub(super) judges: &'a dyn Judges,
    pub(super) tip: Tip,
    notices: Vec<Notice>,
    /// Reports may have to wait whatever waits before them.
    dear: bool,
    found: Vec<Found>,
    pressing: bool,
}

/// What rules found in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// In whose account.
    pub account: Option<String>,
    /// Which.
    pub rules: Vec<String>,
}

/// What became of something that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is the record at this place.
    Recorded(u64),
    /// It confirms the record at this place.
    Confirmed(u64),
    /// It is too long for a record, or at a time that no calendar shows; a gap says so.
    Unwritable,
}

/// What a record says beside its place and the time.
struct Entry<'a> {
    at: UnixMs,
    account: Option<&'a str>,
    clauses: &'a [String],
    method: Method,
    order: Option<Hash>,
    fact: Fact,
    /// What the judge found in it by itself, for when its order does not judge it in its place.
    alone: Option<&'a Judged>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(db: &'a Connection, log: &'a Log, judges: &'a dyn Judges, tip: Tip) -> Self {
        Self {
            db,
            log,
            judges,
            tip,
            notices: Vec::new(),
            dear: false,
            found: Vec::new(),
            pressing: false,
        }
    }

    pub(super) fn into_tip(self) -> Tip {
        self.tip
    }

    /// Takes something that the person did: a record, or the confirmation of one.
    pub fn take(&mut self, judged: &Judged, now: &Moment) -> Result<Taken, WriteError> {
        let second = self.confirm(judged, now)?;
        if let Second::Confirms(seq) = second {
            return Ok(Taken::Confirmed(seq));
        }
        let seen = judged.seen();
        let observation = seen.observation();
        let entry = Entry {
            at: observation.at,
            account: observation.account.as_deref(),
            clauses: seen.clauses(),
            method: observation.method,
            order: Some(seen.order()),
            fact: observation.fact.clone(),
            alone: Some(judged),
        };
        let (seq, line) = match self.append(entry, now) {
            Err(WriteError::Record(why)) => {
                self.state(now.at, unwritable(observation.at, &why), now)?;
                return Ok(Taken::Unwritable);
            }
            other => other?,
        };
        if let Second::No = second {
            self.remember(seq, judged, now)?;
        }
        self.follow(seq, judged)?;
        self.tally_recorded(judged, now)?;
        // The collector judges a notice by itself.
        if judged.is_pressing() && (self.dear || self.tip.waiting.reports > BACKLOG) {
            self.notices.push(Notice { index: seq, line });
        }
        Ok(Taken::Recorded(seq))
    }

    /// The link is paid for by the byte: the uplink may hold reports back, so it is given every notice.
    pub const fn over_a_dear_link(&mut self, dear: bool) {
        self.dear = dear;
    }

    /// To be called last: a possible breach does not wait for its report to fill.
    pub fn settle(&mut self, now: &Moment) -> Result<(), WriteError> {
        if std::mem::take(&mut self.pressing) {
            self.close(now)?;
        }
        Ok(())
    }

    /// States something about the agent itself.
    pub fn state(&mut self, at: UnixMs, fact: Fact, now: &Moment) -> Result<u64, WriteError> {
        let entry = Entry {
            at,
            account: None,
            clauses: &[],
            method: Method::Agent,
            order: None,
            fact,
            alone: None,
        };
        self.append(entry, now).map(|(seq, _)| seq)
    }

    /// Takes what the person in this account says; its place in the log.
    pub fn explain(
        &mut self,
        account: &str,
        explained: Explanation,
        now: &Moment,
    ) -> Result<u64, WriteError> {
        let entry = Entry {
            at: now.at,
            account: Some(account),
            clauses: &[],
            method: Method::Person,
            order: None,
            fact: explained.into(),
            alone: None,
        };
        let (seq, _) = self.append(entry, now)?;
        self.tally_explained(account, now)?;
        Ok(seq)
    }

    /// States that a second source saw what is recorded.
    pub(super) fn state_confirmed(
        &mut self,
        confirmed: VisitsConfirmed,
        account: Option<&str>,
        clauses: &[String],
        order: Hash,
        now: &Moment,
    ) -> Result<(), WriteError> {
        let entry = Entry {
            at: now.at,
            account,
            clauses,
            method: confirmed.method,
            order: Some(order),
            fact: confirmed.into(),
            alone: None,
        };
        self.append(entry, now).map(|_| ())
    }

    /// Closes the open report, if there is one: nothing is added to it any more.
    pub fn close(&mut self, now: &Moment) -> Result<(), WriteError> {
        self.flush_confirmed(now)?;
        self.close_as_it_is(now)
    }

    /// Where a source has read up to.
    pub fn set_cursor(&mut self, source: &str, cursor: &[u8]) -> Result<(), WriteError> {
        self.db
            .prepare_cached("INSERT OR REPLACE INTO cursor VALUES (?1, ?2)")?
            .execute((source, cursor))?;
        Ok(())
    }

    /// A sign of life, to find out later until when the agent ran.
    pub fn set_life(&mut self, stopped: bool, now: &Moment) -> Result<(), WriteError> {
        let life = Life {
            stopped,
            at: now.at,
            boot: now.boot,
            clocks: Some((now.mono, now.awake)),
        };
        Ok(meta::put(self.db, meta::LIFE, &life.to_bytes())?)
    }

    /// The time zone that was last known.
    pub fn zone(&self) -> Result<Option<String>, WriteError> {
        let bytes = meta::get(self.db, meta::ZONE)?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// The time zone that is known now.
    pub fn set_zone(&mut self, zone: &str) -> Result<(), WriteError> {
        Ok(meta::put(self.db, meta::ZONE, zone.as_bytes())?)
    }

    /// Which orders are held. The bytes are the order book's.
    pub fn set_orders(&mut self, orders: &[u8]) -> Result<(), WriteError> {
        Ok(meta::put(self.db, meta::ORDERS, orders)?)
    }

    /// Records of this transaction that must go ahead of a backlog, to be sent after the commit.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// What rules found in this transaction, for the person to be told after the commit.
    pub fn take_found(&mut self) -> Vec<Found> {
        std::mem::take(&mut self.found)
    }

    pub(super) fn set_receipt(&mut self, held: Held) -> Result<(), WriteError> {
        meta::put(self.db, meta::RECEIPT, &held.to_bytes())?;
        self.tip.receipt = Some(held);
        Ok(())
    }

    fn append(&mut self, entry: Entry<'_>, now: &Moment) -> Result<(u64, Vec<u8>), WriteError> {
        let record = Record {
            seq: self.tip.next(),
            at: entry.at,
            noted: now.at,
            mono: now.mono,
            boot: now.boot,
            account: entry.account.map(str::to_owned),
            clauses: entry.clauses.to_vec(),
            methods: vec![entry.method],
            order: entry.order,
            receipt: None,
            fact: entry.fact,
        };
        self.put(record, entry.alone, now)
    }

    /// Appends a record that was made before, at the next place.
    pub(super) fn append_record(
        &mut self,
        record: Record,
        now: &Moment,
    ) -> Result<u64, WriteError> {
        self.put(record, None, now).map(|(seq, _)| seq)
    }

    /// `alone`: what the judge found in it by itself, for when its order does not judge it in its
    /// place.
    fn put(
        &mut self,
        mut record: Record,
        alone: Option<&Judged>,
        now: &Moment,
    ) -> Result<(u64, Vec<u8>), WriteError> {
        record.receipt = match self.tip.open {
            Some(_) => None,
            None => self.tip.receipt_hash(),
        };
        let mut line = record.to_line()?;
        let fits = self
            .tip
            .open
            .as_ref()
            .is_none_or(|open| open.raw.saturating_add(line.len()) < MAX_RAW);
        if !fits {
            self.close_as_it_is(now)?;
            record.receipt = self.tip.receipt_hash();
            line = record.to_line()?;
        }
        let seq = record.seq;
        let said = self.judge(&record).unwrap_or_else(|| Said {
            rules: alone.map_or_else(Vec::new, |one| one.rules().to_vec()),
            is_pressing: alone.is_some_and(Judged::is_pressing),
        });
        self.pressing |= said.is_pressing;
        if !said.rules.is_empty() && self.found.len() < MAX_FOUND {
            self.found.push(Found {
                account: record.account.clone(),
                rules: said.rules.clone(),
            });
        }
        self.db
            .prepare_cached("INSERT INTO line VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute((
                seq,
                record.account.as_deref(),
                sort(record.kind()),
                &line,
                said.rules.join("\n"),
            ))?;
        let open = self.open(now)?;
        open.count = open.count.saturating_add(1);
        open.raw = open.raw.saturating_add(line.len()).saturating_add(1);
        if open.count >= MAX_RECORDS {
            self.close_as_it_is(now)?;
        }
        Ok((seq, line))
    }

    /// The open report. Its seed is stored with its first record.
    fn open(&mut self, now: &Moment) -> Result<&mut Open, WriteError> {
        let open = match self.tip.open.take() {
            Some(open) => open,
            None => {
                let mut seed = [0; 32];
                SystemRandom::new()
                    .fill(&mut seed)
                    .map_err(|_| WriteError::Random)?;
                meta::put(self.db, meta::SEED, &seed)?;
                Open {
                    seed: Seed::new(seed),
                    count: 0,
                    raw: 0,
                    since: now.mono,
                }
            }
        };
        Ok(self.tip.open.insert(open))
    }

    pub(super) fn close_as_it_is(&mut self, now: &Moment) -> Result<(), WriteError> {
        let Some(open) = self.tip.open.take() else {
            return Ok(());
        };
        let first = self.tip.range.size();
        let mut builder = ReportBuilder::new(self.log.device, &self.tip.range, open.seed);
        let mut statement = self
            .db
            .prepare_cached("SELECT line FROM line WHERE seq >= ?1 ORDER BY seq")?;
        let mut rows = statement.query([first])?;
        while let Some(row) = rows.next()? {
            builder.push(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
        }
        let unsigned = builder.finish(&self.log.origin)?;
        let checkpoint = unsigned.checkpoint();
        let bytes = unsigned.sign_with(&self.log.key.sign(checkpoint))?;
        self.db
            .prepare_cached("INSERT INTO report VALUES (?1, ?2, ?3)")?
            .execute((first, now.at.0, &bytes))?;
        self.db
            .prepare_cached("INSERT INTO checkpoint VALUES (?1, ?2)")?
            .execute((checkpoint.size, checkpoint.root.0))?;
        meta::put(self.db, meta::RANGE, &unsigned.after().to_bytes())?;
        meta::clear(self.db, meta::SEED)?;
        self.tip.range = unsigned.after().clone();
        self.tip.waiting.reports = self.tip.waiting.reports.saturating_add(1);
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.tip.waiting.bytes = self.tip.waiting.bytes.saturating_add(len);
        self.forget()
    }

    /// Lines and checkpoints that nothing asks for any more.
    fn forget(&mut self) -> Result<(), WriteError> {
        let closed = self.tip.range.size();
        self.db
            .prepare_cached(
                "DELETE FROM line WHERE seq < ?1 AND CASE
                    WHEN life = ?3 THEN 1
                    WHEN life = ?4 THEN seq <= coalesce((SELECT seq FROM line WHERE life = ?4
                        ORDER BY seq DESC LIMIT 1 OFFSET ?2), -1)
                    WHEN seq > coalesce((SELECT seq FROM line WHERE life = 0
                        ORDER BY seq DESC LIMIT 1 OFFSET ?2), -1) THEN 0
                    WHEN rules = '' THEN 1
                    ELSE seq <= coalesce((SELECT seq FROM line WHERE life = 0 AND rules <> ''
                        ORDER BY seq DESC LIMIT 1 OFFSET ?2), -1) END",
            )?
            .execute((closed, SHOWN, LIFE, EXPLANATION))?;
        let held = self.tip.receipt.as_ref().map_or(0, |held| held.size);
        self.db
            .prepare_cached(
                "DELETE FROM checkpoint WHERE size < ?1 AND size <= coalesce(
                    (SELECT size FROM checkpoint ORDER BY size DESC LIMIT 1 OFFSET ?2), -1)",
            )?
            .execute((held, CHECKPOINTS))?;
        Ok(())
    }
}

/// How a line is kept, in its column `life`.
fn sort(kind: Kind) -> u8 {
    match kind {
        Kind::Explanation => EXPLANATION,
        kind if kind.is_life_sign() => LIFE,
        _ => 0,
    }
}

fn unwritable(at: UnixMs, why: &RecordError) -> Fact {
    Gap {
        cause: GapCause::Overflow,
        source: None,
        count: Some(1),
        from: Some(at.0),
        to: Some(at.0),
        detail: format!("what was seen cannot be written down: {why}"),
    }
    .into()
}
