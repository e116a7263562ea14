//! Visits that are deleted between two readings must not hide those that come after.

use super::super::family::Family::{self, Chromium, Firefox};
use super::super::position::Position;
use super::made::{Made, START};

fn filled(family: Family, visits: i64) -> (Made, Position) {
    let made = Made::new(family);
    made.live.execute_batch("BEGIN").unwrap();
    for n in 1..=visits {
        made.visit(&format!("https://example.org/{n}"), n);
    }
    made.live.execute_batch("COMMIT").unwrap();
    let mut position = Position::begin(START);
    let seen = made.new_ones(&mut position).len();
    assert_eq!(i64::try_from(seen), Ok(visits));
    (made, position)
}

fn visits_after(made: &Made, id: i64) -> String {
    let table = match made.path.ends_with("History") {
        true => "visits",
        false => "moz_historyvisits",
    };
    format!("DELETE FROM {table} WHERE id > {id}")
}

#[test]
fn firefox_gives_numbers_again() {
    let (made, mut position) = filled(Firefox, 8);
    made.live.execute_batch(&visits_after(&made, 5)).unwrap();
    made.visit("https://example.org/new", 20);
    let id: i64 = made
        .live
        .query_row("SELECT max(id) FROM moz_historyvisits", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(id, 6, "given again");
    assert_eq!(made.new_ones(&mut position), ["https://example.org/new"]);
    // As many as were deleted, and more: the highest number stays or rises.
    made.live.execute_batch(&visits_after(&made, 4)).unwrap();
    for n in 30..33 {
        made.visit(&format!("https://example.org/{n}"), n);
    }
    let new = [30, 31, 32].map(|n| format!("https://example.org/{n}"));
    assert_eq!(made.new_ones(&mut position), new);
    assert_eq!(made.new_ones(&mut position), [""; 0]);
}

#[test]
fn the_same_number_time_or_address_alone_is_another_visit() {
    let (made, mut position) = filled(Firefox, 3);
    made.live.execute_batch(&visits_after(&made, 2)).unwrap();
    made.visit("https://example.org/3", 4);
    assert_eq!(made.new_ones(&mut position), ["https://example.org/3"]);
    made.live.execute_batch(&visits_after(&made, 2)).unwrap();
    made.visit("https://example.org/other", 4);
    assert_eq!(made.new_ones(&mut position), ["https://example.org/other"]);
}

#[test]
fn more_than_is_remembered_can_be_deleted() {
    for family in [Chromium, Firefox] {
        let (made, mut position) = filled(family, 500);
        made.live.execute_batch(&visits_after(&made, 300)).unwrap();
        made.visit("https://example.org/new", 600);
        assert_eq!(made.new_ones(&mut position), ["https://example.org/new"]);
        assert_eq!(made.new_ones(&mut position), [""; 0]);
        made.visit("https://example.org/newer", 601);
        assert_eq!(made.new_ones(&mut position), ["https://example.org/newer"]);
    }
}

#[test]
fn chromium_begins_again_at_one() {
    let (made, mut position) = filled(Chromium, 100);
    made.live
        .execute_batch("DELETE FROM visits; DELETE FROM urls; DELETE FROM sqlite_sequence; VACUUM")
        .unwrap();
    assert_eq!(made.new_ones(&mut position), [""; 0]);
    for n in 200..203 {
        made.visit(&format!("https://example.org/{n}"), n);
    }
    let id: i64 = made
        .live
        .query_row("SELECT min(id) FROM visits", [], |row| row.get(0))
        .unwrap();
    assert_eq!(id, 1, "it began again");
    let new = [200, 201, 202].map(|n| format!("https://example.org/{n}"));
    assert_eq!(made.new_ones(&mut position), new);
}

#[test]
fn one_in_the_middle_can_be_deleted() {
    let (made, mut position) = filled(Chromium, 10);
    made.live
        .execute("DELETE FROM visits WHERE id IN (3, 10)", [])
        .unwrap();
    made.visit("https://example.org/new", 20);
    assert_eq!(made.new_ones(&mut position), ["https://example.org/new"]);
}

#[test]
fn another_history_in_its_place_is_read_from_where_the_old_one_ended() {
    let (_, mut position) = filled(Firefox, 10);
    let (other, _) = filled(Firefox, 3);
    other.visit("https://example.org/new", 20);
    assert_eq!(other.new_ones(&mut position), ["https://example.org/new"]);
    assert_eq!(other.new_ones(&mut position), [""; 0]);
}

#[test]
fn only_what_is_later_than_the_first_sight_counts() {
    for family in [Chromium, Firefox] {
        let made = Made::new(family);
        for n in 1..=100 {
            made.visit(&format!("https://example.org/{n}"), n);
        }
        let mut position = Position::begin(START + 98_500_000);
        let new = [99, 100].map(|n| format!("https://example.org/{n}"));
        assert_eq!(made.new_ones(&mut position), new);
        // Synchronised or written late: its number is new, its time is not.
        made.visit("https://example.org/late", 2);
        assert_eq!(made.new_ones(&mut position), ["https://example.org/late"]);
    }
}
