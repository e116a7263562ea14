//! Table `api_token`: who lets which program in, to do what, until when.
//!
//! Promises: the token itself is nowhere, only its SHA-256; a token counts while it has not expired and
//! was not revoked, and while whose it is may sign in. Rows stay.

use super::sql::{Read, Row, SqlError, Tx};
use super::staff::Role;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// To look.
    Read,
    /// To look, and to record decisions.
    Decide,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Sorts by time; not secret.
    pub id: String,
    /// Staff id.
    pub staff: String,
    /// What its owner calls it.
    pub name: String,
    /// What it is for.
    pub scope: Scope,
    /// Unix milliseconds.
    pub made: i64,
    /// Unix milliseconds.
    pub expires: i64,
    /// When it was used last, to the minute.
    pub used: Option<i64>,
    /// When it was revoked, Unix milliseconds.
    pub revoked: Option<i64>,
}

/// A token that counts, with whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The token.
    pub token: Token,
    /// The owner's name.
    pub name: String,
    /// What they do here.
    pub role: Role,
    /// With whom.
    pub team: String,
}

/// Keeps a token; false when there is one of this id.
pub fn add(tx: &Tx<'_>, token: &Token, hash: &[u8; 32]) -> Result<bool, SqlError> {
    let added = tx.execute(
        "INSERT INTO api_token (id, hash, staff, name, scope, made, expires) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        &[
            (&token.id).into(),
            hash.into(),
            (&token.staff).into(),
            (&token.name).into(),
            token.scope.as_str().into(),
            token.made.into(),
            token.expires.into(),
        ],
    )?;
    Ok(added == 1)
}

/// The token with this hash, if it counts now.
pub fn holder(read: &Read<'_>, hash: &[u8; 32], now: i64) -> Result<Option<Holder>, SqlError> {
    read.first(
        "SELECT t.id, t.staff, t.name, t.scope, t.made, t.expires, t.used, t.revoked, \
         s.name, s.role, s.team FROM api_token t JOIN staff s ON s.id = t.staff \
         WHERE t.hash = $1 AND t.expires > $2 AND t.revoked IS NULL AND s.closed IS NULL",
        &[hash.into(), now.into()],
        |row| {
            Ok(Holder {
                token: token(row)?,
                name: row.text(8)?,
                role: row.parsed(9)?,
                team: row.text(10)?,
            })
        },
    )
}

/// Somebody's tokens, the newest first.
pub fn of_staff(read: &Read<'_>, staff: &str) -> Result<Vec<Token>, SqlError> {
    read.query(
        "SELECT id, staff, name, scope, made, expires, used, revoked FROM api_token \
         WHERE staff = $1 ORDER BY made DESC, id DESC",
        &[staff.into()],
        token,
    )
}

/// How many of somebody's tokens count.
pub fn count(read: &Read<'_>, staff: &str, now: i64) -> Result<u64, SqlError> {
    let found = read.first(
        "SELECT count(*) FROM api_token WHERE staff = $1 AND expires > $2 AND revoked IS NULL",
        &[staff.into(), now.into()],
        |row| row.count(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// Notes that a token was used.
pub fn used(tx: &Tx<'_>, id: &str, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE api_token SET used = $2 WHERE id = $1",
        &[id.into(), now.into()],
    )?;
    Ok(())
}

/// Revokes one of somebody's tokens; false when they have no such token that counts.
pub fn revoke(tx: &Tx<'_>, staff: &str, id: &str, by: &str, now: i64) -> Result<bool, SqlError> {
    let revoked = tx.execute(
        "UPDATE api_token SET revoked = $3, revoked_by = $4 \
         WHERE id = $1 AND staff = $2 AND revoked IS NULL",
        &[id.into(), staff.into(), now.into(), by.into()],
    )?;
    Ok(revoked == 1)
}

/// Revokes all of somebody's tokens, for example because their password was given away.
pub fn revoke_all(tx: &Tx<'_>, staff: &str, by: &str, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE api_token SET revoked = $2, revoked_by = $3 WHERE staff = $1 AND revoked IS NULL",
        &[staff.into(), now.into(), by.into()],
    )?;
    Ok(())
}

impl Scope {
    /// The form in the table and on the page.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Decide => "decide",
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        match text {
            "read" => Ok(Self::Read),
            "decide" => Ok(Self::Decide),
            _ => Err(UnknownScope),
        }
    }
}

/// A word that is no [`Scope`].
#[derive(Debug, thiserror::Error)]
#[error("neither read nor decide")]
pub struct UnknownScope;

fn token(row: &Row<'_>) -> Result<Token, SqlError> {
    Ok(Token {
        id: row.text(0)?,
        staff: row.text(1)?,
        name: row.text(2)?,
        scope: row.parsed(3)?,
        made: row.int(4)?,
        expires: row.int(5)?,
        used: row.maybe_int(6)?,
        revoked: row.maybe_int(7)?,
    })
}
