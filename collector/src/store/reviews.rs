//! What is due about the people whom somebody sees, for their calendar.
//!
//! Promises: nothing here is a table of its own; each line is of a table that holds the truth, and of a person in
//! sight at that moment.

use super::ids::{Hash, PersonId};
use super::sql::{Read, SqlError};

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// About whom.
    pub person: PersonId,
    /// What screens call them.
    pub pseudonym: String,
    /// What it is.
    pub what: What,
    /// Tells things of one kind about one person apart.
    pub of: String,
    /// When it is.
    pub on: On,
}

/// Kinds of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The order's last day.
    OrderEnds,
    /// The risk level is to be looked at again.
    RiskLevel,
    /// Something in the plan is to be done.
    PlanAction,
    /// A decision is to be looked at again.
    Decision,
}

/// When something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// On a day, as `2026-11-24`.
    Day(String),
    /// On the last day of the order with this digest.
    OrderEnds(Hash),
}

impl What {
    /// As identifiers of entries are made of it; stays as it is.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrderEnds => "order_ends",
            Self::RiskLevel => "risk_level",
            Self::PlanAction => "plan_action",
            Self::Decision => "decision",
        }
    }

    /// In words that say nothing about anybody.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::OrderEnds => "order ends",
            Self::RiskLevel => "risk level to be reviewed",
            Self::PlanAction => "action in the plan due",
            Self::Decision => "decision to be looked at again",
        }
    }
}

/// All of it, by person.
pub fn due(read: &Read<'_>, who: (&str, i64)) -> Result<Vec<Due>, SqlError> {
    let mut all = orders(read, who)?;
    all.extend(on_days(read, who, What::RiskLevel, RISK_LEVELS)?);
    all.extend(on_days(read, who, What::PlanAction, PLAN_ACTIONS)?);
    all.extend(on_days(read, who, What::Decision, DECISIONS)?);
    all.sort_by(|a, b| a.pseudonym.cmp(&b.pseudonym));
    Ok(all)
}

fn orders(read: &Read<'_>, (staff, now): (&str, i64)) -> Result<Vec<Due>, SqlError> {
    read.query(
        "SELECT o.person, p.pseudonym, o.digest FROM orders o JOIN person p ON p.id = o.person \
         WHERE o.state = 'current' AND o.person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2)",
        &[staff.into(), now.into()],
        |row| {
            let digest: Hash = row.parsed(2)?;
            Ok(Due {
                person: row.parsed(0)?,
                pseudonym: row.text(1)?,
                what: What::OrderEnds,
                of: String::new(),
                on: On::OrderEnds(digest),
            })
        },
    )
}

/// The latest of each person.
const RISK_LEVELS: &str = "SELECT r.person, p.pseudonym, '', r.review FROM risk_level r \
     JOIN person p ON p.id = r.person WHERE r.review <> '' AND NOT EXISTS (SELECT 1 FROM risk_level l \
     WHERE l.person = r.person AND (l.at > r.at OR (l.at = r.at AND l.id > r.id))) AND r.person IN \
     (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2)";

/// Those that are not done.
const PLAN_ACTIONS: &str = "SELECT a.person, p.pseudonym, a.id, a.due FROM plan_action a \
     JOIN person p ON p.id = a.person WHERE a.closed IS NULL AND a.due <> '' AND a.person IN \
     (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2)";

/// The latest on each alert of a case, or on all of it: what was said of another alert since takes no day away.
const DECISIONS: &str = "SELECT c.person, p.pseudonym, c.id || COALESCE(' ' || r.finding, ''), r.review \
     FROM ruling r JOIN casefile c ON c.id = r.casefile JOIN person p ON p.id = c.person \
     WHERE r.review <> '' AND NOT EXISTS (SELECT 1 FROM ruling l \
     WHERE l.casefile = r.casefile AND (l.finding IS NULL OR l.finding = r.finding) AND (l.at > r.at OR (l.at = r.at AND l.id > r.id))) AND c.person IN \
     (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2)";

fn on_days(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    what: What,
    statement: &'static str,
) -> Result<Vec<Due>, SqlError> {
    read.query(statement, &[staff.into(), now.into()], |row| {
        Ok(Due {
            person: row.parsed(0)?,
            pseudonym: row.text(1)?,
            what,
            of: row.text(2)?,
            on: On::Day(row.text(3)?),
        })
    })
}
