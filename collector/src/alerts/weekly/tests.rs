//! Time is an argument, so a week passes in no time.

use std::sync::Mutex;

use jiff::civil::date;

use super::*;
use crate::store::people::{self, Person};
use crate::store::sight::{self, Case};
use crate::store::{Param, PersonId};

const HOUR: i64 = 60 * 60_000;
const DAY: i64 = 24 * HOUR;

/// A mail server that can be down.
#[derive(Default)]
struct Office {
    down: bool,
    taken: Mutex<Vec<Letter>>,
}

impl Post for Office {
    async fn send(&self, letter: &Letter) -> Result<(), String> {
        if self.down {
            return Err("nobody answers".to_owned());
        }
        self.taken.lock().unwrap().push(letter.clone());
        Ok(())
    }
}

impl Office {
    fn weeks(&self) -> Vec<(String, String)> {
        let taken = self.taken.lock().unwrap();
        let mut weeks: Vec<_> = taken
            .iter()
            .map(|letter| (letter.week.clone(), letter.staff.clone()))
            .collect();
        weeks.sort();
        weeks
    }
}

fn at(day: Date, hour: i8) -> i64 {
    let london = TimeZone::get("Europe/London").unwrap();
    let at = london.to_zoned_datetime(day.at(hour, 0, 0, 0)).unwrap();
    at.timestamp().as_millisecond()
}

fn weekly() -> Weekly {
    let london = TimeZone::get("Europe/London").unwrap();
    Weekly::new(london, 7, "https://collector.example/")
}

fn store(dir: &std::path::Path) -> Store {
    let path = dir.join("store.db");
    if !path.exists() {
        Store::create(&path).unwrap();
    }
    Store::open(&path).unwrap()
}

async fn staff_of(store: &Store) {
    store
        .write("staff", |tx| -> Result<(), StoreError> {
            for (name, role, mail) in [
                ("kim", Role::Manager, "kim@example"),
                ("noor", Role::Supervisor, "noor@example"),
                ("quiet", Role::Manager, ""),
                ("ella", Role::Examiner, "ella@example"),
            ] {
                let mut one = Staff::new(name.to_owned(), name.to_owned(), String::new(), role);
                mail.clone_into(&mut one.mail);
                staff::add(tx, &one)?;
            }
            let person = Person {
                id: PersonId::from_random([1; 16]),
                pseudonym: "P-0001".to_owned(),
                created: 1,
                name: "Alex Example".to_owned(),
                note: String::new(),
            };
            people::add(tx, &person)?;
            let case = Case {
                id: "1".to_owned(),
                person: person.id,
                officer: "kim".to_owned(),
                since: 1,
                until: None,
                put_by: String::new(),
                reason: String::new(),
            };
            Ok(sight::assign(tx, &case)?)
        })
        .await
        .unwrap();
}

/// All that is due, as the collector does it.
async fn pass(store: &Store, office: &Office, now: i64) {
    let weekly = weekly();
    weekly.make(store, now).await.unwrap();
    while weekly.deliver(store, office, now).await.unwrap() {}
}

#[tokio::test]
async fn one_mail_a_week_and_person_over_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::default();
    let monday = date(2026, 11, 23);
    let first = store(dir.path());
    staff_of(&first).await;
    // Before seven on the first Monday: nothing yet but the word that the week before is over.
    pass(&first, &office, at(monday, 6)).await;
    assert_eq!(office.weeks(), []);
    for hour in [7, 7, 8, 23] {
        pass(&first, &office, at(monday, hour)).await;
    }
    first.close();
    drop(first);
    let again = store(dir.path());
    for days in 0..7 {
        pass(&again, &office, at(monday, 9) + days * DAY).await;
    }
    let week = |week: &str, staff: &str| (week.to_owned(), staff.to_owned());
    let once = [week("2026-11-23", "kim"), week("2026-11-23", "noor")];
    assert_eq!(office.weeks(), once);
    // Down on the next Monday, and up again on Wednesday.
    pass(&again, &office, at(date(2026, 12, 2), 12)).await;
    assert_eq!(office.weeks().len(), 4);
    pass(&again, &office, at(date(2026, 12, 3), 12)).await;
    assert_eq!(office.weeks().len(), 4);
}

#[tokio::test]
async fn a_mail_server_that_is_down_for_a_day_loses_and_doubles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    staff_of(&store).await;
    let mut office = Office {
        down: true,
        ..Office::default()
    };
    let begin = at(date(2026, 11, 23), 7);
    let mut now = begin;
    while now < begin + DAY {
        pass(&store, &office, now).await;
        now += 10 * 60_000;
    }
    assert_eq!(office.weeks(), []);
    let why = store
        .read(|read| {
            let none: [Param<'_>; 0] = [];
            let found = read.query("SELECT failure FROM weekly_mail", &none, |row| row.text(0));
            Ok::<_, StoreError>(found?)
        })
        .await
        .unwrap();
    assert_eq!(why, ["nobody answers"; 2]);
    office.down = false;
    for _ in 0..12 {
        pass(&store, &office, now).await;
        now += 10 * 60_000;
    }
    assert_eq!(office.weeks().len(), 2);
    // Those that were made on Monday say what was so on Monday.
    let taken = office.taken.lock().unwrap();
    assert!(
        taken
            .iter()
            .all(|letter| letter.tries > 1 && letter.week == "2026-11-23")
    );
}

#[tokio::test]
async fn nobody_gets_one_in_the_middle_of_a_first_week_or_against_their_will() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    staff_of(&store).await;
    let office = Office::default();
    pass(&store, &office, at(date(2026, 11, 25), 12)).await;
    assert_eq!(office.weeks(), []);
    store
        .write("choose", |tx| -> Result<(), StoreError> {
            weekly::choose(tx, "1", "kim", false, 1)?;
            weekly::choose(tx, "2", "noor", false, 1)?;
            Ok(weekly::choose(tx, "3", "noor", true, 2)?)
        })
        .await
        .unwrap();
    pass(&store, &office, at(date(2026, 11, 30), 7)).await;
    assert_eq!(
        office.weeks(),
        [("2026-11-30".to_owned(), "noor".to_owned())]
    );
}

#[tokio::test]
async fn a_mail_has_figures_and_no_names() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    staff_of(&store).await;
    let office = Office::default();
    // The clock was put forward the day before: seven is seven.
    let monday = date(2026, 3, 30);
    pass(&store, &office, at(monday, 7) - 1).await;
    assert_eq!(office.weeks(), []);
    pass(&store, &office, at(monday, 7)).await;
    let taken = office.taken.lock().unwrap();
    let kims = taken.iter().find(|letter| letter.staff == "kim").unwrap();
    assert!(
        kims.body.starts_with(
            "The week from 23 March 2026 to 29 March 2026.\r\n\r\nPeople whose case is yours: 1\r\n"
        ),
        "{}",
        kims.body
    );
    assert!(kims.body.contains("https://collector.example/caseload\r\n"));
    for letter in taken.iter() {
        assert!(!letter.body.contains("Alex"), "{}", letter.body);
        assert!(letter.address.ends_with("@example"));
    }
}
