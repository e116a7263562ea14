//! Tables `watch` and `condition`: what is or was wrong with watching a device.
//!
//! Promises: written in the transaction of the reports that say so, so that the overview need not read
//! reports; all of it follows from them. A condition that is over stays, with when that was known.

use proviso_report::coverage::Last;

use super::cases;
use super::ids::{DeviceId, PersonId};
use super::sql::{Read, Row, SqlError, Tx};

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConditionKind {
    /// The agent ended without a word.
    Killed,
    /// The agent was stopped, and the computer stayed on.
    Stopped,
    /// Nothing could be written: the disk was full.
    DiskFull,
    /// A source does not work.
    SourceFailed,
    /// Not watched for another reason.
    Dark,
}

/// Something that is or was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Which device.
    pub device: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// What.
    pub kind: ConditionKind,
    /// In which source; empty: in none in particular.
    pub source: String,
    /// The record that says so.
    pub seq: u64,
    /// From when on, Unix milliseconds by the device's clock.
    pub since: i64,
    /// Until when; `None`: it lasts.
    pub until: Option<i64>,
    /// When it was known, Unix milliseconds by the collector's clock.
    pub known: i64,
    /// When it was known to be over.
    pub cleared: Option<i64>,
}

/// What must be known to go on following the life of a device.
pub fn last(read: &Read<'_>, device: DeviceId) -> Result<Option<Last>, SqlError> {
    let text = read.first(
        "SELECT last FROM watch WHERE device = $1",
        &[(&device.to_string()).into()],
        |row| row.text(0),
    )?;
    // What cannot be read is as good as nothing: the next record begins anew.
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Keeps it.
pub fn set_last(tx: &Tx<'_>, device: DeviceId, last: &Last) -> Result<(), SqlError> {
    let text = serde_json::to_string(last).map_err(|error| SqlError::Other(error.to_string()))?;
    tx.execute(
        "INSERT INTO watch (device, last) VALUES ($1, $2) \
         ON CONFLICT (device) DO UPDATE SET last = excluded.last",
        &[(&device.to_string()).into(), (&text).into()],
    )?;
    Ok(())
}

/// Enters a condition, unless it is known, and puts it into a case.
pub fn put(tx: &Tx<'_>, condition: &Condition) -> Result<(), SqlError> {
    let new = tx.execute(
        "INSERT INTO condition (device, person, kind, source, seq, since, until, known, cleared) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (device, kind, source, since) DO NOTHING",
        &[
            (&condition.device.to_string()).into(),
            condition.person.as_str().into(),
            condition.kind.as_str().into(),
            (&condition.source).into(),
            condition.seq.into(),
            condition.since.into(),
            condition.until.into(),
            condition.known.into(),
            condition.cleared.into(),
        ],
    )?;
    if new == 1 {
        cases::join_condition(tx, condition)?;
    }
    Ok(())
}

/// Those of a kind that last on a device are over. `source`: only those in it.
pub fn clear(
    tx: &Tx<'_>,
    device: DeviceId,
    kind: ConditionKind,
    source: Option<&str>,
    until: i64,
    now: i64,
) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE condition SET until = $4, cleared = $5 WHERE device = $1 AND kind = $2 \
         AND (source = $3 OR $3 IS NULL) AND cleared IS NULL",
        &[
            (&device.to_string()).into(),
            kind.as_str().into(),
            source.into(),
            until.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Those that last, and those that were known to be over at `since` or later, of everybody whom `staff`
/// sees.
pub fn of_late(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    since: i64,
) -> Result<Vec<Condition>, SqlError> {
    read.query(
        "SELECT c.device, c.person, c.kind, c.source, c.seq, c.since, c.until, c.known, c.cleared \
         FROM condition c JOIN device d ON d.id = c.device \
         WHERE d.state = 'active' AND (c.cleared IS NULL OR c.cleared >= $3) AND c.person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY c.person, c.device, c.since, c.seq, c.kind, c.source",
        &[staff.into(), now.into(), since.into()],
        condition,
    )
}

/// Those of a person's devices in service that hold, or were cleared at `since` or later.
pub fn of_person(
    read: &Read<'_>,
    person: &PersonId,
    since: i64,
) -> Result<Vec<Condition>, SqlError> {
    read.query(
        "SELECT c.device, c.person, c.kind, c.source, c.seq, c.since, c.until, c.known, c.cleared \
         FROM condition c JOIN device d ON d.id = c.device \
         WHERE d.person = $2 AND d.state = 'active' AND (c.cleared IS NULL OR c.cleared >= $1) \
         ORDER BY c.device, c.since, c.seq, c.kind, c.source",
        &[since.into(), person.as_str().into()],
        condition,
    )
}

/// Those of a device that touch a time by its clock.
pub fn of_device(
    read: &Read<'_>,
    device: DeviceId,
    from: i64,
    to: i64,
) -> Result<Vec<Condition>, SqlError> {
    read.query(
        "SELECT device, person, kind, source, seq, since, until, known, cleared FROM condition \
         WHERE device = $1 AND since < $3 AND (until IS NULL OR until >= $2) \
         ORDER BY since, seq, kind, source",
        &[(&device.to_string()).into(), from.into(), to.into()],
        condition,
    )
}

impl ConditionKind {
    /// The form in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Stopped => "stopped",
            Self::DiskFull => "disk_full",
            Self::SourceFailed => "source_failed",
            Self::Dark => "dark",
        }
    }
}

impl std::str::FromStr for ConditionKind {
    type Err = UnknownCondition;

    fn from_str(text: &str) -> Result<Self, UnknownCondition> {
        match text {
            "killed" => Ok(Self::Killed),
            "stopped" => Ok(Self::Stopped),
            "disk_full" => Ok(Self::DiskFull),
            "source_failed" => Ok(Self::SourceFailed),
            "dark" => Ok(Self::Dark),
            _ => Err(UnknownCondition),
        }
    }
}

/// A word that is no [`ConditionKind`].
#[derive(Debug, thiserror::Error)]
#[error("no kind of condition")]
pub struct UnknownCondition;

/// Reads the nine columns that every statement names in the same order.
pub(super) fn condition(row: &Row<'_>) -> Result<Condition, SqlError> {
    Ok(Condition {
        device: row.parsed(0)?,
        person: row.parsed(1)?,
        kind: row.parsed(2)?,
        source: row.text(3)?,
        seq: row.count(4)?,
        since: row.int(5)?,
        until: row.maybe_int(6)?,
        known: row.int(7)?,
        cleared: row.maybe_int(8)?,
    })
}
