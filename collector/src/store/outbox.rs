//! Table `outbox`: alerts, escalations and what else is told of on their way out. `findings::put`,
//! `escalations::put` and `told::put` fill it (`ask`) in the transaction that makes the finding, the step or the
//! rest; here a worker claims, finishes and postpones. Column `finding` is the id of any of these.
//!
//! Promises: a row is claimed by a compare-and-set on its count of tries, so two workers, or two
//! collectors on one store, never hold the same row. Claiming moves the next try into the future:
//! a worker that dies while it sends leaves a row that comes due again. A row whose next try lies
//! further ahead than any pause is due too: the clock was set back since. A row leaves the queue
//! only as done.

use super::escalations::Step;
use super::ids::FindingId;
use super::sql::{Read, Row, SqlError, Tx};
use super::told::Told;

/// No try is ever put off for longer, in milliseconds.
pub const LONGEST_PAUSE: i64 = 15 * 60_000;

/// What a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// An alert was opened.
    Alert(FindingId),
    /// Nobody has taken up this case, so it goes on to somebody.
    Case(String, Step),
    /// Something else of which only webhooks are told.
    Told(Told),
}

/// Who is told, if that is not the same for the whole way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// What they sign in with.
    pub name: String,
    /// Their mail address as it is now; may be empty.
    pub mail: String,
}

/// One message for one way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Stable: the same on every try.
    pub id: String,
    /// What it is about.
    pub about: About,
    /// Who is told.
    pub to: Option<Addressee>,
    /// `urgent`, `breach` or `review`; empty where it is about neither alert nor escalation.
    pub severity: String,
    /// Unix milliseconds when the alert was opened, since when nobody took the case up, or when the rest was
    /// noticed.
    pub opened: i64,
    /// Tries begun, this one included.
    pub tries: u64,
}

/// How one way out is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelState {
    /// Its name.
    pub channel: String,
    /// Rows not delivered.
    pub waiting: u64,
    /// Of these, how many were tried and failed.
    pub failing: u64,
    /// When the oldest of the failing was opened, Unix milliseconds.
    pub oldest: Option<i64>,
    /// The next try, Unix milliseconds.
    pub next_try: i64,
}

/// What became of one finding on one way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The way out.
    pub channel: String,
    /// Tries begun.
    pub tries: u64,
    /// When it was delivered, Unix milliseconds.
    pub done: Option<i64>,
    /// Why the latest try failed.
    pub failure: Option<String>,
}

/// Asks each of these ways out once to tell of an alert or a step.
pub(super) fn ask(tx: &Tx<'_>, about: &str, channels: &[String], now: i64) -> Result<(), SqlError> {
    for channel in channels {
        tx.execute(
            "INSERT INTO outbox (id, finding, channel, next_try, tries, done) \
             VALUES ($1, $2, $3, $4, 0, NULL) ON CONFLICT (finding, channel) DO NOTHING",
            &[
                (&format!("{about}:{channel}")).into(),
                about.into(),
                channel.into(),
                now.into(),
            ],
        )?;
    }
    Ok(())
}

/// Claims up to `limit` rows of `channel` that are due. `again` says when a row comes due once
/// more should its worker die, given the number of tries begun.
pub fn claim(
    tx: &Tx<'_>,
    channel: &str,
    now: i64,
    limit: u64,
    again: impl Fn(u64) -> i64,
) -> Result<Vec<Parcel>, SqlError> {
    let due = tx.query(
        "SELECT o.id, o.finding, COALESCE(f.severity, e.severity, ''), \
         COALESCE(a.opened, f.made, e.since, t.at), o.tries, e.casefile, e.step, s.name, s.mail, \
         t.casefile, t.ruling, t.device, t.person, t.since FROM outbox o LEFT JOIN told t ON t.id = o.finding \
         LEFT JOIN finding f ON f.id = o.finding LEFT JOIN alert a ON a.finding = o.finding \
         LEFT JOIN escalation e ON e.id = o.finding LEFT JOIN staff s ON s.id = e.staff \
         WHERE (f.id IS NOT NULL OR e.id IS NOT NULL OR t.id IS NOT NULL) AND o.done IS NULL \
         AND (o.next_try <= $1 OR o.next_try > $4) AND o.channel = $2 \
         ORDER BY o.next_try, o.id LIMIT $3",
        &[
            now.into(),
            channel.into(),
            limit.into(),
            now.saturating_add(LONGEST_PAUSE).into(),
        ],
        parcel,
    )?;
    let mut claimed = Vec::with_capacity(due.len());
    for mut parcel in due {
        let begun = parcel.tries + 1;
        let taken = tx.execute(
            "UPDATE outbox SET tries = $3, next_try = $4 \
             WHERE id = $1 AND tries = $2 AND done IS NULL",
            &[
                (&parcel.id).into(),
                parcel.tries.into(),
                begun.into(),
                again(begun).into(),
            ],
        )?;
        if taken == 1 {
            parcel.tries = begun;
            claimed.push(parcel);
        }
    }
    Ok(claimed)
}

/// Marks a row as delivered.
pub fn finish(tx: &Tx<'_>, id: &str, now: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE outbox SET done = $2, failure = NULL WHERE id = $1",
        &[id.into(), now.into()],
    )?;
    Ok(())
}

/// Notes why a try failed and when the next one is.
pub fn postpone(tx: &Tx<'_>, id: &str, failure: &str, next_try: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE outbox SET failure = $2, next_try = $3 WHERE id = $1 AND done IS NULL",
        &[id.into(), failure.into(), next_try.into()],
    )?;
    Ok(())
}

/// When the next row of `channel` comes due; `now` if one is.
pub fn next_due(read: &Read<'_>, channel: &str, now: i64) -> Result<Option<i64>, SqlError> {
    let found = read.first(
        "SELECT min(CASE WHEN next_try > $3 THEN $2 ELSE next_try END) FROM outbox \
         WHERE done IS NULL AND channel = $1",
        &[
            channel.into(),
            now.into(),
            now.saturating_add(LONGEST_PAUSE).into(),
        ],
        |row| row.maybe_int(0),
    )?;
    Ok(found.flatten())
}

/// Every way out that has something waiting, by name.
pub fn waiting(read: &Read<'_>) -> Result<Vec<ChannelState>, SqlError> {
    read.query(
        "SELECT o.channel, count(*), \
         sum(CASE WHEN o.failure IS NULL THEN 0 ELSE 1 END), \
         min(CASE WHEN o.failure IS NULL THEN NULL ELSE COALESCE(f.made, e.at, t.at) END), min(o.next_try) \
         FROM outbox o LEFT JOIN finding f ON f.id = o.finding LEFT JOIN told t ON t.id = o.finding \
         LEFT JOIN escalation e ON e.id = o.finding WHERE o.done IS NULL \
         GROUP BY o.channel ORDER BY o.channel",
        &[],
        |row| {
            Ok(ChannelState {
                channel: row.text(0)?,
                waiting: row.count(1)?,
                failing: row.count(2)?,
                oldest: row.maybe_int(3)?,
                next_try: row.int(4)?,
            })
        },
    )
}

/// Why the latest failing row of `channel` failed.
pub fn last_failure(read: &Read<'_>, channel: &str) -> Result<Option<String>, SqlError> {
    read.first(
        "SELECT failure FROM outbox WHERE done IS NULL AND failure IS NOT NULL AND channel = $1 \
         ORDER BY next_try DESC, id LIMIT 1",
        &[channel.into()],
        |row| row.text(0),
    )
}

/// What became of one finding on every way out.
pub fn of_finding(read: &Read<'_>, finding: FindingId) -> Result<Vec<Sent>, SqlError> {
    read.query(
        "SELECT channel, tries, done, failure FROM outbox WHERE finding = $1 ORDER BY channel",
        &[(&finding.to_string()).into()],
        |row| {
            Ok(Sent {
                channel: row.text(0)?,
                tries: row.count(1)?,
                done: row.maybe_int(2)?,
                failure: row.maybe_text(3)?,
            })
        },
    )
}

fn parcel(row: &Row<'_>) -> Result<Parcel, SqlError> {
    let about = match (row.maybe_text(5)?, told(row)?) {
        (Some(case), _) => About::Case(case, row.parsed(6)?),
        (None, Some(told)) => About::Told(told),
        (None, None) => About::Alert(row.parsed(1)?),
    };
    let to = match row.maybe_text(7)? {
        None => None,
        Some(name) => Some(Addressee {
            name,
            mail: row.maybe_text(8)?.unwrap_or_default(),
        }),
    };
    Ok(Parcel {
        id: row.text(0)?,
        about,
        to,
        severity: row.text(2)?,
        opened: row.int(3)?,
        tries: row.count(4)?,
    })
}

fn told(row: &Row<'_>) -> Result<Option<Told>, SqlError> {
    if let Some((case, ruling)) = row.maybe_text(9)?.zip(row.maybe_text(10)?) {
        return Ok(Some(Told::CaseDecided { case, ruling }));
    }
    let device = row.maybe_parsed(11)?;
    let Some(((device, person), since)) = device.zip(row.maybe_parsed(12)?).zip(row.maybe_int(13)?)
    else {
        return Ok(None);
    };
    Ok(Some(Told::DeviceSilent {
        device,
        person,
        since,
    }))
}
