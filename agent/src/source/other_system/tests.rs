//! The source over another computer's volumes and firmware.

use proviso_report::fact::Fact;

use super::*;
use crate::source::Health;
use crate::source::stage::{Run, Stage};

const TABLE: &str = "\
1 0 8:1 / / rw - ext4 /dev/root rw
2 1 8:2 / /home rw - ext4 /dev/sda2 rw
";

fn put(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn volume(root: &Path, number: u8, mounts: u8, mounted: u8) {
    let mut bytes = vec![0; 4096];
    bytes[1024 + 0x2C] = mounted;
    bytes[1024 + 0x34] = mounts;
    bytes[1024 + 0x38..1024 + 0x3A].copy_from_slice(&[0x53, 0xEF]);
    bytes[1024 + 0x68..1024 + 0x78].fill(number);
    put(root, &format!("dev/sda{number}"), &bytes);
    let words = format!("DEVNAME=sda{number}\n");
    put(
        root,
        &format!("sys/dev/block/8:{number}/uevent"),
        words.as_bytes(),
    );
}

fn run(stage: &Stage, root: &Path, boot: u8) -> Run {
    let root = root.to_owned();
    let boot = BootId([boot; 16]);
    stage.run(KINDS, move |port, context| {
        run_in(root, boot, port, context)
    })
}

async fn next(run: &mut Run) -> (String, Option<String>) {
    let observation = run.next().await;
    assert_eq!(
        (observation.account, observation.method),
        (None, Method::SystemRead)
    );
    match observation.fact {
        Fact::OtherSystem(it) => (it.sign, it.volume),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn mounts_that_are_not_this_systems_are_told_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    put(root, "proc/self/mountinfo", TABLE.as_bytes());
    volume(root, 1, 10, 1);
    volume(root, 2, 20, 1);
    let stage = Stage::default();
    let mut first = run(&stage, root, 1);
    first.kept(KEY).await;
    assert_eq!(
        first.left(),
        [],
        "how it is when monitoring begins is no sign"
    );
    first.stop().await;

    // Started anew: each is mounted once, and the second was mounted elsewhere meanwhile.
    volume(root, 1, 11, 2);
    volume(root, 2, 22, 2);
    let mut second = run(&stage, root, 2);
    let home = Some("/home".to_owned());
    assert_eq!(next(&mut second).await, ("mount_count".into(), home));
    assert_eq!(second.left(), []);
    second.stop().await;

    // Only the agent was down: this system may have done it.
    volume(root, 2, 25, 3);
    let mut third = run(&stage, root, 2);
    third.kept(KEY).await;
    assert_eq!(third.left(), []);
    third.stop().await;
}

#[tokio::test]
async fn a_new_entry_of_the_firmware_is_told_as_it_comes() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    put(root, "proc/self/mountinfo", TABLE.as_bytes());
    volume(root, 1, 10, 1);
    let entry = |name: &str| format!("{VARIABLES}/{name}-8be4df61-93ca-11d2-aa0d-00e098032b8c");
    put(
        root,
        &entry("Boot0000"),
        b"\x07\0\0\0\x01\0\0\0\x04\0d\0\0\0",
    );
    put(root, &entry("BootOrder"), b"\x07\0\0\0\0\0");
    let stage = Stage::default();
    let mut run = run(&stage, root, 1);
    run.kept(KEY).await;
    put(
        root,
        &entry("Boot0001"),
        b"\x07\0\0\0\x01\0\0\0\x04\0u\0\0\0",
    );
    assert_eq!(next(&mut run).await, ("boot_entry".into(), None));
    run.stop().await;
}

#[tokio::test]
async fn where_no_volume_tells_that_is_said() {
    let dir = tempfile::tempdir().unwrap();
    put(
        dir.path(),
        "proc/self/mountinfo",
        b"1 0 0:30 / / rw - btrfs /dev/sda1 rw\n",
    );
    let stage = Stage::default();
    let mut run = run(&stage, dir.path(), 1);
    let Health::Failed { source, reason } = run.health().await else {
        panic!("not failed")
    };
    assert_eq!(source, KEY);
    assert!(
        reason.contains("they are btrfs") && reason.contains("not visible"),
        "{reason}"
    );
    run.stop().await;
}
