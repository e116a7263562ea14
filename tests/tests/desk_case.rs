//! A case: what matched stands out, what was around it, what people decided and whether a supervisor agrees, and
//! what of it goes to court.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_collector::store::staff::Role;
use proviso_tests::browser::{Chromium, Page};
use proviso_tests::bureau::{
    Bureau, HOSTILE_TITLE, HOSTILE_URL, MANAGER, ago, day, nothing_ran, visit,
};
use proviso_tests::scene::PERSON;

const SAYS: &str = "Possible breach if a listed social network is opened.";

/// Somebody opened a forbidden page among others.
fn bureau() -> Bureau {
    let bureau = Bureau::open().unwrap();
    bureau.staff("sacha", Role::Supervisor).unwrap();
    bureau.person(PERSON).unwrap();
    bureau.assign(PERSON, MANAGER).unwrap();
    let mut computer = bureau.computer(PERSON).unwrap();
    let seen = [
        (45, visit("https://news.example/long-before", "Yesterday's")),
        (19, visit("https://mail.example/in", "Your mail")),
        (15, visit(HOSTILE_URL, HOSTILE_TITLE)),
        (9, visit("https://news.example/after", "Today's")),
        (1, visit("https://news.example/much-later", "Later")),
    ];
    let seen = seen.map(|(minutes, fact)| (ago(minutes), fact));
    computer.tell(seen.to_vec()).unwrap();
    bureau.wait_for_finding().unwrap();
    bureau
}

fn open_case(page: &mut Chromium) {
    page.follow("Queue").unwrap();
    page.follow(SAYS).unwrap();
}

#[test]
fn what_matched_stands_out_in_ten_minutes_before_and_after_and_becomes_an_exhibit() {
    let bureau = bureau();
    let mut page = bureau.desk(MANAGER).unwrap();
    open_case(&mut page);
    page.shows(&[
        "Clause 4 Using any social networking site without the prior written approval",
        "Rule 4.a Possible breach if a listed social network is opened.",
        "SHPO-2026-000123, version 1",
        "When: three times",
        "The device's clock",
        "By receipts",
        "The collector's clock",
        "in the signed report of records 0 to 4",
        "Medium: one method saw it as it happened",
        "How the page came to be opened is not known.",
        "The person has not said anything about this record.",
        "Nobody has said anything about an alert of this rule yet.",
    ])
    .unwrap();
    let marked = page
        .eval("[...document.querySelectorAll('#record mark')].map((one) => one.textContent)")
        .unwrap();
    assert_eq!(marked, serde_json::json!(["facebook.com"]));
    // The whole address is there, as text.
    let held = page
        .eval("document.querySelector('#record').innerText")
        .unwrap();
    let held = held.as_str().unwrap();
    assert!(held.contains(HOSTILE_URL), "{held}");
    let around = page
        .eval("document.querySelector('#around').innerText")
        .unwrap();
    let around = around.as_str().unwrap();
    for (there, what) in [
        (true, "https://mail.example/in"),
        (true, "https://news.example/after"),
        (true, "<svg onload=alert(5)>"),
        (false, "long-before"),
        (false, "much-later"),
    ] {
        assert_eq!(around.contains(what), there, "{what} in {around}");
    }

    page.form("/exhibit").send("Add the exhibit").unwrap();
    page.shows(&[
        "There is a problem",
        "Give the reference that it has in court",
    ])
    .unwrap();
    page.form("/exhibit")
        .fill("Reference in court", "MOR/1")
        .unwrap()
        .fill("What it shows", "The page & <its> title.")
        .unwrap()
        .send("Add the exhibit")
        .unwrap();
    page.shows(&["MOR/1: The page & <its> title."]).unwrap();
    nothing_ran(&mut page).unwrap();
    page.close().unwrap();
}

#[test]
fn a_recall_waits_for_a_supervisor_who_sends_it_back_and_then_agrees() {
    let bureau = bureau();
    let mut page = bureau.desk(MANAGER).unwrap();
    open_case(&mut page);
    // A date that is over is refused in its place, and what was typed stands there.
    page.form("/decide")
        .tick("Decided: recall")
        .unwrap()
        .fill("Reason", "The third time this month.")
        .unwrap()
        .fill("Look again on", "2020-01-01")
        .unwrap()
        .send("Record")
        .unwrap();
    page.shows(&["There is a problem"]).unwrap();
    let typed = page.form("/decide").holds("Reason").unwrap();
    assert_eq!(typed, "The third time this month.");
    page.form("/decide")
        .fill("Look again on", &day(20))
        .unwrap()
        .send("Record")
        .unwrap();
    page.shows(&["Decided: recall", "The third time this month."])
        .unwrap();
    page.shows_none(&["Do you agree"]).unwrap();

    let mut sacha = bureau.desk("sacha").unwrap();
    sacha.follow("Queue").unwrap();
    sacha
        .shows(&["Waits for a supervisor to agree Decided: recall about Sam Sample"])
        .unwrap();
    sacha.follow("Decided: recall").unwrap();
    sacha.form("/sign-off").send("Send back").unwrap();
    sacha
        .shows(&["There is a problem", "Say why you send it back"])
        .unwrap();
    sacha
        .form("/sign-off")
        .fill("What you say to it", "Ask him first.")
        .unwrap()
        .send("Send back")
        .unwrap();
    sacha.shows(&["Ask him first."]).unwrap();

    // It waits again, and is decided again.
    page.follow("Queue").unwrap();
    page.shows(&["with 1 possible breach"]).unwrap();
    page.follow(SAYS).unwrap();
    page.shows(&["Ask him first.", "The third time this month."])
        .unwrap();
    page.form("/decide")
        .tick("Decided: a statement was taken")
        .unwrap()
        .tick("Ask a supervisor to agree")
        .unwrap()
        .fill("Reason", "He says that it was a mistake.")
        .unwrap()
        .send("Record")
        .unwrap();
    sacha.follow("Queue").unwrap();
    sacha.follow("Decided: a statement was taken").unwrap();
    sacha.form("/sign-off").send("Agree").unwrap();
    sacha.shows(&["sacha"]).unwrap();
    sacha.follow("Queue").unwrap();
    sacha
        .shows_none(&["Waits for a supervisor to agree"])
        .unwrap();
    let store = bureau.scene.collector.store().unwrap();
    let agreed: Vec<(String, i64)> = store
        .prepare("SELECT r.verdict, s.agreed FROM sign_off s JOIN ruling r ON r.id = s.ruling ORDER BY s.at")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(
        agreed,
        [("recall".to_owned(), 0), ("statement".to_owned(), 1)]
    );

    // The next alert of this rule shows what was decided before.
    let mut computer = bureau.computer(PERSON).unwrap();
    computer
        .visits("https://www.facebook.com/again", "Again")
        .unwrap();
    page.visit(&bureau.url("/alerts")).unwrap();
    page.comes_to_show("with 1 possible breach").unwrap();
    page.follow(SAYS).unwrap();
    page.shows(&[
        "Earlier decisions on this rule",
        "Decided: a statement was taken 1 1",
    ])
    .unwrap();
    for one in [page, sacha] {
        one.close().unwrap();
    }
}
