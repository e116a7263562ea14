//! Tables `digest_cursor`, `digest_day` and `digest_term`: what logs say, by day and by term.
//!
//! Promises: everything here follows from the stored reports and is made again where it is dropped
//! ([`digest`](crate::digest)). The days are sealed under the person's key. Terms stand for words under that
//! key and no other way, so a copy of the store shows none, and a key that is destroyed takes both. A cursor
//! moves only from where it was read, in the transaction of what it brings; what was read before a log was
//! dropped comes too late, whenever it comes.
//!
//! Refuses: to keep anything that is not in a report.

use super::ids::{DeviceId, Hash, PersonId};
use super::sealed;
use super::sql::{Read, SqlError, Tx};

/// How far a log was followed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The form of what was made, and the zone of its days; empty: it was dropped, and nothing made since.
    pub form: String,
    /// The next record.
    pub next: u64,
    /// Records before it that were erased: they are in no figure.
    pub erased: u64,
    /// Records before it that could not be read.
    pub unread: u64,
    /// What must be known of the time to go on, as JSON.
    pub watch: String,
    /// When it was moved, Unix milliseconds; of one that was dropped, how often.
    pub at: i64,
}

/// A log, and how far it was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub device: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// Records held.
    pub size: u64,
    /// The order of the person now.
    pub order: Option<Hash>,
    /// How far it was followed.
    pub next: Option<u64>,
    /// In which form.
    pub form: Option<String>,
}

/// All logs that have records.
pub fn standings(read: &Read<'_>) -> Result<Vec<Standing>, SqlError> {
    read.query(
        "SELECT d.id, d.person, d.size, o.digest, c.next, c.form FROM device d \
         LEFT JOIN orders o ON o.person = d.person AND o.state = 'current' \
         LEFT JOIN digest_cursor c ON c.device = d.id WHERE d.size > 0 ORDER BY d.id",
        &[],
        |row| {
            Ok(Standing {
                device: row.parsed(0)?,
                person: row.parsed(1)?,
                size: row.count(2)?,
                order: row.maybe_parsed(3)?,
                next: row.maybe_int(4)?.and_then(|next| u64::try_from(next).ok()),
                form: row.maybe_text(5)?,
            })
        },
    )
}

/// How far a log was followed.
pub fn cursor(read: &Read<'_>, device: DeviceId) -> Result<Option<Cursor>, SqlError> {
    read.first(
        "SELECT form, next, erased, unread, watch, at FROM digest_cursor WHERE device = $1",
        &[(&device.to_string()).into()],
        |row| {
            Ok(Cursor {
                form: row.text(0)?,
                next: row.count(1)?,
                erased: row.count(2)?,
                unread: row.count(3)?,
                watch: row.text(4)?,
                at: row.int(5)?,
            })
        },
    )
}

/// Moves a cursor on from `before` (none: there was none); false when it does not stand there any more.
/// Nothing is changed then.
pub fn move_on(
    tx: &Tx<'_>,
    device: DeviceId,
    before: Option<&Cursor>,
    to: &Cursor,
) -> Result<bool, SqlError> {
    let device = device.to_string();
    let params = [
        (&device).into(),
        (&to.form).into(),
        to.next.into(),
        to.erased.into(),
        to.unread.into(),
        (&to.watch).into(),
        to.at.into(),
    ];
    let moved = match before {
        None => tx.execute(
            "INSERT INTO digest_cursor (device, form, next, erased, unread, watch, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (device) DO NOTHING",
            &params,
        )?,
        Some(before) => {
            let stands = [(&before.form).into(), before.next.into(), before.at.into()];
            tx.execute(
                "UPDATE digest_cursor SET form = $2, next = $3, erased = $4, unread = $5, watch = $6, \
                 at = $7 WHERE device = $1 AND form = $8 AND next = $9 AND at = $10",
                &[&params[..], &stands].concat(),
            )?
        }
    };
    Ok(moved == 1)
}

/// Up to which record reports go that hold `most` records from `next` on, at least one report.
pub fn ahead(
    read: &Read<'_>,
    device: DeviceId,
    next: u64,
    most: u64,
) -> Result<Option<u64>, SqlError> {
    let counts = read.query(
        "SELECT first, count FROM report WHERE device = $1 AND first + count > $2 \
         AND first >= coalesce((SELECT max(first) FROM report WHERE device = $1 AND first <= $2), 0) \
         ORDER BY first LIMIT 256",
        &[(&device.to_string()).into(), next.into()],
        |row| Ok((row.count(0)?, row.count(1)?)),
    )?;
    let (mut sum, mut end) = (0_u64, None);
    for (first, count) in counts {
        sum = sum.saturating_add(count);
        if end.is_some() && sum > most {
            break;
        }
        end = Some(first.saturating_add(count));
    }
    Ok(end)
}

/// The digest of one day.
pub fn day(read: &Read<'_>, device: DeviceId, day: i64) -> Result<Option<Vec<u8>>, SqlError> {
    read.first(
        "SELECT bytes FROM digest_day WHERE device = $1 AND day = $2",
        &[(&device.to_string()).into(), day.into()],
        |row| row.opened(0, &sealed::day(device, day)),
    )
}

/// The digests of the days from `from` to `to`, both of them too.
pub fn days(
    read: &Read<'_>,
    device: DeviceId,
    from: i64,
    to: i64,
) -> Result<Vec<(i64, Vec<u8>)>, SqlError> {
    read.query(
        "SELECT day, bytes FROM digest_day WHERE device = $1 AND day >= $2 AND day <= $3 ORDER BY day",
        &[(&device.to_string()).into(), from.into(), to.into()],
        |row| {
            let day = row.int(0)?;
            Ok((day, row.opened(1, &sealed::day(device, day))?))
        },
    )
}

/// The first day and the last.
pub fn span(read: &Read<'_>, device: DeviceId) -> Result<Option<(i64, i64)>, SqlError> {
    let found = read.first(
        "SELECT min(day), max(day) FROM digest_day WHERE device = $1",
        &[(&device.to_string()).into()],
        |row| Ok((row.maybe_int(0)?, row.maybe_int(1)?)),
    )?;
    Ok(found.and_then(|(first, last)| first.zip(last)))
}

/// Puts the digest of a day in the place of the one that was there.
pub fn put_day(tx: &Tx<'_>, device: DeviceId, day: i64, bytes: &[u8]) -> Result<(), SqlError> {
    let sealed = sealed::of_device(tx, device, &sealed::day(device, day), bytes)?;
    tx.execute(
        "INSERT INTO digest_day (device, day, bytes) VALUES ($1, $2, $3) \
         ON CONFLICT (device, day) DO UPDATE SET bytes = excluded.bytes",
        &[
            (&device.to_string()).into(),
            day.into(),
            sealed.as_slice().into(),
        ],
    )?;
    Ok(())
}

/// The terms of one bucket in one month.
pub fn entries(
    read: &Read<'_>,
    device: DeviceId,
    bucket: u8,
    month: i64,
) -> Result<Option<Vec<u8>>, SqlError> {
    read.first(
        "SELECT entries FROM digest_term WHERE device = $1 AND bucket = $2 AND month = $3",
        &[
            (&device.to_string()).into(),
            i64::from(bucket).into(),
            month.into(),
        ],
        |row| row.bytes(0),
    )
}

/// The terms of one bucket in all months.
pub fn bucket(
    read: &Read<'_>,
    device: DeviceId,
    bucket: u8,
) -> Result<Vec<(i64, Vec<u8>)>, SqlError> {
    read.query(
        "SELECT month, entries FROM digest_term WHERE device = $1 AND bucket = $2 ORDER BY month",
        &[(&device.to_string()).into(), i64::from(bucket).into()],
        |row| Ok((row.int(0)?, row.bytes(1)?)),
    )
}

/// Puts the terms of a bucket in the place of those that were there.
pub fn put_entries(
    tx: &Tx<'_>,
    device: DeviceId,
    bucket: u8,
    month: i64,
    entries: &[u8],
) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO digest_term (device, bucket, month, entries) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (device, bucket, month) DO UPDATE SET entries = excluded.entries",
        &[
            (&device.to_string()).into(),
            i64::from(bucket).into(),
            month.into(),
            entries.into(),
        ],
    )?;
    Ok(())
}

/// Drops all of a log; it is made again from the reports.
pub fn forget(tx: &Tx<'_>, device: DeviceId) -> Result<(), SqlError> {
    let device = device.to_string();
    for statement in [
        // It stays, so that what somebody makes now of what they read before is not put.
        "INSERT INTO digest_cursor (device, form, next, erased, unread, watch, at) \
         VALUES ($1, '', 0, 0, 0, '', 1) ON CONFLICT (device) DO UPDATE SET form = '', next = 0, \
         erased = 0, unread = 0, watch = '', \
         at = CASE WHEN digest_cursor.form = '' THEN digest_cursor.at + 1 ELSE 1 END",
        "DELETE FROM digest_day WHERE device = $1",
        "DELETE FROM digest_term WHERE device = $1",
        "DELETE FROM device_zone WHERE device = $1",
    ] {
        tx.execute(statement, &[(&device).into()])?;
    }
    Ok(())
}

/// Logs of which something could not be read: what is restored is to be read again.
pub fn unread(read: &Read<'_>) -> Result<Vec<DeviceId>, SqlError> {
    read.query(
        "SELECT device FROM digest_cursor WHERE unread > 0",
        &[],
        |row| row.parsed(0),
    )
}
