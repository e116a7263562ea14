//! Programs whose start is recorded: their end is recorded too, under the same clauses.

use proviso_report::Hash;
use proviso_report::fact::{Fact, ProcessEnd};
use rusqlite::OptionalExtension as _;

use super::{WriteError, Writer};
use crate::scope::Judged;

/// Programs that are remembered; the longest running are forgotten first.
const MAX_PROGRAMS: u64 = 20_000;
/// Between two looks for programs that are too many, in records.
const LOOK_EVERY: u64 = 256;

/// The record of a program's start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its place in the log.
    pub seq: u64,
    /// The clauses that cover it.
    pub clauses: Vec<String>,
    /// The order that they stand in.
    pub order: Hash,
}

impl Writer<'_> {
    /// The record of the start of a program that has ended.
    pub fn start_of(&self, end: &ProcessEnd) -> Result<Option<Start>, WriteError> {
        let found: Option<(u64, String, [u8; 32])> = self
            .db
            .prepare_cached(
                "SELECT seq, clauses, ordered FROM program WHERE pid = ?1 AND started = ?2",
            )?
            .query_row((end.pid, end.started), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        Ok(found.map(|(seq, clauses, order)| Start {
            seq,
            clauses: clauses.lines().map(str::to_owned).collect(),
            order: Hash(order),
        }))
    }

    /// Remembers a start, forgets it with the end.
    pub(super) fn follow(&mut self, seq: u64, judged: &Judged) -> Result<(), WriteError> {
        let seen = judged.seen();
        match &seen.observation().fact {
            Fact::ProcessStart(start) => {
                self.db
                    .prepare_cached("INSERT OR REPLACE INTO program VALUES (?1, ?2, ?3, ?4, ?5)")?
                    .execute((
                        start.pid,
                        start.started,
                        seq,
                        seen.clauses().join("\n"),
                        seen.order().0,
                    ))?;
            }
            Fact::ProcessEnd(end) => {
                self.db
                    .prepare_cached("DELETE FROM program WHERE pid = ?1 AND started = ?2")?
                    .execute((end.pid, end.started))?;
            }
            _ => {}
        }
        if seq.is_multiple_of(LOOK_EVERY) {
            self.db
                .prepare_cached(
                    "DELETE FROM program WHERE seq <= coalesce(
                        (SELECT seq FROM program ORDER BY seq DESC LIMIT 1 OFFSET ?1), -1)",
                )?
                .execute([MAX_PROGRAMS])?;
        }
        Ok(())
    }
}
