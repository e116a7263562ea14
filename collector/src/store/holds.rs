//! Table `hold`: what must not be erased, and who says so.
//!
//! Promises: a hold is never removed: it is lifted, by somebody, at some time. One without records is on
//! all that is held about a person; one with records is that of an exhibit.

use super::ids::PersonId;
use super::sql::{Read, Row, SqlError, Tx};

/// Somebody's reason why something of a person may not be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Sorts by time.
    pub id: String,
    /// Unix milliseconds.
    pub at: i64,
    /// Who, by name.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What the records are called in court.
    pub exhibit: Option<String>,
    /// JSON of `[proviso_report::bundle::Erased]`; none: everything.
    pub records: Option<String>,
}

/// Puts something of a person on hold.
pub fn put(tx: &Tx<'_>, person: &PersonId, hold: &Hold) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO hold (id, person, at, held_by, reason, exhibit, records, lifted, lifted_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, NULL)",
        &[
            (&hold.id).into(),
            person.as_str().into(),
            hold.at.into(),
            (&hold.by).into(),
            (&hold.reason).into(),
            hold.exhibit.as_deref().into(),
            hold.records.as_deref().into(),
        ],
    )?;
    Ok(())
}

/// Lifts the holds on a person: those of an exhibit, or those on everything. How many there were.
pub fn lift(
    tx: &Tx<'_>,
    person: &PersonId,
    exhibit: Option<&str>,
    at: i64,
    by: &str,
) -> Result<usize, SqlError> {
    tx.execute(
        "UPDATE hold SET lifted = $3, lifted_by = $4 WHERE person = $1 AND lifted IS NULL \
         AND COALESCE(exhibit, '') = $2",
        &[
            person.as_str().into(),
            exhibit.unwrap_or_default().into(),
            at.into(),
            by.into(),
        ],
    )
}

/// The holds on a person that were not lifted, the oldest first.
pub fn of_person(read: &Read<'_>, person: &PersonId) -> Result<Vec<Hold>, SqlError> {
    read.query(
        "SELECT id, at, held_by, reason, exhibit, records FROM hold \
         WHERE person = $1 AND lifted IS NULL ORDER BY id",
        &[person.as_str().into()],
        hold,
    )
}

fn hold(row: &Row<'_>) -> Result<Hold, SqlError> {
    Ok(Hold {
        id: row.text(0)?,
        at: row.int(1)?,
        by: row.text(2)?,
        reason: row.text(3)?,
        exhibit: row.maybe_text(4)?,
        records: row.maybe_text(5)?,
    })
}
