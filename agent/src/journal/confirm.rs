//! One visit (or download, or removal of history), two sources, one record: see [`crate::merge`].

use std::collections::BTreeMap;

use proviso_report::fact::VisitsConfirmed;
use proviso_report::{Hash, Method};
use rusqlite::OptionalExtension as _;

use super::{WriteError, Writer};
use crate::merge::{VisitKey, window_ms};
use crate::platform::clock::Moment;
use crate::scope::Judged;

/// How long a visit waits for its second source: the history is read again after a restart.
const REMEMBERED_MS: i64 = 48 * 3_600_000;
/// How many visits wait.
const MAX_REMEMBERED: u64 = 50_000;
/// Confirmations in one record.
const MAX_SEQS: usize = 1_000;
/// Between two looks for visits that have waited for too long, in records.
const LOOK_EVERY: u64 = 256;

/// What confirmations in one record have in common: how, whose, which clauses, which order.
type Common = (String, Option<String>, String, [u8; 32]);

/// What a visit is beside those that are recorded.
pub(super) enum Second {
    /// No other source has told of it.
    No,
    /// It confirms the record at this place.
    Confirms(u64),
    /// It is of a visit that is recorded, and the judge sees a rule in it that the record did not
    /// show (a source that knows the page's title): a record of its own, which nothing confirms.
    ShowsMore,
}

impl Writer<'_> {
    /// Has another source told of this visit?
    pub(super) fn confirm(&mut self, judged: &Judged, now: &Moment) -> Result<Second, WriteError> {
        let Some(key) = key(judged) else {
            return Ok(Second::No);
        };
        let window = window_ms(judged.seen().observation().fact.kind());
        let nearest: Option<(u64, String)> = self
            .db
            .prepare_cached(
                "SELECT seq, rules FROM visit
                 WHERE key = ?1 AND at BETWEEN ?2 AND ?3 AND method <> ?4
                 ORDER BY abs(at - ?5), seq LIMIT 1",
            )?
            .query_row(
                (
                    key.0,
                    judged.at().plus(-window).0,
                    judged.at().plus(window).0,
                    judged.method().as_str(),
                    judged.at().0,
                ),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((seq, rules)) = nearest else {
            return Ok(Second::No);
        };
        self.db
            .prepare_cached("DELETE FROM visit WHERE seq = ?1")?
            .execute([seq])?;
        let known = |rule: &String| rules.lines().any(|line| line == rule);
        if !judged.rules().iter().all(known) {
            return Ok(Second::ShowsMore);
        }
        let seen = judged.seen();
        self.db
            .prepare_cached("INSERT INTO confirmed VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute((
                seq,
                judged.method().as_str(),
                seen.observation().account.as_deref(),
                seen.clauses().join("\n"),
                seen.order().0,
                now.at.0,
            ))?;
        self.tip.confirming.get_or_insert(now.mono);
        Ok(Second::Confirms(seq))
    }

    /// Lets a later source confirm this record.
    pub(super) fn remember(
        &mut self,
        seq: u64,
        judged: &Judged,
        now: &Moment,
    ) -> Result<(), WriteError> {
        let Some(key) = key(judged) else {
            return Ok(());
        };
        self.db
            .prepare_cached("INSERT INTO visit VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute((
                seq,
                key.0,
                judged.at().0,
                judged.method().as_str(),
                judged.rules().join("\n"),
                now.at.0,
            ))?;
        if seq.is_multiple_of(LOOK_EVERY) {
            self.forget_visits(now)?;
        }
        Ok(())
    }

    /// Turns the confirmations that wait into records.
    pub fn flush_confirmed(&mut self, now: &Moment) -> Result<(), WriteError> {
        if self.tip.confirming.take().is_none() {
            return Ok(());
        }
        let mut groups = BTreeMap::<Common, Vec<u64>>::new();
        let mut statement = self.db.prepare_cached(
            "SELECT seq, method, account, clauses, ordered FROM confirmed ORDER BY seq",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let common = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
            groups.entry(common).or_default().push(row.get(0)?);
        }
        for ((method, account, clauses, order), seqs) in groups {
            let method = method_of(&method)?;
            let clauses: Vec<String> = clauses.lines().map(str::to_owned).collect();
            for seqs in seqs.chunks(MAX_SEQS) {
                let seqs = seqs.to_vec();
                let confirmed = VisitsConfirmed { method, seqs };
                self.state_confirmed(confirmed, account.as_deref(), &clauses, Hash(order), now)?;
            }
        }
        self.db
            .prepare_cached("DELETE FROM confirmed")?
            .execute([])?;
        Ok(())
    }

    /// Visits that nothing will confirm any more.
    fn forget_visits(&mut self, now: &Moment) -> Result<(), WriteError> {
        self.db
            .prepare_cached(
                "DELETE FROM visit WHERE noted < ?1 OR seq <= coalesce(
                    (SELECT seq FROM visit ORDER BY seq DESC LIMIT 1 OFFSET ?2), -1)",
            )?
            .execute((now.at.plus(-REMEMBERED_MS).0, MAX_REMEMBERED))?;
        Ok(())
    }
}

fn key(judged: &Judged) -> Option<VisitKey> {
    let observation = judged.seen().observation();
    VisitKey::of(b"", observation.account.as_deref(), &observation.fact)
}

/// The only methods by which visits are seen.
fn method_of(name: &str) -> Result<Method, WriteError> {
    [Method::Extension, Method::History]
        .into_iter()
        .find(|method| method.as_str() == name)
        .ok_or_else(|| WriteError::Damaged("the method of a confirmed visit".into()))
}
