//! Tables `risk_level` and `plan_action`: how great the risk is held to be, and what is done about it.
//!
//! Promises: an assessment is added and never replaces one; an action is closed once, with an outcome, and
//! stays. Days are days of the calendar, without a zone.
//!
//! Refuses: to work a level out. People assess.

use jiff::civil::Date;

use super::ids::PersonId;
use super::sql::{Read, Row, SqlError, Tx};
use super::word::words;

/// The assessments that the rest of a statement says, in the columns that [`assessed`] reads.
macro_rules! select_levels {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.person, r.level, r.reasons, r.review, r.staff, r.at, \
             COALESCE(s.name, r.staff) FROM risk_level r LEFT JOIN staff s ON s.id = r.staff ",
            $rest
        )
    };
}

/// The actions that the rest of a statement says, in the columns that [`action_of`] reads.
macro_rules! select_actions {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.person, a.what, a.owner, a.due, a.staff, a.at, a.closed, a.closed_by, \
             a.closed_as, a.outcome, COALESCE(o.name, a.owner), COALESCE(c.name, a.closed_by) \
             FROM plan_action a LEFT JOIN staff o ON o.id = a.owner \
             LEFT JOIN staff c ON c.id = a.closed_by ",
            $rest
        )
    };
}

/// How great the risk of serious harm is held to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing now points to serious harm.
    Low,
    /// Could do serious harm if something changes.
    Medium,
    /// Could do serious harm at any time.
    High,
    /// Serious harm is more likely than not, and soon.
    VeryHigh,
}

/// One assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessed {
    /// Sorts by time.
    pub id: String,
    /// Of whom.
    pub person: PersonId,
    /// What they came to.
    pub level: Level,
    /// In their words.
    pub reasons: String,
    /// When it is to be looked at again.
    pub review: Date,
    /// Staff id.
    pub staff: String,
    /// Unix milliseconds.
    pub at: i64,
    /// Who assessed, by name; not written.
    pub staff_name: String,
}

/// How an action ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosedAs {
    /// It was done.
    Done,
    /// It is no longer needed, or could not be done.
    Dropped,
}

/// The end of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Unix milliseconds.
    pub at: i64,
    /// Staff id.
    pub by: String,
    /// How.
    pub how: ClosedAs,
    /// In their words.
    pub outcome: String,
    /// Who closed it, by name; not written.
    pub by_name: String,
}

/// One action of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Sorts by time.
    pub id: String,
    /// About whom.
    pub person: PersonId,
    /// In the words of who put it there.
    pub what: String,
    /// Who is to do it, by staff id.
    pub owner: String,
    /// Until when.
    pub due: Date,
    /// Who put it there, by staff id.
    pub staff: String,
    /// Unix milliseconds.
    pub at: i64,
    /// None while it waits.
    pub closed: Option<Closed>,
    /// The owner's name; not written.
    pub owner_name: String,
}

impl Closed {
    /// Whether the same person closed it in the same way and words.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.by, self.how, &self.outcome) == (&other.by, other.how, &other.outcome)
    }
}

/// Adds an assessment.
pub fn assess(tx: &Tx<'_>, one: &Assessed) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO risk_level (id, person, level, reasons, review, staff, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            (&one.id).into(),
            one.person.as_str().into(),
            one.level.as_str().into(),
            (&one.reasons).into(),
            (&one.review.to_string()).into(),
            (&one.staff).into(),
            one.at.into(),
        ],
    )?;
    Ok(())
}

/// One assessment.
pub fn assessment(read: &Read<'_>, id: &str) -> Result<Option<Assessed>, SqlError> {
    read.first(select_levels!("WHERE r.id = $1"), &[id.into()], assessed)
}

/// The assessments of a person, the latest first.
pub fn assessments(
    read: &Read<'_>,
    person: &PersonId,
    limit: u64,
) -> Result<Vec<Assessed>, SqlError> {
    read.query(
        select_levels!("WHERE r.person = $1 ORDER BY r.at DESC, r.id DESC LIMIT $2"),
        &[person.as_str().into(), limit.into()],
        assessed,
    )
}

/// The assessment that counts.
pub fn latest(read: &Read<'_>, person: &PersonId) -> Result<Option<Assessed>, SqlError> {
    Ok(assessments(read, person, 1)?.pop())
}

/// Adds an action.
pub fn add(tx: &Tx<'_>, one: &Action) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO plan_action (id, person, what, owner, due, staff, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            (&one.id).into(),
            one.person.as_str().into(),
            (&one.what).into(),
            (&one.owner).into(),
            (&one.due.to_string()).into(),
            (&one.staff).into(),
            one.at.into(),
        ],
    )?;
    Ok(())
}

/// Closes an action that waits; false if it does not.
pub fn close(tx: &Tx<'_>, id: &str, closed: &Closed) -> Result<bool, SqlError> {
    let changed = tx.execute(
        "UPDATE plan_action SET closed = $2, closed_by = $3, closed_as = $4, outcome = $5 \
         WHERE id = $1 AND closed IS NULL",
        &[
            id.into(),
            closed.at.into(),
            (&closed.by).into(),
            closed.how.as_str().into(),
            (&closed.outcome).into(),
        ],
    )?;
    Ok(changed > 0)
}

/// One action.
pub fn action(read: &Read<'_>, id: &str) -> Result<Option<Action>, SqlError> {
    read.first(select_actions!("WHERE a.id = $1"), &[id.into()], action_of)
}

/// The plan of a person: what waits, the earliest due first; then what was closed, the latest first.
pub fn actions(read: &Read<'_>, person: &PersonId, limit: u64) -> Result<Vec<Action>, SqlError> {
    read.query(
        select_actions!(
            "WHERE a.person = $1 ORDER BY CASE WHEN a.closed IS NULL THEN 0 ELSE 1 END, \
             a.closed DESC, a.due, a.id LIMIT $2"
        ),
        &[person.as_str().into(), limit.into()],
        action_of,
    )
}

/// How many actions about a person were due before this day and wait.
pub fn overdue(read: &Read<'_>, person: &PersonId, today: Date) -> Result<u64, SqlError> {
    let found = read.first(
        "SELECT count(*) FROM plan_action WHERE person = $1 AND closed IS NULL AND due < $2",
        &[person.as_str().into(), (&today.to_string()).into()],
        |row| row.count(0),
    )?;
    Ok(found.unwrap_or(0))
}

fn assessed(row: &Row<'_>) -> Result<Assessed, SqlError> {
    Ok(Assessed {
        id: row.text(0)?,
        person: row.parsed(1)?,
        level: row.parsed(2)?,
        reasons: row.text(3)?,
        review: row.parsed(4)?,
        staff: row.text(5)?,
        at: row.int(6)?,
        staff_name: row.text(7)?,
    })
}

fn action_of(row: &Row<'_>) -> Result<Action, SqlError> {
    let closed = match row.maybe_int(7)? {
        None => None,
        Some(at) => Some(Closed {
            at,
            by: row.text(8)?,
            how: row.parsed(9)?,
            outcome: row.text(10)?,
            by_name: row.text(12)?,
        }),
    };
    Ok(Action {
        id: row.text(0)?,
        person: row.parsed(1)?,
        what: row.text(2)?,
        owner: row.text(3)?,
        due: row.parsed(4)?,
        staff: row.text(5)?,
        at: row.int(6)?,
        closed,
        owner_name: row.text(11)?,
    })
}

words! {
    Level {
        Low = "low",
        Medium = "medium",
        High = "high",
        VeryHigh = "very_high",
    }
    ClosedAs {
        Done = "done",
        Dropped = "dropped",
    }
}
