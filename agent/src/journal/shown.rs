//! What `status` shows of the journal to the person it is about.

use std::collections::BTreeMap;

use proviso_report::{Record, UnixMs};

use super::count::{HOURS, RECORDED, hour};
use super::{Counters, Journal, WriteError};

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
    /// The last records about the person, the newest first; of one account, or of all.
    pub fn last(&self, account: Option<&str>, most: usize) -> Result<Vec<Shown>, WriteError> {
        let mut statement = self.db.prepare(
            "SELECT line, rules FROM line WHERE NOT life AND (?1 IS NULL OR account = ?1)
             ORDER BY seq DESC LIMIT ?2",
        )?;
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

    /// The counts of the last 24 hours; records of one account, or of all.
    pub fn day(&self, account: Option<&str>, now: UnixMs) -> Result<Day, WriteError> {
        let mut statement = self.db.prepare(
            "SELECT sort, name, sum(count) FROM tally
             WHERE hour > ?1 AND (sort <> ?2 OR ?3 IS NULL OR account = ?3) GROUP BY sort, name",
        )?;
        let mut rows = statement.query((hour(now).saturating_sub(HOURS), RECORDED, account))?;
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
}
