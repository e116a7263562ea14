//! `init`, and what every command says without a data directory.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use proviso_report::VerifierKey;

use crate::world::{PROGRAM, World};

#[test]
fn init_makes_a_closed_directory_once_and_publishes_the_key() {
    let world = World::bare();
    let said = world.init();
    let key = said
        .lines()
        .find_map(|line| line.parse::<VerifierKey>().ok());
    assert_eq!(key.unwrap().name(), "a.example/collector");
    let mode = |name: &str| {
        let about = std::fs::metadata(world.path(name)).unwrap();
        about.permissions().mode() & 0o777
    };
    assert_eq!(mode("data"), 0o700);
    for name in [
        "ca.key",
        "server.key",
        "receipt.key",
        "ledger.key",
        "allowed_signers",
    ] {
        assert_eq!(mode(&format!("data/{name}")), 0o600, "{name}");
    }
    let before = std::fs::read(world.path("data/receipt.key")).unwrap();
    let signers = world.path("allowed_signers");
    let words = ["init", "--authority", "b.example", "--signers"];
    let why = world.refused(&[&words[..], &[signers.to_str().unwrap()]].concat());
    assert!(why.contains("never overwritten"), "{why}");
    assert_eq!(
        std::fs::read(world.path("data/receipt.key")).unwrap(),
        before
    );
}

#[test]
fn init_checks_everything_before_it_writes() {
    let world = World::bare();
    let signers = world.path("allowed_signers");
    let signers = signers.to_str().unwrap();
    let why = world.refused(&["init", "--authority", "two words", "--signers", signers]);
    assert!(why.contains("without blanks"), "{why}");
    let missing = world.path("nothing");
    let words = ["init", "--authority", "a.example", "--signers"];
    let why = world.refused(&[&words[..], &[missing.to_str().unwrap()]].concat());
    assert!(why.contains("who may sign orders"), "{why}");
    let broken = world.path("broken");
    std::fs::write(&broken, "court:clerk no-key\n").unwrap();
    let why = world.refused(&[&words[..], &[broken.to_str().unwrap()]].concat());
    assert!(why.contains("cannot be used"), "{why}");
    assert!(!world.path("data").exists());
}

/// A bound on the size of files stands for a disk that is full.
#[test]
fn an_init_that_fails_can_be_repeated() {
    let world = World::bare();
    let signers = world.path("allowed_signers");
    let bounded = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 2; exec \"$@\"",
            "sh",
            PROGRAM,
        ])
        .args(["init", "--authority", "a.example", "--signers"])
        .arg(&signers)
        .arg("--data")
        .arg(world.path("data"))
        .output()
        .unwrap();
    assert_eq!(bounded.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&bounded.stderr).contains("the store"));
    assert_eq!(std::fs::read_dir(world.path("data")).unwrap().count(), 0);
    world.init();
}

#[test]
fn every_command_says_what_is_missing() {
    let world = World::bare();
    for words in [
        &["serve"][..],
        &["person", "list"],
        &["person", "add", "--name", "Alex"],
        &["order", "show", "--person", "Alex"],
        &["token", "--person", "Alex"],
        &["staff", "add", "morgan"],
        &["device", "list"],
    ] {
        let why = world.refused(words);
        assert!(why.contains("proviso-collector init --data"), "{why}");
    }
}

#[test]
fn keys_that_others_can_read_stop_every_command() {
    let world = World::new();
    let open = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(world.path("data/ca.key"), open).unwrap();
    let why = world.refused(&["serve"]);
    assert!(why.contains("chmod go-rwx"), "{why}");
}

#[test]
fn a_wrong_command_line_is_another_exit_code() {
    let world = World::new();
    for words in [&["person"][..], &["export"], &["serve", "--web", "nowhere"]] {
        assert_eq!(world.run(words).code, Some(2), "{words:?}");
    }
}

#[test]
fn a_store_that_is_missing_or_lost_a_part_is_restored_and_never_begun_anew() {
    let world = World::new();
    let store = world.path("data/store.db");
    let sqlite = rusqlite::Connection::open(&store).unwrap();
    sqlite
        .execute_batch("DROP TABLE calendar; DROP TABLE snooze")
        .unwrap();
    drop(sqlite);
    for words in [&["serve"][..], &["person", "list"]] {
        let why = world.refused(words);
        assert!(
            why.contains("lost the tables ") && why.contains("snooze"),
            "{why}"
        );
        assert!(why.contains("restore it from a backup"), "{why}");
    }
    std::fs::remove_file(&store).unwrap();
    for words in [&["serve"][..], &["person", "list"], &["ledger", "check"]] {
        let why = world.refused(words);
        assert!(
            why.contains("store.db is missing") && why.contains("from a backup"),
            "{why}"
        );
        assert!(
            why.contains("`proviso-collector init` does not bring it back"),
            "{why}"
        );
    }
    // And it does not: no key is written over.
    let signers = world.path("allowed_signers");
    let again = [
        "init",
        "--authority",
        "a.example",
        "--signers",
        signers.to_str().unwrap(),
    ];
    let why = world.refused(&again);
    assert!(why.contains("never overwritten"), "{why}");
    std::fs::write(&store, b"").unwrap();
    let why = world.refused(&["person", "list"]);
    assert!(why.contains("does not say which schema it has"), "{why}");
}
