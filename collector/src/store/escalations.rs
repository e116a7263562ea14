//! Table `escalation`: who was told that nobody takes a case up.
//!
//! Promises: each step for each person is entered once for each time that a case lies there untouched, with
//! the rows of `outbox` that carry it out, in one transaction; two collectors on one store tell once. A step
//! for which there was nobody is entered, too (`staff` empty).

use super::cases::Rank;
use super::ids::PersonId;
use super::outbox;
use super::sql::{Read, Row, SqlError, Tx};

/// To whom a case goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The officer on call.
    OnCall,
    /// The supervisor.
    Supervisor,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// The same however often it is worked out.
    pub id: String,
    /// Which case.
    pub case: String,
    /// Unix milliseconds.
    pub at: i64,
    /// Since when nobody had taken the case up, Unix milliseconds.
    pub since: i64,
    /// To whom.
    pub step: Step,
    /// Staff id; empty: there was nobody.
    pub staff: String,
    /// `urgent`, `breach` or `review`.
    pub severity: String,
}

/// A step with a name, and what became of it on one way out (none: no way).
#[derive(Debug, Clone)]
pub struct Told {
    /// The step.
    pub escalation: Escalation,
    /// Who was told.
    pub name: String,
    /// The way out, tries begun, when it was delivered, why the latest try failed.
    pub sent: Option<(String, u64, Option<i64>, Option<String>)>,
}

/// A case that nobody has taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unheeded {
    /// Which.
    pub case: String,
    /// Whose.
    pub person: PersonId,
    /// Since when, Unix milliseconds: not counting the time that it was put aside.
    pub since: i64,
}

/// Cases of this rank that nobody has taken up since `before` and for which `step` is not entered, at this
/// severity or a worse one.
pub fn due(
    read: &Read<'_>,
    rank: Rank,
    step: Step,
    before: i64,
    limit: u64,
) -> Result<Vec<Unheeded>, SqlError> {
    read.query(
        "SELECT id, person, CASE WHEN snoozed > unheeded_since THEN snoozed ELSE unheeded_since END \
         FROM casefile c WHERE unheeded > 0 AND unheeded_since <= $3 AND snoozed <= $3 AND rank = $1 \
         AND stage = 0 AND NOT EXISTS (SELECT 1 FROM escalation e WHERE e.casefile = c.id AND e.step = $2 \
         AND e.since >= c.unheeded_since AND CASE e.severity WHEN 'urgent' THEN 0 WHEN 'breach' THEN 1 \
         ELSE 2 END <= c.rank) ORDER BY unheeded_since, id LIMIT $4",
        &[
            (rank as u64).into(),
            step.as_str().into(),
            before.into(),
            limit.into(),
        ],
        |row| {
            Ok(Unheeded {
                case: row.text(0)?,
                person: row.parsed(1)?,
                since: row.int(2)?,
            })
        },
    )
}

/// Enters a step and asks the ways out that can carry it; false if it was entered.
pub fn put(tx: &Tx<'_>, step: &Escalation, channels: &[String]) -> Result<bool, SqlError> {
    let new = tx.execute(
        "INSERT INTO escalation (id, casefile, at, since, step, staff, severity) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        &[
            (&step.id).into(),
            (&step.case).into(),
            step.at.into(),
            step.since.into(),
            step.step.as_str().into(),
            (&step.staff).into(),
            (&step.severity).into(),
        ],
    )?;
    if new == 0 {
        return Ok(false);
    }
    outbox::ask(tx, &step.id, channels, step.at)?;
    Ok(true)
}

/// What was told of a case, oldest first, with what became of it on each way out.
pub fn of_case(read: &Read<'_>, case: &str) -> Result<Vec<Told>, SqlError> {
    read.query(
        "SELECT e.id, e.casefile, e.at, e.since, e.step, e.staff, e.severity, COALESCE(s.name, e.staff), \
         o.channel, o.tries, o.done, o.failure FROM escalation e LEFT JOIN staff s ON s.id = e.staff \
         LEFT JOIN outbox o ON o.finding = e.id WHERE e.casefile = $1 ORDER BY e.at, e.id, o.channel",
        &[case.into()],
        |row| {
            let sent = match row.maybe_text(8)? {
                None => None,
                Some(channel) => Some((
                    channel,
                    row.count(9)?,
                    row.maybe_int(10)?,
                    row.maybe_text(11)?,
                )),
            };
            Ok(Told {
                escalation: Escalation {
                    id: row.text(0)?,
                    case: row.text(1)?,
                    at: row.int(2)?,
                    since: row.int(3)?,
                    step: row.parsed(4)?,
                    staff: row.text(5)?,
                    severity: row.text(6)?,
                },
                name: row.text(7)?,
                sent,
            })
        },
    )
}

/// Somebody who can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whom {
    /// Staff id.
    pub staff: String,
    /// What they sign in with.
    pub name: String,
    /// Where they get mail; may be empty.
    pub mail: String,
}

/// Who is on call for a person now.
pub fn on_call(read: &Read<'_>, person: &PersonId, now: i64) -> Result<Vec<Whom>, SqlError> {
    read.query(
        "SELECT DISTINCT s.id, s.name, s.mail FROM sight v JOIN staff s ON s.id = v.staff AND s.closed IS NULL \
         WHERE v.person = $1 AND v.why = 'rota' AND v.since <= $2 AND v.until > $2 ORDER BY s.id",
        &[person.as_str().into(), now.into()],
        whom,
    )
}

/// The supervisors who see a person now.
pub fn supervisors(read: &Read<'_>, person: &PersonId, now: i64) -> Result<Vec<Whom>, SqlError> {
    read.query(
        "SELECT DISTINCT s.id, s.name, s.mail FROM sight v JOIN staff s ON s.id = v.staff AND s.closed IS NULL \
         WHERE v.person = $1 AND s.role = 'supervisor' AND v.why IN ('own', 'team', 'nobodys') \
         AND v.since <= $2 AND v.until > $2 ORDER BY s.id",
        &[person.as_str().into(), now.into()],
        whom,
    )
}

fn whom(row: &Row<'_>) -> Result<Whom, SqlError> {
    Ok(Whom {
        staff: row.text(0)?,
        name: row.text(1)?,
        mail: row.text(2)?,
    })
}

impl Step {
    /// The form in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnCall => "on_call",
            Self::Supervisor => "supervisor",
        }
    }
}

impl std::str::FromStr for Step {
    type Err = UnknownStep;

    fn from_str(text: &str) -> Result<Self, UnknownStep> {
        match text {
            "on_call" => Ok(Self::OnCall),
            "supervisor" => Ok(Self::Supervisor),
            _ => Err(UnknownStep),
        }
    }
}

/// A word that is no [`Step`].
#[derive(Debug, thiserror::Error)]
#[error("neither on_call nor supervisor")]
pub struct UnknownStep;
