//! Makes histories as browsers do.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::super::family::Family;
use super::super::fault::Fault;
use super::super::position::Position;
use super::super::reading::{Reading, read};
use super::super::snapshot::Snapshot;
use crate::platform::accounts::{Account, AccountError, Owner};
use crate::platform::open_files::Program;
use crate::source::computer::Computer;

/// 2026-11-24T03:52:17Z in microseconds.
pub(super) const START: i64 = 1_795_492_337_000_000;
/// Later than every visit of these tests.
pub(super) const NOW: i64 = START + 86_400_000_000;
const FROM_1601: i64 = 11_644_473_600_000_000;
const WHOLE: i64 = 0x3000_0000;

/// A computer with one account, of whose programs nothing is seen but what is given.
pub(super) struct OneAccount {
    account: Account,
    pub(super) programs: Vec<Program>,
}

impl OneAccount {
    pub(super) fn new(account: Account) -> Self {
        Self {
            account,
            programs: Vec::new(),
        }
    }
}

impl Computer for OneAccount {
    fn account(&self, name: &str) -> Result<Account, AccountError> {
        if name == self.account.name {
            Ok(self.account.clone())
        } else {
            Err(AccountError::Unknown(name.to_owned()))
        }
    }

    fn programs(&self, _owner: Owner, _names: &[&str]) -> io::Result<Vec<Program>> {
        Ok(self.programs.clone())
    }
}

/// A history that a browser could have open: the connection stays.
pub(super) struct Made {
    pub(super) dir: tempfile::TempDir,
    pub(super) path: PathBuf,
    pub(super) live: Connection,
    family: Family,
}

impl Made {
    pub(super) fn new(family: Family) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let profile = dir.path().join("Default");
        std::fs::create_dir(&profile).unwrap();
        std::fs::create_dir(dir.path().join("scratch")).unwrap();
        let path = profile.join(family.database());
        let live = make(&path, family);
        Self {
            dir,
            path,
            live,
            family,
        }
    }

    /// A visit `second` seconds after the start.
    pub(super) fn visit(&self, url: &str, second: i64) {
        self.visit_at(url, START + second * 1_000_000);
    }

    pub(super) fn visit_at(&self, url: &str, at: i64) {
        visit(&self.live, self.family, url, at);
    }

    pub(super) fn scratch(&self) -> PathBuf {
        self.dir.path().join("scratch")
    }

    pub(super) fn read(&self, position: Position) -> Result<Reading, Fault> {
        read_copy(&self.path, self.family, &self.scratch(), position)
    }

    /// Reads all that is new; gives the addresses.
    pub(super) fn new_ones(&self, position: &mut Position) -> Vec<String> {
        let reading = self.read(position.clone()).unwrap();
        assert!(!reading.more);
        *position = reading.from;
        let mut urls = Vec::new();
        for row in reading.rows {
            position.note(row.id, row.mark, NOW);
            urls.extend(row.visit.map(|visit| visit.web.url));
        }
        // As it is stored between two readings.
        *position = Position::from_bytes(&position.to_bytes()).unwrap();
        urls
    }
}

pub(super) fn read_copy(
    path: &Path,
    family: Family,
    scratch: &Path,
    position: Position,
) -> Result<Reading, Fault> {
    let copy = Snapshot::take(path, me(), scratch)?;
    let reading = read(copy.path(), family, ("b", Some("p")), position, true, NOW);
    drop(copy);
    let left = std::fs::read_dir(scratch).unwrap().count();
    assert_eq!(left, 0, "copies are gone after reading");
    reading
}

pub(super) fn me() -> Owner {
    Owner(rustix::process::getuid().as_raw())
}

/// A history with the settings and the schema of the browser.
pub(super) fn make(path: &Path, family: Family) -> Connection {
    let live = Connection::open(path).unwrap();
    let schema = match family {
        Family::Chromium => {
            "PRAGMA locking_mode = EXCLUSIVE;
             PRAGMA journal_mode = PERSIST;
             CREATE TABLE urls(id INTEGER PRIMARY KEY AUTOINCREMENT, url LONGVARCHAR, title LONGVARCHAR,
                visit_count INTEGER, typed_count INTEGER, last_visit_time INTEGER, hidden INTEGER);
             CREATE TABLE visits(id INTEGER PRIMARY KEY AUTOINCREMENT, url INTEGER NOT NULL,
                visit_time INTEGER NOT NULL, from_visit INTEGER, transition INTEGER NOT NULL,
                segment_id INTEGER, visit_duration INTEGER, originator_cache_guid TEXT);
             CREATE TABLE visit_source(id INTEGER PRIMARY KEY, source INTEGER NOT NULL);
             CREATE INDEX visits_time_index ON visits(visit_time);"
        }
        Family::Firefox => {
            "PRAGMA page_size = 32768;
             PRAGMA journal_mode = WAL;
             PRAGMA wal_autocheckpoint = 0;
             CREATE TABLE moz_places(id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR,
                rev_host LONGVARCHAR, visit_count INTEGER, hidden INTEGER, guid TEXT);
             CREATE TABLE moz_historyvisits(id INTEGER PRIMARY KEY, from_visit INTEGER,
                place_id INTEGER, visit_date INTEGER, visit_type INTEGER, session INTEGER,
                source INTEGER);
             CREATE INDEX moz_historyvisits_dateindex ON moz_historyvisits(visit_date);"
        }
    };
    live.execute_batch(schema).unwrap();
    live
}

/// Writes a visit as the browser does.
pub(super) fn visit(live: &Connection, family: Family, url: &str, at: i64) {
    let title = format!("Title of {url}");
    let (place, visit, at) = match family {
        Family::Chromium => (
            "INSERT INTO urls(url, title) VALUES (?1, ?2)",
            "INSERT INTO visits(url, visit_time, transition, originator_cache_guid) \
             VALUES (?1, ?2, ?3, '')",
            at + FROM_1601,
        ),
        Family::Firefox => (
            "INSERT INTO moz_places(url, title) VALUES (?1, ?2)",
            "INSERT INTO moz_historyvisits(place_id, visit_date, visit_type) VALUES (?1, ?2, ?3)",
            at,
        ),
    };
    let kind = match family {
        Family::Chromium => WHOLE,
        Family::Firefox => 1,
    };
    live.execute(place, params![url, title]).unwrap();
    let id = live.last_insert_rowid();
    live.execute(visit, params![id, at, kind]).unwrap();
}
