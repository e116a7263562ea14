//! From a real browser to the collector: what the extension sees, what the history holds, and that
//! both are one visit.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_report::record::Method;
use proviso_tests::agent::ACCOUNT;
use proviso_tests::held::{self, records, wait_for_methods, wait_for_record};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

const FORBIDDEN: &str = "https://www.facebook.com/groups";
const NEWS: &str = "https://news.example/today";
const SOLICITOR: &str = "https://www.example-solicitors.co.uk/appointment";

fn scene() -> Scene {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    scene
}

#[test]
fn chromium_is_seen_by_extension_and_history_as_one_visit() {
    let scene = scene();
    let computer = scene.computer(PERSON).unwrap();
    let mut chromium = computer.chromium(&scene.sites).unwrap();
    computer.wait_for_extension("chromium").unwrap();
    chromium.open(NEWS).unwrap();
    chromium.open(FORBIDDEN).unwrap();
    let found = scene
        .collector
        .wait_for_finding("of Chromium", |found| {
            found.rule == "4.a" && found.proof == "proven"
        })
        .unwrap();
    assert_eq!(
        (found.clause.as_str(), found.person.as_str()),
        ("4", PERSON)
    );
    assert!(found.matched.contains("facebook.com"), "{}", found.matched);
    assert_eq!(found.alert.as_deref(), Some("open"));

    let visit = wait_for_methods(
        &scene.collector,
        FORBIDDEN,
        &[Method::Extension, Method::History],
    )
    .unwrap();
    assert_eq!(visit.record.account.as_deref(), Some(ACCOUNT));
    // Clause 1 wants the whole history kept; clause 4 is about this site.
    assert_eq!(visit.record.clauses, ["1", "4"]);
    wait_for_methods(
        &scene.collector,
        NEWS,
        &[Method::Extension, Method::History],
    )
    .unwrap();
    let counts = held::visits(&scene.collector).unwrap();
    assert_eq!((counts[FORBIDDEN], counts[NEWS]), (1, 1), "{counts:?}");
    assert_eq!(scene.collector.findings().unwrap().len(), 1);
    chromium.close().unwrap();
}

#[test]
fn firefox_is_seen_by_extension_and_history_as_one_visit() {
    let scene = scene();
    let computer = scene.computer(PERSON).unwrap();
    let mut firefox = computer.firefox(&scene.sites).unwrap();
    computer.wait_for_extension("firefox").unwrap();
    firefox.open(FORBIDDEN).unwrap();
    scene
        .collector
        .wait_for_finding("of Firefox", |found| found.rule == "4.a")
        .unwrap();
    wait_for_methods(
        &scene.collector,
        FORBIDDEN,
        &[Method::Extension, Method::History],
    )
    .unwrap();
    let counts = held::visits(&scene.collector).unwrap();
    assert_eq!(counts[FORBIDDEN], 1, "{counts:?}");

    // The extension is in private windows too; the history is not.
    firefox.private_window().unwrap();
    firefox.open("https://quiet.example/private").unwrap();
    let found = scene
        .collector
        .wait_for_finding("of a private window", |found| found.rule == "1.c")
        .unwrap();
    let visit = wait_for_record(&scene.collector, "the private visit", |held| {
        held.record.seq == found.seq && held.visit().is_some()
    })
    .unwrap();
    assert_eq!(visit.visit().unwrap().private, Some(true));
    assert_eq!(visit.record.methods, [Method::Extension]);
    firefox.close().unwrap();
}

#[test]
fn without_the_extension_both_histories_are_read_while_the_browsers_run() {
    let scene = scene();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let mut chromium = computer.chromium(&scene.sites).unwrap();
    let mut firefox = computer.firefox(&scene.sites).unwrap();
    firefox.open("https://www.instagram.com/explore").unwrap();
    chromium.open(FORBIDDEN).unwrap();
    for (browser, host) in [("firefox", "instagram.com"), ("chromium", "facebook.com")] {
        let found = scene
            .collector
            .wait_for_finding(host, |found| found.matched.contains(host))
            .unwrap();
        let visit =
            wait_for_record(&scene.collector, host, |held| held.record.seq == found.seq).unwrap();
        assert_eq!(visit.record.methods, [Method::History]);
        assert_eq!(visit.visit().unwrap().browser, browser);
    }
    chromium.close().unwrap();
    firefox.close().unwrap();
}

#[test]
fn what_was_visited_while_the_agent_was_down_is_recorded_once() {
    let scene = scene();
    let mut computer = scene.computer(PERSON).unwrap();
    let mut chromium = computer.chromium(&scene.sites).unwrap();
    let mut firefox = computer.firefox(&scene.sites).unwrap();
    computer.wait_for_extension("chromium").unwrap();
    computer.wait_for_extension("firefox").unwrap();
    chromium.open(NEWS).unwrap();
    firefox.open("https://news.example/firefox").unwrap();
    for url in [NEWS, "https://news.example/firefox"] {
        wait_for_methods(&scene.collector, url, &[Method::Extension, Method::History]).unwrap();
    }

    computer.kill().unwrap();
    chromium.open("https://news.example/while-down/1").unwrap();
    firefox.open("https://news.example/while-down/2").unwrap();
    chromium.close().unwrap();
    firefox.close().unwrap();
    computer.start_recording().unwrap();
    for n in 1..=2 {
        let url = format!("https://news.example/while-down/{n}");
        wait_for_record(&scene.collector, &url, |held| held.is_visit_of(&url)).unwrap();
    }
    // A marker that comes after everything else, so that a second record would be there by now.
    let mut firefox = computer.firefox(&scene.sites).unwrap();
    computer.wait_for_extension("firefox").unwrap();
    firefox.open("https://news.example/marker").unwrap();
    wait_for_methods(
        &scene.collector,
        "https://news.example/marker",
        &[Method::Extension, Method::History],
    )
    .unwrap();
    let counts = held::visits(&scene.collector).unwrap();
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    firefox.close().unwrap();
}

#[test]
fn an_exempt_contact_leaves_a_count_and_nothing_else() {
    let scene = scene();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.beat_each_second().unwrap();
    computer.start_recording().unwrap();
    computer.tell_browsers().unwrap();
    let mut firefox = computer.firefox(&scene.sites).unwrap();
    computer.wait_for_extension("firefox").unwrap();
    firefox.open(SOLICITOR).unwrap();
    firefox.open(NEWS).unwrap();
    wait_for_methods(
        &scene.collector,
        NEWS,
        &[Method::Extension, Method::History],
    )
    .unwrap();
    firefox.close().unwrap();
    let suppressed = until("the count of the solicitor's visits", PATIENCE, || {
        let sum: u64 = records(&scene.collector)?
            .iter()
            .filter_map(|held| match &held.record.fact {
                proviso_report::Fact::Heartbeat(beat) => beat.suppressed.get("E1").copied(),
                _ => None,
            })
            .sum();
        Ok((sum > 0).then_some(sum))
    })
    .unwrap();
    assert_eq!(suppressed, 1, "extension and history saw one visit");
    computer.stop().unwrap();

    for held in records(&scene.collector).unwrap() {
        let line = String::from_utf8(held.record.to_line().unwrap()).unwrap();
        assert!(!line.contains("solicitor"), "{line}");
    }
    // Nor anywhere in the agent's own files.
    for entry in walk(&computer.state()) {
        let bytes = std::fs::read(&entry).unwrap_or_default();
        let holds = bytes
            .windows(b"appointment".len())
            .any(|window| window == b"appointment");
        assert!(!holds, "{} holds the visit", entry.display());
    }
    assert!(
        !computer.said().contains("solicitor"),
        "{}",
        computer.said()
    );
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}
