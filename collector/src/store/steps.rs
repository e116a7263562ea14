//! Table `sign_in_step`: sign-ins that are under way, between one page and the next.
//!
//! Promises: a step is known by the SHA-256 of its token, lives minutes, and is taken once. There are never
//! more than `MOST`: those of strangers go first, the oldest of them before the others, so that whoever only
//! opens pages takes nothing from whom a password or a session has named.

use super::sql::{Read, Row, SqlError, Tx};

/// Most of them at once.
const MOST: u64 = 10_000;

/// One of them.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it waits for.
    pub kind: &'static str,
    /// Staff id, where it is known.
    pub staff: Option<String>,
    /// What the next page must know.
    pub data: String,
    /// Unix milliseconds.
    pub expires: i64,
}

/// One that was found.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Staff id, where it is known.
    pub staff: Option<String>,
    /// What it was made with.
    pub data: String,
}

/// Keeps one.
pub fn put(tx: &Tx<'_>, hash: &[u8; 32], step: &Step, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "DELETE FROM sign_in_step WHERE expires <= $1",
        &[now.into()],
    )?;
    tx.execute(
        "DELETE FROM sign_in_step WHERE hash IN \
         (SELECT hash FROM sign_in_step ORDER BY staff IS NULL, made DESC LIMIT $1 OFFSET $2)",
        &[MOST.into(), (MOST - 1).into()],
    )?;
    tx.execute(
        "INSERT INTO sign_in_step (hash, kind, staff, data, made, expires, wrong) \
         VALUES ($1, $2, $3, $4, $5, $6, 0)",
        &[
            hash.into(),
            step.kind.into(),
            step.staff.as_deref().into(),
            (&step.data).into(),
            now.into(),
            step.expires.into(),
        ],
    )?;
    Ok(())
}

/// The one with this token, left where it is.
pub fn get(
    read: &Read<'_>,
    hash: &[u8; 32],
    kind: &str,
    now: i64,
) -> Result<Option<Waiting>, SqlError> {
    read.first(
        "SELECT staff, data FROM sign_in_step WHERE hash = $1 AND kind = $2 AND expires > $3",
        &[hash.into(), kind.into(), now.into()],
        waiting,
    )
}

/// Takes the one with this token: nobody takes it again.
pub fn take(
    tx: &Tx<'_>,
    hash: &[u8; 32],
    kind: &str,
    now: i64,
) -> Result<Option<Waiting>, SqlError> {
    let found = get(tx, hash, kind, now)?;
    if found.is_some() {
        tx.execute("DELETE FROM sign_in_step WHERE hash = $1", &[hash.into()])?;
    }
    Ok(found)
}

/// Counts something wrong; says how often in a row.
pub fn count_wrong(tx: &Tx<'_>, hash: &[u8; 32]) -> Result<u64, SqlError> {
    tx.execute(
        "UPDATE sign_in_step SET wrong = wrong + 1 WHERE hash = $1",
        &[hash.into()],
    )?;
    let wrong = tx.first(
        "SELECT wrong FROM sign_in_step WHERE hash = $1",
        &[hash.into()],
        |row| row.count(0),
    )?;
    Ok(wrong.unwrap_or(u64::MAX))
}

fn waiting(row: &Row<'_>) -> Result<Waiting, SqlError> {
    Ok(Waiting {
        staff: row.maybe_text(0)?,
        data: row.text(1)?,
    })
}
