//! The auditor reads who looked at whom, when and why, what was changed and what was taken out, in a list and in
//! the report of a month; an officer reads it of their own people; nobody's look is left out.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_collector::store::staff::Role;
use proviso_tests::browser::{Chromium, Page};
use proviso_tests::bureau::{Bureau, MANAGER, ODD, ago, arrived, change_to, nothing_ran, visit};

/// The next sits down; a page that is not theirs to see has no way out.
fn change(bureau: &Bureau, page: &mut Chromium, name: &str) {
    page.visit(&bureau.url("/account")).unwrap();
    change_to(page, name).unwrap();
}

#[test]
fn every_look_is_in_the_list_and_in_the_report_of_the_month() {
    let bureau = Bureau::open().unwrap();
    for (name, role) in [
        ("=1+1", Role::Manager),
        ("erin", Role::Examiner),
        ("audrey", Role::Auditor),
        ("ada", Role::Administrator),
    ] {
        bureau.staff(name, role).unwrap();
    }
    let person = bureau.person(ODD).unwrap();
    bureau.assign(ODD, MANAGER).unwrap();
    let mut computer = bureau.computer(ODD).unwrap();
    computer
        .tell(vec![(ago(4), visit("https://news.example/", "News"))])
        .unwrap();

    // The officer looks, writes, and lets an examiner in; the examiner takes the evidence out.
    let mut morgan = bureau.desk(MANAGER).unwrap();
    morgan
        .visit(&bureau.url(&format!("{person}/notes")))
        .unwrap();
    morgan
        .form("/notes")
        .tick("Telephone call")
        .unwrap()
        .fill("What was said and seen", "He is well.")
        .unwrap()
        .send("Keep the note")
        .unwrap();
    let mut other = bureau.desk("erin").unwrap();
    other.visit(&bureau.url(&person)).unwrap();
    other.shows(&["Not yours to see"]).unwrap();
    morgan.visit(&bureau.url(&person)).unwrap();
    morgan
        .form("/let-in")
        .fill("Who is let in", "erin")
        .unwrap()
        .fill("For what", "Request 7 of the <lab>")
        .unwrap()
        .fill("Last day", &proviso_tests::bureau::day(3))
        .unwrap()
        .send("Let them in")
        .unwrap();
    let (inside, outside) = bureau.folder("erin").unwrap();
    other.download_to(&inside).unwrap();
    other.visit(&bureau.url(&person)).unwrap();
    other.form("/export").fetch("Make the bundle").unwrap();
    arrived(&outside, ".zip").unwrap();
    // Decisions are no examiner's, accounts no auditor's, activity no administrator's.
    change(&bureau, &mut other, "=1+1");
    other.visit(&bureau.url(&person)).unwrap();
    other.shows(&["Not yours to see"]).unwrap();
    change(&bureau, &mut other, "ada");
    other.shows(&["Accounts", "erin"]).unwrap();
    for path in ["/alerts", "/audit", &person] {
        other.visit(&bureau.url(path)).unwrap();
        other.shows(&["Not yours to see"]).unwrap();
        other.shows_none(&["Llanfair"]).unwrap();
    }

    change(&bureau, &mut other, "audrey");
    other
        .form("/audit")
        .fill("About whom", "P-0001")
        .unwrap()
        .send("Show")
        .unwrap();
    other
        .shows(&[
            "morgan",
            "erin",
            "saw the notes about",
            "let in erin",
            "=1+1",
        ])
        .unwrap();
    other
        .form("/audit")
        .fill("What", "Exported or disclosed")
        .unwrap()
        .send("Show")
        .unwrap();
    other.shows(&["erin"]).unwrap();
    other
        .form("/audit")
        .fill("What", "Refused")
        .unwrap()
        .send("Show")
        .unwrap();
    other.shows(&["erin", "=1+1"]).unwrap();

    other.visit(&bureau.url("/audit/month")).unwrap();
    other
        .shows(&[
            "Who looked at whom",
            "Outside of their own cases",
            "Sight that was given",
            "Request 7 of the <lab>",
            "P-0001",
        ])
        .unwrap();
    // As a sheet, in which nothing that somebody is called is a formula.
    other
        .eval("document.querySelector('a[href*=\"month.csv\"]').click()")
        .unwrap();
    let sheet = std::fs::read_to_string(arrived(&outside, ".csv").unwrap()).unwrap();
    assert!(
        sheet.contains("erin") && sheet.contains("P-0001"),
        "{sheet}"
    );
    for cell in sheet.lines().flat_map(|line| line.split(',')) {
        assert!(!cell.trim_matches('"').starts_with('='), "{cell:?}");
    }
    assert!(!sheet.contains("Llanfair"), "{sheet}");

    // An officer reads it of their own people.
    morgan.visit(&bureau.url(&person)).unwrap();
    morgan.follow("Who looked at this person's data").unwrap();
    morgan.shows(&["erin", "morgan"]).unwrap();
    for one in [&mut other, &mut morgan] {
        nothing_ran(one).unwrap();
    }
    for one in [morgan, other] {
        one.close().unwrap();
    }
}
