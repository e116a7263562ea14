//! How what was just entered comes into a case, and how a case follows what becomes of it.

use super::super::casework::AlertState;
use super::super::conditions::Condition;
use super::super::findings::Finding;
use super::super::ids::{FindingId, Hash, PersonId};
use super::super::incidents::Incident;
use super::super::snoozes;
use super::super::sql::{SqlError, Tx};
use super::{CaseFile, CaseKind, QUIET, Rank, Stage};

/// Puts an alert that was just opened into a case.
pub(in crate::store) fn join_finding(tx: &Tx<'_>, finding: &Finding) -> Result<(), SqlError> {
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
pub(in crate::store) fn join_condition(tx: &Tx<'_>, condition: &Condition) -> Result<(), SqlError> {
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
pub(in crate::store) fn join_incident(
    tx: &Tx<'_>,
    incident: &Incident,
    id: &str,
) -> Result<(), SqlError> {
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
    if waits(from) < waits(to) {
        // What is opened again is not put aside as it was.
        snoozes::wake(tx, &case, now, "")?;
    }
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
    if case.stage != Stage::Waits {
        snoozes::wake(tx, &case.id, now, "")?;
    }
    level(tx, &case.id, now)
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
pub(in crate::store) fn level(tx: &Tx<'_>, case: &str, now: i64) -> Result<(), SqlError> {
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
