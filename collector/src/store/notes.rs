//! Table `officer_note`: visits, calls and notes.
//!
//! Promises: a note is added and never changed. Who wants to put one right adds another that names it; both
//! stay. Of a note that is erased its words go, and it stays said who wrote one, of what kind and when.

use super::ids::PersonId;
use super::sql::{Read, Row, SqlError, Tx};
use super::word::words;

/// The notes that the rest of a statement says, in the columns that [`note`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT n.id, n.person, n.kind, n.happened, n.text, n.outcome, n.corrects, n.staff, n.at, \
             COALESCE(s.name, n.staff), n.erased FROM officer_note n LEFT JOIN staff s ON s.id = n.staff ",
            $rest
        )
    };
}

/// What kind of thing was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// At home, nobody having been told.
    Unannounced,
    /// At home, by appointment.
    Announced,
    /// At the office.
    Office,
    /// By telephone.
    Call,
    /// Anything else.
    Note,
}

/// One note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Sorts by time.
    pub id: String,
    /// About whom.
    pub person: PersonId,
    /// What it is of.
    pub kind: NoteKind,
    /// When it was, Unix milliseconds.
    pub happened: i64,
    /// In their words.
    pub text: String,
    /// What came of it; may be empty.
    pub outcome: String,
    /// The note that it puts right.
    pub corrects: Option<String>,
    /// Staff id.
    pub staff: String,
    /// When it was written, Unix milliseconds.
    pub at: i64,
    /// Who wrote it, by name; not written.
    pub staff_name: String,
    /// The erasure that took its words; not written.
    pub erased: Option<String>,
}

/// Adds a note.
pub fn add(tx: &Tx<'_>, note: &Note) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO officer_note (id, person, kind, happened, text, outcome, corrects, staff, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            (&note.id).into(),
            note.person.as_str().into(),
            note.kind.as_str().into(),
            note.happened.into(),
            (&note.text).into(),
            (&note.outcome).into(),
            note.corrects.as_deref().into(),
            (&note.staff).into(),
            note.at.into(),
        ],
    )?;
    Ok(())
}

/// Takes the words of one that is erased. Gives whether there were any.
pub fn erase(tx: &Tx<'_>, person: &PersonId, id: &str, erasure: &str) -> Result<bool, SqlError> {
    let changed = tx.execute(
        "UPDATE officer_note SET text = '', outcome = '', erased = $3 \
         WHERE id = $2 AND person = $1 AND erased IS NULL",
        &[person.as_str().into(), id.into(), erasure.into()],
    )?;
    Ok(changed == 1)
}

/// One note.
pub fn get(read: &Read<'_>, id: &str) -> Result<Option<Note>, SqlError> {
    read.first(select!("WHERE n.id = $1"), &[id.into()], note)
}

/// Notes about a person, by when it was, the latest first.
pub fn of_person(
    read: &Read<'_>,
    person: &PersonId,
    limit: u64,
    skip: u64,
) -> Result<Vec<Note>, SqlError> {
    read.query(
        select!("WHERE n.person = $1 ORDER BY n.happened DESC, n.id DESC LIMIT $2 OFFSET $3"),
        &[person.as_str().into(), limit.into(), skip.into()],
        note,
    )
}

/// Notes about a person of a time from `from` up to but not including `to`, in order.
pub fn of_time(
    read: &Read<'_>,
    person: &PersonId,
    (from, to): (i64, i64),
    limit: u64,
) -> Result<Vec<Note>, SqlError> {
    read.query(
        select!(
            "WHERE n.person = $1 AND n.happened >= $2 AND n.happened < $3 \
             ORDER BY n.happened, n.id LIMIT $4"
        ),
        &[person.as_str().into(), from.into(), to.into(), limit.into()],
        note,
    )
}

/// How many notes about a person were written before a moment, and when the oldest of them was; none: no such
/// note.
pub fn older(
    read: &Read<'_>,
    person: &PersonId,
    before: i64,
) -> Result<Option<(u64, i64)>, SqlError> {
    let found = read.first(
        "SELECT count(*), min(at) FROM officer_note WHERE person = $1 AND at < $2 \
         AND erased IS NULL",
        &[person.as_str().into(), before.into()],
        |row| Ok((row.count(0)?, row.maybe_int(1)?)),
    )?;
    Ok(found.and_then(|(count, oldest)| Some((count, oldest?))))
}

/// What puts right the notes that [`of_person`] gives for the same arguments, in the order it was written.
pub fn corrections(
    read: &Read<'_>,
    person: &PersonId,
    limit: u64,
    skip: u64,
) -> Result<Vec<Note>, SqlError> {
    read.query(
        select!(
            "WHERE n.corrects IN (SELECT id FROM officer_note WHERE person = $1 \
             ORDER BY happened DESC, id DESC LIMIT $2 OFFSET $3) ORDER BY n.at, n.id"
        ),
        &[person.as_str().into(), limit.into(), skip.into()],
        note,
    )
}

fn note(row: &Row<'_>) -> Result<Note, SqlError> {
    Ok(Note {
        id: row.text(0)?,
        person: row.parsed(1)?,
        kind: row.parsed(2)?,
        happened: row.int(3)?,
        text: row.text(4)?,
        outcome: row.text(5)?,
        corrects: row.maybe_text(6)?,
        staff: row.text(7)?,
        at: row.int(8)?,
        staff_name: row.text(9)?,
        erased: row.maybe_text(10)?,
    })
}

words! {
    NoteKind {
        Unannounced = "unannounced",
        Announced = "announced",
        Office = "office",
        Call = "call",
        Note = "note",
    }
}
