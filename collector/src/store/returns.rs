//! Counts for yearly returns, of everybody whom somebody sees.
//!
//! Promises: counts and nothing else; each says of which time it is.

use std::collections::BTreeMap;

use super::ids::{Hash, PersonId};
use super::sql::{Read, SqlError};

/// An order as it was put, for counting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// Whom it binds.
    pub person: PersonId,
    /// The court's reference.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// Its file.
    pub digest: Hash,
    /// When it was put, Unix milliseconds.
    pub at: i64,
}

/// How often something was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The word in the table.
    pub verdict: String,
    /// Decisions.
    pub count: u64,
    /// About how many people.
    pub people: u64,
}

/// How many people have each level of risk, by the latest assessment before `end`; an empty word: none yet.
pub fn levels(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    end: i64,
) -> Result<BTreeMap<String, u64>, SqlError> {
    let rows = read.query(
        "SELECT COALESCE((SELECT r.level FROM risk_level r WHERE r.person = p.id AND r.at < $3 \
         ORDER BY r.at DESC, r.id DESC LIMIT 1), '') AS level, count(*) FROM person p \
         WHERE p.created < $3 AND p.id IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) GROUP BY 1",
        &[staff.into(), now.into(), end.into()],
        |row| Ok((row.text(0)?, row.count(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}

/// Every order that was put before `end`, by person and time.
pub fn orders(read: &Read<'_>, (staff, now): (&str, i64), end: i64) -> Result<Vec<Put>, SqlError> {
    read.query(
        "SELECT person, id, version, digest, put FROM orders WHERE put < $3 AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY person, put, version",
        &[staff.into(), now.into(), end.into()],
        |row| {
            Ok(Put {
                person: row.parsed(0)?,
                id: row.text(1)?,
                version: row.count(2)?,
                digest: row.parsed(3)?,
                at: row.int(4)?,
            })
        },
    )
}

/// What was decided from a moment up to another.
pub fn decisions(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    (from, to): (i64, i64),
) -> Result<Vec<Decided>, SqlError> {
    read.query(
        "SELECT d.verdict, count(*), count(DISTINCT f.person) FROM decision d \
         JOIN finding f ON f.id = d.finding WHERE d.at >= $3 AND d.at < $4 AND f.person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         GROUP BY d.verdict ORDER BY d.verdict",
        &[staff.into(), now.into(), from.into(), to.into()],
        |row| {
            Ok(Decided {
                verdict: row.text(0)?,
                count: row.count(1)?,
                people: row.count(2)?,
            })
        },
    )
}

/// Possible breaches that were found from a moment up to another: how many, and about how many people.
pub fn found(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    (from, to): (i64, i64),
) -> Result<(u64, u64), SqlError> {
    let found = read.first(
        "SELECT count(*), count(DISTINCT person) FROM alert WHERE opened >= $3 AND opened < $4 \
         AND person IN (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2)",
        &[staff.into(), now.into(), from.into(), to.into()],
        |row| Ok((row.count(0)?, row.count(1)?)),
    )?;
    Ok(found.unwrap_or_default())
}
