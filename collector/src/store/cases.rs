//! Tables `casefile`, `incase`, `incase_condition` and `incase_incident`: what waits for a person, in heaps
//! that one person can take up.
//!
//! Promises: every alert, condition and incident lies in one case from the transaction on that enters it. A
//! case of alerts is about one person and one clause, and about what happened within [`QUIET`] of something
//! in it; one of conditions or incidents is about one kind on one device. It takes newcomers while something
//! in it waits, and only a decision takes it out of the queue. Which case takes a newcomer follows from the
//! rows alone. What a list shows of a case is counted as it changes, so that a page of the queue reads as
//! many rows as it shows.
//!
//! Refuses: to close a case because its cause is over, and to let a worse newcomer sleep in a snoozed case.

#[cfg(test)]
pub(crate) mod tests;

use super::casework::AlertState;
use super::conditions::{Condition, ConditionKind};
use super::findings::Finding;
use super::ids::{DeviceId, FindingId, Hash, PersonId};
use super::incidents::Incident;
use super::snoozes;
use super::sql::{Read, Row, SqlError, Tx};

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

/// How much waits in somebody's queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cases.
    pub cases: u64,
    /// Alerts in them: urgent, possible breaches, for review.
    pub alerts: [u64; 3],
    /// Of these, how many nobody has taken up.
    pub unheeded: u64,
    /// Cases of watching and logs.
    pub watching: u64,
    /// Cases out of the way for a while.
    pub snoozed: u64,
    /// People with a case.
    pub people: u64,
}

/// Repeats in a case: one rule, order and matched part.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// The rule.
    pub rule: String,
    /// `review`, `breach` or `urgent`.
    pub severity: String,
    /// JSON, as in the finding.
    pub matched: String,
    /// Judged by this order.
    pub order: Hash,
    /// How many.
    pub count: u64,
    /// Of these, how many wait.
    pub waiting: u64,
    /// Earliest and latest time of what happened, Unix milliseconds.
    pub span: (i64, i64),
    /// One of them.
    pub any: FindingId,
}

/// Puts an alert that was just opened into a case.
pub(super) fn join_finding(tx: &Tx<'_>, finding: &Finding) -> Result<(), SqlError> {
    let open = tx.first(
        "SELECT id FROM casefile WHERE person = $1 AND kind = 'finding' AND subject = $2 \
         AND device = '' AND stage = 0 AND first_at <= $3 AND last_at >= $4 \
         ORDER BY first_at, id LIMIT 1",
        &[
            finding.person.as_str().into(),
            (&finding.clause).into(),
            finding.at.saturating_add(QUIET).into(),
            finding.at.saturating_sub(QUIET).into(),
        ],
        |row| row.text(0),
    )?;
    let id = finding.id.to_string();
    let new = Newcomer {
        person: &finding.person,
        kind: CaseKind::Finding,
        subject: &finding.clause,
        device: "",
        rank: Rank::of_severity(&finding.severity),
        came: finding.made,
        at: finding.at,
        lead: &id,
    };
    let case = new.join(tx, open, &id)?;
    tx.execute(
        "INSERT INTO incase (finding, casefile) VALUES ($1, $2) ON CONFLICT (finding) DO NOTHING",
        &[(&id).into(), (&case).into()],
    )?;
    Ok(())
}

/// Puts a condition that was just entered into a case.
pub(super) fn join_condition(tx: &Tx<'_>, condition: &Condition) -> Result<(), SqlError> {
    let device = condition.device.to_string();
    let kind = condition.kind.as_str();
    let named = format!(
        "condition {device} {kind} {} {}",
        condition.source, condition.since
    );
    let new = Newcomer {
        person: &condition.person,
        kind: CaseKind::Condition,
        subject: kind,
        device: &device,
        rank: Rank::of_condition(condition.kind),
        came: condition.known,
        at: condition.since,
        lead: "",
    };
    let open = new.of_device(tx)?;
    let case = new.join(tx, open, &short(&named))?;
    tx.execute(
        "INSERT INTO incase_condition (device, kind, source, since, casefile) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (device, kind, source, since) DO NOTHING",
        &[
            (&device).into(),
            kind.into(),
            (&condition.source).into(),
            condition.since.into(),
            (&case).into(),
        ],
    )?;
    Ok(())
}

/// Puts an incident that was just entered under `id` into a case.
pub(super) fn join_incident(tx: &Tx<'_>, incident: &Incident, id: &str) -> Result<(), SqlError> {
    let device = incident.device.to_string();
    let new = Newcomer {
        person: &incident.person,
        kind: CaseKind::Incident,
        subject: incident.kind.as_str(),
        device: &device,
        rank: Rank::Breach,
        came: incident.at,
        at: incident.at,
        lead: "",
    };
    let open = new.of_device(tx)?;
    let case = new.join(tx, open, &short(&format!("incident {id}")))?;
    tx.execute(
        "INSERT INTO incase_incident (incident, casefile) VALUES ($1, $2) \
         ON CONFLICT (incident) DO NOTHING",
        &[id.into(), (&case).into()],
    )?;
    Ok(())
}

/// An alert went from one state to another: its case counts it so.
pub(crate) fn moved(
    tx: &Tx<'_>,
    finding: FindingId,
    (from, to): (AlertState, AlertState),
    now: i64,
) -> Result<(), SqlError> {
    let found = tx.first(
        "SELECT i.casefile, f.severity FROM incase i JOIN finding f ON f.id = i.finding \
         WHERE i.finding = $1",
        &[(&finding.to_string()).into()],
        |row| Ok((row.text(0)?, row.text(1)?)),
    )?;
    let Some((case, severity)) = found else {
        return Ok(());
    };
    let waits = |state: AlertState| i64::from(state != AlertState::Decided);
    let open = |state: AlertState| i64::from(state == AlertState::Open);
    let mut by = [0; 3];
    by[Rank::of_severity(&severity) as usize] = waits(to) - waits(from);
    add(tx, &case, by, open(to) - open(from))?;
    level(tx, &case, now)
}

/// All in a case of conditions or incidents is decided, taken up or open again.
pub fn move_whole(tx: &Tx<'_>, case: &CaseFile, to: AlertState, now: i64) -> Result<(), SqlError> {
    let waits = if to == AlertState::Decided {
        0
    } else {
        case.total
    };
    let unheeded = if to == AlertState::Open {
        case.total
    } else {
        0
    };
    let of = |rank: Rank| if case.rank == rank { waits } else { 0 };
    tx.execute(
        "UPDATE casefile SET urgent = $2, breach = $3, review = $4, unheeded = $5 WHERE id = $1",
        &[
            (&case.id).into(),
            of(Rank::Urgent).into(),
            of(Rank::Breach).into(),
            of(Rank::Review).into(),
            unheeded.into(),
        ],
    )?;
    level(tx, &case.id, now)
}

/// One more decision, or one less, to which somebody else must agree.
pub(super) fn count_unsigned(tx: &Tx<'_>, case: &str, by: i64, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE casefile SET unsigned = unsigned + $2 WHERE id = $1",
        &[case.into(), by.into()],
    )?;
    level(tx, case, now)
}

/// After decisions: the worst and oldest alert that waits stands for the case.
pub fn lead_anew(tx: &Tx<'_>, case: &str) -> Result<(), SqlError> {
    let lead = tx.first(
        "SELECT f.id FROM incase i JOIN alert a ON a.finding = i.finding \
         JOIN finding f ON f.id = i.finding WHERE i.casefile = $1 AND a.state <> 'decided' \
         ORDER BY CASE f.severity WHEN 'urgent' THEN 0 WHEN 'breach' THEN 1 ELSE 2 END, f.at, f.id \
         LIMIT 1",
        &[case.into()],
        |row| row.text(0),
    )?;
    if let Some(lead) = lead {
        tx.execute(
            "UPDATE casefile SET lead = $2 WHERE id = $1",
            &[case.into(), (&lead).into()],
        )?;
    }
    Ok(())
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

/// Cases that wait, of everybody whom `staff` sees: worst first, then longest waiting. Those that are
/// snoozed now only if `snoozed` says so.
pub fn queue(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    snoozed: bool,
    limit: u64,
    skip: u64,
) -> Result<Vec<CaseFile>, SqlError> {
    read.query(
        "SELECT id, person, kind, subject, device, stage, rank, opened, latest, first_at, last_at, \
         urgent, breach, review, unheeded, unheeded_since, total, unsigned, snoozed, lead \
         FROM casefile WHERE stage = 0 AND (snoozed <= $2 OR $3 = 1) AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY rank, opened, id LIMIT $4 OFFSET $5",
        &[
            staff.into(),
            now.into(),
            i64::from(snoozed).into(),
            limit.into(),
            skip.into(),
        ],
        case_file,
    )
}

/// Cases that are snoozed now, of everybody whom `staff` sees: those that come back first stand first.
pub fn asleep(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    limit: u64,
) -> Result<Vec<CaseFile>, SqlError> {
    read.query(
        "SELECT id, person, kind, subject, device, stage, rank, opened, latest, first_at, last_at, \
         urgent, breach, review, unheeded, unheeded_since, total, unsigned, snoozed, lead \
         FROM casefile WHERE stage = 0 AND snoozed > $2 AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY snoozed, rank, id LIMIT $3",
        &[staff.into(), now.into(), limit.into()],
        case_file,
    )
}

/// One person's cases: those that wait first, worst and longest waiting on top; then the latest decided.
pub fn of_person(
    read: &Read<'_>,
    person: &PersonId,
    limit: u64,
    skip: u64,
) -> Result<Vec<CaseFile>, SqlError> {
    read.query(
        "SELECT id, person, kind, subject, device, stage, rank, opened, latest, first_at, last_at, \
         urgent, breach, review, unheeded, unheeded_since, total, unsigned, snoozed, lead \
         FROM casefile WHERE person = $1 ORDER BY CASE stage WHEN 0 THEN 0 ELSE 1 END, \
         CASE stage WHEN 0 THEN rank ELSE 0 END, CASE stage WHEN 0 THEN opened ELSE - latest END, id \
         LIMIT $2 OFFSET $3",
        &[person.as_str().into(), limit.into(), skip.into()],
        case_file,
    )
}

/// How much waits, of everybody whom `staff` sees.
pub fn counts(read: &Read<'_>, (staff, now): (&str, i64)) -> Result<Counts, SqlError> {
    let rows = read.query(
        "SELECT kind, count(*), sum(urgent), sum(breach), sum(review), sum(unheeded), \
         sum(CASE WHEN snoozed > $2 THEN 1 ELSE 0 END) FROM casefile WHERE stage = 0 AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) GROUP BY kind",
        &[staff.into(), now.into()],
        |row| {
            let alerts = [row.count(2)?, row.count(3)?, row.count(4)?];
            Ok((
                row.text(0)?,
                row.count(1)?,
                alerts,
                row.count(5)?,
                row.count(6)?,
            ))
        },
    )?;
    let people = read.first(
        "SELECT count(DISTINCT person) FROM casefile WHERE stage = 0 AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2)",
        &[staff.into(), now.into()],
        |row| row.count(0),
    )?;
    let mut counts = Counts {
        people: people.unwrap_or(0),
        ..Counts::default()
    };
    for (kind, cases, alerts, unheeded, snoozed) in rows {
        counts.cases += cases;
        counts.snoozed += snoozed;
        if kind == CaseKind::Finding.as_str() {
            counts.alerts = alerts;
            counts.unheeded = unheeded;
        } else {
            counts.watching += cases;
        }
    }
    Ok(counts)
}

/// What lies in a case of alerts, repeats in one: what waits first, worst and oldest on top.
pub fn repeats(
    read: &Read<'_>,
    case: &str,
    limit: u64,
    skip: u64,
) -> Result<Vec<Repeat>, SqlError> {
    read.query(
        "SELECT f.rule, f.severity, f.matched, f.order_digest, count(*), \
         sum(CASE WHEN a.state <> 'decided' THEN 1 ELSE 0 END), min(f.at), max(f.at), \
         COALESCE(min(CASE WHEN a.state <> 'decided' THEN f.id ELSE NULL END), min(f.id)) \
         FROM incase i JOIN finding f ON f.id = i.finding JOIN alert a ON a.finding = i.finding \
         WHERE i.casefile = $1 GROUP BY f.rule, f.severity, f.matched, f.order_digest \
         ORDER BY CASE WHEN sum(CASE WHEN a.state <> 'decided' THEN 1 ELSE 0 END) > 0 THEN 0 ELSE 1 END, \
         CASE f.severity WHEN 'urgent' THEN 0 WHEN 'breach' THEN 1 ELSE 2 END, min(f.at), min(f.id) \
         LIMIT $2 OFFSET $3",
        &[case.into(), limit.into(), skip.into()],
        |row| {
            Ok(Repeat {
                rule: row.text(0)?,
                severity: row.text(1)?,
                // A key that is gone must not hide that something waits.
                matched: row.opened_text(2).unwrap_or_else(|_| "[]".to_owned()),
                order: row.parsed(3)?,
                count: row.count(4)?,
                waiting: row.count(5)?,
                span: (row.int(6)?, row.int(7)?),
                any: row.parsed(8)?,
            })
        },
    )
}

/// The alerts of a case that nobody decided, oldest first, with where each stands; at most `limit`.
pub fn undecided(
    read: &Read<'_>,
    case: &str,
    limit: u64,
) -> Result<Vec<(FindingId, AlertState)>, SqlError> {
    read.query(
        "SELECT i.finding, a.state FROM incase i JOIN alert a ON a.finding = i.finding \
         WHERE i.casefile = $1 AND a.state <> 'decided' ORDER BY a.opened, i.finding LIMIT $2",
        &[case.into(), limit.into()],
        |row| Ok((row.parsed(0)?, row.parsed(1)?)),
    )
}

/// The alerts of a case that are decided, oldest first; at most `limit`.
pub fn decided(read: &Read<'_>, case: &str, limit: u64) -> Result<Vec<FindingId>, SqlError> {
    read.query(
        "SELECT i.finding FROM incase i JOIN alert a ON a.finding = i.finding \
         WHERE i.casefile = $1 AND a.state = 'decided' ORDER BY a.opened, i.finding LIMIT $2",
        &[case.into(), limit.into()],
        |row| row.parsed(0),
    )
}

/// The records behind the alerts of a case: finding, device and number, in the order of each device's log.
pub fn records(read: &Read<'_>, case: &str) -> Result<Vec<(FindingId, DeviceId, u64)>, SqlError> {
    read.query(
        "SELECT f.id, f.device, f.seq FROM incase i JOIN finding f ON f.id = i.finding \
         WHERE i.casefile = $1 ORDER BY f.device, f.seq, f.id",
        &[case.into()],
        |row| Ok((row.parsed(0)?, row.parsed(1)?, row.count(2)?)),
    )
}

/// A digest of what waits in a case and of where each stands, and of the latest that was said: whoever
/// decides the case shows by it what they saw.
pub fn seen_digest(read: &Read<'_>, case: &CaseFile, limit: u64) -> Result<Hash, SqlError> {
    let mut lines = format!(
        "{} {} {} {:?}\n",
        case.id, case.total, case.unheeded, case.waiting
    );
    for (finding, state) in undecided(read, &case.id, limit)? {
        lines.push_str(&format!("{finding} {}\n", state.as_str()));
    }
    let said = read.first(
        "SELECT id FROM ruling WHERE casefile = $1 ORDER BY at DESC, id DESC LIMIT 1",
        &[(&case.id).into()],
        |row| row.text(0),
    )?;
    lines.push_str(&said.unwrap_or_default());
    Ok(Hash::of(lines.as_bytes()))
}

/// The conditions in a case, the latest first.
pub fn conditions(read: &Read<'_>, case: &str, limit: u64) -> Result<Vec<Condition>, SqlError> {
    read.query(
        "SELECT c.device, c.person, c.kind, c.source, c.seq, c.since, c.until, c.known, c.cleared \
         FROM incase_condition i JOIN condition c ON c.device = i.device AND c.kind = i.kind \
         AND c.source = i.source AND c.since = i.since WHERE i.casefile = $1 \
         ORDER BY c.since DESC, c.source LIMIT $2",
        &[case.into(), limit.into()],
        super::conditions::condition,
    )
}

/// How many conditions in a case last, and when the latest of those that do not was over.
pub fn lasting(read: &Read<'_>, case: &str) -> Result<(u64, Option<i64>), SqlError> {
    let found = read.first(
        "SELECT COALESCE(sum(CASE WHEN c.cleared IS NULL THEN 1 ELSE 0 END), 0), max(c.until) \
         FROM incase_condition i JOIN condition c ON c.device = i.device AND c.kind = i.kind \
         AND c.source = i.source AND c.since = i.since WHERE i.casefile = $1",
        &[case.into()],
        |row| Ok((row.count(0)?, row.maybe_int(1)?)),
    )?;
    Ok(found.unwrap_or((0, None)))
}

/// The incidents in a case, the latest first, each with its number.
pub fn incidents(read: &Read<'_>, case: &str, limit: u64) -> Result<Vec<(i64, String)>, SqlError> {
    read.query(
        "SELECT n.at, n.detail FROM incase_incident i JOIN incident n ON n.id = i.incident \
         WHERE i.casefile = $1 ORDER BY n.at DESC, n.id LIMIT $2",
        &[case.into(), limit.into()],
        |row| Ok((row.int(0)?, row.text(1)?)),
    )
}

/// Something that comes into a case.
struct Newcomer<'a> {
    person: &'a PersonId,
    kind: CaseKind,
    subject: &'a str,
    device: &'a str,
    rank: Rank,
    came: i64,
    at: i64,
    lead: &'a str,
}

impl Newcomer<'_> {
    /// The case of its kind on its device that waits.
    fn of_device(&self, tx: &Tx<'_>) -> Result<Option<String>, SqlError> {
        tx.first(
            "SELECT id FROM casefile WHERE person = $1 AND kind = $2 AND subject = $3 \
             AND device = $4 AND stage = 0 ORDER BY first_at, id LIMIT 1",
            &[
                self.person.as_str().into(),
                self.kind.as_str().into(),
                self.subject.into(),
                self.device.into(),
            ],
            |row| row.text(0),
        )
    }

    /// Comes into the case that is open, or into a new one called `id`.
    fn join(&self, tx: &Tx<'_>, open: Option<String>, id: &str) -> Result<String, SqlError> {
        let case = match open {
            Some(case) => case,
            None => {
                self.begin(tx, id)?;
                id.to_owned()
            }
        };
        let rank = self.rank as u64;
        let worse = tx.execute(
            "UPDATE casefile SET lead = $3 WHERE id = $1 AND rank > $2",
            &[(&case).into(), rank.into(), self.lead.into()],
        )?;
        if worse > 0 {
            snoozes::wake(tx, &case, self.came, "")?;
            // What is worse gets the whole of its time.
            tx.execute(
                "UPDATE casefile SET unheeded_since = NULL WHERE id = $1",
                &[(&case).into()],
            )?;
        }
        tx.execute(
            "UPDATE casefile SET total = total + 1, \
             latest = CASE WHEN latest < $2 THEN $2 ELSE latest END, \
             first_at = CASE WHEN first_at > $3 THEN $3 ELSE first_at END, \
             last_at = CASE WHEN last_at < $3 THEN $3 ELSE last_at END WHERE id = $1",
            &[(&case).into(), self.came.into(), self.at.into()],
        )?;
        let mut by = [0; 3];
        by[self.rank as usize] = 1;
        add(tx, &case, by, 1)?;
        level(tx, &case, self.came)?;
        Ok(case)
    }

    fn begin(&self, tx: &Tx<'_>, id: &str) -> Result<(), SqlError> {
        tx.execute(
            "INSERT INTO casefile (id, person, kind, subject, device, stage, rank, opened, latest, \
             first_at, last_at, urgent, breach, review, unheeded, unheeded_since, total, unsigned, \
             snoozed, lead) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $7, $8, $8, 0, 0, 0, 0, NULL, 0, 0, \
             0, $9) ON CONFLICT (id) DO NOTHING",
            &[
                id.into(),
                self.person.as_str().into(),
                self.kind.as_str().into(),
                self.subject.into(),
                self.device.into(),
                (self.rank as u64).into(),
                self.came.into(),
                self.at.into(),
                self.lead.into(),
            ],
        )?;
        Ok(())
    }
}

fn add(tx: &Tx<'_>, case: &str, by: [i64; 3], unheeded: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE casefile SET urgent = urgent + $2, breach = breach + $3, review = review + $4, \
         unheeded = unheeded + $5 WHERE id = $1",
        &[
            case.into(),
            by[0].into(),
            by[1].into(),
            by[2].into(),
            unheeded.into(),
        ],
    )?;
    Ok(())
}

/// Rank and stage as the counts have it. What is decided keeps the rank that it had.
fn level(tx: &Tx<'_>, case: &str, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE casefile SET rank = CASE WHEN urgent > 0 THEN 0 WHEN breach > 0 THEN 1 \
         WHEN review > 0 THEN 2 ELSE rank END, \
         stage = CASE WHEN urgent + breach + review > 0 THEN 0 WHEN unsigned > 0 THEN 1 ELSE 2 END, \
         unheeded_since = CASE WHEN unheeded > 0 THEN COALESCE(unheeded_since, $2) ELSE NULL END \
         WHERE id = $1",
        &[case.into(), now.into()],
    )?;
    Ok(())
}

fn short(named: &str) -> String {
    let hash = Hash::of(named.as_bytes()).to_string();
    hash.chars().take(32).collect()
}

impl CaseFile {
    /// Everything in it that waits.
    #[must_use]
    pub fn waits(&self) -> u64 {
        self.waiting.iter().sum()
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
