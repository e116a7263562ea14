//! Tables `list_update`, the updates of the lists of orders, and `held_update`: from which record of
//! each log on those count that are of lists which only the collector holds.
//!
//! Promises: statements and signatures are kept byte for byte, in the order in which they were taken,
//! and never changed or removed. The lists that they bring lie in table `list`. From where on an update
//! counts is written down once for each log under its order, in the transaction in which update, order
//! and log come together: the records that are held then. So nothing that was judged is judged by it.

use proviso_report::bundle::HeldUpdate;
use proviso_report::ledger::ListUpdate;

use super::ids::{DeviceId, Hash};
use super::ledger;
use super::orders;
use super::sql::{Read, Row, SqlError, Tx};

/// One update as it was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUpdate {
    /// Of which order.
    pub order: Hash,
    /// Of which of its lists.
    pub list: String,
    /// Its number.
    pub number: u64,
    /// The list that it brings.
    pub sha256: Hash,
    /// The statement, byte for byte.
    pub bytes: Vec<u8>,
    /// Its armoured signature, byte for byte.
    pub signature: Vec<u8>,
    /// Unix milliseconds when it was put; its signature was checked for this moment.
    pub put: i64,
    /// Of a list that only the collector holds: it goes to no device.
    pub held: bool,
}

/// Stores an update behind those that are there, and lets running servers know. One of the same list
/// and number fails.
pub fn put(tx: &Tx<'_>, update: &StoredUpdate) -> Result<(), SqlError> {
    let order = update.order.to_string();
    let place = count(tx, &update.order)?;
    let stated = ListUpdate {
        order: update.order,
        list: update.list.clone(),
        number: update.number,
        sha256: update.sha256,
    };
    let seq = ledger::enter(tx, update.put, stated)?;
    tx.execute(
        "INSERT INTO list_update (order_digest, place, list, number, sha256, bytes, sig, put, held, \
         entry) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            (&order).into(),
            place.into(),
            (&update.list).into(),
            update.number.into(),
            (&update.sha256.to_string()).into(),
            (&update.bytes).into(),
            (&update.signature).into(),
            update.put.into(),
            i64::from(update.held).into(),
            seq.into(),
        ],
    )?;
    begin(tx, &update.order)?;
    orders::announce(tx)
}

/// Lets updates of lists that only the collector holds count from now on for each log under this order
/// for which they do not yet.
pub(crate) fn begin(tx: &Tx<'_>, order: &Hash) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO held_update (device, order_digest, place, first) \
         SELECT d.id, u.order_digest, u.place, d.size FROM list_update u \
         JOIN orders o ON o.digest = u.order_digest JOIN device d ON d.person = o.person \
         WHERE u.order_digest = $1 AND u.held = 1 \
         ON CONFLICT (device, order_digest, place) DO NOTHING",
        &[(&order.to_string()).into()],
    )?;
    Ok(())
}

/// The updates of lists that only the collector holds which count for a log, those of each order in the
/// order in which they were put.
pub fn held_of(read: &Read<'_>, device: DeviceId) -> Result<Vec<HeldUpdate>, SqlError> {
    read.query(
        "SELECT u.order_digest, u.list, u.number, u.sha256, h.first FROM held_update h \
         JOIN list_update u ON u.order_digest = h.order_digest AND u.place = h.place \
         WHERE h.device = $1 ORDER BY h.order_digest, h.place",
        &[(&device.to_string()).into()],
        |row| {
            Ok(HeldUpdate {
                order: row.parsed(0)?,
                list: row.text(1)?,
                number: row.count(2)?,
                sha256: row.parsed(3)?,
                from: row.count(4)?,
            })
        },
    )
}

/// Those of an order, in the order in which they were put.
pub fn of_order(read: &Read<'_>, order: &Hash) -> Result<Vec<StoredUpdate>, SqlError> {
    read.query(
        "SELECT order_digest, list, number, sha256, bytes, sig, put, held FROM list_update \
         WHERE order_digest = $1 ORDER BY place",
        &[(&order.to_string()).into()],
        stored,
    )
}

/// How many there are of an order.
pub fn count(read: &Read<'_>, order: &Hash) -> Result<u64, SqlError> {
    let found = read.first(
        "SELECT COUNT(*) FROM list_update WHERE order_digest = $1",
        &[(&order.to_string()).into()],
        |row| row.count(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// How many of them go to devices.
pub fn count_given(read: &Read<'_>, order: &Hash) -> Result<u64, SqlError> {
    let found = read.first(
        "SELECT COUNT(*) FROM list_update WHERE order_digest = $1 AND held = 0",
        &[(&order.to_string()).into()],
        |row| row.count(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// The names of the order's lists that were ever updated to this one.
pub fn lists_with(read: &Read<'_>, order: &Hash, sha256: &Hash) -> Result<Vec<String>, SqlError> {
    read.query(
        "SELECT DISTINCT list FROM list_update WHERE order_digest = $1 AND sha256 = $2 ORDER BY list",
        &[
            (&order.to_string()).into(),
            (&sha256.to_string()).into(),
        ],
        |row| row.text(0),
    )
}

fn stored(row: &Row<'_>) -> Result<StoredUpdate, SqlError> {
    Ok(StoredUpdate {
        order: row.parsed(0)?,
        list: row.text(1)?,
        number: row.count(2)?,
        sha256: row.parsed(3)?,
        bytes: row.bytes(4)?,
        signature: row.bytes(5)?,
        put: row.int(6)?,
        // What is not surely for devices is for none.
        held: row.int(7)? != 0,
    })
}
