//! What a person removes from a real browser's history is told, while the agent looks and after it did
//! not; and what a browser does to its own files is not.

use std::path::PathBuf;

use proviso_report::Kind;
use proviso_report::fact::{Cleared, Fact, HistoryCleared};
use proviso_tests::browser::{Chromium, Firefox};
use proviso_tests::desk::Desk;

const KINDS: &[Kind] = &[Kind::WebVisit, Kind::HistoryCleared];
const CHROMIUM: &str = "history:chromium:alice:.config/chromium/Default";
const FIREFOX: &str = "history:firefox:alice:.config/mozilla/firefox/test.default-esr";
const PAGES: [&str; 4] = [
    "https://one.example/a",
    "https://two.example/b",
    "https://three.example/c",
    "https://four.example/d",
];

/// What was told to be gone.
fn cleared(desk: &Desk) -> Vec<HistoryCleared> {
    let gone = desk.told().into_iter().filter_map(|one| match one.fact {
        Fact::HistoryCleared(gone) => Some(gone),
        _ => None,
    });
    gone.collect()
}

fn wait_for(desk: &Desk, how: Cleared) -> HistoryCleared {
    desk.wait_for(
        &format!("history that is cleared ({how:?})"),
        |one| match &one.fact {
            Fact::HistoryCleared(gone) if gone.how == how => Some(gone.clone()),
            _ => None,
        },
    )
    .unwrap_or_else(|fault| panic!("{fault:#}; told was {:?}", cleared(desk)))
}

fn words(desk: &Desk) -> Vec<Cleared> {
    cleared(desk).iter().map(|gone| gone.how).collect()
}

#[test]
fn chromiums_history_is_cleared_in_part_in_whole_and_as_a_file() {
    let desk = Desk::new().unwrap();
    let source = desk.source(KINDS).unwrap();
    let mut chromium = Chromium::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    for page in PAGES {
        chromium.open(page).unwrap();
    }
    desk.wait_for_visit(PAGES[3]).unwrap();
    desk.wait_until_remembered(CHROMIUM, 4).unwrap();
    chromium.remove_from_history(PAGES[1]).unwrap();
    let gone = wait_for(&desk, Cleared::Rows);
    assert_eq!(
        (&*gone.browser, gone.profile.as_deref()),
        ("chromium", Some("Default"))
    );
    assert_eq!(gone.count, Some(1));
    source.end().unwrap();

    // While nobody looks; and visits come afterwards.
    chromium.clear_history().unwrap();
    chromium.open("https://after.example/").unwrap();
    chromium.close().unwrap();
    let source = desk.source(KINDS).unwrap();
    desk.wait_for_visit("https://after.example/").unwrap();
    let gone = wait_for(&desk, Cleared::All);
    assert_eq!(gone.count, Some(3));
    desk.wait_until_remembered(CHROMIUM, 1).unwrap();

    // A start and an end of the browser change its file, and remove nothing.
    let chromium = Chromium::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    chromium.close().unwrap();
    let profile: PathBuf = desk.alice.outside.join(".config/chromium/Default");
    std::fs::remove_dir_all(profile).unwrap();
    let gone = wait_for(&desk, Cleared::Deleted);
    assert_eq!(gone.count, Some(1));
    source.end().unwrap();
    assert_eq!(
        words(&desk),
        [Cleared::Rows, Cleared::All, Cleared::Deleted]
    );
}

#[test]
fn firefoxs_history_is_cleared_in_part_in_whole_and_replaced() {
    let desk = Desk::new().unwrap();
    let source = desk.source(KINDS).unwrap();
    let mut firefox = Firefox::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    for page in PAGES {
        firefox.open(page).unwrap();
    }
    desk.wait_for_visit(PAGES[3]).unwrap();
    desk.wait_until_remembered(FIREFOX, 4).unwrap();
    // The newest: its number is given to the next visit.
    firefox.delete_from_history(PAGES[3]).unwrap();
    let gone = wait_for(&desk, Cleared::Rows);
    assert_eq!((&*gone.browser, gone.count), ("firefox", Some(1)));
    firefox.open("https://after.example/1").unwrap();
    desk.wait_for_visit("https://after.example/1").unwrap();
    source.end().unwrap();

    firefox.delete_history().unwrap();
    firefox.open("https://after.example/2").unwrap();
    let source = desk.source(KINDS).unwrap();
    desk.wait_for_visit("https://after.example/2").unwrap();
    wait_for(&desk, Cleared::All);
    desk.wait_until_remembered(FIREFOX, 1).unwrap();
    // Killed: what was written stays written.
    firefox.kill().unwrap();
    let mut firefox = Firefox::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    firefox.open("https://after.example/3").unwrap();
    desk.wait_for_visit("https://after.example/3").unwrap();
    firefox.close().unwrap();
    source.end().unwrap();
    assert_eq!(words(&desk), [Cleared::Rows, Cleared::All]);

    // Another file in its place, made by the same browser.
    let profile = desk
        .alice
        .outside
        .join(".config/mozilla/firefox/test.default-esr");
    // The old one is kept: of one that is removed the next file may get the number.
    for file in ["places.sqlite", "places.sqlite-wal", "favicons.sqlite"] {
        let kept = profile.join(format!("{file}.before"));
        drop(std::fs::rename(profile.join(file), kept));
    }
    let mut firefox = Firefox::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    firefox.open("https://after.example/4").unwrap();
    let source = desk.source(KINDS).unwrap();
    desk.wait_for_visit("https://after.example/4").unwrap();
    wait_for(&desk, Cleared::Replaced);
    firefox.close().unwrap();
    source.end().unwrap();
    let all = [Cleared::Rows, Cleared::All, Cleared::Replaced];
    assert_eq!(words(&desk), all);
}

/// The only page that was known is removed while nobody looks, beside one that stays.
#[test]
fn one_page_that_is_removed_is_not_all_of_a_history() {
    let desk = Desk::new().unwrap();
    let mut firefox = Firefox::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    let mut chromium = Chromium::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    let source = desk.source(KINDS).unwrap();
    firefox.open(PAGES[0]).unwrap();
    chromium.open(PAGES[2]).unwrap();
    desk.wait_until_remembered(FIREFOX, 1).unwrap();
    desk.wait_until_remembered(CHROMIUM, 1).unwrap();
    source.end().unwrap();

    firefox.open(PAGES[1]).unwrap();
    firefox.delete_from_history(PAGES[0]).unwrap();
    chromium.open(PAGES[3]).unwrap();
    chromium.remove_from_history(PAGES[2]).unwrap();
    firefox.close().unwrap();
    chromium.close().unwrap();
    let source = desk.source(KINDS).unwrap();
    for browser in ["chromium", "firefox"] {
        let count = desk
            .wait_for("the page that is gone", |one| match &one.fact {
                Fact::HistoryCleared(gone) if gone.browser == browser => Some(gone.count),
                _ => None,
            })
            .unwrap();
        assert_eq!(count, Some(1), "{browser}");
    }
    source.end().unwrap();
    assert_eq!(words(&desk), [Cleared::Rows, Cleared::Rows]);
}
