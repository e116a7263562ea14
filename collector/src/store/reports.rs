//! Table `report`: the evidence.
//!
//! Promises: the signed bytes are kept verbatim; there is no row per record. A day is read by
//! decoding the reports that overlap it (`min_at`..`max_at`, the span of their records' own
//! times). The receipt is kept as its time: Ed25519 is deterministic, so checkpoint, time and key
//! give the same receipt line whenever it is asked for.
//!
//! Refuses: to change or remove a report.

use proviso_report::ledger::Receipt;

use super::ids::{DeviceId, Hash};
use super::ledger;

use super::sql::{Read, Row, SqlError, Tx};

/// One stored report.
#[derive(Debug, Clone)]
pub struct StoredReport {
    /// Whose log.
    pub device: DeviceId,
    /// Index of its first record.
    pub first: u64,
    /// Records in it.
    pub count: u64,
    /// The signed bytes; `proviso_report::Report::parse` reads them.
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
}

/// The time that a receipt given now says, in Unix seconds: never before that of the device's last
/// receipt, so that a clock set back does not make receipts that contradict each other.
pub fn receipt_time(tx: &Tx<'_>, device: DeviceId, now: i64) -> Result<u64, SqlError> {
    let last = tx.first(
        "SELECT receipt FROM report WHERE device = $1 ORDER BY first DESC LIMIT 1",
        &[(&device.to_string()).into()],
        |row| row.count(0),
    )?;
    let now = u64::try_from(now / 1_000).unwrap_or_default();
    Ok(now.max(last.unwrap_or_default()))
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
    tx.execute(
        "INSERT INTO report (device, first, count, bytes, received, receipt, min_at, max_at, \
         range_before, entry) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            (&report.device.to_string()).into(),
            report.first.into(),
            report.count.into(),
            (&report.bytes).into(),
            report.received.into(),
            report.receipt.into(),
            report.min_at.into(),
            report.max_at.into(),
            (&report.range_before).into(),
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
        "SELECT device, first, count, bytes, received, receipt, min_at, max_at, range_before \
         FROM report WHERE device = $1 AND first = $2",
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
        "SELECT device, first, count, bytes, received, receipt, min_at, max_at, range_before \
         FROM report WHERE device = $1 AND first <= $2 ORDER BY first DESC LIMIT 1",
        &[(&device.to_string()).into(), seq.into()],
        report,
    )?;
    Ok(found.filter(|one| seq - one.first < one.count))
}

/// The newest report of a device.
pub fn last(read: &Read<'_>, device: DeviceId) -> Result<Option<StoredReport>, SqlError> {
    read.first(
        "SELECT device, first, count, bytes, received, receipt, min_at, max_at, range_before \
         FROM report WHERE device = $1 ORDER BY first DESC LIMIT 1",
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
        "SELECT device, first, count, bytes, received, receipt, min_at, max_at, range_before \
         FROM report WHERE device = $1 AND max_at >= $2 AND min_at < $3 ORDER BY first LIMIT $4",
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

/// Reports from the one that starts at `first` up to the one that starts before `end`.
pub fn run(
    read: &Read<'_>,
    device: DeviceId,
    first: u64,
    end: u64,
) -> Result<Vec<StoredReport>, SqlError> {
    read.query(
        "SELECT device, first, count, bytes, received, receipt, min_at, max_at, range_before \
         FROM report WHERE device = $1 AND first >= $2 AND first < $3 ORDER BY first",
        &[(&device.to_string()).into(), first.into(), end.into()],
        report,
    )
}

fn report(row: &Row<'_>) -> Result<StoredReport, SqlError> {
    Ok(StoredReport {
        device: row.parsed(0)?,
        first: row.count(1)?,
        count: row.count(2)?,
        bytes: row.bytes(3)?,
        received: row.int(4)?,
        receipt: row.count(5)?,
        min_at: row.int(6)?,
        max_at: row.int(7)?,
        range_before: row.bytes(8)?,
    })
}
