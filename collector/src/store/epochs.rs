//! Logs that go on where another log of the same computer was broken off: columns `follows` and
//! `broken_by` of table `device`.
//!
//! A computer whose log forked or was set back goes on in a new log, an epoch, under a number of its
//! own. It has the person, the certificate and the order of the one before, which takes nothing more
//! and is kept whole.

use super::devices::{self, Device, Registered};
use super::ids::DeviceId;
use super::sql::{Read, Row, SqlError, Tx};

/// What the audit calls it when people let a computer begin one more log. What it is about: a log of
/// that computer.
pub const ALLOWED: &str = "let a computer begin one more log";

/// What a log is of a computer's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Epoch {
    /// The log before.
    pub follows: Option<DeviceId>,
    /// The incident by which it was broken off.
    pub broken_by: Option<String>,
}

/// Of one log; `None`: there is no such.
pub fn get(read: &Read<'_>, log: DeviceId) -> Result<Option<Epoch>, SqlError> {
    read.first(
        "SELECT follows, broken_by FROM device WHERE id = $1",
        &[(&log.to_string()).into()],
        |row| {
            Ok(Epoch {
                follows: row.maybe_parsed(0)?,
                broken_by: row.maybe_text(1)?,
            })
        },
    )
}

/// The logs that go on where this one was broken off, oldest first. There is more than one when two
/// copies of a computer run.
pub fn after(read: &Read<'_>, log: DeviceId) -> Result<Vec<DeviceId>, SqlError> {
    read.query(
        "SELECT id FROM device WHERE follows = $1 ORDER BY enrolled, id",
        &[(&log.to_string()).into()],
        |row| row.parsed(0),
    )
}

/// The epoch after `log` that this key signs, or else one from before a moment that nobody ever spoke
/// in: its answer was lost on the way.
pub fn begun(
    read: &Read<'_>,
    log: DeviceId,
    key: &[u8; 32],
    silent_since: i64,
) -> Result<Option<(DeviceId, [u8; 32])>, SqlError> {
    let found = |row: &Row<'_>| Ok((row.parsed(0)?, row.array(1)?));
    let same = read.first(
        "SELECT id, log_key FROM device WHERE follows = $1 AND log_key = $2 ORDER BY id LIMIT 1",
        &[(&log.to_string()).into(), key.into()],
        found,
    )?;
    if same.is_some() {
        return Ok(same);
    }
    read.first(
        "SELECT id, log_key FROM device WHERE follows = $1 AND size = 0 \
         AND last_contact IS NULL AND state = 'active' AND enrolled < $2 ORDER BY id LIMIT 1",
        &[(&log.to_string()).into(), silent_since.into()],
        found,
    )
}

/// How many epochs the computer with this certificate began since a moment.
pub fn count(read: &Read<'_>, certificate: &[u8; 32], since: i64) -> Result<u64, SqlError> {
    let found = read.first(
        "SELECT count(*) FROM device WHERE cert_spki = $1 AND follows IS NOT NULL \
         AND enrolled >= $2",
        &[certificate.into(), since.into()],
        |row| row.count(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// How many more people let it begin since a moment.
pub fn allowed(read: &Read<'_>, certificate: &[u8; 32], since: i64) -> Result<u64, SqlError> {
    let found = read.first(
        "SELECT count(*) FROM audit a JOIN device d ON d.id = a.reason \
         WHERE d.cert_spki = $1 AND a.action = $2 AND a.at >= $3",
        &[certificate.into(), ALLOWED.into(), since.into()],
        |row| row.count(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// Enters an epoch.
pub fn begin(
    tx: &Tx<'_>,
    device: &Device,
    registered: &Registered,
    follows: DeviceId,
) -> Result<(), SqlError> {
    devices::add(tx, device, registered)?;
    tx.execute(
        "UPDATE device SET follows = $2 WHERE id = $1",
        &[
            (&device.id.to_string()).into(),
            (&follows.to_string()).into(),
        ],
    )?;
    Ok(())
}

/// Gives an epoch that nobody spoke in another key.
pub fn sign_by(tx: &Tx<'_>, log: DeviceId, key: &[u8; 32]) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE device SET log_key = $2 WHERE id = $1 AND size = 0 AND last_contact IS NULL",
        &[(&log.to_string()).into(), key.into()],
    )?;
    Ok(())
}

/// Lets a log take nothing more. It is kept as it is; which incident it was is said once.
pub fn break_off(tx: &Tx<'_>, log: DeviceId, incident: &str) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE device SET state = 'broken_off', broken_by = $2 WHERE id = $1 AND state = 'active'",
        &[(&log.to_string()).into(), incident.into()],
    )?;
    Ok(())
}
