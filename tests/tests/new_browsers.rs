//! A browser or a profile that was not there before is told within a minute, wherever it keeps its files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proviso_report::Kind;
use proviso_report::fact::{BrowserFound, Fact};
use proviso_tests::browser::{Chromium, Firefox};
use proviso_tests::desk::Desk;
use proviso_tests::wait::{PATIENCE, until};

const KINDS: &[Kind] = &[Kind::WebVisit, Kind::BrowserFound];

fn found(desk: &Desk) -> Vec<BrowserFound> {
    let found = desk.told().into_iter().filter_map(|one| match one.fact {
        Fact::BrowserFound(found) => Some(found),
        _ => None,
    });
    found.collect()
}

fn wait_for(desk: &Desk, folder: &str) -> BrowserFound {
    let path = desk.alice.outside.join(folder).display().to_string();
    until(&format!("the browser in {folder}"), PATIENCE, || {
        Ok(found(desk).into_iter().find(|found| found.path == path))
    })
    .unwrap()
}

#[test]
fn known_places_and_folders_that_only_a_program_names() {
    let desk = Desk::new().unwrap();
    // There before the agent first looks: no news.
    let chromium = Chromium::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    chromium.close().unwrap();
    let source = desk.source(KINDS).unwrap();
    until("a first look", PATIENCE, || {
        Ok(desk.cursor("history|profiles").map(|_| ()))
    })
    .unwrap();
    let firefox = Firefox::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    let new = wait_for(&desk, ".config/mozilla/firefox/test.default-esr");
    assert_eq!(
        (&*new.browser, new.profile.as_deref()),
        ("firefox", Some("test.default-esr"))
    );
    firefox.close().unwrap();

    let folder = desk.alice.home.join("stick/data");
    let carried = format!("--user-data-dir={}", folder.display());
    let start = || {
        let (machine, alice) = (&desk.machine, &desk.alice);
        Chromium::start_with(machine, alice, &desk.sites, &[&carried]).unwrap()
    };
    let mut chromium = start();
    let new = wait_for(&desk, "stick/data/Default");
    assert_eq!(new.browser, "chromium");
    chromium.open("https://stick.example/1").unwrap();
    desk.wait_for_visit("https://stick.example/1").unwrap();
    source.end().unwrap();
    chromium.open("https://stick.example/2").unwrap();
    chromium.close().unwrap();

    // No program shows it any more: it is known, followed, and no news.
    let source = desk.source(KINDS).unwrap();
    desk.wait_for_visit("https://stick.example/2").unwrap();
    source.end().unwrap();
    assert_eq!(found(&desk).len(), 2);
}
