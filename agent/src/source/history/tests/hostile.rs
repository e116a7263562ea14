//! Histories that the supervised person could put there.

use std::fs::File;
use std::time::{Duration, UNIX_EPOCH};

use super::super::family::Family::{Chromium, Firefox};
use super::super::fault::Fault;
use super::super::position::Position;
use super::made::{Made, NOW, START, me, read_copy};
use crate::platform::accounts::Owner;
use crate::platform::files::OpenError;
use crate::source::history::snapshot::Snapshot;

#[test]
fn what_is_no_database_is_refused_with_a_sentence() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("History");
    std::fs::write(&path, "not a database, whatever its name ".repeat(200)).unwrap();
    let fault = read_copy(&path, Chromium, scratch.path(), Position::begin(0)).unwrap_err();
    assert!(matches!(fault, Fault::Damaged), "{fault:?}");
    assert!(fault.to_string().contains("damaged"));
}

#[test]
fn a_damaged_database_is_refused_and_read_once_it_is_whole() {
    let made = Made::new(Firefox);
    made.live.execute_batch("BEGIN").unwrap();
    for n in 0..2000 {
        made.visit(&format!("https://example.org/{n}"), n);
    }
    made.live.execute_batch("COMMIT").unwrap();
    drop(made.live);
    let whole = std::fs::read(&made.path).unwrap();
    let mut broken = whole.clone();
    broken[32_768..].fill(0xa5);
    std::fs::write(&made.path, &broken).unwrap();
    let read = || {
        read_copy(
            &made.path,
            Firefox,
            &made.dir.path().join("scratch"),
            Position::begin(0),
        )
    };
    let fault = read().unwrap_err();
    assert!(matches!(fault, Fault::Damaged), "{fault:?}");
    std::fs::write(&made.path, &whole).unwrap();
    assert_eq!(read().unwrap().rows.len(), 2000);
}

#[test]
fn another_form_is_named() {
    for (family, change) in [
        (Chromium, "ALTER TABLE visits RENAME COLUMN visit_time TO t"),
        (Chromium, "DROP TABLE urls"),
        (Firefox, "DROP TABLE moz_historyvisits"),
        (
            // A view could compute for ever.
            Firefox,
            "DROP TABLE moz_historyvisits; CREATE VIEW moz_historyvisits AS \
             SELECT 1 id, 1 place_id, 1 visit_date, 1 visit_type",
        ),
    ] {
        let made = Made::new(family);
        made.live.execute_batch(change).unwrap();
        let fault = made.read(Position::begin(0)).unwrap_err();
        assert!(matches!(fault, Fault::Form(_)), "{change}: {fault:?}");
        assert!(fault.to_string().contains("update proviso-agent"));
    }
}

#[test]
fn rows_that_make_no_sense_do_not_hide_others() {
    let made = Made::new(Firefox);
    made.visit("https://example.org/1", 1);
    made.live
        .execute_batch(&format!(
            "INSERT INTO moz_historyvisits(place_id, visit_date, visit_type) VALUES
                (999, {START}, 1), (1, 'noon', 1), (1, NULL, 1), (1, {}, 1), (1, {START} + 5, 'x');
             INSERT INTO moz_places(id, url) VALUES (50, x'ff00');
             INSERT INTO moz_historyvisits(place_id, visit_date, visit_type) VALUES (50, {START}, 1);",
            i64::MAX
        ))
        .unwrap();
    let mut position = Position::begin(0);
    // The one without a known kind is a visit nevertheless.
    let seen = ["https://example.org/1", "https://example.org/1"];
    assert_eq!(made.new_ones(&mut position), seen);
    made.visit("https://example.org/2", 9);
    assert_eq!(made.new_ones(&mut position), ["https://example.org/2"]);
}

#[test]
fn a_long_address_is_cut_and_a_trigger_does_not_run() {
    let made = Made::new(Chromium);
    let long = format!("data:text/plain,{}", "é".repeat(3 << 20));
    made.live
        .execute_batch(
            "CREATE TRIGGER t AFTER INSERT ON visits BEGIN SELECT load_extension('x'); END; DROP TRIGGER t",
        )
        .unwrap();
    made.visit(&long, 1);
    let mut position = Position::begin(0);
    let urls = made.new_ones(&mut position);
    assert!(urls[0].len() <= 48 * 1024 && long.starts_with(&urls[0]));
}

#[test]
fn long_addresses_come_in_parts() {
    for (family, latest) in [(Chromium, 0), (Firefox, START)] {
        let made = Made::new(family);
        made.live.execute_batch("BEGIN").unwrap();
        for n in 1..=400 {
            made.visit(
                &format!("https://example.org/{n}?{}", "x".repeat(48 << 10)),
                n,
            );
        }
        made.live.execute_batch("COMMIT").unwrap();
        let mut position = Position::begin(latest);
        let mut seen = Vec::new();
        let mut parts = 0;
        loop {
            let reading = made.read(position).unwrap();
            position = reading.from;
            let mut held = 0;
            for row in reading.rows {
                position.note(row.id, row.mark, NOW);
                let web = row.visit.unwrap().web;
                held += web.url.len() + web.title.unwrap().len();
                seen.push(row.id);
            }
            assert!(held <= 9 << 20, "{held}");
            parts += 1;
            if !reading.more {
                break;
            }
        }
        assert_eq!(parts, 3);
        assert_eq!(seen, (1..=400).collect::<Vec<_>>());
    }
}

#[test]
fn what_is_not_the_accounts_own_file_is_refused() {
    let made = Made::new(Chromium);
    let other = Owner(me().0 + 1);
    let fault = Snapshot::take(&made.path, other, &made.scratch()).unwrap_err();
    assert!(
        matches!(fault, Fault::Open(OpenError::Foreign)),
        "{fault:?}"
    );
    let link = made.dir.path().join("History");
    std::os::unix::fs::symlink(&made.path, &link).unwrap();
    let fault = Snapshot::take(&link, me(), &made.scratch()).unwrap_err();
    assert!(
        matches!(fault, Fault::Open(OpenError::NotAFile)),
        "{fault:?}"
    );
}

#[test]
fn a_file_of_any_size_fills_no_disk() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("History");
    // Holes take no room here; a copy would.
    File::create(&path).unwrap().set_len((1 << 30) + 1).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let fault = Snapshot::take(&path, me(), scratch.path()).unwrap_err();
    assert!(matches!(fault, Fault::TooLarge), "{fault:?}");
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn a_missing_place_for_copies_is_named() {
    let made = Made::new(Chromium);
    let fault = Snapshot::take(&made.path, me(), &made.dir.path().join("none")).unwrap_err();
    assert!(matches!(fault, Fault::Scratch(_)), "{fault:?}");
    assert!(fault.to_string().contains("room"));
}

#[test]
fn what_changes_during_each_copy_is_given_up_for_now() {
    type Change = fn(&std::path::Path, u64);
    let touch: Change = |path, n| {
        let file = File::options().append(true).open(path).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(n))
            .unwrap();
    };
    let replace: Change = |path, _| {
        let other = path.with_extension("new");
        std::fs::copy(path, &other).unwrap();
        let modified = path.metadata().unwrap().modified().unwrap();
        let file = File::options().append(true).open(&other).unwrap();
        file.set_modified(modified).unwrap();
        std::fs::rename(&other, path).unwrap();
    };
    let journal: Change = |path, n| {
        let journal = path.with_file_name("History-journal");
        let len = std::fs::metadata(&journal).map_or(0, |it| it.len());
        File::options()
            .append(true)
            .create(true)
            .open(&journal)
            .unwrap()
            .set_len(len + n)
            .unwrap();
    };
    let restart: Change = |path, n| {
        let mut log = vec![0; 32];
        log[16..24].copy_from_slice(&n.to_be_bytes());
        std::fs::write(path.with_file_name("places.sqlite-wal"), log).unwrap();
    };
    for (family, change) in [
        (Chromium, touch),
        (Chromium, replace),
        (Chromium, journal),
        (Firefox, touch),
        (Firefox, restart),
    ] {
        let made = Made::new(family);
        drop(made.live);
        let scratch = made.dir.path().join("scratch");
        let mut changes = 0;
        let copied = Snapshot::take_while(&made.path, me(), &scratch, &mut || {
            changes += 1;
            change(&made.path, changes);
        });
        let fault = copied.unwrap_err();
        assert!(matches!(fault, Fault::Busy), "{fault:?}");
        assert!(changes > 0);
        assert_eq!(std::fs::read_dir(&scratch).unwrap().count(), 0);
        assert!(Snapshot::take(&made.path, me(), &scratch).is_ok());
    }
}
