//! Words that a person sends to a search engine are one record, however many pages show them.

use proviso_report::Kind;
use proviso_report::fact::{Fact, Search};
use proviso_tests::browser::{Chromium, Firefox, Page};
use proviso_tests::desk::Desk;

const KINDS: &[Kind] = &[Kind::WebVisit, Kind::Search];
const GOOGLE: &str = "https://www.google.com/search?q=gr%C3%BCne+Schuhe";
const OTHER: &str = "https://duckduckgo.com/?q=red%20shoes";
const NO_ENGINE: &str = "https://shop.example/?q=blue+hats";

fn searches(desk: &Desk) -> Vec<Search> {
    let found = desk.told().into_iter().filter_map(|one| match one.fact {
        Fact::Search(search) => Some(search),
        _ => None,
    });
    found.collect()
}

fn said(desk: &Desk) -> Vec<(String, Option<String>, String)> {
    let all = searches(desk).into_iter();
    all.map(|one| (one.text, one.engine, one.browser)).collect()
}

fn expected(browser: &str) -> Vec<(String, Option<String>, String)> {
    [("grüne Schuhe", "google"), ("red shoes", "duckduckgo")]
        .map(|(text, engine)| (text.into(), Some(engine.into()), browser.into()))
        .to_vec()
}

#[test]
fn searches_in_chromium() {
    let desk = Desk::new().unwrap();
    let source = desk.source(KINDS).unwrap();
    let mut chromium = Chromium::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    chromium.open(GOOGLE).unwrap();
    // Not by its address: to Chromium that is typed, and what is typed again later is searched again.
    let second = format!("location.href = '{GOOGLE}&start=10'");
    chromium
        .leaving(|page| page.eval(&second).map(drop))
        .unwrap();
    chromium.open(NO_ENGINE).unwrap();
    chromium.open(OTHER).unwrap();
    chromium.close().unwrap();
    desk.wait_for_visit(OTHER).unwrap();
    source.end().unwrap();
    assert_eq!(said(&desk), expected("chromium"));
}

#[test]
fn searches_in_firefox() {
    let desk = Desk::new().unwrap();
    let source = desk.source(KINDS).unwrap();
    let mut firefox = Firefox::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    firefox.open(GOOGLE).unwrap();
    firefox.open(&format!("{GOOGLE}&start=10")).unwrap();
    desk.wait_for_visit(&format!("{GOOGLE}&start=10")).unwrap();
    source.end().unwrap();
    // The same search over a restart of the agent.
    firefox.open(NO_ENGINE).unwrap();
    firefox.open(GOOGLE).unwrap();
    firefox.open(OTHER).unwrap();
    let source = desk.source(KINDS).unwrap();
    desk.wait_for_visit(OTHER).unwrap();
    firefox.close().unwrap();
    source.end().unwrap();
    assert_eq!(said(&desk), expected("firefox"));
}
