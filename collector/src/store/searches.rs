//! Table `search`: what somebody looked for, and why.
//!
//! Promises: a row for each time that somebody looked, written before anything is shown. Pages name a search
//! by its id, so that no words stand in an address. Rows are only added.

use super::ids::PersonId;
use super::sql::{Read, SqlError, Tx};

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Sorts by time.
    pub id: String,
    /// Unix milliseconds.
    pub at: i64,
    /// Who, by staff id.
    pub staff: String,
    /// In the records of one person only.
    pub person: Option<PersonId>,
    /// As they were typed.
    pub words: String,
    /// Why.
    pub reason: String,
}

/// Adds one.
pub fn add(tx: &Tx<'_>, search: &Search) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO search (id, at, staff, person, words, reason) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            (&search.id).into(),
            search.at.into(),
            (&search.staff).into(),
            search.person.as_ref().map(PersonId::as_str).into(),
            (&search.words).into(),
            (&search.reason).into(),
        ],
    )?;
    Ok(())
}

/// One that this member of staff made.
pub fn of_staff(read: &Read<'_>, id: &str, staff: &str) -> Result<Option<Search>, SqlError> {
    read.first(
        "SELECT id, at, staff, person, words, reason FROM search WHERE id = $1 AND staff = $2",
        &[id.into(), staff.into()],
        |row| {
            Ok(Search {
                id: row.text(0)?,
                at: row.int(1)?,
                staff: row.text(2)?,
                person: row.maybe_parsed(3)?,
                words: row.text(4)?,
                reason: row.text(5)?,
            })
        },
    )
}
