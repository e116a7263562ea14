//! Every device of the people somebody sees, with what a list of them shows.
//!
//! Promises: read in a few passes whatever their number, and nobody whom the reader does not see.

use std::collections::BTreeMap;

use super::ids::{DeviceId, Hash, PersonId};
use super::sql::{Read, SqlError};

/// One device in service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub device: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// Its host name, if the register has it.
    pub host: Option<String>,
    /// Unix milliseconds.
    pub enrolled: i64,
    /// Unix milliseconds; none: never heard from.
    pub heard: Option<i64>,
    /// The agent's version, as it said last.
    pub version: String,
    /// When it said so since its enrolment, Unix milliseconds by its clock.
    pub said: Option<i64>,
    /// The order that it names in its latest sign of life, and its version if it is one of this person's.
    pub held: Option<(Hash, Option<u64>)>,
    /// The order assigned to the person, and its version.
    pub current: Option<(Hash, u64)>,
}

/// The devices in service of everybody whom `staff` sees, by person.
pub fn standings(
    read: &Read<'_>,
    (staff, now): (&str, i64),
) -> Result<BTreeMap<PersonId, Vec<Standing>>, SqlError> {
    let rows = read.query(
        "SELECT d.id, d.person, r.host, d.enrolled, d.last_contact, \
         COALESCE(s.version, d.agent_version), s.at, s.order_digest, h.version, o.digest, o.version \
         FROM device d LEFT JOIN register_device r ON r.device = d.id \
         LEFT JOIN device_said s ON s.device = d.id \
         LEFT JOIN orders o ON o.person = d.person AND o.state = 'current' \
         LEFT JOIN orders h ON h.person = d.person AND h.digest = s.order_digest \
         WHERE d.state = 'active' AND d.person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY d.person, d.enrolled, d.id",
        &[staff.into(), now.into()],
        |row| {
            let held: Option<Hash> = row.maybe_parsed(7)?;
            let version = row.maybe_int(8)?.and_then(|one| u64::try_from(one).ok());
            let current: Option<Hash> = row.maybe_parsed(9)?;
            let of = row.maybe_int(10)?.and_then(|one| u64::try_from(one).ok());
            Ok(Standing {
                device: row.parsed(0)?,
                person: row.parsed(1)?,
                host: row.maybe_text(2)?,
                enrolled: row.int(3)?,
                heard: row.maybe_int(4)?,
                version: row.text(5)?,
                said: row.maybe_int(6)?,
                held: held.map(|digest| (digest, version)),
                current: current.zip(of),
            })
        },
    )?;
    let mut all: BTreeMap<PersonId, Vec<Standing>> = BTreeMap::new();
    for standing in rows {
        all.entry(standing.person.clone())
            .or_default()
            .push(standing);
    }
    Ok(all)
}

/// How many signs of tampering were known since a moment, of everybody whom `staff` sees.
pub fn tampered(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    since: i64,
) -> Result<BTreeMap<PersonId, u64>, SqlError> {
    let rows = read.query(
        "SELECT person, count(*) FROM tamper WHERE known >= $3 AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) GROUP BY person",
        &[staff.into(), now.into(), since.into()],
        |row| Ok((row.parsed(0)?, row.count(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}

/// Whose case each person is now, whom `staff` sees: the staff id.
pub fn officers(
    read: &Read<'_>,
    (staff, now): (&str, i64),
) -> Result<BTreeMap<PersonId, String>, SqlError> {
    let rows = read.query(
        "SELECT c.person, c.officer FROM caseload c JOIN staff o ON o.id = c.officer \
         AND o.closed IS NULL WHERE c.until IS NULL AND c.person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2)",
        &[staff.into(), now.into()],
        |row| Ok((row.parsed(0)?, row.text(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}
