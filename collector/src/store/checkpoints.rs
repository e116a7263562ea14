//! Tables `ledger_checkpoint`, `ledger_cosignature`, `ledger_timestamp`, `ledger_trouble`: what was
//! signed about the ledger, here and elsewhere, and what went wrong with it.
//!
//! Promises: a checkpoint, once signed, is kept: whoever was shown it can be shown it again. Trouble
//! is entered into the ledger and never removed.

use proviso_report::ledger::Incident;

use super::ids::Hash;
use super::ledger;
use super::sql::{Read, Row, SqlError, Tx};

/// A signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// How many entries it is about.
    pub size: u64,
    /// Unix milliseconds.
    pub at: i64,
    /// The note, as it was signed.
    pub note: String,
}

/// A witness's cosignature under a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// Which checkpoint.
    pub size: u64,
    /// The witness's verifier key.
    pub witness: String,
    /// Unix seconds, by the witness's clock.
    pub time: u64,
    /// The signature line.
    pub line: String,
}

/// Something that must not be: a witness excludes what this ledger says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Unix milliseconds.
    pub at: i64,
    /// The witness's name.
    pub witness: String,
    /// A word.
    pub kind: String,
    /// A sentence.
    pub detail: String,
}

/// Keeps a checkpoint. One of its size must not be there.
pub fn add(tx: &Tx<'_>, checkpoint: &StoredCheckpoint) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO ledger_checkpoint (size, at, signed, exported) VALUES ($1, $2, $3, 0)",
        &[
            checkpoint.size.into(),
            checkpoint.at.into(),
            (&checkpoint.note).into(),
        ],
    )?;
    Ok(())
}

/// The checkpoint of this size.
pub fn get(read: &Read<'_>, size: u64) -> Result<Option<StoredCheckpoint>, SqlError> {
    read.first(
        "SELECT size, at, signed FROM ledger_checkpoint WHERE size = $1",
        &[size.into()],
        checkpoint,
    )
}

/// The newest.
pub fn last(read: &Read<'_>) -> Result<Option<StoredCheckpoint>, SqlError> {
    read.first(
        "SELECT size, at, signed FROM ledger_checkpoint ORDER BY size DESC LIMIT 1",
        &[],
        checkpoint,
    )
}

/// The first of more than `size` entries.
pub fn after(read: &Read<'_>, size: u64) -> Result<Option<StoredCheckpoint>, SqlError> {
    read.first(
        "SELECT size, at, signed FROM ledger_checkpoint WHERE size > $1 ORDER BY size LIMIT 1",
        &[size.into()],
        checkpoint,
    )
}

/// All sizes, in order.
pub fn sizes(read: &Read<'_>) -> Result<Vec<u64>, SqlError> {
    read.query(
        "SELECT size FROM ledger_checkpoint ORDER BY size",
        &[],
        |row| row.count(0),
    )
}

/// Remembers that a checkpoint went out in a bundle: later bundles prove that they continue it.
pub fn mark_exported(tx: &Tx<'_>, size: u64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE ledger_checkpoint SET exported = 1 WHERE size = $1",
        &[size.into()],
    )?;
    Ok(())
}

/// The sizes below `size` that went out in bundles, the newest first.
pub fn exported(read: &Read<'_>, size: u64, limit: u64) -> Result<Vec<u64>, SqlError> {
    read.query(
        "SELECT size FROM ledger_checkpoint WHERE exported = 1 AND size < $1 \
         ORDER BY size DESC LIMIT $2",
        &[size.into(), limit.into()],
        |row| row.count(0),
    )
}

/// Keeps a cosignature; another by the same witness under the same checkpoint changes nothing.
pub fn cosigned(tx: &Tx<'_>, one: &Cosignature) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO ledger_cosignature (size, witness, time, line) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (size, witness) DO NOTHING",
        &[
            one.size.into(),
            (&one.witness).into(),
            one.time.into(),
            (&one.line).into(),
        ],
    )?;
    Ok(())
}

/// The cosignatures under the checkpoint of this size.
pub fn cosignatures(read: &Read<'_>, size: u64) -> Result<Vec<Cosignature>, SqlError> {
    read.query(
        "SELECT size, witness, time, line FROM ledger_cosignature WHERE size = $1 \
         ORDER BY witness",
        &[size.into()],
        cosignature,
    )
}

/// The newest checkpoint that this witness cosigned.
pub fn last_cosigned(read: &Read<'_>, witness: &str) -> Result<Option<Cosignature>, SqlError> {
    read.first(
        "SELECT size, witness, time, line FROM ledger_cosignature WHERE witness = $1 \
         ORDER BY size DESC LIMIT 1",
        &[witness.into()],
        cosignature,
    )
}

/// Keeps a timestamp under the checkpoint of this size.
pub fn stamped(tx: &Tx<'_>, size: u64, at: i64, token: &[u8]) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO ledger_timestamp (size, at, token) VALUES ($1, $2, $3) \
         ON CONFLICT (size) DO NOTHING",
        &[size.into(), at.into(), token.into()],
    )?;
    Ok(())
}

/// The newest timestamp under a checkpoint of at most this size: its size, when (Unix milliseconds)
/// and the token.
pub fn last_stamp(read: &Read<'_>, size: u64) -> Result<Option<(u64, i64, Vec<u8>)>, SqlError> {
    read.first(
        "SELECT size, at, token FROM ledger_timestamp WHERE size <= $1 ORDER BY size DESC LIMIT 1",
        &[size.into()],
        |row| Ok((row.count(0)?, row.int(1)?, row.bytes(2)?)),
    )
}

/// Enters trouble; false if it was known. The same again is the same witness, kind and sentence.
pub fn trouble(tx: &Tx<'_>, one: &Trouble) -> Result<bool, SqlError> {
    let named = format!("{}\n{}\n{}", one.kind, one.witness, one.detail);
    let id = Hash::of(named.as_bytes()).to_string();
    let known = tx.first(
        "SELECT id FROM ledger_trouble WHERE id = $1",
        &[(&id).into()],
        |row| row.text(0),
    )?;
    if known.is_some() {
        return Ok(false);
    }
    let stated = Incident {
        id: id.clone(),
        kind: one.kind.clone(),
        device: None,
        detail: Hash::of(one.detail.as_bytes()),
    };
    let seq = ledger::enter(tx, one.at, stated)?;
    tx.execute(
        "INSERT INTO ledger_trouble (id, at, witness, kind, detail, entry) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            (&id).into(),
            one.at.into(),
            (&one.witness).into(),
            (&one.kind).into(),
            (&one.detail).into(),
            seq.into(),
        ],
    )?;
    Ok(true)
}

/// All trouble, the newest first.
pub fn troubles(read: &Read<'_>, limit: u64) -> Result<Vec<Trouble>, SqlError> {
    read.query(
        "SELECT at, witness, kind, detail FROM ledger_trouble ORDER BY at DESC, id LIMIT $1",
        &[limit.into()],
        |row| {
            Ok(Trouble {
                at: row.int(0)?,
                witness: row.text(1)?,
                kind: row.text(2)?,
                detail: row.text(3)?,
            })
        },
    )
}

fn checkpoint(row: &Row<'_>) -> Result<StoredCheckpoint, SqlError> {
    Ok(StoredCheckpoint {
        size: row.count(0)?,
        at: row.int(1)?,
        note: row.text(2)?,
    })
}

fn cosignature(row: &Row<'_>) -> Result<Cosignature, SqlError> {
    Ok(Cosignature {
        size: row.count(0)?,
        witness: row.text(1)?,
        time: row.count(2)?,
        line: row.text(3)?,
    })
}
