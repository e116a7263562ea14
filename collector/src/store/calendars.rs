//! Table `calendar`: under which secret address somebody's calendar of reviews is read.
//!
//! Promises: the address itself is nowhere, only the SHA-256 of its secret; each of one person's addresses ends when
//! the next is made. Rows stay.

use super::sql::{Read, SqlError, Tx};
use super::staff::Role;

/// An address that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Sorts by time; not secret.
    pub id: String,
    /// Staff id.
    pub staff: String,
    /// What they do here.
    pub role: Role,
    /// Unix milliseconds.
    pub made: i64,
    /// When it was read last, to the minute.
    pub used: Option<i64>,
}

/// Keeps a new address, and ends those before it; false when there is one of this id.
pub fn make(tx: &Tx<'_>, new: &Calendar, hash: &[u8; 32]) -> Result<bool, SqlError> {
    let known = tx.first(
        "SELECT id FROM calendar WHERE id = $1",
        &[(&new.id).into()],
        |row| row.text(0),
    )?;
    if known.is_some() {
        return Ok(false);
    }
    end(tx, &new.staff, new.made)?;
    tx.execute(
        "INSERT INTO calendar (id, hash, staff, made) VALUES ($1, $2, $3, $4)",
        &[
            (&new.id).into(),
            hash.into(),
            (&new.staff).into(),
            new.made.into(),
        ],
    )?;
    Ok(true)
}

/// Ends somebody's address; false when they had none.
pub fn end(tx: &Tx<'_>, staff: &str, now: i64) -> Result<bool, SqlError> {
    let ended = tx.execute(
        "UPDATE calendar SET revoked = $2 WHERE staff = $1 AND revoked IS NULL",
        &[staff.into(), now.into()],
    )?;
    Ok(ended > 0)
}

/// The address with this hash, if it counts and whose it is may sign in.
pub fn by_hash(read: &Read<'_>, hash: &[u8; 32]) -> Result<Option<Calendar>, SqlError> {
    read.first(
        "SELECT c.id, c.staff, s.role, c.made, c.used FROM calendar c \
         JOIN staff s ON s.id = c.staff AND s.closed IS NULL \
         WHERE c.hash = $1 AND c.revoked IS NULL",
        &[hash.into()],
        |row| {
            Ok(Calendar {
                id: row.text(0)?,
                staff: row.text(1)?,
                role: row.parsed(2)?,
                made: row.int(3)?,
                used: row.maybe_int(4)?,
            })
        },
    )
}

/// When somebody's address that counts was made, and read last.
pub fn of_staff(read: &Read<'_>, staff: &str) -> Result<Option<(i64, Option<i64>)>, SqlError> {
    read.first(
        "SELECT made, used FROM calendar WHERE staff = $1 AND revoked IS NULL ORDER BY made DESC",
        &[staff.into()],
        |row| Ok((row.int(0)?, row.maybe_int(1)?)),
    )
}

/// Notes that it was read.
pub fn used(tx: &Tx<'_>, id: &str, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE calendar SET used = $2 WHERE id = $1",
        &[id.into(), now.into()],
    )?;
    Ok(())
}
