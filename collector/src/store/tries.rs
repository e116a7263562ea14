//! Table `sign_in_try`: wrong tries at a name, by where they came from.
//!
//! Promises: a row for each name and place; [`FORGOTTEN`] after the latest wrong try it counts no more and
//! goes. Names that nobody has have no rows, so nobody fills the table with them.
//!
//! Refuses: to know how many are too many; `web::sign_in` does.

use super::sql::{Read, SqlError, Tx};

/// How long a wrong try is held against a place, in milliseconds.
pub const FORGOTTEN: i64 = 60 * 60_000;

/// Wrong tries at a name from one place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tries {
    /// How many since the last right one.
    pub failed: u64,
    /// No further try before this, Unix milliseconds.
    pub shut_until: i64,
}

/// What is held against a place.
pub fn get(read: &Read<'_>, staff: &str, whence: &str, now: i64) -> Result<Tries, SqlError> {
    let found = read.first(
        "SELECT failed, shut_until FROM sign_in_try WHERE staff = $1 AND whence = $2 AND latest > $3",
        &[
            staff.into(),
            whence.into(),
            now.saturating_sub(FORGOTTEN).into(),
        ],
        |row| {
            Ok(Tries {
                failed: row.count(0)?,
                shut_until: row.int(1)?,
            })
        },
    )?;
    Ok(found.unwrap_or_default())
}

/// Keeps it, and drops what is forgotten.
pub fn put(tx: &Tx<'_>, staff: &str, whence: &str, tries: Tries, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "DELETE FROM sign_in_try WHERE latest <= $3 OR (staff = $1 AND whence = $2)",
        &[
            staff.into(),
            whence.into(),
            now.saturating_sub(FORGOTTEN).into(),
        ],
    )?;
    tx.execute(
        "INSERT INTO sign_in_try (staff, whence, failed, shut_until, latest) VALUES ($1, $2, $3, $4, $5)",
        &[
            staff.into(),
            whence.into(),
            tries.failed.into(),
            tries.shut_until.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Forgets what is held against a place, after a right try from there.
pub fn clear(tx: &Tx<'_>, staff: &str, whence: &str) -> Result<(), SqlError> {
    tx.execute(
        "DELETE FROM sign_in_try WHERE staff = $1 AND whence = $2",
        &[staff.into(), whence.into()],
    )?;
    Ok(())
}

/// Forgets everything that is held against a name, with a new password.
pub fn clear_all(tx: &Tx<'_>, staff: &str) -> Result<(), SqlError> {
    tx.execute("DELETE FROM sign_in_try WHERE staff = $1", &[staff.into()])?;
    Ok(())
}
