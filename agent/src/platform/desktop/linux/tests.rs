//! Real displays: an X server without a screen, and a compositor without one.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

use super::*;
use crate::platform::desktop::Window;

/// So that a test need not wait for a minute.
const SOON: u32 = 1_500;
/// Everything here answers within seconds.
const LONG: Duration = Duration::from_secs(60);

/// A program that ends with the test, and what it started.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = Pid::from_raw(self.0.id().cast_signed()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

fn start(command: &mut Command) -> Running {
    start_heard(command.stderr(Stdio::null()))
}

/// The same, of which somebody reads what it complains of.
fn start_heard(command: &mut Command) -> Running {
    command.stdin(Stdio::null());
    Running(command.process_group(0).spawn().unwrap())
}

/// The number of its display, which an X server writes once others can come.
fn number(server: &mut Running) -> u32 {
    let mut line = String::new();
    let out = server.0.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    line.trim().parse().unwrap()
}

fn me(home: &Path) -> Account {
    Account {
        name: "me".into(),
        owner: Owner(rustix::process::getuid().as_raw()),
        home: home.to_owned(),
    }
}

/// An X server, and its number.
fn x_server(folder: &Path) -> (Running, u32) {
    let mut command = Command::new("Xvfb");
    command
        .args([
            "-displayfd",
            "1",
            "-nolisten",
            "tcp",
            "-screen",
            "0",
            "640x480x24",
        ])
        .arg("-auth")
        .arg(folder.join(".Xauthority"))
        .stdout(Stdio::piped());
    // For any host and any display: family, address, number, kind, key.
    let key = b"\xff\xff\0\0\0\0\0\x12MIT-MAGIC-COOKIE-1\0\x100123456789abcdef";
    std::fs::write(folder.join(".Xauthority"), key).unwrap();
    let mut server = start(&mut command);
    let number = number(&mut server);
    (server, number)
}

/// On the display of that number.
fn on(number: u32, folder: &Path, program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(args)
        .env("DISPLAY", format!(":{number}"))
        .env("XAUTHORITY", folder.join(".Xauthority"))
        .stdout(Stdio::null());
    command
}

async fn next(desktop: &mut Desktop) -> Change {
    timeout(LONG, desktop.next()).await.unwrap().unwrap()
}

/// Until it tells this.
async fn until(desktop: &mut Desktop, change: &Change) {
    while next(desktop).await != *change {}
}

#[tokio::test]
async fn an_x_server_tells_what_is_in_front_and_when_nobody_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let (server, number) = x_server(dir.path());
    let run = |program: &str, args: &[&str]| on(number, dir.path(), program, args);
    let _manager = start(&mut run("openbox", &["--sm-disable"]));
    let screen = Screen::X11 { number, keys: None };
    let account = me(dir.path());
    let mut desktop = Desktop::connect_with(&screen, &account, SOON)
        .await
        .unwrap();

    let terminal = start(&mut run("xterm", &["-T", "secret"]));
    let window = Window {
        pid: Some(terminal.0.id()),
        class: Some("XTerm".into()),
    };
    until(&mut desktop, &Change::Front(Some(window.clone()))).await;
    let press = || {
        let status = run("xdotool", &["key", "a"]).status().unwrap();
        assert!(status.success());
    };
    // Where programs start slowly, nobody has been there for long enough already.
    press();
    // More than once: it goes on to tell.
    for _ in 0..2 {
        until(&mut desktop, &Change::Idle).await;
        press();
        until(&mut desktop, &Change::Active).await;
    }
    let other = start(&mut run("xterm", &["-class", "Other"]));
    let before = window.clone();
    let window = Window {
        pid: Some(other.0.id()),
        class: Some("Other".into()),
    };
    until(&mut desktop, &Change::Front(Some(window))).await;
    drop(other);
    until(&mut desktop, &Change::Front(Some(before))).await;
    // The last window: openbox goes on naming it.
    drop(terminal);
    until(&mut desktop, &Change::Front(None)).await;
    drop(server);
    let end = loop {
        match timeout(LONG, desktop.next()).await.unwrap() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(end.is_end(), "{end}");
}

#[tokio::test]
async fn an_x_server_of_others_or_without_a_manager_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (mut server, number) = x_server(dir.path());
    let screen = |keys| Screen::X11 { number, keys };
    let account = me(dir.path());
    let other = Account {
        owner: Owner(account.owner.0 + 1),
        ..account.clone()
    };
    let error = Desktop::connect(&screen(None), &other).await.unwrap_err();
    assert!(matches!(error, DesktopError::Refused(_)), "{error}");
    let none = screen(Some(dir.path().join("none")));
    let error = Desktop::connect(&none, &account).await.unwrap_err();
    let ended = server.0.try_wait();
    assert!(
        matches!(error, DesktopError::Refused(_)),
        "{error}; the end of its server :{number}: {ended:?}"
    );
    let error = Desktop::connect(&screen(None), &account).await.unwrap_err();
    assert!(matches!(error, DesktopError::Silent(_)), "{error}");
    let elsewhere = Screen::Elsewhere("desk.example".into());
    let error = Desktop::connect(&elsewhere, &account).await.unwrap_err();
    assert!(matches!(error, DesktopError::Elsewhere(_)), "{error}");
}

/// Whose compositor it is: it does not run as root.
const OWNER: u32 = 3_200_000;

/// A program of an account whose home, and whose session, is in this folder.
fn run_as(owner: u32, folder: &Path, program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .uid(owner)
        .gid(owner)
        .current_dir(folder)
        .env("HOME", folder)
        .env("XDG_RUNTIME_DIR", folder)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdout(Stdio::null());
    command
}

/// One beside the compositor.
fn beside(folder: &Path, program: &str) -> Command {
    let mut command = run_as(OWNER, folder, program);
    command.env("WAYLAND_DISPLAY", "wayland-1");
    command
}

fn owned(owner: u32, folder: &Path) -> Account {
    std::os::unix::fs::chown(folder, Some(owner), Some(owner)).unwrap();
    Account {
        owner: Owner(owner),
        ..me(folder)
    }
}

/// A compositor, the account whose it is, and what it is followed by, once it has begun.
async fn compositor(folder: &Path) -> (Running, Account, Screen, Desktop) {
    let account = owned(OWNER, folder);
    let config = folder.join("config");
    std::fs::write(&config, "xwayland disable\n").unwrap();
    let sway = start(
        run_as(OWNER, folder, "sway")
            .env("WLR_BACKENDS", "headless")
            .env("WLR_LIBINPUT_NO_DEVICES", "1")
            .env("WLR_RENDERER", "pixman")
            .arg("-c")
            .arg(&config),
    );
    let screen = Screen::Wayland(folder.join("wayland-1"));
    let connect = async {
        loop {
            match Desktop::connect_with(&screen, &account, SOON).await {
                Ok(desktop) => break desktop,
                // It has not begun.
                Err(DesktopError::Io(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(error) => panic!("{error}"),
            }
        }
    };
    let desktop = timeout(LONG, connect).await.unwrap();
    (sway, account, screen, desktop)
}

#[tokio::test]
async fn an_x_server_beside_a_compositor_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (_sway, account, _, _desktop) = compositor(dir.path()).await;
    let mut server = start(
        beside(dir.path(), "Xwayland")
            .args(["-ac", "-displayfd", "1"])
            .stdout(Stdio::piped()),
    );
    let number = number(&mut server);
    let screen = Screen::X11 { number, keys: None };
    let error = Desktop::connect(&screen, &account).await.unwrap_err();
    let said = "a Wayland compositor stands behind its server";
    assert!(error.to_string().contains(said), "{error}");
}

#[tokio::test]
async fn a_compositor_tells_what_is_in_front_and_when_nobody_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let (_sway, account, screen, mut desktop) = compositor(dir.path()).await;
    let other = Account {
        owner: Owner(account.owner.0 + 1),
        ..account.clone()
    };
    let error = Desktop::connect(&screen, &other).await.unwrap_err();
    assert!(matches!(error, DesktopError::Refused(_)), "{error}");

    let terminal =
        start(beside(dir.path(), "foot").args(["--app-id", "proviso.test", "sleep", "1000"]));
    let window = Window {
        pid: None,
        class: Some("proviso.test".into()),
    };
    until(&mut desktop, &Change::Front(Some(window))).await;
    let mut files = std::fs::read_dir(dir.path()).unwrap().flatten();
    let is_control =
        |it: &std::fs::DirEntry| it.file_name().to_string_lossy().starts_with("sway-ipc");
    let control = files.find(is_control).unwrap().path();
    for _ in 0..2 {
        until(&mut desktop, &Change::Idle).await;
        let status = beside(dir.path(), "swaymsg")
            .env("SWAYSOCK", &control)
            .arg("seat - cursor move 5 5")
            .status();
        assert!(status.unwrap().success());
        until(&mut desktop, &Change::Active).await;
    }
    drop(terminal);
    until(&mut desktop, &Change::Front(None)).await;
}

/// Of an account that the system knows, without which there is no bus of a session.
const NOBODY: u32 = 65_534;

#[tokio::test]
#[ignore = "needs mutter: make gnome"]
async fn gnomes_compositor_and_the_x_server_beside_it_are_said_to_be_silent() {
    let dir = tempfile::tempdir().unwrap();
    let account = owned(NOBODY, dir.path());
    let mut mutter = start_heard(
        run_as(NOBODY, dir.path(), "dbus-run-session")
            .args(["--", "mutter", "--headless", "--virtual-monitor", "640x480"])
            .args(["--wayland", "--wayland-display", "wayland-m"])
            .stderr(Stdio::piped()),
    );
    let said = BufReader::new(mutter.0.stderr.take().unwrap());
    let mut number = None;
    for line in said.lines().map(Result::unwrap) {
        if let Some((_, rest)) = line.split_once("Using public X11 display :") {
            number = rest.split(',').next().and_then(|it| it.parse().ok());
        }
        if line.contains("Using Wayland display name") {
            break;
        }
    }
    let screen = Screen::Wayland(dir.path().join("wayland-m"));
    let error = Desktop::connect(&screen, &account).await.unwrap_err();
    assert!(error.to_string().contains("GNOME's compositor"), "{error}");

    let mut files = std::fs::read_dir(dir.path()).unwrap().flatten();
    let is_keys =
        |it: &std::fs::DirEntry| it.file_name().to_string_lossy().contains("Xwaylandauth");
    let screen = Screen::X11 {
        number: number.unwrap(),
        keys: Some(files.find(is_keys).unwrap().path()),
    };
    let error = Desktop::connect(&screen, &account).await.unwrap_err();
    assert!(error.to_string().contains("stands behind"), "{error}");
}
