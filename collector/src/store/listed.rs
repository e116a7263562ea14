//! Lists for programs: what the pages show, a run at a time, each from where the last one ended.
//!
//! Promises: a run begins after a place and never after a number of rows, so that what comes or goes
//! meanwhile makes nobody miss a row or see it twice; each list holds only people whom `staff` sees.

use super::audit::{Entry, Shown};
use super::cases::{self, CaseFile, Stage};
use super::casework::AlertState;
use super::ids::{DeviceId, FindingId, Hash, PersonId};
use super::sql::{Read, Row, SqlError};

/// Somebody in sight.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Who.
    pub id: PersonId,
    /// What screens call them.
    pub pseudonym: String,
    /// Alerts that nobody decided.
    pub waiting: u64,
}

/// An alert with what its finding says beside what it quotes.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its finding.
    pub finding: FindingId,
    /// Whom it concerns.
    pub person: PersonId,
    /// On which device.
    pub device: DeviceId,
    /// Unix milliseconds when it was opened.
    pub opened: i64,
    /// Where it stands.
    pub state: AlertState,
    /// Unix milliseconds when it happened, by the device's clock.
    pub at: i64,
    /// How bad.
    pub severity: String,
    /// By which rule.
    pub rule: String,
    /// Under which clause.
    pub clause: String,
    /// Of which order.
    pub order: Hash,
}

/// People whom `staff` sees, by pseudonym, from the one after `after` on.
pub fn people(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    after: &str,
    limit: u64,
) -> Result<Vec<Seen>, SqlError> {
    read.query(
        "SELECT p.id, p.pseudonym, (SELECT count(*) FROM alert a WHERE a.person = p.id \
         AND a.state IN ('open', 'acknowledged')) FROM person p WHERE p.pseudonym > $3 AND p.id IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY p.pseudonym LIMIT $4",
        &[staff.into(), now.into(), after.into(), limit.into()],
        |row| {
            Ok(Seen {
                id: row.parsed(0)?,
                pseudonym: row.text(1)?,
                waiting: row.count(2)?,
            })
        },
    )
}

/// The same people, only who they are.
pub fn everybody(read: &Read<'_>, (staff, now): (&str, i64)) -> Result<Vec<PersonId>, SqlError> {
    read.query(
        "SELECT DISTINCT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2 \
         ORDER BY person",
        &[staff.into(), now.into()],
        |row| row.parsed(0),
    )
}

/// Alerts in a state, the oldest first, from the one after `after` on; of one person, if one is given.
pub fn alerts(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    (state, person): (AlertState, Option<&PersonId>),
    (opened, finding): (i64, &str),
    limit: u64,
) -> Result<Vec<Listed>, SqlError> {
    read.query(
        "SELECT a.finding, a.person, f.device, a.opened, a.state, f.at, f.severity, f.rule, \
         f.clause, f.order_digest FROM alert a JOIN finding f ON f.id = a.finding \
         WHERE a.state = $3 AND (a.person = $4 OR $4 IS NULL) \
         AND (a.opened > $5 OR (a.opened = $5 AND a.finding > $6)) AND a.person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY a.opened, a.finding LIMIT $7",
        &[
            staff.into(),
            now.into(),
            state.as_str().into(),
            person.map(PersonId::as_str).into(),
            opened.into(),
            finding.into(),
            limit.into(),
        ],
        listed,
    )
}

/// Cases at a stage, the worst first, then the longest waiting, from the one after `(rank, opened, id)` on; of
/// one person, if one is given.
pub fn cases(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    (stage, person): (Stage, Option<&PersonId>),
    (rank, opened, id): (i64, i64, &str),
    limit: u64,
) -> Result<Vec<CaseFile>, SqlError> {
    let ids = read.query(
        "SELECT id FROM casefile WHERE stage = $7 AND (person = $8 OR $8 IS NULL) AND (rank > $3 OR (rank = $3 AND (opened > $4 \
         OR (opened = $4 AND id > $5)))) AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY rank, opened, id LIMIT $6",
        &[
            staff.into(),
            now.into(),
            rank.into(),
            opened.into(),
            id.into(),
            limit.into(),
            (stage as u64).into(),
            person.map(PersonId::as_str).into(),
        ],
        |row| row.text(0),
    )?;
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        all.extend(cases::get(read, &id)?);
    }
    Ok(all)
}

/// The first thousand alerts in a case, by id.
pub fn alerts_in(read: &Read<'_>, case: &str) -> Result<Vec<FindingId>, SqlError> {
    read.query(
        "SELECT finding FROM incase WHERE casefile = $1 ORDER BY finding LIMIT 1000",
        &[case.into()],
        |row| row.parsed(0),
    )
}

/// The audit from the entry before `before` on, the newest first: all of it (`whole`), or what `staff` did
/// and what concerns people whom they see.
pub fn audit(
    read: &Read<'_>,
    (staff, now, whole): (&str, i64, bool),
    (at, id): (i64, &str),
    limit: u64,
) -> Result<Vec<Shown>, SqlError> {
    read.query(
        "SELECT a.id, a.at, a.staff, a.action, a.person, a.reason, \
         COALESCE(s.name, a.staff), p.pseudonym FROM audit a \
         LEFT JOIN staff s ON s.id = a.staff LEFT JOIN person p ON p.id = a.person \
         WHERE (a.at < $4 OR (a.at = $4 AND a.id < $5)) AND ($3 = 1 OR a.staff = $1 OR a.person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2)) \
         ORDER BY a.at DESC, a.id DESC LIMIT $6",
        &[
            staff.into(),
            now.into(),
            i64::from(whole).into(),
            at.into(),
            id.into(),
            limit.into(),
        ],
        |row| {
            Ok(Shown {
                entry: Entry {
                    id: row.text(0)?,
                    at: row.int(1)?,
                    staff: row.text(2)?,
                    action: row.text(3)?,
                    person: row.maybe_parsed(4)?,
                    reason: row.text(5)?,
                },
                staff_name: row.text(6)?,
                pseudonym: row.maybe_text(7)?,
            })
        },
    )
}

fn listed(row: &Row<'_>) -> Result<Listed, SqlError> {
    Ok(Listed {
        finding: row.parsed(0)?,
        person: row.parsed(1)?,
        device: row.parsed(2)?,
        opened: row.int(3)?,
        state: row.parsed(4)?,
        at: row.int(5)?,
        severity: row.text(6)?,
        rule: row.text(7)?,
        clause: row.text(8)?,
        order: row.parsed(9)?,
    })
}
