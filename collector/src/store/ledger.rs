//! Table `ledger`: what the collector did, as a log that cannot be changed unseen.
//!
//! Promises: an entry is appended in the transaction of what it states, so that neither is without
//! the other; its place is known at once, and the row that it is about names it (`entry`). Entries
//! of one transaction are written together at its end. A row keeps the exact line, its salt, and the
//! roots of the perfect subtrees that it completes (`nodes`, the leaf first), so that a proof costs
//! as many reads as the ledger has levels. Several processes may write: whoever writes holds the
//! store's one write lock, and the place of the next entry is read under it.
//!
//! Refuses: to change or remove an entry. The ledger's times never go back.

use proviso_report::ledger::{self, Began, Entry, Event};
use proviso_report::merkle::stored::{self, Nodes};

use super::ids::Hash;
use super::sql::{Read, Row, Session, SqlError, Tx};
use crate::{clock, random};

/// Bytes of a hash.
const HASH: usize = 32;

/// An entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its place.
    pub seq: u64,
    /// The salt of its leaf.
    pub salt: [u8; 16],
    /// Its line, byte for byte.
    pub line: String,
}

/// Entries that a transaction has made so far.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// How many entries there were before, and the time of the last.
    base: Option<(u64, i64)>,
    entries: Vec<Made>,
}

#[derive(Debug)]
struct Made {
    at: i64,
    salt: [u8; 16],
    line: String,
}

/// Appends an entry, in the transaction of what it states; gives its place. `at`: Unix milliseconds.
pub fn enter(tx: &Tx<'_>, at: i64, event: impl Into<Event>) -> Result<u64, SqlError> {
    let mut pending = tx.pending();
    let (base, last) = match pending.base {
        Some(base) => base,
        None => *pending.base.insert(end(tx)?),
    };
    let last = pending.entries.last().map_or(last, |made| made.at);
    let made = u64::try_from(pending.entries.len()).unwrap_or(u64::MAX);
    let seq = base.saturating_add(made);
    let at = at.max(last);
    let entry = Entry {
        seq,
        at: proviso_report::UnixMs(at),
        event: event.into(),
    };
    let line = entry.to_line().map_err(other)?;
    let salt = random::bytes().map_err(other)?;
    pending.entries.push(Made { at, salt, line });
    Ok(seq)
}

/// How many entries there are.
pub fn size(read: &Read<'_>) -> Result<u64, SqlError> {
    Ok(end(read)?.0)
}

/// The root over the first `size` entries.
pub fn root(read: &Read<'_>, size: u64) -> Result<Hash, SqlError> {
    stored::root(&Kept(read), size)
}

/// The proof that the entry at `seq` is among the first `size`; `None` if it is not.
pub fn inclusion(read: &Read<'_>, seq: u64, size: u64) -> Result<Option<Vec<Hash>>, SqlError> {
    stored::inclusion(&Kept(read), seq, size)
}

/// The proof that the first `size` entries begin with the first `old`; `None` if they cannot.
pub fn consistency(read: &Read<'_>, old: u64, size: u64) -> Result<Option<Vec<Hash>>, SqlError> {
    stored::consistency(&Kept(read), old, size)
}

/// One entry.
pub fn get(read: &Read<'_>, seq: u64) -> Result<Option<StoredEntry>, SqlError> {
    read.first(
        "SELECT seq, salt, line FROM ledger WHERE seq = $1",
        &[seq.into()],
        stored_entry,
    )
}

/// Up to `limit` entries from `from` on, in order.
pub fn run(read: &Read<'_>, from: u64, limit: u64) -> Result<Vec<StoredEntry>, SqlError> {
    read.query(
        "SELECT seq, salt, line FROM ledger WHERE seq >= $1 ORDER BY seq LIMIT $2",
        &[from.into(), limit.into()],
        stored_entry,
    )
}

/// The subtrees that an entry's row keeps, the leaf first.
pub fn nodes(read: &Read<'_>, seq: u64) -> Result<Vec<Hash>, SqlError> {
    let bytes = read.first(
        "SELECT nodes FROM ledger WHERE seq = $1",
        &[seq.into()],
        |row| row.bytes(0),
    )?;
    let bytes = bytes.unwrap_or_default();
    let (nodes, rest) = bytes.as_chunks::<HASH>();
    if rest.is_empty() {
        Ok(nodes.iter().map(|node| Hash(*node)).collect())
    } else {
        Err(missing(seq))
    }
}

/// Lets an empty ledger begin, and say what is held already that it does not speak of.
pub(super) fn begin(session: &Session) -> Result<(), SqlError> {
    if session.look(size)? > 0 {
        return Ok(());
    }
    let tx = session.begin()?;
    // Another process may have been quicker.
    if size(&tx)? == 0 {
        let began = held_before(&tx)?;
        enter(&tx, clock::now(), began)?;
    }
    tx.commit().map(drop)
}

/// Writes what [`enter`] made. At the end of the transaction, once.
pub(super) fn write(tx: &Tx<'_>) -> Result<(), SqlError> {
    let pending = std::mem::take(&mut *tx.pending());
    let Some((base, _)) = pending.base else {
        return Ok(());
    };
    let mut fresh: Vec<Vec<Hash>> = Vec::with_capacity(pending.entries.len());
    for (seq, made) in (base..).zip(&pending.entries) {
        let leaf = ledger::leaf(&made.salt, &made.line);
        let nodes = stored::completed(leaf, seq, |level, place| {
            let (row, level) = place_of(level, place);
            match row.checked_sub(base).map(usize::try_from) {
                Some(Ok(at)) => fresh.get(at).and_then(|nodes| nodes.get(level)).copied(),
                _ => node(tx, row, level)?,
            }
            .ok_or_else(|| missing(row))
        })?;
        let bytes: Vec<u8> = nodes.iter().flat_map(|node| node.0).collect();
        tx.execute(
            "INSERT INTO ledger (seq, at, salt, line, nodes) VALUES ($1, $2, $3, $4, $5)",
            &[
                seq.into(),
                made.at.into(),
                (&made.salt).into(),
                (&made.line).into(),
                (&bytes).into(),
            ],
        )?;
        fresh.push(nodes);
    }
    Ok(())
}

impl Pending {
    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Forgets all but the first `len`: what a job made that is undone.
    pub(super) fn truncate(&mut self, len: usize) {
        self.entries.truncate(len);
    }
}

/// The subtrees in the table.
struct Kept<'a>(&'a Read<'a>);

impl Nodes for Kept<'_> {
    type Error = SqlError;

    fn node(&self, level: u32, place: u64) -> Result<Hash, SqlError> {
        let (row, level) = place_of(level, place);
        node(self.0, row, level)?.ok_or_else(|| missing(row))
    }
}

/// In which entry's row a perfect subtree is, and where there.
fn place_of(level: u32, place: u64) -> (u64, usize) {
    let after = place.saturating_add(1).checked_shl(level).unwrap_or(0);
    let level = usize::try_from(level).unwrap_or(usize::MAX);
    (after.wrapping_sub(1), level)
}

fn node(read: &Read<'_>, seq: u64, level: usize) -> Result<Option<Hash>, SqlError> {
    Ok(nodes(read, seq)?.get(level).copied())
}

/// How many entries there are, and the time of the last.
fn end(read: &Read<'_>) -> Result<(u64, i64), SqlError> {
    let last = read.first(
        "SELECT seq, at FROM ledger ORDER BY seq DESC LIMIT 1",
        &[],
        |row| Ok((row.count(0)?, row.int(1)?)),
    )?;
    Ok(last.map_or((0, i64::MIN), |(seq, at)| (seq.saturating_add(1), at)))
}

fn held_before(read: &Read<'_>) -> Result<Began, SqlError> {
    let count = |sql: &'static str| {
        let found = read.first(sql, &[], |row| row.count(0))?;
        Ok::<_, SqlError>(found.unwrap_or(0))
    };
    Ok(Began {
        reports: count("SELECT count(*) FROM report")?,
        orders: count("SELECT count(*) FROM orders")?,
        list_updates: count("SELECT count(*) FROM list_update")?,
        decisions: count("SELECT count(*) FROM decision")?,
        accesses: count("SELECT count(*) FROM audit")?,
        incidents: count("SELECT count(*) FROM incident")?,
        devices: count("SELECT count(*) FROM device")?,
    })
}

fn stored_entry(row: &Row<'_>) -> Result<StoredEntry, SqlError> {
    Ok(StoredEntry {
        seq: row.count(0)?,
        salt: row.array(1)?,
        line: row.text(2)?,
    })
}

fn missing(seq: u64) -> SqlError {
    SqlError::Damaged(format!("entry {seq} of the ledger is not as it must be"))
}

fn other(why: impl std::fmt::Display) -> SqlError {
    SqlError::Other(why.to_string())
}

#[cfg(test)]
mod tests;
