//! Devices that are attached and taken away, seen by the real agent.
//!
//! What is on USB is tried in `real_devices.rs`, on a machine that has it, and more of it with made trees in
//! `agent/src/source/devices/`; here the kernel's own messages are, by disks that it makes of files.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use proviso_report::fact::{Change, Device, Fact};
use proviso_report::record::Method;
use proviso_tests::held::{records, wait_for_record};
use proviso_tests::process::done;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

const RULE: &str = r#"
[[rule]]
id = "2.d"
clause = "2"
says = "For an officer to read: something was attached to the computer."
severity = "review"
on = ["device"]
any = [{ class = ["storage", "phone", "other"] }]
[[rule.test]]
event = { kind = "device", change = "added", class = "phone", at = "@DAY@T20:00:00Z" }
expect = "match"
[[rule.test]]
event = { kind = "device", change = "added", class = "camera", at = "@DAY@T20:00:00Z" }
expect = "no_match"
"#;

/// A disk that the kernel makes of a file, for as long as this lives.
struct Disk {
    name: String,
    bytes: u64,
}

impl Disk {
    /// Of a size that no other test's has.
    fn attach(folder: &Path, bytes: u64) -> Self {
        let file: PathBuf = folder.join(format!("disk-{bytes}"));
        std::fs::File::create(&file)
            .unwrap()
            .set_len(bytes)
            .unwrap();
        let mut attach = Command::new("losetup");
        let name = done(attach.args(["--find", "--show"]).arg(&file)).unwrap();
        Self {
            name: name.trim().to_owned(),
            bytes,
        }
    }

    fn is(&self, device: &Device) -> bool {
        let id = format!("port:{}", self.name.trim_start_matches("/dev/"));
        device.serial == Some(id) && device.bytes == Some(self.bytes)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("losetup")
            .args(["--detach", &self.name])
            .status();
    }
}

#[test]
fn what_is_attached_is_recorded_as_it_comes_and_goes_and_after_the_agent_was_down() {
    let scene = Scene::new().unwrap();
    scene.person_with(PERSON, RULE).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();

    // What is there before the agent first looks is no news, and nothing says when that was: so disks
    // are attached until one is recorded.
    let mut disks: Vec<Disk> = Vec::new();
    let recorded = |disk: &Disk, change| {
        let of_disk = |fact: &Fact| match fact {
            Fact::Device(device) => device.change == change && disk.is(device),
            _ => false,
        };
        let mut held = records(&scene.collector).unwrap().into_iter();
        held.find(|held| of_disk(&held.record.fact))
    };
    let (n, held) = loop {
        let size = 1_049_600
            + 512 * u64::from(std::process::id() % 1000)
            + (disks.len() as u64 * (1 << 20));
        disks.push(Disk::attach(scene.dir(), size));
        // A report goes out some seconds after its first record, so it may be one of before.
        let found = until("a disk to be recorded", Duration::from_secs(15), || {
            let mut all = disks.iter().enumerate();
            Ok(all.find_map(|(n, disk)| Some((n, recorded(disk, Change::Added)?))))
        });
        match found {
            Ok(found) => break found,
            Err(error) => assert!(disks.len() < 6, "{error}\n{}", computer.said()),
        }
    };
    assert_eq!(held.record.methods, [Method::SystemEvent]);
    assert_eq!(
        (held.record.account, &held.record.clauses[..]),
        (None, &["2".to_owned()][..])
    );

    let seen = disks.remove(n);
    let was = Disk {
        name: seen.name.clone(),
        bytes: seen.bytes,
    };
    drop(seen);
    let held = until("its end to be recorded", PATIENCE, || {
        Ok(recorded(&was, Change::Removed))
    })
    .unwrap();
    std::mem::forget(was);
    assert_eq!(held.record.methods, [Method::SystemEvent]);

    computer.stop().unwrap();
    let late = Disk::attach(scene.dir(), 9_437_184);
    computer.start().unwrap();
    let held = wait_for_record(
        &scene.collector,
        "the late disk",
        |held| matches!(&held.record.fact, Fact::Device(device) if late.is(device)),
    )
    .unwrap();
    assert_eq!(held.record.methods, [Method::SystemRead]);
}
