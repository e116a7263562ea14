//! What the program says and with which exit code it ends, when something is not as it should be.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use proviso_report::{Alg, VerifierKey};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rustix::process::{Pid, Signal, kill_process};

const PATIENCE: Duration = Duration::from_secs(90);

#[test]
fn a_computer_that_is_not_enrolled_is_told_so() {
    let state = tempfile::tempdir().unwrap();
    says(&agent("run", state.path()), 3, "proviso-agent enrol");
    says(&agent("status", state.path()), 3, "proviso-agent enrol");
    let token = ["--collector", "127.0.0.1:1", "--token", "pv1_short"];
    let output = Command::new(program())
        .args(["enrol", "--state"])
        .arg(state.path())
        .args(token)
        .output();
    says(&output.unwrap(), 1, "enrolment token");
    says(
        &agent("native-host", state.path()),
        1,
        "started by a browser",
    );
    says(&Command::new(program()).output().unwrap(), 2, "Usage");
}

#[test]
fn one_agent_runs_and_shows_how_it_stands_and_ends_when_asked() {
    let state = enrolled();
    let mut running = start(state.path());
    says(&agent("run", state.path()), 6, "already running");
    let status = agent("status", state.path());
    let words = String::from_utf8(status.stdout).unwrap();
    assert!(
        words.starts_with("Monitoring is OFF: there is no signed court order"),
        "{words}"
    );
    let json = Command::new(program())
        .args(["status", "--json", "--state"])
        .arg(state.path())
        .output();
    let json: serde_json::Value = serde_json::from_slice(&json.unwrap().stdout).unwrap();
    assert_eq!(
        (&json["format"], &json["on"]),
        (&"proviso-status/1".into(), &false.into())
    );
    terminate(&running);
    let ended = running.wait().unwrap();
    assert!(ended.success(), "{ended}");
    says(&agent("status", state.path()), 7, "nothing is recorded now");
}

#[test]
fn what_others_can_change_is_not_trusted() {
    let state = enrolled();
    set(state.path(), 0o777);
    says(&agent("run", state.path()), 4, "chmod go-w");
    set(state.path(), 0o755);
    set(&state.path().join("log.key"), 0o644);
    says(&agent("run", state.path()), 4, "secret");
}

#[test]
fn a_damaged_journal_is_kept_and_told() {
    let state = enrolled();
    let journal = state.path().join("journal.sqlite");
    std::fs::write(&journal, [7; 8_192]).unwrap();
    says(&agent("run", state.path()), 5, "do not delete it");
    assert_eq!(std::fs::read(&journal).unwrap(), [7; 8_192]);
}

#[test]
fn settings_that_are_wrong_are_told_with_their_line() {
    let state = enrolled();
    let settings = state.path().join("agent.toml");
    let text = std::fs::read_to_string(&settings).unwrap() + "hidden = true\n";
    std::fs::write(&settings, text).unwrap();
    says(&agent("run", state.path()), 1, "hidden");
}

/// A state directory as enrolment leaves it.
fn enrolled() -> tempfile::TempDir {
    let state = tempfile::tempdir().unwrap();
    set(state.path(), 0o755);
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let key = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
    let public = key.public_key().as_ref().try_into().unwrap();
    let collector = VerifierKey::new("a.example/collector", Alg::CosignatureV1, public).unwrap();
    let device = "05".repeat(16);
    let identity = format!(
        "format = \"proviso-identity/1\"\ndevice = \"{device}\"\n\
         origin = \"a.example/device/{device}\"\ncollector_key = \"{collector}\"\nenrolled = 0\n"
    );
    // Nothing answers on port 1: the collector is away.
    let settings = "collector = \"127.0.0.1:1\"\naccounts = [\"alex\"]\nextension.port = 0\n";
    for (name, bytes) in [
        ("identity.toml", identity.as_bytes()),
        ("agent.toml", settings.as_bytes()),
        ("log.key", document.as_ref()),
        ("tls.key", b"none"),
        ("tls.der", b"none"),
        ("ca.der", b"none"),
        ("allowed_signers", b""),
    ] {
        let path = state.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        set(&path, 0o600);
    }
    state
}

fn start(state: &Path) -> Child {
    let child = Command::new(program())
        .args(["run", "--state"])
        .arg(state)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while !agent("status", state).status.success() {
        assert!(Instant::now() < deadline, "the agent does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn terminate(child: &Child) {
    let id = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    kill_process(id, Signal::TERM).unwrap();
}

fn agent(subcommand: &str, state: &Path) -> Output {
    Command::new(program())
        .args([subcommand, "--state"])
        .arg(state)
        .output()
        .unwrap()
}

fn says(output: &Output, code: i32, words: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(words), "{said}");
}

fn set(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn program() -> &'static str {
    env!("CARGO_BIN_EXE_proviso-agent")
}
