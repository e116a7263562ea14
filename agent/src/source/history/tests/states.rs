//! Reading what a browser is just writing, or left behind.

use proviso_report::fact::Transition;
use rusqlite::{Connection, params};

use super::super::family::Family::{Chromium, Firefox};
use super::super::fault::Fault;
use super::super::position::Position;
use super::made::{Made, NOW, START, make, me, read_copy, visit};
use crate::source::history::snapshot::{Snapshot, Stamp};
use crate::source::history::{GOING, SCRATCH, remove_copies};

#[test]
fn chromium_is_read_while_it_holds_its_lock() {
    let made = Made::new(Chromium);
    made.visit("https://al:pw@example.org/1", 1);
    made.live
        .execute("UPDATE visits SET transition = ?1", [0x2200_0001])
        .unwrap();
    let plain = Connection::open(&made.path).unwrap();
    plain.busy_timeout(std::time::Duration::ZERO).unwrap();
    let locked = plain.query_row("SELECT count(*) FROM visits", [], |row| {
        row.get::<_, i64>(0)
    });
    assert!(locked.unwrap_err().to_string().contains("locked"));

    let reading = made.read(Position::begin(0)).unwrap();
    let [row] = reading.rows.as_slice() else {
        panic!("{reading:?}")
    };
    let visit = row.visit.as_ref().unwrap();
    assert_eq!(visit.at, START / 1000 + 1000);
    assert_eq!(visit.web.url, "https://example.org/1");
    assert_eq!(
        visit.web.title.as_deref(),
        Some("Title of https://al:pw@example.org/1")
    );
    assert_eq!(visit.web.transition, Some(Transition::Typed));
    assert_eq!(visit.web.private, Some(false));
    assert_eq!(
        (&*visit.web.browser, visit.web.profile.as_deref()),
        ("b", Some("p"))
    );
}

#[test]
fn firefox_is_read_with_what_is_only_in_its_log() {
    let made = Made::new(Firefox);
    made.live
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    made.visit("https://example.org/1", 1);
    let before = std::fs::read(&made.path).unwrap();
    let text = String::from_utf8_lossy(&before);
    assert!(!text.contains("example.org"), "it is only in the log");
    let mut position = Position::begin(0);
    assert_eq!(made.new_ones(&mut position), ["https://example.org/1"]);
    assert_eq!(std::fs::read(&made.path).unwrap(), before);

    // The log begins again after a checkpoint, with other salts.
    made.live
        .execute_batch("PRAGMA wal_checkpoint(RESTART)")
        .unwrap();
    made.visit("https://example.org/2", 2);
    assert_eq!(made.new_ones(&mut position), ["https://example.org/2"]);
    assert_eq!(made.new_ones(&mut position), [""; 0]);
}

#[test]
fn a_browser_that_was_killed_leaves_a_readable_history() {
    for family in [Chromium, Firefox] {
        let made = Made::new(family);
        made.visit("https://example.org/1", 1);
        let killed = tempfile::tempdir().unwrap();
        // A transaction that has begun to reach the disk.
        made.live
            .execute_batch("PRAGMA cache_size = 1; BEGIN")
            .unwrap();
        for n in 0..2_000 {
            made.visit(&format!("https://lost.example/{n}"), 10);
        }
        let profile = made.path.parent().unwrap();
        for entry in std::fs::read_dir(profile).unwrap() {
            let entry = entry.unwrap();
            if !entry.file_name().to_string_lossy().ends_with("-shm") {
                std::fs::copy(entry.path(), killed.path().join(entry.file_name())).unwrap();
            }
        }
        made.live.execute_batch("ROLLBACK").unwrap();
        let path = killed.path().join(family.database());
        if family == Chromium {
            let journal = std::fs::read(killed.path().join("History-journal")).unwrap();
            assert_ne!(journal[..8], [0; 8], "the journal is hot");
        }
        let before = std::fs::read(&path).unwrap();
        let reading = read_copy(&path, family, &made.scratch(), Position::begin(0)).unwrap();
        let urls: Vec<_> = reading
            .rows
            .into_iter()
            .map(|row| row.visit.unwrap().web.url)
            .collect();
        assert_eq!(urls, ["https://example.org/1"]);
        assert_eq!(std::fs::read(&path).unwrap(), before, "left as it was");
    }
}

#[test]
fn no_copy_outlasts_the_agent() {
    let made = Made::new(Chromium);
    let state = tempfile::tempdir().unwrap();
    // There was none.
    remove_copies(state.path()).unwrap();
    // The removal of one was cut short; a thread still has the other.
    std::fs::create_dir_all(state.path().join(GOING).join("copy-1")).unwrap();
    let scratch = state.path().join(SCRATCH);
    std::fs::create_dir(&scratch).unwrap();
    let copy = Snapshot::take(&made.path, me(), &scratch).unwrap();
    assert!(copy.path().exists());
    remove_copies(state.path()).unwrap();
    assert_eq!(std::fs::read_dir(state.path()).unwrap().count(), 0);
    // And that thread makes no other.
    let fault = Snapshot::take(&made.path, me(), &scratch).unwrap_err();
    assert!(matches!(fault, Fault::Scratch(_)), "{fault}");
}

#[test]
fn no_visit_is_lost_or_doubled_while_the_browser_writes() {
    for family in [Chromium, Firefox] {
        let made = Made::new(family);
        let (path, scratch) = (made.path.clone(), made.scratch());
        drop(made.live);
        let live = Connection::open(&path).unwrap();
        live.execute_batch("PRAGMA locking_mode = EXCLUSIVE; PRAGMA wal_autocheckpoint = 3")
            .unwrap();
        if family == Chromium {
            live.execute_batch("PRAGMA journal_mode = PERSIST").unwrap();
        }
        let writer = std::thread::spawn(move || {
            for n in 0..60 {
                visit(
                    &live,
                    family,
                    &format!("https://example.org/{n}"),
                    START + n,
                );
                // Between commits the files must rest for longer than their times' ticks.
                std::thread::park_timeout(std::time::Duration::from_millis(30));
            }
            live
        });
        let mut position = Position::begin(0);
        let mut urls = Vec::new();
        while urls.len() < 60 {
            let Ok(reading) = read_copy(&path, family, &scratch, position.clone()) else {
                continue;
            };
            position = reading.from;
            for row in reading.rows {
                position.note(row.id, row.mark, NOW);
                urls.extend(row.visit.map(|visit| visit.web.url));
            }
        }
        let all: Vec<_> = (0..60)
            .map(|n| format!("https://example.org/{n}"))
            .collect();
        assert_eq!(urls, all);
        drop(writer.join().unwrap());
    }
}

#[test]
fn old_histories_have_fewer_columns() {
    let made = Made::new(Chromium);
    made.live
        .execute_batch(
            "DROP TABLE visit_source;
             DROP INDEX visits_time_index;
             ALTER TABLE visits DROP COLUMN originator_cache_guid;
             ALTER TABLE urls DROP COLUMN title;
             INSERT INTO urls(url) VALUES ('https://example.org/old');
             INSERT INTO visits(url, visit_time, transition) VALUES (1, 13439965937000000, 0);",
        )
        .unwrap();
    let reading = made.read(Position::begin(0)).unwrap();
    let visit = reading.rows[0].visit.as_ref().unwrap();
    assert_eq!((visit.at, visit.web.title.as_deref()), (START / 1000, None));
}

#[test]
fn visits_of_other_devices_are_passed_over() {
    let made = Made::new(Chromium);
    for second in 1..=5 {
        made.visit(&format!("https://example.org/{second}"), second);
    }
    made.live
        .execute_batch(
            "UPDATE visits SET originator_cache_guid = 'phone' WHERE id = 2;
             INSERT INTO visit_source VALUES (3, 0);
             INSERT INTO visit_source VALUES (4, 3);
             INSERT INTO visit_source VALUES (5, 1);",
        )
        .unwrap();
    let mut position = Position::begin(0);
    let own = ["https://example.org/1", "https://example.org/5"];
    assert_eq!(made.new_ones(&mut position), own);
    assert_eq!(made.new_ones(&mut position), [""; 0]);
}

#[test]
fn more_rows_than_fit_come_in_parts() {
    for family in [Chromium, Firefox] {
        let made = Made::new(family);
        made.live.execute_batch("BEGIN").unwrap();
        for n in 0..10_050 {
            made.visit_at(&format!("https://example.org/{n}"), START + n);
        }
        made.live.execute_batch("COMMIT").unwrap();
        let mut position = Position::begin(START - 1);
        let reading = made.read(position.clone()).unwrap();
        assert_eq!((reading.rows.len(), reading.more), (10_000, true));
        position = reading.from;
        for row in reading.rows {
            position.note(row.id, row.mark, NOW);
        }
        let rest = made.new_ones(&mut position);
        assert_eq!(rest.len(), 50);
        assert_eq!(rest[49], "https://example.org/10049");
    }
}

#[test]
fn a_stamp_changes_with_each_visit() {
    for family in [Chromium, Firefox] {
        let made = Made::new(family);
        let before = Stamp::of(&made.path).unwrap();
        // File times move in ticks.
        while Stamp::of(&made.path).unwrap() == before {
            made.visit("https://example.org/", 1);
        }
    }
    assert_eq!(Stamp::of(std::path::Path::new("/nowhere/History")), None);
}

#[test]
fn what_was_empty_is_read_when_it_is_filled() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("History");
    std::fs::write(&path, b"").unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let read = || read_copy(&path, Chromium, scratch.path(), Position::begin(0)).unwrap();
    assert_eq!(read().rows.len(), 0);
    let live = make(&path, Chromium);
    visit(&live, Chromium, "https://example.org/", START);
    assert_eq!(read().rows.len(), 1);
    live.execute("DELETE FROM visits", params![]).unwrap();
    assert!(Snapshot::take(&path, me(), scratch.path()).is_ok());
}
