//! All devices and all lists at once, for who sees to them.
//!
//! Promises: what is read here says nothing of what anybody did: no record, no finding, no name but the
//! pseudonym.

use super::devices::DeviceState;
use super::ids::{DeviceId, Hash, PersonId};
use super::sql::{Read, SqlError};

/// A device, as an administrator sees it.
#[derive(Debug, Clone)]
pub struct Machine {
    /// From its certificate.
    pub id: DeviceId,
    /// Whose it is.
    pub person: PersonId,
    /// The same in words.
    pub pseudonym: String,
    /// Host name at enrolment.
    pub host: String,
    /// Whether it is in service.
    pub state: DeviceState,
    /// Unix milliseconds.
    pub enrolled: i64,
    /// As it said at enrolment.
    pub agent_version: String,
    /// As it said at enrolment.
    pub platform: String,
    /// Unix milliseconds of the last sign of life.
    pub last_contact: Option<i64>,
}

/// An order, for the lists that it names.
#[derive(Debug, Clone)]
pub struct Naming {
    /// The court's reference.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// Whom it binds.
    pub pseudonym: String,
    /// `order.toml`.
    pub bytes: Vec<u8>,
    /// Unix milliseconds.
    pub put: i64,
    /// Whether it is assigned to the person's devices.
    pub current: bool,
    /// Of whom.
    pub person: PersonId,
}

/// A list that is held.
#[derive(Debug, Clone)]
pub struct HeldList {
    /// Its digest.
    pub sha256: Hash,
    /// How many bytes it has.
    pub bytes: u64,
}

/// An update that brought a list.
#[derive(Debug, Clone)]
pub struct Brought {
    /// The list that it brings.
    pub sha256: Hash,
    /// Its name in the order.
    pub list: String,
    /// Of which order, by the court's reference.
    pub order: String,
    /// Its number.
    pub number: u64,
    /// Unix milliseconds.
    pub put: i64,
}

/// All devices: those in service first, the longest unheard on top.
pub fn all(read: &Read<'_>, limit: u64, skip: u64) -> Result<Vec<Machine>, SqlError> {
    read.query(
        "SELECT d.id, d.person, p.pseudonym, COALESCE(r.host, ''), d.state, d.enrolled, d.agent_version, \
         d.platform, d.last_contact FROM device d JOIN person p ON p.id = d.person \
         LEFT JOIN register_device r ON r.device = d.id \
         ORDER BY CASE WHEN d.state = 'active' THEN 0 ELSE 1 END, COALESCE(d.last_contact, 0), d.id \
         LIMIT $1 OFFSET $2",
        &[limit.into(), skip.into()],
        |row| {
            Ok(Machine {
                id: row.parsed(0)?,
                person: row.parsed(1)?,
                pseudonym: row.text(2)?,
                host: row.text(3)?,
                state: match row.text(4)?.as_str() {
                    "active" => DeviceState::Active,
                    "broken_off" => DeviceState::BrokenOff,
                    _ => DeviceState::Retired,
                },
                enrolled: row.int(5)?,
                agent_version: row.text(6)?,
                platform: row.text(7)?,
                last_contact: row.maybe_int(8)?,
            })
        },
    )
}

/// All lists that are held.
pub fn lists(read: &Read<'_>) -> Result<Vec<HeldList>, SqlError> {
    read.query(
        "SELECT sha256, length(bytes) FROM list ORDER BY sha256",
        &[],
        |row| {
            Ok(HeldList {
                sha256: row.parsed(0)?,
                bytes: row.count(1)?,
            })
        },
    )
}

/// All orders, the latest first.
pub fn orders(read: &Read<'_>) -> Result<Vec<Naming>, SqlError> {
    read.query(
        "SELECT o.id, o.version, p.pseudonym, o.bytes, o.put, o.state, o.person FROM orders o \
         JOIN person p ON p.id = o.person ORDER BY o.put DESC, o.digest",
        &[],
        |row| {
            Ok(Naming {
                id: row.text(0)?,
                version: row.count(1)?,
                pseudonym: row.text(2)?,
                bytes: row.bytes(3)?,
                put: row.int(4)?,
                current: row.text(5)? == "current",
                person: row.parsed(6)?,
            })
        },
    )
}

/// All updates, the latest first.
pub fn updates(read: &Read<'_>) -> Result<Vec<Brought>, SqlError> {
    read.query(
        "SELECT u.sha256, u.list, MIN(o.id), u.number, u.put FROM list_update u \
         JOIN orders o ON o.digest = u.order_digest \
         GROUP BY u.order_digest, u.place, u.sha256, u.list, u.number, u.put ORDER BY u.put DESC, u.place DESC",
        &[],
        |row| {
            Ok(Brought {
                sha256: row.parsed(0)?,
                list: row.text(1)?,
                order: row.text(2)?,
                number: row.count(3)?,
                put: row.int(4)?,
            })
        },
    )
}
