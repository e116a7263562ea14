//! Tables `judge_state` and `cannot_tell`: what the judge remembers of each device's log, and what it
//! could not tell.
//!
//! Promises: a state is given out only if it is of the whole log that is held, and of the engine that
//! asks; both tables move on in the transaction that moves the log on. Both can be made again from
//! the reports ([`OrderBook::follow_again`](crate::judging::OrderBook::follow_again)).
//!
//! Refuses: to say what a state means; that is for the judge.

use super::ids::{DeviceId, Hash, PersonId};
use super::sealed;
use super::sql::{Read, Row, SqlError, Tx};

/// What is kept of a device's log for the judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// The log does not stand at the size that was asked for.
    Moved,
    /// Nothing that can be used: it must be made again from the reports.
    Nothing,
    /// The judge's state after the whole log.
    State(Vec<u8>),
}

/// How often it could not be told whether a rule matches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CannotTell {
    /// The day in the order's zone: `2026-11-24`.
    pub day: String,
    /// The order.
    pub order: Hash,
    /// Its rule.
    pub rule: String,
    /// What kind of record.
    pub kind: String,
    /// Why: `field:title`, `clock`, `late`, `much` or `encoding`.
    pub reason: String,
    /// How many records.
    pub count: u64,
}

/// The judge's state of a log of so many records, as this engine left it.
pub fn state(read: &Read<'_>, device: DeviceId, size: u64, engine: &str) -> Result<Kept, SqlError> {
    let found = read.first(
        "SELECT d.size, d.judged, s.engine, s.bytes FROM device d \
         LEFT JOIN judge_state s ON s.device = d.id WHERE d.id = $1",
        &[(&device.to_string()).into()],
        |row| {
            let (held, judged) = (row.count(0)?, row.count(1)?);
            let bytes = row.maybe_opened(3, &place(device))?;
            Ok((held, judged, row.maybe_text(2)?, bytes))
        },
    )?;
    Ok(match found {
        Some((held, ..)) if held != size => Kept::Moved,
        Some((_, judged, Some(by), Some(bytes))) if judged == size && by == engine => {
            Kept::State(bytes)
        }
        Some(_) => Kept::Nothing,
        None => Kept::Moved,
    })
}

/// Keeps a state. Only together with `devices::advance` in the same transaction.
pub fn set_state(
    tx: &Tx<'_>,
    device: DeviceId,
    engine: &str,
    bytes: &[u8],
) -> Result<(), SqlError> {
    let bytes = sealed::of_device(tx, device, &place(device), bytes)?;
    tx.execute(
        "INSERT INTO judge_state (device, engine, bytes) VALUES ($1, $2, $3) \
         ON CONFLICT (device) DO UPDATE SET engine = excluded.engine, bytes = excluded.bytes",
        &[
            (&device.to_string()).into(),
            engine.into(),
            bytes.as_slice().into(),
        ],
    )?;
    Ok(())
}

/// Adds to the counts of a device. Only together with `devices::advance` in the same transaction.
pub fn add(
    tx: &Tx<'_>,
    device: DeviceId,
    person: &PersonId,
    count: &CannotTell,
) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO cannot_tell (device, person, day, order_digest, rule, kind, reason, count) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (device, day, order_digest, rule, kind, reason) \
         DO UPDATE SET count = cannot_tell.count + excluded.count",
        &[
            (&device.to_string()).into(),
            person.as_str().into(),
            (&count.day).into(),
            (&count.order.to_string()).into(),
            (&count.rule).into(),
            (&count.kind).into(),
            (&count.reason).into(),
            count.count.into(),
        ],
    )?;
    Ok(())
}

/// Forgets the counts of a device, which are made again from its reports.
pub fn forget(tx: &Tx<'_>, device: DeviceId) -> Result<(), SqlError> {
    tx.execute(
        "DELETE FROM cannot_tell WHERE device = $1",
        &[(&device.to_string()).into()],
    )?;
    Ok(())
}

/// The counts of a person from one day up to and with another, by device, the latest day first.
pub fn of_person(
    read: &Read<'_>,
    person: &PersonId,
    from: &str,
    to: &str,
) -> Result<Vec<(DeviceId, CannotTell)>, SqlError> {
    read.query(
        "SELECT device, day, order_digest, rule, kind, reason, count FROM cannot_tell \
         WHERE person = $1 AND day >= $2 AND day <= $3 \
         ORDER BY day DESC, device, rule, kind, reason, order_digest",
        &[person.as_str().into(), from.into(), to.into()],
        |row| Ok((row.parsed(0)?, cannot_tell(row)?)),
    )
}

fn place(device: DeviceId) -> String {
    format!("judge {device}")
}

fn cannot_tell(row: &Row<'_>) -> Result<CannotTell, SqlError> {
    Ok(CannotTell {
        day: row.text(1)?,
        order: row.parsed(2)?,
        rule: row.text(3)?,
        kind: row.text(4)?,
        reason: row.text(5)?,
        count: row.count(6)?,
    })
}
