//! Lists of cases: the queue of whoever sees these people, what is put aside, one person's.

use super::super::ids::PersonId;
use super::super::sql::{Read, SqlError};
use super::{CaseFile, CaseKind, case_file};

/// How much waits in somebody's queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cases.
    pub cases: u64,
    /// Alerts in them: urgent, possible breaches, for review.
    pub alerts: [u64; 3],
    /// Of these, how many nobody has taken up.
    pub unheeded: u64,
    /// Cases of watching and logs.
    pub watching: u64,
    /// Cases out of the way for a while.
    pub snoozed: u64,
    /// People with a case.
    pub people: u64,
}

/// Cases that wait, of everybody whom `staff` sees: worst first, then longest waiting. Those that are
/// snoozed now only if `snoozed` says so.
pub fn queue(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    snoozed: bool,
    limit: u64,
    skip: u64,
) -> Result<Vec<CaseFile>, SqlError> {
    read.query(
        "SELECT id, person, kind, subject, device, stage, rank, opened, latest, first_at, last_at, \
         urgent, breach, review, unheeded, unheeded_since, total, unsigned, snoozed, lead \
         FROM casefile WHERE stage = 0 AND (snoozed <= $2 OR $3 = 1) AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY rank, opened, id LIMIT $4 OFFSET $5",
        &[
            staff.into(),
            now.into(),
            i64::from(snoozed).into(),
            limit.into(),
            skip.into(),
        ],
        case_file,
    )
}

/// Cases that are snoozed now, of everybody whom `staff` sees: those that come back first stand first.
pub fn asleep(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    limit: u64,
) -> Result<Vec<CaseFile>, SqlError> {
    read.query(
        "SELECT id, person, kind, subject, device, stage, rank, opened, latest, first_at, last_at, \
         urgent, breach, review, unheeded, unheeded_since, total, unsigned, snoozed, lead \
         FROM casefile WHERE stage = 0 AND snoozed > $2 AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY snoozed, rank, id LIMIT $3",
        &[staff.into(), now.into(), limit.into()],
        case_file,
    )
}

/// One person's cases: those that wait first, worst and longest waiting on top; then the latest decided.
pub fn of_person(
    read: &Read<'_>,
    person: &PersonId,
    limit: u64,
    skip: u64,
) -> Result<Vec<CaseFile>, SqlError> {
    read.query(
        "SELECT id, person, kind, subject, device, stage, rank, opened, latest, first_at, last_at, \
         urgent, breach, review, unheeded, unheeded_since, total, unsigned, snoozed, lead \
         FROM casefile WHERE person = $1 ORDER BY CASE stage WHEN 0 THEN 0 ELSE 1 END, \
         CASE stage WHEN 0 THEN rank ELSE 0 END, CASE stage WHEN 0 THEN opened ELSE - latest END, id \
         LIMIT $2 OFFSET $3",
        &[person.as_str().into(), limit.into(), skip.into()],
        case_file,
    )
}

/// How much waits, of everybody whom `staff` sees.
pub fn counts(read: &Read<'_>, (staff, now): (&str, i64)) -> Result<Counts, SqlError> {
    let rows = read.query(
        "SELECT kind, count(*), sum(urgent), sum(breach), sum(review), sum(unheeded), \
         sum(CASE WHEN snoozed > $2 THEN 1 ELSE 0 END) FROM casefile WHERE stage = 0 AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) GROUP BY kind",
        &[staff.into(), now.into()],
        |row| {
            let alerts = [row.count(2)?, row.count(3)?, row.count(4)?];
            Ok((
                row.text(0)?,
                row.count(1)?,
                alerts,
                row.count(5)?,
                row.count(6)?,
            ))
        },
    )?;
    let people = read.first(
        "SELECT count(DISTINCT person) FROM casefile WHERE stage = 0 AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2)",
        &[staff.into(), now.into()],
        |row| row.count(0),
    )?;
    let mut counts = Counts {
        people: people.unwrap_or(0),
        ..Counts::default()
    };
    for (kind, cases, alerts, unheeded, snoozed) in rows {
        counts.cases += cases;
        counts.snoozed += snoozed;
        if kind == CaseKind::Finding.as_str() {
            counts.alerts = alerts;
            counts.unheeded = unheeded;
        } else {
            counts.watching += cases;
        }
    }
    Ok(counts)
}
