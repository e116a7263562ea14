//! The computer itself: accounts that are made, people who sign in, tools that are there or used, and
//! volumes that another system had, each as a record of the real agent.
//!
//! What is done before the agent first looked is no news to it, and it says of nothing when that was:
//! so each thing is done again, in a new way, until it is told.
//!
//! Firmware that says what it starts, and a start of the computer, are tried in `real_firmware.rs`. Not tried here:
//! logind (its files are, beside the source), and signing in on other processors than x86-64, whose list has another
//! form.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::bail;
use proviso_report::fact::{Change, Fact, Session, ToolState};
use proviso_report::record::Method;
use proviso_tests::agent::{ACCOUNT, Computer};
use proviso_tests::held::{Held, records, wait_for_record};
use proviso_tests::process::{Running, done};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::PATIENCE;

const RULES: &str = r#"
[[clause]]
id = "9"
text = '''Using any other account or system on the device, or encrypting or wiping anything on it.'''
records = ["tool_found", "session", "account_change", "other_system"]

[[rule]]
id = "9.a"
clause = "9"
says = "To be looked at if a program that encrypts files is used."
severity = "review"
on = ["tool_found"]
all = [{ class = "encryption" }, { state = "used" }]
[[rule.test]]
event = { kind = "tool_found", name = "veracrypt", class = "encryption", state = "used", sign = "s", at = "@DAY@T20:00:00Z" }
expect = "match"
[[rule.test]]
event = { kind = "tool_found", name = "veracrypt", class = "encryption", state = "installed", sign = "s", at = "@DAY@T20:00:00Z" }
expect = "no_match"
"#;
/// For something that was done to be told, before it is done again.
const TELLING: Duration = Duration::from_secs(5);

fn enrolled(scene: &Scene) -> Computer {
    scene.person_with(PERSON, RULES).unwrap();
    scene.enrolled(PERSON).unwrap()
}

/// Does something again and again, with the number of times, until there is such a record.
fn until_told(
    scene: &Scene,
    what: &str,
    mut act: impl FnMut(u32) -> anyhow::Result<()>,
    wanted: impl Fn(&Held) -> bool,
) -> anyhow::Result<Held> {
    let deadline = Instant::now() + PATIENCE;
    for number in 1.. {
        act(number)?;
        let until = Instant::now() + TELLING;
        while Instant::now() < until {
            if let Some(held) = records(&scene.collector)?.into_iter().find(&wanted) {
                return Ok(held);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        if Instant::now() > deadline {
            break;
        }
    }
    bail!("gave up waiting for {what}")
}

#[test]
fn accounts_that_are_made_are_told_by_name() {
    let scene = Scene::new().unwrap();
    let mut computer = enrolled(&scene);
    computer.start_recording().unwrap();
    let change = |held: &Held, wanted: Change| match &held.record.fact {
        Fact::AccountChange(it) => it.change == wanted && it.name.starts_with("eve"),
        _ => false,
    };
    let made = until_told(
        &scene,
        "an account that was made",
        |number| {
            let mut useradd = computer.machine.command("useradd");
            done(useradd.args(["--no-create-home", &format!("eve{number}")])).map(drop)
        },
        |held| change(held, Change::Added),
    )
    .unwrap();
    assert_eq!(made.record.account, None);
    assert_eq!(made.record.methods, [Method::SystemRead]);
    assert_eq!(made.record.clauses, ["9"]);
    let Fact::AccountChange(account) = &made.record.fact else {
        panic!("{made:?}")
    };
    done(computer.machine.command("userdel").arg(&account.name)).unwrap();
    wait_for_record(&scene.collector, "its removal", |held| {
        change(held, Change::Removed)
    })
    .unwrap();
}

/// A record of utmp(5), as on x86: who sits at a terminal.
fn signed_in(process: u32, user: &str, kind: u8) -> Vec<u8> {
    let mut bytes = vec![0; 384];
    let mut put = |at: usize, what: &[u8]| bytes[at..at + what.len()].copy_from_slice(what);
    put(0, &[kind, 0]);
    put(4, &process.to_ne_bytes());
    put(8, b"tty1");
    put(44, user.as_bytes());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    put(340, &u32::try_from(now.as_secs()).unwrap().to_ne_bytes());
    bytes
}

#[test]
#[cfg(target_arch = "x86_64")]
fn who_signs_in_is_told_of_the_monitored_account_and_of_nobody_else() {
    let scene = Scene::new().unwrap();
    let mut computer = enrolled(&scene);
    // A `/run` of its own, with the list that systems without logind keep.
    let outside = computer.machine.dir().join("run");
    std::fs::create_dir(&outside).unwrap();
    let list = outside.join("utmp");
    std::fs::write(&list, b"").unwrap();
    let mut mount = computer.machine.command("mount");
    mount.arg("--bind").arg(computer.machine.inside("run"));
    done(mount.arg("/run")).unwrap();
    computer.start_recording().unwrap();
    let write = |records: &[Vec<u8>]| -> anyhow::Result<()> {
        let mut file = std::fs::File::options().write(true).open(&list)?;
        Ok(file.write_all(&records.concat())?)
    };
    let other = signed_in(9, "bea", 7);
    let session = |held: &Held, change| {
        let wanted = Session {
            change,
            seat: Some("seat0".into()),
            remote: Some(false),
        };
        held.record.fact == Fact::Session(wanted)
    };
    let mut process = 0;
    let held = until_told(
        &scene,
        "a person who signs in",
        |number| {
            process = 100 + number;
            write(&[other.clone(), signed_in(process, ACCOUNT, 7)])
        },
        |held| session(held, Change::Added),
    )
    .unwrap();
    assert_eq!(held.record.account.as_deref(), Some(ACCOUNT));
    let ends = || {
        let all = records(&scene.collector).unwrap();
        all.iter()
            .filter(|held| session(held, Change::Removed))
            .count()
    };
    let before = ends();
    write(&[other, signed_in(process, ACCOUNT, 8)]).unwrap();
    wait_for_record(&scene.collector, "a person who signs out", |held| {
        session(held, Change::Removed) && ends() > before
    })
    .unwrap();
    for held in records(&scene.collector).unwrap() {
        let line = held.record.fact.to_json().unwrap();
        assert!(!line.contains("bea"), "{line}");
        assert_ne!(held.record.account.as_deref(), Some("bea"));
    }
}

#[test]
fn a_tool_is_told_as_installed_and_as_used() {
    let scene = Scene::new().unwrap();
    let mut computer = enrolled(&scene);
    let place = Path::new(".local/bin/veracrypt");
    let program = computer.account.outside.join(place);
    std::fs::create_dir_all(program.parent().unwrap()).unwrap();
    std::fs::copy("/bin/sleep", &program).unwrap();
    computer.start_recording().unwrap();
    let tool = |held: &Held, tool: &str, state: ToolState| {
        let of_account = held.record.account.as_deref() == Some(ACCOUNT);
        match &held.record.fact {
            Fact::ToolFound(it) => of_account && it.name == tool && it.state == state,
            _ => false,
        }
    };
    // There when monitoring begins, and told all the same.
    let there = wait_for_record(&scene.collector, "veracrypt, installed", |held| {
        tool(held, "veracrypt", ToolState::Installed)
    })
    .unwrap();
    assert_eq!(there.record.methods, [Method::FileScan]);
    assert_eq!(there.record.clauses, ["9"]);

    let log = scene.dir().join("programs.log");
    let run = |program: &Path, args: &[&str]| {
        let mut command = computer.machine.command_as(&computer.account, program);
        command.args(args);
        Running::start(command, &log).unwrap()
    };
    let _veracrypt = run(&computer.account.home.join(place), &["1000"]);
    let file = computer.account.outside.join("notes.txt");
    std::fs::write(&file, "notes").unwrap();
    let owner = Some(computer.account.uid);
    std::os::unix::fs::chown(&file, owner, owner).unwrap();
    let target = computer.account.home.join("notes.txt");
    let target = target.to_str().unwrap();
    let _shred = run(
        Path::new("/usr/bin/shred"),
        &["--iterations=100000000", target],
    );
    for name in ["veracrypt", "shred"] {
        let what = format!("{name}, used");
        let used = wait_for_record(&scene.collector, &what, |held| {
            tool(held, name, ToolState::Used)
        })
        .unwrap();
        // In a namespace of its own the agent has only the list of processes.
        assert_eq!(used.record.methods, [Method::ProcessPoll]);
    }
    scene
        .collector
        .wait_for_finding("of veracrypt", |found| found.rule == "9.a")
        .unwrap();
    for held in records(&scene.collector).unwrap() {
        // Every system has it, so that it is there says nothing.
        if let Fact::ToolFound(it) = &held.record.fact {
            assert!(it.name != "shred" || it.state == ToolState::Used, "{it:?}");
        }
    }
}

/// A volume in a file. Dropped, its device is let go.
struct Volume(PathBuf);

impl Volume {
    fn make(image: &Path) -> Self {
        let size = image.to_str().unwrap();
        done(std::process::Command::new("truncate").args(["--size=8M", size])).unwrap();
        done(std::process::Command::new("mkfs.ext4").args(["-q", size])).unwrap();
        let mut losetup = std::process::Command::new("losetup");
        let device = done(losetup.args(["--find", "--show", size])).unwrap();
        Self(PathBuf::from(device.trim()))
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let mut losetup = std::process::Command::new("losetup");
        let _ = done(losetup.arg("--detach").arg(&self.0));
    }
}

#[test]
fn a_volume_that_was_mounted_elsewhere_is_a_sign_of_another_system() {
    let scene = Scene::new().unwrap();
    let mut computer = enrolled(&scene);
    let volume = Volume::make(&scene.dir().join("image"));
    let (here, elsewhere) = (
        computer.machine.inside("volume"),
        scene.dir().join("elsewhere"),
    );
    std::fs::create_dir(computer.machine.dir().join("volume")).unwrap();
    std::fs::create_dir(&elsewhere).unwrap();
    let mount = |computer: &Computer| {
        let mut mount = computer.machine.command("mount");
        done(mount.arg(&volume.0).arg(&here)).map(drop)
    };
    mount(&computer).unwrap();
    computer.start_recording().unwrap();
    let held = until_told(
        &scene,
        "a volume that was mounted elsewhere",
        |_| {
            done(computer.machine.command("umount").arg(&here))?;
            // The other system, which this one does not see.
            let script = r#"mount "$1" "$2" && umount "$2""#;
            let mut other = std::process::Command::new("unshare");
            other.args([
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                script,
                "sh",
            ]);
            done(other.arg(&volume.0).arg(&elsewhere))?;
            mount(&computer)
        },
        |held| matches!(held.record.fact, Fact::OtherSystem(_)),
    )
    .unwrap();
    let Fact::OtherSystem(sign) = &held.record.fact else {
        panic!("{held:?}")
    };
    assert_eq!(sign.sign, "mount_count");
    assert!(
        sign.volume
            .as_deref()
            .is_some_and(|it| it.starts_with("UUID=")),
        "{sign:?}"
    );
    assert!(sign.detail.contains("fsck"), "{sign:?}");
    done(computer.machine.command("umount").arg(&here)).unwrap();
}
