//! What real browsers write into their histories arrives: while they run, and what they wrote while
//! nobody looked.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use proviso_report::Kind;
use proviso_report::fact::{Fact, Transition, WebVisit};
use proviso_report::record::Method;
use proviso_tests::browser::{Chromium, Firefox};
use proviso_tests::desk::{Desk, Source};
use proviso_tests::wait::{PATIENCE, until};

#[test]
fn chromium_is_followed_live_and_caught_up_with() {
    let scene = Scene::new();
    let source = scene.source();
    let mut chromium =
        Chromium::start(&scene.desk.machine, &scene.desk.alice, &scene.desk.sites).unwrap();
    chromium.open("https://www.facebook.com/groups").unwrap();
    let visit = scene.wait_for("https://www.facebook.com/groups");
    assert_eq!(visit.browser, "chromium");
    assert_eq!(visit.profile.as_deref(), Some("Default"));
    assert_eq!(visit.title.as_deref(), Some("www.facebook.com/groups"));
    assert_eq!(visit.private, Some(false));
    // A page that sends the browser on without asking.
    let script = "location.replace('https://example.org/next')";
    chromium.eval(script).unwrap();
    scene.wait_for("https://example.org/next");
    source.end().unwrap();

    chromium.open("https://example.org/alone").unwrap();
    chromium.close().unwrap();
    let source = scene.source();
    scene.wait_for("https://example.org/alone");
    let mut chromium =
        Chromium::start(&scene.desk.machine, &scene.desk.alice, &scene.desk.sites).unwrap();
    chromium.open("https://example.org/again").unwrap();
    scene.wait_for("https://example.org/again");
    chromium.close().unwrap();
    source.end().unwrap();
    scene.each_once(&[
        "https://www.facebook.com/groups",
        "https://example.org/next",
        "https://example.org/alone",
        "https://example.org/again",
    ]);
}

#[test]
fn firefox_is_followed_live_and_caught_up_with() {
    let scene = Scene::new();
    let source = scene.source();
    let mut firefox =
        Firefox::start(&scene.desk.machine, &scene.desk.alice, &scene.desk.sites).unwrap();
    firefox.open("https://www.facebook.com/groups").unwrap();
    let visit = scene.wait_for("https://www.facebook.com/groups");
    assert_eq!(visit.browser, "firefox");
    assert_eq!(visit.profile.as_deref(), Some("test.default-esr"));
    assert!(matches!(
        visit.transition,
        Some(Transition::Link | Transition::Typed)
    ));
    source.end().unwrap();

    // Neither the browser nor the agent ends in good order.
    firefox.open("https://example.org/alone").unwrap();
    let source = scene.source();
    scene.wait_for("https://example.org/alone");
    firefox.open("https://example.org/last").unwrap();
    scene.wait_for("https://example.org/last");
    source.end().unwrap();
    firefox.open("https://example.org/killed").unwrap();
    let history = scene.desk.alice.outside.join(FIREFOX);
    until("Firefox to write its last visit", PATIENCE, || {
        let log = std::fs::read(history.join("places.sqlite-wal"))?;
        let url = b"https://example.org/killed";
        Ok(log.windows(url.len()).any(|part| part == url).then_some(()))
    })
    .unwrap();
    firefox.kill().unwrap();
    let source = scene.source();
    scene.wait_for("https://example.org/killed");
    source.end().unwrap();
    scene.each_once(&[
        "https://www.facebook.com/groups",
        "https://example.org/alone",
        "https://example.org/last",
        "https://example.org/killed",
    ]);
}

#[test]
fn a_private_window_leaves_nothing_and_an_order_that_ends_too() {
    let scene = Scene::new();
    let source = scene.source();
    let mut firefox =
        Firefox::start(&scene.desk.machine, &scene.desk.alice, &scene.desk.sites).unwrap();
    firefox.open("https://example.org/1").unwrap();
    scene.wait_for("https://example.org/1");
    source.want(&[]).unwrap();
    until("the source to note the pause", PATIENCE, || {
        // Format, began, and since when it is not wanted.
        let cursor = scene.desk.cursor("history");
        let paused = cursor.map(|bytes| bytes[9..17].to_vec());
        Ok((paused != Some(i64::MAX.to_be_bytes().to_vec())).then_some(()))
    })
    .unwrap();
    firefox.open("https://example.org/unwanted").unwrap();
    source.want(VISITS).unwrap();
    firefox.private_window().unwrap();
    firefox.open("https://example.org/private").unwrap();
    firefox.close().unwrap();
    let mut firefox =
        Firefox::start(&scene.desk.machine, &scene.desk.alice, &scene.desk.sites).unwrap();
    firefox.open("https://example.org/2").unwrap();
    scene.wait_for("https://example.org/2");
    firefox.close().unwrap();
    source.end().unwrap();
    scene.each_once(&["https://example.org/1", "https://example.org/2"]);
}

const FIREFOX: &str = ".config/mozilla/firefox/test.default-esr";

const VISITS: &[Kind] = &[Kind::WebVisit];

/// A computer whose visits are wanted.
struct Scene {
    desk: Desk,
}

impl Scene {
    fn new() -> Self {
        Self {
            desk: Desk::new().unwrap(),
        }
    }

    fn source(&self) -> Source {
        self.desk.source(VISITS).unwrap()
    }

    fn wait_for(&self, url: &str) -> WebVisit {
        let visit = self.desk.wait_for(url, |one| match &one.fact {
            Fact::WebVisit(visit) if visit.url == url => Some(visit.clone()),
            _ => None,
        });
        visit.unwrap()
    }

    fn each_once(&self, urls: &[&str]) {
        let told = self.desk.told();
        let seen: Vec<&str> = told
            .iter()
            .map(|one| {
                assert_eq!(one.account.as_deref(), Some("alice"));
                assert_eq!(one.method, Method::History);
                match &one.fact {
                    Fact::WebVisit(visit) => &*visit.url,
                    other => panic!("{other:?}"),
                }
            })
            .collect();
        assert_eq!(seen, urls);
    }
}
