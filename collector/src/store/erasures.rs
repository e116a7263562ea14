//! Tables `erasure_request`, what somebody asked to erase, and `erasure`, what was erased: records, or notes.
//!
//! Promises: a request names its records or notes one by one and is closed once, done or not. An erasure has its
//! row and its entry in the ledger in the transaction that erases. Its line is kept byte for byte;
//! bundles carry it where it is of records; notes are in none. `cleaned` is when the store's file was written anew without what was erased; until
//! then the erasure is not over.
//!
//! Refuses: to decide whether something may be erased; `erasure` does.

use std::collections::BTreeMap;

use proviso_report::ledger;

use super::ids::{DeviceId, FindingId, Hash, PersonId};
use super::sql::{Read, Row, SqlError, Tx};
use super::{digests, sealed};

/// What somebody asked to erase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Sorts by time; the erasure has it too.
    pub id: String,
    /// Whose records.
    pub person: PersonId,
    /// Unix milliseconds.
    pub asked: i64,
    /// Who asked, by id.
    pub staff: String,
    /// Under which rule.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Which records: JSON of `[proviso_report::bundle::Erased]`.
    pub records: String,
    /// Which notes, by id; empty: it is about records.
    pub notes: Vec<String>,
    /// Is it all that the person did, so that the key goes as well?
    pub whole: bool,
    /// When it was done or withdrawn, Unix milliseconds.
    pub closed: Option<i64>,
}

/// What was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// As it was made; bundles carry one of records.
    pub line: String,
    /// Is it one of notes?
    pub of_notes: bool,
    /// The place of its entry in the ledger.
    pub entry: u64,
    /// When the store's file was cleaned, Unix milliseconds.
    pub cleaned: Option<i64>,
}

/// Enters a request.
pub fn ask(tx: &Tx<'_>, request: &Request) -> Result<(), SqlError> {
    let notes = (!request.notes.is_empty()).then(|| request.notes.join(" "));
    tx.execute(
        "INSERT INTO erasure_request (id, person, asked, staff, rule, reason, records, whole, notes, closed) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL)",
        &[
            (&request.id).into(),
            request.person.as_str().into(),
            request.asked.into(),
            (&request.staff).into(),
            (&request.rule).into(),
            (&request.reason).into(),
            (&request.records).into(),
            i64::from(request.whole).into(),
            notes.as_deref().into(),
        ],
    )?;
    Ok(())
}

/// One request.
pub fn request(read: &Read<'_>, id: &str) -> Result<Option<Request>, SqlError> {
    read.first(
        "SELECT id, person, asked, staff, rule, reason, records, closed, whole, notes \
         FROM erasure_request \
         WHERE id = $1",
        &[id.into()],
        of_row,
    )
}

/// What waits that is about notes of a person: each note with when it was asked for.
pub fn notes_waiting(
    read: &Read<'_>,
    person: &PersonId,
) -> Result<BTreeMap<String, i64>, SqlError> {
    let all = read.query(
        "SELECT notes, asked FROM erasure_request WHERE person = $1 AND closed IS NULL AND notes IS NOT NULL \
         ORDER BY id",
        &[person.as_str().into()],
        |row| Ok((row.text(0)?, row.int(1)?)),
    )?;
    let each = all.iter().flat_map(|(notes, asked)| {
        let notes = notes.split_whitespace();
        notes.map(|note| (note.to_owned(), *asked))
    });
    Ok(each.collect())
}

/// Those that wait for somebody to confirm them, the oldest first.
pub fn waiting(read: &Read<'_>) -> Result<Vec<Request>, SqlError> {
    read.query(
        "SELECT id, person, asked, staff, rule, reason, records, closed, whole, notes \
         FROM erasure_request \
         WHERE closed IS NULL ORDER BY id",
        &[],
        of_row,
    )
}

fn of_row(row: &Row<'_>) -> Result<Request, SqlError> {
    Ok(Request {
        id: row.text(0)?,
        person: row.parsed(1)?,
        asked: row.int(2)?,
        staff: row.text(3)?,
        rule: row.text(4)?,
        reason: row.text(5)?,
        records: row.text(6)?,
        closed: row.maybe_int(7)?,
        whole: row.int(8)? != 0,
        notes: {
            let notes = row.maybe_text(9)?.unwrap_or_default();
            notes.split_whitespace().map(str::to_owned).collect()
        },
    })
}

/// Closes a request.
pub fn close(tx: &Tx<'_>, id: &str, at: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE erasure_request SET closed = $2 WHERE id = $1 AND closed IS NULL",
        &[id.into(), at.into()],
    )?;
    Ok(())
}

/// Enters an erasure. `line` is what it was, byte for byte; `confirmed`: who confirmed, by id.
pub fn put(
    tx: &Tx<'_>,
    request: &Request,
    confirmed: &str,
    at: i64,
    line: &str,
) -> Result<u64, SqlError> {
    let what = match (request.notes.is_empty(), request.whole) {
        (false, _) => "notes",
        (true, true) => "everything",
        (true, false) => "records",
    };
    let stated = ledger::Erasure {
        id: request.id.clone(),
        person: request.person.to_string(),
        staff: request.staff.clone(),
        confirmed: confirmed.to_owned(),
        what: what.to_owned(),
        rule: request.rule.clone(),
        certificate: Hash::of(line.as_bytes()),
    };
    let seq = super::ledger::enter(tx, at, stated)?;
    tx.execute(
        "INSERT INTO erasure (id, at, person, line, entry, cleaned) \
         VALUES ($1, $2, $3, $4, $5, NULL)",
        &[
            (&request.id).into(),
            at.into(),
            request.person.as_str().into(),
            line.into(),
            seq.into(),
        ],
    )?;
    Ok(seq)
}

/// One erasure.
pub fn get(read: &Read<'_>, id: &str) -> Result<Option<Stored>, SqlError> {
    read.first(
        "SELECT e.line, e.entry, e.cleaned, r.notes FROM erasure e \
         LEFT JOIN erasure_request r ON r.id = e.id WHERE e.id = $1",
        &[id.into()],
        |row| {
            Ok(Stored {
                line: row.text(0)?,
                entry: row.count(1)?,
                cleaned: row.maybe_int(2)?,
                of_notes: row.maybe_text(3)?.is_some(),
            })
        },
    )
}

/// The lines of the erasures of a person's records with their entries in the ledger, the oldest first.
pub fn of_person(read: &Read<'_>, person: &PersonId) -> Result<Vec<(String, u64)>, SqlError> {
    read.query(
        "SELECT line, entry FROM erasure WHERE person = $1 AND id NOT IN \
         (SELECT id FROM erasure_request WHERE notes IS NOT NULL) ORDER BY entry",
        &[person.as_str().into()],
        |row| Ok((row.text(0)?, row.count(1)?)),
    )
}

/// How many erasures left something in the store's file.
pub fn uncleaned(read: &Read<'_>) -> Result<u64, SqlError> {
    let count = read.first(
        "SELECT count(*) FROM erasure WHERE cleaned IS NULL",
        &[],
        |row| row.count(0),
    )?;
    Ok(count.unwrap_or_default())
}

/// The store's file has nothing left of what was erased.
pub fn clean(tx: &Tx<'_>, at: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE erasure SET cleaned = $1 WHERE cleaned IS NULL",
        &[at.into()],
    )?;
    Ok(())
}

/// Puts a report of which records were erased in the place of the one that was there.
pub fn replace(tx: &Tx<'_>, device: DeviceId, first: u64, bytes: &[u8]) -> Result<(), SqlError> {
    let bytes = sealed::of_device(tx, device, &sealed::report(device, first), bytes)?;
    tx.execute(
        "UPDATE report SET bytes = $3 WHERE device = $1 AND first = $2",
        &[
            (&device.to_string()).into(),
            first.into(),
            bytes.as_slice().into(),
        ],
    )?;
    Ok(())
}

/// Takes what a finding quotes of records that are erased. Who found what by which rule stays.
pub fn blank(tx: &Tx<'_>, finding: FindingId, erasure: &str) -> Result<(), SqlError> {
    // Nothing is left that would have to be sealed.
    tx.execute(
        "UPDATE finding SET matched = '[]', erased = $2 WHERE id = $1",
        &[(&finding.to_string()).into(), erasure.into()],
    )?;
    Ok(())
}

/// Forgets what the judge remembers of a log, and the digest of it; both are made again from the records that
/// are left.
pub fn forget_state(tx: &Tx<'_>, id: DeviceId) -> Result<(), SqlError> {
    let device = id.to_string();
    tx.execute(
        "DELETE FROM judge_state WHERE device = $1",
        &[(&device).into()],
    )?;
    tx.execute(
        "UPDATE device SET judged = 0 WHERE id = $1",
        &[(&device).into()],
    )?;
    digests::forget(tx, id)
}

/// Does an incident keep bytes of a device that are in no report?
pub fn has_other_story(read: &Read<'_>, device: DeviceId) -> Result<bool, SqlError> {
    let count = read.first(
        "SELECT count(*) FROM incident WHERE device = $1 AND bytes IS NOT NULL",
        &[(&device.to_string()).into()],
        |row| row.int(0),
    )?;
    Ok(count.unwrap_or_default() > 0)
}
