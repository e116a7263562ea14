//! Tables `draft`, `draft_version` and `draft_signature`: orders that are not put yet.
//!
//! Promises: each version is kept byte for byte and never changed; a signature is of one version's bytes
//! and stays, also when it no longer counts. A draft ends once: put, or given up with a reason.

use super::ids::{Hash, PersonId};
use super::sql::{Read, Row, SqlError, Tx};

/// The drafts that the rest of a statement says, in the columns that [`draft`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, person, purpose, reason, begun, begun_by, ended, ended_by, outcome, why \
             FROM draft ",
            $rest
        )
    };
}

/// What a draft is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// An order of another id, or the first.
    New,
    /// The court changed it, or an officer approved something.
    Vary,
    /// It is not to count for a time.
    Suspend,
    /// It is to end.
    End,
}

/// An order that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Sorts by time.
    pub id: String,
    /// Whom it is to bind.
    pub person: PersonId,
    /// What for.
    pub purpose: Purpose,
    /// Why.
    pub reason: String,
    /// Unix milliseconds.
    pub begun: i64,
    /// Staff id.
    pub begun_by: String,
    /// How it ended; none while somebody may go on.
    pub ended: Option<Ended>,
}

/// How a draft ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Unix milliseconds.
    pub at: i64,
    /// Staff id.
    pub by: String,
    /// The digest of the order that was put; none: it was given up.
    pub put: Option<Hash>,
    /// Why it was given up.
    pub why: String,
}

/// One version of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// From 1.
    pub number: u64,
    /// SHA-256 of the bytes.
    pub sha256: Hash,
    /// The file.
    pub bytes: Vec<u8>,
    /// Where it comes from, in words.
    pub origin: String,
    /// Unix milliseconds.
    pub made: i64,
    /// Staff id.
    pub made_by: String,
}

/// A signature of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Sorts by time.
    pub id: String,
    /// Of which version's bytes.
    pub sha256: Hash,
    /// Who signed, as `allowed_signers` called them when it was taken.
    pub principal: String,
    /// Armoured, byte for byte.
    pub bytes: Vec<u8>,
    /// Unix milliseconds.
    pub taken: i64,
    /// Staff id.
    pub taken_by: String,
}

/// Begins a draft.
pub fn begin(tx: &Tx<'_>, draft: &Draft) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO draft (id, person, purpose, reason, begun, begun_by) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            (&draft.id).into(),
            draft.person.as_str().into(),
            draft.purpose.as_str().into(),
            (&draft.reason).into(),
            draft.begun.into(),
            (&draft.begun_by).into(),
        ],
    )?;
    Ok(())
}

/// Adds a version behind the others; false if there is one of this number already.
pub fn add(tx: &Tx<'_>, draft: &str, version: &Version) -> Result<bool, SqlError> {
    let added = tx.execute(
        "INSERT INTO draft_version (draft, number, sha256, bytes, origin, made, made_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (draft, number) DO NOTHING",
        &[
            draft.into(),
            version.number.into(),
            (&version.sha256.to_string()).into(),
            (&version.bytes).into(),
            (&version.origin).into(),
            version.made.into(),
            (&version.made_by).into(),
        ],
    )?;
    Ok(added == 1)
}

/// Ends a draft; false if it has ended before.
pub fn end(tx: &Tx<'_>, draft: &str, ended: &Ended) -> Result<bool, SqlError> {
    let put = ended.put.map(|digest| digest.to_string());
    let changed = tx.execute(
        "UPDATE draft SET ended = $2, ended_by = $3, outcome = $4, why = $5 \
         WHERE id = $1 AND ended IS NULL",
        &[
            draft.into(),
            ended.at.into(),
            (&ended.by).into(),
            put.as_deref().into(),
            (&ended.why).into(),
        ],
    )?;
    Ok(changed == 1)
}

/// Keeps a signature.
pub fn sign(tx: &Tx<'_>, draft: &str, signature: &Signature) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO draft_signature (id, draft, sha256, principal, bytes, taken, taken_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            (&signature.id).into(),
            draft.into(),
            (&signature.sha256.to_string()).into(),
            (&signature.principal).into(),
            (&signature.bytes).into(),
            signature.taken.into(),
            (&signature.taken_by).into(),
        ],
    )?;
    Ok(())
}

/// Lets a signature count no longer; it stays.
pub fn leave_out(tx: &Tx<'_>, id: &str, by: &str, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE draft_signature SET left_out = $2, left_out_by = $3 \
         WHERE id = $1 AND left_out IS NULL",
        &[id.into(), now.into(), by.into()],
    )?;
    Ok(())
}

/// One draft.
pub fn get(read: &Read<'_>, id: &str) -> Result<Option<Draft>, SqlError> {
    read.first(select!("WHERE id = $1"), &[id.into()], draft)
}

/// The drafts of a person, the latest first.
pub fn of_person(read: &Read<'_>, person: &PersonId) -> Result<Vec<Draft>, SqlError> {
    read.query(
        select!("WHERE person = $1 ORDER BY begun DESC, id DESC"),
        &[person.as_str().into()],
        draft,
    )
}

/// Drafts that somebody may go on with, of those whom this person sees, the oldest first.
pub fn open_of(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    limit: u64,
) -> Result<Vec<Draft>, SqlError> {
    read.query(
        select!(
            "WHERE ended IS NULL AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY begun, id LIMIT $3"
        ),
        &[staff.into(), now.into(), limit.into()],
        draft,
    )
}

/// The latest version of a draft.
pub fn latest(read: &Read<'_>, draft: &str) -> Result<Option<Version>, SqlError> {
    read.first(
        "SELECT number, sha256, bytes, origin, made, made_by FROM draft_version \
         WHERE draft = $1 ORDER BY number DESC LIMIT 1",
        &[draft.into()],
        version,
    )
}

/// One version of a draft.
pub fn version_of(read: &Read<'_>, draft: &str, number: u64) -> Result<Option<Version>, SqlError> {
    read.first(
        "SELECT number, sha256, bytes, origin, made, made_by FROM draft_version \
         WHERE draft = $1 AND number = $2",
        &[draft.into(), number.into()],
        version,
    )
}

/// The versions of a draft without their bytes, the latest first.
pub fn versions(read: &Read<'_>, draft: &str, limit: u64) -> Result<Vec<Version>, SqlError> {
    read.query(
        "SELECT number, sha256, '', origin, made, made_by FROM draft_version \
         WHERE draft = $1 ORDER BY number DESC LIMIT $2",
        &[draft.into(), limit.into()],
        |row| {
            Ok(Version {
                number: row.count(0)?,
                sha256: row.parsed(1)?,
                bytes: Vec::new(),
                origin: row.text(3)?,
                made: row.int(4)?,
                made_by: row.text(5)?,
            })
        },
    )
}

/// The signatures of these bytes that count, in the order in which they were taken.
pub fn signatures(read: &Read<'_>, draft: &str, sha256: &Hash) -> Result<Vec<Signature>, SqlError> {
    read.query(
        "SELECT id, sha256, principal, bytes, taken, taken_by FROM draft_signature \
         WHERE draft = $1 AND sha256 = $2 AND left_out IS NULL ORDER BY taken, id",
        &[draft.into(), (&sha256.to_string()).into()],
        |row| {
            Ok(Signature {
                id: row.text(0)?,
                sha256: row.parsed(1)?,
                principal: row.text(2)?,
                bytes: row.bytes(3)?,
                taken: row.int(4)?,
                taken_by: row.text(5)?,
            })
        },
    )
}

fn draft(row: &Row<'_>) -> Result<Draft, SqlError> {
    let ended = match row.maybe_int(6)? {
        None => None,
        Some(at) => Some(Ended {
            at,
            by: row.text(7)?,
            put: row.maybe_parsed(8)?,
            why: row.text(9)?,
        }),
    };
    Ok(Draft {
        id: row.text(0)?,
        person: row.parsed(1)?,
        purpose: row.parsed(2)?,
        reason: row.text(3)?,
        begun: row.int(4)?,
        begun_by: row.text(5)?,
        ended,
    })
}

fn version(row: &Row<'_>) -> Result<Version, SqlError> {
    Ok(Version {
        number: row.count(0)?,
        sha256: row.parsed(1)?,
        bytes: row.bytes(2)?,
        origin: row.text(3)?,
        made: row.int(4)?,
        made_by: row.text(5)?,
    })
}

impl Purpose {
    /// The form in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Vary => "vary",
            Self::Suspend => "suspend",
            Self::End => "end",
        }
    }
}

impl std::str::FromStr for Purpose {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, UnknownPurpose> {
        [Self::New, Self::Vary, Self::Suspend, Self::End]
            .into_iter()
            .find(|one| one.as_str() == text)
            .ok_or(UnknownPurpose)
    }
}

/// A word that is no [`Purpose`].
#[derive(Debug, thiserror::Error)]
#[error("neither new, vary, suspend nor end")]
pub struct UnknownPurpose;
