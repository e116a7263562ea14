//! Table `audit`, asked: entries by filter, and what a month holds.
//!
//! Promises: whoever reads only their own is asked for in the statement itself, so no filter widens it. Why
//! somebody saw a person at the time of a look is worked out from `sight`, by that time.

use super::audit::{self, Shown};
use super::ids::PersonId;
use super::sight::{NO_END, Why};
use super::sql::{Param, Read, SqlError};

/// Whose entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reader {
    /// Everybody's.
    All,
    /// What this staff id did, and entries about whom they see at that time.
    Own(String, i64),
}

/// Which entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// About this person.
    pub person: Option<PersonId>,
    /// By this staff id.
    pub staff: Option<String>,
    /// Of these actions; empty: of all.
    pub actions: Vec<String>,
    /// From then on, Unix milliseconds.
    pub from: i64,
    /// Before then.
    pub to: i64,
}

/// How often somebody looked at somebody, for one and the same reason to see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// Who.
    pub staff: String,
    /// What they are called.
    pub staff_name: String,
    /// At whom.
    pub person: PersonId,
    /// By pseudonym.
    pub pseudonym: String,
    /// Why they saw them; none: by nothing that is known now.
    pub why: Option<Why>,
    /// How often.
    pub count: u64,
    /// When first and last, Unix milliseconds.
    pub span: (i64, i64),
}

/// Sight that was given: a case, a hand-over, a turn on call, a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Why they see.
    pub why: Why,
    /// Who, by name.
    pub staff_name: String,
    /// Of whom: a pseudonym, a colleague or a team.
    pub of: String,
    /// Unix milliseconds.
    pub since: i64,
    /// Unix milliseconds; none while it lasts.
    pub until: Option<i64>,
    /// By whom, by name; empty: from the command line.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            person: None,
            staff: None,
            actions: Vec::new(),
            from: i64::MIN,
            to: i64::MAX,
        }
    }
}

impl Reader {
    fn params(&self) -> (Param<'_>, Param<'_>) {
        match self {
            Self::All => (Param::Null, 0_i64.into()),
            Self::Own(staff, now) => (staff.into(), (*now).into()),
        }
    }
}

/// The entries of a filter in the columns that [`audit::shown`] reads; `$1` to `$7` are the same in each.
macro_rules! select {
    ($person:literal) => {
        concat!(
            "SELECT a.id, a.at, a.staff, a.action, a.person, a.reason, COALESCE(s.name, a.staff), \
             p.pseudonym FROM audit a LEFT JOIN staff s ON s.id = a.staff \
             LEFT JOIN person p ON p.id = a.person WHERE a.at >= $1 AND a.at < $2 AND ",
            $person,
            " AND ($4 IS NULL OR a.staff = $4) AND ($5 = '' OR $5 LIKE '%,' || a.action || ',%') \
             AND ($6 IS NULL OR a.staff = $6 OR a.person IN \
             (SELECT person FROM sight WHERE staff = $6 AND since <= $7 AND until > $7)) \
             ORDER BY a.at DESC, a.id DESC LIMIT $8 OFFSET $9"
        )
    };
}

/// Entries, newest first.
pub fn find(
    read: &Read<'_>,
    reader: &Reader,
    filter: &Filter,
    limit: u64,
    skip: u64,
) -> Result<Vec<Shown>, SqlError> {
    let actions = match filter.actions.as_slice() {
        [] => String::new(),
        actions => format!(",{},", actions.join(",")),
    };
    let (own, now) = reader.params();
    let person = filter.person.as_ref().map(PersonId::as_str);
    let params = [
        filter.from.into(),
        filter.to.into(),
        person.into(),
        filter.staff.as_deref().into(),
        (&actions).into(),
        own,
        now,
        limit.into(),
        skip.into(),
    ];
    // Each with the index that serves it.
    let sql = match person {
        Some(_) => select!("a.person = $3"),
        None => select!("$3 IS NULL"),
    };
    read.query(sql, &params, audit::shown)
}

/// Every action that was ever entered.
pub fn actions(read: &Read<'_>) -> Result<Vec<String>, SqlError> {
    read.query(
        "WITH RECURSIVE one (action) AS (SELECT min(action) FROM audit UNION ALL \
         SELECT (SELECT min(a.action) FROM audit a WHERE a.action > one.action) FROM one \
         WHERE one.action IS NOT NULL) SELECT action FROM one WHERE action IS NOT NULL ORDER BY action",
        &[],
        |row| row.text(0),
    )
}

/// Who looked at whom how often, from a moment up to another.
pub fn looked(
    read: &Read<'_>,
    reader: &Reader,
    (from, to): (i64, i64),
) -> Result<Vec<Looked>, SqlError> {
    let (own, now) = reader.params();
    read.query(
        "SELECT a.staff, COALESCE(min(s.name), a.staff), p.id, p.pseudonym, count(*), min(a.at), max(a.at), \
         (SELECT min(CASE v.why WHEN 'own' THEN 0 WHEN 'team' THEN 1 WHEN 'nobodys' THEN 2 \
         WHEN 'cover' THEN 3 WHEN 'rota' THEN 4 ELSE 5 END) FROM sight v WHERE v.staff = a.staff \
         AND v.person = a.person AND v.since <= a.at AND v.until > a.at) AS w \
         FROM audit a JOIN person p ON p.id = a.person LEFT JOIN staff s ON s.id = a.staff \
         WHERE a.at >= $1 AND a.at < $2 AND (a.action LIKE 'saw!_%' ESCAPE '!' OR a.action = 'found') \
         AND ($3 IS NULL OR a.staff = $3 OR a.person IN \
         (SELECT person FROM sight WHERE staff = $3 AND since <= $4 AND until > $4)) \
         GROUP BY a.staff, p.id, p.pseudonym, w ORDER BY 2, p.pseudonym, w",
        &[from.into(), to.into(), own, now],
        |row| {
            Ok(Looked {
                staff: row.text(0)?,
                staff_name: row.text(1)?,
                person: row.parsed(2)?,
                pseudonym: row.text(3)?,
                count: row.count(4)?,
                span: (row.int(5)?, row.int(6)?),
                why: match row.maybe_int(7)? {
                    None => None,
                    Some(0) => Some(Why::Own),
                    Some(1) => Some(Why::Team),
                    Some(2) => Some(Why::Nobodys),
                    Some(3) => Some(Why::Cover),
                    Some(4) => Some(Why::Rota),
                    Some(_) => Some(Why::Pass),
                },
            })
        },
    )
}

/// Sight that was given and counted at some time from a moment up to another: of whom the reader sees, or
/// from or to themselves.
pub fn given(
    read: &Read<'_>,
    reader: &Reader,
    (from, to): (i64, i64),
) -> Result<Vec<Given>, SqlError> {
    let (own, now) = reader.params();
    read.query(
        "SELECT * FROM (SELECT 'own' AS why, COALESCE(s.name, c.officer) AS staff, p.pseudonym AS of_whom, \
         c.since AS since, COALESCE(c.until, $5) AS until, COALESCE(b.name, c.put_by) AS put_by, c.reason AS reason FROM caseload c \
         JOIN person p ON p.id = c.person LEFT JOIN staff s ON s.id = c.officer \
         LEFT JOIN staff b ON b.id = c.put_by WHERE c.since >= $1 AND c.since < $2 \
         AND ($3 IS NULL OR c.officer = $3 OR c.person IN \
         (SELECT person FROM sight WHERE staff = $3 AND since <= $4 AND until > $4)) \
         UNION ALL SELECT 'pass', COALESCE(s.name, c.staff), p.pseudonym, c.since, c.until, \
         COALESCE(b.name, c.put_by), c.reason FROM pass c JOIN person p ON p.id = c.person \
         LEFT JOIN staff s ON s.id = c.staff LEFT JOIN staff b ON b.id = c.put_by \
         WHERE c.since < $2 AND c.until >= $1 AND ($3 IS NULL OR c.staff = $3 OR c.person IN \
         (SELECT person FROM sight WHERE staff = $3 AND since <= $4 AND until > $4)) \
         UNION ALL SELECT 'cover', COALESCE(s.name, c.colleague), COALESCE(o.name, c.absent), c.since, \
         c.until, COALESCE(b.name, c.put_by), c.reason FROM cover c LEFT JOIN staff s ON s.id = c.colleague \
         LEFT JOIN staff o ON o.id = c.absent LEFT JOIN staff b ON b.id = c.put_by \
         WHERE c.since < $2 AND c.until >= $1 AND ($3 IS NULL OR c.colleague = $3 OR c.absent = $3 \
         OR c.put_by = $3) \
         UNION ALL SELECT 'rota', COALESCE(s.name, c.staff), c.team, c.since, c.until, \
         COALESCE(b.name, c.put_by), '' FROM rota c LEFT JOIN staff s ON s.id = c.staff \
         LEFT JOIN staff b ON b.id = c.put_by WHERE c.since < $2 AND c.until >= $1 \
         AND ($3 IS NULL OR c.staff = $3 OR c.team = (SELECT team FROM staff WHERE id = $3))) AS g \
         ORDER BY since, why, staff, of_whom",
        &[from.into(), to.into(), own, now, NO_END.into()],
        |row| {
            let until = row.int(4)?;
            Ok(Given {
                why: row.parsed(0)?,
                staff_name: row.text(1)?,
                of: row.text(2)?,
                since: row.int(3)?,
                until: (until != NO_END).then_some(until),
                by: row.text(5)?,
                reason: row.text(6)?,
            })
        },
    )
}

/// How many entries there are from a moment up to another, and the first and last place of these in the
/// ledger.
pub fn places(
    read: &Read<'_>,
    (from, to): (i64, i64),
) -> Result<(u64, Option<(i64, i64)>), SqlError> {
    let found = read.first(
        "SELECT count(*), min(entry), max(entry) FROM audit WHERE at >= $1 AND at < $2",
        &[from.into(), to.into()],
        |row| {
            let (first, last) = (row.maybe_int(1)?, row.maybe_int(2)?);
            Ok((row.count(0)?, first.zip(last)))
        },
    )?;
    Ok(found.unwrap_or_default())
}

/// The place in the ledger of the latest entry like this one.
pub fn place(
    read: &Read<'_>,
    staff: &str,
    action: &str,
    on: &str,
) -> Result<Option<i64>, SqlError> {
    let found = read.first(
        "SELECT entry FROM audit WHERE action = $1 AND staff = $2 AND reason = $3 \
         ORDER BY at DESC, id DESC LIMIT 1",
        &[action.into(), staff.into(), on.into()],
        |row| row.maybe_int(0),
    )?;
    Ok(found.flatten())
}
