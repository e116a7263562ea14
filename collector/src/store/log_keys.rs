//! Table `log_key`: which key signs a device's log, and from which size on.
//!
//! The key of enrolment stands with the device and signs from the start. Each row is a key that a
//! record of the log named; it signs every size above `since`, up to and with the one at which the
//! next was named.
//!
//! Refuses: to change or remove a row.

use super::ids::DeviceId;
use super::sql::{Read, Row, SqlError, Tx};

/// A key that a log named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedKey {
    /// The size of the log with the record that names it; it signs greater ones.
    pub since: u64,
    /// Ed25519 public key.
    pub key: [u8; 32],
}

/// Enters a key. Only in the transaction that moves the log on to that size.
pub fn add(tx: &Tx<'_>, device: DeviceId, named: &NamedKey) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO log_key (device, since, key) VALUES ($1, $2, $3)",
        &[
            (&device.to_string()).into(),
            named.since.into(),
            (&named.key).into(),
        ],
    )?;
    Ok(())
}

/// The key that signs a log of this size; `None`: the one of enrolment.
pub fn at(read: &Read<'_>, device: DeviceId, size: u64) -> Result<Option<NamedKey>, SqlError> {
    read.first(
        "SELECT since, key FROM log_key WHERE device = $1 AND since < $2 \
         ORDER BY since DESC LIMIT 1",
        &[(&device.to_string()).into(), size.into()],
        named,
    )
}

/// The key that signs what comes next; `None`: the one of enrolment.
pub fn last(read: &Read<'_>, device: DeviceId) -> Result<Option<NamedKey>, SqlError> {
    read.first(
        "SELECT since, key FROM log_key WHERE device = $1 ORDER BY since DESC LIMIT 1",
        &[(&device.to_string()).into()],
        named,
    )
}

/// Every key that the log named, in order.
pub fn of_device(read: &Read<'_>, device: DeviceId) -> Result<Vec<NamedKey>, SqlError> {
    read.query(
        "SELECT since, key FROM log_key WHERE device = $1 ORDER BY since",
        &[(&device.to_string()).into()],
        named,
    )
}

fn named(row: &Row<'_>) -> Result<NamedKey, SqlError> {
    Ok(NamedKey {
        since: row.count(0)?,
        key: row.array(1)?,
    })
}
