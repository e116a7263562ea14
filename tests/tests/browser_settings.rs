//! What real browsers are set to, as their own files and the administrator's say it.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_report::fact::Fact;
use proviso_report::record::Method;
use proviso_tests::agent::{ACCOUNT, Computer};
use proviso_tests::held::{records, wait_for_record};
use proviso_tests::process::done;
use proviso_tests::scene::{PERSON, Scene};

const MORE: &str = r#"
[[clause]]
id = "9"
text = '''Using any mode of a browser that keeps no history, or changing how a browser keeps it.'''
records = ["browser_setting"]
"#;
const POLICY: &str = "/etc/chromium/policies/managed/proviso.json";
const PROFILE: &str = ".config/mozilla/firefox/test.default-esr";

fn scene() -> Scene {
    let scene = Scene::new().unwrap();
    scene.person_with(PERSON, MORE).unwrap();
    scene
}

/// Waits until the setting of a profile is said to have become that.
fn told(scene: &Scene, browser: &str, setting: &str, value: &str) {
    let what = format!("{setting} of {browser} to be {value}");
    let held = wait_for_record(&scene.collector, &what, |held| {
        matches!(&held.record.fact, Fact::BrowserSetting(it)
            if it.browser == browser && it.setting == setting && it.value == value)
    });
    let held = held.unwrap_or_else(|fault| {
        let all = records(&scene.collector).unwrap();
        let settings = all.iter().map(|held| &held.record.fact);
        let settings: Vec<_> = settings
            .filter(|fact| matches!(fact, Fact::BrowserSetting(_)))
            .collect();
        panic!("{fault:#}\n{settings:#?}")
    });
    assert_eq!(held.record.account.as_deref(), Some(ACCOUNT));
    assert_eq!(held.record.methods, [Method::SystemRead]);
    assert_eq!(held.record.clauses, ["9"]);
}

/// What browsers are said to have been started with, each time.
fn arguments(scene: &Scene) -> Vec<String> {
    let all = records(&scene.collector).unwrap().into_iter();
    let mut said: Vec<String> = all
        .filter_map(|held| match held.record.fact {
            Fact::BrowserSetting(it) if it.setting == "arguments" => Some(it.value),
            _ => None,
        })
        .collect();
    said.sort_unstable();
    said
}

/// In the administrator's file.
fn save_history(computer: &Computer, save: bool) {
    let line = |off| format!(r#""SavingBrowserHistoryDisabled": {off}"#);
    let change = format!("s/{}/{}/", line(save), line(!save));
    let mut sed = computer.machine.command("sed");
    done(sed.args(["-i", &change, POLICY])).unwrap();
}

fn forget_the_extension(computer: &Computer) {
    done(
        computer
            .machine
            .command("/usr/lib/proviso/proviso-installer")
            .args(["browsers", "remove", "--state"])
            .arg(computer.machine.inside("agent")),
    )
    .unwrap();
}

#[test]
fn chromium_without_history_is_told() {
    let scene = scene();
    let computer = scene.computer(PERSON).unwrap();
    let mut chromium = computer.chromium(&scene.sites).unwrap();
    computer.wait_for_extension("chromium").unwrap();
    chromium.open("https://news.example/one").unwrap();
    chromium.close().unwrap();
    // The administrator's file, changed by somebody. Who looks at it sees the profile too.
    save_history(&computer, false);
    told(&scene, "chromium", "history", "off");
    save_history(&computer, true);
    told(&scene, "chromium", "history", "on");
}

#[test]
fn firefox_without_history_and_without_the_extension_is_told() {
    let scene = scene();
    let computer = scene.computer(PERSON).unwrap();
    let mut firefox = computer.firefox(&scene.sites).unwrap();
    computer.wait_for_extension("firefox").unwrap();
    firefox.open("https://news.example/one").unwrap();
    firefox.close().unwrap();
    let user = computer.account.outside.join(PROFILE).join("user.js");
    let mut text = std::fs::read_to_string(&user).unwrap();
    text.push_str("user_pref(\"places.history.enabled\", false);\n");
    std::fs::write(&user, text).unwrap();
    told(&scene, "firefox", "history", "off");
    // It is one program, however many threads and processes it is made of.
    assert_eq!(
        arguments(&scene),
        ["--headless", "--marionette", "--profile"]
    );

    forget_the_extension(&computer);
    // It takes itself out once nothing orders it any more.
    let firefox = computer.firefox(&scene.sites).unwrap();
    told(&scene, "firefox", "extension", "none");
    firefox.close().unwrap();
}
