use std::path::Path;

use proviso_report::CompactRange;
use proviso_report::ledger::{Export, Kind};
use proviso_report::merkle::{verify_consistency, verify_inclusion};

use super::super::schema;
use super::super::{Store, StoreError};
use super::*;

fn event(size: u64) -> Export {
    Export {
        manifest: Hash::of(&size.to_be_bytes()),
        person: "p".to_owned(),
        staff: "s".to_owned(),
        purpose: "court".to_owned(),
        size,
    }
}

fn store(path: &Path) -> Store {
    Store::create(path).unwrap();
    Store::open(path).unwrap()
}

fn add(store: &Store, at: i64, number: u64) -> u64 {
    store
        .write_blocking("add", move |tx| {
            Ok::<_, StoreError>(enter(tx, at, event(number))?)
        })
        .unwrap()
}

fn all(store: &Store) -> Vec<StoredEntry> {
    store
        .read_blocking(|read| Ok::<_, StoreError>(run(read, 0, 1_000)?))
        .unwrap()
}

#[test]
fn begins_by_saying_so_and_goes_on_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir.path().join("store.db"));
    assert_eq!(add(&store, i64::MAX / 4_000_000, 7), 1);
    assert_eq!(add(&store, 5, 8), 2, "a clock that was set back");
    let entries = all(&store);
    let read: Vec<_> = entries
        .iter()
        .map(|one| Entry::parse(&one.line).unwrap())
        .collect();
    assert_eq!(read[0].event.kind(), Kind::Began);
    assert_eq!(read[2].event, Event::Export(event(8)));
    assert_eq!(read[2].at, read[1].at, "times never go back");
    assert_ne!(entries[1].salt, entries[2].salt);
}

#[test]
fn every_proof_holds() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir.path().join("store.db"));
    // Some alone, some together in one transaction.
    for number in 0..5 {
        add(&store, 1, number);
    }
    store
        .write_blocking("many", |tx| {
            for number in 5..20 {
                enter(tx, 1, event(number))?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let entries = all(&store);
    let mut range = CompactRange::new();
    let mut roots = vec![range.root()];
    for entry in &entries {
        range.append(ledger::leaf(&entry.salt, &entry.line));
        roots.push(range.root());
    }
    let size = roots.len() as u64 - 1;
    assert_eq!(size, 21);
    store
        .read_blocking(|read| {
            let last = root(read, size)?;
            assert_eq!(last, roots[21]);
            for entry in &entries {
                let proof = inclusion(read, entry.seq, size)?.unwrap();
                let leaf = ledger::leaf(&entry.salt, &entry.line);
                assert!(verify_inclusion(&leaf, entry.seq, size, &proof, &last));
            }
            for (old, before) in (1..).zip(&roots[1..]) {
                let proof = consistency(read, old, size)?.unwrap();
                assert!(verify_consistency(old, before, size, &last, &proof));
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn what_is_undone_leaves_no_entry() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir.path().join("store.db"));
    let undone = store.write_blocking("undone", |tx| {
        enter(tx, 1, event(1))?;
        Err::<(), StoreError>(StoreError::Stopped)
    });
    assert!(undone.is_err());
    assert_eq!(add(&store, 1, 2), 1);
    assert_eq!(all(&store).len(), 2);
}

#[test]
fn two_processes_write_one_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let (one, two) = (store(&path), Store::open(&path).unwrap());
    std::thread::scope(|scope| {
        for (store, from) in [(&one, 0), (&two, 100)] {
            scope.spawn(move || {
                for number in from..from + 40 {
                    add(store, 1, number);
                }
            });
        }
    });
    let entries = all(&one);
    assert_eq!(entries.len(), 81);
    let mut range = CompactRange::new();
    for entry in &entries {
        assert_eq!(Entry::parse(&entry.line).unwrap().seq, entry.seq);
        range.append(ledger::leaf(&entry.salt, &entry.line));
    }
    let kept = two
        .read_blocking(|read| Ok::<_, StoreError>(root(read, 81)?))
        .unwrap();
    assert_eq!(kept, range.root());
}

#[test]
fn a_store_from_before_says_what_it_held() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let session = Session::writer(&path, true).unwrap();
    session.run(schema::FIRST).unwrap();
    session
        .run("INSERT INTO audit VALUES ('a', 1, 's', 'saw_day', NULL, '');")
        .unwrap();
    drop(session);
    let store = Store::open(&path).unwrap();
    let first = Entry::parse(&all(&store)[0].line).unwrap();
    assert!(
        matches!(
            first.event,
            Event::Began(Began {
                accesses: 1,
                reports: 0,
                ..
            })
        ),
        "{first:?}"
    );
}
