//! Reads the visits after a position from a copy of a history.
//!
//! The copy is hostile input: its maker is the person under supervision. Triggers and views do
//! not run, what its schema names is not trusted, sizes and time are bounded, and a row that makes no
//! sense is passed over.

use std::path::Path;
use std::time::{Duration, Instant};

use proviso_report::Hash;
use proviso_report::fact::WebVisit;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Params};

use super::address::{address, title};
use super::family::Family;
use super::fault::Fault;
use super::position::{Mark, Position, REMEMBERED};

/// Rows that are read at once; the rest follows.
const MAX_ROWS: usize = 10_000;
/// Text that is read at once: every address can be as long as is handed over.
const MAX_TEXT: usize = 8 << 20;
/// Longer than any browser keeps an address or a title.
const MAX_VALUE: i32 = 16 << 20;
/// For a history of years on a slow computer.
const MAX_TIME: Duration = Duration::from_secs(30);
/// SQLite's steps between two looks at the clock.
const STEPS: i32 = 10_000;
/// 1990 to 2200: outside no clock of a browser can be, and dates can still be printed.
const SANE_US: std::ops::Range<i64> = 631_152_000_000_000..7_258_118_400_000_000;

/// What was read.
#[derive(Debug)]
pub(super) struct Reading {
    /// From where the rows go on: the position given, or before it if rows are gone.
    pub(super) from: Position,
    /// New rows, oldest first.
    pub(super) rows: Vec<Row>,
    /// There are more.
    pub(super) more: bool,
}

/// A row of the history.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) mark: Mark,
    /// `None`: not a visit on this device, or a row that makes no sense.
    pub(super) visit: Option<Visit>,
}

/// A visit.
#[derive(Debug)]
pub(super) struct Visit {
    /// In Unix milliseconds.
    pub(super) at: i64,
    pub(super) web: WebVisit,
}

/// Reads what is new in a copy. `browser` and `profile` are written into each visit; `now` is in
/// Unix microseconds.
pub(super) fn read(
    copy: &Path,
    family: Family,
    (browser, profile): (&str, Option<&str>),
    mut position: Position,
    now: i64,
) -> Result<Reading, Fault> {
    let connection = open(copy)?;
    position.hold_to(now);
    if is_empty(&connection)? {
        return Ok(Reading {
            from: position,
            rows: Vec::new(),
            more: false,
        });
    }
    let query = Query {
        select: family.select(&connection)?,
        connection: &connection,
        family,
        browser,
        profile,
    };
    query.after(position, now)
}

/// The browser has made the file and nothing in it yet.
fn is_empty(connection: &Connection) -> Result<bool, Fault> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

fn open(copy: &Path) -> Result<Connection, Fault> {
    // Written to as well: what a killed browser left behind is completed or rolled back here.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(copy, flags)?;
    for (config, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    ] {
        connection.set_db_config(config, on)?;
    }
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, MAX_VALUE),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        connection.set_limit(limit, most)?;
    }
    let end = Instant::now() + MAX_TIME;
    connection.progress_handler(STEPS, Some(move || Instant::now() >= end))?;
    Ok(connection)
}

struct Query<'a> {
    connection: &'a Connection,
    select: String,
    family: Family,
    browser: &'a str,
    profile: Option<&'a str>,
}

impl Query<'_> {
    /// What follows the newest remembered row that is still there.
    fn after(&self, mut position: Position, now: i64) -> Result<Reading, Fault> {
        let mut gone = 0_usize;
        let mut left = None;
        for (id, mark) in position.newest_first() {
            if self
                .rows("v.id = ?1", [id])?
                .0
                .iter()
                .any(|row| row.mark == mark)
            {
                left = Some(id);
                break;
            }
            gone += 1;
        }
        if gone > 0 {
            tracing::debug!(gone, "visits are gone from a history");
        }
        let Some(id) = left else {
            return self.later_than(position, now);
        };
        position.rewind_to(id);
        let limit = MAX_ROWS + 1;
        let condition = format!("v.id > ?1 ORDER BY v.id LIMIT {limit}");
        let (rows, more) = self.rows(&condition, [id])?;
        Ok(Reading {
            from: position,
            rows,
            more,
        })
    }

    /// What is later than everything that was read, when no row is known any more or yet.
    fn later_than(&self, mut position: Position, now: i64) -> Result<Reading, Fault> {
        position.forget();
        let time = self.family.time_column();
        let latest = self.family.stored(position.latest);
        let limit = MAX_ROWS + 1;
        let condition = format!("{time} > ?1 ORDER BY v.id LIMIT {limit}");
        let (rows, more) = self.rows(&condition, [latest])?;
        // Those before them are known from now on. With more to come, only such as the rest follows.
        let below = match rows.first() {
            Some(row) if more => row.id,
            _ => i64::MAX,
        };
        let condition = format!("{time} <= ?1 AND v.id < ?2 ORDER BY v.id DESC LIMIT {REMEMBERED}");
        for row in self.rows(&condition, [latest, below])?.0 {
            position.note(row.id, row.mark, now.min(position.latest));
        }
        Ok(Reading {
            from: position,
            rows,
            more,
        })
    }

    /// As many as are held at once, and whether there are more.
    fn rows(&self, condition: &str, params: impl Params) -> Result<(Vec<Row>, bool), Fault> {
        let sql = format!("{} WHERE {condition}", self.select);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params)?;
        let mut read = Vec::new();
        let mut held = 0_usize;
        while let Some(row) = rows.next()? {
            if read.len() >= MAX_ROWS || held >= MAX_TEXT {
                return Ok((read, true));
            }
            let row = self.row(row)?;
            held = held.saturating_add(row.text());
            read.push(row);
        }
        Ok((read, false))
    }

    fn row(&self, row: &rusqlite::Row<'_>) -> Result<Row, Fault> {
        let id = row.get(0)?;
        let url = text(row.get_ref(2)?);
        let at_us = integer(row.get_ref(1)?).and_then(|stored| self.family.unix_us(stored));
        let mark = Mark {
            at: at_us.unwrap_or(0),
            hash: hash(url.as_deref().unwrap_or_default()),
        };
        let elsewhere = integer(row.get_ref(5)?) != Some(0);
        let kind = integer(row.get_ref(4)?);
        let visit = match (at_us, url) {
            (Some(at_us), Some(url)) if !elsewhere && SANE_US.contains(&at_us) => Some(Visit {
                at: at_us.div_euclid(1000),
                web: WebVisit {
                    url: address(&url),
                    title: title(text(row.get_ref(3)?).as_deref()),
                    browser: self.browser.to_owned(),
                    profile: self.profile.map(str::to_owned),
                    transition: kind.map(|kind| self.family.transition(kind)),
                    private: Some(false),
                },
            }),
            _ => None,
        };
        Ok(Row { id, mark, visit })
    }
}

impl Row {
    /// Bytes of its texts.
    fn text(&self) -> usize {
        self.visit.as_ref().map_or(0, |Visit { web, .. }| {
            let title = web.title.as_ref().map_or(0, String::len);
            web.url.len().saturating_add(title)
        })
    }
}

fn integer(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    }
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

fn hash(url: &str) -> u64 {
    let Hash(hash) = Hash::of(url.as_bytes());
    hash[..8]
        .iter()
        .fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}
