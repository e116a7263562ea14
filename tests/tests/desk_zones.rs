//! An officer in one zone, a computer in another that it leaves in the middle of the day: each time is told as the
//! officer reads it, with the computer's own beside it where that is another one.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proviso_report::fact::{AgentStarted, Fact, PreviousEnd, ZoneChanged};
use proviso_tests::browser::{Chromium, Page};
use proviso_tests::bureau::{Bureau, MANAGER, ago, nothing_ran, visit};
use proviso_tests::scene::PERSON;

const SAYS: &str = "Possible breach if a listed social network is opened.";

/// What clocks show there.
fn clock(at: i64, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap();
    let at = Timestamp::from_millisecond(at).unwrap();
    let at = at.to_zoned_datetime(zone);
    at.strftime("%H:%M:%S %Z").to_string()
}

fn around(page: &mut Chromium) -> Vec<String> {
    let script = "[...document.querySelectorAll('#around .time')].map((one) => one.innerText)";
    let lines = page.eval(script).unwrap();
    serde_json::from_value(lines).unwrap()
}

#[test]
fn each_time_is_the_readers_with_the_computers_own_beside_it() {
    let bureau = Bureau::open().unwrap();
    let person = bureau.person(PERSON).unwrap();
    bureau.assign(PERSON, MANAGER).unwrap();
    let mut computer = bureau.computer(PERSON).unwrap();
    let started = AgentStarted {
        version: "0.1.0".into(),
        engine: "e".into(),
        platform: "linux x86_64".into(),
        sources: vec!["extension".into()],
        previous: PreviousEnd::First,
        zone: Some("Europe/London".into()),
    };
    let moved = ZoneChanged {
        from: Some("Europe/London".into()),
        to: "Asia/Tokyo".into(),
    };
    let (before, after) = (ago(18), ago(12));
    let facts = [
        (ago(60), Fact::from(started)),
        (before, visit("https://news.example/", "News")),
        (ago(15), Fact::from(moved)),
        (after, visit("https://www.facebook.com/", "Social")),
    ];
    computer.tell(facts.to_vec()).unwrap();
    bureau.wait_for_finding().unwrap();

    let mut page = bureau.desk(MANAGER).unwrap();
    page.follow("Queue").unwrap();
    let own = format!("{} on the device", clock(after, "Asia/Tokyo"));
    page.shows(&[&own]).unwrap();
    page.follow(SAYS).unwrap();
    let told = page.shows(&["on the device (Asia/Tokyo)."]).unwrap();
    assert!(told.contains(&clock(after, "Europe/London")), "{told}");
    let lines = around(&mut page);
    assert!(lines.iter().any(|line| line.contains(&own)), "{lines:?}");
    // Before it was moved its clocks showed what the officer's did.
    let early = clock(before, "Europe/London");
    assert!(lines.contains(&early), "{early} in {lines:?}");

    // The officer goes elsewhere: both the computer's times are others' now, and the order's is said.
    page.visit(&bureau.url("/account")).unwrap();
    page.form("/account/zone")
        .fill("Time zone", "America/New_York")
        .unwrap()
        .send("Use this zone")
        .unwrap();
    page.follow("Queue").unwrap();
    page.follow(SAYS).unwrap();
    let there = format!("{} in the order's zone", clock(after, "Europe/London"));
    page.shows(&[
        &clock(after, "America/New_York"),
        &there,
        "on the device (Asia/Tokyo).",
    ])
    .unwrap();
    let lines = around(&mut page);
    let moved = format!("{} on the device", clock(before, "Europe/London"));
    assert!(
        lines.iter().any(|line| line.contains(&moved)),
        "{moved} in {lines:?}"
    );
    page.visit(&bureau.url(&format!("{person}/notes"))).unwrap();
    page.shows(&["Notes and visits"]).unwrap();

    // Of a computer that never said where it is nothing is told.
    let other = "Kim Other";
    bureau.person(other).unwrap();
    bureau.assign(other, MANAGER).unwrap();
    let mut silent = bureau.computer(other).unwrap();
    silent
        .visits("https://www.facebook.com/", "Social")
        .unwrap();
    let whose = page.asks_until(&bureau.url("/alerts"), other).unwrap();
    assert!(whose.contains(SAYS), "{whose}");
    page.eval(
        "[...document.querySelectorAll('li.card')].find((card) => card.innerText.includes('Kim Other'))\
         .querySelector('a.what').click()",
    )
    .unwrap();
    page.comes_to_show("The device's zone is not known.")
        .unwrap();
    nothing_ran(&mut page).unwrap();
    page.close().unwrap();
}
