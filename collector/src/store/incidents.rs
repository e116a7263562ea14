//! Table `incident`: what is wrong with a device's log itself.
//!
//! Promises: an incident is entered once however often the same bytes arrive, and never removed.
//! A fork keeps the bytes of both sides: the stored report stays, the other is kept here.

use super::ids::{DeviceId, Hash};

use super::Change;
use super::ids::PersonId;
use super::sql::{Read, Row, SqlError, Tx};

/// Rows with bytes that one device may cause: a broken device must not fill the store.
const KEPT: i64 = 64;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncidentKind {
    /// Two signed histories that exclude each other.
    Fork,
    /// Records under an order that is not one of this person's; their report was refused.
    UnknownOrder,
    /// Records of activity that name no order.
    NoOrder,
}

/// One incident.
#[derive(Debug, Clone)]
pub struct Incident {
    /// Which device.
    pub device: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// When it was seen, Unix milliseconds.
    pub at: i64,
    /// What.
    pub kind: IncidentKind,
    /// A sentence.
    pub detail: String,
    /// The bytes that are not stored anywhere else.
    pub bytes: Option<Vec<u8>>,
}

/// Enters an incident; false if it was known or the device has caused too many.
pub fn put(tx: &Tx<'_>, incident: &Incident) -> Result<bool, SqlError> {
    let device = incident.device.to_string();
    let subject = incident
        .bytes
        .as_deref()
        .unwrap_or(incident.detail.as_bytes());
    let mut named = format!("{}\n{device}\n", incident.kind.as_str()).into_bytes();
    named.extend_from_slice(subject);
    let id = Hash::of(&named).to_string();
    let kept = tx
        .first(
            "SELECT count(*) FROM incident WHERE device = $1",
            &[(&device).into()],
            |row| row.int(0),
        )?
        .unwrap_or(0);
    if kept >= KEPT {
        return Ok(false);
    }
    let new = tx.execute(
        "INSERT INTO incident (id, device, person, at, kind, detail, bytes) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        &[
            (&id).into(),
            (&device).into(),
            incident.person.as_str().into(),
            incident.at.into(),
            incident.kind.as_str().into(),
            (&incident.detail).into(),
            incident
                .bytes
                .as_deref()
                .map_or(super::Param::Null, super::Param::Bytes),
        ],
    )?;
    if new == 1 {
        tx.announce(Change::Incident {
            device: incident.device,
            person: incident.person.clone(),
        });
    }
    Ok(new == 1)
}

/// Incidents of a person, newest first.
pub fn of_person(read: &Read<'_>, person: &PersonId) -> Result<Vec<Incident>, SqlError> {
    read.query(
        "SELECT device, person, at, kind, detail, bytes FROM incident \
         WHERE person = $1 ORDER BY at DESC, id",
        &[person.as_str().into()],
        incident,
    )
}

impl IncidentKind {
    /// The form in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::UnknownOrder => "unknown_order",
            Self::NoOrder => "no_order",
        }
    }
}

impl std::str::FromStr for IncidentKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        match text {
            "fork" => Ok(Self::Fork),
            "unknown_order" => Ok(Self::UnknownOrder),
            "no_order" => Ok(Self::NoOrder),
            _ => Err(UnknownKind),
        }
    }
}

/// A word that is no [`IncidentKind`].
#[derive(Debug, thiserror::Error)]
#[error("no kind of incident")]
pub struct UnknownKind;

fn incident(row: &Row<'_>) -> Result<Incident, SqlError> {
    Ok(Incident {
        device: row.parsed(0)?,
        person: row.parsed(1)?,
        at: row.int(2)?,
        kind: row.parsed(3)?,
        detail: row.text(4)?,
        bytes: row.maybe_bytes(5)?,
    })
}
