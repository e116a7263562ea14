//! Tables `device_said` and `tamper`: what a device's log says of the agent itself.
//!
//! Promises: written in the transaction of the reports that say so, so that a list of devices need not read
//! reports. A sign that somebody tampered stays, whatever came after it.
//!
//! Refuses: what such a record says in words; that stays in the record.

use super::ids::{DeviceId, Hash, PersonId};
use super::sql::{Read, Row, SqlError, Tx};

/// Most characters of [`Tamper::part`].
const LONGEST: usize = 40;

/// What a device said last of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Which device.
    pub device: DeviceId,
    /// When, Unix milliseconds by its clock.
    pub at: i64,
    /// The agent's version, since it was last started.
    pub version: Option<String>,
    /// The order in force there.
    pub order: Option<Hash>,
}

/// How somebody tampered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TamperKind {
    /// The agent's files are not what was installed.
    Altered,
    /// Another program held the agent as a debugger does.
    Traced,
    /// Something kept the agent from its collector.
    Blocked,
}

/// A sign that somebody tampered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tamper {
    /// Which device.
    pub device: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// How.
    pub kind: TamperKind,
    /// Which part of the agent, or how it was kept from its collector; empty where nothing is said.
    pub part: String,
    /// The record that says so.
    pub seq: u64,
    /// When, Unix milliseconds by the device's clock.
    pub at: i64,
    /// When it was known, Unix milliseconds by the collector's clock.
    pub known: i64,
}

/// Keeps what a device said last. What it does not say now stays as it was said before, but the order: a
/// sign of life without one says that none is in force.
pub fn set_said(tx: &Tx<'_>, said: &Said, beat: bool) -> Result<(), SqlError> {
    let order = said.order.map(|order| order.to_string());
    tx.execute(
        "INSERT INTO device_said (device, at, version, order_digest) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (device) DO UPDATE SET at = excluded.at, \
         version = COALESCE(excluded.version, device_said.version), \
         order_digest = CASE WHEN $5 = 1 THEN excluded.order_digest ELSE device_said.order_digest END",
        &[
            (&said.device.to_string()).into(),
            said.at.into(),
            said.version.as_deref().into(),
            order.as_deref().into(),
            i64::from(beat).into(),
        ],
    )?;
    Ok(())
}

/// What a device said last.
pub fn said(read: &Read<'_>, device: DeviceId) -> Result<Option<Said>, SqlError> {
    read.first(
        "SELECT device, at, version, order_digest FROM device_said WHERE device = $1",
        &[(&device.to_string()).into()],
        |row| {
            Ok(Said {
                device: row.parsed(0)?,
                at: row.int(1)?,
                version: row.maybe_text(2)?,
                order: row.maybe_parsed(3)?,
            })
        },
    )
}

/// Every version that some device in service says it runs.
pub fn versions(read: &Read<'_>) -> Result<Vec<String>, SqlError> {
    read.query(
        "SELECT DISTINCT COALESCE(s.version, d.agent_version) FROM device d \
         LEFT JOIN device_said s ON s.device = d.id WHERE d.state = 'active' ORDER BY 1",
        &[],
        |row| row.text(0),
    )
}

/// Enters a sign, unless it is known.
pub fn put_tamper(tx: &Tx<'_>, tamper: &Tamper) -> Result<(), SqlError> {
    let part: String = tamper.part.chars().take(LONGEST).collect();
    tx.execute(
        "INSERT INTO tamper (device, person, kind, part, seq, at, known) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (device, seq, kind) DO NOTHING",
        &[
            (&tamper.device.to_string()).into(),
            tamper.person.as_str().into(),
            tamper.kind.as_str().into(),
            (&part).into(),
            tamper.seq.into(),
            tamper.at.into(),
            tamper.known.into(),
        ],
    )?;
    Ok(())
}

/// The signs about a person that were known at `since` or later, newest first.
pub fn tampered(
    read: &Read<'_>,
    person: &PersonId,
    since: i64,
    limit: u64,
) -> Result<Vec<Tamper>, SqlError> {
    read.query(
        "SELECT device, person, kind, part, seq, at, known FROM tamper \
         WHERE person = $1 AND known >= $2 ORDER BY known DESC, seq DESC LIMIT $3",
        &[person.as_str().into(), since.into(), limit.into()],
        tamper,
    )
}

impl TamperKind {
    /// The form in the table, which is the record's kind.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Altered => "agent_altered",
            Self::Traced => "agent_traced",
            Self::Blocked => "collector_blocked",
        }
    }
}

impl std::str::FromStr for TamperKind {
    type Err = UnknownTamper;

    fn from_str(text: &str) -> Result<Self, UnknownTamper> {
        match text {
            "agent_altered" => Ok(Self::Altered),
            "agent_traced" => Ok(Self::Traced),
            "collector_blocked" => Ok(Self::Blocked),
            _ => Err(UnknownTamper),
        }
    }
}

/// A word that is no [`TamperKind`].
#[derive(Debug, thiserror::Error)]
#[error("neither agent_altered, agent_traced nor collector_blocked")]
pub struct UnknownTamper;

fn tamper(row: &Row<'_>) -> Result<Tamper, SqlError> {
    Ok(Tamper {
        device: row.parsed(0)?,
        person: row.parsed(1)?,
        kind: row.parsed(2)?,
        part: row.text(3)?,
        seq: row.count(4)?,
        at: row.int(5)?,
        known: row.int(6)?,
    })
}
