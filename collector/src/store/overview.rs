//! What the overview shows of everybody whom its reader sees, in a few passes whatever their number.
//!
//! Promises: nothing here is a table of its own; what waits is summed from the cases, every other figure is
//! counted from the tables that hold the truth.

use std::collections::BTreeMap;

use super::ids::{DeviceId, PersonId};
use super::sql::{Read, SqlError};

/// Alerts of one person that nobody decided.
#[derive(Debug, Clone, Default)]
pub struct Waiting {
    /// By severity: `urgent`, `breach`, `review`.
    pub by_severity: BTreeMap<String, u64>,
    /// Of all, not even acknowledged.
    pub open: u64,
    /// When the oldest was opened, Unix milliseconds.
    pub oldest: Option<i64>,
}

/// A device as the overview knows it.
#[derive(Debug, Clone)]
pub struct DeviceSeen {
    /// Which.
    pub id: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// Its last sign of life, or its enrolment, Unix milliseconds.
    pub heard: i64,
    /// Whether it ever was heard from.
    pub ever: bool,
    /// Whether its log goes on.
    pub log: LogSeen,
}

/// Whether a device's log goes on.
#[derive(Debug, Clone, Copy)]
pub struct LogSeen {
    /// When its newest report was stored, or when it was enrolled, Unix milliseconds.
    pub stored: i64,
    /// Since when its log is in trouble and nothing of it was stored, Unix milliseconds.
    pub refused: Option<i64>,
}

/// What waits, by person, of everybody whom `staff` sees.
pub fn waiting(
    read: &Read<'_>,
    (staff, now): (&str, i64),
) -> Result<BTreeMap<PersonId, Waiting>, SqlError> {
    let rows = read.query(
        "SELECT person, sum(urgent), sum(breach), sum(review), sum(unheeded), min(opened) \
         FROM casefile WHERE stage = 0 AND kind = 'finding' AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         GROUP BY person",
        &[staff.into(), now.into()],
        |row| {
            let person: PersonId = row.parsed(0)?;
            let counts = [row.count(1)?, row.count(2)?, row.count(3)?];
            Ok((person, counts, row.count(4)?, row.int(5)?))
        },
    )?;
    let of = |(person, counts, open, oldest): (PersonId, [u64; 3], u64, i64)| {
        let severities = ["urgent", "breach", "review"].map(str::to_owned);
        let some = severities
            .into_iter()
            .zip(counts)
            .filter(|(_, count)| *count > 0);
        let waiting = Waiting {
            by_severity: some.collect(),
            open,
            oldest: Some(oldest),
        };
        (person, waiting)
    };
    Ok(rows.into_iter().map(of).collect())
}

/// Devices in service, of everybody whom `staff` sees.
pub fn devices(read: &Read<'_>, (staff, now): (&str, i64)) -> Result<Vec<DeviceSeen>, SqlError> {
    let mut devices = read.query(
        "SELECT id, person, COALESCE(last_contact, enrolled), last_contact, enrolled FROM device \
         WHERE state = 'active' AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY person, enrolled, id",
        &[staff.into(), now.into()],
        |row| {
            Ok(DeviceSeen {
                id: row.parsed(0)?,
                person: row.parsed(1)?,
                heard: row.int(2)?,
                ever: row.maybe_int(3)?.is_some(),
                log: LogSeen {
                    stored: row.int(4)?,
                    refused: None,
                },
            })
        },
    )?;
    for device in &mut devices {
        device.log = log(read, device.id, &device.person, device.log.stored)?;
    }
    Ok(devices)
}

/// Whether the log of a device goes on that was enrolled at `enrolled`.
pub fn log(
    read: &Read<'_>,
    device: DeviceId,
    person: &PersonId,
    enrolled: i64,
) -> Result<LogSeen, SqlError> {
    let device = device.to_string();
    let stored = read.first(
        "SELECT received FROM report WHERE device = $1 ORDER BY first DESC LIMIT 1",
        &[(&device).into()],
        |row| row.int(0),
    )?;
    // What was refused before the newest report was stored is over.
    let refused = read.first(
        "SELECT min(at) FROM incident WHERE person = $1 AND device = $2 AND at >= $3 \
         AND kind IN ('fork', 'wrong_key', 'unknown_order', 'refused', 'set_back')",
        &[
            person.as_str().into(),
            (&device).into(),
            stored.unwrap_or(0).into(),
        ],
        |row| row.maybe_int(0),
    )?;
    Ok(LogSeen {
        stored: stored.unwrap_or(enrolled),
        refused: refused.flatten(),
    })
}

/// Incidents since a moment, by person, of everybody whom `staff` sees.
pub fn incidents(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    since: i64,
) -> Result<BTreeMap<PersonId, u64>, SqlError> {
    let rows = read.query(
        "SELECT person, count(*) FROM incident WHERE at >= $3 AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         GROUP BY person",
        &[staff.into(), now.into(), since.into()],
        |row| Ok((row.parsed(0)?, row.count(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}

/// People with an order assigned.
pub fn ordered(read: &Read<'_>) -> Result<Vec<PersonId>, SqlError> {
    read.query(
        "SELECT DISTINCT person FROM orders WHERE state = 'current' ORDER BY person",
        &[],
        |row| row.parsed(0),
    )
}
