//! What the extension tells of real browsers beside visits: downloads, history that was removed,
//! private windows, the page in front; and only what the order asks for.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::time::{Duration, Instant};

use proviso_report::fact::{Cleared, Fact, Kind};
use proviso_report::record::Method;
use proviso_tests::agent::ACCOUNT;
use proviso_tests::browser::Firefox;
use proviso_tests::held::{Held, records, wait_for_record};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

const MORE: &str = r#"
[[clause]]
id = "9"
text = '''Deleting or hiding the history of the use of the internet, or downloading anything without telling his offender manager.'''
records = ["download", "history_cleared", "private_window", "foreground"]
"#;

fn scene(more: &str) -> Scene {
    let scene = Scene::new().unwrap();
    scene.person_with(PERSON, more).unwrap();
    scene
}

fn of_kind(scene: &Scene, kind: Kind) -> Vec<Held> {
    let mut all = records(&scene.collector).unwrap();
    all.retain(|held| held.record.kind() == kind);
    all
}

/// Waits for a record that the extension made, or that it confirmed because the history told of it
/// first.
fn told(scene: &Scene, what: &str, wanted: impl Fn(&Held) -> bool) -> Held {
    until(&format!("the extension's word: {what}"), PATIENCE, || {
        let all = records(&scene.collector)?;
        let confirmed = |seq| {
            all.iter().any(|held| {
                matches!(&held.record.fact, Fact::VisitsConfirmed(it)
                    if it.method == Method::Extension && it.seqs.contains(&seq))
            })
        };
        let known =
            |held: &&Held| held.record.methods == [Method::Extension] || confirmed(held.record.seq);
        Ok(all.iter().filter(|held| wanted(held)).find(known).cloned())
    })
    .unwrap()
}

/// Stays on pages for longer than it takes to count, until one of them is said to have been in front.
fn page_in_front(scene: &Scene, firefox: &mut Firefox) {
    let mut pages = vec!["https://news.example/one".to_owned()];
    let mut since = Instant::now();
    let front = until("a page in front", PATIENCE, || {
        if since.elapsed() > Duration::from_secs(4) {
            pages.push(format!("https://news.example/front/{}", pages.len()));
            firefox.open(&pages[pages.len() - 1])?;
            since = Instant::now();
        }
        let mut all = records(&scene.collector)?.into_iter();
        // The history knows of times in front, too, by its own measure.
        let told = |held: &Held| match &held.record.fact {
            // Before the first page a window is in front that shows none.
            Fact::Foreground(front) => {
                front.url.is_some() && held.record.methods == [Method::Extension]
            }
            _ => false,
        };
        Ok(all.find(told))
    })
    .unwrap();
    let Fact::Foreground(fact) = &front.record.fact else {
        panic!("{front:?}")
    };
    assert!(pages.contains(fact.url.as_ref().unwrap()), "{fact:?}");
    assert!((3_000..=120_000).contains(&fact.ms), "{fact:?}");
    firefox.open("https://news.example/one").unwrap();
}

#[test]
fn firefox_tells_downloads_removals_private_windows_and_the_page_in_front() {
    let scene = scene(MORE);
    let computer = scene.computer(PERSON).unwrap();
    let mut firefox = computer.firefox(&scene.sites).unwrap();
    computer.wait_for_extension("firefox").unwrap();
    firefox.open("https://news.example/one").unwrap();
    page_in_front(&scene, &mut firefox);
    firefox.eval("(location.href = '/file/a.txt', 1)").unwrap();
    let held = told(&scene, "the download", |held| {
        matches!(&held.record.fact, Fact::Download(_))
    });
    let Fact::Download(download) = &held.record.fact else {
        panic!("{held:?}")
    };
    assert!(
        download.path.as_ref().unwrap().ends_with("/a.txt"),
        "{download:?}"
    );
    assert_eq!(download.browser, "firefox");
    assert_eq!(held.record.account.as_deref(), Some(ACCOUNT));
    assert_eq!(held.record.clauses, ["9"]);

    firefox
        .delete_from_history("https://news.example/one")
        .unwrap();
    let first = told(&scene, "one page removed", |held| {
        matches!(&held.record.fact, Fact::HistoryCleared(_))
    });
    firefox.delete_history().unwrap();
    let second = told(&scene, "all history removed", |held| {
        matches!(&held.record.fact, Fact::HistoryCleared(_)) && held.record.seq != first.record.seq
    });
    // What the history's own file shows of it is no further record.
    for (held, how) in [(first, Cleared::Rows), (second, Cleared::All)] {
        if held.record.methods == [Method::Extension] {
            assert!(
                matches!(&held.record.fact, Fact::HistoryCleared(it) if it.how == how),
                "{held:?}"
            );
        }
    }

    firefox.private_window().unwrap();
    let held = wait_for_record(&scene.collector, "the private window", |held| {
        matches!(&held.record.fact, Fact::PrivateWindow(window) if window.sign == "extension")
    })
    .unwrap();
    assert_eq!(held.record.methods, [Method::Extension]);
    // Once, whatever is opened in it.
    firefox.open("https://quiet.example/private").unwrap();
    wait_for_record(&scene.collector, "the private visit", |held| {
        held.is_visit_of("https://quiet.example/private")
    })
    .unwrap();
    let signs = of_kind(&scene, Kind::PrivateWindow);
    let told = signs
        .iter()
        .filter(|held| held.record.methods == [Method::Extension]);
    assert_eq!(told.count(), 1, "{signs:?}");
    firefox.close().unwrap();
}

#[test]
fn chromium_tells_downloads_and_nothing_that_the_order_does_not_ask_for() {
    let only = MORE.replace(r#", "history_cleared", "private_window", "foreground""#, "");
    let scene = scene(&only);
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.beat_each_second().unwrap();
    computer.start_recording().unwrap();
    computer.tell_browsers().unwrap();
    let mut chromium = computer.chromium(&scene.sites).unwrap();
    computer.wait_for_extension("chromium").unwrap();
    chromium.open("https://news.example/one").unwrap();
    chromium.download_to(&computer.account.home).unwrap();
    chromium.eval("(location.href = '/file/a.txt', 1)").unwrap();
    let held = told(&scene, "the download", |held| {
        matches!(&held.record.fact, Fact::Download(_))
    });
    let Fact::Download(download) = &held.record.fact else {
        panic!("{held:?}")
    };
    assert_eq!(download.browser, "chromium");
    chromium.close().unwrap();
    // What is not asked for did not so much as leave the browser: it is not counted either.
    for held in of_kind(&scene, Kind::Heartbeat) {
        let Fact::Heartbeat(beat) = &held.record.fact else {
            panic!("{held:?}")
        };
        assert!(!beat.uncovered.contains_key("foreground"), "{beat:?}");
    }
    assert!(of_kind(&scene, Kind::Foreground).is_empty());
}
