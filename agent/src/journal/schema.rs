//! The tables, and the look at a journal before it is used.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use super::{OpenError, WriteError, meta};
use crate::files;
use crate::identity::Identity;

/// "PVSJ": a journal and no other database.
const APPLICATION: i64 = 0x5056_534a;
/// The form of the tables. A change of them raises it and keeps a reader for the one before.
const FORM: i64 = 1;

const TABLES: &str = "
    CREATE TABLE meta (
        key TEXT PRIMARY KEY, value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- The open report from `closed` on; before that what the person is shown. `life`: 0 what the
    -- person did, 1 a sign of life, 2 what the person says.
    CREATE TABLE line (
        seq INTEGER PRIMARY KEY, account TEXT, life INTEGER NOT NULL, line BLOB NOT NULL,
        rules TEXT NOT NULL
    ) STRICT;
    -- Closed reports without a receipt.
    CREATE TABLE report (
        first INTEGER PRIMARY KEY, at INTEGER NOT NULL, bytes BLOB NOT NULL
    ) STRICT;
    -- Where reports ended, to compare receipts with.
    CREATE TABLE checkpoint (
        size INTEGER PRIMARY KEY, root BLOB NOT NULL
    ) STRICT;
    CREATE TABLE cursor (
        source TEXT PRIMARY KEY, value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- What the next heartbeat states.
    CREATE TABLE counter (
        sort TEXT NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (sort, name)
    ) STRICT, WITHOUT ROWID;
    -- Recorded visits that no second source has confirmed.
    CREATE TABLE visit (
        seq INTEGER PRIMARY KEY, key BLOB NOT NULL, at INTEGER NOT NULL, method TEXT NOT NULL,
        rules TEXT NOT NULL, noted INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX visit_key ON visit (key, at);
    -- Confirmed visits whose confirmation is not a record yet.
    CREATE TABLE confirmed (
        seq INTEGER PRIMARY KEY, method TEXT NOT NULL, account TEXT, clauses TEXT NOT NULL,
        ordered BLOB NOT NULL, at INTEGER NOT NULL
    ) STRICT;
    -- Programs whose start is recorded and whose end is not.
    CREATE TABLE program (
        pid INTEGER NOT NULL, started INTEGER NOT NULL, seq INTEGER NOT NULL,
        clauses TEXT NOT NULL, ordered BLOB NOT NULL, PRIMARY KEY (pid, started)
    ) STRICT, WITHOUT ROWID;
    -- What `status` counts.
    CREATE TABLE tally (
        hour INTEGER NOT NULL, sort TEXT NOT NULL, account TEXT NOT NULL, name TEXT NOT NULL,
        count INTEGER NOT NULL, PRIMARY KEY (hour, sort, account, name)
    ) STRICT, WITHOUT ROWID;
";

/// Opens the file, or makes it; checks that it is whole and belongs to this device.
pub(super) fn open(path: &Path, identity: &Identity) -> Result<Connection, OpenError> {
    if !path.exists() {
        // With the rights of a private file; the database's other files take them over.
        files::write_private(path, b"").map_err(|source| OpenError::Io {
            path: path.to_owned(),
            source,
        })?;
    }
    let fault = |source: rusqlite::Error| match WriteError::from(source) {
        WriteError::Database(source) => OpenError::Database {
            path: path.to_owned(),
            source,
        },
        other => OpenError::Damaged {
            path: path.to_owned(),
            what: other.to_string(),
        },
    };
    let mut db = Connection::open(path).map_err(fault)?;
    settings(&db).map_err(fault)?;
    let (application, form) = marks(&db).map_err(fault)?;
    if (application, form) == (0, 0) && is_empty(&db).map_err(fault)? {
        create(&mut db, identity).map_err(fault)?;
        return Ok(db);
    }
    let damaged = |what: &str| OpenError::Damaged {
        path: path.to_owned(),
        what: what.to_owned(),
    };
    if application != APPLICATION {
        return Err(damaged("it is not a journal of proviso-agent"));
    }
    if form > FORM {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: form,
            known: FORM,
        });
    }
    let whole: Option<String> = db
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .optional()
        .map_err(fault)?;
    if whole.as_deref() != Some("ok") {
        return Err(damaged(whole.as_deref().unwrap_or("it cannot be checked")));
    }
    let owner = meta::get(&db, meta::DEVICE).map_err(fault)?;
    let owner = owner.ok_or_else(|| damaged("it does not say whose it is"))?;
    if !owner.starts_with(format!("{}\n", identity.device()).as_bytes()) {
        return Err(OpenError::Stranger {
            path: path.to_owned(),
        });
    }
    Ok(db)
}

fn settings(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "PRAGMA auto_vacuum = INCREMENTAL;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA cache_size = -512;
         PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = 1048576;",
    )?;
    db.set_prepared_statement_cache_capacity(32);
    Ok(())
}

fn marks(db: &Connection) -> rusqlite::Result<(i64, i64)> {
    let mark = |name| db.pragma_query_value(None, name, |row| row.get(0));
    Ok((mark("application_id")?, mark("user_version")?))
}

fn is_empty(db: &Connection) -> rusqlite::Result<bool> {
    db.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
        row.get(0)
    })
}

/// In one transaction: a journal that is half made is made anew.
fn create(db: &mut Connection, identity: &Identity) -> rusqlite::Result<()> {
    let transaction = db.transaction()?;
    transaction.execute_batch(TABLES)?;
    meta::put(&transaction, meta::DEVICE, &owner_of(identity))?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", FORM)?;
    transaction.commit()
}

/// Whose: each enrolment has a number of its own.
fn owner_of(identity: &Identity) -> Vec<u8> {
    format!("{}\n", identity.device()).into_bytes()
}
