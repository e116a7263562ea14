//! Table `report`: the evidence.
//!
//! Promises: the signed bytes are kept verbatim, sealed under the person's key ([`sealed`]), until
//! records of a report are erased ([`erasures`](super::erasures)); there is no row per record. A day is
//! read by decoding the reports that overlap it (`min_at`..`max_at`, the span of their records' own
//! times). The receipt is kept as its time: Ed25519 is deterministic, so checkpoint, time and key
//! give the same receipt line whenever it is asked for.
//!
//! Refuses: to remove a report, and to change what its device signed.

use proviso_report::ledger::Receipt;

use super::ids::{DeviceId, Hash};
use super::ledger;
use super::sealed;
use super::sql::{Read, Row, SqlError, Tx};
use super::vault::VaultError;

/// The reports that the rest of a statement says, in the columns that [`report`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT device, first, count, bytes, received, receipt, min_at, max_at, range_before, \
             not_before FROM report ",
            $rest
        )
    };
}

/// One stored report.
#[derive(Debug, Clone)]
pub struct StoredReport {
    /// Whose log.
    pub device: DeviceId,
    /// Index of its first record.
    pub first: u64,
    /// Records in it.
    pub count: u64,
    /// The signed bytes, or those of a report of which records were erased;
    /// `proviso_report::report::Kept::parse` reads both.
    pub bytes: Vec<u8>,
    /// Unix milliseconds when it was stored.
    pub received: i64,
    /// Unix seconds its receipt says.
    pub receipt: u64,
    /// Earliest `at` of its records, Unix milliseconds.
    pub min_at: i64,
    /// Latest `at` of its records, Unix milliseconds.
    pub max_at: i64,
    /// Compact range of the log before it, in its pinned byte form.
    pub range_before: Vec<u8>,
    /// Unix seconds of the newest receipt that it or a report before it names: none of its records
    /// was written before. `None`: not known.
    pub not_before: Option<u64>,
}

/// What a report that is stored now says of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// What its receipt says, Unix seconds: never before the device's last receipt, so that a clock
    /// set back does not make receipts that contradict each other.
    pub receipt: u64,
    /// See [`StoredReport::not_before`].
    pub not_before: Option<u64>,
}

/// The times of a report of a device that is stored now and names a receipt of that time.
pub fn times(
    tx: &Tx<'_>,
    device: DeviceId,
    named: Option<u64>,
    now: i64,
) -> Result<Times, SqlError> {
    let last = tx.first(
        "SELECT receipt, not_before FROM report WHERE device = $1 ORDER BY first DESC LIMIT 1",
        &[(&device.to_string()).into()],
        |row| Ok((row.count(0)?, row.maybe_int(1)?)),
    )?;
    let now = u64::try_from(now / 1_000).unwrap_or_default();
    let (receipt, not_before) = last.unwrap_or_default();
    let not_before = not_before.and_then(|time| u64::try_from(time).ok());
    Ok(Times {
        receipt: now.max(receipt),
        not_before: not_before.max(named),
    })
}

/// When the oldest record of a device is from, and the newest, by its own clock.
pub fn span(read: &Read<'_>, device: DeviceId) -> Result<Option<(i64, i64)>, SqlError> {
    let found = read.first(
        "SELECT min(min_at), max(max_at) FROM report WHERE device = $1",
        &[(&device.to_string()).into()],
        |row| Ok((row.maybe_int(0)?, row.maybe_int(1)?)),
    )?;
    Ok(found.and_then(|(oldest, newest)| oldest.zip(newest)))
}

/// Where the report stands that holds the newest record from before a time by its own clock.
pub fn before(read: &Read<'_>, device: DeviceId, at: i64) -> Result<Option<u64>, SqlError> {
    read.first(
        "SELECT first FROM report WHERE device = $1 AND max_at < $2 ORDER BY max_at DESC LIMIT 1",
        &[(&device.to_string()).into(), at.into()],
        |row| row.count(0),
    )
}

/// The last `limit` reports that begin before `end`, newest first.
pub fn ending(
    read: &Read<'_>,
    device: DeviceId,
    end: u64,
    limit: u64,
) -> Result<Vec<StoredReport>, SqlError> {
    read.query(
        select!("WHERE device = $1 AND first < $2 ORDER BY first DESC LIMIT $3"),
        &[(&device.to_string()).into(), end.into(), limit.into()],
        report,
    )
}

/// Enters a report, and its receipt into the ledger. Only after `devices::advance`, in the same
/// transaction: the root that the receipt is for is the one that the device's log has now.
pub fn add(tx: &Tx<'_>, report: &StoredReport) -> Result<(), SqlError> {
    let root = tx.first(
        "SELECT root FROM device WHERE id = $1",
        &[(&report.device.to_string()).into()],
        |row| row.array(0),
    )?;
    let stated = Receipt {
        device: report.device,
        size: report.first.saturating_add(report.count),
        root: Hash(root.unwrap_or_default()),
        time: report.receipt,
    };
    let seq = ledger::enter(tx, report.received, stated)?;
    let place = sealed::report(report.device, report.first);
    let bytes = sealed::of_device(tx, report.device, &place, &report.bytes)?;
    tx.execute(
        "INSERT INTO report (device, first, count, bytes, received, receipt, min_at, max_at, \
         range_before, not_before, entry) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[
            (&report.device.to_string()).into(),
            report.first.into(),
            report.count.into(),
            bytes.as_slice().into(),
            report.received.into(),
            report.receipt.into(),
            report.min_at.into(),
            report.max_at.into(),
            (&report.range_before).into(),
            report.not_before.map(u64::cast_signed).into(),
            seq.into(),
        ],
    )?;
    Ok(())
}

/// The report that starts at `first`.
pub fn get(
    read: &Read<'_>,
    device: DeviceId,
    first: u64,
) -> Result<Option<StoredReport>, SqlError> {
    read.first(
        select!("WHERE device = $1 AND first = $2"),
        &[(&device.to_string()).into(), first.into()],
        report,
    )
}

/// The report that holds record `seq`.
pub fn covering(
    read: &Read<'_>,
    device: DeviceId,
    seq: u64,
) -> Result<Option<StoredReport>, SqlError> {
    let found = read.first(
        select!("WHERE device = $1 AND first <= $2 ORDER BY first DESC LIMIT 1"),
        &[(&device.to_string()).into(), seq.into()],
        report,
    )?;
    Ok(found.filter(|one| seq - one.first < one.count))
}

/// The first `limit` reports from the one that holds record `seq` on, in log order.
pub fn since(
    read: &Read<'_>,
    device: DeviceId,
    seq: u64,
    limit: u64,
) -> Result<Vec<StoredReport>, SqlError> {
    read.query(
        select!(
            "WHERE device = $1 AND first >= coalesce((SELECT max(first) FROM report \
             WHERE device = $1 AND first <= $2), 0) ORDER BY first LIMIT $3"
        ),
        &[(&device.to_string()).into(), seq.into(), limit.into()],
        report,
    )
}

/// The newest report of a device.
pub fn last(read: &Read<'_>, device: DeviceId) -> Result<Option<StoredReport>, SqlError> {
    read.first(
        select!("WHERE device = $1 ORDER BY first DESC LIMIT 1"),
        &[(&device.to_string()).into()],
        report,
    )
}

/// The first `limit` reports with records from `from` up to but not including `to` (Unix
/// milliseconds), in log order. Some of their records may lie outside.
pub fn overlapping(
    read: &Read<'_>,
    device: DeviceId,
    from: i64,
    to: i64,
    limit: u64,
) -> Result<Vec<StoredReport>, SqlError> {
    read.query(
        select!("WHERE device = $1 AND max_at >= $2 AND min_at < $3 ORDER BY first LIMIT $4"),
        &[
            (&device.to_string()).into(),
            from.into(),
            to.into(),
            limit.into(),
        ],
        report,
    )
}

/// The first record of the first report and the record after the last report that [`overlapping`]
/// would give.
pub fn bounds(
    read: &Read<'_>,
    device: DeviceId,
    from: i64,
    to: i64,
) -> Result<Option<(u64, u64)>, SqlError> {
    let found = read.first(
        "SELECT min(first), max(first + count) FROM report \
         WHERE device = $1 AND max_at >= $2 AND min_at < $3",
        &[(&device.to_string()).into(), from.into(), to.into()],
        |row| match row.maybe_int(0)? {
            None => Ok(None),
            Some(_) => Ok(Some((row.count(0)?, row.count(1)?))),
        },
    )?;
    Ok(found.flatten())
}

/// Where each report of a device begins, in log order.
pub fn firsts(read: &Read<'_>, device: DeviceId) -> Result<Vec<u64>, SqlError> {
    read.query(
        "SELECT first FROM report WHERE device = $1 ORDER BY first",
        &[(&device.to_string()).into()],
        |row| row.count(0),
    )
}

/// Reports from the one that starts at `first` up to the one that starts before `end`.
pub fn run(
    read: &Read<'_>,
    device: DeviceId,
    first: u64,
    end: u64,
) -> Result<Vec<StoredReport>, SqlError> {
    read.query(
        select!("WHERE device = $1 AND first >= $2 AND first < $3 ORDER BY first"),
        &[(&device.to_string()).into(), first.into(), end.into()],
        report,
    )
}

fn report(row: &Row<'_>) -> Result<StoredReport, SqlError> {
    let (device, first) = (row.parsed(0)?, row.count(1)?);
    Ok(StoredReport {
        device,
        first,
        count: row.count(2)?,
        bytes: match row.opened(3, &sealed::report(device, first)) {
            // Whoever reads it says which report it is that does not hold.
            Err(SqlError::Vault(VaultError::Broken)) => row.bytes(3)?,
            opened => opened?,
        },
        received: row.int(4)?,
        receipt: row.count(5)?,
        min_at: row.int(6)?,
        max_at: row.int(7)?,
        range_before: row.bytes(8)?,
        not_before: row.maybe_int(9)?.and_then(|time| u64::try_from(time).ok()),
    })
}
