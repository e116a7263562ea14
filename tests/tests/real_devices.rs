//! Devices on USB that are plugged in and pulled out while a real kernel looks on: a stick, with the files that are
//! written to it, a telephone that shows its pictures, and the network of one on the cable.
//!
//! They share a machine, since its start takes longer than all of them. The telephone is QEMU's, which shows files
//! as telephones do and has no debug bridge.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::process::Command;

use proviso_report::fact::{Change, Device, Fact};
use proviso_report::record::Method;
use proviso_tests::guest::{Parts, Supervised};
use proviso_tests::held::records;
use proviso_tests::process::done;
use serde_json::json;

const SIZE: u64 = 16 << 20;

/// Waits for the record of a device that came or went.
fn device(computer: &Supervised, serial: &str, change: Change) -> Device {
    let what = format!("{serial}, {change:?}");
    let held = computer.record(&what, |fact| match fact {
        Fact::Device(it) => it.serial.as_deref() == Some(serial) && it.change == change,
        _ => false,
    });
    let held = held.unwrap();
    assert_eq!(held.record.methods, [Method::SystemEvent]);
    match held.record.fact {
        Fact::Device(device) => device,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_plugged_into_usb_is_recorded_as_it_comes_and_goes() {
    let computer = Supervised::recording(&Parts::default()).unwrap();
    computer.wait_until_settled().unwrap();
    a_stick(&computer);
    a_telephone(&computer);
    its_network(&computer);
}

fn a_stick(computer: &Supervised) {
    let image = computer.scene.dir().join("stick");
    std::fs::File::create(&image)
        .unwrap()
        .set_len(SIZE)
        .unwrap();
    let mut mkfs = Command::new("mkfs.vfat");
    done(mkfs.args(["-n", "STICK", "-i", "1a2b3c4d"]).arg(&image)).unwrap();
    let file = json!({ "driver": "file", "filename": image });
    let node = json!({ "driver": "raw", "node-name": "stick", "file": file });
    computer.guest.ask("blockdev-add", node).unwrap();
    let stick = json!({ "driver": "usb-storage", "id": "stick-1", "drive": "stick", "serial": "STICK-0001" });
    computer.guest.plug(stick).unwrap();
    let came = device(computer, "STICK-0001", Change::Added);
    assert_eq!((came.class.as_str(), came.bytes), ("storage", Some(SIZE)));
    assert_eq!(came.vendor.as_deref(), Some("QEMU"));

    // As a desktop does it.
    let mount = "until [ -b /dev/sda ]; do sleep 0.1; done
        mkdir -p /media/alex/STICK
        mount -o uid=alex /dev/sda /media/alex/STICK";
    computer.guest.run(mount).unwrap();
    // What is on it when it is first seen is `seen`, what comes later `created`: either tells where it lies.
    computer
        .guest
        .run("su alex -c 'echo words >/media/alex/STICK/words.txt'; sync")
        .unwrap();
    let written = computer
        .record("a file on the stick", |fact| match fact {
            Fact::FileChange(it) => it.path == "/media/alex/STICK/words.txt",
            _ => false,
        })
        .unwrap();
    let Fact::FileChange(file) = written.record.fact else {
        panic!("{written:?}")
    };
    assert_eq!(file.place.as_deref(), Some("removable"));
    // The volume is known again wherever it is plugged in.
    assert_eq!(file.volume.as_deref(), Some("1A2B-3C4D"));

    computer.guest.run("umount /media/alex/STICK").unwrap();
    computer.guest.pull("stick-1").unwrap();
    device(computer, "STICK-0001", Change::Removed);
    let all = records(&computer.scene.collector).unwrap();
    let told = all.iter().filter(|held| match &held.record.fact {
        Fact::Device(it) => it.serial.as_deref() == Some("STICK-0001"),
        _ => false,
    });
    assert_eq!(told.count(), 2, "once as it came and once as it went");
}

fn a_telephone(computer: &Supervised) {
    let pictures = computer.scene.dir().join("pictures");
    std::fs::create_dir(&pictures).unwrap();
    let telephone = json!({ "driver": "usb-mtp", "id": "telephone", "rootdir": pictures, "serial": "PHONE-0001" });
    computer.guest.plug(telephone).unwrap();
    assert_eq!(device(computer, "PHONE-0001", Change::Added).class, "phone");
    computer.guest.pull("telephone").unwrap();
    device(computer, "PHONE-0001", Change::Removed);
}

fn its_network(computer: &Supervised) {
    let network =
        json!({ "type": "user", "id": "cable", "net": "192.168.42.0/24", "restrict": true });
    computer.guest.ask("netdev_add", network).unwrap();
    // Two drivers want this adapter. Both are loaded as it comes, and the first that is there takes it; the other one
    // does not ask it for its address, of which its lasting name is made.
    computer.guest.run("modprobe rndis_host").unwrap();
    let adapter = json!({ "driver": "usb-net", "id": "adapter", "netdev": "cable", "serial": "NET-0001", "mac": "52:54:00:77:00:01" });
    computer.guest.plug(adapter).unwrap();
    // By its maker's number it is no telephone's.
    assert_eq!(device(computer, "NET-0001", Change::Added).class, "network");
    // The system renames it within moments, and that is not another one. A slow one does so only after it was told:
    // then it goes by the name that it came by.
    let interface = |what: &str, wanted: Change| {
        let held = computer.record(what, |fact| match fact {
            Fact::NetworkInterface(it) => {
                it.change == wanted && it.interface_type.as_deref() == Some("usb")
            }
            _ => false,
        });
        match held.unwrap().record.fact {
            Fact::NetworkInterface(it) => it.interface,
            other => panic!("{other:?}"),
        }
    };
    let came = interface("its interface", Change::Added);
    computer
        .guest
        .run("until [ -e /sys/class/net/enx525400770001 ]; do sleep 0.1; done")
        .unwrap();
    computer.guest.pull("adapter").unwrap();
    device(computer, "NET-0001", Change::Removed);
    let went = interface("the end of its interface", Change::Removed);
    assert_eq!(came, went);
    let all = records(&computer.scene.collector).unwrap();
    let told = all.iter().filter(|held| match &held.record.fact {
        Fact::NetworkInterface(it) => !it.interface.starts_with("wait"),
        _ => false,
    });
    assert_eq!(told.count(), 2, "once as it came and once as it went");
}
