//! The source over made trees of devices, and over the system's own disks.

use std::fs::{create_dir_all, write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use proviso_report::fact::Fact;

use super::tree::More;
use super::*;
use crate::source::stage::Stage;

const STICK: &[u8] = &[9, 4, 0, 0, 2, 8, 6, 0x50, 0];
const PHONE: &[u8] = &[
    9, 4, 0, 0, 3, 0xff, 0xff, 0, 5, 9, 4, 1, 0, 2, 0xff, 0x42, 1, 6,
];
const CAMERA: &[u8] = &[9, 4, 0, 0, 1, 0x0e, 1, 0, 0, 9, 4, 1, 0, 0, 0x0e, 2, 0, 0];

fn tree() -> (tempfile::TempDir, Tree) {
    let dir = tempfile::tempdir().unwrap();
    for folder in ["class/net", "class/video4linux", "block", "bus/usb/devices"] {
        create_dir_all(dir.path().join(folder)).unwrap();
    }
    let tree = Tree::new(dir.path());
    (dir, tree)
}

fn files(dir: &Path, files: &[(&str, &[u8])]) {
    create_dir_all(dir).unwrap();
    for (name, bytes) in files {
        let path = dir.join(name);
        create_dir_all(path.parent().unwrap()).unwrap();
        write(path, bytes).unwrap();
    }
}

/// Plugs a USB device into this port.
fn plug(root: &Path, place: &str, content: &[(&str, &[u8])]) -> PathBuf {
    let device = root.join("devices/pci0000:00/usb1").join(place);
    files(&device, content);
    symlink(&device, root.join("bus/usb/devices").join(place)).unwrap();
    device
}

fn class(root: &Path, class: &str, device: &Path) {
    let name = device.file_name().unwrap();
    symlink(device, root.join(class).join(name)).unwrap();
}

#[test]
fn a_tree_of_devices_is_read() {
    let (dir, tree) = tree();
    let root = dir.path();
    assert_eq!(tree.all().unwrap(), []);
    plug(
        root,
        "usb1",
        &[
            ("idVendor", b"1d6b"),
            ("idProduct", b"2"),
            ("bDeviceClass", b"09\n"),
        ],
    );
    let stick: &[(&str, &[u8])] = &[
        ("idVendor", b"0781\n"),
        ("idProduct", b"5567\n"),
        ("bDeviceClass", b"00\n"),
        ("serial", b"4C530001\n"),
        ("manufacturer", b"SanDisk\n"),
        ("product", b"Cruzer\x1b[31m Blade\n"),
        ("descriptors", STICK),
    ];
    let device = plug(root, "1-1", stick);
    let disk = device.join("1-1:1.0/host0/target0/0:0:0:0/block/sda");
    files(&disk, &[("size", b"30031872\n"), ("removable", b"1\n")]);
    class(root, "block", &disk);
    let phone: &[(&str, &[u8])] = &[
        ("idVendor", b"18d1"),
        ("idProduct", b"4ee2"),
        ("descriptors", PHONE),
        ("1-2:1.0/interface", b"MTP\n"),
    ];
    plug(root, "1-2", phone);
    assert!(tree.has_debug_bridge());
    plug(
        root,
        "1-3",
        &[
            ("idVendor", b"046d"),
            ("idProduct", b"0825"),
            ("descriptors", CAMERA),
        ],
    );
    // A driver makes a network adapter of what says nothing of itself.
    let wifi = plug(
        root,
        "1-4",
        &[("idVendor", b"0bda"), ("idProduct", b"8176")],
    );
    files(&wifi.join("1-4:1.0/net/wlan0"), &[("address", b"00")]);
    class(root, "class/net", &wifi.join("1-4:1.0/net/wlan0"));
    // One on the board; one that is nothing but software.
    let board = root.join("devices/pci0000:00/0000:00:03.0");
    files(
        &board,
        &[
            ("vendor", b"0x8086\n"),
            ("device", b"0x15fb\n"),
            ("net/eth0/address", b""),
        ],
    );
    symlink(&board, board.join("net/eth0/device")).unwrap();
    class(root, "class/net", &board.join("net/eth0"));
    files(&root.join("devices/virtual/net/lo"), &[]);
    class(root, "class/net", &root.join("devices/virtual/net/lo"));
    // Disks: of the computer, of memory, an image of somebody's, one of the system's, an empty one.
    for (name, content) in [
        (
            "nvme0n1",
            &[
                ("size", b"8".as_slice()),
                ("device/serial", b"N1 "),
                ("device/model", b"Fast"),
            ][..],
        ),
        ("zram0", &[("size", b"8")]),
        (
            "loop0",
            &[
                ("size", b"8"),
                ("loop/backing_file", b"/home/kim/secret.img\n"),
            ],
        ),
        (
            "loop1",
            &[
                ("size", b"8"),
                ("loop/backing_file", b"/var/lib/snapd/snaps/x.snap\n"),
            ],
        ),
        ("loop2", &[("size", b"0")]),
        (
            "sdb",
            &[("size", b"8"), ("device/vpd_pg80", b"\0\x80\0\x04WD-1\n")],
        ),
    ] {
        let disk = root.join("devices/virtual/block").join(name);
        files(&disk, content);
        class(root, "block", &disk);
    }
    let found = tree.all().unwrap();
    let said: Vec<String> = found
        .iter()
        .map(|it| {
            let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "-".into());
            let bytes = it.bytes.unwrap_or_default();
            format!(
                "{} {} {} {} {bytes}",
                it.class,
                word(&it.id),
                word(&it.vendor),
                word(&it.product)
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            "network port:8086:15fb:0000:00:03.0 8086 15fb 0",
            "storage 4C530001 SanDisk Cruzer[31m Blade 15376318464",
            "phone port:18d1:4ee2:1-2 18d1 4ee2 0",
            "camera port:046d:0825:1-3 046d 0825 0",
            "network port:0bda:8176:1-4 0bda 8176 0",
            "other port:loop0 - disk image 4096",
            "storage N1 - Fast 4096",
            "storage WD-1 - - 4096",
        ]
    );
    assert!(found.iter().all(|it| !format!("{it:?}").contains("secret")));
    assert!(Tree::new("/no/such/tree").all().is_err());
}

#[test]
fn a_sticks_disk_is_waited_for_until_the_system_shows_it() {
    let (dir, tree) = tree();
    let root = dir.path();
    let stick: &[(&str, &[u8])] = &[
        ("idVendor", b"0781\n"),
        ("idProduct", b"5567\n"),
        ("descriptors", STICK),
    ];
    let device = plug(root, "1-1", stick);
    let seen = || {
        let found = tree.all().unwrap();
        let stick = found.first().unwrap();
        (stick.more, stick.bytes)
    };
    assert_eq!(seen(), (More::Disk, None));
    // A driver takes it.
    files(&device.join("1-1:1.0/driver"), &[]);
    assert_eq!(seen(), (More::Disk, None));
    let disk = device.join("1-1:1.0/host0/target0/0:0:0:0/block/sda");
    files(&disk, &[("size", b"0\n")]);
    class(root, "block", &disk);
    assert_eq!(seen(), (More::Perhaps, None));
    files(&disk, &[("size", b"8\n")]);
    assert_eq!(seen(), (More::Nothing, Some(4096)));
}

#[test]
fn of_a_device_that_is_gone_its_numbers_remain() {
    let event = Uevent::parse(
        b"add@/devices/pci0/usb1/1-4\0SUBSYSTEM=usb\0DEVTYPE=usb_device\0PRODUCT=781/5567/100\0",
    )
    .unwrap();
    let news = gone_at_once(&event);
    let first = news[0].device.serial.as_deref();
    assert_eq!(first, Some("port:0781:5567:1-4"));
    let changes: Vec<Change> = news.iter().map(|it| it.device.change).collect();
    assert_eq!(changes, [Change::Added, Change::Removed]);
}

fn device(fact: &Fact) -> Option<Device> {
    match fact {
        Fact::Device(device) => Some(device.clone()),
        _ => None,
    }
}

/// A disk of the system's own making, for as long as this lives.
struct Disk(String);

impl Disk {
    fn attach(file: &Path) -> Self {
        let made = Command::new("losetup")
            .args(["--find", "--show"])
            .arg(file)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        Self(String::from_utf8(made.stdout).unwrap().trim().to_owned())
    }

    fn id(&self) -> String {
        format!("port:{}", self.0.trim_start_matches("/dev/"))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("losetup").args(["--detach", &self.0]).status();
    }
}

fn image(dir: &Path, name: &str, bytes: u64) -> PathBuf {
    let path = dir.join(name);
    std::fs::File::create(&path)
        .unwrap()
        .set_len(bytes)
        .unwrap();
    path
}

#[tokio::test]
async fn a_disk_is_seen_as_it_comes_and_goes_and_after_the_agent_was_down() {
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage::default();
    let there_before = Disk::attach(&image(dir.path(), "before", 3 << 20));
    let mut running = stage.run(KINDS, run);
    running.kept(KEY).await;
    let disk = Disk::attach(&image(dir.path(), "disk", 1 << 20));
    // Other tests may have disks of their own.
    let of = |disk: &Disk, bytes: u64| {
        let id = disk.id();
        move |fact: &Fact| {
            device(fact).filter(|it| it.serial.as_ref() == Some(&id) && it.bytes == Some(bytes))
        }
    };
    let (seen, method) = running.find(of(&disk, 1 << 20)).await;
    assert_eq!((seen.change, &*seen.class), (Change::Added, "other"));
    assert_eq!(method, Method::SystemEvent);
    let was = of(&disk, 1 << 20);
    drop(disk);
    let (seen, method) = running.find(was).await;
    assert_eq!(
        (seen.change, method),
        (Change::Removed, Method::SystemEvent)
    );
    let before = there_before.id();
    let left = running.stop().await;
    let told_of = |id: &String| {
        let mut facts = left.iter().filter_map(|it| device(&it.fact));
        facts.any(|it| it.serial.as_ref() == Some(id) && it.bytes == Some(3 << 20))
    };
    assert!(!told_of(&before));

    let disk = Disk::attach(&image(dir.path(), "late", 2 << 20));
    let mut running = stage.run(KINDS, run);
    let (seen, method) = running.find(of(&disk, 2 << 20)).await;
    assert_eq!((seen.change, method), (Change::Added, Method::SystemRead));
    running.stop().await;
    drop(there_before);
}

#[tokio::test]
async fn a_tree_that_is_not_there_is_a_failed_source() {
    let stage = Stage::default();
    let mut running = stage.run(KINDS, |port, context| async move {
        run_in(Path::new("/no/such/tree"), port, context).await;
    });
    let Health::Failed { source, reason } = running.health().await else {
        panic!()
    };
    assert!(source == KEY && reason.contains("/sys"), "{reason}");
    running.stop().await;
}
