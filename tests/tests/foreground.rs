//! What is in front on real desktops is recorded, without a title; a desktop that does not say it is
//! recorded as that.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use proviso_report::fact::{Fact, Foreground};
use proviso_report::record::Method;
use proviso_tests::agent::{ACCOUNT, Computer};
use proviso_tests::held::{records, wait_for_record};
use proviso_tests::process::Running;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

const MORE: &str = "
[[clause]]
id = \"9\"
text = '''Using any game without the prior written approval of his offender manager.'''
records = [\"foreground\"]
";
/// Longer than what passes by.
const IN_FRONT: Duration = Duration::from_secs(2);
/// In the account's home: the program in a window has started.
const UP: &str = "up";
/// What runs in a window.
const INSIDE: [&str; 3] = ["sh", "-c", "touch ~/up; exec sleep 1000"];
/// A window's title: other people's words.
const TITLE: &str = "words of somebody else";

struct Desk {
    scene: Scene,
    computer: Computer,
    running: Vec<Running>,
}

impl Desk {
    fn new() -> Self {
        let scene = Scene::new().unwrap();
        scene.person_with(PERSON, MORE).unwrap();
        Self {
            computer: scene.enrolled(PERSON).unwrap(),
            scene,
            running: Vec::new(),
        }
    }

    fn command(&self, program: &str, args: &[&str], surroundings: &[(&str, &Path)]) -> Command {
        let account = &self.computer.account;
        let mut command = self.computer.machine.command_as(account, program);
        command.args(args).envs(surroundings.iter().copied());
        command
    }

    fn start(&mut self, command: Command) -> String {
        let log = self.scene.dir().join("desk.log");
        self.running.push(Running::start(command, &log).unwrap());
        std::fs::read_to_string(log).unwrap()
    }

    /// An X server of the account; gives what leads to it.
    fn x_server(&mut self) -> String {
        let command = self.command("Xvfb", &["-displayfd", "1", "-nolisten", "tcp"], &[]);
        let log = self.scene.dir().join("xvfb.log");
        let mut server = Running::start(command, &log).unwrap();
        let display = until("an X server", PATIENCE, || {
            server.check()?;
            let said = server.said();
            let mut numbers = said.lines().filter(|line| line.parse::<u32>().is_ok());
            Ok(numbers.next().map(|number| format!(":{number}")))
        });
        self.running.push(server);
        display.unwrap()
    }

    /// Shows a program again and again, each time for a while, until it is recorded.
    fn record(&self, make: impl Fn() -> Command, name: &str) -> (Foreground, Vec<Method>) {
        let log = self.scene.dir().join("desk.log");
        until("what is in front to be recorded", PATIENCE, || {
            let up = self.computer.account.outside.join(UP);
            drop(std::fs::remove_file(&up));
            let mut shown = Running::start(make(), &log)?;
            until("a window", PATIENCE, || {
                shown.check()?;
                Ok(up.exists().then_some(()))
            })?;
            let since = Instant::now();
            until("a while", PATIENCE, || {
                Ok((since.elapsed() > IN_FRONT).then_some(()))
            })?;
            drop(shown);
            for held in records(&self.scene.collector)? {
                if let Fact::Foreground(fact) = &held.record.fact {
                    assert_eq!(fact.name, name);
                    assert_eq!(held.record.account.as_deref(), Some(ACCOUNT));
                    assert_eq!(held.record.clauses, ["9"]);
                    return Ok(Some((fact.clone(), held.record.methods.clone())));
                }
            }
            Ok(None)
        })
        .unwrap()
    }

    fn no_title(&self) {
        for held in records(&self.scene.collector).unwrap() {
            assert!(!held.record.fact.to_json().unwrap().contains(TITLE));
        }
    }
}

#[test]
fn what_is_in_front_on_x11_is_recorded_by_its_file() {
    let mut desk = Desk::new();
    let display = desk.x_server();
    let surroundings = [("DISPLAY", Path::new(&display))];
    let manager = desk.command("openbox", &["--sm-disable"], &surroundings);
    desk.start(manager);
    desk.computer.start_recording().unwrap();
    // Somebody is there: after a minute without a key nobody would be.
    let script = r#"xdotool key a && exec xterm -T "$@""#;
    let args = [&["-c", script, "sh", TITLE, "-e"], &INSIDE[..]].concat();
    let make = || desk.command("sh", &args, &surroundings);
    let (fact, methods) = desk.record(make, "xterm");
    assert!(fact.exe.is_some_and(|exe| exe.ends_with("/xterm")));
    assert!(fact.ms >= 1_000 && fact.url.is_none());
    assert_eq!(methods, [Method::Desktop]);
    desk.no_title();
}

#[test]
fn what_is_in_front_on_wayland_is_recorded_by_its_own_name() {
    let mut desk = Desk::new();
    let account = desk.computer.account.clone();
    let config = account.outside.join("sway.conf");
    std::fs::write(config, "xwayland disable\n").unwrap();
    let inside = account.home.join("sway.conf");
    let surroundings = [
        ("XDG_RUNTIME_DIR", &*account.home),
        ("WLR_BACKENDS", Path::new("headless")),
        ("WLR_LIBINPUT_NO_DEVICES", Path::new("1")),
        ("WLR_RENDERER", Path::new("pixman")),
    ];
    let sway = desk.command("sway", &["-c", inside.to_str().unwrap()], &surroundings);
    desk.start(sway);
    until("a compositor", PATIENCE, || {
        let there = account.outside.join("wayland-1").exists();
        Ok(there.then_some(()))
    })
    .unwrap();
    let surroundings = [
        ("XDG_RUNTIME_DIR", &*account.home),
        ("WAYLAND_DISPLAY", Path::new("wayland-1")),
    ];
    // A program of the session, by which the display is found from the beginning.
    let waits = desk.command("sleep", &["1000"], &surroundings);
    desk.start(waits);
    desk.computer.start_recording().unwrap();
    let name = ["--app-id", "example.game", "--title", TITLE];
    let args = [&name[..], &INSIDE].concat();
    let make = || desk.command("foot", &args, &surroundings);
    let (fact, methods) = desk.record(make, "example.game");
    assert_eq!((fact.exe, methods), (None, vec![Method::Desktop]));
    desk.no_title();
}

#[test]
fn a_desktop_that_does_not_say_it_is_recorded_as_that() {
    let mut desk = Desk::new();
    let display = desk.x_server();
    let surroundings = [("DISPLAY", Path::new(&display))];
    let waits = desk.command("sleep", &["1000"], &surroundings);
    desk.start(waits);
    desk.computer.start_recording().unwrap();
    let source = format!("foreground:{ACCOUNT}:x11-{}", &display[1..]);
    let held = wait_for_record(
        &desk.scene.collector,
        "the source to fail",
        |held| matches!(&held.record.fact, Fact::SourceFailed(failed) if failed.source == source),
    )
    .unwrap();
    let Fact::SourceFailed(failed) = held.record.fact else {
        panic!("{held:?}")
    };
    assert!(
        failed
            .reason
            .contains("does not say which program is in front")
    );
}
