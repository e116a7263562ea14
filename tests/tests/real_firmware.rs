//! Signs of another system on a real machine: what its firmware would start, and a volume that another kernel
//! mounted while the machine was off. The agent finds the latter at its next start, by its unit as it is installed.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::path::Path;
use std::process::Command;

use proviso_report::fact::{Fact, PowerWas};
use proviso_tests::guest::{Parts, Supervised};
use proviso_tests::held::Held;
use proviso_tests::process::done;

/// An entry as installers of systems make one, which is to be tried first.
const OTHER: &str = r"
cd /sys/firmware/efi/efivars
vendor=8be4df61-93ca-11d2-aa0d-00e098032b8c
printf '\007\000\000\000\001\000\000\000\004\000T\000a\000i\000l\000s\000\000\000\177\377\004\000' >Boot0007-$vendor
printf '\007\000\000\000\007\000\000\000' >BootOrder-$vendor
";

/// Waits for a sign of another system.
fn sign(computer: &Supervised, sign: &str, words: &str) -> Held {
    let wanted = |fact: &Fact| match fact {
        Fact::OtherSystem(it) => it.sign == sign && it.detail.contains(words),
        _ => false,
    };
    computer.record(sign, wanted).unwrap()
}

/// Mounts the disk as another system does: by another kernel, to be written.
fn mount_elsewhere(disk: &Path) -> anyhow::Result<()> {
    let script = r#"mount -o loop "$1" "$2" && touch "$2/was-here" && umount "$2""#;
    let place = tempfile::tempdir()?;
    let mut other = Command::new("unshare");
    other.args([
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        script,
        "sh",
    ]);
    done(other.arg(disk).arg(place.path())).map(drop)
}

#[test]
fn what_the_firmware_would_start_and_who_mounted_the_disk_are_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let disk = dir.path().join("disk");
    std::fs::File::create(&disk)
        .unwrap()
        .set_len(256 << 20)
        .unwrap();
    done(Command::new("mkfs.ext4").arg("-q").arg(&disk)).unwrap();
    let parts = Parts {
        uefi: true,
        disk: Some(disk.clone()),
        ..Parts::default()
    };
    let computer = Supervised::recording(&parts).unwrap();

    // What was there at the first look is no news.
    let looked =
        r#"until grep -q '"firmware":{"entries"' /var/lib/proviso/journal.*; do sleep 0.5; done"#;
    computer.guest.run(looked).unwrap();
    computer.guest.run(OTHER).unwrap();
    sign(
        &computer,
        "boot_entry",
        "a new entry that can be started: Tails",
    );
    sign(
        &computer,
        "boot_order",
        "another entry is tried first: Tails",
    );

    let computer = computer
        .started_anew(&parts, || mount_elsewhere(&disk))
        .unwrap();
    for change in [PowerWas::Off, PowerWas::On] {
        let what = format!("{change:?}");
        let wanted = |fact: &Fact| matches!(fact, Fact::Power(it) if it.change == change);
        computer.record(&what, wanted).unwrap();
    }
    let mounted = sign(&computer, "mount_count", "mounted once by something else");
    let Fact::OtherSystem(mounted) = mounted.record.fact else {
        panic!("{mounted:?}")
    };
    assert_eq!(mounted.volume.as_deref(), Some("/var/lib/proviso"));
}
