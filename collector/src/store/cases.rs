//! Tables `casefile`, `incase`, `incase_condition` and `incase_incident`: what waits for a person, in heaps
//! that one person can take up.
//!
//! Promises: every alert, condition and incident lies in one case from the transaction on that enters it. A
//! case of alerts is about one person and one clause, and about what happened within [`QUIET`] of something
//! in it; one of conditions or incidents is about one kind on one device. It takes newcomers while something
//! in it waits, and only a decision takes it out of the queue. Which case takes a newcomer follows from the
//! rows alone. What a list shows of a case is counted as it changes, so that no list counts alerts.
//!
//! Refuses: to close a case because its cause is over, and to let sleep in a snoozed case what is worse or what
//! was opened again.

mod inside;
mod lists;
mod put;
#[cfg(test)]
pub(crate) mod tests;

use super::casework::AlertState;
use super::conditions::ConditionKind;
use super::ids::{FindingId, PersonId};
use super::sql::{Read, Row, SqlError};

pub use inside::{
    Repeat, conditions, decided, incidents, lasting, record_at, records, repeats, seen_digest,
    undecided,
};
pub use lists::{Counts, asleep, counts, of_person, queue};
pub(crate) use put::moved;
pub(super) use put::{join_condition, join_finding, join_incident, level};
pub use put::{lead_anew, move_whole};

/// What happened longer than this before or after everything in a case begins another, in milliseconds.
pub const QUIET: i64 = 24 * 60 * 60_000;

/// What lies in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseKind {
    /// Alerts under one clause.
    Finding,
    /// What was wrong with watching a device, of one kind.
    Condition,
    /// What was wrong with a device's log, of one kind.
    Incident,
}

/// How much a case weighs; sorts by urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// At once.
    Urgent,
    /// A possible breach, or watching that was ended.
    Breach,
    /// For review.
    Review,
}

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Something in it waits for a decision.
    Waits,
    /// All is decided, and somebody else must agree.
    SignOff,
    /// Decided.
    Done,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// Opaque: made from what began it.
    pub id: String,
    /// Whom it concerns.
    pub person: PersonId,
    /// What lies in it.
    pub kind: CaseKind,
    /// The clause, or the kind of condition or incident.
    pub subject: String,
    /// Of which device; empty for alerts.
    pub device: String,
    /// Where it stands.
    pub stage: Stage,
    /// How much it weighs.
    pub rank: Rank,
    /// When the first and the latest thing came into it, Unix milliseconds by the collector's clock.
    pub came: (i64, i64),
    /// Between which times it happened, Unix milliseconds by the devices' clocks.
    pub span: (i64, i64),
    /// What waits in it: urgent, possible breaches, for review.
    pub waiting: [u64; 3],
    /// Of these, what nobody has taken up.
    pub unheeded: u64,
    /// Since when there is such a thing, Unix milliseconds.
    pub unheeded_since: Option<i64>,
    /// Everything that lies in it.
    pub total: u64,
    /// Decisions to which somebody else must agree.
    pub unsigned: u64,
    /// Out of the way until then, Unix milliseconds.
    pub snoozed: i64,
    /// The alert that stands for it; none for what is no alert.
    pub lead: Option<FindingId>,
}

/// One case.
pub fn get(read: &Read<'_>, id: &str) -> Result<Option<CaseFile>, SqlError> {
    read.first(
        "SELECT id, person, kind, subject, device, stage, rank, opened, latest, first_at, last_at, \
         urgent, breach, review, unheeded, unheeded_since, total, unsigned, snoozed, lead \
         FROM casefile WHERE id = $1",
        &[id.into()],
        case_file,
    )
}

/// The case in which an alert lies.
pub fn of_finding(read: &Read<'_>, finding: FindingId) -> Result<Option<CaseFile>, SqlError> {
    read.first(
        "SELECT c.id, c.person, c.kind, c.subject, c.device, c.stage, c.rank, c.opened, c.latest, \
         c.first_at, c.last_at, c.urgent, c.breach, c.review, c.unheeded, c.unheeded_since, c.total, \
         c.unsigned, c.snoozed, c.lead FROM incase i JOIN casefile c ON c.id = i.casefile \
         WHERE i.finding = $1",
        &[(&finding.to_string()).into()],
        case_file,
    )
}

impl CaseFile {
    /// Everything in it that waits.
    #[must_use]
    pub fn waits(&self) -> u64 {
        self.waiting.iter().sum()
    }

    /// Where all of it stands: open while anything in it is.
    #[must_use]
    pub fn state(&self) -> AlertState {
        match (self.stage, self.unheeded) {
            (Stage::Waits, 0) => AlertState::Acknowledged,
            (Stage::Waits, _) => AlertState::Open,
            (Stage::SignOff | Stage::Done, _) => AlertState::Decided,
        }
    }

    /// Whether it is out of the way now.
    #[must_use]
    pub fn asleep(&self, now: i64) -> bool {
        self.snoozed > now
    }
}

impl CaseKind {
    /// The form in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Condition => "condition",
            Self::Incident => "incident",
        }
    }
}

impl Rank {
    /// All of them, the worst first.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::Breach, Self::Review];

    /// Of an alert.
    #[must_use]
    pub fn of_severity(severity: &str) -> Self {
        match severity {
            "urgent" => Self::Urgent,
            "breach" => Self::Breach,
            _ => Self::Review,
        }
    }

    /// Of a condition: what somebody may have done on purpose weighs more.
    fn of_condition(kind: ConditionKind) -> Self {
        match kind {
            ConditionKind::Killed | ConditionKind::Stopped => Self::Breach,
            ConditionKind::DiskFull | ConditionKind::SourceFailed | ConditionKind::Dark => {
                Self::Review
            }
        }
    }

    /// As the severity of an alert is called.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Breach => "breach",
            Self::Review => "review",
        }
    }
}

fn case_file(row: &Row<'_>) -> Result<CaseFile, SqlError> {
    let unknown = |column, what: &str| SqlError::Column {
        column,
        detail: what.to_owned(),
    };
    Ok(CaseFile {
        id: row.text(0)?,
        person: row.parsed(1)?,
        kind: match row.text(2)?.as_str() {
            "finding" => CaseKind::Finding,
            "condition" => CaseKind::Condition,
            "incident" => CaseKind::Incident,
            _ => return Err(unknown(2, "no kind of case")),
        },
        subject: row.text(3)?,
        device: row.text(4)?,
        stage: match row.int(5)? {
            0 => Stage::Waits,
            1 => Stage::SignOff,
            2 => Stage::Done,
            _ => return Err(unknown(5, "no stage of a case")),
        },
        rank: match row.int(6)? {
            0 => Rank::Urgent,
            1 => Rank::Breach,
            2 => Rank::Review,
            _ => return Err(unknown(6, "no rank of a case")),
        },
        came: (row.int(7)?, row.int(8)?),
        span: (row.int(9)?, row.int(10)?),
        waiting: [row.count(11)?, row.count(12)?, row.count(13)?],
        unheeded: row.count(14)?,
        unheeded_since: row.maybe_int(15)?,
        total: row.count(16)?,
        unsigned: row.count(17)?,
        snoozed: row.int(18)?,
        lead: row.text(19)?.parse().ok(),
    })
}
