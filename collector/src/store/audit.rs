//! Table `audit`: who looked at whom, and who did what.
//!
//! Promises: rows are only ever added, each with its entry in the ledger. A row names people by id,
//! never by name.

use proviso_report::UnixMs;
use proviso_report::ledger::Access;

use super::ids::{Hash, PersonId};
use super::ledger;
use super::sql::{Read, Row, SqlError, Tx};

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Sorts by time.
    pub id: String,
    /// Unix milliseconds.
    pub at: i64,
    /// Staff id.
    pub staff: String,
    /// What was done: one of the words in `web::audit`.
    pub action: String,
    /// Whom it concerned; none for a page about everybody.
    pub person: Option<PersonId>,
    /// Why or on what, for example a finding's id.
    pub reason: String,
}

/// An entry with the names a reader needs.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The entry.
    pub entry: Entry,
    /// Who did it.
    pub staff_name: String,
    /// Whom it concerned, by pseudonym.
    pub pseudonym: Option<String>,
}

/// Adds an entry.
pub fn put(tx: &Tx<'_>, entry: &Entry) -> Result<(), SqlError> {
    let seq = ledger::enter(tx, entry.at, stated(entry))?;
    tx.execute(
        "INSERT INTO audit (id, at, staff, action, person, reason, entry) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            (&entry.id).into(),
            entry.at.into(),
            (&entry.staff).into(),
            (&entry.action).into(),
            entry.person.as_ref().map(PersonId::as_str).into(),
            (&entry.reason).into(),
            seq.into(),
        ],
    )?;
    Ok(())
}

/// What the ledger says of a row.
pub fn stated(entry: &Entry) -> Access {
    Access {
        id: entry.id.clone(),
        staff: entry.staff.clone(),
        action: entry.action.clone(),
        person: entry.person.as_ref().map(PersonId::to_string),
        at: UnixMs(entry.at),
        on: Hash::of(entry.reason.as_bytes()),
    }
}

/// Whether the same was entered since `since`: a page that refreshes itself is one look.
pub fn seen_since(read: &Read<'_>, entry: &Entry, since: i64) -> Result<bool, SqlError> {
    let found = read.first(
        "SELECT id FROM audit WHERE at >= $1 AND staff = $2 AND action = $3 AND reason = $4 \
         AND COALESCE(person, '') = $5",
        &[
            since.into(),
            (&entry.staff).into(),
            (&entry.action).into(),
            (&entry.reason).into(),
            entry.person.as_ref().map_or("", PersonId::as_str).into(),
        ],
        |row| row.text(0),
    )?;
    Ok(found.is_some())
}

/// Entries about everybody, newest first.
pub fn latest(read: &Read<'_>, limit: u64, skip: u64) -> Result<Vec<Shown>, SqlError> {
    read.query(
        "SELECT a.id, a.at, a.staff, a.action, a.person, a.reason, \
         COALESCE(s.name, a.staff), p.pseudonym FROM audit a \
         LEFT JOIN staff s ON s.id = a.staff LEFT JOIN person p ON p.id = a.person \
         ORDER BY a.at DESC, a.id DESC LIMIT $1 OFFSET $2",
        &[limit.into(), skip.into()],
        shown,
    )
}

/// What `staff` did, and entries about everybody whom they see, newest first.
pub fn seen_by(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    limit: u64,
    skip: u64,
) -> Result<Vec<Shown>, SqlError> {
    read.query(
        "SELECT a.id, a.at, a.staff, a.action, a.person, a.reason, \
         COALESCE(s.name, a.staff), p.pseudonym FROM audit a \
         LEFT JOIN staff s ON s.id = a.staff LEFT JOIN person p ON p.id = a.person \
         WHERE a.staff = $1 OR a.person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY a.at DESC, a.id DESC LIMIT $3 OFFSET $4",
        &[staff.into(), now.into(), limit.into(), skip.into()],
        shown,
    )
}

/// Entries about one person, newest first.
pub fn of_person(
    read: &Read<'_>,
    person: &PersonId,
    limit: u64,
    skip: u64,
) -> Result<Vec<Shown>, SqlError> {
    read.query(
        "SELECT a.id, a.at, a.staff, a.action, a.person, a.reason, \
         COALESCE(s.name, a.staff), p.pseudonym FROM audit a \
         LEFT JOIN staff s ON s.id = a.staff LEFT JOIN person p ON p.id = a.person \
         WHERE a.person = $1 ORDER BY a.at DESC, a.id DESC LIMIT $2 OFFSET $3",
        &[person.as_str().into(), limit.into(), skip.into()],
        shown,
    )
}

pub(super) fn shown(row: &Row<'_>) -> Result<Shown, SqlError> {
    Ok(Shown {
        entry: Entry {
            id: row.text(0)?,
            at: row.int(1)?,
            staff: row.text(2)?,
            action: row.text(3)?,
            person: row.maybe_parsed(4)?,
            reason: row.text(5)?,
        },
        staff_name: row.text(6)?,
        pseudonym: row.maybe_text(7)?,
    })
}
