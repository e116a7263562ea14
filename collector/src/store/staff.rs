//! Table `staff`.
//!
//! Promises: a password is kept as an Argon2id text, so that a copy of the store signs nobody in.
//!
//! Refuses: to know how passwords are checked; `web` does that.

use crate::natural::natural;

use super::sql::{Read, Row, SqlError, Tx};
use super::{sessions, sight};

/// Somebody who may sign in.
#[derive(Clone)]
pub struct Staff {
    /// Opaque.
    pub id: String,
    /// What they sign in with.
    pub name: String,
    /// Argon2id, PHC text form.
    pub hash: String,
    /// Wrong passwords since the last right one.
    pub failed: u64,
    /// No sign-in before this, Unix milliseconds.
    pub locked_until: Option<i64>,
    /// What they do here.
    pub role: Role,
    /// With whom; managers of a team are seen by its supervisors.
    pub team: String,
    /// Where to tell them of what waits; empty: nowhere.
    pub mail: String,
    /// Since when they may not sign in any more, Unix milliseconds.
    pub closed: Option<i64>,
    /// Since when their password is one that somebody else knows, and must be changed, Unix milliseconds.
    pub must_change: Option<i64>,
}

/// What somebody does here; `web::access` says what each may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Manages offenders: decides about their own cases.
    Manager,
    /// Runs a team: sees its cases, reassigns them and signs decisions off.
    Supervisor,
    /// Forensic examiner: takes evidence out, decides nothing.
    Examiner,
    /// Sees to accounts, devices and lists, and sees no activity.
    Administrator,
    /// Reads who looked at whom and why, and nothing else.
    Auditor,
    /// Of another agency: reads what is disclosed to them.
    Partner,
}

impl Staff {
    /// Somebody new, who has no team yet.
    #[must_use]
    pub fn new(id: String, name: String, hash: String, role: Role) -> Self {
        Self {
            id,
            name,
            hash,
            failed: 0,
            locked_until: None,
            role,
            team: String::new(),
            mail: String::new(),
            closed: None,
            must_change: None,
        }
    }
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Manager,
        Self::Supervisor,
        Self::Examiner,
        Self::Administrator,
        Self::Auditor,
        Self::Partner,
    ];

    /// The form in the table and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::Supervisor => "supervisor",
            Self::Examiner => "examiner",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
            Self::Partner => "partner",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let found = Self::ALL.into_iter().find(|one| one.as_str() == text);
        found.ok_or(UnknownRole)
    }
}

/// A word that is no [`Role`].
#[derive(Debug, thiserror::Error)]
#[error("a role is manager, supervisor, examiner, administrator, auditor or partner")]
pub struct UnknownRole;

/// Enters somebody. The name must be free.
pub fn add(tx: &Tx<'_>, staff: &Staff) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO staff (id, name, hash, failed, locked_until, role, team, mail, closed, \
         must_change) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            (&staff.id).into(),
            (&staff.name).into(),
            (&staff.hash).into(),
            staff.failed.into(),
            staff.locked_until.into(),
            staff.role.as_str().into(),
            (&staff.team).into(),
            (&staff.mail).into(),
            staff.closed.into(),
            staff.must_change.into(),
        ],
    )?;
    sight::anew(tx, None)
}

/// Whether nobody would administer this collector any more if this account became so, while somebody does now.
pub fn leaves_no_administrator(read: &Read<'_>, changed: &Staff) -> Result<bool, SqlError> {
    if changed.role == Role::Administrator && changed.closed.is_none() {
        return Ok(false);
    }
    let mut open = all(read)?;
    open.retain(|one| one.role == Role::Administrator && one.closed.is_none());
    Ok(matches!(&open[..], [only] if only.id == changed.id))
}

/// Everybody who may sign in or could once, by name.
pub fn all(read: &Read<'_>) -> Result<Vec<Staff>, SqlError> {
    let mut all = read.query(
        "SELECT id, name, hash, failed, locked_until, role, team, mail, closed, must_change FROM staff",
        &[],
        staff,
    )?;
    all.sort_by(|a, b| natural(&a.name, &b.name));
    Ok(all)
}

/// Changes what somebody does, with whom, and where they are told; ends their sessions, and they can open
/// none while `closed`.
pub fn change(tx: &Tx<'_>, staff: &Staff) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE staff SET role = $2, team = $3, mail = $4, closed = $5 WHERE id = $1",
        &[
            (&staff.id).into(),
            staff.role.as_str().into(),
            (&staff.team).into(),
            (&staff.mail).into(),
            staff.closed.into(),
        ],
    )?;
    sessions::end_all(tx, &staff.id)?;
    sight::anew(tx, None)
}

/// Somebody by the name they sign in with.
pub fn by_name(read: &Read<'_>, name: &str) -> Result<Option<Staff>, SqlError> {
    read.first(
        "SELECT id, name, hash, failed, locked_until, role, team, mail, closed, must_change \
         FROM staff WHERE name = $1",
        &[name.into()],
        staff,
    )
}

/// Somebody by id.
pub fn by_id(read: &Read<'_>, id: &str) -> Result<Option<Staff>, SqlError> {
    read.first(
        "SELECT id, name, hash, failed, locked_until, role, team, mail, closed, must_change \
         FROM staff WHERE id = $1",
        &[id.into()],
        staff,
    )
}

fn staff(row: &Row<'_>) -> Result<Staff, SqlError> {
    Ok(Staff {
        id: row.text(0)?,
        name: row.text(1)?,
        hash: row.text(2)?,
        failed: row.count(3)?,
        locked_until: row.maybe_int(4)?,
        role: row.parsed(5)?,
        team: row.text(6)?,
        mail: row.text(7)?,
        closed: row.maybe_int(8)?,
        must_change: row.maybe_int(9)?,
    })
}

/// Keeps in which zone somebody reads times; empty: in that of this collector.
pub fn set_zone(tx: &Tx<'_>, id: &str, zone: &str) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE staff SET zone = $2 WHERE id = $1",
        &[id.into(), zone.into()],
    )?;
    Ok(())
}

/// In which zone somebody reads times; empty: in that of this collector.
pub fn zone(read: &Read<'_>, id: &str) -> Result<String, SqlError> {
    let found = read.first(
        "SELECT zone FROM staff WHERE id = $1",
        &[id.into()],
        |row| row.text(0),
    )?;
    Ok(found.unwrap_or_default())
}

/// Counts one more wrong password; says how many there are now.
pub fn count_failure(tx: &Tx<'_>, id: &str) -> Result<u64, SqlError> {
    tx.execute(
        "UPDATE staff SET failed = failed + 1 WHERE id = $1",
        &[id.into()],
    )?;
    let failed = tx.first(
        "SELECT failed FROM staff WHERE id = $1",
        &[id.into()],
        |row| row.count(0),
    )?;
    Ok(failed.unwrap_or(0))
}

/// Shuts the door until `until`.
pub fn lock(tx: &Tx<'_>, id: &str, until: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE staff SET locked_until = $2 WHERE id = $1",
        &[id.into(), until.into()],
    )?;
    Ok(())
}

/// Forgets wrong passwords after a right one.
pub fn clear_failures(tx: &Tx<'_>, id: &str) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE staff SET failed = 0, locked_until = NULL WHERE id = $1",
        &[id.into()],
    )?;
    Ok(())
}

/// Keeps another password. `must_change`: since when it is one that somebody else knows.
pub fn set_hash(
    tx: &Tx<'_>,
    id: &str,
    hash: &str,
    must_change: Option<i64>,
) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE staff SET hash = $2, must_change = $3 WHERE id = $1",
        &[id.into(), hash.into(), must_change.into()],
    )?;
    Ok(())
}

/// Silent about the password.
impl std::fmt::Debug for Staff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staff")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
