//! Tables `alert` and `decision`: what waits for a person, and what people decided.
//!
//! Promises: decisions are only ever added, so the history of an alert shows who said what, when
//! and why; the state of an alert, what its case counts and the counts of how its rule was judged follow its
//! latest decision in the same transaction. Alerts of one person, rule, order and matched part are alike, and
//! can be decided together.
//!
//! Refuses: to decide anything by itself.

use proviso_report::UnixMs;
use proviso_report::ledger::Decision as Stated;

use super::Change;
use super::cases;
use super::ids::{DeviceId, FindingId, Hash, PersonId};
use super::ledger;
use super::rulings;
use super::sql::{Read, Row, SqlError, Tx};

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertState {
    /// Nobody has taken it up.
    Open,
    /// Somebody is looking into it.
    Acknowledged,
    /// A person has decided.
    Decided,
}

/// One alert.
#[derive(Debug, Clone)]
pub struct Alert {
    /// Its finding.
    pub finding: FindingId,
    /// Whom it concerns.
    pub person: PersonId,
    /// Unix milliseconds.
    pub opened: i64,
    /// Where it stands.
    pub state: AlertState,
}

/// One person's verdict on one alert.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Sorts by time.
    pub id: String,
    /// On what.
    pub finding: FindingId,
    /// Staff id.
    pub staff: String,
    /// Unix milliseconds.
    pub at: i64,
    /// One of the words in `web::decide`.
    pub verdict: String,
    /// In their words.
    pub reason: String,
}

/// A decision with the name of who made it.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// Who made it.
    pub staff_name: String,
}

/// One line of a group's page.
#[derive(Debug, Clone)]
pub struct Member {
    /// The finding.
    pub finding: FindingId,
    /// When it happened, Unix milliseconds.
    pub at: i64,
    /// When the alert was opened, Unix milliseconds.
    pub opened: i64,
    /// Where it stands.
    pub state: AlertState,
    /// On which computer, in which record of its log.
    pub device: DeviceId,
    /// The record's place.
    pub seq: u64,
}

/// The alert of a finding.
pub fn alert(read: &Read<'_>, finding: FindingId) -> Result<Option<Alert>, SqlError> {
    read.first(
        "SELECT finding, person, opened, state FROM alert WHERE finding = $1",
        &[(&finding.to_string()).into()],
        |row| {
            Ok(Alert {
                finding: row.parsed(0)?,
                person: row.parsed(1)?,
                opened: row.int(2)?,
                state: row.parsed(3)?,
            })
        },
    )
}

/// Alerts like `finding`'s, newest first; decided ones too if `all`.
pub fn members(
    read: &Read<'_>,
    finding: FindingId,
    all: bool,
    limit: u64,
    skip: u64,
) -> Result<Vec<Member>, SqlError> {
    read.query(
        "SELECT f.id, f.at, a.opened, a.state, f.device, f.seq FROM finding m \
         JOIN finding f ON f.person = m.person AND f.rule = m.rule AND f.matched = m.matched \
         AND f.order_digest = m.order_digest AND f.severity = m.severity AND f.clause = m.clause \
         JOIN alert a ON a.finding = f.id \
         WHERE m.id = $1 AND (a.state <> 'decided' OR $2 = 1) \
         ORDER BY f.at DESC, f.id LIMIT $3 OFFSET $4",
        &[
            (&finding.to_string()).into(),
            i64::from(all).into(),
            limit.into(),
            skip.into(),
        ],
        |row| {
            Ok(Member {
                finding: row.parsed(0)?,
                at: row.int(1)?,
                opened: row.int(2)?,
                state: row.parsed(3)?,
                device: row.parsed(4)?,
                seq: row.count(5)?,
            })
        },
    )
}

/// How many alerts like `finding`'s there are: not decided, and in all.
pub fn count_members(read: &Read<'_>, finding: FindingId) -> Result<(u64, u64), SqlError> {
    let found = read.first(
        "SELECT COALESCE(sum(CASE WHEN a.state <> 'decided' THEN 1 ELSE 0 END), 0), count(*) \
         FROM finding m \
         JOIN finding f ON f.person = m.person AND f.rule = m.rule AND f.matched = m.matched \
         AND f.order_digest = m.order_digest AND f.severity = m.severity AND f.clause = m.clause \
         JOIN alert a ON a.finding = f.id WHERE m.id = $1",
        &[(&finding.to_string()).into()],
        |row| Ok((row.count(0)?, row.count(1)?)),
    )?;
    Ok(found.unwrap_or((0, 0)))
}

/// A digest of the alerts like `finding`'s that nobody decided, at most `limit`, and of where each
/// stands: whoever decides them together shows by it what they saw.
pub fn waiting_digest(read: &Read<'_>, finding: FindingId, limit: u64) -> Result<Hash, SqlError> {
    let mut lines = String::new();
    for member in members(read, finding, false, limit, 0)? {
        lines.push_str(&format!("{} {}\n", member.finding, member.state.as_str()));
    }
    Ok(Hash::of(lines.as_bytes()))
}

/// Decisions on one alert, oldest first.
pub fn decisions(read: &Read<'_>, finding: FindingId) -> Result<Vec<Decided>, SqlError> {
    read.query(
        "SELECT d.id, d.finding, d.staff, d.at, d.verdict, d.reason, COALESCE(s.name, d.staff) \
         FROM decision d LEFT JOIN staff s ON s.id = d.staff \
         WHERE d.finding = $1 ORDER BY d.at, d.id",
        &[(&finding.to_string()).into()],
        decided,
    )
}

/// Decisions about one person's alerts, newest first.
pub fn decisions_of(
    read: &Read<'_>,
    person: &PersonId,
    limit: u64,
) -> Result<Vec<Decided>, SqlError> {
    read.query(
        "SELECT d.id, d.finding, d.staff, d.at, d.verdict, d.reason, COALESCE(s.name, d.staff) \
         FROM decision d JOIN alert a ON a.finding = d.finding \
         LEFT JOIN staff s ON s.id = d.staff \
         WHERE a.person = $1 ORDER BY d.at DESC, d.id DESC LIMIT $2",
        &[person.as_str().into(), limit.into()],
        decided,
    )
}

/// Adds a decision and moves its alert to `state`; false when there is no such alert.
pub fn decide(tx: &Tx<'_>, decision: &Decision, state: AlertState) -> Result<bool, SqlError> {
    let finding = decision.finding.to_string();
    let Some(alert) = alert(tx, decision.finding)? else {
        return Ok(false);
    };
    let seq = ledger::enter(tx, decision.at, stated(decision))?;
    rulings::tally(tx, decision)?;
    cases::moved(tx, decision.finding, (alert.state, state), decision.at)?;
    tx.execute(
        "INSERT INTO decision (id, finding, staff, at, verdict, reason, entry) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            (&decision.id).into(),
            (&finding).into(),
            (&decision.staff).into(),
            decision.at.into(),
            (&decision.verdict).into(),
            (&decision.reason).into(),
            seq.into(),
        ],
    )?;
    tx.execute(
        "UPDATE alert SET state = $2 WHERE finding = $1",
        &[(&finding).into(), state.as_str().into()],
    )?;
    tx.announce(Change::Alert {
        finding: decision.finding,
        person: alert.person,
    });
    Ok(true)
}

/// What the ledger says of a decision.
pub fn stated(decision: &Decision) -> Stated {
    Stated {
        id: decision.id.clone(),
        finding: decision.finding.to_string(),
        verdict: decision.verdict.clone(),
        staff: decision.staff.clone(),
        at: UnixMs(decision.at),
        reason: Hash::of(decision.reason.as_bytes()),
    }
}

impl AlertState {
    /// The form in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Decided => "decided",
        }
    }
}

impl std::str::FromStr for AlertState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        match text {
            "open" => Ok(Self::Open),
            "acknowledged" => Ok(Self::Acknowledged),
            "decided" => Ok(Self::Decided),
            _ => Err(UnknownState),
        }
    }
}

/// A word that is no [`AlertState`].
#[derive(Debug, thiserror::Error)]
#[error("neither open, acknowledged nor decided")]
pub struct UnknownState;

fn decided(row: &Row<'_>) -> Result<Decided, SqlError> {
    Ok(Decided {
        decision: Decision {
            id: row.text(0)?,
            finding: row.parsed(1)?,
            staff: row.text(2)?,
            at: row.int(3)?,
            verdict: row.text(4)?,
            reason: row.text(5)?,
        },
        staff_name: row.text(6)?,
    })
}
