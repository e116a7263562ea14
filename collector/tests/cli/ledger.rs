//! `ledger check`: staff who change the store by hand are found.

use proviso_collector::store::{StoreError, checkpoints, ledger};
use proviso_collector::{clock, ledger as keys};

use crate::world::World;

/// A collector with a person, an order and a signed checkpoint over what was done.
fn filled() -> World {
    let world = World::new();
    world.ordered("Alex Example");
    world.ok(&["token", "--person", "P-0001"]);
    let (store, key) = (world.store(), world.data().ledger_key().unwrap());
    store
        .write_blocking("checkpoint", move |tx| {
            Ok::<_, StoreError>(keys::sign(tx, &key, clock::now())?)
        })
        .unwrap();
    store.close();
    world
}

fn tamper(world: &World, sql: &str) {
    let connection = rusqlite::Connection::open(world.path("data/store.db")).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[test]
fn a_store_that_nobody_touched_is_as_its_ledger_says() {
    let world = filled();
    let said = world.ok(&["ledger", "check"]);
    assert!(
        said.contains("as its ledger says") && said.contains("1 signed"),
        "{said}"
    );
    let shown = world.ok(&["ledger", "show"]);
    assert!(
        shown.contains("a.example/ledger+") && shown.contains("No witness"),
        "{shown}"
    );
}

#[test]
fn a_row_of_the_audit_that_is_gone_or_changed_is_found() {
    for (sql, words) in [
        (
            "DELETE FROM audit WHERE rowid = 1",
            "is gone from the store",
        ),
        (
            "UPDATE audit SET staff = 'somebody else' WHERE rowid = 1",
            "was changed since",
        ),
        (
            "UPDATE audit SET reason = 'another' WHERE rowid = 1",
            "was changed since",
        ),
        (
            "INSERT INTO audit (id, at, staff, action, person, reason) VALUES ('x', 1, 's', 'saw_day', NULL, '')",
            "written past it",
        ),
        (
            "INSERT INTO audit SELECT 'x', at, staff, action, person, reason, entry FROM audit WHERE rowid = 1",
            "the store has",
        ),
        ("UPDATE orders SET version = 9", "was changed since"),
        ("UPDATE orders SET bytes = x'00'", "was changed since"),
        (
            "DELETE FROM ledger WHERE seq = (SELECT max(seq) FROM ledger)",
            "was signed, and there are",
        ),
        ("DELETE FROM ledger WHERE seq = 2", "entry 2 is missing"),
        (
            "UPDATE ledger SET line = replace(line, 'command line', 'command lime')",
            "was changed since it was entered",
        ),
        (
            "UPDATE ledger SET nodes = zeroblob(32) WHERE seq = 0",
            "entry 0 was changed",
        ),
    ] {
        let world = filled();
        tamper(&world, sql);
        let why = world.refused(&["ledger", "check"]);
        assert!(why.contains(words), "{sql}: {why}");
    }
}

#[test]
fn a_ledger_that_was_written_anew_is_not_what_was_signed() {
    let world = filled();
    // Whoever deletes a row and its entries, and begins the ledger anew.
    tamper(
        &world,
        "DELETE FROM audit; DELETE FROM orders; DELETE FROM ledger;",
    );
    let store = world.store();
    let size = store
        .read_blocking(|read| {
            let signed = checkpoints::last(read)?.map(|last| last.size);
            assert_eq!(ledger::size(read)?, 1, "it begins");
            Ok::<_, StoreError>(signed)
        })
        .unwrap();
    store.close();
    let why = world.refused(&["ledger", "check"]);
    let words = format!("a checkpoint over {} entries was signed", size.unwrap());
    assert!(why.contains(&words), "{why}");
}
