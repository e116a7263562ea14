//! Tables `explained`, `token_made` and `compared`: what people did before and after a device was enrolled.
//!
//! Promises: rows are only added. A refusal is kept as one.

use super::ids::{DeviceId, Hash, PersonId};
use super::sql::{Read, SqlError, Tx};

/// What the person answered when the notice was explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// They say that they have understood it.
    Acknowledged,
    /// They do not want to say so, or do not want monitoring.
    Refused,
}

/// Somebody explained to a person what will be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Sorts by time.
    pub id: String,
    /// To whom.
    pub person: PersonId,
    /// The order whose reading page is the notice.
    pub digest: Hash,
    /// When, as a day: `2026-11-26`.
    pub day: String,
    /// Who did.
    pub explained_by: String,
    /// In which language.
    pub language: String,
    /// What they said to it.
    pub answer: Answer,
    /// What whoever entered it adds.
    pub note: String,
    /// Unix milliseconds.
    pub entered: i64,
    /// Staff id.
    pub entered_by: String,
}

/// Somebody held the words of a device against those that the device shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Sorts by time.
    pub id: String,
    /// Which.
    pub device: DeviceId,
    /// Were they the same?
    pub same: bool,
    /// Unix milliseconds.
    pub entered: i64,
    /// Staff id.
    pub entered_by: String,
}

/// A token that was made on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Unix milliseconds.
    pub made: i64,
    /// Staff id.
    pub made_by: String,
    /// Until when it is good, Unix milliseconds.
    pub expires: i64,
    /// When it was used, Unix milliseconds.
    pub used: Option<i64>,
}

/// Enters that a token, which is kept already, was made by a form; false if that form made one before.
pub fn made(
    tx: &Tx<'_>,
    once: &str,
    (hash, person): (&Hash, &PersonId),
    (staff, now): (&str, i64),
) -> Result<bool, SqlError> {
    let added = tx.execute(
        "INSERT INTO token_made (once, hash, person, made, made_by) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (once) DO NOTHING",
        &[
            once.into(),
            (&hash.0).into(),
            person.as_str().into(),
            now.into(),
            staff.into(),
        ],
    )?;
    Ok(added == 1)
}

/// The tokens that were made for a person on pages, the latest first.
pub fn tokens(read: &Read<'_>, person: &PersonId, limit: u64) -> Result<Vec<Made>, SqlError> {
    read.query(
        "SELECT m.made, m.made_by, t.expires, t.used FROM token_made m JOIN token t ON t.hash = m.hash \
         WHERE m.person = $1 ORDER BY m.made DESC, m.once DESC LIMIT $2",
        &[person.as_str().into(), limit.into()],
        |row| {
            Ok(Made {
                made: row.int(0)?,
                made_by: row.text(1)?,
                expires: row.int(2)?,
                used: row.maybe_int(3)?,
            })
        },
    )
}

/// Enters that a notice was explained.
pub fn explain(tx: &Tx<'_>, one: &Explained) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO explained (id, person, digest, day, explained_by, language, answer, remark, \
         entered, entered_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            (&one.id).into(),
            one.person.as_str().into(),
            (&one.digest.to_string()).into(),
            (&one.day).into(),
            (&one.explained_by).into(),
            (&one.language).into(),
            one.answer.as_str().into(),
            (&one.note).into(),
            one.entered.into(),
            (&one.entered_by).into(),
        ],
    )?;
    Ok(())
}

/// What was explained to a person, the latest first.
pub fn explained(read: &Read<'_>, person: &PersonId) -> Result<Vec<Explained>, SqlError> {
    read.query(
        "SELECT id, person, digest, day, explained_by, language, answer, remark, entered, entered_by \
         FROM explained WHERE person = $1 ORDER BY entered DESC, id DESC",
        &[person.as_str().into()],
        |row| {
            Ok(Explained {
                id: row.text(0)?,
                person: row.parsed(1)?,
                digest: row.parsed(2)?,
                day: row.text(3)?,
                explained_by: row.text(4)?,
                language: row.text(5)?,
                // Nobody is held to have agreed by a word that is not known.
                answer: match row.text(6)?.as_str() {
                    "acknowledged" => Answer::Acknowledged,
                    _ => Answer::Refused,
                },
                note: row.text(7)?,
                entered: row.int(8)?,
                entered_by: row.text(9)?,
            })
        },
    )
}

/// Enters that somebody compared words.
pub fn compare(tx: &Tx<'_>, one: &Compared) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO compared (id, device, same, entered, entered_by) VALUES ($1, $2, $3, $4, $5)",
        &[
            (&one.id).into(),
            (&one.device.to_string()).into(),
            i64::from(one.same).into(),
            one.entered.into(),
            (&one.entered_by).into(),
        ],
    )?;
    Ok(())
}

/// The comparisons of a device, the latest first.
pub fn compared(read: &Read<'_>, device: DeviceId) -> Result<Vec<Compared>, SqlError> {
    read.query(
        "SELECT id, device, same, entered, entered_by FROM compared WHERE device = $1 \
         ORDER BY entered DESC, id DESC",
        &[(&device.to_string()).into()],
        |row| {
            Ok(Compared {
                id: row.text(0)?,
                device: row.parsed(1)?,
                same: row.int(2)? == 1,
                entered: row.int(3)?,
                entered_by: row.text(4)?,
            })
        },
    )
}

impl Answer {
    /// The form in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Refused => "refused",
        }
    }
}
