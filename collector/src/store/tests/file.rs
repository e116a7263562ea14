//! The file: never overwritten, refused where it is something else, whole after a kill and on a full disk.

use super::*;

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
