//! Table `document`: files that officers keep about a person.
//!
//! Promises: what is in a file and what it was called are sealed under the person's key, and go with it. A file
//! that is removed leaves its row: its name, its digest, who took it out and why. One that is erased with all that
//! its person did leaves its digest and why, and so does one that was removed before.
//!
//! Refuses: to know what kinds of files are good; `web` looks before it stores one.

use super::ids::{Hash, PersonId};
use super::sealed;
use super::sql::{Read, Row, SqlError, Tx};

/// The files that the rest of a statement says, in the columns that [`document`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.person, d.name, d.kind, d.size, d.sha256, d.about, d.staff, d.at, d.removed, \
             d.removed_by, d.removed_why, COALESCE(s.name, d.staff), COALESCE(r.name, d.removed_by) \
             FROM document d LEFT JOIN staff s ON s.id = d.staff \
             LEFT JOIN staff r ON r.id = d.removed_by ",
            $rest
        )
    };
}

/// One file without what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Sorts by time.
    pub id: String,
    /// About whom.
    pub person: PersonId,
    /// What it was called when it was uploaded; none: that is gone with the person's key.
    pub name: Option<String>,
    /// `pdf` or `text`.
    pub kind: String,
    /// Bytes.
    pub size: u64,
    /// Of what is in it.
    pub sha256: Hash,
    /// What it is, in the words of who uploaded it.
    pub about: String,
    /// Staff id.
    pub staff: String,
    /// When it was uploaded, Unix milliseconds.
    pub at: i64,
    /// When and why it is gone.
    pub removed: Option<Removed>,
    /// Who uploaded it, by name; not written.
    pub staff_name: String,
}

/// The end of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Unix milliseconds.
    pub at: i64,
    /// Staff id; none: with all that the person did.
    pub by: Option<String>,
    /// Why.
    pub why: String,
    /// By name; not written.
    pub by_name: Option<String>,
}

/// Adds a file.
pub fn add(tx: &Tx<'_>, document: &Document, bytes: &[u8]) -> Result<(), SqlError> {
    let seal = |place: &str, bytes: &[u8]| sealed::of_person(tx, &document.person, place, bytes);
    let sealed = seal(&sealed::of_document(&document.id), bytes)?;
    let place = sealed::name_of_document(&document.id);
    let name = document.name.as_deref();
    let name = name.map(|name| seal(&place, name.as_bytes())).transpose()?;
    tx.execute(
        "INSERT INTO document (id, person, name, kind, size, sha256, about, bytes, staff, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            (&document.id).into(),
            document.person.as_str().into(),
            name.as_deref().into(),
            (&document.kind).into(),
            document.size.into(),
            (&document.sha256.to_string()).into(),
            (&document.about).into(),
            sealed.as_slice().into(),
            (&document.staff).into(),
            document.at.into(),
        ],
    )?;
    Ok(())
}

/// One file.
pub fn get(read: &Read<'_>, id: &str) -> Result<Option<Document>, SqlError> {
    read.first(select!("WHERE d.id = $1"), &[id.into()], document)
}

/// What is in a file; none when it is gone.
pub fn bytes(read: &Read<'_>, id: &str) -> Result<Option<Vec<u8>>, SqlError> {
    let found = read.first(
        "SELECT bytes FROM document WHERE id = $1",
        &[id.into()],
        |row| row.maybe_opened(0, &sealed::of_document(id)),
    )?;
    Ok(found.flatten())
}

/// Files about a person, the latest first.
pub fn of_person(
    read: &Read<'_>,
    person: &PersonId,
    limit: u64,
) -> Result<Vec<Document>, SqlError> {
    read.query(
        select!("WHERE d.person = $1 ORDER BY d.at DESC, d.id DESC LIMIT $2"),
        &[person.as_str().into(), limit.into()],
        document,
    )
}

/// How many files about a person there are, those that are gone not counted.
pub fn count(read: &Read<'_>, person: &PersonId) -> Result<u64, SqlError> {
    let found = read.first(
        "SELECT count(*) FROM document WHERE person = $1 AND removed IS NULL",
        &[person.as_str().into()],
        |row| row.count(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// Takes a file out, what is in it overwritten; false if it was taken out before.
pub fn remove(tx: &Tx<'_>, id: &str, removed: &Removed) -> Result<bool, SqlError> {
    tx.overwrite()?;
    let changed = tx.execute(
        "UPDATE document SET bytes = NULL, removed = $2, removed_by = $3, removed_why = $4 \
         WHERE id = $1 AND removed IS NULL",
        &[
            id.into(),
            removed.at.into(),
            removed.by.as_deref().into(),
            (&removed.why).into(),
        ],
    )?;
    Ok(changed > 0)
}

/// Takes every file about a person out, with all that the person did; and what each was called.
pub fn erase(tx: &Tx<'_>, person: &PersonId, why: &str, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE document SET bytes = NULL, removed = $2, removed_why = $3 \
         WHERE person = $1 AND removed IS NULL",
        &[person.as_str().into(), now.into(), why.into()],
    )?;
    tx.execute(
        "UPDATE document SET name = NULL WHERE person = $1",
        &[person.as_str().into()],
    )?;
    Ok(())
}

fn document(row: &Row<'_>) -> Result<Document, SqlError> {
    let removed = match row.maybe_int(9)? {
        None => None,
        Some(at) => Some(Removed {
            at,
            by: row.maybe_text(10)?,
            why: row.text(11)?,
            by_name: row.maybe_text(13)?,
        }),
    };
    let id = row.text(0)?;
    let name = match row.maybe_opened(2, &sealed::name_of_document(&id)) {
        // The key is gone, and the name with it.
        Err(SqlError::Vault(_)) => None,
        name => name?,
    };
    Ok(Document {
        id,
        person: row.parsed(1)?,
        name: name.map(|name| String::from_utf8_lossy(&name).into_owned()),
        kind: row.text(3)?,
        size: row.count(4)?,
        sha256: row.parsed(5)?,
        about: row.text(6)?,
        staff: row.text(7)?,
        at: row.int(8)?,
        removed,
        staff_name: row.text(12)?,
    })
}
