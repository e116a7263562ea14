//! Table `order_taken`: which device said when that an order is in force on it.
//!
//! Promises: written in the transaction of the report that says so, so that nobody reads reports to know
//! it; all of it follows from them.

use super::ids::{DeviceId, Hash};
use super::sql::{Read, Row, SqlError, Tx};

/// What a device said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Which order.
    pub digest: Hash,
    /// The record that says so.
    pub seq: u64,
    /// Unix milliseconds by the device's clock.
    pub at: i64,
    /// Unix milliseconds when it was stored here.
    pub received: i64,
}

/// Enters it.
pub fn put(tx: &Tx<'_>, device: DeviceId, taken: &Taken) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO order_taken (device, digest, seq, at, received) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (device, seq) DO NOTHING",
        &[
            (&device.to_string()).into(),
            (&taken.digest.to_string()).into(),
            taken.seq.into(),
            taken.at.into(),
            taken.received.into(),
        ],
    )?;
    Ok(())
}

/// What a device said last; none: nothing since this is kept.
pub fn last(read: &Read<'_>, device: DeviceId) -> Result<Option<Taken>, SqlError> {
    read.first(
        "SELECT digest, seq, at, received FROM order_taken WHERE device = $1 \
         ORDER BY seq DESC LIMIT 1",
        &[(&device.to_string()).into()],
        taken,
    )
}

/// When a device first said that it has this order.
pub fn first_of(
    read: &Read<'_>,
    device: DeviceId,
    digest: &Hash,
) -> Result<Option<Taken>, SqlError> {
    read.first(
        "SELECT digest, seq, at, received FROM order_taken WHERE device = $1 AND digest = $2 \
         ORDER BY seq LIMIT 1",
        &[(&device.to_string()).into(), (&digest.to_string()).into()],
        taken,
    )
}

fn taken(row: &Row<'_>) -> Result<Taken, SqlError> {
    Ok(Taken {
        digest: row.parsed(0)?,
        seq: row.count(1)?,
        at: row.int(2)?,
        received: row.int(3)?,
    })
}
