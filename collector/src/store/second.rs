//! Tables `totp` and `recovery_code`: codes that people give beside their password.
//!
//! Promises: secrets are kept sealed and recovery codes as what `factor::sealing` makes of them. A step and a
//! recovery code are used once, whatever happens at the same moment. Nothing is deleted: what counts no more
//! has an end.

use super::sql::{Read, Row, SqlError, Tx};

/// An app that shows codes.
#[derive(Clone, PartialEq, Eq)]
pub struct Totp {
    /// Sorts by time.
    pub id: String,
    /// Staff id.
    pub staff: String,
    /// Sealed, at the place [`Totp::place`].
    pub secret: Vec<u8>,
    /// Unix milliseconds.
    pub made: i64,
    /// When it gave its first code; none: it counts not yet.
    pub confirmed: Option<i64>,
    /// The latest step that was used.
    pub last_step: u64,
}

impl Totp {
    /// Where its secret stands.
    #[must_use]
    pub fn place(&self) -> String {
        format!("totp {} {}", self.staff, self.id)
    }
}

/// Keeps one that is being set up, in the place of any other that is.
pub fn begin(tx: &Tx<'_>, totp: &Totp) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE totp SET ended = $2 WHERE staff = $1 AND confirmed IS NULL AND ended IS NULL",
        &[(&totp.staff).into(), totp.made.into()],
    )?;
    tx.execute(
        "INSERT INTO totp (id, staff, secret, made, confirmed, last_step, ended) \
         VALUES ($1, $2, $3, $4, NULL, 0, NULL)",
        &[
            (&totp.id).into(),
            (&totp.staff).into(),
            (&totp.secret).into(),
            totp.made.into(),
        ],
    )?;
    Ok(())
}

/// The one that is being set up.
pub fn begun(read: &Read<'_>, staff: &str) -> Result<Option<Totp>, SqlError> {
    read.first(
        "SELECT id, staff, secret, made, confirmed, last_step FROM totp \
         WHERE staff = $1 AND confirmed IS NULL AND ended IS NULL",
        &[staff.into()],
        totp,
    )
}

/// It gave a code: from now on it counts, and no earlier one does. Whether it was the one being set up.
pub fn confirm(tx: &Tx<'_>, of: &Totp, step: u64, now: i64) -> Result<bool, SqlError> {
    tx.execute(
        "UPDATE totp SET ended = $2 WHERE staff = $1 AND confirmed IS NOT NULL AND ended IS NULL",
        &[(&of.staff).into(), now.into()],
    )?;
    let changed = tx.execute(
        "UPDATE totp SET confirmed = $2, last_step = $3 WHERE id = $1 AND confirmed IS NULL AND ended IS NULL",
        &[(&of.id).into(), now.into(), step.into()],
    )?;
    Ok(changed == 1)
}

/// The one that counts.
pub fn of(read: &Read<'_>, staff: &str) -> Result<Option<Totp>, SqlError> {
    read.first(
        "SELECT id, staff, secret, made, confirmed, last_step FROM totp \
         WHERE staff = $1 AND confirmed IS NOT NULL AND ended IS NULL",
        &[staff.into()],
        totp,
    )
}

/// Uses a step; not one that was used, or an earlier one.
pub fn use_step(tx: &Tx<'_>, id: &str, step: u64) -> Result<bool, SqlError> {
    let changed = tx.execute(
        "UPDATE totp SET last_step = $2 WHERE id = $1 AND last_step < $2 AND ended IS NULL",
        &[id.into(), step.into()],
    )?;
    Ok(changed == 1)
}

/// No app counts any more. How many did.
pub fn end(tx: &Tx<'_>, staff: &str, now: i64) -> Result<usize, SqlError> {
    tx.execute(
        "UPDATE totp SET ended = $2 WHERE staff = $1 AND ended IS NULL",
        &[staff.into(), now.into()],
    )
}

/// Whether anybody has one.
pub fn any(read: &Read<'_>) -> Result<bool, SqlError> {
    let found = read.first(
        "SELECT id FROM totp WHERE ended IS NULL LIMIT 1",
        &[],
        |row| row.text(0),
    )?;
    Ok(found.is_some())
}

/// Keeps new recovery codes in the place of the old ones.
pub fn put_codes(tx: &Tx<'_>, staff: &str, codes: &[[u8; 32]], now: i64) -> Result<(), SqlError> {
    end_codes(tx, staff, now)?;
    for code in codes {
        tx.execute(
            "INSERT INTO recovery_code (hash, staff, made, used, ended) VALUES ($1, $2, $3, NULL, NULL)",
            &[code.into(), staff.into(), now.into()],
        )?;
    }
    Ok(())
}

/// Uses a recovery code; false if there is none, or it was used.
pub fn use_code(tx: &Tx<'_>, staff: &str, code: &[u8; 32], now: i64) -> Result<bool, SqlError> {
    let changed = tx.execute(
        "UPDATE recovery_code SET used = $3 WHERE hash = $1 AND staff = $2 AND used IS NULL AND ended IS NULL",
        &[code.into(), staff.into(), now.into()],
    )?;
    Ok(changed == 1)
}

/// How many recovery codes are left.
pub fn codes_left(read: &Read<'_>, staff: &str) -> Result<u64, SqlError> {
    let left = read.first(
        "SELECT count(*) FROM recovery_code WHERE staff = $1 AND used IS NULL AND ended IS NULL",
        &[staff.into()],
        |row| row.count(0),
    )?;
    Ok(left.unwrap_or(0))
}

/// No recovery code counts any more.
pub fn end_codes(tx: &Tx<'_>, staff: &str, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE recovery_code SET ended = $2 WHERE staff = $1 AND ended IS NULL",
        &[staff.into(), now.into()],
    )?;
    Ok(())
}

/// Silent about the secret.
impl std::fmt::Debug for Totp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Totp")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn totp(row: &Row<'_>) -> Result<Totp, SqlError> {
    Ok(Totp {
        id: row.text(0)?,
        staff: row.text(1)?,
        secret: row.bytes(2)?,
        made: row.int(3)?,
        confirmed: row.maybe_int(4)?,
        last_step: row.count(5)?,
    })
}
