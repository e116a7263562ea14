//! Tables `device` and `register_device`.
//!
//! Promises: the state of a device's log (size, root, compact range) moves only by [`advance`],
//! which compares the size first; two collectors or two connections can never both extend it.

use proviso_report::ledger::{DeviceChange, DeviceWhat};

use super::ids::{DeviceId, Hash};
use super::ledger;

use super::ids::PersonId;
use super::sql::{Read, Row, SqlError, Tx};
use super::updates;
use crate::clock;

/// One not heard from for longer is silent, in milliseconds.
pub const SILENT: i64 = 24 * 60 * 60_000;

/// Whether reports of a device are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceState {
    /// Yes.
    Active,
    /// No: it goes on in another log ([`epochs`](super::epochs)).
    BrokenOff,
    /// No: removed from service.
    Retired,
}

/// One enrolled device.
#[derive(Debug, Clone)]
pub struct Device {
    /// From its certificate.
    pub id: DeviceId,
    /// Whose it is.
    pub person: PersonId,
    /// Ed25519 public key that signs its checkpoints.
    pub log_key: [u8; 32],
    /// SHA-256 of its certificate's public key information.
    pub cert_spki: [u8; 32],
    /// Whether it is in service.
    pub state: DeviceState,
    /// Unix milliseconds.
    pub enrolled: i64,
    /// As it said at enrolment.
    pub agent_version: String,
    /// As it said at enrolment.
    pub platform: String,
    /// Records held.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// Compact range over them, in its pinned byte form.
    pub range: Vec<u8>,
    /// Unix milliseconds of the last sign of life.
    pub last_contact: Option<i64>,
    /// The order assigned to it.
    pub order: Option<Hash>,
}

/// What the register says about a device: host and account names can tell who owns it.
#[derive(Clone)]
pub struct Registered {
    /// Host name at enrolment.
    pub host: String,
    /// Monitored accounts named at enrolment.
    pub accounts: Vec<String>,
}

/// Enters a device. Updates of lists that only the collector holds count for it from its first record on.
pub fn add(tx: &Tx<'_>, device: &Device, registered: &Registered) -> Result<(), SqlError> {
    let id = device.id.to_string();
    let order = device.order.map(|digest| digest.to_string());
    tx.execute(
        "INSERT INTO device (id, person, log_key, cert_spki, state, enrolled, agent_version, \
         platform, size, root, range, last_contact, order_digest) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &[
            (&id).into(),
            device.person.as_str().into(),
            (&device.log_key).into(),
            (&device.cert_spki).into(),
            device.state.as_str().into(),
            device.enrolled.into(),
            (&device.agent_version).into(),
            (&device.platform).into(),
            device.size.into(),
            (&device.root.0).into(),
            (&device.range).into(),
            device.last_contact.into(),
            order.as_deref().into(),
        ],
    )?;
    tx.execute(
        "INSERT INTO register_device (device, host, accounts) VALUES ($1, $2, $3)",
        &[
            (&id).into(),
            (&registered.host).into(),
            (&registered.accounts.join("\n")).into(),
        ],
    )?;
    let stated = DeviceChange {
        device: device.id,
        person: device.person.to_string(),
        what: DeviceWhat::Enrolled,
        key: Some(Hash(device.log_key)),
        size: Some(device.size),
        follows: None,
    };
    let seq = ledger::enter(tx, device.enrolled, stated)?;
    tx.execute(
        "UPDATE device SET entry = $2 WHERE id = $1",
        &[(&id).into(), seq.into()],
    )?;
    match &device.order {
        Some(order) => updates::begin(tx, order),
        None => Ok(()),
    }
}

/// One device.
pub fn get(read: &Read<'_>, id: DeviceId) -> Result<Option<Device>, SqlError> {
    read.first(
        "SELECT id, person, log_key, cert_spki, state, enrolled, agent_version, platform, size, \
         root, range, last_contact, order_digest FROM device WHERE id = $1",
        &[(&id.to_string()).into()],
        device,
    )
}

/// The devices of one person, oldest first.
pub fn of_person(read: &Read<'_>, person: &PersonId) -> Result<Vec<Device>, SqlError> {
    read.query(
        "SELECT id, person, log_key, cert_spki, state, enrolled, agent_version, platform, size, \
         root, range, last_contact, order_digest FROM device WHERE person = $1 \
         ORDER BY enrolled, id",
        &[person.as_str().into()],
        device,
    )
}

/// What the register says about a device.
pub fn registered(read: &Read<'_>, id: DeviceId) -> Result<Option<Registered>, SqlError> {
    read.first(
        "SELECT host, accounts FROM register_device WHERE device = $1",
        &[(&id.to_string()).into()],
        |row| {
            let accounts = row.text(1)?;
            Ok(Registered {
                host: row.text(0)?,
                accounts: accounts.lines().map(str::to_owned).collect(),
            })
        },
    )
}

/// Moves the log of an active device from size `before` on; false when it is not at `before` or the
/// device is out of service: nothing is changed then. Whoever moves it on has followed the records,
/// and keeps the judge's state in the same transaction ([`judged`](super::judged)).
pub fn advance(
    tx: &Tx<'_>,
    id: DeviceId,
    before: u64,
    size: u64,
    root: &Hash,
    range: &[u8],
    now: i64,
) -> Result<bool, SqlError> {
    let changed = tx.execute(
        "UPDATE device SET size = $3, judged = $3, root = $4, range = $5, last_contact = $6 \
         WHERE id = $1 AND size = $2 AND state = 'active'",
        &[
            (&id.to_string()).into(),
            before.into(),
            size.into(),
            (&root.0).into(),
            range.into(),
            now.into(),
        ],
    )?;
    Ok(changed == 1)
}

/// Notes a sign of life.
pub fn touch(tx: &Tx<'_>, id: DeviceId, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE device SET last_contact = $2 WHERE id = $1",
        &[(&id.to_string()).into(), now.into()],
    )?;
    Ok(())
}

/// Takes a device out of service for good.
pub fn retire(tx: &Tx<'_>, id: DeviceId) -> Result<(), SqlError> {
    let Some(device) = get(tx, id)? else {
        return Ok(());
    };
    let stated = DeviceChange {
        device: id,
        person: device.person.to_string(),
        what: DeviceWhat::Retired,
        key: None,
        size: Some(device.size),
        follows: None,
    };
    ledger::enter(tx, clock::now(), stated)?;
    tx.execute(
        "UPDATE device SET state = 'retired' WHERE id = $1",
        &[(&id.to_string()).into()],
    )?;
    Ok(())
}

/// Gives all devices of a person another order.
pub fn assign(tx: &Tx<'_>, person: &PersonId, order: &Hash) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE device SET order_digest = $2 WHERE person = $1",
        &[person.as_str().into(), (&order.to_string()).into()],
    )?;
    Ok(())
}

impl DeviceState {
    /// The form in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::BrokenOff => "broken_off",
            Self::Retired => "retired",
        }
    }
}

/// Silent about host and accounts.
impl std::fmt::Debug for Registered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registered").finish_non_exhaustive()
    }
}

fn device(row: &Row<'_>) -> Result<Device, SqlError> {
    Ok(Device {
        id: row.parsed(0)?,
        person: row.parsed(1)?,
        log_key: row.array(2)?,
        cert_spki: row.array(3)?,
        // Anything but the one word that opens the door keeps it shut.
        state: match row.text(4)?.as_str() {
            "active" => DeviceState::Active,
            "broken_off" => DeviceState::BrokenOff,
            _ => DeviceState::Retired,
        },
        enrolled: row.int(5)?,
        agent_version: row.text(6)?,
        platform: row.text(7)?,
        size: row.count(8)?,
        root: Hash(row.array(9)?),
        range: row.bytes(10)?,
        last_contact: row.maybe_int(11)?,
        order: row.maybe_parsed(12)?,
    })
}
