//! The one code path to SQL.
//!
//! Promises: statements use `$1`, `$2` placeholders and only SQL that SQLite and PostgreSQL both
//! accept, so another engine can stand behind [`Read`] and [`Tx`] without touching a caller; what
//! the engine reports becomes a sentence in [`SqlError`].
//!
//! Refuses: statements built at run time (every statement is `&'static str`), and writing through
//! anything but a [`Tx`], which only the writer thread makes.

use std::cell::{RefCell, RefMut};
use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::Change;
use super::ledger::{self, Pending};
use super::vault::{Vault, VaultError};

/// How long a statement waits for another process that holds the write lock.
pub(super) const BUSY: Duration = Duration::from_secs(15);

/// How long to wait until nobody else has the file open.
const ALONE: Duration = Duration::from_millis(500);

/// Placeholder names in order; binding by name keeps `$2` second whatever the order of mention.
const NAMES: [&str; 20] = [
    "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15",
    "$16", "$17", "$18", "$19", "$20",
];

/// What went wrong in the store's engine, as a sentence that says what to do.
#[derive(Debug, thiserror::Error, Clone)]
pub enum SqlError {
    /// No room for another page.
    #[error(
        "the store is full: nothing was stored and no receipt was given; free space on the disk that holds the data directory"
    )]
    Full,
    /// Another process held the write lock for too long.
    #[error("the store is busy: another process has held it for too long; try again")]
    Busy,
    /// The file cannot be written.
    #[error(
        "the store cannot be written: give the user that runs the collector write access to the data directory"
    )]
    ReadOnly,
    /// The file is not a sound database.
    #[error("the store's file is damaged or is no database ({0}); restore it from a backup")]
    Damaged(String),
    /// A uniqueness or reference rule of the schema was broken.
    #[error("the store refused a row: {0}")]
    Constraint(String),
    /// A column held something else than the code expects.
    #[error("the store holds an unexpected value in column {column}: {detail}")]
    Column {
        /// Position in the statement.
        column: usize,
        /// What stood there.
        detail: String,
    },
    /// The key of a person.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Anything else the engine said.
    #[error("the store failed: {0}")]
    Other(String),
}

/// One value for a placeholder, borrowed.
#[derive(Debug, Clone, Copy)]
pub enum Param<'a> {
    /// SQL NULL.
    Null,
    /// BIGINT.
    Int(i64),
    /// TEXT.
    Text(&'a str),
    /// BYTEA.
    Bytes(&'a [u8]),
}

/// One row of an answer.
#[derive(Debug)]
pub struct Row<'a>(&'a rusqlite::Row<'a>, &'a Vault);

/// A connection that can only look.
#[derive(Debug)]
pub struct Read<'a> {
    connection: &'a Connection,
    vault: &'a Vault,
}

/// An open write transaction. Everything in it becomes durable together or not at all.
#[derive(Debug)]
pub struct Tx<'a> {
    read: Read<'a>,
    changes: RefCell<Vec<Change>>,
    pending: RefCell<Pending>,
}

/// What a job found when it began, to go back to.
#[derive(Debug)]
pub(super) struct Savepoint {
    announced: usize,
    entered: usize,
}

/// A connection of our own.
#[derive(Debug)]
pub(super) struct Session {
    connection: Connection,
    vault: Vault,
}

impl Read<'_> {
    /// All rows of a statement.
    pub fn query<T>(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<T, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, params)?;
        let mut rows = statement.raw_query();
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            out.push(each(&Row(row, self.vault))?);
        }
        Ok(out)
    }

    /// The first row of a statement, if there is one.
    pub fn first<T>(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
        each: impl FnOnce(&Row<'_>) -> Result<T, SqlError>,
    ) -> Result<Option<T>, SqlError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, params)?;
        let mut rows = statement.raw_query();
        match rows.next()? {
            Some(row) => each(&Row(row, self.vault)).map(Some),
            None => Ok(None),
        }
    }
}

impl Tx<'_> {
    /// Runs a statement that changes rows; says how many.
    pub fn execute(&self, sql: &'static str, params: &[Param<'_>]) -> Result<usize, SqlError> {
        let mut statement = self.read.connection.prepare_cached(sql)?;
        bind(&mut statement, params)?;
        Ok(statement.raw_execute()?)
    }

    /// Announces a change; it is broadcast after the commit and never if the commit fails.
    pub fn announce(&self, change: Change) {
        let mut changes = self.changes.borrow_mut();
        // A rota of a month is one change of who sees whom.
        let of_few = matches!(change, Change::Case { .. } | Change::Sight);
        if !(of_few && changes.contains(&change)) {
            changes.push(change);
        }
    }
}

impl Read<'_> {
    /// Which tables there are. Each engine has its own way to say it.
    pub(super) fn tables(&self) -> Result<BTreeSet<String>, SqlError> {
        let named = "SELECT name FROM sqlite_master WHERE type = 'table'";
        let all = self.query(named, &[], |row| row.text(0))?;
        Ok(all.into_iter().collect())
    }

    pub(super) const fn vault(&self) -> &Vault {
        self.vault
    }
}

impl<'a> Deref for Tx<'a> {
    type Target = Read<'a>;

    fn deref(&self) -> &Read<'a> {
        &self.read
    }
}

impl Row<'_> {
    /// A BIGINT.
    pub fn int(&self, column: usize) -> Result<i64, SqlError> {
        Ok(self.0.get(column)?)
    }

    /// A BIGINT that counts something.
    pub fn count(&self, column: usize) -> Result<u64, SqlError> {
        let value = self.int(column)?;
        u64::try_from(value).map_err(|_| unexpected(column, "a negative count"))
    }

    /// A BIGINT or NULL.
    pub fn maybe_int(&self, column: usize) -> Result<Option<i64>, SqlError> {
        Ok(self.0.get(column)?)
    }

    /// A TEXT.
    pub fn text(&self, column: usize) -> Result<String, SqlError> {
        Ok(self.0.get(column)?)
    }

    /// A TEXT or NULL.
    pub fn maybe_text(&self, column: usize) -> Result<Option<String>, SqlError> {
        Ok(self.0.get(column)?)
    }

    /// A TEXT read as something with a text form.
    pub fn parsed<T: std::str::FromStr>(&self, column: usize) -> Result<T, SqlError> {
        let text = self.text(column)?;
        text.parse().map_err(|_| unexpected(column, &text))
    }

    /// A TEXT or NULL read as something with a text form.
    pub fn maybe_parsed<T: std::str::FromStr>(&self, column: usize) -> Result<Option<T>, SqlError> {
        let Some(text) = self.maybe_text(column)? else {
            return Ok(None);
        };
        text.parse()
            .map(Some)
            .map_err(|_| unexpected(column, &text))
    }

    /// A BYTEA.
    pub fn bytes(&self, column: usize) -> Result<Vec<u8>, SqlError> {
        Ok(self.0.get(column)?)
    }

    /// A BYTEA or NULL.
    pub fn maybe_bytes(&self, column: usize) -> Result<Option<Vec<u8>>, SqlError> {
        Ok(self.0.get(column)?)
    }

    /// A BYTEA that is sealed at this place, as it was before.
    pub fn opened(&self, column: usize, place: &str) -> Result<Vec<u8>, SqlError> {
        Ok(self.1.open(place, self.bytes(column)?)?)
    }

    /// The same, or NULL.
    pub(super) fn maybe_opened(
        &self,
        column: usize,
        place: &str,
    ) -> Result<Option<Vec<u8>>, SqlError> {
        let bytes = self.maybe_bytes(column)?;
        Ok(bytes.map(|bytes| self.1.open(place, bytes)).transpose()?)
    }

    /// A TEXT that is sealed, as it was before.
    pub(super) fn opened_text(&self, column: usize) -> Result<String, SqlError> {
        Ok(self.1.open_text(self.text(column)?)?)
    }

    /// A BYTEA of exactly `N` bytes.
    pub fn array<const N: usize>(&self, column: usize) -> Result<[u8; N], SqlError> {
        let bytes = self.bytes(column)?;
        bytes
            .try_into()
            .map_err(|_| unexpected(column, "bytes of another length"))
    }
}

impl Session {
    /// Opens the file for writing; `create` decides whether it may be made.
    pub(super) fn writer(path: &Path, create: bool) -> Result<Self, SqlError> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        Self::prepared(connection, path)
    }

    fn prepared(connection: Connection, path: &Path) -> Result<Self, SqlError> {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
        connection.pragma_update(None, "cache_size", -16_000)?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(Self {
            connection,
            vault: Vault::beside(path),
        })
    }

    /// Opens the file for looking only.
    pub(super) fn reader(path: &Path) -> Result<Self, SqlError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(Self {
            connection,
            vault: Vault::beside(path),
        })
    }

    /// Opens the file for writing and for nobody else, of this process or another, until it is closed.
    /// Refuses while anybody has it open.
    pub(super) fn alone(path: &Path) -> Result<Self, SqlError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(ALONE)?;
        // Before the file is looked at: only then its log is taken alone, too.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        let session = Self::prepared(connection, path)?;
        session.run("BEGIN IMMEDIATE; COMMIT")?;
        Ok(session)
    }

    /// Writes the file anew without what was let go, and empties the log beside it.
    pub(super) fn scrub(&self) -> Result<(), SqlError> {
        self.connection.execute_batch("VACUUM")?;
        let busy = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                row.get::<_, i64>(0)
            })?;
        if busy == 0 {
            Ok(())
        } else {
            Err(SqlError::Busy)
        }
    }

    /// Bounds the file, as a full disk would.
    pub(super) fn limit_pages(&self, pages: u32) -> Result<(), SqlError> {
        Ok(self
            .connection
            .pragma_update(None, "max_page_count", pages)?)
    }

    /// Everything `look` reads comes from one snapshot.
    pub(super) fn look<T, E: From<SqlError>>(
        &self,
        look: impl FnOnce(&Read<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.run("BEGIN").map_err(E::from)?;
        let out = look(&Read {
            connection: &self.connection,
            vault: &self.vault,
        });
        // Nothing was written, so there is nothing a failing end could lose.
        let _ended = self.run("COMMIT");
        out
    }

    /// Looks from within a transaction of its own that is open.
    pub(super) fn within<T>(
        &self,
        look: impl FnOnce(&Read<'_>) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        look(&Read {
            connection: &self.connection,
            vault: &self.vault,
        })
    }

    /// For how long each statement waits from now on for another process that holds the write lock.
    pub(super) fn wait(&self, at_most: Duration) -> Result<(), SqlError> {
        Ok(self.connection.busy_timeout(at_most)?)
    }

    /// Opens the group's transaction.
    pub(super) fn begin(&self) -> Result<Tx<'_>, SqlError> {
        self.run("BEGIN IMMEDIATE")?;
        Ok(Tx {
            read: Read {
                connection: &self.connection,
                vault: &self.vault,
            },
            changes: RefCell::new(Vec::new()),
            pending: RefCell::default(),
        })
    }

    /// Runs a batch of statements without answers.
    pub(super) fn run(&self, sql: &'static str) -> Result<(), SqlError> {
        Ok(self.connection.execute_batch(sql)?)
    }
}

impl Tx<'_> {
    /// From now on what is taken out of the file is overwritten there, not only let go.
    pub fn overwrite(&self) -> Result<(), SqlError> {
        let connection = self.read.connection;
        Ok(connection.pragma_update(None, "secure_delete", true)?)
    }

    /// The entries of the ledger that were made in it.
    pub(super) fn pending(&self) -> RefMut<'_, Pending> {
        self.pending.borrow_mut()
    }

    pub(super) fn savepoint(&self) -> Result<Savepoint, SqlError> {
        self.read.connection.execute_batch("SAVEPOINT job")?;
        Ok(Savepoint {
            announced: self.changes.borrow().len(),
            entered: self.pending.borrow().len(),
        })
    }

    pub(super) fn keep(&self) -> Result<(), SqlError> {
        Ok(self.read.connection.execute_batch("RELEASE job")?)
    }

    /// Undoes one job, or says that the engine has thrown the whole transaction away.
    pub(super) fn undo(&self, to: &Savepoint) -> Result<(), SqlError> {
        self.changes.borrow_mut().truncate(to.announced);
        self.pending.borrow_mut().truncate(to.entered);
        if self.read.connection.is_autocommit() {
            return Err(SqlError::Full);
        }
        Ok(self
            .read
            .connection
            .execute_batch("ROLLBACK TO job; RELEASE job")?)
    }

    pub(super) fn commit(self) -> Result<Vec<Change>, SqlError> {
        ledger::write(&self)?;
        self.read.connection.execute_batch("COMMIT")?;
        Ok(self.changes.take())
    }
}

/// What was not committed is undone.
impl Drop for Tx<'_> {
    fn drop(&mut self) {
        if !self.read.connection.is_autocommit() {
            let _undone = self.read.connection.execute_batch("ROLLBACK");
        }
    }
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<Option<i64>> for Param<'_> {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Int)
    }
}

impl From<u64> for Param<'_> {
    /// Counts above `i64::MAX` cannot come from a log that exists; they saturate.
    fn from(value: u64) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<Option<&'a str>> for Param<'a> {
    fn from(value: Option<&'a str>) -> Self {
        value.map_or(Self::Null, Self::Text)
    }
}

impl<'a> From<Option<&'a [u8]>> for Param<'a> {
    fn from(value: Option<&'a [u8]>) -> Self {
        value.map_or(Self::Null, Self::Bytes)
    }
}

impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a> From<&'a Vec<u8>> for Param<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Param<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Bytes(value)
    }
}

impl rusqlite::ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        let detail = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(detail),
            Some(ErrorCode::ConstraintViolation) => Self::Constraint(detail),
            _ => match error {
                rusqlite::Error::InvalidColumnType(column, _, kind) => {
                    unexpected(column, &kind.to_string())
                }
                _ => Self::Other(detail),
            },
        }
    }
}

fn bind(
    statement: &mut rusqlite::CachedStatement<'_>,
    params: &[Param<'_>],
) -> Result<(), SqlError> {
    for (param, name) in params.iter().zip(NAMES) {
        let Some(index) = statement.parameter_index(name)? else {
            return Err(SqlError::Other(format!(
                "a statement has no placeholder {name}"
            )));
        };
        statement.raw_bind_parameter(index, param)?;
    }
    if statement.parameter_count() != params.len() {
        return Err(SqlError::Other(
            "a statement was given too few values".to_owned(),
        ));
    }
    Ok(())
}

fn unexpected(column: usize, detail: &str) -> SqlError {
    SqlError::Column {
        column,
        detail: detail.to_owned(),
    }
}
