//! Files that real browsers fetched to keep are told when they are whole.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proviso_report::Kind;
use proviso_report::fact::{Download, Fact};
use proviso_tests::browser::{Chromium, Firefox};
use proviso_tests::desk::Desk;
use proviso_tests::wait::{PATIENCE, until};

const KINDS: &[Kind] = &[Kind::Download];
const FILE: &str = "http://files.example/file/notes.example";

fn wait_for(desk: &Desk, name: &str) -> Download {
    desk.wait_for(&format!("{name} to be told"), |one| match &one.fact {
        Fact::Download(file) if file.url.as_deref().is_some_and(|url| url.ends_with(name)) => {
            Some(file.clone())
        }
        _ => None,
    })
    .unwrap()
}

#[test]
fn a_file_fetched_by_chromium() {
    let desk = Desk::new().unwrap();
    let source = desk.source(KINDS).unwrap();
    let mut chromium = Chromium::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    let folder = desk.alice.home.join("Downloads");
    chromium.download_to(&folder).unwrap();
    chromium.open("http://files.example/").unwrap();
    chromium.go(FILE).unwrap();
    let file = wait_for(&desk, "notes.example");
    assert_eq!(file.url.as_deref(), Some(FILE));
    let path = folder.join("notes.example").display().to_string();
    assert_eq!(file.path, Some(path));
    assert_eq!(file.mime.as_deref(), Some("text/plain"));
    assert_eq!(file.bytes, Some(4));
    assert_eq!(file.browser, "chromium");
    source.end().unwrap();
    // One more while the agent does not run; the first is not told again.
    chromium.go(&format!("{FILE}.2")).unwrap();
    chromium.open("http://files.example/after").unwrap();
    let kept = desk.alice.outside.join("Downloads/notes.example.2");
    until("the second file", PATIENCE, || {
        Ok(kept.exists().then_some(()))
    })
    .unwrap();
    chromium.close().unwrap();
    let source = desk.source(KINDS).unwrap();
    wait_for(&desk, "notes.example.2");
    source.end().unwrap();
    assert_eq!(desk.told().len(), 2);
}

#[test]
fn a_file_fetched_by_firefox() {
    let desk = Desk::new().unwrap();
    let source = desk.source(KINDS).unwrap();
    let mut firefox = Firefox::start(&desk.machine, &desk.alice, &desk.sites).unwrap();
    firefox.open("http://files.example/").unwrap();
    firefox.eval(&format!("location.href = '{FILE}'")).unwrap();
    let file = wait_for(&desk, "notes.example");
    assert_eq!(file.url.as_deref(), Some(FILE));
    let path = file.path.unwrap();
    assert!(path.ends_with("/notes.example"), "{path}");
    assert_eq!(file.bytes, Some(4));
    assert_eq!(file.browser, "firefox");
    firefox.close().unwrap();
    source.end().unwrap();
    assert_eq!(desk.told().len(), 1);
}
