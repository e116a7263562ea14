//! Tells what is gone from a history that was there when it was last read.
//!
//! Promises: a word is said only about visits of this device that no browser removes by itself.
//! Chromium lets visits go after 90 days, those in frames after 87; Firefox lets its oldest ones go
//! when it has too many, none younger than seven days; and both let the visits of other devices go
//! with synchronisation. Rebuilding the file, a new version of the browser and a copy of the whole
//! history leave every visit's time as it was, so nothing is said. What a power cut took from the last minute
//! is not said either. That all was deleted is said of a history that was empty at some moment since: it
//! is now, or its visits are numbered from one again.
//!
//! Refuses: to say who did it. What looks alike: a browser that empties a damaged history, a policy or
//! setting that clears at the end, a backup put back, visits deleted on another device that shares this
//! history, and a clock that was months ahead while the agent was not running.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use proviso_report::BootId;
use proviso_report::fact::Cleared;
use rusqlite::Connection;

use super::database::{columns, integer, is_empty, number};
use super::family::Family;
use super::fault::Fault;
use super::memory::{MAX_DAYS, Memory, REMEMBERED};

const DAY_US: i64 = 86_400_000_000;
/// Chromium's own end of a visit's time is later, by two days in frames.
const CHROMIUM_DAYS: i64 = 85;
/// Firefox lets nothing go that is younger than seven days,
const FIREFOX_DAYS: i64 = 6;
/// and beyond that the oldest first; single addresses out of turn after 60 days in old versions.
const FIREFOX_OLDEST_FIRST_DAYS: i64 = 55;
/// Firefox gives it whenever there is no visit, Chromium only when it makes the table anew.
const FIRST: i64 = 1;
/// What may not yet have reached the disk when the power fails.
const UNSYNCED_MS: i64 = 60_000;

/// What is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gone {
    /// What shows it.
    pub(super) how: Cleared,
    /// How many visits, at least.
    pub(super) count: u64,
}

/// What is there now.
#[derive(Debug)]
pub(super) struct Now {
    pub(super) memory: Memory,
    /// When the oldest visit was.
    oldest: Option<i64>,
    /// Is there a visit that was the first one in an empty history?
    begun: bool,
    /// Those remembered before that are still there.
    left: BTreeSet<i64>,
}

/// The moment and the place of a reading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Here {
    /// In Unix milliseconds.
    pub(super) at: i64,
    pub(super) boot: BootId,
    pub(super) file: (u64, u64),
}

/// Looks at what is there, with what was there `before`. `count_days`: count the visits of each day,
/// which takes a while in a large history; otherwise those counts stay as they were.
pub(super) fn look(
    connection: &Connection,
    family: Family,
    here: Here,
    before: Option<&Memory>,
    count_days: bool,
) -> Result<Now, Fault> {
    let mut now = Now {
        memory: Memory {
            seen: here.at,
            boot: here.boot,
            file: here.file,
            sequence: 0,
            times: BTreeSet::new(),
            days: BTreeMap::new(),
        },
        oldest: None,
        begun: false,
        left: BTreeSet::new(),
    };
    if is_empty(connection)? {
        return Ok(now);
    }
    let (table, time) = (family.visits(), family.time_column());
    let elsewhere = family.elsewhere(connection)?;
    let sql = format!(
        "SELECT {time} FROM {table} v WHERE NOT {elsewhere} ORDER BY {time} DESC LIMIT {REMEMBERED}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let at = integer(row.get_ref(0)?).and_then(|stored| family.unix_us(stored));
        now.memory.times.extend(at);
    }
    let oldest = number(connection, &format!("SELECT min({time}) FROM {table} v"))?;
    now.oldest = oldest.and_then(|stored| family.unix_us(stored));
    now.begun = connection
        .prepare_cached(&format!("SELECT 1 FROM {table} v WHERE v.id = {FIRST}"))?
        .exists([])?;
    if columns(connection, "sqlite_sequence")?.have(&["name", "seq"]) {
        let sql = format!("SELECT seq FROM sqlite_sequence WHERE name = '{table}'");
        now.memory.sequence = number(connection, &sql)?.unwrap_or(0);
    }
    if let Some(before) = before {
        let sql = format!("SELECT 1 FROM {table} v WHERE {time} = ?1 LIMIT 1");
        let mut there = connection.prepare_cached(&sql)?;
        for at in &before.times {
            if now.memory.times.contains(at) || there.exists([family.stored(*at)])? {
                now.left.insert(*at);
            }
        }
    }
    let at = before.map_or(here.at, |before| before.seen.max(here.at));
    match before {
        // What is told to be gone must not be missed once more by the counts.
        Some(before) if !count_days && now.left.len() == before.times.len() => {
            now.memory.days.clone_from(&before.days);
        }
        _ => now.memory.days = days(connection, family, &elsewhere, at)?,
    }
    Ok(now)
}

/// How many visits there were on each of the last days.
fn days(
    connection: &Connection,
    family: Family,
    elsewhere: &str,
    now_ms: i64,
) -> Result<BTreeMap<i64, i64>, Fault> {
    let (table, time) = (family.visits(), family.time_column());
    let zero = family.stored(0);
    let sql = format!(
        "SELECT ({time} - {zero}) / {DAY_US}, count(*) FROM {table} v \
         WHERE {time} BETWEEN ?1 AND ?2 AND NOT {elsewhere} GROUP BY 1 LIMIT {MAX_DAYS}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let now = now_ms.saturating_mul(1000);
    let first = family.stored(now.saturating_sub(CHROMIUM_DAYS.saturating_mul(DAY_US)));
    let last = family.stored(now.saturating_add(DAY_US));
    let mut rows = statement.query([first, last])?;
    let mut days = BTreeMap::new();
    while let Some(row) = rows.next()? {
        if let (Some(day), Some(count)) = (integer(row.get_ref(0)?), integer(row.get_ref(1)?)) {
            days.insert(day, count);
        }
    }
    Ok(days)
}

/// Compares; `None`: nothing is gone that must not be.
pub(super) fn compare(before: &Memory, now: &Now, family: Family) -> Option<Gone> {
    // Where the clock was set back meanwhile, the browser may have gone by the later time.
    let at = before.seen.max(now.memory.seen).saturating_mul(1000);
    let must_be_there = eligible(family, at, now.oldest);
    let gone: BTreeSet<i64> = before.times.difference(&now.left).copied().collect();
    let lost = gone
        .iter()
        .filter(|at| is_unsynced(before, now, **at))
        .count();
    let gone = || {
        let taken = |at: &&i64| must_be_there(**at..at.saturating_add(1));
        gone.iter()
            .filter(taken)
            .filter(|at| !is_unsynced(before, now, **at))
    };
    let rows = gone().count();
    let of_day =
        |day: i64| day.saturating_mul(DAY_US)..day.saturating_add(1).saturating_mul(DAY_US);
    let whole_days = || {
        before
            .days
            .iter()
            .filter(|(day, _)| must_be_there(of_day(**day)))
    };
    let fewer: i64 = whole_days()
        .map(|(day, count)| {
            let left = now.memory.days.get(day).copied().unwrap_or(0);
            count.saturating_sub(left).max(0)
        })
        .sum();
    let fewer = count(fewer).saturating_sub(size(lost));
    if rows == 0 && fewer == 0 {
        return None;
    }
    // Of what was removed visit by visit beside newer ones nobody may say that it was all.
    let nothing_left = rows > 0
        && now.left.is_empty()
        && now
            .oldest
            .is_none_or(|oldest| Some(oldest) > before.newest() && now.begun);
    // Exactly the last ones: an earlier state of the same history.
    let set_back = now.left.last() < gone().next();
    let other_file = before.file != now.memory.file;
    let how = if other_file && (now.left.is_empty() || set_back) && rows > 0 {
        Cleared::Replaced
    } else if nothing_left {
        Cleared::All
    } else if now.memory.sequence < before.sequence || rows == 0 {
        Cleared::Shrunk
    } else {
        Cleared::Rows
    };
    let all: i64 = match how {
        Cleared::All => whole_days().map(|(_, count)| *count).sum(),
        _ => 0,
    };
    Some(Gone {
        how,
        count: size(rows).max(fewer).max(count(all)),
    })
}

/// Did it come right before the power failed or the computer was started anew?
fn is_unsynced(before: &Memory, now: &Now, at: i64) -> bool {
    let last = before.seen.saturating_sub(UNSYNCED_MS).saturating_mul(1000);
    before.boot != now.memory.boot && at >= last && now.left.last().is_none_or(|left| *left < at)
}

/// How many of these are young enough that the browser would not have let them go?
pub(super) fn young(memory: &Memory, now_ms: i64) -> u64 {
    let oldest = now_ms
        .max(memory.seen)
        .saturating_mul(1000)
        .saturating_sub(CHROMIUM_DAYS.saturating_mul(DAY_US));
    size(memory.times.range(oldest..).count())
}

/// Which times are such that a browser lets no visit of them go by itself.
fn eligible(family: Family, now: i64, oldest: Option<i64>) -> impl Fn(Range<i64>) -> bool {
    let younger = move |days: i64| now.saturating_sub(days.saturating_mul(DAY_US));
    move |times| {
        let ended = times.end <= now.saturating_add(DAY_US);
        ended
            && match family {
                Family::Chromium => times.start > younger(CHROMIUM_DAYS),
                Family::Firefox => {
                    times.start > younger(FIREFOX_DAYS)
                        || (times.start > younger(FIREFOX_OLDEST_FIRST_DAYS)
                            && oldest.is_some_and(|oldest| oldest < times.start))
                }
            }
    }
}

fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn count(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
