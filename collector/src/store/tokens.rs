//! Table `token`: one-time enrolment secrets.
//!
//! Promises: only the SHA-256 of a secret is kept; taking one and marking it used is one step in
//! the caller's transaction; unknown, used and expired are told apart.

use super::ids::Hash;

use super::ids::PersonId;
use super::sql::{SqlError, Tx};

/// What a token allows.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Whose device it enrols.
    pub person: PersonId,
    /// OS accounts to monitor; empty: whoever enrols names them.
    pub accounts: Vec<String>,
}

/// Why a token opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// Never issued here.
    Unknown,
    /// Used before.
    Used,
    /// Too old.
    Expired,
}

/// Enters a token.
pub fn put(tx: &Tx<'_>, hash: &Hash, grant: &Grant, expires: i64) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO token (hash, person, accounts, expires, used) VALUES ($1, $2, $3, $4, NULL)",
        &[
            (&hash.0).into(),
            grant.person.as_str().into(),
            (&grant.accounts.join("\n")).into(),
            expires.into(),
        ],
    )?;
    Ok(())
}

/// Uses a token up. Used is said before expired: it tells more.
pub fn take(tx: &Tx<'_>, hash: &Hash, now: i64) -> Result<Result<Grant, Spent>, SqlError> {
    let found = tx.first(
        "SELECT person, accounts, expires, used FROM token WHERE hash = $1",
        &[(&hash.0).into()],
        |row| {
            let accounts = row.text(1)?;
            let accounts = accounts.lines().map(str::to_owned).collect();
            Ok((
                Grant {
                    person: row.parsed(0)?,
                    accounts,
                },
                row.int(2)?,
                row.maybe_int(3)?,
            ))
        },
    )?;
    let Some((grant, expires, used)) = found else {
        return Ok(Err(Spent::Unknown));
    };
    if used.is_some() {
        return Ok(Err(Spent::Used));
    }
    if now >= expires {
        return Ok(Err(Spent::Expired));
    }
    // The account names have served: the register keeps them with the device.
    tx.execute(
        "UPDATE token SET used = $2, accounts = '' WHERE hash = $1",
        &[(&hash.0).into(), now.into()],
    )?;
    Ok(Ok(grant))
}
