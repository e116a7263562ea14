//! The store's promises, one test each.

use std::path::{Path, PathBuf};

use super::devices::{Device, DeviceState, Registered};
use super::findings::{Finding, Proof};
use super::incidents::{Incident, IncidentKind};
use super::people::Person;
use super::reports::StoredReport;
use super::tokens::{Grant, Spent};
use super::*;

struct Fixture {
    dir: tempfile::TempDir,
    store: Store,
    device: DeviceId,
    person: PersonId,
}

impl Fixture {
    fn new(pages: Option<u32>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        Store::create(&path).unwrap();
        let (person, device) = (PersonId::from_random([7; 16]), DeviceId([1; 16]));
        let store = Store::open_limited(&path, pages).unwrap();
        let (whose, id) = (person.clone(), device);
        store
            .write_blocking("fixture", move |tx| -> Result<(), StoreError> {
                people::add(tx, &somebody(&whose))?;
                devices::add(tx, &some_device(id, &whose), &registered())?;
                Ok(())
            })
            .unwrap();
        Self {
            dir,
            store,
            device,
            person,
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("store.db")
    }

    fn append(&self, first: u64, bytes: Vec<u8>) -> Result<bool, StoreError> {
        let report = report(self.device, first, bytes);
        self.store
            .write_blocking("append", move |tx| append(tx, &report))
    }
}

fn somebody(id: &PersonId) -> Person {
    Person {
        id: id.clone(),
        pseudonym: "P-TEST".to_owned(),
        created: 1,
        name: "Alex Example".to_owned(),
        note: String::new(),
    }
}

fn some_device(id: DeviceId, person: &PersonId) -> Device {
    Device {
        id,
        person: person.clone(),
        log_key: [2; 32],
        cert_spki: [3; 32],
        state: DeviceState::Active,
        enrolled: 5,
        agent_version: "0.1.0".to_owned(),
        platform: "linux".to_owned(),
        size: 0,
        root: Hash::of(b""),
        range: vec![],
        last_contact: None,
        order: None,
    }
}

fn registered() -> Registered {
    Registered {
        host: "alexs-laptop".to_owned(),
        accounts: vec!["alex".to_owned()],
    }
}

fn report(device: DeviceId, first: u64, bytes: Vec<u8>) -> StoredReport {
    StoredReport {
        device,
        first,
        count: 10,
        bytes,
        received: 1_000,
        receipt: 1,
        min_at: i64::try_from(first).unwrap() * 10,
        max_at: i64::try_from(first).unwrap() * 10 + 99,
        range_before: vec![],
        not_before: None,
    }
}

fn append(tx: &Tx<'_>, report: &StoredReport) -> Result<bool, StoreError> {
    let size = report.first + report.count;
    let fits = devices::advance(
        tx,
        report.device,
        report.first,
        size,
        &Hash::of(b"x"),
        &[9],
        1_000,
    )?;
    if fits {
        reports::add(tx, report)?;
        tx.announce(Change::Contact {
            device: report.device,
        });
    }
    Ok(fits)
}

fn finding(device: DeviceId, person: &PersonId, proof: Proof) -> Finding {
    Finding {
        id: FindingId([4; 16]),
        device,
        person: person.clone(),
        seq: 3,
        at: 50,
        rule: "4.a".to_owned(),
        clause: "4".to_owned(),
        severity: "breach".to_owned(),
        matched: "[]".to_owned(),
        engine: "e".to_owned(),
        order: Hash::of(b"order"),
        basis: None,
        made: 60,
        proof,
    }
}

fn look<T>(
    store: &Store,
    look: impl FnOnce(&Read<'_>) -> Result<T, SqlError>,
) -> Result<T, StoreError> {
    store.read_blocking(|read| Ok(look(read)?))
}

#[test]
fn a_store_is_never_overwritten_and_a_missing_one_is_said() {
    let fixture = Fixture::new(None);
    assert!(matches!(
        Store::create(&fixture.path()),
        Err(StoreError::Exists(_))
    ));
    let missing = Store::open(Path::new("/nonexistent/store.db")).unwrap_err();
    assert!(
        missing.to_string().contains("proviso-collector init"),
        "{missing}"
    );
}

#[test]
fn an_unknown_schema_is_refused() {
    let fixture = Fixture::new(None);
    fixture
        .store
        .write_blocking("raise", |tx| -> Result<(), StoreError> {
            tx.execute("UPDATE meta SET value = '999' WHERE key = 'schema'", &[])?;
            Ok(())
        })
        .unwrap();
    let refused = Store::open(&fixture.path()).unwrap_err();
    assert!(
        matches!(&refused, StoreError::Version { found, .. } if found == "999"),
        "{refused}"
    );
}

#[test]
fn a_file_that_is_no_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    std::fs::write(&path, [b'x'; 4096]).unwrap();
    let refused = Store::open(&path).unwrap_err();
    assert!(
        matches!(refused, StoreError::Sql(SqlError::Damaged(_))),
        "{refused}"
    );
}

#[test]
fn a_log_moves_on_only_from_the_size_it_has() {
    let fixture = Fixture::new(None);
    assert!(fixture.append(0, vec![1]).unwrap());
    assert!(!fixture.append(0, vec![2]).unwrap());
    assert!(!fixture.append(5, vec![3]).unwrap());
    assert!(fixture.append(10, vec![4]).unwrap());
    let device = look(&fixture.store, |read| devices::get(read, fixture.device))
        .unwrap()
        .unwrap();
    assert_eq!((device.size, device.last_contact), (20, Some(1_000)));
    let stored = look(&fixture.store, |read| {
        reports::run(read, fixture.device, 0, 99)
    })
    .unwrap();
    assert_eq!(
        stored
            .iter()
            .map(|one| one.bytes.clone())
            .collect::<Vec<_>>(),
        [[1], [4]]
    );
}

#[test]
fn a_day_is_the_reports_that_overlap_it() {
    let fixture = Fixture::new(None);
    for first in [0, 10, 20] {
        assert!(fixture.append(first, vec![0]).unwrap());
    }
    let firsts = |from, to| -> Vec<u64> {
        look(&fixture.store, |read| {
            reports::overlapping(read, fixture.device, from, to, 10)
        })
        .unwrap()
        .iter()
        .map(|one| one.first)
        .collect()
    };
    assert_eq!(firsts(99, 100), [0]);
    assert_eq!(firsts(100, 200), [10]);
    assert_eq!(firsts(50, 201), [0, 10, 20]);
    assert_eq!(firsts(300, 400), [0; 0]);
    let covering = |seq| {
        look(&fixture.store, |read| {
            reports::covering(read, fixture.device, seq)
        })
        .unwrap()
        .map(|one| one.first)
    };
    assert_eq!(
        (covering(19), covering(29), covering(30)),
        (Some(10), Some(20), None)
    );
    let since = |seq, limit| -> Vec<u64> {
        let found = look(&fixture.store, |read| {
            reports::since(read, fixture.device, seq, limit)
        });
        found.unwrap().iter().map(|one| one.first).collect()
    };
    assert_eq!(since(0, 2), [0, 10]);
    assert_eq!(since(19, 10), [10, 20]);
    assert_eq!(since(40, 10), [20]);
}

#[test]
fn a_failing_job_is_undone_alone_and_says_nothing() {
    let fixture = Fixture::new(None);
    let mut changes = fixture.store.changes();
    let report = report(fixture.device, 0, vec![1]);
    let failed: Result<(), StoreError> = fixture.store.write_blocking("fail", move |tx| {
        append(tx, &report)?;
        Err(StoreError::Stopped)
    });
    assert!(failed.is_err());
    assert!(changes.try_recv().is_err());
    assert!(fixture.append(0, vec![2]).unwrap());
    assert_eq!(
        changes.try_recv().unwrap(),
        Change::Contact {
            device: fixture.device
        }
    );
}

#[test]
fn what_was_answered_survives_a_kill() {
    let fixture = Fixture::new(None);
    let image = tempfile::tempdir().unwrap();
    for first in 0..20 {
        assert!(fixture.append(first * 10, vec![0; 5_000]).unwrap());
    }
    // What a killed process leaves: the files as they are, without a clean close.
    for name in ["store.db", "store.db-wal"] {
        std::fs::copy(fixture.dir.path().join(name), image.path().join(name)).unwrap();
    }
    let (keys, copy) = (fixture.dir.path(), image.path().join("person-keys"));
    std::fs::create_dir(&copy).unwrap();
    for key in std::fs::read_dir(keys.join("person-keys")).unwrap() {
        let key = key.unwrap();
        std::fs::copy(key.path(), copy.join(key.file_name())).unwrap();
    }
    let again = Store::open(&image.path().join("store.db")).unwrap();
    let device = look(&again, |read| devices::get(read, fixture.device))
        .unwrap()
        .unwrap();
    let stored = look(&again, |read| {
        reports::run(read, fixture.device, 0, u64::MAX)
    })
    .unwrap();
    assert_eq!((device.size, stored.len()), (200, 20));
}

#[test]
fn a_full_disk_refuses_and_keeps_what_it_had() {
    let fixture = Fixture::new(Some(120));
    let (mut stored, mut next) = (0, 0);
    let failed = loop {
        match fixture.append(next, vec![0; 20_000]) {
            Ok(fits) => {
                assert!(fits);
                stored += 1;
                next += 10;
            }
            Err(error) => break error,
        }
        assert!(stored < 100, "the bound did not bite");
    };
    assert!(
        matches!(failed, StoreError::Sql(SqlError::Full)),
        "{failed}"
    );
    assert!(failed.to_string().contains("free space"), "{failed}");
    let device = look(&fixture.store, |read| devices::get(read, fixture.device))
        .unwrap()
        .unwrap();
    assert_eq!(device.size, next);
    let rows = look(&fixture.store, |read| {
        reports::run(read, fixture.device, 0, u64::MAX)
    });
    assert_eq!(rows.unwrap().len(), stored);
}

#[test]
fn many_submitters_are_all_answered() {
    let fixture = Fixture::new(None);
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let store = fixture.store.clone();
            std::thread::spawn(move || {
                for n in 0..50 {
                    store
                        .write_blocking("person", move |tx| -> Result<(), StoreError> {
                            let mut id = [thread; 16];
                            (id[0], id[1]) = (n, 255);
                            let id = PersonId::from_random(id);
                            let pseudonym = format!("P-{thread}-{n}");
                            people::add(
                                tx,
                                &Person {
                                    pseudonym,
                                    ..somebody(&id)
                                },
                            )?;
                            Ok(())
                        })
                        .unwrap();
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    fixture.store.close();
    assert_eq!(look(&fixture.store, people::all).unwrap().len(), 401);
    assert!(matches!(
        fixture.append(0, vec![]),
        Err(StoreError::Stopped)
    ));
}

#[test]
fn a_token_opens_once_and_says_why_not() {
    let fixture = Fixture::new(None);
    let (hash, person) = (Hash::of(b"secret"), fixture.person.clone());
    let grant = Grant {
        person,
        accounts: vec!["alex".to_owned()],
    };
    fixture
        .store
        .write_blocking("token", move |tx| -> Result<(), StoreError> {
            tokens::put(tx, &hash, &grant, 100)?;
            assert_eq!(
                tokens::take(tx, &Hash::of(b"other"), 1)?.unwrap_err(),
                Spent::Unknown
            );
            assert_eq!(tokens::take(tx, &hash, 100)?.unwrap_err(), Spent::Expired);
            assert_eq!(tokens::take(tx, &hash, 99)?.unwrap().accounts, ["alex"]);
            assert_eq!(tokens::take(tx, &hash, 99)?.unwrap_err(), Spent::Used);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_notice_is_replaced_by_its_report_and_never_doubled() {
    let fixture = Fixture::new(None);
    let mut changes = fixture.store.changes();
    let put = |proof| {
        let finding = finding(fixture.device, &fixture.person, proof);
        let channels = ["mail".to_owned()];
        fixture
            .store
            .write_blocking("finding", move |tx| -> Result<(), StoreError> {
                Ok(findings::put(tx, &finding, &channels)?)
            })
            .unwrap();
    };
    put(Proof::Unproven);
    put(Proof::Proven);
    put(Proof::Unproven);
    let all = look(&fixture.store, |read| {
        findings::of_person(read, &fixture.person, 0, 100)
    })
    .unwrap();
    assert_eq!(
        all.iter().map(|one| one.proof).collect::<Vec<_>>(),
        [Proof::Proven]
    );
    let outbox = look(&fixture.store, |read| {
        read.query("SELECT id FROM outbox", &[], |row| row.text(0))
    });
    assert_eq!(outbox.unwrap(), [format!("{}:mail", FindingId([4; 16]))]);
    // One for the notice, one for its proof, none for a notice that comes late.
    assert_eq!((0..3).filter(|_| changes.try_recv().is_ok()).count(), 2);
}

#[test]
fn a_notice_that_no_report_confirms_is_marked_not_removed() {
    let fixture = Fixture::new(None);
    let finding = finding(fixture.device, &fixture.person, Proof::Unproven);
    let (id, device) = (finding.id, fixture.device);
    fixture
        .store
        .write_blocking("contradict", move |tx| -> Result<(), StoreError> {
            findings::put(tx, &finding, &[])?;
            findings::contradict(tx, device, 3)?;
            assert_eq!(findings::get(tx, id)?.unwrap().proof, Proof::Unproven);
            findings::contradict(tx, device, 4)?;
            assert_eq!(findings::get(tx, id)?.unwrap().proof, Proof::Contradicted);
            Ok(())
        })
        .unwrap();
}

#[test]
fn names_stand_in_the_register_only() {
    let fixture = Fixture::new(None);
    fixture.store.close();
    let holders = look(&fixture.store, |read| {
        let tables = read.query(
            "SELECT name FROM sqlite_master WHERE sql LIKE '%name TEXT%' OR sql LIKE '%host TEXT%' \
             OR sql LIKE '%note TEXT%' ORDER BY name",
            &[],
            |row| row.text(0),
        )?;
        Ok(tables)
    });
    // Beside the register: staff, whom they disclosed something to, and what tokens, passkeys and files are
    // called. Nothing of these says what a person did.
    let others = ["api_token", "document", "extract", "passkey", "staff"];
    let mut holders = holders.unwrap();
    holders.retain(|table| !others.contains(&table.as_str()));
    assert_eq!(holders, ["register", "register_device"]);
}

#[test]
fn no_incident_is_left_out_only_bytes_are() {
    let fixture = Fixture::new(None);
    let incident = |n: u8| Incident {
        device: fixture.device,
        person: fixture.person.clone(),
        at: n.into(),
        kind: IncidentKind::Fork,
        detail: "two histories".to_owned(),
        bytes: Some(vec![n]),
    };
    let all: Vec<_> = (0..100).map(incident).collect();
    fixture
        .store
        .write_blocking("incidents", move |tx| -> Result<(), StoreError> {
            for incident in all.iter().chain(&all) {
                incidents::put(tx, incident, None)?;
            }
            Ok(())
        })
        .unwrap();
    let kept = look(&fixture.store, |read| {
        incidents::of_person(read, &fixture.person)
    });
    let kept = kept.unwrap();
    assert_eq!(kept.len(), 100);
    assert_eq!(kept.iter().filter(|one| one.bytes.is_some()).count(), 64);
}

#[test]
fn a_clock_that_jumped_ahead_and_back_delays_no_alert() {
    const YEAR: i64 = 365 * 24 * 60 * 60_000;
    let fixture = Fixture::new(None);
    let finding = finding(fixture.device, &fixture.person, Proof::Proven);
    let now = finding.made;
    fixture
        .store
        .write_blocking("outbox", move |tx| -> Result<(), StoreError> {
            let ahead = Finding {
                made: now + YEAR,
                ..finding
            };
            findings::put(tx, &ahead, &["mail".to_owned()])?;
            assert_eq!(outbox::next_due(tx, "mail", now)?, Some(now));
            let claimed = outbox::claim(tx, "mail", now, 9, |_| now + outbox::LONGEST_PAUSE)?;
            assert_eq!(claimed.len(), 1);
            // The longest pause is still a pause.
            let again = now + outbox::LONGEST_PAUSE;
            assert_eq!(outbox::next_due(tx, "mail", now)?, Some(again));
            assert!(outbox::claim(tx, "mail", now, 9, |_| now)?.is_empty());
            Ok(())
        })
        .unwrap();
}

/// The bytes of the store's file and of what lies beside it.
fn on_disk(fixture: &Fixture) -> Vec<u8> {
    let files = std::fs::read_dir(fixture.dir.path()).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.is_file())
        .flat_map(|path| std::fs::read(path).unwrap())
        .collect()
}

#[test]
fn a_copy_of_the_store_without_the_keys_has_nothing_that_people_did() {
    const DID: &[u8] = b"a very particular page";
    let fixture = Fixture::new(None);
    fixture.append(0, DID.to_vec()).unwrap();
    let (device, person) = (fixture.device, fixture.person.clone());
    let quoted = format!("[{:?}]", String::from_utf8_lossy(DID));
    let mut found = finding(device, &person, Proof::Proven);
    found.matched.clone_from(&quoted);
    let mut told = Incident {
        device,
        person: person.clone(),
        at: 5,
        kind: IncidentKind::Fork,
        detail: "Two histories".to_owned(),
        bytes: Some(DID.to_vec()),
    };
    let incident = told.clone();
    let wrote = fixture.store.write_blocking("seal", move |tx| {
        findings::put(tx, &found, &[])?;
        incidents::put(tx, &incident, None)?;
        judged::set_state(tx, device, "e", DID)?;
        Ok::<_, StoreError>(())
    });
    wrote.unwrap();
    let holds = || on_disk(&fixture).windows(DID.len()).any(|part| part == DID);
    assert!(!holds());
    let whole = |read: &Read<'_>| {
        let report = reports::get(read, device, 0)?.unwrap();
        let finding = findings::get(read, FindingId([4; 16]))?.unwrap();
        let incidents = incidents::of_person(read, &person)?;
        Ok((report.bytes, finding.matched, incidents))
    };
    assert_eq!(
        look(&fixture.store, whole).unwrap(),
        (DID.to_vec(), quoted.clone(), vec![told.clone()])
    );
    let state = |read: &Read<'_>| judged::state(read, device, 10, "e");
    assert_eq!(
        look(&fixture.store, state).unwrap(),
        judged::Kept::State(DID.to_vec())
    );

    // Under another key all is as it was, and the judge's state is made again.
    let whose = person.clone();
    let rotated = fixture.store.write_blocking("rotate", move |tx| {
        Ok::<_, StoreError>(sealed::rotate(tx, &whose)?)
    });
    rotated.unwrap();
    let keys = fixture.dir.path().join("person-keys");
    let vault = vault::Vault::beside(&fixture.path());
    vault.destroy_others(&person, 2).unwrap();
    assert_eq!(std::fs::read_dir(&keys).unwrap().count(), 1);
    fixture.store.close();
    let store = Store::open(&fixture.path()).unwrap();
    assert_eq!(
        look(&store, whole).unwrap(),
        (DID.to_vec(), quoted, vec![told.clone()])
    );
    assert_eq!(look(&store, state).unwrap(), judged::Kept::Nothing);
    assert!(!holds());

    // Bytes that were changed are given to whoever reads them, who says what is wrong.
    let bent = store.write_blocking("bend", |tx| {
        let bytes = tx.first("SELECT bytes FROM report", &[], |row| row.bytes(0))?;
        let mut bytes = bytes.unwrap();
        bytes.push(0);
        tx.execute("UPDATE report SET bytes = $1", &[(&bytes).into()])?;
        Ok::<_, StoreError>(())
    });
    bent.unwrap();
    let bytes = look(&store, |read| {
        Ok(reports::get(read, device, 0)?.unwrap().bytes)
    });
    assert!(bytes.unwrap().starts_with(b"PVSK"));

    // Without the key nothing is read, nothing is sealed, and no other key takes its place.
    store.close();
    std::fs::remove_dir_all(&keys).unwrap();
    let store = Store::open(&fixture.path()).unwrap();
    let missing = look(&store, whole).unwrap_err().to_string();
    assert!(
        missing.contains("restore the folder person-keys"),
        "{missing}"
    );
    told.detail.push('!');
    told.bytes = Some(b"more".to_vec());
    let refused = store.write_blocking("seal", move |tx| {
        Ok::<_, StoreError>(incidents::put(tx, &told, None)?)
    });
    assert!(refused.unwrap_err().to_string().contains("is missing"));
    assert!(!keys.exists());
}
