//! Table `incident`: what is wrong with a device's log itself.
//!
//! Promises: an incident is entered once however often the same cause shows itself, and is never
//! left out or removed. A fork keeps the bytes of both sides: the stored report stays, the other is
//! kept here. Only bytes have a bound: a broken device must not fill the store.

use proviso_report::ledger::Incident as Stated;

use super::ids::{DeviceId, Hash};
use super::ledger;

use super::Change;
use super::cases;
use super::ids::PersonId;
use super::sealed;
use super::sql::{Param, Read, Row, SqlError, Tx};

/// Rows with bytes that one device may cause; later ones are entered without.
const KEPT: i64 = 64;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncidentKind {
    /// Two signed histories that exclude each other.
    Fork,
    /// Signed by a key of the log that does not sign any more.
    WrongKey,
    /// Records under an order that is not one of this person's; their report was refused.
    UnknownOrder,
    /// Records of activity that name no order.
    NoOrder,
    /// A report that cannot be taken, and that no further try will mend.
    Refused,
    /// Records of activity from a time when their order was not in force.
    OutsideTerm,
    /// An order that is held cannot judge any more, so that reports under it wait.
    BrokenOrder,
    /// The device has fewer records than it sent.
    SetBack,
    /// The computer asked for more new logs in a day than it gets.
    Epochs,
    /// The device says that an update of a list counts which it was not given.
    UnknownUpdate,
    /// A report names a receipt that was never given.
    StrangeReceipt,
}

/// One incident.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The bytes that are not stored anywhere else, while there is room for them.
    pub bytes: Option<Vec<u8>>,
}

/// Enters an incident; false if it was known. What makes it the same as another of its device and
/// kind is `cause`, or else its bytes, or else its sentence.
pub fn put(tx: &Tx<'_>, incident: &Incident, cause: Option<&str>) -> Result<bool, SqlError> {
    let device = incident.device.to_string();
    let bytes = incident.bytes.as_deref();
    let id = id(incident, cause);
    let kept = tx.first(
        "SELECT count(*) FROM incident WHERE device = $1 AND bytes IS NOT NULL",
        &[(&device).into()],
        |row| row.int(0),
    )?;
    let room = kept.unwrap_or(0) < KEPT;
    let bytes = bytes.filter(|_| room);
    let bytes =
        bytes.map(|bytes| sealed::of_device(tx, incident.device, &place(incident.device), bytes));
    let bytes = bytes.transpose()?;
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
            bytes.as_deref().map_or(Param::Null, Param::Bytes),
        ],
    )?;
    if new == 1 {
        let stated = Stated {
            id: id.clone(),
            kind: incident.kind.as_str().to_owned(),
            device: Some(incident.device),
            detail: Hash::of(incident.detail.as_bytes()),
        };
        let seq = ledger::enter(tx, incident.at, stated)?;
        tx.execute(
            "UPDATE incident SET entry = $2 WHERE id = $1",
            &[(&id).into(), seq.into()],
        )?;
        cases::join_incident(tx, incident, &id)?;
        tx.announce(Change::Incident {
            device: incident.device,
            person: incident.person.clone(),
        });
    }
    Ok(new == 1)
}

/// The number under which an incident is entered.
#[must_use]
pub fn id(incident: &Incident, cause: Option<&str>) -> String {
    let subject = match (cause, incident.bytes.as_deref()) {
        (Some(cause), _) => cause.as_bytes(),
        (None, Some(bytes)) => bytes,
        (None, None) => incident.detail.as_bytes(),
    };
    let kind = incident.kind.as_str();
    let mut named = format!("{kind}\n{}\n", incident.device).into_bytes();
    named.extend_from_slice(subject);
    Hash::of(&named).to_string()
}

/// The number of the newest incident since a moment that breaks a device's log off.
pub fn last_break(
    read: &Read<'_>,
    device: DeviceId,
    since: i64,
) -> Result<Option<String>, SqlError> {
    read.first(
        "SELECT id FROM incident WHERE device = $1 AND at >= $2 \
         AND kind IN ('fork', 'wrong_key', 'set_back') ORDER BY at DESC, id LIMIT 1",
        &[(&device.to_string()).into(), since.into()],
        |row| row.text(0),
    )
}

/// The incident of this number.
pub fn get(read: &Read<'_>, id: &str) -> Result<Option<Incident>, SqlError> {
    read.first(
        "SELECT device, person, at, kind, detail, bytes FROM incident WHERE id = $1",
        &[id.into()],
        incident,
    )
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

/// The same without their bytes, which a missing key would hide, and the rest with them.
pub fn told(read: &Read<'_>, person: &PersonId) -> Result<Vec<Incident>, SqlError> {
    read.query(
        "SELECT device, person, at, kind, detail, NULL FROM incident \
         WHERE person = $1 ORDER BY at DESC, id",
        &[person.as_str().into()],
        incident,
    )
}

/// When the incident of this number was.
pub fn when(read: &Read<'_>, id: &str) -> Result<Option<i64>, SqlError> {
    read.first(
        "SELECT at FROM incident WHERE id = $1",
        &[id.into()],
        |row| row.int(0),
    )
}

impl IncidentKind {
    /// The form in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::WrongKey => "wrong_key",
            Self::UnknownOrder => "unknown_order",
            Self::NoOrder => "no_order",
            Self::Refused => "refused",
            Self::OutsideTerm => "outside_term",
            Self::BrokenOrder => "broken_order",
            Self::SetBack => "set_back",
            Self::Epochs => "epochs",
            Self::UnknownUpdate => "unknown_update",
            Self::StrangeReceipt => "strange_receipt",
        }
    }

    /// In words, without what the sentence of one incident says.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Fork => "Two signed histories that exclude each other",
            Self::WrongKey => "A signature by a key that was to be wiped",
            Self::UnknownOrder => "Records under an order that is not held here",
            Self::NoOrder => "Records that name no order",
            Self::Refused => "Reports that are refused",
            Self::OutsideTerm => "Records from a time when their order was not in force",
            Self::BrokenOrder => "An order that cannot judge, so that reports wait",
            Self::SetBack => "A log that was set back",
            Self::Epochs => "A log that breaks again and again",
            Self::UnknownUpdate => "An update of a list that nobody gave this computer",
            Self::StrangeReceipt => "A receipt that was never given",
        }
    }
}

impl std::str::FromStr for IncidentKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        match text {
            "fork" => Ok(Self::Fork),
            "wrong_key" => Ok(Self::WrongKey),
            "unknown_order" => Ok(Self::UnknownOrder),
            "no_order" => Ok(Self::NoOrder),
            "refused" => Ok(Self::Refused),
            "outside_term" => Ok(Self::OutsideTerm),
            "broken_order" => Ok(Self::BrokenOrder),
            "set_back" => Ok(Self::SetBack),
            "epochs" => Ok(Self::Epochs),
            "unknown_update" => Ok(Self::UnknownUpdate),
            "strange_receipt" => Ok(Self::StrangeReceipt),
            _ => Err(UnknownKind),
        }
    }
}

/// A word that is no [`IncidentKind`].
#[derive(Debug, thiserror::Error)]
#[error("no kind of incident")]
pub struct UnknownKind;

/// Seals what incidents about a person keep under the key that counts now.
pub(super) fn seal_again(tx: &Tx<'_>, person: &PersonId) -> Result<(), SqlError> {
    let kept = tx.query(
        "SELECT id, device, bytes FROM incident WHERE person = $1 AND bytes IS NOT NULL",
        &[person.as_str().into()],
        |row| {
            let device = row.parsed(1)?;
            Ok((row.text(0)?, device, row.opened(2, &place(device))?))
        },
    )?;
    for (id, device, bytes) in kept {
        let bytes = sealed::of_device(tx, device, &place(device), &bytes)?;
        tx.execute(
            "UPDATE incident SET bytes = $2 WHERE id = $1",
            &[(&id).into(), bytes.as_slice().into()],
        )?;
    }
    Ok(())
}

fn place(device: DeviceId) -> String {
    format!("incident {device}")
}

fn incident(row: &Row<'_>) -> Result<Incident, SqlError> {
    let device = row.parsed(0)?;
    Ok(Incident {
        device,
        person: row.parsed(1)?,
        at: row.int(2)?,
        kind: row.parsed(3)?,
        detail: row.text(4)?,
        bytes: row.maybe_opened(5, &place(device))?,
    })
}
