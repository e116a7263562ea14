//! Tables `person` and `register`.
//!
//! Promises: a name is written to `register` and nowhere else; whatever deals with activity uses
//! [`PersonId`] or the pseudonym.

use super::ids::PersonId;
use super::sight;
use super::sql::{Read, Row, SqlError, Tx};

/// One person under supervision, with what the register says.
#[derive(Clone)]
pub struct Person {
    /// What activity tables use.
    pub id: PersonId,
    /// What screens and commands use.
    pub pseudonym: String,
    /// Unix milliseconds.
    pub created: i64,
    /// From the register.
    pub name: String,
    /// From the register.
    pub note: String,
}

/// Enters a person. The pseudonym must be free.
pub fn add(tx: &Tx<'_>, person: &Person) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO person (id, pseudonym, created) VALUES ($1, $2, $3)",
        &[
            person.id.as_str().into(),
            (&person.pseudonym).into(),
            person.created.into(),
        ],
    )?;
    tx.execute(
        "INSERT INTO register (person, name, note) VALUES ($1, $2, $3)",
        &[
            person.id.as_str().into(),
            (&person.name).into(),
            (&person.note).into(),
        ],
    )?;
    sight::anew(tx, Some(&person.id))
}

/// Everybody, by pseudonym.
pub fn all(read: &Read<'_>) -> Result<Vec<Person>, SqlError> {
    read.query(
        "SELECT p.id, p.pseudonym, p.created, r.name, r.note \
         FROM person p JOIN register r ON r.person = p.id ORDER BY length(p.pseudonym), p.pseudonym",
        &[],
        person,
    )
}

/// One person by id.
pub fn get(read: &Read<'_>, id: &PersonId) -> Result<Option<Person>, SqlError> {
    read.first(
        "SELECT p.id, p.pseudonym, p.created, r.name, r.note \
         FROM person p JOIN register r ON r.person = p.id WHERE p.id = $1",
        &[id.as_str().into()],
        person,
    )
}

/// People whose pseudonym, id or exact name is `text`; a caller that needs one refuses several.
pub fn find(read: &Read<'_>, text: &str) -> Result<Vec<Person>, SqlError> {
    read.query(
        "SELECT p.id, p.pseudonym, p.created, r.name, r.note \
         FROM person p JOIN register r ON r.person = p.id \
         WHERE p.pseudonym = $1 OR p.id = $1 OR r.name = $1 ORDER BY length(p.pseudonym), p.pseudonym",
        &[text.into()],
        person,
    )
}

/// Silent about who it is.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person")
            .field("pseudonym", &self.pseudonym)
            .finish_non_exhaustive()
    }
}

pub(super) fn person(row: &Row<'_>) -> Result<Person, SqlError> {
    Ok(Person {
        id: row.parsed(0)?,
        pseudonym: row.text(1)?,
        created: row.int(2)?,
        name: row.text(3)?,
        note: row.text(4)?,
    })
}
