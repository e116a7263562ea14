//! What was found about a person in a time, each with what people say of it last.
//!
//! Promises: nothing here is a table of its own; it is read from findings, alerts and decisions.

use super::ids::{DeviceId, FindingId, Hash, PersonId};
use super::sql::{Read, SqlError};

/// One possible breach, and where it stands.
#[derive(Debug, Clone)]
pub struct Stands {
    /// Its finding.
    pub finding: FindingId,
    /// On which computer, in which record of its log.
    pub device: DeviceId,
    /// The record's place.
    pub seq: u64,
    /// When it happened, Unix milliseconds.
    pub at: i64,
    /// Its clause.
    pub clause: String,
    /// Its rule.
    pub rule: String,
    /// The order that the rule is of.
    pub order: Hash,
    /// `review`, `breach` or `urgent`.
    pub severity: String,
    /// `unproven`, `proven` or `contradicted`.
    pub proof: String,
    /// The latest decision: verdict, reason and when; none: nobody said anything.
    pub said: Option<(String, String, i64)>,
}

/// What was found of a time from `from` up to but not including `to`, in order.
pub fn found(
    read: &Read<'_>,
    person: &PersonId,
    (from, to): (i64, i64),
    limit: u64,
) -> Result<Vec<Stands>, SqlError> {
    read.query(
        "SELECT f.id, f.at, f.clause, f.rule, f.severity, f.proof, d.verdict, d.reason, d.at, f.order_digest, \
         f.device, f.seq \
         FROM finding f JOIN alert a ON a.finding = f.id \
         LEFT JOIN decision d ON d.finding = f.id AND NOT EXISTS (SELECT 1 FROM decision e \
         WHERE e.finding = d.finding AND (e.at > d.at OR (e.at = d.at AND e.id > d.id))) \
         WHERE f.person = $1 AND f.at >= $2 AND f.at < $3 ORDER BY f.at, f.id LIMIT $4",
        &[person.as_str().into(), from.into(), to.into(), limit.into()],
        |row| {
            let verdict = row.maybe_text(6)?;
            let reason = row.maybe_text(7)?;
            let at = row.maybe_int(8)?;
            Ok(Stands {
                finding: row.parsed(0)?,
                device: row.parsed(10)?,
                seq: row.count(11)?,
                at: row.int(1)?,
                clause: row.text(2)?,
                rule: row.text(3)?,
                order: row.parsed(9)?,
                severity: row.text(4)?,
                proof: row.text(5)?,
                said: verdict.zip(reason).zip(at).map(|((verdict, reason), at)| (verdict, reason, at)),
            })
        },
    )
}
