//! Single values of the journal, by name.

use rusqlite::{Connection, OptionalExtension as _};

/// Whose journal it is.
pub(super) const DEVICE: &str = "device";
/// The compact range over all closed reports.
pub(super) const RANGE: &str = "range";
/// The seed of the open report; absent when none is open.
pub(super) const SEED: &str = "seed";
/// The last receipt (see [`super::Held`]): size u64, time u64, line.
pub(super) const RECEIPT: &str = "receipt";
/// The log, if it is not that of enrolment: device 16, then its name.
pub(super) const LOG: &str = "log";
/// Which key signs: public key 32, boot id 16, since when in milliseconds since boot u64.
pub(super) const KEY: &str = "key";
/// The last sign of life (see [`super::Life`]).
pub(super) const LIFE: &str = "life";
/// The time zone that was last known.
pub(super) const ZONE: &str = "zone";
/// Which orders are held (see [`super::Writer::set_orders`]).
pub(super) const ORDERS: &str = "orders";
/// The engine, a line feed and what the judge remembers of the log.
pub(super) const JUDGE: &str = "judge";
/// Up to which record that is: the place of the next one, u64.
pub(super) const FOLLOWED: &str = "followed";

pub(super) fn get(db: &Connection, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    db.prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()
}

pub(super) fn put(db: &Connection, key: &str, value: &[u8]) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?
        .execute((key, value))?;
    Ok(())
}

pub(super) fn clear(db: &Connection, key: &str) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM meta WHERE key = ?1")?
        .execute([key])?;
    Ok(())
}
