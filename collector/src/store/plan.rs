//! Tables `risk_level` and `plan_action`: how great the risk is held to be, and what is done about it.
//!
//! Promises: an assessment is added and never replaces one; an action is closed once, with an outcome, and
//! stays. Days are days of the calendar, without a zone.
//!
//! Refuses: to work a level out. People assess.

use jiff::civil::Date;

use super::ids::PersonId;
use super::sql::{Read, Row, SqlError, Tx};

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
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
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

/// The assessments of a person, the latest first.
pub fn assessments(
    read: &Read<'_>,
    person: &PersonId,
    limit: u64,
) -> Result<Vec<Assessed>, SqlError> {
    read.query(
        "SELECT r.id, r.person, r.level, r.reasons, r.review, r.staff, r.at, COALESCE(s.name, r.staff) \
         FROM risk_level r LEFT JOIN staff s ON s.id = r.staff \
         WHERE r.person = $1 ORDER BY r.at DESC, r.id DESC LIMIT $2",
        &[person.as_str().into(), limit.into()],
        |row| {
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
        },
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
    read.first(
        "SELECT a.id, a.person, a.what, a.owner, a.due, a.staff, a.at, a.closed, a.closed_by, \
         a.closed_as, a.outcome, COALESCE(o.name, a.owner), COALESCE(c.name, a.closed_by) \
         FROM plan_action a LEFT JOIN staff o ON o.id = a.owner LEFT JOIN staff c ON c.id = a.closed_by \
         WHERE a.id = $1",
        &[id.into()],
        of_row,
    )
}

/// The plan of a person: what waits, the earliest due first; then what was closed, the latest first.
pub fn actions(read: &Read<'_>, person: &PersonId, limit: u64) -> Result<Vec<Action>, SqlError> {
    read.query(
        "SELECT a.id, a.person, a.what, a.owner, a.due, a.staff, a.at, a.closed, a.closed_by, \
         a.closed_as, a.outcome, COALESCE(o.name, a.owner), COALESCE(c.name, a.closed_by) \
         FROM plan_action a LEFT JOIN staff o ON o.id = a.owner LEFT JOIN staff c ON c.id = a.closed_by \
         WHERE a.person = $1 ORDER BY CASE WHEN a.closed IS NULL THEN 0 ELSE 1 END, a.closed DESC, \
         a.due, a.id LIMIT $2",
        &[person.as_str().into(), limit.into()],
        of_row,
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

fn of_row(row: &Row<'_>) -> Result<Action, SqlError> {
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

impl Level {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::VeryHigh];

    /// The form in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::VeryHigh => "very_high",
        }
    }
}

impl ClosedAs {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Done, Self::Dropped];

    /// The form in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }
}

impl std::str::FromStr for Level {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|one| one.as_str() == text);
        found.ok_or(UnknownWord)
    }
}

impl std::str::FromStr for ClosedAs {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|one| one.as_str() == text);
        found.ok_or(UnknownWord)
    }
}

/// A word that the table does not know.
#[derive(Debug, thiserror::Error)]
#[error("not a word that stands here")]
pub struct UnknownWord;
