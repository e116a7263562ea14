//! Table `told`: what webhooks are told of besides alerts and escalations.
//!
//! Promises: a row is entered once, with the rows of `outbox` that carry it out, in one transaction; two
//! collectors on one store tell once. A row holds ids and times only.
//!
//! Refuses: devices that are out of service.

use super::devices::SILENT;
use super::ids::{DeviceId, PersonId};
use super::outbox;
use super::sql::{Read, SqlError, Tx};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// After this ruling nothing in the case waits for a decision.
    CaseDecided {
        /// Which case.
        case: String,
        /// The ruling.
        ruling: String,
    },
    /// A device that is in service is not heard from.
    DeviceSilent {
        /// Which.
        device: DeviceId,
        /// Whose.
        person: PersonId,
        /// When it was heard last, or enrolled, in Unix milliseconds.
        since: i64,
    },
}

/// Enters it and asks the ways out; false if it was entered before, or there is no way.
pub fn put(tx: &Tx<'_>, told: &Told, channels: &[String], now: i64) -> Result<bool, SqlError> {
    if channels.is_empty() {
        return Ok(false);
    }
    let (id, casefile, ruling, device, person, since) = match told {
        Told::CaseDecided { case, ruling } => (
            format!("decided:{ruling}"),
            Some(case.as_str()),
            Some(ruling.as_str()),
            None,
            None,
            None,
        ),
        Told::DeviceSilent {
            device,
            person,
            since,
        } => (
            format!("silent:{device}:{since}"),
            None,
            None,
            Some(device.to_string()),
            Some(person.as_str()),
            Some(*since),
        ),
    };
    let new = tx.execute(
        "INSERT INTO told (id, at, casefile, ruling, device, person, since) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        &[
            (&id).into(),
            now.into(),
            casefile.into(),
            ruling.into(),
            device.as_deref().into(),
            person.into(),
            since.into(),
        ],
    )?;
    if new == 0 {
        return Ok(false);
    }
    outbox::ask(tx, &id, channels, now)?;
    Ok(true)
}

/// Devices in service that are silent now and of whose silence nobody was told.
pub fn silent(read: &Read<'_>, now: i64, limit: u64) -> Result<Vec<Told>, SqlError> {
    read.query(
        "SELECT d.id, d.person, COALESCE(d.last_contact, d.enrolled) FROM device d \
         WHERE d.state = 'active' AND COALESCE(d.last_contact, d.enrolled) < $1 \
         AND NOT EXISTS (SELECT 1 FROM told t WHERE t.device = d.id \
         AND t.since = COALESCE(d.last_contact, d.enrolled)) ORDER BY d.id LIMIT $2",
        &[now.saturating_sub(SILENT).into(), limit.into()],
        |row| {
            Ok(Told::DeviceSilent {
                device: row.parsed(0)?,
                person: row.parsed(1)?,
                since: row.int(2)?,
            })
        },
    )
}
