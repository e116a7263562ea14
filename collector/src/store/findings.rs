//! Tables `finding`, `alert` (opening only) and `outbox` (filling only).
//!
//! Promises: a finding has one row however often it is made; its alert opens once, in a case (`cases`), and
//! each channel is asked once. What a notice announced ahead of its report is `unproven`, becomes `proven` when
//! the report shows the same, and `contradicted` when it does not: it never vanishes.
//!
//! Acknowledging, deciding and delivering belong to files of their own.

use std::collections::BTreeSet;

use super::Change;
use super::cases;
use super::ids::{DeviceId, FindingId, Hash, PersonId};
use super::outbox;
use super::sealed;
use super::sql::{Read, Row, SqlError, Tx};

/// What stands behind a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A notice only; its report has not landed.
    Unproven,
    /// A stored, signed report.
    Proven,
    /// A notice whose report landed and does not show it.
    Contradicted,
}

/// One possible breach.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The same everywhere.
    pub id: FindingId,
    /// Which device.
    pub device: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// The record.
    pub seq: u64,
    /// When it happened, Unix milliseconds.
    pub at: i64,
    /// The rule that matched.
    pub rule: String,
    /// The clause it belongs to.
    pub clause: String,
    /// `log`, `review`, `breach` or `urgent`.
    pub severity: String,
    /// JSON: `[{"field":"url","text":"facebook.com"}]`.
    pub matched: String,
    /// Engine version.
    pub engine: String,
    /// Order it was judged by.
    pub order: Hash,
    /// What it rests on, when lists of the order were updated.
    pub basis: Option<Hash>,
    /// When it was made, Unix milliseconds.
    pub made: i64,
    /// What stands behind it.
    pub proof: Proof,
}

/// Enters a finding, opens its alert unless it is only `log`, and asks each channel once.
pub fn put(tx: &Tx<'_>, finding: &Finding, channels: &[String]) -> Result<(), SqlError> {
    let id = finding.id.to_string();
    let basis = finding.basis.map(|basis| basis.to_string());
    let matched = sealed::quoted(tx, &finding.person, &finding.matched)?;
    let new = tx.execute(
        "INSERT INTO finding (id, device, person, seq, at, rule, clause, severity, matched, \
         engine, order_digest, made, proof, basis) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
         ON CONFLICT (id) DO UPDATE SET at = excluded.at, matched = excluded.matched, \
         basis = excluded.basis, proof = excluded.proof WHERE finding.proof <> 'proven'",
        &[
            (&id).into(),
            (&finding.device.to_string()).into(),
            finding.person.as_str().into(),
            finding.seq.into(),
            finding.at.into(),
            (&finding.rule).into(),
            (&finding.clause).into(),
            (&finding.severity).into(),
            (&matched).into(),
            (&finding.engine).into(),
            (&finding.order.to_string()).into(),
            finding.made.into(),
            finding.proof.as_str().into(),
            basis.as_deref().into(),
        ],
    )?;
    if new == 0 || finding.severity == "log" {
        return Ok(());
    }
    let opened = tx.execute(
        "INSERT INTO alert (finding, person, opened, state) VALUES ($1, $2, $3, 'open') \
         ON CONFLICT (finding) DO NOTHING",
        &[
            (&id).into(),
            finding.person.as_str().into(),
            finding.made.into(),
        ],
    )?;
    if opened == 1 {
        cases::join_finding(tx, finding)?;
    }
    outbox::ask(tx, &id, channels, finding.made)?;
    tx.announce(Change::Alert {
        finding: finding.id,
        person: finding.person.clone(),
    });
    Ok(())
}

/// Marks what notices said about records below `size` and no report confirmed.
pub fn contradict(tx: &Tx<'_>, device: DeviceId, size: u64) -> Result<(), SqlError> {
    let device = device.to_string();
    let stale = tx.query(
        "SELECT id, person FROM finding WHERE device = $1 AND seq < $2 AND proof = 'unproven'",
        &[(&device).into(), size.into()],
        |row| {
            Ok(Change::Alert {
                finding: row.parsed(0)?,
                person: row.parsed(1)?,
            })
        },
    )?;
    if stale.is_empty() {
        return Ok(());
    }
    tx.execute(
        "UPDATE finding SET proof = 'contradicted' \
         WHERE device = $1 AND seq < $2 AND proof = 'unproven'",
        &[(&device).into(), size.into()],
    )?;
    stale.into_iter().for_each(|change| tx.announce(change));
    Ok(())
}

/// One finding.
pub fn get(read: &Read<'_>, id: FindingId) -> Result<Option<Finding>, SqlError> {
    read.first(
        "SELECT id, device, person, seq, at, rule, clause, severity, matched, engine, \
         order_digest, made, proof, basis FROM finding WHERE id = $1",
        &[(&id.to_string()).into()],
        finding,
    )
}

/// Findings about records `first..end` of a device, in log order.
pub fn of_records(
    read: &Read<'_>,
    device: DeviceId,
    first: u64,
    end: u64,
) -> Result<Vec<Finding>, SqlError> {
    read.query(
        "SELECT id, device, person, seq, at, rule, clause, severity, matched, engine, \
         order_digest, made, proof, basis FROM finding \
         WHERE device = $1 AND seq >= $2 AND seq < $3 ORDER BY seq, rule, id",
        &[(&device.to_string()).into(), first.into(), end.into()],
        finding,
    )
}

/// Findings about what a person did from `from` up to but not including `to`, by time.
pub fn of_person(
    read: &Read<'_>,
    person: &PersonId,
    from: i64,
    to: i64,
) -> Result<Vec<Finding>, SqlError> {
    read.query(
        "SELECT id, device, person, seq, at, rule, clause, severity, matched, engine, \
         order_digest, made, proof, basis FROM finding \
         WHERE person = $1 AND at >= $2 AND at < $3 ORDER BY at, seq, rule, id",
        &[person.as_str().into(), from.into(), to.into()],
        finding,
    )
}

/// When what was found of a person happened, under which clause and on which device, without what is only
/// noted; nothing of it is unsealed.
pub fn moments(
    read: &Read<'_>,
    person: &PersonId,
    from: i64,
    to: i64,
) -> Result<Vec<(i64, String, DeviceId)>, SqlError> {
    read.query(
        "SELECT at, clause, device FROM finding \
         WHERE person = $1 AND at >= $2 AND at < $3 AND severity <> 'log' ORDER BY at",
        &[person.as_str().into(), from.into(), to.into()],
        |row| Ok((row.int(0)?, row.text(1)?, row.parsed(2)?)),
    )
}

/// The findings about a person of which an erasure took what they quote.
pub fn erased(read: &Read<'_>, person: &PersonId) -> Result<BTreeSet<FindingId>, SqlError> {
    let found = read.query(
        "SELECT id FROM finding WHERE person = $1 AND erased IS NOT NULL",
        &[person.as_str().into()],
        |row| row.parsed(0),
    )?;
    Ok(found.into_iter().collect())
}

/// Which erasure took what a finding quotes, the latest if several did.
pub fn erased_by(read: &Read<'_>, id: FindingId) -> Result<Option<String>, SqlError> {
    let found = read.first(
        "SELECT erased FROM finding WHERE id = $1",
        &[(&id.to_string()).into()],
        |row| row.maybe_text(0),
    )?;
    Ok(found.flatten())
}

impl Proof {
    /// The form in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unproven => "unproven",
            Self::Proven => "proven",
            Self::Contradicted => "contradicted",
        }
    }
}

impl std::str::FromStr for Proof {
    type Err = UnknownProof;

    fn from_str(text: &str) -> Result<Self, UnknownProof> {
        match text {
            "unproven" => Ok(Self::Unproven),
            "proven" => Ok(Self::Proven),
            "contradicted" => Ok(Self::Contradicted),
            _ => Err(UnknownProof),
        }
    }
}

/// A word that is no [`Proof`].
#[derive(Debug, thiserror::Error)]
#[error("neither unproven, proven nor contradicted")]
pub struct UnknownProof;

/// Reads the fourteen columns that every statement here names in the same order.
pub fn finding(row: &Row<'_>) -> Result<Finding, SqlError> {
    Ok(Finding {
        id: row.parsed(0)?,
        device: row.parsed(1)?,
        person: row.parsed(2)?,
        seq: row.count(3)?,
        at: row.int(4)?,
        rule: row.text(5)?,
        clause: row.text(6)?,
        severity: row.text(7)?,
        matched: row.opened_text(8)?,
        engine: row.text(9)?,
        order: row.parsed(10)?,
        made: row.int(11)?,
        proof: row.parsed(12)?,
        basis: row.maybe_parsed(13)?,
    })
}
