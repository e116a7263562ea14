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
pub const VERSION: &str = "9";

/// All tables of version 1. Times are Unix milliseconds; ids, digests and devices are lower hex.
pub const FIRST: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE person (
    id TEXT PRIMARY KEY,
    pseudonym TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL
);
CREATE TABLE register (
    person TEXT PRIMARY KEY REFERENCES person (id),
    name TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE TABLE device (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    log_key BYTEA NOT NULL,
    cert_spki BYTEA NOT NULL,
    state TEXT NOT NULL,
    enrolled BIGINT NOT NULL,
    agent_version TEXT NOT NULL,
    platform TEXT NOT NULL,
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    range BYTEA NOT NULL,
    last_contact BIGINT,
    order_digest TEXT
);
CREATE INDEX device_person ON device (person);
CREATE TABLE register_device (
    device TEXT PRIMARY KEY REFERENCES device (id),
    host TEXT NOT NULL,
    accounts TEXT NOT NULL
);
CREATE TABLE token (
    hash BYTEA PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    accounts TEXT NOT NULL,
    expires BIGINT NOT NULL,
    used BIGINT
);

CREATE TABLE orders (
    digest TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id),
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    sigs TEXT NOT NULL,
    put BIGINT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (digest, person)
);
CREATE TABLE list (sha256 TEXT PRIMARY KEY, bytes BYTEA NOT NULL);

CREATE TABLE report (
    device TEXT NOT NULL REFERENCES device (id),
    first BIGINT NOT NULL,
    count BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    received BIGINT NOT NULL,
    receipt BIGINT NOT NULL,
    min_at BIGINT NOT NULL,
    max_at BIGINT NOT NULL,
    range_before BYTEA NOT NULL,
    PRIMARY KEY (device, first)
);
CREATE INDEX report_time ON report (device, max_at);

CREATE TABLE finding (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL REFERENCES device (id),
    person TEXT NOT NULL REFERENCES person (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    rule TEXT NOT NULL,
    clause TEXT NOT NULL,
    severity TEXT NOT NULL,
    matched TEXT NOT NULL,
    engine TEXT NOT NULL,
    order_digest TEXT NOT NULL,
    made BIGINT NOT NULL,
    proof TEXT NOT NULL
);
CREATE INDEX finding_person ON finding (person, at);
CREATE INDEX finding_device ON finding (device, seq);
CREATE INDEX finding_unproven ON finding (device, seq) WHERE proof = 'unproven';
CREATE TABLE alert (
    finding TEXT PRIMARY KEY REFERENCES finding (id),
    person TEXT NOT NULL REFERENCES person (id),
    opened BIGINT NOT NULL,
    state TEXT NOT NULL
);
CREATE INDEX alert_person ON alert (person, state);
CREATE INDEX alert_state ON alert (state);
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    finding TEXT NOT NULL,
    channel TEXT NOT NULL,
    next_try BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    done BIGINT,
    failure TEXT,
    UNIQUE (finding, channel)
);
CREATE INDEX outbox_due ON outbox (done, next_try);
CREATE TABLE incident (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL REFERENCES device (id),
    person TEXT NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    bytes BYTEA
);
CREATE INDEX incident_person ON incident (person, at);

CREATE TABLE staff (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    failed BIGINT NOT NULL,
    locked_until BIGINT
);
CREATE TABLE web_session (
    hash BYTEA PRIMARY KEY,
    staff TEXT NOT NULL REFERENCES staff (id),
    expires BIGINT NOT NULL,
    csrf BYTEA NOT NULL
);
CREATE TABLE decision (
    id TEXT PRIMARY KEY,
    finding TEXT NOT NULL REFERENCES finding (id),
    staff TEXT NOT NULL REFERENCES staff (id),
    at BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX decision_finding ON decision (finding, at);
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    staff TEXT NOT NULL,
    action TEXT NOT NULL,
    person TEXT,
    reason TEXT NOT NULL
);
CREATE INDEX audit_time ON audit (at);

INSERT INTO meta (key, value) VALUES ('schema', '1'), ('orders', '0');
";

/// From version 1 to 2: what the judge remembers, what it could not tell, and updates of lists with
/// what findings rest on because of them (`finding.basis`; NULL: the order as its file says).
/// `device.judged` is how much of the log the state is of: a collector of version 1 that still runs
/// moves the size and not this, so its reports are followed afterwards. `cannot_tell.day` is
/// `2026-11-24`, a day of the order's zone.
const SECOND: &str = "
ALTER TABLE device ADD COLUMN judged BIGINT NOT NULL DEFAULT 0;
CREATE TABLE judge_state (
    device TEXT PRIMARY KEY REFERENCES device (id),
    engine TEXT NOT NULL,
    bytes BYTEA NOT NULL
);
CREATE TABLE cannot_tell (
    device TEXT NOT NULL REFERENCES device (id),
    person TEXT NOT NULL REFERENCES person (id),
    day TEXT NOT NULL,
    order_digest TEXT NOT NULL,
    rule TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (device, day, order_digest, rule, kind, reason)
);
CREATE INDEX cannot_tell_person ON cannot_tell (person, day);
CREATE TABLE list_update (
    order_digest TEXT NOT NULL,
    place BIGINT NOT NULL,
    list TEXT NOT NULL,
    number BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes BYTEA NOT NULL,
    sig BYTEA NOT NULL,
    put BIGINT NOT NULL,
    PRIMARY KEY (order_digest, place),
    UNIQUE (order_digest, list, number)
);
ALTER TABLE finding ADD COLUMN basis TEXT;
UPDATE meta SET value = '2' WHERE key = 'schema';
";

/// The ledger: entries, the checkpoints over them, what witnesses and time-stamping authorities signed
/// under these. Each row that an entry is about names it (`entry`; NULL: from before the ledger).
const LEDGER: &str = "
CREATE TABLE ledger (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    salt BYTEA NOT NULL,
    line TEXT NOT NULL,
    nodes BYTEA NOT NULL
);
CREATE TABLE ledger_checkpoint (
    size BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    signed TEXT NOT NULL,
    exported BIGINT NOT NULL
);
CREATE TABLE ledger_cosignature (
    size BIGINT NOT NULL,
    witness TEXT NOT NULL,
    time BIGINT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (size, witness)
);
CREATE INDEX ledger_cosignature_witness ON ledger_cosignature (witness, size);
CREATE TABLE ledger_timestamp (
    size BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    token BYTEA NOT NULL
);
CREATE TABLE ledger_trouble (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    witness TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    entry BIGINT NOT NULL
);
CREATE TABLE bundle (
    entry BIGINT PRIMARY KEY,
    manifest TEXT NOT NULL,
    person TEXT NOT NULL,
    at BIGINT NOT NULL,
    staff TEXT NOT NULL,
    purpose TEXT NOT NULL,
    size BIGINT NOT NULL
);
CREATE INDEX bundle_person ON bundle (person);
ALTER TABLE report ADD COLUMN entry BIGINT;
ALTER TABLE device ADD COLUMN entry BIGINT;
ALTER TABLE orders ADD COLUMN entry BIGINT;
ALTER TABLE list_update ADD COLUMN entry BIGINT;
ALTER TABLE decision ADD COLUMN entry BIGINT;
ALTER TABLE audit ADD COLUMN entry BIGINT;
ALTER TABLE incident ADD COLUMN entry BIGINT;
UPDATE meta SET value = '3' WHERE key = 'schema';
";

/// From version 3 to 4: updates of lists that only the collector holds (`list_update.held`, 0 or 1), and
/// for each log under their order the first record for which such an update counts.
const HELD: &str = "
ALTER TABLE list_update ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
CREATE TABLE held_update (
    device TEXT NOT NULL REFERENCES device (id),
    order_digest TEXT NOT NULL,
    place BIGINT NOT NULL,
    first BIGINT NOT NULL,
    PRIMARY KEY (device, order_digest, place)
);
UPDATE meta SET value = '4' WHERE key = 'schema';
";

/// From version 4 to 5: the keys that logs named ([`log_keys`](super::log_keys)), and logs that go on
/// where another one of the same computer was broken off: which one, and by which incident.
const LOG_KEYS: &str = "
CREATE TABLE log_key (
    device TEXT NOT NULL REFERENCES device (id),
    since BIGINT NOT NULL,
    key BYTEA NOT NULL,
    PRIMARY KEY (device, since)
);
ALTER TABLE device ADD COLUMN follows TEXT;
ALTER TABLE device ADD COLUMN broken_by TEXT;
CREATE INDEX device_follows ON device (follows);
CREATE INDEX device_certificate ON device (cert_spki);
UPDATE meta SET value = '5' WHERE key = 'schema';
";

/// From version 5 to 6: how devices were watched. `report.not_before` is the time (Unix seconds) of
/// the newest receipt that the report or one before it names; NULL: not known. `watch` is what must be
/// known of a log to go on following its life, as JSON. `condition` is what is or was wrong with
/// watching: `since` and `until` by the device's clock, `known` and `cleared` by the collector's.
const LIFE: &str = "
ALTER TABLE report ADD COLUMN not_before BIGINT;
CREATE TABLE watch (
    device TEXT PRIMARY KEY REFERENCES device (id),
    last TEXT NOT NULL
);
CREATE TABLE condition (
    device TEXT NOT NULL REFERENCES device (id),
    person TEXT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    seq BIGINT NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT,
    known BIGINT NOT NULL,
    cleared BIGINT,
    PRIMARY KEY (device, kind, source, since)
);
CREATE INDEX condition_cleared ON condition (cleared);
UPDATE meta SET value = '6' WHERE key = 'schema';
";

/// From version 6 to 7: what was asked to be erased, what was, and what must not be. `finding.erased` is
/// the erasure that took what the finding quotes. `erasure.cleaned`: NULL while the store's file may
/// still hold what was erased. `hold.records`: NULL means everything.
const ERASURES: &str = "
ALTER TABLE finding ADD COLUMN erased TEXT;
CREATE TABLE erasure_request (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    asked BIGINT NOT NULL,
    staff TEXT NOT NULL,
    rule TEXT NOT NULL,
    reason TEXT NOT NULL,
    records TEXT NOT NULL,
    closed BIGINT
);
CREATE TABLE erasure (
    id TEXT PRIMARY KEY REFERENCES erasure_request (id),
    at BIGINT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id),
    line TEXT NOT NULL,
    entry BIGINT NOT NULL,
    cleaned BIGINT
);
CREATE INDEX erasure_person ON erasure (person);
CREATE TABLE hold (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL,
    held_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    exhibit TEXT,
    records TEXT,
    lifted BIGINT,
    lifted_by TEXT
);
CREATE INDEX hold_person ON hold (person);
UPDATE meta SET value = '7' WHERE key = 'schema';
";

/// From version 7 to 8: which key of a person counts (NULL: none was made yet), and requests to erase
/// everything, which destroy it.
const KEYS: &str = "
ALTER TABLE person ADD COLUMN key_number BIGINT;
ALTER TABLE erasure_request ADD COLUMN whole BIGINT NOT NULL DEFAULT 0;
UPDATE meta SET value = '8' WHERE key = 'schema';
";

/// From which version each step leads on.
const STEPS: [(&str, &str); 8] = [
    ("1", SECOND),
    ("2", LEDGER),
    ("3", HELD),
    ("4", LOG_KEYS),
    ("5", LIFE),
    ("6", ERASURES),
    ("7", KEYS),
    ("8", desk::DESK),
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

/// Refuses a store of another version, or a file that is no store of ours.
pub(super) fn check(read: &Read<'_>) -> Result<(), StoreError> {
    let found = version(read)?;
    if is_of(&found, VERSION) {
        return Ok(());
    }
    Err(StoreError::Version {
        found: found.unwrap_or_else(|| "none".to_owned()),
        wanted: VERSION,
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
mod tests {
    use super::*;
    use crate::store::cases::Stage;
    use crate::store::conditions;
    use crate::store::devices::{self, Device};
    use crate::store::judged::{self, Kept};
    use crate::store::updates::{self, StoredUpdate};
    use crate::store::{
        DeviceId, Hash, Store, cases, erasures, findings, holds, log_keys, reports, rulings,
    };

    #[test]
    fn a_store_of_the_first_version_is_brought_up_with_all_that_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let session = Session::writer(&path, true).unwrap();
        session.run(FIRST).unwrap();
        session
            .run(
                "INSERT INTO person VALUES ('00000000000000000000000000000001', 'P-1', 1);
                 INSERT INTO device VALUES ('01010101010101010101010101010101',
                 '00000000000000000000000000000001', zeroblob(32), zeroblob(32), 'active', 1, '',
                 '', 12, zeroblob(32), x'09', NULL, NULL);",
            )
            .unwrap();
        drop(session);

        let store = Store::open(&path).unwrap();
        let look = |size| {
            let id = DeviceId([1; 16]);
            let read = store.read_blocking(|read| {
                let kept = judged::state(read, id, size, "engine")?;
                Ok::<_, StoreError>((devices::get(read, id)?, kept))
            });
            read.unwrap()
        };
        let (Some(Device { size: 12, .. }), kept) = look(12) else {
            panic!("the device is not there");
        };
        assert_eq!(kept, Kept::Nothing, "its log was not followed");
        store.close();
        drop(store);
        assert_eq!(
            Session::writer(&path, false)
                .unwrap()
                .look(version)
                .unwrap(),
            Some(VERSION.to_owned())
        );
        assert!(Store::open(&path).is_ok(), "a second time");
    }

    #[test]
    fn a_store_of_the_second_version_keeps_its_updates_as_those_of_devices() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let session = Session::writer(&path, true).unwrap();
        session.run(FIRST).unwrap();
        session.run(SECOND).unwrap();
        let order = Hash([1; 32]);
        session
            .run(
                "INSERT INTO list_update VALUES (replace(hex(zeroblob(32)), '00', '01'), 0, 'social',
                 1, replace(hex(zeroblob(32)), '00', '02'), x'09', x'08', 7);",
            )
            .unwrap();
        drop(session);

        let store = Store::open(&path).unwrap();
        let kept = store
            .read_blocking(|read| Ok::<_, StoreError>(updates::of_order(read, &order)?))
            .unwrap();
        let wanted = StoredUpdate {
            order,
            list: "social".to_owned(),
            number: 1,
            sha256: Hash([2; 32]),
            bytes: vec![9],
            signature: vec![8],
            put: 7,
            held: false,
        };
        assert_eq!(kept, [wanted]);
        let counting = store
            .read_blocking(|read| Ok::<_, StoreError>(updates::held_of(read, DeviceId([1; 16]))?));
        assert_eq!(counting.unwrap(), []);
    }

    #[test]
    fn each_version_is_brought_up_and_a_later_one_is_left_alone() {
        for done in 0..=STEPS.len() {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("store.db");
            let session = Session::writer(&path, true).unwrap();
            session.run(FIRST).unwrap();
            for (from, step) in &STEPS[..done] {
                assert!(is_of(&session.look(version).unwrap(), from));
                session.run(step).unwrap();
            }
            drop(session);
            let store = Store::open(&path).unwrap();
            let keys = store.read_blocking(|read| {
                Ok::<_, StoreError>(log_keys::of_device(read, DeviceId([1; 16]))?)
            });
            assert_eq!(keys.unwrap(), []);
            let erased = store.read_blocking(|read| {
                let person = "00000000000000000000000000000001".parse().unwrap();
                let held = holds::of_person(read, &person)?;
                Ok::<_, StoreError>((erasures::of_person(read, &person)?, held))
            });
            assert_eq!(erased.unwrap(), (Vec::new(), Vec::new()));
            store.close();
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let session = Session::writer(&path, true).unwrap();
        create(&session).unwrap();
        let later = "UPDATE meta SET value = '99' WHERE key = 'schema'";
        session.run(later).unwrap();
        drop(session);
        assert!(matches!(
            Store::open(&path),
            Err(StoreError::Version { .. })
        ));
    }

    #[test]
    fn reports_of_before_have_no_lower_bound_and_devices_no_conditions() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let session = Session::writer(&path, true).unwrap();
        for step in [FIRST, SECOND, LEDGER, HELD, LOG_KEYS] {
            session.run(step).unwrap();
        }
        session
            .run(
                "INSERT INTO person VALUES ('00000000000000000000000000000001', 'P-1', 1);
                 INSERT INTO device (id, person, log_key, cert_spki, state, enrolled, agent_version,
                 platform, size, root, range) VALUES ('01010101010101010101010101010101',
                 '00000000000000000000000000000001', zeroblob(32), zeroblob(32), 'active', 1, '',
                 '', 1, zeroblob(32), x'09');
                 INSERT INTO report (device, first, count, bytes, received, receipt, min_at, max_at,
                 range_before) VALUES ('01010101010101010101010101010101', 0, 1, x'00', 5, 6, 7, 8,
                 x'00');",
            )
            .unwrap();
        drop(session);
        let store = Store::open(&path).unwrap();
        let id = DeviceId([1; 16]);
        let (report, last, conditions) = store
            .read_blocking(|read| {
                Ok::<_, StoreError>((
                    reports::last(read, id)?,
                    conditions::last(read, id)?,
                    conditions::of_late(read, 0)?,
                ))
            })
            .unwrap();
        let report = report.unwrap();
        assert_eq!((report.receipt, report.not_before), (6, None));
        assert_eq!((last, conditions), (None, vec![]));
    }

    #[test]
    fn findings_of_before_quote_what_they_quoted_and_nothing_is_on_hold() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let session = Session::writer(&path, true).unwrap();
        for step in [FIRST, SECOND, LEDGER, HELD, LOG_KEYS, LIFE] {
            session.run(step).unwrap();
        }
        session
            .run(
                "INSERT INTO person VALUES ('00000000000000000000000000000001', 'P-1', 1);
                 INSERT INTO device (id, person, log_key, cert_spki, state, enrolled, agent_version,
                 platform, size, root, range) VALUES ('01010101010101010101010101010101',
                 '00000000000000000000000000000001', zeroblob(32), zeroblob(32), 'active', 1, '',
                 '', 1, zeroblob(32), x'09');
                 INSERT INTO finding (id, device, person, seq, at, rule, clause, severity, matched,
                 engine, order_digest, made, proof) VALUES (replace(hex(zeroblob(16)), '00', '02'),
                 '01010101010101010101010101010101', '00000000000000000000000000000001', 0, 5, '4.a',
                 '4', 'breach', '[1]', 'engine', replace(hex(zeroblob(32)), '00', '03'), 6, 'proven');",
            )
            .unwrap();
        drop(session);
        let store = Store::open(&path).unwrap();
        let read = store.read_blocking(|read| {
            let person = "00000000000000000000000000000001".parse().unwrap();
            let found = findings::of_person(read, &person, 0, 9)?;
            let waiting = erasures::waiting(read)?;
            let erased = findings::erased(read, &person)?;
            let held = holds::of_person(read, &person)?;
            Ok::<_, StoreError>((
                found,
                erased.len(),
                waiting,
                held,
                erasures::uncleaned(read)?,
            ))
        });
        let (found, erased, waiting, held, uncleaned) = read.unwrap();
        assert_eq!((found.len(), found[0].matched.as_str()), (1, "[1]"));
        assert_eq!(
            (erased, waiting, held, uncleaned),
            (0, Vec::new(), Vec::new(), 0)
        );
    }

    #[test]
    fn what_waited_before_there_were_cases_lies_in_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let session = Session::writer(&path, true).unwrap();
        for step in [FIRST, SECOND, LEDGER, HELD, LOG_KEYS, LIFE, ERASURES, KEYS] {
            session.run(step).unwrap();
        }
        session
            .run(
                "INSERT INTO person (id, pseudonym, created) VALUES ('00000000000000000000000000000001', 'P-1', 1);
                 INSERT INTO staff (id, name, hash, failed) VALUES ('m', 'm', '', 0);
                 INSERT INTO device (id, person, log_key, cert_spki, state, enrolled, agent_version,
                 platform, size, root, range) VALUES ('01010101010101010101010101010101',
                 '00000000000000000000000000000001', zeroblob(32), zeroblob(32), 'active', 1, '',
                 '', 1, zeroblob(32), x'09');
                 INSERT INTO finding (id, device, person, seq, at, rule, clause, severity, matched, engine,
                 order_digest, made, proof) SELECT replace(hex(zeroblob(16)), '00', n),
                 '01010101010101010101010101010101', '00000000000000000000000000000001', 0, 5, '4.a', '4',
                 s, '[1]', 'engine', replace(hex(zeroblob(32)), '00', '03'), 6, 'proven'
                 FROM (SELECT '02' AS n, 'review' AS s UNION SELECT '03', 'urgent' UNION SELECT '04', 'breach');
                 INSERT INTO alert SELECT id, person, made, 'open' FROM finding;
                 UPDATE alert SET state = 'decided' WHERE finding LIKE '04%';
                 INSERT INTO decision (id, finding, staff, at, verdict, reason) SELECT v, id, 'm', v, v, ''
                 FROM finding JOIN (SELECT 1 AS v UNION SELECT 2) ON id LIKE '04%';
                 INSERT INTO condition (device, person, kind, source, seq, since, known)
                 SELECT device, person, 'killed', '', 1, at, 9 FROM finding LIMIT 1;
                 INSERT INTO incident (id, device, person, at, kind, detail)
                 SELECT 'i', device, person, 9, 'fork', '' FROM finding LIMIT 1;",
            )
            .unwrap();
        drop(session);
        let store = Store::open(&path).unwrap();
        let (cases, judged, lasting) = store
            .read_blocking(|read| {
                let person = "00000000000000000000000000000001".parse().unwrap();
                let cases = cases::of_person(read, &person, 9, 0)?;
                let killed = cases.iter().find(|one| one.subject == "killed").unwrap();
                let lasting = cases::lasting(read, &killed.id)?;
                Ok::<_, StoreError>((cases, rulings::verdicts(read, "4.a")?, lasting))
            })
            .unwrap();
        let lines: Vec<_> = cases
            .iter()
            .map(|one| (one.subject.as_str(), one.stage, one.waiting, one.total))
            .collect();
        assert_eq!(
            lines,
            [
                ("4", Stage::Waits, [1, 0, 1], 2),
                ("fork", Stage::Waits, [0, 1, 0], 1),
                ("killed", Stage::Waits, [0, 1, 0], 1),
                ("4", Stage::Done, [0, 0, 0], 1),
            ]
        );
        assert!(cases[0].lead.unwrap().to_string().starts_with("03"));
        assert_eq!((judged.len(), judged[0].verdict.as_str()), (1, "2"));
        assert_eq!(lasting, (1, None));
    }
}
