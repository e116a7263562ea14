//! Tables `ruling`, `ruled`, `sign_off` and `rule_verdict`: what a person said of a case, beyond the word and
//! the reason that each decision has.
//!
//! Promises: rulings are only ever added. A ruling about alerts names the decision that each of them got (`ruled`);
//! one about conditions or incidents is the decision. Where somebody else must agree it waits until somebody did, or
//! sent it back, or until nothing of it stands, since it was decided anew. The counts by rule follow the latest
//! decision on each alert, whatever words earlier versions used.
//!
//! Refuses: to know which words there are; `web::decide` does.

use std::collections::BTreeMap;

use super::cases;
use super::casework::Decision;
use super::ids::{FindingId, Hash, PersonId};
use super::sql::{Read, Row, SqlError, Tx};

/// What somebody said of a case, or of one alert in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// Sorts by time.
    pub id: String,
    /// Of which case.
    pub case: String,
    /// Of one alert only.
    pub finding: Option<FindingId>,
    /// Staff id.
    pub staff: String,
    /// Unix milliseconds.
    pub at: i64,
    /// One of the words in `web::decide`.
    pub verdict: String,
    /// In their words.
    pub reason: String,
    /// Of a false alarm: which part was wrong; else empty.
    pub part: String,
    /// `2026-12-01`, when to look again; or empty.
    pub review: String,
    /// Whether somebody else must agree.
    pub wanted: bool,
    /// How many alerts, conditions or incidents it is about.
    pub alerts: u64,
}

/// What somebody else said of a ruling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOff {
    /// Of which.
    pub ruling: String,
    /// Staff id.
    pub staff: String,
    /// Unix milliseconds.
    pub at: i64,
    /// Agreed, or sent back.
    pub agreed: bool,
    /// In their words.
    pub reason: String,
}

/// Whether something of the ruling `r` stands: for one of its alerts, or for the case, nothing was decided since.
/// The step of the schema that counted anew says the same.
macro_rules! stands {
    () => {
        "CASE WHEN EXISTS (SELECT 1 FROM ruled u WHERE u.ruling = r.id) \
         THEN EXISTS (SELECT 1 FROM ruled u JOIN decision d ON d.id = u.decision WHERE u.ruling = r.id \
         AND NOT EXISTS (SELECT 1 FROM decision e WHERE e.finding = d.finding \
         AND (e.at > d.at OR (e.at = d.at AND e.id > d.id)))) \
         ELSE NOT EXISTS (SELECT 1 FROM ruling n WHERE n.casefile = r.casefile \
         AND (n.at > r.at OR (n.at = r.at AND n.id > r.id))) END"
    };
}

/// The word that took the last of the ruling `r`'s place, where nothing of it stands.
macro_rules! replaced {
    () => {
        "COALESCE((SELECT e.verdict FROM ruled u JOIN decision d ON d.id = u.decision \
         JOIN decision e ON e.finding = d.finding AND (e.at > d.at OR (e.at = d.at AND e.id > d.id)) \
         WHERE u.ruling = r.id AND NOT EXISTS (SELECT 1 FROM decision m WHERE m.finding = d.finding \
         AND (m.at > d.at OR (m.at = d.at AND m.id > d.id)) \
         AND (m.at < e.at OR (m.at = e.at AND m.id < e.id))) ORDER BY e.at DESC, e.id DESC LIMIT 1), \
         (SELECT n.verdict FROM ruling n WHERE n.casefile = r.casefile \
         AND (n.at > r.at OR (n.at = r.at AND n.id > r.id)) ORDER BY n.at, n.id LIMIT 1), '')"
    };
}

/// Rulings as [`Shown`], of these rows of `ruling r`.
macro_rules! rulings {
    ($from:literal, $rest:expr) => {
        concat!(
            "SELECT r.id, r.casefile, r.finding, r.staff, r.at, r.verdict, r.reason, r.part, r.review, \
             r.wanted, r.alerts, COALESCE(s.name, r.staff), o.staff, o.at, o.agreed, o.reason, \
             COALESCE(t.name, o.staff), \
             CASE WHEN r.wanted = 1 AND o.ruling IS NULL AND NOT (",
            stands!(),
            ") THEN ",
            replaced!(),
            " END FROM ",
            $from,
            " LEFT JOIN staff s ON s.id = r.staff LEFT JOIN sign_off o ON o.ruling = r.id \
             LEFT JOIN staff t ON t.id = o.staff ",
            $rest
        )
    };
}

/// A ruling with names, and what became of it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The ruling.
    pub ruling: Ruling,
    /// Who said it.
    pub staff_name: String,
    /// What somebody else said of it, with their name.
    pub sign_off: Option<(SignOff, String)>,
    /// Somebody was to agree, and nothing of it stands any more: the word that took its place.
    pub superseded: Option<String>,
}

impl Shown {
    /// Whether somebody must still agree.
    #[must_use]
    pub fn pending(&self) -> bool {
        self.ruling.wanted && self.sign_off.is_none() && self.superseded.is_none()
    }
}

/// Adds a ruling. When its decisions are added, too, [`settle`] says what waits for agreement.
pub fn put(tx: &Tx<'_>, ruling: &Ruling) -> Result<(), SqlError> {
    let finding = ruling.finding.map(|finding| finding.to_string());
    tx.execute(
        "INSERT INTO ruling (id, casefile, finding, staff, at, verdict, reason, part, review, wanted, \
         alerts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[
            (&ruling.id).into(),
            (&ruling.case).into(),
            finding.as_deref().into(),
            (&ruling.staff).into(),
            ruling.at.into(),
            (&ruling.verdict).into(),
            (&ruling.reason).into(),
            (&ruling.part).into(),
            (&ruling.review).into(),
            i64::from(ruling.wanted).into(),
            ruling.alerts.into(),
        ],
    )?;
    Ok(())
}

/// Counts anew which decisions on a case wait for somebody to agree.
pub fn settle(tx: &Tx<'_>, case: &str, now: i64) -> Result<(), SqlError> {
    tx.execute(
        concat!(
            "UPDATE casefile SET unsigned = (SELECT count(*) FROM ruling r WHERE r.casefile = casefile.id \
             AND r.wanted = 1 AND NOT EXISTS (SELECT 1 FROM sign_off o WHERE o.ruling = r.id) AND ",
            stands!(),
            ") WHERE id = $1"
        ),
        &[case.into()],
    )?;
    cases::level(tx, case, now)
}

/// Says that a decision on an alert is part of a ruling.
pub fn names(tx: &Tx<'_>, ruling: &str, decision: &str) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO ruled (decision, ruling) VALUES ($1, $2)",
        &[decision.into(), ruling.into()],
    )?;
    Ok(())
}

/// Agrees or sends back; false if somebody did already, or nobody is wanted. Whether it stands is for the caller.
pub fn sign(tx: &Tx<'_>, said: &SignOff) -> Result<bool, SqlError> {
    let case = tx.first(
        "SELECT casefile FROM ruling WHERE id = $1 AND wanted = 1",
        &[(&said.ruling).into()],
        |row| row.text(0),
    )?;
    let Some(case) = case else {
        return Ok(false);
    };
    let new = tx.execute(
        "INSERT INTO sign_off (ruling, staff, at, agreed, reason) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (ruling) DO NOTHING",
        &[
            (&said.ruling).into(),
            (&said.staff).into(),
            said.at.into(),
            i64::from(said.agreed).into(),
            (&said.reason).into(),
        ],
    )?;
    settle(tx, &case, said.at)?;
    Ok(new == 1)
}

/// One ruling.
pub fn get(read: &Read<'_>, id: &str) -> Result<Option<Shown>, SqlError> {
    read.first(rulings!("ruling r", "WHERE r.id = $1"), &[id.into()], shown)
}

/// What was said of a case, oldest first.
pub fn of_case(read: &Read<'_>, case: &str) -> Result<Vec<Shown>, SqlError> {
    read.query(
        rulings!("ruling r", "WHERE r.casefile = $1 ORDER BY r.at, r.id"),
        &[case.into()],
        shown,
    )
}

/// What was said of an alert, alone or with others, by the decision that it got.
pub fn of_finding(
    read: &Read<'_>,
    finding: FindingId,
) -> Result<BTreeMap<String, Shown>, SqlError> {
    let id = finding.to_string();
    let decisions = read.query(
        "SELECT u.ruling, u.decision FROM decision d JOIN ruled u ON u.decision = d.id WHERE d.finding = $1",
        &[(&id).into()],
        |row| Ok((row.text(0)?, row.text(1)?)),
    )?;
    let mut all = BTreeMap::new();
    for (ruling, decision) in decisions {
        if let Some(shown) = get(read, &ruling)? {
            all.insert(decision, shown);
        }
    }
    Ok(all)
}

/// How much was said of a case; it only ever grows.
pub fn count(read: &Read<'_>, case: &str) -> Result<u64, SqlError> {
    let found = read.first(
        "SELECT count(*) FROM ruling WHERE casefile = $1",
        &[case.into()],
        |row| row.count(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// Rulings to which somebody must still agree, of everybody whom `staff` sees, longest waiting first.
pub fn pending(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    limit: u64,
) -> Result<Vec<Shown>, SqlError> {
    read.query(
        rulings!(
            "casefile c JOIN ruling r ON r.casefile = c.id AND r.wanted = 1",
            concat!(
                "WHERE c.unsigned > 0 AND o.ruling IS NULL AND c.person IN \
                 (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) AND ",
                stands!(),
                " ORDER BY r.at, r.id LIMIT $3"
            )
        ),
        &[staff.into(), now.into(), limit.into()],
        shown,
    )
}

/// How many those are, and how many of them are not of `staff`, to whom they may agree.
pub fn count_pending(read: &Read<'_>, (staff, now): (&str, i64)) -> Result<(u64, u64), SqlError> {
    let found = read.first(
        concat!(
            "SELECT count(*), COALESCE(sum(CASE WHEN r.staff <> $1 THEN 1 ELSE 0 END), 0) \
             FROM casefile c JOIN ruling r ON r.casefile = c.id AND r.wanted = 1 \
             WHERE c.unsigned > 0 AND NOT EXISTS (SELECT 1 FROM sign_off o WHERE o.ruling = r.id) \
             AND c.person IN \
             (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) AND ",
            stands!()
        ),
        &[staff.into(), now.into()],
        |row| Ok((row.count(0)?, row.count(1)?)),
    )?;
    Ok(found.unwrap_or_default())
}

/// The alerts that a ruling is about, with the latest decision on each: `(finding, is it of this ruling)`.
pub fn decided_by(read: &Read<'_>, ruling: &str) -> Result<Vec<(FindingId, bool)>, SqlError> {
    read.query(
        "SELECT d.finding, CASE WHEN EXISTS (SELECT 1 FROM decision e WHERE e.finding = d.finding \
         AND (e.at > d.at OR (e.at = d.at AND e.id > d.id))) THEN 0 ELSE 1 END \
         FROM ruled u JOIN decision d ON d.id = u.decision WHERE u.ruling = $1 ORDER BY d.finding",
        &[ruling.into()],
        |row| Ok((row.parsed(0)?, row.int(1)? == 1)),
    )
}

/// Counts the decision on its rule, in the place of the one before it on the same alert. Called before the
/// decision is added.
pub(super) fn tally(tx: &Tx<'_>, decision: &Decision) -> Result<(), SqlError> {
    let finding = decision.finding.to_string();
    let rule = tx.first(
        "SELECT order_digest, rule, person FROM finding WHERE id = $1",
        &[(&finding).into()],
        |row| Ok((row.text(0)?, row.text(1)?, row.text(2)?)),
    )?;
    let Some((order, rule, person)) = rule else {
        return Ok(());
    };
    let before = tx.first(
        "SELECT verdict FROM decision WHERE finding = $1 ORDER BY at DESC, id DESC LIMIT 1",
        &[(&finding).into()],
        |row| row.text(0),
    )?;
    if let Some(before) = before {
        tx.execute(
            "UPDATE rule_verdict SET count = count - 1 WHERE order_digest = $1 AND rule = $2 \
             AND person = $3 AND verdict = $4",
            &[
                (&order).into(),
                (&rule).into(),
                (&person).into(),
                (&before).into(),
            ],
        )?;
    }
    tx.execute(
        "INSERT INTO rule_verdict (order_digest, rule, person, verdict, count) \
         VALUES ($1, $2, $3, $4, 1) ON CONFLICT (order_digest, rule, person, verdict) \
         DO UPDATE SET count = rule_verdict.count + 1",
        &[
            (&order).into(),
            (&rule).into(),
            (&person).into(),
            (&decision.verdict).into(),
        ],
    )?;
    Ok(())
}

/// How often which verdict is the latest on alerts of one rule about one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// By this order.
    pub order: Hash,
    /// About whom.
    pub person: PersonId,
    /// One of the words in `web::decide`, or of an earlier version.
    pub verdict: String,
    /// How often.
    pub count: u64,
}

/// How the alerts of the rules of this number were judged, whichever their order.
pub fn verdicts(read: &Read<'_>, rule: &str) -> Result<Vec<Judged>, SqlError> {
    read.query(
        "SELECT order_digest, person, verdict, count FROM rule_verdict \
         WHERE rule = $1 AND count > 0 ORDER BY order_digest, person, verdict",
        &[rule.into()],
        |row| {
            Ok(Judged {
                order: row.parsed(0)?,
                person: row.parsed(1)?,
                verdict: row.text(2)?,
                count: row.count(3)?,
            })
        },
    )
}

fn shown(row: &Row<'_>) -> Result<Shown, SqlError> {
    let ruling = Ruling {
        id: row.text(0)?,
        case: row.text(1)?,
        finding: row.maybe_parsed(2)?,
        staff: row.text(3)?,
        at: row.int(4)?,
        verdict: row.text(5)?,
        reason: row.text(6)?,
        part: row.text(7)?,
        review: row.text(8)?,
        wanted: row.int(9)? == 1,
        alerts: row.count(10)?,
    };
    let sign_off = match row.maybe_text(12)? {
        None => None,
        Some(staff) => {
            let said = SignOff {
                ruling: ruling.id.clone(),
                staff,
                at: row.int(13)?,
                agreed: row.int(14)? == 1,
                reason: row.text(15)?,
            };
            Some((said, row.text(16)?))
        }
    };
    Ok(Shown {
        ruling,
        staff_name: row.text(11)?,
        sign_off,
        superseded: row.maybe_text(17)?,
    })
}
