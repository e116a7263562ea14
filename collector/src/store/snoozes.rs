//! Table `snooze`: cases that are out of the way for a while, by whom and why.
//!
//! Promises: a snooze has an end and comes back by itself; the latest of a case counts, and one that is ended
//! early says by whom. Something worse that comes into the case ends it (`ended_by` empty).

use super::sql::{Read, SqlError, Tx};

/// A case out of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snooze {
    /// Sorts by time.
    pub id: String,
    /// Which case.
    pub case: String,
    /// When somebody said so, Unix milliseconds.
    pub at: i64,
    /// Until when, Unix milliseconds.
    pub until: i64,
    /// Staff id.
    pub staff: String,
    /// Why.
    pub reason: String,
    /// When it was ended early, Unix milliseconds.
    pub ended: Option<i64>,
}

/// Puts a case out of the way.
pub fn put(tx: &Tx<'_>, snooze: &Snooze) -> Result<(), SqlError> {
    wake(tx, &snooze.case, snooze.at, &snooze.staff)?;
    tx.execute(
        "INSERT INTO snooze (id, casefile, at, until, staff, reason, ended, ended_by) \
         VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL)",
        &[
            (&snooze.id).into(),
            (&snooze.case).into(),
            snooze.at.into(),
            snooze.until.into(),
            (&snooze.staff).into(),
            (&snooze.reason).into(),
        ],
    )?;
    tx.execute(
        "UPDATE casefile SET snoozed = $2 WHERE id = $1",
        &[(&snooze.case).into(), snooze.until.into()],
    )?;
    Ok(())
}

/// Brings a case back, if it is out of the way. `by`: staff id; empty: by itself.
pub fn wake(tx: &Tx<'_>, case: &str, now: i64, by: &str) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE snooze SET ended = $2, ended_by = $3 WHERE casefile = $1 AND ended IS NULL \
         AND until > $2",
        &[case.into(), now.into(), by.into()],
    )?;
    tx.execute(
        "UPDATE casefile SET snoozed = $2 WHERE id = $1 AND snoozed > $2",
        &[case.into(), now.into()],
    )?;
    Ok(())
}

/// How a case was put out of the way, the latest first, each with the name of who did it.
pub fn of_case(read: &Read<'_>, case: &str) -> Result<Vec<(Snooze, String)>, SqlError> {
    read.query(
        "SELECT z.id, z.casefile, z.at, z.until, z.staff, z.reason, z.ended, COALESCE(s.name, z.staff) \
         FROM snooze z LEFT JOIN staff s ON s.id = z.staff WHERE z.casefile = $1 \
         ORDER BY z.at DESC, z.id DESC",
        &[case.into()],
        |row| {
            let snooze = Snooze {
                id: row.text(0)?,
                case: row.text(1)?,
                at: row.int(2)?,
                until: row.int(3)?,
                staff: row.text(4)?,
                reason: row.text(5)?,
                ended: row.maybe_int(6)?,
            };
            Ok((snooze, row.text(7)?))
        },
    )
}
