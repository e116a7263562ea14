//! What a browser's arguments say: that it is to open a private window, or to do without what
//! watches over it. Called for each program that begins in a monitored account, so that also the
//! second, short-lived call that only tells a running browser to open a window is caught.
//!
//! Promises: the name of the flag and nothing else; never what stands behind it, and never an
//! address. A private window that the administrator's policy lets no one open has the sign
//! `refused`: the browser then opens an ordinary one, which is recorded like any other.
//!
//! Not seen: a private window that is opened by keys or the menu leaves no argument; a browser
//! whose program was given another name is not known as one.

use std::collections::BTreeSet;
use std::path::Path;

use proviso_report::fact::{BrowserSetting, Fact, Kind, PrivateWindow, ProcessStart};

use super::policy;
use super::program::{browser, is_main, is_of_firefox};
use crate::source::{Observation, Wanted};

/// Take something away from what can be seen, or give the browser into other hands.
const OTHER: &[&str] = &[
    "disable-extensions",
    "disable-extensions-except",
    "disable-background-networking",
    "remote-debugging-port",
    "remote-debugging-pipe",
    "load-extension",
    "proxy-server",
    "proxy-pac-url",
    "headless",
    "user-data-dir",
];
const OTHER_FIREFOX: &[&str] = &[
    "safe-mode",
    "remote-debugging-port",
    "start-debugger-server",
    "marionette",
    "headless",
    "profile",
    "p",
];
/// What runs a script that starts a browser.
const SHELLS: &[&str] = &["sh", "dash", "bash"];
/// Debian's word, known to the script alone.
const TEMPORARY: &str = "temp-profile";

/// What can be said of a program's start.
pub(in crate::source) const KINDS: &[Kind] = &[Kind::PrivateWindow, Kind::BrowserSetting];

/// What the start of a program says beside itself, if that is wanted.
pub(in crate::source) fn observations(seen: &Observation, wanted: &Wanted) -> Vec<Observation> {
    let Fact::ProcessStart(start) = &seen.fact else {
        return Vec::new();
    };
    if !KINDS.iter().any(|kind| wanted.wants(*kind)) {
        return Vec::new();
    }
    let facts = facts(start, Path::new("/"));
    let wanted = facts.into_iter().filter(|fact| wanted.wants(fact.kind()));
    wanted
        .map(|fact| Observation {
            at: seen.at,
            account: seen.account.clone(),
            method: seen.method,
            fact,
        })
        .collect()
}

fn facts(start: &ProcessStart, root: &Path) -> Vec<Fact> {
    let exe = start.exe.as_deref().unwrap_or(&start.name);
    let args: Vec<&str> = start.args.iter().map(String::as_str).collect();
    let Some(browser) = browser(Path::new(exe)) else {
        return script(exe, &args);
    };
    if !is_main(args.iter().copied()) {
        return Vec::new();
    }
    let is_of_firefox = is_of_firefox(browser);
    let mut flags = flags(&args);
    if is_of_firefox {
        // Chromium and its kin know only their own spelling.
        flags = flags.iter().map(|flag| flag.to_ascii_lowercase()).collect();
    }
    let mut facts = Vec::new();
    let mut asked = private(browser).iter();
    if let Some(flag) = asked.find(|flag| flags.contains(**flag)) {
        let open = policy::lets_open(root, browser, *flag == "guest");
        facts.push(window(browser, if open { "arguments" } else { "refused" }));
    }
    let other = if is_of_firefox { OTHER_FIREFOX } else { OTHER };
    for flag in other.iter().filter(|flag| flags.contains(**flag)) {
        let fact = BrowserSetting {
            browser: browser.to_owned(),
            profile: None,
            setting: "arguments".to_owned(),
            value: format!("--{flag}"),
        };
        facts.push(fact.into());
    }
    facts
}

/// The words with which this browser opens a private window. It passes over those of others, and
/// then opens an ordinary one.
fn private(browser: &str) -> &'static [&'static str] {
    match browser {
        "edge" => &["incognito", "inprivate", "guest"],
        "opera" => &["incognito", "private", "guest"],
        _ if is_of_firefox(browser) => &["private", "private-window"],
        _ => &["incognito", "guest"],
    }
}

/// A script that starts a browser keeps some arguments to itself.
fn script(exe: &str, args: &[&str]) -> Vec<Fact> {
    let is_shell = |name: &std::ffi::OsStr| SHELLS.iter().any(|shell| name == *shell);
    let Some((script, args)) = args.split_first() else {
        return Vec::new();
    };
    match browser(Path::new(script)) {
        Some(browser)
            if Path::new(exe).file_name().is_some_and(is_shell)
                && flags(args).contains(TEMPORARY) =>
        {
            vec![window(browser, "arguments")]
        }
        _ => Vec::new(),
    }
}

fn window(browser: &str, sign: &str) -> Fact {
    let fact = PrivateWindow {
        browser: browser.to_owned(),
        sign: sign.to_owned(),
    };
    fact.into()
}

/// The names of the flags, without what stands behind them.
fn flags(args: &[&str]) -> BTreeSet<String> {
    let before = args.iter().take_while(|arg| **arg != "--");
    before
        .filter_map(|arg| arg.strip_prefix("--").or_else(|| arg.strip_prefix('-')))
        .map(|flag| flag.split_once('=').map_or(flag, |(name, _)| name))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(exe: &str, args: &[&str], root: &Path) -> Vec<String> {
        let start = ProcessStart {
            exe: Some(exe.into()),
            name: "x".into(),
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
            pid: 1,
            started: 1,
            parent: None,
            parent_exe: None,
            sha256: None,
            signer: None,
        };
        let said = facts(&start, root);
        said.into_iter()
            .map(|fact| match fact {
                Fact::PrivateWindow(window) => format!("{} {}", window.browser, window.sign),
                Fact::BrowserSetting(it) => format!("{} {} {}", it.browser, it.setting, it.value),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn private_windows_are_seen_in_every_spelling() {
        let root = tempfile::tempdir().unwrap();
        let chromium = "/usr/lib/chromium/chromium";
        for (exe, args, sign) in [
            (
                chromium,
                &["--incognito", "https://a.example"][..],
                "chromium arguments",
            ),
            (chromium, &["-incognito"], "chromium arguments"),
            (chromium, &["--guest", "--incognito"], "chromium arguments"),
            (
                "/opt/microsoft/msedge/msedge",
                &["--inprivate"],
                "edge arguments",
            ),
            ("/usr/bin/opera", &["--private"], "opera arguments"),
            (
                "/usr/lib/firefox-esr/firefox-esr",
                &["-private-window", "a"],
                "firefox arguments",
            ),
            (
                "/usr/lib/firefox/firefox",
                &["--Private"],
                "firefox arguments",
            ),
            (
                "/usr/bin/dash",
                &["/usr/bin/chromium", "--temp-profile"],
                "chromium arguments",
            ),
        ] {
            assert_eq!(said(exe, args, root.path()), [sign], "{args:?}");
        }
        for (exe, args) in [
            (chromium, &["https://a.example/--incognito"][..]),
            (chromium, &["--", "--incognito"]),
            (chromium, &["--type=renderer", "--incognito"]),
            ("/usr/bin/dash", &["/usr/bin/chromium", "--incognito"]),
            ("/usr/bin/grep", &["--private", "x"]),
            // Another browser's words.
            (chromium, &["--private", "--inprivate", "--Incognito"]),
            ("/opt/microsoft/msedge/msedge", &["--private-window"]),
            ("/usr/lib/firefox/firefox", &["-contentproc", "--private"]),
        ] {
            assert!(said(exe, args, root.path()).is_empty(), "{args:?}");
        }
    }

    #[test]
    fn a_closed_policy_refuses() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("etc/chromium/policies/managed");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.json"), r#"{"IncognitoModeAvailability": 1}"#).unwrap();
        let said = |args: &[&str]| said("/usr/lib/chromium/chromium", args, root.path());
        assert_eq!(said(&["--incognito"]), ["chromium refused"]);
        assert_eq!(said(&["--guest"]), ["chromium arguments"]);
    }

    #[test]
    fn of_other_flags_the_name_alone_is_told() {
        let root = tempfile::tempdir().unwrap();
        let args = [
            "--proxy-server=socks5://alex:secret@a.example:1",
            "--user-data-dir=/home/alex/hidden",
            "--user-data-dir=/home/alex/other",
            "--disable-extensions",
            "--window-size=1,1",
        ];
        assert_eq!(
            said("/opt/google/chrome/chrome", &args, root.path()),
            [
                "chrome arguments --disable-extensions",
                "chrome arguments --proxy-server",
                "chrome arguments --user-data-dir",
            ]
        );
        assert_eq!(
            said("/usr/bin/firefox", &["--safe-mode", "-P", "x"], root.path()),
            ["firefox arguments --safe-mode", "firefox arguments --p"]
        );
    }
}
