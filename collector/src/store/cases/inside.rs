//! What lies in a case.

use super::super::casework::AlertState;
use super::super::conditions::{self, Condition};
use super::super::ids::{DeviceId, FindingId, Hash, PersonId};
use super::super::rulings;
use super::super::sql::{Read, SqlError};
use super::CaseFile;

/// Repeats in a case: one rule, order and matched part.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// The rule.
    pub rule: String,
    /// `review`, `breach` or `urgent`.
    pub severity: String,
    /// JSON, as in the finding.
    pub matched: String,
    /// What they quote was erased.
    pub erased: bool,
    /// Judged by this order.
    pub order: Hash,
    /// How many.
    pub count: u64,
    /// Of these, how many wait.
    pub waiting: u64,
    /// Earliest and latest time of what happened, Unix milliseconds.
    pub span: (i64, i64),
    /// One of them.
    pub any: FindingId,
}

/// What lies in a case of alerts, repeats in one: what waits first, worst and oldest on top.
pub fn repeats(
    read: &Read<'_>,
    case: &str,
    limit: u64,
    skip: u64,
) -> Result<Vec<Repeat>, SqlError> {
    read.query(
        "SELECT f.rule, f.severity, f.matched, f.order_digest, count(*), \
         sum(CASE WHEN a.state <> 'decided' THEN 1 ELSE 0 END), min(f.at), max(f.at), \
         COALESCE(min(CASE WHEN a.state <> 'decided' THEN f.id ELSE NULL END), min(f.id)), \
         max(CASE WHEN f.erased IS NULL THEN 0 ELSE 1 END) \
         FROM incase i JOIN finding f ON f.id = i.finding JOIN alert a ON a.finding = i.finding \
         WHERE i.casefile = $1 GROUP BY f.rule, f.severity, f.matched, f.order_digest \
         ORDER BY CASE WHEN sum(CASE WHEN a.state <> 'decided' THEN 1 ELSE 0 END) > 0 THEN 0 ELSE 1 END, \
         CASE f.severity WHEN 'urgent' THEN 0 WHEN 'breach' THEN 1 ELSE 2 END, min(f.at), min(f.id) \
         LIMIT $2 OFFSET $3",
        &[case.into(), limit.into(), skip.into()],
        |row| {
            Ok(Repeat {
                rule: row.text(0)?,
                severity: row.text(1)?,
                // A key that is gone must not hide that something waits.
                matched: row.opened_text(2).unwrap_or_else(|_| "[]".to_owned()),
                order: row.parsed(3)?,
                count: row.count(4)?,
                waiting: row.count(5)?,
                span: (row.int(6)?, row.int(7)?),
                any: row.parsed(8)?,
                erased: row.int(9)? == 1,
            })
        },
    )
}

/// The alerts of a case that nobody decided, oldest first, with where each stands; at most `limit`.
pub fn undecided(
    read: &Read<'_>,
    case: &str,
    limit: u64,
) -> Result<Vec<(FindingId, AlertState)>, SqlError> {
    read.query(
        "SELECT i.finding, a.state FROM incase i JOIN alert a ON a.finding = i.finding \
         WHERE i.casefile = $1 AND a.state <> 'decided' ORDER BY a.opened, i.finding LIMIT $2",
        &[case.into(), limit.into()],
        |row| Ok((row.parsed(0)?, row.parsed(1)?)),
    )
}

/// The alerts of a case that are decided, oldest first; at most `limit`.
pub fn decided(read: &Read<'_>, case: &str, limit: u64) -> Result<Vec<FindingId>, SqlError> {
    read.query(
        "SELECT i.finding FROM incase i JOIN alert a ON a.finding = i.finding \
         WHERE i.casefile = $1 AND a.state = 'decided' ORDER BY a.opened, i.finding LIMIT $2",
        &[case.into(), limit.into()],
        |row| row.parsed(0),
    )
}

/// The records behind the alerts of a case: finding, device and number, in the order of each device's log.
pub fn records(read: &Read<'_>, case: &str) -> Result<Vec<(FindingId, DeviceId, u64)>, SqlError> {
    read.query(
        "SELECT f.id, f.device, f.seq FROM incase i JOIN finding f ON f.id = i.finding \
         WHERE i.casefile = $1 ORDER BY f.device, f.seq, f.id",
        &[case.into()],
        |row| Ok((row.parsed(0)?, row.parsed(1)?, row.count(2)?)),
    )
}

/// A record behind an alert of a case that happened at just this time, such as the first or the last in it: on which
/// computer, in which record of its log.
pub fn record_at(
    read: &Read<'_>,
    (case, person): (&str, &PersonId),
    at: i64,
) -> Result<Option<(DeviceId, u64)>, SqlError> {
    read.first(
        "SELECT f.device, f.seq FROM finding f JOIN incase i ON i.finding = f.id \
         WHERE f.person = $1 AND f.at = $2 AND i.casefile = $3 ORDER BY f.device, f.seq LIMIT 1",
        &[person.as_str().into(), at.into(), case.into()],
        |row| Ok((row.parsed(0)?, row.count(1)?)),
    )
}

/// A digest of what lies and waits in a case and of what was said of it: whoever decides the case shows by it
/// what they saw. Nothing goes out of a case, and whatever people change in it is a ruling.
pub fn seen_digest(read: &Read<'_>, case: &CaseFile) -> Result<Hash, SqlError> {
    let said = rulings::count(read, &case.id)?;
    let seen = format!(
        "{} {} {} {:?} {said}",
        case.id, case.total, case.unheeded, case.waiting
    );
    Ok(Hash::of(seen.as_bytes()))
}

/// The conditions in a case, the latest first.
pub fn conditions(read: &Read<'_>, case: &str, limit: u64) -> Result<Vec<Condition>, SqlError> {
    read.query(
        "SELECT c.device, c.person, c.kind, c.source, c.seq, c.since, c.until, c.known, c.cleared \
         FROM incase_condition i JOIN condition c ON c.device = i.device AND c.kind = i.kind \
         AND c.source = i.source AND c.since = i.since WHERE i.casefile = $1 \
         ORDER BY c.since DESC, c.source LIMIT $2",
        &[case.into(), limit.into()],
        conditions::condition,
    )
}

/// How many conditions in a case last, and when the latest of those that do not was over.
pub fn lasting(read: &Read<'_>, case: &str) -> Result<(u64, Option<i64>), SqlError> {
    let found = read.first(
        "SELECT COALESCE(sum(CASE WHEN c.cleared IS NULL THEN 1 ELSE 0 END), 0), max(c.until) \
         FROM incase_condition i JOIN condition c ON c.device = i.device AND c.kind = i.kind \
         AND c.source = i.source AND c.since = i.since WHERE i.casefile = $1",
        &[case.into()],
        |row| Ok((row.count(0)?, row.maybe_int(1)?)),
    )?;
    Ok(found.unwrap_or((0, None)))
}

/// The incidents in a case, the latest first: when, and in a sentence.
pub fn incidents(read: &Read<'_>, case: &str, limit: u64) -> Result<Vec<(i64, String)>, SqlError> {
    read.query(
        "SELECT n.at, n.detail FROM incase_incident i JOIN incident n ON n.id = i.incident \
         WHERE i.casefile = $1 ORDER BY n.at DESC, n.id LIMIT $2",
        &[case.into(), limit.into()],
        |row| Ok((row.int(0)?, row.text(1)?)),
    )
}
