//! Table `web_session`: the browsers that are signed in.
//!
//! Promises: a session is kept as the SHA-256 of its cookie, so that a copy of the store signs nobody in.
//! A session that ended is known for `KNOWN` more, so that a form which was open when it ended can be
//! told from one that somebody made up.
//!
//! Refuses: to know how long a session lives; `web::gate` decides that.

use super::sql::{Read, Row, SqlError, Tx};
use super::staff::Role;

/// How long a session is known from its beginning, in milliseconds: a form that was open over a holiday.
const KNOWN: i64 = 14 * 24 * 60 * 60 * 1_000;

/// A signed-in browser.
#[derive(Clone)]
pub struct WebSession {
    /// Who.
    pub staff: String,
    /// Their name.
    pub name: String,
    /// What they do here.
    pub role: Role,
    /// With whom.
    pub team: String,
    /// In which zone they read times; empty: in that of this collector.
    pub zone: String,
    /// Unix milliseconds.
    pub expires: i64,
    /// What every form must repeat.
    pub csrf: [u8; 32],
    /// When they last proved that it is them, Unix milliseconds.
    pub proved: i64,
    /// Whether somebody else knows their password.
    pub must_change: bool,
    /// How many second factors they have set up.
    pub second_factors: u64,
    /// How they signed in: see [`Opening::way`].
    pub way: String,
}

/// What is known of a browser that signs in.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// `password`, `passkey` or `single_sign_on`.
    pub way: &'static str,
    /// What it says it is.
    pub browser: String,
    /// From where.
    pub address: String,
    /// When they last proved that it is them, Unix milliseconds; 0 where nobody says so.
    pub proved: i64,
}

/// One of somebody's sessions, as they see it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Names it.
    pub hash: [u8; 32],
    /// Unix milliseconds.
    pub opened: i64,
    /// Unix milliseconds.
    pub expires: i64,
    /// As it was opened.
    pub way: String,
    /// What it says it is.
    pub browser: String,
    /// From where.
    pub address: String,
}

/// Opens a session and drops those that nobody can come back to.
pub fn open(
    tx: &Tx<'_>,
    hash: &[u8; 32],
    staff: &str,
    (expires, now): (i64, i64),
    csrf: &[u8; 32],
    from: &Opening,
) -> Result<(), SqlError> {
    tx.execute(
        "DELETE FROM web_session WHERE expires <= $1 AND opened <= $2",
        &[now.into(), now.saturating_sub(KNOWN).into()],
    )?;
    tx.execute(
        "INSERT INTO web_session (hash, staff, expires, csrf, opened, proved, way, browser, address) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            hash.into(),
            staff.into(),
            expires.into(),
            csrf.into(),
            now.into(),
            from.proved.into(),
            from.way.into(),
            (&from.browser).into(),
            (&from.address).into(),
        ],
    )?;
    Ok(())
}

/// The session with this hash, if it has not ended.
pub fn get(read: &Read<'_>, hash: &[u8; 32], now: i64) -> Result<Option<WebSession>, SqlError> {
    read.first(
        "SELECT s.id, s.name, w.expires, w.csrf, s.role, s.team, w.proved, s.must_change, w.way, s.zone, \
         (SELECT count(*) FROM totp t WHERE t.staff = s.id AND t.confirmed IS NOT NULL AND t.ended IS NULL) \
         + (SELECT count(*) FROM passkey k WHERE k.staff = s.id AND k.ended IS NULL) FROM web_session w \
         JOIN staff s ON s.id = w.staff AND s.closed IS NULL WHERE w.hash = $1 AND w.expires > $2",
        &[hash.into(), now.into()],
        web_session,
    )
}

/// Whose session has forms that carry this, whether or not it has ended.
pub fn writer(read: &Read<'_>, csrf: &[u8; 32]) -> Result<Option<String>, SqlError> {
    read.first(
        "SELECT staff FROM web_session WHERE csrf = $1",
        &[csrf.into()],
        |row| row.text(0),
    )
}

/// Somebody's sessions that have not ended, the latest first.
pub fn of(read: &Read<'_>, staff: &str, now: i64) -> Result<Vec<Listed>, SqlError> {
    read.query(
        "SELECT hash, opened, expires, way, browser, address FROM web_session \
         WHERE staff = $1 AND expires > $2 ORDER BY opened DESC, hash",
        &[staff.into(), now.into()],
        |row| {
            Ok(Listed {
                hash: row.array(0)?,
                opened: row.int(1)?,
                expires: row.int(2)?,
                way: row.text(3)?,
                browser: row.text(4)?,
                address: row.text(5)?,
            })
        },
    )
}

/// How many second factors somebody has set up.
pub fn second_factors(read: &Read<'_>, staff: &str) -> Result<u64, SqlError> {
    let found = read.first(
        "SELECT (SELECT count(*) FROM totp WHERE staff = $1 AND confirmed IS NOT NULL AND ended IS NULL) \
         + (SELECT count(*) FROM passkey WHERE staff = $1 AND ended IS NULL)",
        &[staff.into()],
        |row| row.count(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// Keeps a session open until `expires`.
pub fn extend(tx: &Tx<'_>, hash: &[u8; 32], expires: i64) -> Result<(), SqlError> {
    // Not one that ended meanwhile.
    tx.execute(
        "UPDATE web_session SET expires = $2 WHERE hash = $1 AND expires > 0",
        &[hash.into(), expires.into()],
    )?;
    Ok(())
}

/// They proved that it is them.
pub fn prove(tx: &Tx<'_>, hash: &[u8; 32], now: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE web_session SET proved = $2, wrong = 0 WHERE hash = $1",
        &[hash.into(), now.into()],
    )?;
    Ok(())
}

/// They did not; says how often in a row.
pub fn count_wrong(tx: &Tx<'_>, hash: &[u8; 32]) -> Result<u64, SqlError> {
    tx.execute(
        "UPDATE web_session SET wrong = wrong + 1 WHERE hash = $1",
        &[hash.into()],
    )?;
    let wrong = tx.first(
        "SELECT wrong FROM web_session WHERE hash = $1",
        &[hash.into()],
        |row| row.count(0),
    )?;
    Ok(wrong.unwrap_or(0))
}

/// Ends a session.
pub fn end(tx: &Tx<'_>, hash: &[u8; 32]) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE web_session SET expires = 0 WHERE hash = $1",
        &[hash.into()],
    )?;
    Ok(())
}

/// Ends every session of somebody.
pub fn end_all(tx: &Tx<'_>, staff: &str) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE web_session SET expires = 0 WHERE staff = $1",
        &[staff.into()],
    )?;
    Ok(())
}

/// Ends every session of somebody but this one.
pub fn end_others(tx: &Tx<'_>, staff: &str, hash: &[u8; 32]) -> Result<usize, SqlError> {
    tx.execute(
        "UPDATE web_session SET expires = 0 WHERE staff = $1 AND hash <> $2 AND expires > 0",
        &[staff.into(), hash.into()],
    )
}

/// Silent about the form secret.
impl std::fmt::Debug for WebSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebSession")
            .field("staff", &self.staff)
            .finish_non_exhaustive()
    }
}

fn web_session(row: &Row<'_>) -> Result<WebSession, SqlError> {
    Ok(WebSession {
        staff: row.text(0)?,
        name: row.text(1)?,
        expires: row.int(2)?,
        csrf: row.array(3)?,
        role: row.parsed(4)?,
        team: row.text(5)?,
        proved: row.int(6)?,
        must_change: row.maybe_int(7)?.is_some(),
        way: row.text(8)?,
        zone: row.text(9)?,
        second_factors: row.count(10)?,
    })
}
