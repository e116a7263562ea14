//! The tables, and the check that refuses a store this program does not know.
//!
//! Promises: the statements use only types and clauses that SQLite and PostgreSQL share. A store of
//! an earlier version is brought up to [`VERSION`] when it is opened, in one transaction; one of a
//! later version is not opened. A change to a table is a new version with a step of its own, never
//! an edit of an earlier one.
//!
//! Refuses: names and addresses anywhere but in `register` and `register_device`. Activity tables
//! know people by `person.id`, which says nothing.
//!
//! The life of a report by table: `report` holds the signed bytes verbatim; in the same
//! transaction `device.size`/`root`/`range` move on, `finding` gets what the judge found, `alert`
//! and `outbox` what people must be told, `judge_state` what the judge remembers of the log and
//! `cannot_tell` the counts of what could not be judged. Everything but `report`, `decision` and the
//! register can be rebuilt.

mod desk;

use super::StoreError;
use super::sql::{Read, Session, SqlError};

/// The version this program reads and writes.
pub const VERSION: &str = "14";

/// All tables of version 1. Times are Unix milliseconds; ids, digests and devices are lower hex.
pub const FIRST: &str = include_str!("schema/steps/first.sql");

/// From version 1 to 2: what the judge remembers, what it could not tell, and updates of lists with
/// what findings rest on because of them (`finding.basis`; NULL: the order as its file says).
/// `device.judged` is how much of the log the state is of: a collector of version 1 that still runs
/// moves the size and not this, so its reports are followed afterwards. `cannot_tell.day` is
/// `2026-11-24`, a day of the order's zone.
const SECOND: &str = include_str!("schema/steps/second.sql");

/// The ledger: entries, the checkpoints over them, what witnesses and time-stamping authorities signed
/// under these. Each row that an entry is about names it (`entry`; NULL: from before the ledger).
const LEDGER: &str = include_str!("schema/steps/ledger.sql");

/// From version 3 to 4: updates of lists that only the collector holds (`list_update.held`, 0 or 1), and
/// for each log under their order the first record for which such an update counts.
const HELD: &str = include_str!("schema/steps/held.sql");

/// From version 4 to 5: the keys that logs named ([`log_keys`](super::log_keys)), and logs that go on
/// where another one of the same computer was broken off: which one, and by which incident.
const LOG_KEYS: &str = include_str!("schema/steps/log_keys.sql");

/// From version 5 to 6: how devices were watched. `report.not_before` is the time (Unix seconds) of
/// the newest receipt that the report or one before it names; NULL: not known. `watch` is what must be
/// known of a log to go on following its life, as JSON. `condition` is what is or was wrong with
/// watching: `since` and `until` by the device's clock, `known` and `cleared` by the collector's.
const LIFE: &str = include_str!("schema/steps/life.sql");

/// From version 6 to 7: what was asked to be erased, what was, and what must not be. `finding.erased` is
/// the erasure that took what the finding quotes. `erasure.cleaned`: NULL while the store's file may
/// still hold what was erased. `hold.records`: NULL means everything.
const ERASURES: &str = include_str!("schema/steps/erasures.sql");

/// From version 7 to 8: which key of a person counts (NULL: none was made yet), and requests to erase
/// everything, which destroy it.
const KEYS: &str = include_str!("schema/steps/keys.sql");

/// From version 9 to 10: which reports overlap a time is told by an index alone. A report's own row has its bytes
/// before its times, so asking the rows reads years of reports for ten minutes of one.
const SPANS: &str = include_str!("schema/steps/spans.sql");

/// From version 10 to 11: notes can be erased. `officer_note.erased` is the erasure that took its words;
/// `erasure_request.notes` the notes that were asked for, ids with blanks between (NULL: records were).
const NOTES: &str = include_str!("schema/steps/notes.sql");

/// From version 11 to 12: in which zone somebody reads times (`staff.zone`; empty: in that of this collector), and in
/// which zone each device shows them from a record on (`device_zone`).
const ZONES: &str = include_str!("schema/steps/zones.sql");

/// From version 12 to 13: a decision in whose place there is another one by now waits for nobody's agreement
/// (`casefile.unsigned`), and no case for it.
const SETTLED: &str = include_str!("schema/steps/settled.sql");

/// From version 13 to 14: by what records were chosen that were asked to be erased (`erasure_request.wanted`, JSON;
/// NULL: notes were, or it was asked before), so that whoever is to confirm it can judge it.
const WANTED: &str = include_str!("schema/steps/wanted.sql");

/// From which version each step leads on.
const STEPS: [(&str, &str); 13] = [
    ("1", SECOND),
    ("2", LEDGER),
    ("3", HELD),
    ("4", LOG_KEYS),
    ("5", LIFE),
    ("6", ERASURES),
    ("7", KEYS),
    ("8", desk::DESK),
    ("9", SPANS),
    ("10", NOTES),
    ("11", ZONES),
    ("12", SETTLED),
    ("13", WANTED),
];

/// Makes the tables in an empty file.
pub(super) fn create(session: &Session) -> Result<(), SqlError> {
    session.run("BEGIN IMMEDIATE")?;
    session.run(FIRST)?;
    for (_, step) in STEPS {
        session.run(step)?;
    }
    session.run("COMMIT")
}

/// Brings a store of an earlier version up to this one; leaves every other as it is.
pub(super) fn upgrade(session: &Session) -> Result<(), SqlError> {
    let found = session.look(version)?;
    if !STEPS.iter().any(|(from, _)| is_of(&found, from)) {
        return Ok(());
    }
    session.run("BEGIN IMMEDIATE")?;
    match steps(session) {
        Ok(()) => session.run("COMMIT"),
        Err(error) => {
            // What was begun is undone by the end of the connection, too.
            let _undone = session.run("ROLLBACK");
            Err(error)
        }
    }
}

/// Each from where the store stands: another process may have been quicker.
fn steps(session: &Session) -> Result<(), SqlError> {
    for (from, step) in STEPS {
        if is_of(&session.within(version)?, from) {
            session.run(step)?;
        }
    }
    Ok(())
}

/// Refuses a store of another version, one that has lost a table, or a file that is no store of ours.
pub(super) fn check(read: &Read<'_>) -> Result<(), StoreError> {
    let Some(found) = version(read)? else {
        return Err(StoreError::Strange);
    };
    if found != VERSION {
        return Err(StoreError::Version {
            found,
            wanted: VERSION,
        });
    }
    let there = read.tables()?;
    let lost: Vec<_> = tables().filter(|name| !there.contains(*name)).collect();
    match lost.is_empty() {
        true => Ok(()),
        false => Err(StoreError::Incomplete(lost.join(", "))),
    }
}

/// The tables that the steps make.
fn tables() -> impl Iterator<Item = &'static str> {
    let steps = std::iter::once(FIRST).chain(STEPS.map(|(_, step)| step));
    steps.flat_map(|step| {
        let made = step.split("CREATE TABLE ").skip(1);
        made.filter_map(|rest| rest.split([' ', '(', '\n']).next())
    })
}

/// What the store says of itself; `None`: nothing.
fn version(read: &Read<'_>) -> Result<Option<String>, SqlError> {
    let found = read.first(
        "SELECT value FROM meta WHERE key = $1",
        &["schema".into()],
        |row| row.text(0),
    );
    match found {
        // There is no such table.
        Err(SqlError::Other(_)) => Ok(None),
        other => other,
    }
}

fn is_of(found: &Option<String>, version: &str) -> bool {
    found.as_deref() == Some(version)
}

#[cfg(test)]
mod tests;
