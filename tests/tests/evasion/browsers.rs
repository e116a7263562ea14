//! What people do with their browsers in order not to be seen.

use std::io::Write as _;
use std::time::Duration;

use proviso_report::fact::{Cleared, Fact};
use proviso_tests::browser::{Chromium, Firefox};
use proviso_tests::evasion::Watched;
use proviso_tests::held::Held;
use proviso_tests::wait::PATIENCE;

/// For a browser to start and be told, before another is started.
const BROWSING: Duration = Duration::from_secs(20);
/// The same for its folder, which is searched for every half minute.
const SEARCHING: Duration = Duration::from_secs(40);

/// Starts Chromium like that again and again until there is such a record.
fn chromium_until(
    watched: &Watched,
    telling: Duration,
    arguments: impl Fn(u32) -> String,
    wanted: impl Fn(&Fact) -> bool,
) -> anyhow::Result<Held> {
    let (machine, account) = (&watched.computer.machine, &watched.computer.account);
    let mut running = None;
    let held = watched.until_told_slowly(
        "a browser",
        telling,
        |number| {
            if let Some(before) = running.take() {
                Chromium::kill(before)?;
            }
            let sites = &watched.scene.sites;
            let argument = arguments(number);
            running = Some(Chromium::start_with(machine, account, sites, &[&argument])?);
            Ok(())
        },
        wanted,
    )?;
    if let Some(last) = running {
        last.kill()?;
    }
    Ok(held)
}

fn is_private_window(fact: &Fact, browser: &str, sign: &str) -> bool {
    matches!(fact, Fact::PrivateWindow(window) if window.browser == browser && window.sign == sign)
}

pub(super) fn incognito() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::recording()?;
    let seen = |fact: &Fact| is_private_window(fact, "chromium", "arguments");
    let held = chromium_until(&watched, BROWSING, |_| "--incognito".to_owned(), seen)?;
    Ok(vec![held])
}

pub(super) fn guest() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::recording()?;
    let seen = |fact: &Fact| is_private_window(fact, "chromium", "arguments");
    let held = chromium_until(&watched, BROWSING, |_| "--guest".to_owned(), seen)?;
    Ok(vec![held])
}

/// A computer whose Firefox has the extension, running.
fn firefox_with_extension() -> anyhow::Result<(Firefox, Watched)> {
    let watched = Watched::recording()?;
    watched.computer.tell_browsers()?;
    let firefox = watched.computer.firefox(&watched.scene.sites)?;
    watched.computer.wait_for_extension("firefox")?;
    Ok((firefox, watched))
}

pub(super) fn firefox_private_window() -> anyhow::Result<Vec<Held>> {
    let (mut firefox, watched) = firefox_with_extension()?;
    firefox.private_window()?;
    firefox.open("https://quiet.example/private")?;
    let window = watched.record("the private window", |fact| {
        is_private_window(fact, "firefox", "extension")
    })?;
    let visit = watched.record("the private visit", |fact| {
        matches!(fact, Fact::WebVisit(visit)
            if visit.url == "https://quiet.example/private" && visit.private == Some(true))
    })?;
    firefox.close()?;
    Ok(vec![window, visit])
}

pub(super) fn new_profile() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::recording()?;
    let profile = |number: u32| format!("--profile-directory=Second {number}");
    let held = chromium_until(&watched, SEARCHING, profile, |fact| {
        matches!(fact, Fact::BrowserFound(found)
            if found.browser == "chromium"
                && found.profile.as_ref().is_some_and(|name| name.starts_with("Second ")))
    })?;
    Ok(vec![held])
}

fn is_cleared(fact: &Fact, how: Cleared) -> bool {
    matches!(fact, Fact::HistoryCleared(cleared) if cleared.how == how)
}

pub(super) fn history_deleted_in_browser() -> anyhow::Result<Vec<Held>> {
    let (mut firefox, watched) = firefox_with_extension()?;
    for page in ["https://news.example/one", "https://news.example/two"] {
        firefox.open(page)?;
    }
    firefox.delete_from_history("https://news.example/one")?;
    let one = watched.record("that one is gone", |fact| is_cleared(fact, Cleared::Rows))?;
    firefox.delete_history()?;
    let all = watched.record("that all are gone", |fact| is_cleared(fact, Cleared::All))?;
    firefox.close()?;
    Ok(vec![one, all])
}

pub(super) fn history_edited_as_file() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::recording()?;
    let mut number = 0;
    let held = watched.until_told_slowly(
        "a row that is gone",
        BROWSING,
        |_| {
            number += 1;
            let url = format!("https://news.example/{number}");
            let mut chromium = watched.computer.chromium(&watched.scene.sites)?;
            chromium.open(&url)?;
            chromium.open(&format!("{url}/more"))?;
            chromium.close()?;
            watched.record(
                "the visit",
                |fact| matches!(fact, Fact::WebVisit(visit) if visit.url == url),
            )?;
            let home = &watched.computer.account.outside;
            let file = home.join(".config/chromium/Default/History");
            let database = rusqlite::Connection::open(file)?;
            database.busy_timeout(PATIENCE)?;
            let of_url = "(SELECT id FROM urls WHERE url = ?1)";
            database.execute(&format!("DELETE FROM visits WHERE url IN {of_url}"), [&url])?;
            database.execute("DELETE FROM urls WHERE url = ?1", [&url])?;
            Ok(())
        },
        |fact| is_cleared(fact, Cleared::Rows),
    )?;
    Ok(vec![held])
}

/// Firefox's profile, made by it, and settings of the person's own in it.
fn set_firefox(watched: &Watched, setting: &str) -> anyhow::Result<()> {
    let home = &watched.computer.account.outside;
    let user = home.join(".config/mozilla/firefox/test.default-esr/user.js");
    let mut file = std::fs::File::options().append(true).open(user)?;
    writeln!(file, "user_pref({setting});")?;
    Ok(())
}

fn is_setting(fact: &Fact, setting: &str, value: &str) -> bool {
    matches!(fact, Fact::BrowserSetting(it)
        if it.browser == "firefox" && it.setting == setting && it.value == value)
}

pub(super) fn history_off() -> anyhow::Result<Vec<Held>> {
    let mut watched = Watched::new()?;
    watched.computer.firefox(&watched.scene.sites)?.close()?;
    watched.computer.start_recording()?;
    set_firefox(&watched, r#""places.history.enabled", false"#)?;
    let held = watched.record("that no history is kept", |fact| {
        is_setting(fact, "history", "off")
    })?;
    Ok(vec![held])
}

pub(super) fn dns_over_https() -> anyhow::Result<Vec<Held>> {
    let mut watched = Watched::new()?;
    watched.computer.firefox(&watched.scene.sites)?.close()?;
    watched.computer.start_recording()?;
    let held = watched.until_told(
        "that names are asked for over HTTPS",
        |number| {
            // On, and off again, until the first look is over.
            let mode = if number % 2 == 1 { 3 } else { 5 };
            set_firefox(&watched, &format!(r#""network.trr.mode", {mode}"#))
        },
        |fact| is_setting(fact, "dns_over_https", "secure"),
    )?;
    Ok(vec![held])
}

pub(super) fn portable_browser() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::recording()?;
    let home = watched.computer.account.home.clone();
    let folder = |number| home.join(format!("stick-{number}"));
    let argument = |number| format!("--user-data-dir={}", folder(number).display());
    let found = chromium_until(&watched, SEARCHING, argument, |fact| {
        matches!(fact, Fact::BrowserFound(found)
            if found.browser == "chromium" && found.path.contains("/stick-"))
    })?;
    let setting = watched.record("its argument", |fact| {
        matches!(fact, Fact::BrowserSetting(it)
            if it.setting == "arguments" && it.value == "--user-data-dir")
    })?;
    Ok(vec![found, setting])
}
