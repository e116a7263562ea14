//! What the person is shown of the journal.

use std::collections::BTreeMap;

use proviso_report::fact::{Explanation, Fact, Kind};
use proviso_report::{Record, UnixMs};
use rusqlite::OptionalExtension as _;

use super::count::{HOURS, RECORDED, hour};
use super::{Counters, Journal, WriteError};

/// A line of the column `life`: a sign of life.
pub(super) const LIFE: u8 = 1;
/// The same: what the person says.
pub(super) const EXPLANATION: u8 = 2;

/// A record as the person sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    /// The record.
    pub record: Record,
    /// The rules that matched on this computer.
    pub rules: Vec<String>,
}

/// The counts of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Records by kind.
    pub recorded: BTreeMap<String, u64>,
    /// What was counted and not kept.
    pub counters: Counters,
}

impl Journal {
    /// The last records about the person and by the person, the newest first; of one account, or of
    /// all.
    pub fn last(&self, account: Option<&str>, most: usize) -> Result<Vec<Shown>, WriteError> {
        self.shown(
            "SELECT line, rules FROM line WHERE life <> 1 AND (?1 IS NULL OR account = ?1)
             ORDER BY seq DESC LIMIT ?2",
            account,
            most,
        )
    }

    /// The last records in which rules found something on this computer, the newest first.
    pub fn found(&self, account: Option<&str>, most: usize) -> Result<Vec<Shown>, WriteError> {
        self.shown(
            "SELECT line, rules FROM line WHERE life = 0 AND rules <> ''
             AND (?1 IS NULL OR account = ?1) ORDER BY seq DESC LIMIT ?2",
            account,
            most,
        )
    }

    /// What the person said last, the newest first.
    pub fn said(
        &self,
        account: Option<&str>,
        most: usize,
    ) -> Result<Vec<(Record, Explanation)>, WriteError> {
        let shown = self.shown(
            "SELECT line, rules FROM line WHERE life = 2 AND (?1 IS NULL OR account = ?1)
             ORDER BY seq DESC LIMIT ?2",
            account,
            most,
        )?;
        let said = shown.into_iter().filter_map(|shown| {
            let Fact::Explanation(said) = &shown.record.fact else {
                return None;
            };
            let said = said.clone();
            Some((shown.record, said))
        });
        Ok(said.collect())
    }

    /// Whose a record is, if it is held here and no sign of life.
    pub fn account_of(&self, seq: u64) -> Result<Option<String>, WriteError> {
        let Ok(seq) = i64::try_from(seq) else {
            return Ok(None);
        };
        let account: Option<Option<String>> = self
            .db
            .prepare_cached("SELECT account FROM line WHERE seq = ?1 AND life = 0")?
            .query_row([seq], |row| row.get(0))
            .optional()?;
        Ok(account.flatten())
    }

    /// How many explanations of an account are recorded in the last 24 hours.
    pub fn explained(&self, account: &str, now: UnixMs) -> Result<u64, WriteError> {
        Ok(self.db.query_row(
            "SELECT coalesce(sum(count), 0) FROM tally
             WHERE hour > ?1 AND sort = ?2 AND name = ?3 AND account = ?4",
            (
                hour(now).saturating_sub(HOURS),
                RECORDED,
                Kind::Explanation.as_str(),
                account,
            ),
            |row| row.get(0),
        )?)
    }

    /// The counts of the last 24 hours; records of one account, or of all.
    pub fn day(&self, account: Option<&str>, now: UnixMs) -> Result<Day, WriteError> {
        self.counts(account, hour(now).saturating_sub(HOURS))
    }

    /// The counts since the hour in which this moment is.
    pub fn since(&self, account: Option<&str>, from: UnixMs) -> Result<Day, WriteError> {
        self.counts(account, hour(from).saturating_sub(1))
    }

    fn counts(&self, account: Option<&str>, after: i64) -> Result<Day, WriteError> {
        let mut statement = self.db.prepare(
            "SELECT sort, name, sum(count) FROM tally
             WHERE hour > ?1 AND (sort <> ?2 OR ?3 IS NULL OR account = ?3) GROUP BY sort, name",
        )?;
        let mut rows = statement.query((after, RECORDED, account))?;
        let mut day = Day::default();
        while let Some(row) = rows.next()? {
            let (sort, name): (String, String) = (row.get(0)?, row.get(1)?);
            if sort == RECORDED {
                day.recorded.insert(name, row.get(2)?);
            } else {
                day.counters.add(&sort, name, row.get(2)?);
            }
        }
        Ok(day)
    }

    fn shown(
        &self,
        statement: &str,
        account: Option<&str>,
        most: usize,
    ) -> Result<Vec<Shown>, WriteError> {
        let mut statement = self.db.prepare(statement)?;
        let mut rows = statement.query((account, most))?;
        let mut shown = Vec::new();
        while let Some(row) = rows.next()? {
            let rules: String = row.get(1)?;
            shown.push(Shown {
                record: Record::parse(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?,
                rules: rules.lines().map(str::to_owned).collect(),
            });
        }
        Ok(shown)
    }
}
