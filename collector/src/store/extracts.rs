//! Table `extract`: chosen facts about a person that were disclosed to another agency.
//!
//! Promises: what was disclosed is kept as it was, redactions and all, sealed under the person's key; who got
//! it, for which purpose and on which legal basis stays in the open. Where something that it quotes is erased,
//! all of its text goes: what came into others' hands cannot be taken back, and the row says what it was.
//!
//! Refuses: to change an extract. One that was wrong is withdrawn, and another one made.

use serde::{Deserialize, Serialize};

use super::ids::{DeviceId, FindingId, Hash, PersonId};
use super::sealed;
use super::sql::{Read, Row, SqlError, Tx};
use super::vault::VaultError;

/// The extracts that the rest of a statement says, in the columns that [`extract`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, person, made, staff, recipient, recipient_name, purpose, basis, basis_text, \
             expires, sha256, body, withdrawn, withdrawn_by, withdrawn_why FROM extract ",
            $rest
        )
    };
}

/// What stands in an extract, as its recipient reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// What the person is called there.
    pub about: String,
    /// The facts, in the order in which they stand.
    pub facts: Vec<Fact>,
    /// What the officer adds in their own words.
    pub words: String,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What it rests on.
    pub of: Source,
    /// What kind of thing it is, in words.
    pub title: String,
    /// Its text, with what was blacked out.
    pub text: String,
}

/// What a fact rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// A finding.
    Finding(String),
    /// A record: its device's id and its place.
    Record(String, u64),
    /// A note that somebody wrote.
    Note(String),
}

/// One extract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extract {
    /// Sorts by time.
    pub id: String,
    /// About whom.
    pub person: PersonId,
    /// Unix milliseconds.
    pub made: i64,
    /// By whom, by staff id.
    pub staff: String,
    /// To whom, by staff id; none: to somebody who does not sign in here.
    pub recipient: Option<String>,
    /// What they are called.
    pub recipient_name: String,
    /// What for.
    pub purpose: String,
    /// The legal basis: one of the words in `web::extracts`.
    pub basis: String,
    /// Why that basis holds, in the officer's words.
    pub basis_text: String,
    /// Until when it can be read, Unix milliseconds.
    pub expires: i64,
    /// SHA-256 of its text.
    pub sha256: Hash,
    /// None: erased since.
    pub body: Option<Body>,
    /// When it was withdrawn, by whom (staff id), and why.
    pub withdrawn: Option<(i64, String, String)>,
}

impl Extract {
    /// Whether its recipient can read it now.
    #[must_use]
    pub fn readable(&self, now: i64) -> bool {
        self.withdrawn.is_none() && self.body.is_some() && now < self.expires
    }
}

impl Body {
    /// Its text, of which the digest is.
    fn text(&self) -> Result<String, SqlError> {
        serde_json::to_string(self).map_err(|error| SqlError::Other(error.to_string()))
    }

    /// What its digest will be.
    pub fn digest(&self) -> Result<Hash, SqlError> {
        Ok(Hash::of(self.text()?.as_bytes()))
    }
}

/// Keeps an extract; false if there is one of this id.
pub fn put(tx: &Tx<'_>, extract: &Extract) -> Result<bool, SqlError> {
    let body = match &extract.body {
        Some(body) => Some(sealed::quoted(tx, &extract.person, &body.text()?)?),
        None => None,
    };
    let new = tx.execute(
        "INSERT INTO extract (id, person, made, staff, recipient, recipient_name, purpose, basis, \
         basis_text, expires, sha256, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (id) DO NOTHING",
        &[
            (&extract.id).into(),
            extract.person.as_str().into(),
            extract.made.into(),
            (&extract.staff).into(),
            extract.recipient.as_deref().into(),
            (&extract.recipient_name).into(),
            (&extract.purpose).into(),
            (&extract.basis).into(),
            (&extract.basis_text).into(),
            extract.expires.into(),
            (&extract.sha256.to_string()).into(),
            body.as_deref().into(),
        ],
    )?;
    Ok(new == 1)
}

/// One extract.
pub fn get(read: &Read<'_>, id: &str) -> Result<Option<Extract>, SqlError> {
    read.first(select!("WHERE id = $1"), &[id.into()], extract)
}

/// Those about a person, the latest first.
pub fn of_person(read: &Read<'_>, person: &PersonId) -> Result<Vec<Extract>, SqlError> {
    read.query(
        select!(
            "WHERE person = $1 \
         ORDER BY made DESC, id DESC"
        ),
        &[person.as_str().into()],
        extract,
    )
}

/// Those that somebody can read at `now`, the latest first.
pub fn readable(read: &Read<'_>, recipient: &str, now: i64) -> Result<Vec<Extract>, SqlError> {
    read.query(
        select!(
            "WHERE recipient = $1 AND expires > $2 AND withdrawn IS NULL AND body IS NOT NULL \
         ORDER BY made DESC, id DESC"
        ),
        &[recipient.into(), now.into()],
        extract,
    )
}

/// Withdraws one; false if somebody did before.
pub fn withdraw(tx: &Tx<'_>, id: &str, staff: &str, why: &str, now: i64) -> Result<bool, SqlError> {
    let done = tx.execute(
        "UPDATE extract SET withdrawn = $2, withdrawn_by = $3, withdrawn_why = $4 \
         WHERE id = $1 AND withdrawn IS NULL",
        &[id.into(), now.into(), staff.into(), why.into()],
    )?;
    Ok(done == 1)
}

/// Takes the text of those about a person that quote something which is erased: `gone` says of what they rest
/// on whether it is.
pub fn erase(
    tx: &Tx<'_>,
    person: &PersonId,
    gone: impl Fn(&Source) -> bool,
) -> Result<(), SqlError> {
    for one in of_person(tx, person)? {
        let quotes = one
            .body
            .is_some_and(|body| body.facts.iter().any(|fact| gone(&fact.of)));
        if quotes {
            blank(tx, &one.id)?;
        }
    }
    Ok(())
}

/// Takes the text of all about a person, whatever they rest on.
pub fn erase_all(tx: &Tx<'_>, person: &PersonId) -> Result<(), SqlError> {
    for one in of_person(tx, person)? {
        blank(tx, &one.id)?;
    }
    Ok(())
}

fn blank(tx: &Tx<'_>, id: &str) -> Result<(), SqlError> {
    tx.execute("UPDATE extract SET body = NULL WHERE id = $1", &[id.into()])?;
    Ok(())
}

/// The latest findings about a person that people were told of.
pub fn findings(
    read: &Read<'_>,
    person: &PersonId,
    limit: u64,
) -> Result<Vec<FindingId>, SqlError> {
    read.query(
        "SELECT f.id FROM alert a JOIN finding f ON f.id = a.finding WHERE f.person = $1 \
         ORDER BY f.at DESC, f.id LIMIT $2",
        &[person.as_str().into(), limit.into()],
        |row| row.parsed(0),
    )
}

impl Source {
    /// The form in a field of a form.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Finding(id) => format!("finding:{id}"),
            Self::Record(device, seq) => format!("record:{device}:{seq}"),
            Self::Note(id) => format!("note:{id}"),
        }
    }
}

impl std::str::FromStr for Source {
    type Err = UnknownSource;

    fn from_str(text: &str) -> Result<Self, UnknownSource> {
        let (kind, rest) = text.split_once(':').ok_or(UnknownSource)?;
        match kind {
            "finding" => {
                let id: FindingId = rest.parse().map_err(|_| UnknownSource)?;
                Ok(Self::Finding(id.to_string()))
            }
            "record" => {
                let (device, seq) = rest.split_once(':').ok_or(UnknownSource)?;
                let device: DeviceId = device.parse().map_err(|_| UnknownSource)?;
                let seq = seq.parse().map_err(|_| UnknownSource)?;
                Ok(Self::Record(device.to_string(), seq))
            }
            "note" if !rest.is_empty() && rest.len() <= 64 => Ok(Self::Note(rest.to_owned())),
            _ => Err(UnknownSource),
        }
    }
}

/// A text that names no [`Source`].
#[derive(Debug, thiserror::Error)]
#[error("neither a finding, a record nor a note")]
pub struct UnknownSource;

fn extract(row: &Row<'_>) -> Result<Extract, SqlError> {
    let body = match row.maybe_text(11)? {
        None => None,
        Some(_) => match row.opened_text(11) {
            // What was destroyed with its key is erased.
            Err(SqlError::Vault(VaultError::Missing(_))) => None,
            opened => {
                let body = serde_json::from_str(&opened?);
                Some(body.map_err(|error| SqlError::Column {
                    column: 11,
                    detail: error.to_string(),
                })?)
            }
        },
    };
    let withdrawn = match row.maybe_int(12)? {
        None => None,
        Some(at) => Some((
            at,
            row.maybe_text(13)?.unwrap_or_default(),
            row.maybe_text(14)?.unwrap_or_default(),
        )),
    };
    Ok(Extract {
        id: row.text(0)?,
        person: row.parsed(1)?,
        made: row.int(2)?,
        staff: row.text(3)?,
        recipient: row.maybe_text(4)?,
        recipient_name: row.text(5)?,
        purpose: row.text(6)?,
        basis: row.text(7)?,
        basis_text: row.text(8)?,
        expires: row.int(9)?,
        sha256: row.parsed(10)?,
        body,
        withdrawn,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_field_names_comes_back_and_nothing_else_is_taken() {
        let finding = format!("finding:{}", "01".repeat(16));
        let record = format!("record:{}:7", "02".repeat(16));
        for text in [finding.as_str(), record.as_str(), "note:0001"] {
            assert_eq!(text.parse::<Source>().unwrap().key(), text);
        }
        for text in [
            "",
            "finding:",
            "finding:x",
            "record:1:2",
            "record:x",
            "note:",
            "y:z",
        ] {
            assert!(text.parse::<Source>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_text_that_is_signed_for_stays_the_same_to_the_byte() {
        let body = Body {
            about: "A".to_owned(),
            facts: vec![Fact {
                of: Source::Record("02".repeat(16), 7),
                title: "Record".to_owned(),
                text: "x \"y\"".to_owned(),
            }],
            words: String::new(),
        };
        let text = body.text().unwrap();
        let wanted = concat!(
            r#"{"about":"A","facts":[{"of":{"record":["02020202020202020202020202020202",7]},"#,
            r#""title":"Record","text":"x \"y\""}],"words":""}"#
        );
        assert_eq!(text, wanted);
        assert_eq!(serde_json::from_str::<Body>(wanted).unwrap(), body);
    }
}
