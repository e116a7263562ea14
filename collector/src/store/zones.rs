//! Table `device_zone`: in which time zone a device shows its times, from which record of its log on.
//!
//! Promises: all of it follows from the stored reports, and is made again with the digests where it is dropped. The
//! log's own order counts, so a clock that was set moves nothing.
//!
//! Refuses: to know which zones there are; a device says what it says.

use proviso_report::{Fact, Record};

use super::ids::DeviceId;
use super::sql::{Read, SqlError, Tx};

/// Most characters of a zone's name.
const LONGEST: usize = 80;

/// What a record says of its device's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The record.
    pub seq: u64,
    /// Unix milliseconds by the device's clock.
    pub at: i64,
    /// The zone until then, if it says so.
    pub before: Option<String>,
    /// The zone from then on.
    pub zone: String,
}

/// A zone, and the record from which on a device has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// The record.
    pub seq: u64,
    /// Unix milliseconds by the device's clock.
    pub at: i64,
    /// As the device names it.
    pub zone: String,
}

impl Said {
    /// By this record, if it says anything of it.
    #[must_use]
    pub fn by(record: &Record) -> Option<Self> {
        let (before, zone) = match &record.fact {
            Fact::AgentStarted(started) => (None, started.zone.as_deref()?),
            Fact::ZoneChanged(changed) => (changed.from.as_deref(), changed.to.as_str()),
            _ => return None,
        };
        let short = |name: &str| name.chars().take(LONGEST).collect();
        Some(Self {
            seq: record.seq,
            at: record.at.0,
            before: before.map(short),
            zone: short(zone),
        })
    }
}

/// Enters it, unless the zone is the one before.
pub fn put(tx: &Tx<'_>, device: DeviceId, said: &Said) -> Result<(), SqlError> {
    let name = device.to_string();
    let latest = tx.first(
        "SELECT zone FROM device_zone WHERE device = $1 AND seq < $2 ORDER BY seq DESC LIMIT 1",
        &[(&name).into(), said.seq.into()],
        |row| row.text(0),
    )?;
    if latest.as_deref() == Some(&said.zone) {
        return Ok(());
    }
    let mut rows = vec![(said.seq, &said.zone)];
    // Whoever says only now what the zone was had it from the beginning: each change is said.
    if let (None, Some(before), 1..) = (&latest, &said.before, said.seq) {
        rows.push((0, before));
    }
    for (seq, zone) in rows {
        tx.execute(
            "INSERT INTO device_zone (device, seq, at, zone) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (device, seq) DO NOTHING",
            &[(&name).into(), seq.into(), said.at.into(), zone.into()],
        )?;
    }
    Ok(())
}

/// All of a device, in the order of its log.
pub fn of_device(read: &Read<'_>, device: DeviceId) -> Result<Vec<Since>, SqlError> {
    read.query(
        "SELECT seq, at, zone FROM device_zone WHERE device = $1 ORDER BY seq",
        &[(&device.to_string()).into()],
        |row| {
            Ok(Since {
                seq: row.count(0)?,
                at: row.int(1)?,
                zone: row.text(2)?,
            })
        },
    )
}
