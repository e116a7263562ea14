//! Letting go of what the collector holds.

use proviso_report::{Checkpoint, Hash, Receipt};
use rusqlite::OptionalExtension as _;

use super::{Held, Journal, WriteError};

/// Free pages that are given back to the disk at once.
const MAX_FREE_PAGES: i64 = 1_024;

impl Journal {
    /// The collector holds the log up to this checkpoint, by a receipt that was verified. Lets go
    /// of the reports up to there. False: the checkpoint is not of this log; nothing is let go.
    ///
    /// A receipt that comes late, after a greater one, changes nothing. If it is older than every
    /// checkpoint that is kept it cannot be compared, and nothing depends on it.
    pub fn hold(&mut self, checkpoint: &Checkpoint, receipt: &Receipt) -> Result<bool, WriteError> {
        if checkpoint.origin != self.log.origin {
            return Ok(false);
        }
        let Ok(size) = i64::try_from(checkpoint.size) else {
            return Ok(false);
        };
        let held = self.held();
        let own: Option<[u8; 32]> = self
            .db
            .prepare_cached("SELECT root FROM checkpoint WHERE size = ?1")?
            .query_row([size], |row| row.get(0))
            .optional()?;
        match own.map(Hash) {
            Some(root) if root != checkpoint.root => return Ok(false),
            Some(_) if checkpoint.size < held => return Ok(true),
            Some(_) => {}
            None => {
                let oldest: Option<i64> =
                    self.db
                        .query_row("SELECT min(size) FROM checkpoint", [], |row| row.get(0))?;
                return Ok(oldest.is_some_and(|oldest| size < oldest && checkpoint.size < held));
            }
        }
        let held = Held {
            size: checkpoint.size,
            time: receipt.time,
            line: receipt.line().to_owned(),
        };
        // The collector goes on with this log: the key of a new one is not needed, and this log's
        // changes again.
        self.pending = None;
        let _durable = self.transact(|writer| {
            let (reports, bytes): (u64, u64) = writer.db.query_row(
                "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM report WHERE first < ?1",
                [size],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            writer
                .db
                .prepare_cached("DELETE FROM report WHERE first < ?1")?
                .execute([size])?;
            let waiting = &mut writer.tip.waiting;
            waiting.reports = waiting.reports.saturating_sub(reports);
            waiting.bytes = waiting.bytes.saturating_sub(bytes);
            writer.set_receipt(held)
        })?;
        self.give_back()?;
        Ok(true)
    }

    /// After a long outage most of the file is free: gives it back to the disk, bit by bit.
    fn give_back(&self) -> Result<(), WriteError> {
        let free: i64 = self
            .db
            .pragma_query_value(None, "freelist_count", |row| row.get(0))?;
        if free > MAX_FREE_PAGES {
            let mut statement = self
                .db
                .prepare(&format!("PRAGMA incremental_vacuum({MAX_FREE_PAGES})"))?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
        }
        Ok(())
    }
}
