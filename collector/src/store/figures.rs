//! How much there is of what: counts over all people together, for `metrics`.
//!
//! Promises: no figure is about a person, a device or a name; each is a count or a time, by words from
//! fixed lists.

use super::sql::{Read, SqlError};

/// Devices of one state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Devices {
    /// In service, and heard from of late.
    pub heard: u64,
    /// In service, and not heard from of late.
    pub silent: u64,
    /// In service, and never heard from.
    pub never: u64,
    /// Going on in another log.
    pub broken_off: u64,
    /// Out of service.
    pub retired: u64,
    /// Records held of all.
    pub records: u64,
    /// Of these, not judged yet.
    pub unjudged: u64,
}

/// Alerts that nobody decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// `review`, `breach` or `urgent`.
    pub severity: String,
    /// `open` or `acknowledged`.
    pub state: String,
    /// How many.
    pub count: u64,
    /// When the oldest was opened, Unix milliseconds.
    pub oldest: i64,
}

/// Messages not delivered, by kind of way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The way's name; begins with its kind.
    pub channel: String,
    /// Not delivered.
    pub waiting: u64,
    /// Of these, tried and failed.
    pub failing: u64,
    /// When the oldest was made, Unix milliseconds.
    pub oldest: i64,
}

/// Devices, by whether they were heard from at `since` or later.
pub fn devices(read: &Read<'_>, since: i64) -> Result<Devices, SqlError> {
    let rows = read.query(
        "SELECT state, count(*), sum(CASE WHEN last_contact IS NULL THEN 1 ELSE 0 END), \
         sum(CASE WHEN last_contact < $1 THEN 1 ELSE 0 END), sum(size), \
         sum(CASE WHEN size > judged THEN size - judged ELSE 0 END) FROM device GROUP BY state",
        &[since.into()],
        |row| {
            Ok((
                row.text(0)?,
                [
                    row.count(1)?,
                    row.count(2)?,
                    row.count(3)?,
                    row.count(4)?,
                    row.count(5)?,
                ],
            ))
        },
    )?;
    let mut out = Devices::default();
    for (state, [all, never, silent, records, unjudged]) in rows {
        out.records = out.records.saturating_add(records);
        match state.as_str() {
            "active" => {
                out.heard = all.saturating_sub(never).saturating_sub(silent);
                (out.silent, out.never, out.unjudged) = (silent, never, unjudged);
            }
            "broken_off" => out.broken_off = all,
            _ => out.retired = out.retired.saturating_add(all),
        }
    }
    Ok(out)
}

/// What waits for a person.
pub fn queue(read: &Read<'_>) -> Result<Vec<Queue>, SqlError> {
    read.query(
        "SELECT f.severity, a.state, count(*), min(a.opened) FROM alert a \
         JOIN finding f ON f.id = a.finding WHERE a.state IN ('open', 'acknowledged') \
         GROUP BY f.severity, a.state ORDER BY f.severity, a.state",
        &[],
        |row| {
            Ok(Queue {
                severity: row.text(0)?,
                state: row.text(1)?,
                count: row.count(2)?,
                oldest: row.int(3)?,
            })
        },
    )
}

/// What is on its way out.
pub fn outgoing(read: &Read<'_>) -> Result<Vec<Outgoing>, SqlError> {
    read.query(
        "SELECT o.channel, count(*), sum(CASE WHEN o.failure IS NULL THEN 0 ELSE 1 END), \
         min(COALESCE(f.made, e.at, t.at, 0)) FROM outbox o LEFT JOIN finding f ON f.id = o.finding \
         LEFT JOIN told t ON t.id = o.finding \
         LEFT JOIN escalation e ON e.id = o.finding WHERE o.done IS NULL \
         GROUP BY o.channel ORDER BY o.channel",
        &[],
        |row| {
            Ok(Outgoing {
                channel: row.text(0)?,
                waiting: row.count(1)?,
                failing: row.count(2)?,
                oldest: row.int(3)?,
            })
        },
    )
}

/// Conditions that last, by kind.
pub fn conditions(read: &Read<'_>) -> Result<Vec<(String, u64)>, SqlError> {
    read.query(
        "SELECT c.kind, count(*) FROM condition c JOIN device d ON d.id = c.device \
         WHERE d.state = 'active' AND c.cleared IS NULL GROUP BY c.kind ORDER BY c.kind",
        &[],
        |row| Ok((row.text(0)?, row.count(1)?)),
    )
}

/// Sessions that hold.
pub fn sessions(read: &Read<'_>, now: i64) -> Result<u64, SqlError> {
    let found = read.first(
        "SELECT count(*) FROM web_session WHERE expires > $1",
        &[now.into()],
        |row| row.count(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// How many entries the ledger has, and when the newest was made, Unix milliseconds.
pub fn ledger(read: &Read<'_>) -> Result<(u64, Option<i64>), SqlError> {
    let found = read.first(
        "SELECT seq, at FROM ledger ORDER BY seq DESC LIMIT 1",
        &[],
        |row| Ok((row.count(0)?.saturating_add(1), Some(row.int(1)?))),
    )?;
    Ok(found.unwrap_or((0, None)))
}
