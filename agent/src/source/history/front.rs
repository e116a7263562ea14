//! Reads for how long pages were in front, as the browser measured it.
//!
//! Promises: never more than the browser says, each of its milliseconds once. Chromium says it when a
//! page is left; Firefox goes on counting, so a page is told when it has rested for a while, and what
//! is added later once more. Refuses: to guess where the browser keeps nothing, and more time than there
//! was.

use std::time::Duration;

use proviso_report::fact::Foreground;
use rusqlite::Connection;

use super::address::{MAX_URL, address};
use super::database::{SANE_US, columns, integer, text};
use super::family::Family;
use super::fault::Fault;
use super::told::Told;

/// Rows that are read at once.
const MAX_ROWS: usize = 2_000;
/// Firefox writes every 10 s while a page is in front.
const RESTED_MS: i64 = 30_000;
/// The same.
pub(super) const RESTED: Duration = Duration::from_millis(RESTED_MS.unsigned_abs());
/// By so much a clock may have been set right while a page was open.
const SET_RIGHT_MS: u64 = 60_000;

/// A page that was in front.
#[derive(Debug)]
pub(super) struct Shown {
    /// What tells it from others: when the page was opened, in Unix microseconds, and a number.
    pub(super) opened_us: i64,
    pub(super) id: i64,
    /// All of its time so far, in milliseconds.
    pub(super) whole: u64,
    /// From when on the new part counts, in Unix milliseconds.
    pub(super) at: i64,
    /// With the time that is new.
    pub(super) fact: Foreground,
}

/// What is new, oldest first, and whether more will be known without any further change.
pub(super) fn read(
    connection: &Connection,
    family: Family,
    browser: &str,
    told: &Told,
    now_us: i64,
) -> Result<(Vec<Shown>, bool), Fault> {
    let sql = match family {
        Family::Chromium => chromium(connection)?,
        Family::Firefox => firefox(connection)?,
    };
    let Some(sql) = sql else {
        return Ok((Vec::new(), false));
    };
    let mut statement = connection.prepare_cached(&sql)?;
    // Both in the units of their tables.
    let floor = match family {
        Family::Chromium => family.stored(told.floor()),
        Family::Firefox => told.floor().div_euclid(1000),
    };
    let mut rows = statement.query([floor])?;
    let (mut shown, mut goes_on) = (Vec::new(), false);
    while let Some(row) = rows.next()? {
        let (Some(id), Some(opened), Some(counted), Some(url)) = (
            integer(row.get_ref(0)?),
            integer(row.get_ref(1)?),
            integer(row.get_ref(2)?),
            text(row.get_ref(3)?),
        ) else {
            continue;
        };
        let changed = integer(row.get_ref(4)?);
        let (opened_us, whole) = match family {
            Family::Chromium => (family.unix_us(opened), counted.div_euclid(1000)),
            Family::Firefox => (opened.checked_mul(1000), counted),
        };
        let (Some(opened_us), Ok(whole)) = (opened_us, u64::try_from(whole)) else {
            continue;
        };
        if !SANE_US.contains(&opened_us) || whole == 0 {
            continue;
        }
        // No page was in front for longer than it was there.
        let there = u64::try_from(now_us.saturating_sub(opened_us)).unwrap_or(0) / 1000;
        if whole > there.saturating_add(SET_RIGHT_MS) {
            continue;
        }
        let Some(ms) = told.left(opened_us, id, whole) else {
            continue;
        };
        if changed.is_some_and(|changed| changed > now_us.div_euclid(1000) - RESTED_MS) {
            goes_on = true;
            continue;
        }
        let first = ms == whole;
        let at = match changed {
            // Later time lies right before the last change, as far as is known.
            Some(changed) if !first => changed.saturating_sub_unsigned(ms),
            _ => opened_us.div_euclid(1000),
        };
        shown.push(Shown {
            opened_us,
            id,
            whole,
            at,
            fact: Foreground {
                name: browser.to_owned(),
                exe: None,
                browser: Some(browser.to_owned()),
                url: Some(address(&url)),
                ms,
            },
        });
    }
    Ok((shown, goes_on))
}

/// Number, opened, time in front in microseconds, address, and no later change.
fn chromium(connection: &Connection) -> Result<Option<String>, Fault> {
    let notes = columns(connection, "context_annotations")?;
    let visits = columns(connection, "visits")?;
    if !notes.have(&["visit_id", "total_foreground_duration"])
        || !visits.have(&["id", "url", "visit_time"])
    {
        return Ok(None);
    }
    let elsewhere = Family::Chromium.elsewhere(connection)?;
    // -1 while the page is open.
    Ok(Some(format!(
        "SELECT v.id, v.visit_time, c.total_foreground_duration, substr(u.url, 1, {MAX_URL}), NULL \
         FROM visits v JOIN context_annotations c ON c.visit_id = v.id JOIN urls u ON u.id = v.url \
         WHERE v.visit_time >= ?1 AND c.total_foreground_duration > 0 AND NOT {elsewhere} \
         ORDER BY v.visit_time LIMIT {MAX_ROWS}"
    )))
}

/// Number, opened, time in front, address, last change; times in milliseconds.
fn firefox(connection: &Connection) -> Result<Option<String>, Fault> {
    let pages = columns(connection, "moz_places_metadata")?;
    let needed = [
        "id",
        "place_id",
        "created_at",
        "updated_at",
        "total_view_time",
    ];
    if !pages.have(&needed) {
        return Ok(None);
    }
    Ok(Some(format!(
        "SELECT m.id, m.created_at, m.total_view_time, substr(p.url, 1, {MAX_URL}), m.updated_at \
         FROM moz_places_metadata m JOIN moz_places p ON p.id = m.place_id \
         WHERE m.created_at >= ?1 AND m.total_view_time > 0 ORDER BY m.created_at LIMIT {MAX_ROWS}"
    )))
}
