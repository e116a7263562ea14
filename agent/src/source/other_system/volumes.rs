//! The volumes that this system mounts, and those that it mounted before.
//!
//! Refuses: volumes that can be carried to another computer, which is what they are for; and to read
//! anything of a volume but its superblock. A volume in a file stays, so another system that mounts it is one
//! on this computer.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::ext::{AT, LENGTH, Superblock};
use crate::platform::mounts::can_travel;
use crate::platform::mounts::table::{self, Mount};
use crate::source::bounded;

const MAX_TABLE: usize = 4 << 20;
const MAX_WORD: usize = 4096;
/// Of the types that count their mounts.
const EXT: &[&str] = &["ext2", "ext3", "ext4"];
/// Of those that lie on a volume of this computer and do not.
const SILENT: &[&str] = &["btrfs", "xfs", "f2fs", "bcachefs", "jfs", "reiserfs", "zfs"];

/// A volume as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Volume {
    /// As records name it.
    pub(super) label: String,
    /// Does this system have it mounted to be written?
    pub(super) writable: bool,
    /// Does this system have it mounted at all?
    pub(super) here: bool,
    pub(super) superblock: Superblock,
}

/// What a look shows.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// By their uuid.
    pub(super) volumes: BTreeMap<String, Volume>,
    /// Types of mounted volumes that do not say who mounted them.
    pub(super) silent: Vec<String>,
}

/// Looks at what is mounted, and at `known` ones that are not.
pub(super) fn look(root: &Path, known: &BTreeMap<String, String>) -> io::Result<Seen> {
    let mounts = bounded::read(&root.join("proc/self/mountinfo"), MAX_TABLE)?;
    let mut seen = Seen::default();
    for mount in table::parse(&mounts) {
        if SILENT.contains(&&*mount.fs) && !seen.silent.contains(&mount.fs) {
            seen.silent.push(mount.fs);
        } else if EXT.contains(&&*mount.fs)
            && !travels(root, mount.device)
            && let Some(path) = device(root, &mount)
            && let Ok(superblock) = read(&path)
        {
            let uuid = uuid(&superblock.uuid);
            let label = label(&mount.point.to_string_lossy(), &uuid);
            let writable = mount.is_writable();
            let volume = seen.volumes.entry(uuid).or_insert(Volume {
                label,
                writable,
                here: true,
                superblock,
            });
            volume.writable |= writable;
        }
    }
    for (uuid, label) in known {
        if seen.volumes.contains_key(uuid) {
            continue;
        }
        let path = root.join("dev/disk/by-uuid").join(uuid);
        if let Ok(superblock) = read(&path) {
            let volume = Volume {
                label: label.clone(),
                writable: false,
                here: false,
                superblock,
            };
            seen.volumes.insert(uuid.clone(), volume);
        }
    }
    Ok(seen)
}

/// The kernel's own name of the device, since that in the table may be any word.
fn device(root: &Path, mount: &Mount) -> Option<PathBuf> {
    let (major, minor) = mount.device;
    let words = root.join(format!("sys/dev/block/{major}:{minor}/uevent"));
    let words = bounded::text(&words, MAX_WORD).ok()?;
    let name = words
        .lines()
        .find_map(|line| line.strip_prefix("DEVNAME="))?;
    let harmless = !name.is_empty() && !name.starts_with('/') && !name.contains("..");
    harmless.then(|| root.join("dev").join(name))
}

fn travels(root: &Path, (major, minor): (u32, u32)) -> bool {
    let link = root.join(format!("sys/dev/block/{major}:{minor}"));
    link.canonicalize().is_ok_and(|place| can_travel(&place))
}

fn read(path: &Path) -> io::Result<Superblock> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(AT))?;
    let mut bytes = [0; LENGTH];
    file.read_exact(&mut bytes)?;
    Superblock::parse(&bytes).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// As everybody writes it.
pub(super) fn uuid(bytes: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // A string takes whatever is written to it.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Places of the system are named. Others can hold the name of another account: `/media/bea/old`.
fn label(point: &str, uuid: &str) -> String {
    let place = point
        .strip_prefix('/')
        .is_some_and(|rest| !rest.contains('/'));
    if place || point.starts_with("/var/") || point.starts_with("/boot/") {
        bounded::name(point)
    } else {
        format!("UUID={uuid}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(root: &Path, path: &str, bytes: &[u8]) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn image(mark: u8, mounts: u8) -> Vec<u8> {
        let mut bytes = vec![0; 4096];
        bytes[1024 + 0x34] = mounts;
        bytes[1024 + 0x38..1024 + 0x3A].copy_from_slice(&[0x53, 0xEF]);
        bytes[1024 + 0x68..1024 + 0x78].fill(mark);
        bytes
    }

    #[test]
    fn mounted_and_known_volumes_are_read_and_those_that_travel_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        put(
            root,
            "proc/self/mountinfo",
            b"\
1 0 8:1 / / rw - ext4 /dev/root rw
2 1 8:2 / /media/bea/old ro - ext3 /dev/sda2 ro
3 1 8:17 / /mnt rw - ext4 /dev/sdb1 rw
4 1 0:40 / /data rw - btrfs /dev/sdc rw
5 1 8:1 / /srv rw - ext4 /dev/root rw
6 1 8:99 / /x rw - ext4 /dev/none rw
7 1 254:0 / /y rw - ext4 /dev/mapper/y rw
",
        );
        for (number, name, removable) in [
            ("8:1", "sda1", "0"),
            ("8:2", "sda2", "0"),
            ("8:17", "sdb1", "1"),
            ("254:0", "dm-0", "0"),
        ] {
            put(
                root,
                &format!("sys/dev/block/{number}/uevent"),
                format!("MAJOR=8\nDEVNAME={name}\n").as_bytes(),
            );
            put(
                root,
                &format!("sys/dev/block/{number}/removable"),
                removable.as_bytes(),
            );
        }
        put(root, "dev/sda1", &image(1, 7));
        put(root, "dev/sda2", &image(2, 8));
        put(root, "dev/sdb1", &image(3, 9));
        // Encryption on a stick.
        put(root, "dev/dm-0", &image(6, 1));
        let below = root.join("sys/dev/block/254:0/slaves");
        std::fs::create_dir(&below).unwrap();
        let stick = root.join("sys/dev/block/8:17");
        std::os::unix::fs::symlink(stick, below.join("sdb1")).unwrap();
        let gone = uuid(&[4; 16]);
        put(root, &format!("dev/disk/by-uuid/{gone}"), &image(4, 10));
        let known = BTreeMap::from([
            (gone.clone(), "/old".to_owned()),
            (uuid(&[5; 16]), "/no".to_owned()),
        ]);
        let seen = look(root, &known).unwrap();
        assert_eq!(seen.silent, ["btrfs"]);
        let words: Vec<_> = seen
            .volumes
            .values()
            .map(|it| (&*it.label, it.here, it.writable, it.superblock.mounts))
            .collect();
        let other = format!("UUID={}", uuid(&[2; 16]));
        assert_eq!(
            words,
            [
                ("/", true, true, 7),
                (&*other, true, false, 8),
                ("/old", false, false, 10)
            ]
        );
        assert_eq!(gone, "04040404-0404-0404-0404-040404040404");
    }

    #[test]
    fn a_volume_in_a_file_is_one_that_another_system_can_mount() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        put(
            root,
            "proc/self/mountinfo",
            b"1 0 7:0 / /z rw - ext4 /dev/loop0 rw\n",
        );
        let device = "sys/devices/virtual/block/loop0";
        put(root, &format!("{device}/uevent"), b"DEVNAME=loop0\n");
        put(root, &format!("{device}/removable"), b"0\n");
        let numbers = root.join("sys/dev/block");
        std::fs::create_dir_all(&numbers).unwrap();
        std::os::unix::fs::symlink(root.join(device), numbers.join("7:0")).unwrap();
        put(root, "dev/loop0", &image(7, 3));
        let seen = look(root, &BTreeMap::new()).unwrap();
        let volume = &seen.volumes[&uuid(&[7; 16])];
        assert_eq!((&*volume.label, volume.here), ("/z", true));
    }
}
