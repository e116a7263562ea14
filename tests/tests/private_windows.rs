//! A browser that is told to open a private window: seen by its arguments, and told apart where the
//! administrator's policy lets none be opened. (What the extension sees of Firefox's private windows
//! stands in `extension_events.rs`. A second call that lives for a moment is caught where the system
//! tells of each program; a computer inside this one does not, and there unit tests stand for it.)

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::time::{Duration, Instant};

use proviso_report::fact::Fact;
use proviso_report::record::Method;
use proviso_tests::agent::{ACCOUNT, Computer};
use proviso_tests::browser::Chromium;
use proviso_tests::held::{Held, records, wait_for_record};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

const MORE: &str = r#"
[[clause]]
id = "9"
text = '''Using any mode of a browser that keeps no history, or changing how a browser keeps it.'''
records = ["private_window", "browser_setting"]
"#;

fn scene() -> Scene {
    let scene = Scene::new().unwrap();
    scene.person_with(PERSON, MORE).unwrap();
    scene
}

fn start(scene: &Scene, computer: &Computer, flag: &str) -> Chromium {
    let account = &computer.account;
    Chromium::start_with(&computer.machine, account, &scene.sites, &[flag]).unwrap()
}

fn has_sign(held: &Held, sign: &str) -> bool {
    matches!(&held.record.fact, Fact::PrivateWindow(window)
        if window.sign == sign && window.browser == "chromium")
}

#[test]
fn a_private_window_asked_for_by_arguments_is_recorded_and_told_apart_when_refused() {
    let scene = scene();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    // What ran before the first look is no news: so another is started until one is.
    let mut started: Vec<(Chromium, Instant)> = Vec::new();
    until("a private window to be seen", PATIENCE, || {
        let long_ago = |last: &(_, Instant)| last.1.elapsed() > Duration::from_secs(15);
        if started.last().is_none_or(long_ago) {
            if let Some((before, _)) = started.pop() {
                before.kill()?;
            }
            started.push((start(&scene, &computer, "--guest"), Instant::now()));
        }
        let all = records(&scene.collector)?;
        let seen = all.iter().any(|held| has_sign(held, "arguments"));
        Ok(seen.then_some(()))
    })
    .unwrap();
    for (chromium, _) in started {
        chromium.kill().unwrap();
    }
    let held = wait_for_record(&scene.collector, "the private window", |held| {
        has_sign(held, "arguments")
    })
    .unwrap();
    assert_eq!(held.record.account.as_deref(), Some(ACCOUNT));
    assert_eq!(held.record.clauses, ["9"]);
    assert!(
        matches!(
            held.record.methods[..],
            [Method::ProcessPoll | Method::ProcessEvent]
        ),
        "{held:?}"
    );
    // Of its other arguments, the names of those that are looked for.
    let held = wait_for_record(&scene.collector, "the flag", |held| {
        matches!(&held.record.fact, Fact::BrowserSetting(it)
            if it.setting == "arguments" && it.value == "--headless")
    })
    .unwrap();
    assert_eq!(held.record.account.as_deref(), Some(ACCOUNT));

    computer.tell_browsers().unwrap();
    let chromium = start(&scene, &computer, "--incognito");
    wait_for_record(&scene.collector, "the one that was refused", |held| {
        has_sign(held, "refused")
    })
    .unwrap();
    chromium.close().unwrap();
    // Values of arguments are nobody's business: they hold paths and addresses.
    for held in records(&scene.collector).unwrap() {
        if let Fact::BrowserSetting(it) = &held.record.fact {
            assert!(!it.value.contains('=') && !it.value.contains('/'), "{it:?}");
        }
    }
}
