//! What is gone is told by the right word, and what a browser does to its own file by none.

use proviso_report::BootId;
use proviso_report::fact::Cleared;
use rusqlite::Connection;

use super::super::cleared::{Gone, Here, Now, compare, look};
use super::super::database::open;
use super::super::family::Family::{self, Chromium, Firefox};
use super::super::memory::Memory;
use super::made::{Made, START, make, me, visit};
use crate::source::history::snapshot::Snapshot;

const DAY: i64 = 86_400_000_000;
const NOW: i64 = START + DAY;
const FILE: (u64, u64) = (1, 1);
const BOTH: [Family; 2] = [Chromium, Firefox];

struct Seen {
    at: i64,
    boot: u8,
    file: (u64, u64),
    count_days: bool,
}

const LATER: Seen = Seen {
    at: NOW,
    boot: 1,
    file: FILE,
    count_days: true,
};

/// A history with a visit every minute of ten hours, and what is remembered of it.
fn filled(family: Family) -> (Made, Memory) {
    let made = Made::new(family);
    made.live.execute_batch("BEGIN").unwrap();
    for n in 0..600 {
        made.visit(&format!("https://example.org/{n}"), n * 60);
    }
    made.live.execute_batch("COMMIT").unwrap();
    let memory = seen(&made, None, &LATER).memory;
    assert_eq!(memory.times.len(), 600);
    let memory = Memory::from_bytes(&memory.to_bytes()).unwrap();
    (made, memory)
}

fn seen(made: &Made, before: Option<&Memory>, seen: &Seen) -> Now {
    let family = if made.path.ends_with("History") {
        Chromium
    } else {
        Firefox
    };
    let copy = Snapshot::take(&made.path, me(), &made.scratch()).unwrap();
    let connection = open(copy.path()).unwrap();
    let here = Here {
        at: seen.at / 1000,
        boot: BootId([seen.boot; 16]),
        file: seen.file,
    };
    look(&connection, family, here, before, seen.count_days).unwrap()
}

fn gone_at(made: &Made, before: &Memory, at: &Seen) -> Option<Gone> {
    let family = if made.path.ends_with("History") {
        Chromium
    } else {
        Firefox
    };
    compare(before, &seen(made, Some(before), at), family)
}

fn gone(made: &Made, before: &Memory) -> Option<Gone> {
    gone_at(made, before, &LATER)
}

fn of(how: Cleared, count: u64) -> Option<Gone> {
    Some(Gone { how, count })
}

fn run(made: &Made, chromium: &str, firefox: &str) {
    let sql = if made.path.ends_with("History") {
        chromium
    } else {
        firefox
    };
    made.live.execute_batch(sql).unwrap();
}

/// Deletes the visits before or after the one of that minute.
fn delete(made: &Made, which: &str, minute: i64) {
    let firefox = START + minute * 60_000_000;
    let chromium = Chromium.stored(firefox);
    run(
        made,
        &format!("DELETE FROM visits WHERE visit_time {which} {chromium}"),
        &format!("DELETE FROM moz_historyvisits WHERE visit_date {which} {firefox}"),
    );
}

#[test]
fn rows_that_are_gone_are_counted_and_told_once() {
    for family in BOTH {
        let (made, memory) = filled(family);
        assert_eq!(gone(&made, &memory), None);
        delete(&made, "=", 300);
        delete(&made, ">=", 590);
        made.visit("https://example.org/new", 90_000 / 2);
        let now = seen(&made, Some(&memory), &LATER);
        assert_eq!(compare(&memory, &now, family), of(Cleared::Rows, 11));
        assert_eq!(gone(&made, &now.memory), None, "told once");
        // Also when the counts of days come later than the rows.
        let quick = Seen {
            count_days: false,
            ..LATER
        };
        let now = seen(&made, Some(&memory), &quick);
        assert_eq!(compare(&memory, &now, family), of(Cleared::Rows, 11));
        assert_eq!(gone(&made, &now.memory), None, "told once");
    }
}

#[test]
fn all_is_told_also_after_new_visits() {
    for family in BOTH {
        let (made, memory) = filled(family);
        run(
            &made,
            "DELETE FROM visits; DELETE FROM urls; DELETE FROM sqlite_sequence; VACUUM",
            "DELETE FROM moz_historyvisits; DELETE FROM moz_places",
        );
        assert_eq!(gone(&made, &memory), of(Cleared::All, 600));
        for n in 0..5 {
            made.visit("https://example.org/new", 50_000 + n);
        }
        let now = seen(&made, Some(&memory), &LATER);
        assert_eq!(compare(&memory, &now, family), of(Cleared::All, 600));
        assert_eq!(gone(&made, &now.memory), None);
    }
}

#[test]
fn a_history_that_was_never_empty_has_not_lost_all() {
    for family in BOTH {
        let made = Made::new(family);
        made.visit("https://example.org/one", 1);
        let memory = seen(&made, None, &LATER).memory;
        made.visit("https://example.org/two", 2);
        run(
            &made,
            "DELETE FROM visits WHERE id = 1",
            "DELETE FROM moz_historyvisits WHERE id = 1",
        );
        assert_eq!(gone(&made, &memory), of(Cleared::Rows, 1), "{family:?}");
        // Emptied afterwards, and used again.
        run(
            &made,
            "DELETE FROM visits; DELETE FROM sqlite_sequence",
            "DELETE FROM moz_historyvisits",
        );
        assert_eq!(gone(&made, &memory), of(Cleared::All, 1), "{family:?}");
        made.visit("https://example.org/three", 3);
        made.visit("https://example.org/four", 4);
        assert_eq!(gone(&made, &memory), of(Cleared::All, 1), "{family:?}");
    }
}

#[test]
fn a_file_that_was_emptied_has_lost_all() {
    let (made, memory) = filled(Firefox);
    std::fs::write(&made.path, b"").unwrap();
    std::fs::remove_file(made.path.with_file_name("places.sqlite-wal")).unwrap();
    assert_eq!(gone(&made, &memory), of(Cleared::All, 600));
}

#[test]
fn another_file_with_other_visits_is_a_replaced_one() {
    for family in BOTH {
        let (made, memory) = filled(family);
        let other = Made::new(family);
        let file = Seen {
            file: (1, 2),
            ..LATER
        };
        assert_eq!(
            gone_at(&other, &memory, &file),
            of(Cleared::Replaced, 600),
            "an empty one"
        );
        other.visit("https://example.org/other", 7);
        assert_eq!(gone_at(&other, &memory, &file), of(Cleared::Replaced, 600));
        // A copy of the same history is nothing; an older state of it is another file.
        assert_eq!(gone_at(&made, &memory, &file), None);
        delete(&made, ">=", 400);
        assert_eq!(gone_at(&made, &memory, &file), of(Cleared::Replaced, 200));
    }
}

#[test]
fn a_file_system_that_numbers_anew_makes_no_replaced_file() {
    let (made, memory) = filled(Firefox);
    delete(&made, "=", 300);
    let file = Seen {
        file: (1, 2),
        ..LATER
    };
    assert_eq!(gone_at(&made, &memory, &file), of(Cleared::Rows, 1));
}

#[test]
fn an_older_state_put_back_in_place_has_shrunk() {
    let (made, memory) = filled(Chromium);
    delete(&made, ">=", 400);
    let sql = "UPDATE sqlite_sequence SET seq = 400 WHERE name = 'visits'";
    made.live.execute_batch(sql).unwrap();
    assert_eq!(gone(&made, &memory), of(Cleared::Shrunk, 200));
}

#[test]
fn older_visits_than_are_remembered_are_missed_by_their_number() {
    for family in BOTH {
        let (made, mut memory) = filled(family);
        memory.times.retain(|at| *at >= START + 300 * 60_000_000);
        delete(&made, "<", 100);
        let fewer = gone(&made, &memory);
        assert_eq!(fewer, of(Cleared::Shrunk, 100), "{family:?}");
        let quick = Seen {
            count_days: false,
            ..LATER
        };
        assert_eq!(gone_at(&made, &memory, &quick), None, "not counted");
    }
}

#[test]
fn what_browsers_let_go_by_themselves_is_no_news() {
    let aged = |days: i64| Seen {
        at: START + days * DAY,
        ..LATER
    };
    let (made, memory) = filled(Chromium);
    delete(&made, "<", 100);
    assert_eq!(gone_at(&made, &memory, &aged(87)), None);
    assert_eq!(gone_at(&made, &memory, &aged(84)), of(Cleared::Rows, 100));
    // Then the clock was set back: the browser went by the later time.
    let later = seen(&made, None, &aged(100)).memory;
    let ahead = Memory {
        times: memory.times.clone(),
        days: memory.days.clone(),
        ..later
    };
    assert_eq!(gone_at(&made, &ahead, &aged(50)), None);

    let (made, memory) = filled(Firefox);
    delete(&made, "<", 100);
    assert_eq!(gone_at(&made, &memory, &aged(5)), of(Cleared::Rows, 100));
    assert_eq!(gone_at(&made, &memory, &aged(8)), None, "its oldest ones");
    // Not the oldest ones: Firefox does not do that before two months.
    let (made, memory) = filled(Firefox);
    delete(&made, "=", 300);
    assert_eq!(gone_at(&made, &memory, &aged(50)), of(Cleared::Rows, 1));
    assert_eq!(gone_at(&made, &memory, &aged(57)), None);
}

#[test]
fn rebuilding_and_renumbering_and_new_schemas_lose_nothing() {
    for family in BOTH {
        let (made, memory) = filled(family);
        run(
            &made,
            "DROP INDEX visits_time_index;
             CREATE TABLE meta(key LONGVARCHAR PRIMARY KEY, value LONGVARCHAR);
             INSERT INTO meta VALUES ('version', 71);
             CREATE TABLE visits2(id INTEGER PRIMARY KEY, url INTEGER, visit_time INTEGER,
                transition INTEGER, originator_cache_guid TEXT, new_column TEXT DEFAULT 'x');
             INSERT INTO visits2(url, visit_time, transition, originator_cache_guid)
                SELECT url, visit_time, transition, '' FROM visits ORDER BY id DESC;
             DROP TABLE visits;
             ALTER TABLE visits2 RENAME TO visits;
             VACUUM",
            "UPDATE moz_historyvisits SET id = id + 10000; PRAGMA user_version = 90; VACUUM",
        );
        made.visit("https://example.org/new", 50_000);
        assert_eq!(gone(&made, &memory), None, "{family:?}");
    }
}

#[test]
fn visits_of_other_devices_come_and_go() {
    let (made, _) = filled(Chromium);
    made.live
        .execute_batch(
            "UPDATE visits SET originator_cache_guid = 'phone' WHERE id > 500;
             INSERT INTO visit_source SELECT id, 0 FROM visits WHERE id BETWEEN 400 AND 500;",
        )
        .unwrap();
    let memory = seen(&made, None, &LATER).memory;
    assert_eq!(memory.times.len(), 399);
    made.live
        .execute_batch("DELETE FROM visits WHERE id >= 400")
        .unwrap();
    assert_eq!(gone(&made, &memory), None);
}

#[test]
fn what_a_power_cut_took_is_not_said() {
    for family in BOTH {
        let (made, mut memory) = filled(family);
        memory.seen = (START + 600 * 60_000_000) / 1000;
        delete(&made, ">=", 599);
        let booted = Seen { boot: 2, ..LATER };
        assert_eq!(gone_at(&made, &memory, &booted), None);
        assert_eq!(gone(&made, &memory), of(Cleared::Rows, 1), "without a cut");
        delete(&made, ">=", 590);
        assert_eq!(gone_at(&made, &memory, &booted), of(Cleared::Rows, 9));
    }
}

#[test]
fn a_history_of_long_ago_has_no_sequence_and_no_index() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("History");
    let live = Connection::open(&path).unwrap();
    live.execute_batch(
        "CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
         INSERT INTO meta VALUES ('version', '16');
         CREATE TABLE urls(id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR);
         CREATE TABLE visits(id INTEGER PRIMARY KEY, url INTEGER NOT NULL,
            visit_time INTEGER NOT NULL, from_visit INTEGER, transition INTEGER NOT NULL);
         INSERT INTO urls VALUES (1, 'https://example.org/', 'x');",
    )
    .unwrap();
    for n in 0..10 {
        let sql = "INSERT INTO visits(url, visit_time, transition) VALUES (1, ?1, 0)";
        live.execute(sql, [Chromium.stored(START + n)]).unwrap();
    }
    let here = Here {
        at: NOW / 1000,
        boot: BootId([1; 16]),
        file: FILE,
    };
    let look = |before: Option<&Memory>| {
        let connection = open(&path).unwrap();
        look(&connection, Chromium, here, before, true).unwrap()
    };
    let memory = look(None).memory;
    assert_eq!((memory.times.len(), memory.sequence), (10, 0));
    live.execute_batch("DELETE FROM visits WHERE id = 3")
        .unwrap();
    let now = look(Some(&memory));
    assert_eq!(compare(&memory, &now, Chromium), of(Cleared::Rows, 1));
}

#[test]
fn more_than_is_remembered_is_pushed_out_without_a_word() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("places.sqlite");
    let live = make(&path, Firefox);
    let here = Here {
        at: NOW / 1000,
        boot: BootId([1; 16]),
        file: FILE,
    };
    live.execute_batch("BEGIN").unwrap();
    for n in 0..1_500 {
        visit(&live, Firefox, "https://example.org/", START + n);
    }
    live.execute_batch("COMMIT").unwrap();
    let look = |before: Option<&Memory>| {
        let connection = open(&path).unwrap();
        look(&connection, Firefox, here, before, false).unwrap()
    };
    let memory = look(None).memory;
    assert_eq!(memory.times.len(), 1_024);
    for n in 0..100 {
        visit(&live, Firefox, "https://example.org/", START + 5_000 + n);
    }
    let now = look(Some(&memory));
    assert_eq!(compare(&memory, &now, Firefox), None);
    assert_eq!(now.memory.times.first(), Some(&(START + 576)));
}
