//! Opens a copy of a browser's database, and asks what is in it.
//!
//! The copy is hostile input: its maker is the person under supervision. Triggers and views do
//! not run, what its schema names is not trusted, and sizes and time are bounded. Which tables and
//! columns there are is asked before they are named, so older and newer databases are read too.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::fault::Fault;

/// Longer than any browser keeps an address or a title.
const MAX_VALUE: i32 = 16 << 20;
/// For a history of years on a slow computer.
const MAX_TIME: Duration = Duration::from_secs(30);
/// SQLite's steps between two looks at the clock.
const STEPS: i32 = 10_000;
/// 1990 to 2200: outside no clock of a browser can be, and dates can still be printed.
pub(super) const SANE_US: std::ops::Range<i64> = 631_152_000_000_000..7_258_118_400_000_000;

/// Opens a copy; reading it may change it.
pub(super) fn open(copy: &Path) -> Result<Connection, Fault> {
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

/// The browser has made the file and nothing in it yet.
pub(super) fn is_empty(connection: &Connection) -> Result<bool, Fault> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// The only answer to a question; `None` when there is none, or another than a number.
pub(super) fn number(connection: &Connection, sql: &str) -> Result<Option<i64>, Fault> {
    let asked = connection.query_row(sql, [], |row| Ok(integer(row.get_ref(0)?)));
    Ok(asked.optional()?.flatten())
}

/// A number, if it is one.
pub(super) fn integer(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    }
}

/// A text, if it is one; what is no text in it is replaced.
pub(super) fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

/// The columns of a table; none if there is no such table.
#[derive(Debug)]
pub(super) struct Columns(Vec<String>);

/// Asks for them.
pub(super) fn columns(connection: &Connection, table: &str) -> Result<Columns, Fault> {
    let mut statement = connection.prepare(
        "SELECT c.name FROM sqlite_schema s, pragma_table_info(s.name) c \
         WHERE s.type = 'table' AND s.name = ?1",
    )?;
    let names = statement.query_map([table], |row| row.get(0))?;
    Ok(Columns(names.collect::<Result<_, _>>()?))
}

impl Columns {
    /// Is there one of this name?
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|column| column == name)
    }

    /// Refuses a table that lacks one of these.
    pub(super) fn need(&self, what: &'static str, names: &[&str]) -> Result<(), Fault> {
        if self.have(names) {
            Ok(())
        } else {
            Err(Fault::Form(what))
        }
    }

    /// Are there all of these?
    pub(super) fn have(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.has(name))
    }

    /// The expression where there is a column of this name.
    pub(super) fn or_null<'a>(&self, name: &str, expression: &'a str) -> &'a str {
        if self.has(name) { expression } else { "NULL" }
    }
}
