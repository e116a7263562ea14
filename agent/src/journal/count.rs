//! Counts: of what was not kept, for the next heartbeat; of everything, for `status`.

use std::collections::BTreeMap;

use proviso_report::UnixMs;
use proviso_report::fact::Kind;

use super::{WriteError, Writer};
use crate::platform::clock::Moment;
use crate::scope::{Count, Judged};

const UNCOVERED: &str = "uncovered";
const SUPPRESSED: &str = "suppressed";
const CANNOT_TELL: &str = "cannot_tell";
pub(super) const RECORDED: &str = "recorded";
const HOUR_MS: i64 = 3_600_000;
/// `status` counts a day, and the hour that runs.
pub(super) const HOURS: i64 = 24;

/// What was not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// By kind.
    pub uncovered: BTreeMap<String, u64>,
    /// By exemption.
    pub suppressed: BTreeMap<String, u64>,
    /// By rule: what was not kept since it could not be told whether the rule covers it.
    pub cannot_tell: BTreeMap<String, u64>,
}

impl Counters {
    pub(super) fn add(&mut self, sort: &str, name: String, count: u64) {
        let into = match sort {
            UNCOVERED => &mut self.uncovered,
            SUPPRESSED => &mut self.suppressed,
            CANNOT_TELL => &mut self.cannot_tell,
            _ => return,
        };
        let sum = into.entry(name).or_default();
        *sum = sum.saturating_add(count);
    }
}

impl Writer<'_> {
    /// Counts something of which nothing else is kept.
    pub fn count(&mut self, count: &Count, now: &Moment) -> Result<(), WriteError> {
        let (sort, name) = match count {
            Count::Uncovered(kind) => (UNCOVERED, kind.as_str()),
            Count::Suppressed(id) => (SUPPRESSED, id.as_str()),
            Count::CannotTell(rule) => (CANNOT_TELL, rule.as_str()),
        };
        self.db
            .prepare_cached(
                "INSERT INTO counter VALUES (?1, ?2, 1)
                 ON CONFLICT DO UPDATE SET count = count + 1",
            )?
            .execute((sort, name))?;
        // Whose it was is not kept.
        self.tally(sort, "", name, now)
    }

    /// The counts so far, which begin again at 0.
    pub fn take_counters(&mut self) -> Result<Counters, WriteError> {
        let mut counters = Counters::default();
        let mut statement = self
            .db
            .prepare_cached("SELECT sort, name, count FROM counter")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let sort: String = row.get(0)?;
            counters.add(&sort, row.get(1)?, row.get(2)?);
        }
        self.db.prepare_cached("DELETE FROM counter")?.execute([])?;
        Ok(counters)
    }

    pub(super) fn tally_recorded(
        &mut self,
        judged: &Judged,
        now: &Moment,
    ) -> Result<(), WriteError> {
        let observation = judged.seen().observation();
        let account = observation.account.as_deref().unwrap_or_default();
        self.tally(RECORDED, account, observation.fact.kind().as_str(), now)
    }

    pub(super) fn tally_explained(
        &mut self,
        account: &str,
        now: &Moment,
    ) -> Result<(), WriteError> {
        self.tally(RECORDED, account, Kind::Explanation.as_str(), now)
    }

    fn tally(
        &mut self,
        sort: &str,
        account: &str,
        name: &str,
        now: &Moment,
    ) -> Result<(), WriteError> {
        let hour = hour(now.at);
        let new = self
            .db
            .prepare_cached(
                "UPDATE tally SET count = count + 1
                 WHERE hour = ?1 AND sort = ?2 AND account = ?3 AND name = ?4",
            )?
            .execute((hour, sort, account, name))?
            == 0;
        if new {
            self.db
                .prepare_cached("INSERT INTO tally VALUES (?1, ?2, ?3, ?4, 1)")?
                .execute((hour, sort, account, name))?;
            self.db
                .prepare_cached("DELETE FROM tally WHERE hour < ?1")?
                .execute([hour.saturating_sub(HOURS)])?;
        }
        Ok(())
    }
}

pub(super) fn hour(at: UnixMs) -> i64 {
    at.0.div_euclid(HOUR_MS)
}
