//! Table `passkey`: public keys of devices that sign people in.
//!
//! Promises: nothing secret is kept. A counter only grows, whatever happens at the same moment. Nothing is
//! deleted: a key that counts no more has an end.

use super::sql::{Read, Row, SqlError, Tx};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// As its device named it.
    pub credential: Vec<u8>,
    /// Staff id.
    pub staff: String,
    /// As its owner named it.
    pub name: String,
    /// As COSE numbers it.
    pub algorithm: i64,
    /// As `factor::public_key` writes it.
    pub public_key: Vec<u8>,
    /// How often its device says it was used; 0 where it does not count.
    pub counter: u64,
    /// Unix milliseconds.
    pub made: i64,
    /// When it was used last, Unix milliseconds.
    pub used: Option<i64>,
}

/// Keeps a new one; false if this credential is there already.
pub fn add(tx: &Tx<'_>, key: &Passkey) -> Result<bool, SqlError> {
    let added = tx.execute(
        "INSERT INTO passkey (credential, staff, name, algorithm, public_key, counter, made, used, ended) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, NULL) ON CONFLICT (credential) DO NOTHING",
        &[
            (&key.credential).into(),
            (&key.staff).into(),
            (&key.name).into(),
            key.algorithm.into(),
            (&key.public_key).into(),
            key.counter.into(),
            key.made.into(),
        ],
    )?;
    Ok(added == 1)
}

/// The one that its device names so, if it counts.
pub fn get(read: &Read<'_>, credential: &[u8]) -> Result<Option<Passkey>, SqlError> {
    read.first(
        "SELECT credential, staff, name, algorithm, public_key, counter, made, used FROM passkey \
         WHERE credential = $1 AND ended IS NULL",
        &[credential.into()],
        passkey,
    )
}

/// Somebody's, the oldest first.
pub fn of(read: &Read<'_>, staff: &str) -> Result<Vec<Passkey>, SqlError> {
    read.query(
        "SELECT credential, staff, name, algorithm, public_key, counter, made, used FROM passkey \
         WHERE staff = $1 AND ended IS NULL ORDER BY made, credential",
        &[staff.into()],
        passkey,
    )
}

/// Notes a use. False if the counter did not grow: another device has the same key.
pub fn note_use(tx: &Tx<'_>, credential: &[u8], counter: u64, now: i64) -> Result<bool, SqlError> {
    let changed = tx.execute(
        "UPDATE passkey SET counter = $2, used = $3 WHERE credential = $1 AND ended IS NULL \
         AND (counter < $2 OR (counter = 0 AND $2 = 0))",
        &[credential.into(), counter.into(), now.into()],
    )?;
    Ok(changed == 1)
}

/// Ends one of somebody's.
pub fn end(tx: &Tx<'_>, staff: &str, credential: &[u8], now: i64) -> Result<bool, SqlError> {
    let changed = tx.execute(
        "UPDATE passkey SET ended = $3 WHERE credential = $1 AND staff = $2 AND ended IS NULL",
        &[credential.into(), staff.into(), now.into()],
    )?;
    Ok(changed == 1)
}

/// Ends all of somebody's.
pub fn end_all(tx: &Tx<'_>, staff: &str, now: i64) -> Result<usize, SqlError> {
    tx.execute(
        "UPDATE passkey SET ended = $2 WHERE staff = $1 AND ended IS NULL",
        &[staff.into(), now.into()],
    )
}

fn passkey(row: &Row<'_>) -> Result<Passkey, SqlError> {
    Ok(Passkey {
        credential: row.bytes(0)?,
        staff: row.text(1)?,
        name: row.text(2)?,
        algorithm: row.int(3)?,
        public_key: row.bytes(4)?,
        counter: row.count(5)?,
        made: row.int(6)?,
        used: row.maybe_int(7)?,
    })
}
