//! A search says why first; the reason, the words and who was found are what the auditor reads.

use proviso_collector::store::staff::Role;
use proviso_tests::browser::Page;
use proviso_tests::bureau::{Bureau, HOSTILE_TITLE, MANAGER, ODD, ago, nothing_ran, visit};

const REASON: &str = "A referral of today names <this> site.";

#[test]
fn a_reason_comes_first_and_the_auditor_reads_it() {
    let mut bureau = Bureau::open().unwrap();
    for (name, role) in [("kim", Role::Manager), ("audrey", Role::Auditor)] {
        bureau.staff(name, role).unwrap();
    }
    bureau.person(ODD).unwrap();
    bureau.assign(ODD, MANAGER).unwrap();
    let mut computer = bureau.computer(ODD).unwrap();
    computer
        .tell(vec![(
            ago(4),
            visit("https://garden.example/roses", HOSTILE_TITLE),
        )])
        .unwrap();

    bureau.restart().unwrap();
    let mut page = bureau.desk(MANAGER).unwrap();
    page.follow("Search").unwrap();
    page.form("/search")
        .fill("What do you look for?", "garden.example")
        .unwrap()
        .fetch("Search")
        .unwrap();
    // The browser holds it back, and the keyboard is where something is missing.
    let missing = page.eval("document.activeElement.id").unwrap();
    assert_eq!(missing, "reason");
    page.shows_none(&["What was found"]).unwrap();
    page.form("/search")
        .fill("Why do you search?", REASON)
        .unwrap()
        .send("Search")
        .unwrap();
    page.shows(&["What was found"]).unwrap();
    let found = page.eval("location.href").unwrap();
    page.asks_until(found.as_str().unwrap(), "On 1 day")
        .unwrap();
    page.shows(&[
        "What was found",
        REASON,
        "1 person whom you see now",
        "<script>alert('x')</script>",
    ])
    .unwrap();
    page.follow("Open the timeline where it occurs last")
        .unwrap();
    page.shows(&["Where “garden.example” occurs"]).unwrap();

    // Somebody whose case it is not finds nobody, by the same words.
    let mut kim = bureau.desk("kim").unwrap();
    kim.follow("Search").unwrap();
    kim.form("/search")
        .fill("Why do you search?", "To look.")
        .unwrap()
        .fill("What do you look for?", "garden.example")
        .unwrap()
        .send("Search")
        .unwrap();
    kim.shows(&["What was found", "0 people whom you see now"])
        .unwrap();
    kim.shows_none(&["Llanfair"]).unwrap();

    let mut audrey = bureau.desk("audrey").unwrap();
    audrey
        .form("/audit")
        .fill("What", "Searched")
        .unwrap()
        .send("Show")
        .unwrap();
    audrey
        .shows(&["morgan", "garden.example", REASON, "kim", "To look."])
        .unwrap();
    // The auditor sees who was looked for, and no activity.
    audrey.visit(&bureau.url("/alerts")).unwrap();
    audrey.shows(&["Not yours to see"]).unwrap();
    nothing_ran(&mut page).unwrap();
    nothing_ran(&mut audrey).unwrap();
    for one in [page, kim, audrey] {
        one.close().unwrap();
    }
}
