//! Tables `caseload`, `cover`, `rota`, `pass`, `early_end` and `sight`: who sees whom.
//!
//! Promises: whoever's case it is sees a person, the supervisor of that team does, whoever covers or is on
//! call does until it ends, and whoever was let in does until that ends. A person who is nobody's case is
//! seen by every manager and supervisor: nobody drops out of sight. `sight` follows from the other tables
//! and is made anew in the transaction that changes one of them.
//!
//! Refuses: a cover, a turn on call or a pass without an end. A cover or a turn that is ended early keeps its
//! row; `early_end` says when and by whom.
//!
//! Statements that list people's things are not built at run time, so each says it itself, `$1` being the
//! staff id and `$2` the time:
//! `person IN (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2)`.

use std::collections::BTreeSet;

use crate::natural::natural;
use crate::random::made_at;

use super::Change;
use super::ids::PersonId;
use super::sql::{Read, Row, SqlError, Tx};

/// Until when, of what has no end.
pub const NO_END: i64 = i64::MAX;

/// Why somebody sees a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It is their case.
    Own,
    /// They supervise the team whose case it is.
    Team,
    /// It is nobody's case.
    Nobodys,
    /// They cover for whose case it is.
    Cover,
    /// They are on call.
    Rota,
    /// They were let in for a while.
    Pass,
}

/// Whose case a person is, from when to when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Sorts by time.
    pub id: String,
    /// Whose.
    pub person: PersonId,
    /// Staff id.
    pub officer: String,
    /// Unix milliseconds.
    pub since: i64,
    /// Unix milliseconds; none while it is.
    pub until: Option<i64>,
    /// Staff id, or empty: from the command line.
    pub put_by: String,
    /// Why.
    pub reason: String,
}

/// A hand-over, a turn on call or a pass: for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct While<T> {
    /// Sorts by time.
    pub id: String,
    /// Who may see, by staff id.
    pub staff: String,
    /// Of whom.
    pub what: T,
    /// Unix milliseconds.
    pub since: i64,
    /// Unix milliseconds.
    pub until: i64,
    /// Staff id, or empty: from the command line.
    pub put_by: String,
    /// Why.
    pub reason: String,
}

/// The case of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent(pub String);

/// A team's cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team(pub String);

/// Makes a person the case of `case.officer`, and nobody else's from `case.since` on.
pub fn assign(tx: &Tx<'_>, case: &Case) -> Result<(), SqlError> {
    let person = case.person.as_str();
    tx.execute(
        "UPDATE caseload SET until = $2 WHERE person = $1 AND until IS NULL",
        &[person.into(), case.since.into()],
    )?;
    tx.execute(
        "INSERT INTO caseload (id, person, officer, since, until, put_by, reason) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            (&case.id).into(),
            person.into(),
            (&case.officer).into(),
            case.since.into(),
            case.until.into(),
            (&case.put_by).into(),
            (&case.reason).into(),
        ],
    )?;
    anew(tx, Some(&case.person))
}

/// Whose case a person was, the latest first.
pub fn cases_of(read: &Read<'_>, person: &PersonId) -> Result<Vec<Case>, SqlError> {
    read.query(
        "SELECT id, person, officer, since, until, put_by, reason FROM caseload \
         WHERE person = $1 ORDER BY since DESC, id DESC",
        &[person.as_str().into()],
        |row| {
            Ok(Case {
                id: row.text(0)?,
                person: row.parsed(1)?,
                officer: row.text(2)?,
                since: row.int(3)?,
                until: row.maybe_int(4)?,
                put_by: row.text(5)?,
                reason: row.text(6)?,
            })
        },
    )
}

/// Whose case a person is now, by staff id.
pub fn officer(read: &Read<'_>, person: &PersonId) -> Result<Option<String>, SqlError> {
    read.first(
        "SELECT c.officer FROM caseload c JOIN staff s ON s.id = c.officer AND s.closed IS NULL \
         WHERE c.person = $1 AND c.until IS NULL",
        &[person.as_str().into()],
        |row| row.text(0),
    )
}

/// Hands the cases of somebody over to `cover.staff` for a while.
pub fn hand_over(tx: &Tx<'_>, cover: &While<Absent>) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO cover (id, absent, colleague, since, until, put_by, reason) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            (&cover.id).into(),
            (&cover.what.0).into(),
            (&cover.staff).into(),
            cover.since.into(),
            cover.until.into(),
            (&cover.put_by).into(),
            (&cover.reason).into(),
        ],
    )?;
    anew(tx, None)
}

/// Puts somebody on call for a team.
pub fn on_call(tx: &Tx<'_>, turn: &While<Team>) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO rota (id, team, staff, since, until, put_by) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            (&turn.id).into(),
            (&turn.what.0).into(),
            (&turn.staff).into(),
            turn.since.into(),
            turn.until.into(),
            (&turn.put_by).into(),
        ],
    )?;
    anew(tx, None)
}

/// A hand-over or a turn on call as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Names it.
    pub id: String,
    /// Who stands in or is on call: staff id and name.
    pub staff: (String, String),
    /// For whom (staff id and name), or for which team (twice).
    pub of: (String, String),
    /// Unix milliseconds.
    pub since: i64,
    /// Unix milliseconds; when it was ended early, that.
    pub until: i64,
    /// Why; empty for a turn on call.
    pub reason: String,
    /// Who put it in: staff id, or empty.
    pub put_by: String,
}

impl Shift {
    /// Whether one form made both, as the nights of a week.
    #[must_use]
    pub fn is_put_with(&self, other: &Self) -> bool {
        let made = made_at(&self.id);
        made.is_some()
            && made == made_at(&other.id)
            && (&self.put_by, &self.staff.0, &self.of.0)
                == (&other.put_by, &other.staff.0, &other.of.0)
    }

    /// When both last, if that is for the same people.
    #[must_use]
    pub fn beside(&self, other: &Self) -> Option<(i64, i64)> {
        let both = (self.since.max(other.since), self.until.min(other.until));
        (self.id != other.id && self.of.0 == other.of.0 && both.0 < both.1).then_some(both)
    }
}

/// Hand-overs that are not over, of those who are in `team` (none: of nobody's) or of `staff` themselves, and
/// those to them; the first to begin first.
pub fn covers(
    read: &Read<'_>,
    (staff, team): (&str, Option<&str>),
    now: i64,
) -> Result<Vec<Shift>, SqlError> {
    read.query(
        "SELECT v.id, v.colleague, c.name, v.absent, a.name, v.since, COALESCE(e.at, v.until), v.reason, v.put_by \
         FROM cover v LEFT JOIN early_end e ON e.id = v.id JOIN staff c ON c.id = v.colleague \
         JOIN staff a ON a.id = v.absent WHERE COALESCE(e.at, v.until) > $3 AND v.until > v.since \
         AND (v.absent = $1 OR v.colleague = $1 OR a.team = $2 OR c.team = $2) \
         ORDER BY v.since, v.id",
        &[staff.into(), team.into(), now.into()],
        shift,
    )
}

/// Turns on call for a team that are not over, the first to begin first.
pub fn turns(read: &Read<'_>, team: &str, now: i64) -> Result<Vec<Shift>, SqlError> {
    read.query(
        "SELECT r.id, r.staff, s.name, r.team, r.team, r.since, COALESCE(e.at, r.until), '', r.put_by \
         FROM rota r LEFT JOIN early_end e ON e.id = r.id JOIN staff s ON s.id = r.staff \
         WHERE r.team = $1 AND COALESCE(e.at, r.until) > $2 ORDER BY r.since, r.id",
        &[team.into(), now.into()],
        shift,
    )
}

/// For which teams somebody is on call now, each with until when, the first to end first.
pub fn on_call_now(
    read: &Read<'_>,
    (staff, now): (&str, i64),
) -> Result<Vec<(String, i64)>, SqlError> {
    read.query(
        "SELECT r.team, MAX(COALESCE(e.at, r.until)) FROM rota r LEFT JOIN early_end e ON e.id = r.id \
         WHERE r.staff = $1 AND r.since <= $2 AND COALESCE(e.at, r.until) > $2 GROUP BY r.team ORDER BY 2, 1",
        &[staff.into(), now.into()],
        |row| Ok((row.text(0)?, row.int(1)?)),
    )
}

/// Ends a hand-over or a turn on call before its time; false if it was ended before.
pub fn end_early(tx: &Tx<'_>, id: &str, staff: &str, now: i64) -> Result<bool, SqlError> {
    let new = tx.execute(
        "INSERT INTO early_end (id, at, staff) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
        &[id.into(), now.into(), staff.into()],
    )?;
    anew(tx, None)?;
    Ok(new == 1)
}

/// How a hand-over or a turn on call ends, or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// For whom (staff id), or for which team.
    pub of: String,
    /// Unix milliseconds.
    pub at: i64,
    /// Who ended it before its time, by name; none: it was over by itself.
    pub by: Option<String>,
}

/// When that is of one of them, and by whom.
pub fn ended(read: &Read<'_>, id: &str) -> Result<Option<Ended>, SqlError> {
    read.first(
        "SELECT t.whose, COALESCE(e.at, t.until), s.name FROM (SELECT id, absent AS whose, until FROM cover \
         UNION ALL SELECT id, team, until FROM rota) t LEFT JOIN early_end e ON e.id = t.id \
         LEFT JOIN staff s ON s.id = e.staff WHERE t.id = $1",
        &[id.into()],
        |row| {
            Ok(Ended {
                of: row.text(0)?,
                at: row.int(1)?,
                by: row.maybe_text(2)?,
            })
        },
    )
}

/// Lets somebody see one person for a while.
pub fn let_in(tx: &Tx<'_>, pass: &While<PersonId>) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO pass (id, staff, person, since, until, put_by, reason) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            (&pass.id).into(),
            (&pass.staff).into(),
            pass.what.as_str().into(),
            pass.since.into(),
            pass.until.into(),
            (&pass.put_by).into(),
            (&pass.reason).into(),
        ],
    )?;
    anew(tx, Some(&pass.what))
}

/// Why somebody sees a person now; none if they do not.
pub fn why(
    read: &Read<'_>,
    staff: &str,
    person: &PersonId,
    now: i64,
) -> Result<Option<Why>, SqlError> {
    let mut found = read.query(
        "SELECT why FROM sight WHERE staff = $1 AND person = $3 AND since <= $2 AND until > $2",
        &[staff.into(), now.into(), person.as_str().into()],
        |row| row.parsed(0),
    )?;
    found.sort_unstable();
    Ok(found.first().copied())
}

/// Whom somebody sees now.
pub fn people(read: &Read<'_>, staff: &str, now: i64) -> Result<BTreeSet<PersonId>, SqlError> {
    let found = read.query(
        "SELECT DISTINCT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2",
        &[staff.into(), now.into()],
        |row| row.parsed(0),
    )?;
    Ok(found.into_iter().collect())
}

/// Somebody who is seen, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whom.
    pub person: PersonId,
    /// By pseudonym.
    pub pseudonym: String,
    /// From the register.
    pub name: String,
    /// For the first reason that there is.
    pub why: Why,
    /// Until when for that reason, Unix milliseconds.
    pub until: i64,
}

/// Whom somebody sees now, by name.
pub fn seen(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    limit: u64,
    skip: u64,
) -> Result<Vec<Seen>, SqlError> {
    let mut all = read.query(
        "SELECT p.id, p.pseudonym, r.name FROM person p JOIN register r ON r.person = p.id \
         WHERE p.id IN (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY p.id",
        &[staff.into(), now.into()],
        |row| {
            Ok(Seen {
                person: row.parsed(0)?,
                pseudonym: row.text(1)?,
                name: row.text(2)?,
                why: Why::Pass,
                until: now,
            })
        },
    )?;
    // No database knows in which order people look for names.
    all.sort_by(|a, b| natural(&a.name, &b.name));
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    all.drain(..skip.min(all.len()));
    all.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    for one in &mut all {
        let mut reasons = read.query(
            "SELECT why, until FROM sight WHERE staff = $1 AND person = $3 AND since <= $2 AND until > $2",
            &[staff.into(), now.into(), one.person.as_str().into()],
            |row| Ok((row.parsed(0)?, row.int(1)?)),
        )?;
        reasons.sort_by_key(|(why, until)| (*why, std::cmp::Reverse(*until)));
        if let Some((why, until)) = reasons.first() {
            (one.why, one.until) = (*why, *until);
        }
    }
    Ok(all)
}

/// The passes by which people see this person now, those that end first on top.
pub fn passes_of(
    read: &Read<'_>,
    person: &PersonId,
    now: i64,
) -> Result<Vec<While<PersonId>>, SqlError> {
    read.query(
        "SELECT id, staff, person, since, until, put_by, reason FROM pass \
         WHERE person = $1 AND since <= $2 AND until > $2 ORDER BY until, id",
        &[person.as_str().into(), now.into()],
        |row| {
            Ok(While {
                id: row.text(0)?,
                staff: row.text(1)?,
                what: row.parsed(2)?,
                since: row.int(3)?,
                until: row.int(4)?,
                put_by: row.text(5)?,
                reason: row.text(6)?,
            })
        },
    )
}

/// Works out anew who sees this person, or everybody.
pub fn anew(tx: &Tx<'_>, person: Option<&PersonId>) -> Result<(), SqlError> {
    let person = person.map(PersonId::as_str);
    tx.execute(
        "DELETE FROM sight WHERE $1 IS NULL OR person = $1",
        &[person.into()],
    )?;
    for statement in SIGHTS {
        tx.execute(statement, &[person.into(), NO_END.into()])?;
    }
    tx.announce(Change::Sight);
    Ok(())
}

/// `$1`: the person, or NULL for all; `$2`: no end.
const SIGHTS: [&str; 6] = [
    "INSERT INTO sight (staff, person, since, until, why) \
     SELECT officer, person, since, max(COALESCE(until, $2)), 'own' FROM caseload \
     WHERE $1 IS NULL OR person = $1 GROUP BY officer, person, since",
    "INSERT INTO sight (staff, person, since, until, why) \
     SELECT s.id, c.person, c.since, max(COALESCE(c.until, $2)), 'team' FROM caseload c \
     JOIN staff o ON o.id = c.officer JOIN staff s ON s.team = o.team AND s.role = 'supervisor' \
     WHERE $1 IS NULL OR c.person = $1 GROUP BY s.id, c.person, c.since",
    "INSERT INTO sight (staff, person, since, until, why) \
     SELECT s.id, p.id, 0, $2, 'nobodys' FROM person p \
     JOIN staff s ON s.role IN ('manager', 'supervisor') \
     WHERE ($1 IS NULL OR p.id = $1) AND NOT EXISTS (SELECT 1 FROM caseload c \
     JOIN staff o ON o.id = c.officer AND o.closed IS NULL \
     WHERE c.person = p.id AND c.until IS NULL)",
    "INSERT INTO sight (staff, person, since, until, why) \
     SELECT v.colleague, c.person, CASE WHEN c.since > v.since THEN c.since ELSE v.since END, \
     max(CASE WHEN COALESCE(c.until, $2) < COALESCE(e.at, v.until) THEN c.until ELSE COALESCE(e.at, v.until) \
     END), 'cover' FROM cover v LEFT JOIN early_end e ON e.id = v.id \
     JOIN caseload c ON c.officer = v.absent WHERE $1 IS NULL OR c.person = $1 \
     GROUP BY v.colleague, c.person, CASE WHEN c.since > v.since THEN c.since ELSE v.since END",
    "INSERT INTO sight (staff, person, since, until, why) \
     SELECT r.staff, c.person, CASE WHEN c.since > r.since THEN c.since ELSE r.since END, \
     max(CASE WHEN COALESCE(c.until, $2) < COALESCE(e.at, r.until) THEN c.until ELSE COALESCE(e.at, r.until) \
     END), 'rota' FROM rota r LEFT JOIN early_end e ON e.id = r.id \
     JOIN staff o ON o.team = r.team JOIN caseload c ON c.officer = o.id \
     WHERE $1 IS NULL OR c.person = $1 \
     GROUP BY r.staff, c.person, CASE WHEN c.since > r.since THEN c.since ELSE r.since END",
    "INSERT INTO sight (staff, person, since, until, why) \
     SELECT staff, person, since, max(CASE WHEN until < $2 THEN until ELSE $2 END), 'pass' FROM pass \
     WHERE $1 IS NULL OR person = $1 GROUP BY staff, person, since",
];

fn shift(row: &Row<'_>) -> Result<Shift, SqlError> {
    Ok(Shift {
        id: row.text(0)?,
        staff: (row.text(1)?, row.text(2)?),
        of: (row.text(3)?, row.text(4)?),
        since: row.int(5)?,
        until: row.int(6)?,
        reason: row.text(7)?,
        put_by: row.text(8)?,
    })
}

impl std::str::FromStr for Why {
    type Err = UnknownWhy;

    fn from_str(text: &str) -> Result<Self, UnknownWhy> {
        Ok(match text {
            "own" => Self::Own,
            "team" => Self::Team,
            "nobodys" => Self::Nobodys,
            "cover" => Self::Cover,
            "rota" => Self::Rota,
            "pass" => Self::Pass,
            _ => return Err(UnknownWhy),
        })
    }
}

/// A word that is no [`Why`].
#[derive(Debug, thiserror::Error)]
#[error("neither own, team, nobodys, cover, rota nor pass")]
pub struct UnknownWhy;
