//! What goes wrong on a real computer, and what people are told: nothing is lost, nothing is silent.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::chown;

use proviso_report::fact::Fact;
use proviso_tests::agent::Computer;
use proviso_tests::extension::Extension;
use proviso_tests::held::{self, records, wait_for_record};
use proviso_tests::process::{done, output};
use proviso_tests::programs::program;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

fn scene() -> Scene {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    scene
}

/// A disk of its own under the agent's folder, this large.
fn small_disk(computer: &Computer, kilobytes: u32) {
    let script = r#"
        cp -a "$1" "$1.copy"
        mount -t tmpfs -o "size=$2k,mode=700" tmpfs "$1"
        cp -a "$1.copy/." "$1/"
    "#;
    done(
        computer
            .machine
            .command("sh")
            .args(["-eu", "-c", script, "sh"])
            .arg(computer.machine.inside("agent"))
            .arg(kilobytes.to_string()),
    )
    .unwrap();
}

fn grow_disk(computer: &Computer, kilobytes: u32) {
    let size = format!("remount,size={kilobytes}k");
    let mut mount = computer.machine.command("mount");
    done(
        mount
            .args(["-o", &size])
            .arg(computer.machine.inside("agent")),
    )
    .unwrap();
}

#[test]
fn a_full_disk_holds_visits_back_and_loses_none() {
    const VISITS: usize = 3_000;
    let mut scene = scene();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    wait_for_record(&scene.collector, "the order", |held| {
        matches!(held.record.fact, Fact::OrderInForce(_))
    })
    .unwrap();
    computer.stop().unwrap();
    // With nobody to send to, the journal only grows.
    scene.collector.stop().unwrap();
    small_disk(&computer, 1_200);
    computer.start_recording().unwrap();

    let mut extension = Extension::start(&computer, "00000000000000f1").unwrap();
    let filler = "x".repeat(900);
    let url = |n: usize| format!("https://full.example/{n}?{filler}-{}", n * 7_919);
    let mut given = 0;
    // Fills until the agent no longer takes what the browser has.
    let full = until("the disk to be full", PATIENCE, || {
        while given < VISITS && extension.waiting() < 100 {
            extension.visit(&url(given), PATIENCE)?;
            given += 1;
        }
        computer.check()?;
        let text = computer.said();
        Ok((text.contains("full") || given == VISITS).then(|| text.contains("full")))
    })
    .unwrap();
    assert!(full, "the disk was never full: {}", computer.said());

    grow_disk(&computer, 64 * 1024);
    while given < VISITS {
        extension.visit(&url(given), PATIENCE).unwrap();
        given += 1;
    }
    extension.all_taken(PATIENCE).unwrap();
    scene.collector.serve().unwrap();
    let counts = until("every visit", PATIENCE, || {
        let counts = held::visits(&scene.collector)?;
        Ok((counts.len() == VISITS).then_some(counts))
    })
    .unwrap();
    assert!(counts.values().all(|count| *count == 1));
    wait_for_record(&scene.collector, "the gap", |held| {
        matches!(&held.record.fact, Fact::Gap(gap)
            if gap.cause == proviso_report::fact::GapCause::DiskFull)
    })
    .unwrap();
}

#[test]
fn a_damaged_browser_database_is_said_and_read_again_once_it_is_sound() {
    let scene = scene();
    let mut computer = scene.enrolled(PERSON).unwrap();
    let profile = computer.account.outside.join(".config/chromium/Default");
    std::fs::create_dir_all(&profile).unwrap();
    std::fs::write(profile.join("History"), [0x5a; 8_192]).unwrap();
    let owner = Some(computer.account.uid);
    for path in [".config", ".config/chromium", ".config/chromium/Default"] {
        chown(computer.account.outside.join(path), owner, owner).unwrap();
    }
    chown(profile.join("History"), owner, owner).unwrap();
    computer.start_recording().unwrap();
    let failed = wait_for_record(&scene.collector, "the failure", |held| {
        matches!(&held.record.fact, Fact::SourceFailed(failed) if failed.source.contains("chromium"))
    })
    .unwrap();
    let Fact::SourceFailed(failed) = &failed.record.fact else {
        panic!("{failed:?}")
    };
    assert!(failed.reason.len() > 20, "{failed:?}");

    // Another browser is read all the same.
    let mut firefox = computer.firefox(&scene.sites).unwrap();
    firefox.open("https://www.facebook.com/firefox").unwrap();
    scene
        .collector
        .wait_for_finding("of Firefox", |found| found.rule == "4.a")
        .unwrap();
    firefox.close().unwrap();

    std::fs::remove_file(profile.join("History")).unwrap();
    let mut chromium = computer.chromium(&scene.sites).unwrap();
    chromium.open("https://www.reddit.com/r/sound").unwrap();
    scene
        .collector
        .wait_for_finding("of Chromium", |found| found.matched.contains("reddit.com"))
        .unwrap();
    wait_for_record(&scene.collector, "that it works again", |held| {
        matches!(&held.record.fact, Fact::SourceRestored(restored)
            if restored.source == failed.source)
    })
    .unwrap();
    chromium.close().unwrap();
}

#[test]
fn a_port_in_use_is_said_with_what_to_do() {
    let mut scene = scene();
    scene.collector.stop().unwrap();
    let _quic = UdpSocket::bind(scene.collector.quic).unwrap();
    let mut command = scene.collector.command(&["serve"]).unwrap();
    command
        .args(["--listen", &scene.collector.quic.to_string()])
        .args(["--web", "127.0.0.1:0"]);
    let said = output(&mut command).unwrap();
    let sentence = String::from_utf8(said.stderr).unwrap();
    assert!(!said.status.success(), "{sentence}");
    assert!(sentence.contains("--listen"), "{sentence}");

    let _web = TcpListener::bind(scene.collector.web).unwrap();
    let mut command = scene.collector.command(&["serve"]).unwrap();
    command
        .args(["--listen", "127.0.0.1:0"])
        .args(["--web", &scene.collector.web.to_string()]);
    let said = output(&mut command).unwrap();
    let sentence = String::from_utf8(said.stderr).unwrap();
    assert!(!said.status.success(), "{sentence}");
    assert!(sentence.contains("--web"), "{sentence}");
}

#[test]
fn a_second_agent_and_a_wrong_token_are_refused_with_a_sentence() {
    let scene = scene();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let said = output(&mut computer.command("run")).unwrap();
    let sentence = String::from_utf8(said.stderr).unwrap();
    assert!(!said.status.success(), "{sentence}");
    assert!(sentence.contains("already running"), "{sentence}");
    computer.check().unwrap();

    let other = Computer::new(&scene.dir().join("other")).unwrap();
    let address = scene.collector.quic.to_string();
    let enrol = |token: &str| {
        let mut command = other.command("enrol");
        command
            .args(["--collector", &address, "--token", token])
            .args(["--account", "alex"]);
        let said = output(&mut command).unwrap();
        let sentence = String::from_utf8(said.stderr).unwrap();
        (said.status.success(), sentence)
    };
    let (taken, sentence) = enrol("pv1_short");
    assert!(!taken && sentence.contains("copy it again"), "{sentence}");
    let token = scene.collector.token(PERSON, "alex").unwrap();
    assert!(enrol(&token).0);
    let third = Computer::new(&scene.dir().join("third")).unwrap();
    let said = output(
        third
            .command("enrol")
            .args(["--collector", &address, "--token", &token])
            .args(["--account", "alex"]),
    )
    .unwrap();
    let sentence = String::from_utf8(said.stderr).unwrap();
    assert!(
        !said.status.success() && sentence.contains("used"),
        "{sentence}"
    );
    let said = output(&mut third.command("run")).unwrap();
    let sentence = String::from_utf8(said.stderr).unwrap();
    assert!(
        !said.status.success() && sentence.contains("enrol"),
        "{sentence}"
    );
    // Nothing of it reached the log of the computer that runs.
    assert!(!records(&scene.collector).unwrap().is_empty());
}

#[test]
fn a_missing_browser_is_named_with_the_command_that_brings_it() {
    let mut demo = std::process::Command::new(program("proviso-demo").unwrap());
    let nowhere = tempfile::tempdir().unwrap();
    demo.env("PATH", nowhere.path())
        .arg("--dir")
        .arg(nowhere.path().join("demo"));
    let said = output(&mut demo).unwrap();
    let sentence = String::from_utf8(said.stderr).unwrap();
    assert!(!said.status.success(), "{sentence}");
    for word in ["chromium", "firefox-esr", "apt-get install"] {
        assert!(sentence.contains(word), "{sentence}");
    }
    assert!(
        !nowhere.path().join("demo").exists(),
        "something was made all the same"
    );
}
