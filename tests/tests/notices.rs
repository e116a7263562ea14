//! What the person is told on the screen, by a real message bus; and the record that says that there
//! was no screen.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::path::PathBuf;
use std::process::Stdio;

use proviso_report::Fact;
use proviso_tests::agent::Computer;
use proviso_tests::extension::Extension;
use proviso_tests::held::wait_for_record;
use proviso_tests::order::Terms;
use proviso_tests::process::{Running, done};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};
use serde_json::Value;

const PYTHON: &str = "/usr/bin/python3";
const FORBIDDEN: &str = "https://www.facebook.com/unmistakable-words";

/// A desktop of the supervised person: a bus where a session has it, and who shows notices.
struct Desktop {
    log: PathBuf,
    _shows: Running,
    _bus: Running,
}

impl Desktop {
    fn start(computer: &Computer) -> Self {
        let machine = &computer.machine;
        let uid = computer.account.uid;
        let runtime = format!("/run/user/{uid}");
        let make = r#"mount -t tmpfs tmpfs /run/user 2>/dev/null || { mkdir -p /run/user && mount -t tmpfs tmpfs /run/user; }
            mkdir -m 700 "$1" && chown "$2:$2" "$1""#;
        done(
            machine
                .command("sh")
                .args(["-eu", "-c", make, "sh", &runtime, &uid.to_string()]),
        )
        .unwrap();
        let socket = format!("{runtime}/bus");
        let mut bus = machine.command_as(&computer.account, "dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--address"])
            .arg(format!("unix:path={socket}"));
        let bus = Running::start(bus, &machine.dir().join("bus.log")).unwrap();
        until("the bus to listen", PATIENCE, || {
            let there = done(machine.command("test").args(["-S", &socket]));
            Ok(there.ok())
        })
        .unwrap();
        let log = machine.dir().join("notices.log");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/desktop/notifications.py");
        let mut shows = machine.command_as(&computer.account, PYTHON);
        // The account may not reach where these sources are.
        shows.args(["-c", &std::fs::read_to_string(script).unwrap(), &socket]);
        shows.stdin(Stdio::null());
        let shows = Running::start(shows, &log).unwrap();
        let desktop = Self {
            log,
            _shows: shows,
            _bus: bus,
        };
        desktop.wait_for("ready");
        desktop
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn wait_for(&self, words: &str) {
        until(&format!("a notice that says {words:?}"), PATIENCE, || {
            Ok(self.said().contains(words).then_some(()))
        })
        .unwrap_or_else(|error| panic!("{error:#}: {}", self.said()));
    }

    fn notices(&self) -> Vec<Value> {
        let said = self.said();
        let lines = said
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        lines
            .filter(|line: &Value| line["title"].is_string())
            .collect()
    }
}

#[test]
fn the_desktop_is_told_in_neutral_words_of_start_finding_and_new_order() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    let desktop = Desktop::start(&computer);
    computer.start_recording().unwrap();
    desktop.wait_for("Monitoring under a court order is on.");

    let mut extension = Extension::start(&computer, "00000000000000a1").unwrap();
    extension.visit(FORBIDDEN, PATIENCE).unwrap();
    extension.all_taken(PATIENCE).unwrap();
    let order = Terms {
        version: 2,
        ..Terms::default()
    };
    scene.order(PERSON, order).unwrap();
    until("the agent to have the new order", PATIENCE, || {
        Ok(computer.status()?.contains("version 2").then_some(()))
    })
    .unwrap();
    desktop.wait_for("Something you did may be against clause 4.");
    desktop.wait_for("is now SHPO-2026-000123, version 2.");
    for notice in desktop.notices() {
        let text = notice.to_string();
        assert_eq!(notice["app"], "Proviso");
        assert!(text.contains("proviso-agent today"), "{text}");
        for secret in ["facebook", "unmistakable", "social network"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    // What comes together is one notice.
    assert!(desktop.notices().len() <= 3, "{}", desktop.said());
}

#[test]
fn without_a_desktop_it_is_a_record_that_the_person_was_not_told() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000a2").unwrap();
    extension.visit(FORBIDDEN, PATIENCE).unwrap();
    let failed = wait_for_record(&scene.collector, "that there is no screen", |held| {
        matches!(&held.record.fact, Fact::SourceFailed(failed) if failed.source == "notices")
    })
    .unwrap();
    let Fact::SourceFailed(failed) = failed.record.fact else {
        panic!()
    };
    assert!(
        failed.reason.contains("proviso-agent today"),
        "{}",
        failed.reason
    );
    assert!(!failed.reason.contains("facebook"), "{}", failed.reason);

    // Somebody signs in: what was not told is told, and that is a record too.
    let desktop = Desktop::start(&computer);
    desktop.wait_for("Something you did may be against clause 4.");
    wait_for_record(&scene.collector, "that notices are shown again", |held| {
        matches!(&held.record.fact, Fact::SourceRestored(again) if again.source == "notices")
    })
    .unwrap();
}
