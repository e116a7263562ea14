//! For how long a page was in front is told as the browser measured it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Instant;

use proviso_report::Kind;
use proviso_report::fact::{Fact, Foreground};
use proviso_tests::browser::{Chromium, Firefox};
use proviso_tests::desk::Desk;
use proviso_tests::wait::{PATIENCE, until};

const KINDS: &[Kind] = &[Kind::Foreground];
const PAGE: &str = "https://long.example/read";

fn wait_for(desk: &Desk, began: Instant) -> Foreground {
    let front = desk.wait_for("the time in front", |one| match &one.fact {
        Fact::Foreground(front) if front.url.as_deref() == Some(PAGE) => Some(front.clone()),
        _ => None,
    });
    let front = front.unwrap();
    let most = u64::try_from(began.elapsed().as_millis()).unwrap();
    assert!(
        front.ms > 0 && front.ms <= most,
        "{} of {most} ms",
        front.ms
    );
    front
}

/// Until the page has been there for a while by its own clock.
fn read_it(mut elapsed: impl FnMut() -> f64) {
    until("the page to be read", PATIENCE, || {
        Ok((elapsed() > 1_500.0).then_some(()))
    })
    .unwrap();
}

#[test]
fn a_page_in_chromium() {
    let desk = Desk::new().unwrap();
    let source = desk.source(KINDS).unwrap();
    let began = Instant::now();
    let mut chromium = Chromium::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    chromium.open(PAGE).unwrap();
    read_it(|| {
        chromium
            .eval("performance.now()")
            .unwrap()
            .as_f64()
            .unwrap()
    });
    chromium.open("https://next.example/").unwrap();
    let front = wait_for(&desk, began);
    assert_eq!(front.browser.as_deref(), Some("chromium"));
    chromium.close().unwrap();
    source.end().unwrap();
}

#[test]
fn a_page_in_firefox() {
    let desk = Desk::new().unwrap();
    let source = desk.source(KINDS).unwrap();
    let began = Instant::now();
    let mut firefox = Firefox::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    firefox.open(PAGE).unwrap();
    read_it(|| firefox.eval("performance.now()").unwrap().as_f64().unwrap());
    firefox.open("https://next.example/").unwrap();
    let front = wait_for(&desk, began);
    assert_eq!(front.browser.as_deref(), Some("firefox"));
    firefox.close().unwrap();
    source.end().unwrap();
}
