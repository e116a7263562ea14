//! Tables `weekly`, `weekly_mail` and `weekly_choice`: the mail of each week to each officer.
//!
//! Promises: the mails of a week are made once, in one transaction with the word that they were, so that no
//! restart makes them again; what each says is frozen then. A mail is claimed by a compare-and-set on its count
//! of tries, as in the outbox, and leaves the queue only as done.
//!
//! Refuses: names and what anybody did. A mail has figures, and pseudonyms at most.

use super::devices::SILENT;
use super::outbox::LONGEST_PAUSE;
use super::sql::{Read, SqlError, Tx};

/// One mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Stable: the same on every try.
    pub id: String,
    /// The Monday of the week that it looks back from: `2026-11-23`.
    pub week: String,
    /// Staff id.
    pub staff: String,
    /// To where.
    pub address: String,
    /// What it says.
    pub body: String,
    /// Tries begun, this one included.
    pub tries: u64,
}

/// Whom a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// People whose case is theirs.
    Own,
    /// Everybody whom they see: a team, and who is nobody's case.
    Seen,
}

/// What a mail counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// People.
    pub people: u64,
    /// Of these, nobody's case.
    pub nobodys: u64,
    /// Alerts that wait: urgent, breach, review.
    pub waiting: [u64; 3],
    /// Of these, not taken up for too long.
    pub overdue: u64,
    /// Opened in the week.
    pub opened: u64,
    /// Decisions recorded in the week.
    pub decided: u64,
    /// People with a device that is not heard from for more than a day.
    pub silent: u64,
    /// People with signs of tampering in the week.
    pub tampered: u64,
    /// Those who wait longest: pseudonym, and since when (Unix milliseconds).
    pub oldest: Vec<(String, i64)>,
}

/// Those named as waiting longest.
const OLDEST: u64 = 5;

/// Around the people whom `$1` sees at `$2`; where `$3` is 1, only those whose case is theirs.
macro_rules! theirs {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "(SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2 \
             AND ($3 = 0 OR why = 'own'))",
            $after
        )
    };
}

/// Notes that the mails of a week are made; false if they were before.
pub fn begin(tx: &Tx<'_>, week: &str, now: i64) -> Result<bool, SqlError> {
    let new = tx.execute(
        "INSERT INTO weekly (week, at) VALUES ($1, $2) ON CONFLICT (week) DO NOTHING",
        &[week.into(), now.into()],
    )?;
    Ok(new == 1)
}

/// The latest week whose mails were made.
pub fn latest(read: &Read<'_>) -> Result<Option<String>, SqlError> {
    let found = read.first("SELECT max(week) FROM weekly", &[], |row| row.maybe_text(0))?;
    Ok(found.flatten())
}

/// Queues a mail.
pub fn put(tx: &Tx<'_>, letter: &Letter, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO weekly_mail (id, week, staff, address, body, next_try, tries) \
         VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (week, staff) DO NOTHING",
        &[
            (&letter.id).into(),
            (&letter.week).into(),
            (&letter.staff).into(),
            (&letter.address).into(),
            (&letter.body).into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Claims a mail that is due, if there is one. `again`: when it comes due once more should its sender die.
pub fn claim(tx: &Tx<'_>, now: i64, again: i64) -> Result<Option<Letter>, SqlError> {
    let due = tx.first(
        "SELECT id, week, staff, address, body, tries FROM weekly_mail WHERE done IS NULL \
         AND (next_try <= $1 OR next_try > $2) ORDER BY next_try, id LIMIT 1",
        &[now.into(), now.saturating_add(LONGEST_PAUSE).into()],
        |row| {
            Ok(Letter {
                id: row.text(0)?,
                week: row.text(1)?,
                staff: row.text(2)?,
                address: row.text(3)?,
                body: row.text(4)?,
                tries: row.count(5)?,
            })
        },
    )?;
    let Some(mut letter) = due else {
        return Ok(None);
    };
    let begun = letter.tries + 1;
    let taken = tx.execute(
        "UPDATE weekly_mail SET tries = $3, next_try = $4 WHERE id = $1 AND tries = $2 AND done IS NULL",
        &[
            (&letter.id).into(),
            letter.tries.into(),
            begun.into(),
            again.into(),
        ],
    )?;
    letter.tries = begun;
    Ok((taken == 1).then_some(letter))
}

/// It was taken.
pub fn finish(tx: &Tx<'_>, id: &str, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE weekly_mail SET done = $2, failure = NULL WHERE id = $1",
        &[id.into(), now.into()],
    )?;
    Ok(())
}

/// It was not: why, and when the next try is.
pub fn postpone(tx: &Tx<'_>, id: &str, why: &str, next_try: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE weekly_mail SET failure = $2, next_try = $3 WHERE id = $1 AND done IS NULL",
        &[id.into(), why.into(), next_try.into()],
    )?;
    Ok(())
}

/// When the next mail comes due; `now` if one is.
pub fn next_due(read: &Read<'_>, now: i64) -> Result<Option<i64>, SqlError> {
    let found = read.first(
        "SELECT min(CASE WHEN next_try > $2 THEN $1 ELSE next_try END) FROM weekly_mail \
         WHERE done IS NULL",
        &[now.into(), now.saturating_add(LONGEST_PAUSE).into()],
        |row| row.maybe_int(0),
    )?;
    Ok(found.flatten())
}

/// Whether somebody wants the mails; everybody does until they say otherwise.
pub fn wanted(read: &Read<'_>, staff: &str) -> Result<bool, SqlError> {
    let found = read.first(
        "SELECT wanted FROM weekly_choice WHERE staff = $1 ORDER BY at DESC, id DESC LIMIT 1",
        &[staff.into()],
        |row| row.int(0),
    )?;
    Ok(found != Some(0))
}

/// Says whether somebody wants them. `id` sorts by time.
pub fn choose(tx: &Tx<'_>, id: &str, staff: &str, wanted: bool, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO weekly_choice (id, staff, at, wanted) VALUES ($1, $2, $3, $4)",
        &[
            id.into(),
            staff.into(),
            now.into(),
            i64::from(wanted).into(),
        ],
    )?;
    Ok(())
}

/// What a mail to somebody counts, of a week from a moment up to another. What nobody took up is overdue
/// after `patience`: milliseconds for urgent ones, breaches and reviews.
pub fn figures(
    read: &Read<'_>,
    (staff, whose): (&str, Whose),
    patience: [i64; 3],
    (from, to): (i64, i64),
    now: i64,
) -> Result<Figures, SqlError> {
    // `$3`: their own alone.
    let own = i64::from(whose == Whose::Own);
    let mut figures = Figures::default();
    let people = read.first(
        "SELECT count(DISTINCT person), count(DISTINCT CASE WHEN why = 'nobodys' THEN person ELSE NULL END) \
         FROM sight WHERE staff = $1 AND since <= $2 AND until > $2 AND ($3 = 0 OR why = 'own')",
        &[staff.into(), now.into(), own.into()],
        |row| Ok((row.count(0)?, row.count(1)?)),
    )?;
    (figures.people, figures.nobodys) = people.unwrap_or_default();
    let [urgent, breach, review] = patience;
    let waiting = read.query(
        theirs!("SELECT f.severity, count(*), sum(CASE WHEN a.state = 'open' AND a.opened < \
         CASE f.severity WHEN 'urgent' THEN $4 WHEN 'breach' THEN $5 ELSE $6 END THEN 1 ELSE 0 END) \
         FROM alert a JOIN finding f ON f.id = a.finding WHERE a.state IN ('open', 'acknowledged') \
         AND a.person IN ", " GROUP BY f.severity"),
        &[
            staff.into(),
            now.into(),
            own.into(),
            now.saturating_sub(urgent).into(),
            now.saturating_sub(breach).into(),
            now.saturating_sub(review).into(),
        ],
        |row| Ok((row.text(0)?, row.count(1)?, row.count(2)?)),
    )?;
    for (severity, count, overdue) in waiting {
        let [urgent, breach, review] = &mut figures.waiting;
        let sum = match severity.as_str() {
            "urgent" => urgent,
            "breach" => breach,
            _ => review,
        };
        *sum += count;
        figures.overdue += overdue;
    }
    let opened = read.first(
        theirs!(
            "SELECT count(*) FROM alert WHERE opened >= $4 AND opened < $5 AND person IN ",
            ""
        ),
        &[staff.into(), now.into(), own.into(), from.into(), to.into()],
        |row| row.count(0),
    )?;
    figures.opened = opened.unwrap_or(0);
    let decided = read.first(
        theirs!("SELECT count(*) FROM decision d JOIN alert a ON a.finding = d.finding \
         WHERE d.at >= $4 AND d.at < $5 AND d.verdict <> 'acknowledged' AND d.verdict <> 'reopened' \
         AND a.person IN ", ""),
        &[staff.into(), now.into(), own.into(), from.into(), to.into()],
        |row| row.count(0),
    )?;
    figures.decided = decided.unwrap_or(0);
    let silent = read.first(
        theirs!(
            "SELECT count(DISTINCT person) FROM device WHERE state = 'active' \
         AND COALESCE(last_contact, enrolled) < $4 AND person IN ",
            ""
        ),
        &[
            staff.into(),
            now.into(),
            own.into(),
            now.saturating_sub(SILENT).into(),
        ],
        |row| row.count(0),
    )?;
    figures.silent = silent.unwrap_or(0);
    let tampered = read.first(
        theirs!("SELECT count(DISTINCT person) FROM tamper WHERE known >= $4 AND known < $5 AND person IN ", ""),
        &[staff.into(), now.into(), own.into(), from.into(), to.into()],
        |row| row.count(0),
    )?;
    figures.tampered = tampered.unwrap_or(0);
    figures.oldest = read.query(
        theirs!(
            "SELECT p.pseudonym, min(a.opened) FROM alert a JOIN person p ON p.id = a.person \
         WHERE a.state IN ('open', 'acknowledged') AND a.person IN ",
            " GROUP BY p.pseudonym ORDER BY 2, 1 LIMIT $4"
        ),
        &[staff.into(), now.into(), own.into(), OLDEST.into()],
        |row| Ok((row.text(0)?, row.int(1)?)),
    )?;
    Ok(figures)
}
