//! `/proc/self/mountinfo`, `/sys` and `/dev`.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use super::table::{self, Mount as Line};
use super::{Mount, MountsError, Sort, superblock};

const TABLE: &str = "/proc/self/mountinfo";
/// A table longer than that is read to here: thousands of mounts.
const LONGEST: u64 = 4 << 20;
/// Devices on devices: encryption on a volume group on a partition.
const DEEPEST: u32 = 8;
/// Where the desktop mounts what was plugged in.
const DESKTOP: &[&str] = &["/media", "/run/media"];
const NETWORK: &[&str] = &[
    "9p",
    "afs",
    "ceph",
    "cifs",
    "davfs",
    "fuse.davfs2",
    "fuse.gvfsd-fuse",
    "fuse.mount.davfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "glusterfs",
    "fuse.glusterfs",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
];
/// Images of packages.
const PACKAGES: &[&str] = &["squashfs", "erofs"];

/// The volumes that are mounted now.
pub fn list() -> Result<Vec<Mount>, MountsError> {
    let mut table = Vec::new();
    File::open(TABLE)?.take(LONGEST).read_to_end(&mut table)?;
    let mut mounts: Vec<Mount> = table::parse(&table)
        // A folder of a volume that is mounted elsewhere is there already.
        .filter(|line| line.is_whole)
        .filter_map(|line| {
            let sort = sort(&line, Path::new("/sys"))?;
            let volume = if sort == Sort::Removable {
                volume(&line)
            } else {
                None
            };
            Some(Mount {
                point: line.point,
                sort,
                volume,
            })
        })
        .collect();
    // What was mounted last over a place is what one sees there.
    mounts.reverse();
    mounts.sort_by(|one, other| one.point.cmp(&other.point));
    mounts.dedup_by(|later, first| later.point == first.point);
    Ok(mounts)
}

fn sort(line: &Line, sys: &Path) -> Option<Sort> {
    const SYSTEM: &[&str] = &["/", "/boot", "/boot/efi", "/efi", "/usr", "/var", "/home"];
    if NETWORK.contains(&line.fs.as_str()) {
        return Some(Sort::Network);
    }
    if SYSTEM.iter().any(|point| line.point == Path::new(point)) {
        return None;
    }
    let by_desktop = DESKTOP
        .iter()
        .any(|folder| line.point.starts_with(folder) && line.point != Path::new(folder));
    let packaged = PACKAGES.contains(&line.fs.as_str());
    let removable = by_desktop
        || (!packaged && line.source.starts_with("/dev/") && comes_and_goes(&device(line, sys)?));
    removable.then_some(Sort::Removable)
}

/// Its folder in `/sys`.
fn device(line: &Line, sys: &Path) -> Option<PathBuf> {
    let (major, minor) = line.device;
    let by_number = sys.join(format!("dev/block/{major}:{minor}"));
    // Some file systems have a number of their own, and are named by their device only.
    let by_name = || {
        let device = line.source.canonicalize().ok()?;
        Some(sys.join("class/block").join(device.file_name()?))
    };
    fs::canonicalize(by_number)
        .ok()
        .or_else(|| fs::canonicalize(by_name()?).ok())
}

/// Can what has this folder in `/sys`, by its real name, be taken to another computer? A file that is mounted
/// as a volume stays where the file is.
pub fn can_travel(device: &Path) -> bool {
    rests_on(device, DEEPEST, is_plugged_in)
}

/// The same, or is it a file that is mounted as a volume?
fn comes_and_goes(device: &Path) -> bool {
    rests_on(device, DEEPEST, |device| {
        is_plugged_in(device) || is_file(device)
    })
}

/// Is it so of the device, of the whole of which it is a partition, or of one that it is made of?
fn rests_on(device: &Path, deep: u32, is: fn(&Path) -> bool) -> bool {
    // Of a partition the device is the folder above.
    if !says(device, "partition").is_empty() {
        let whole = device.parent();
        return whole.is_some_and(|whole| deep > 0 && rests_on(whole, deep - 1, is));
    }
    if is(device) {
        return true;
    }
    let below = fs::read_dir(device.join("slaves")).into_iter().flatten();
    deep > 0
        && below.flatten().any(|slave| {
            let real = fs::canonicalize(slave.path());
            real.is_ok_and(|real| rests_on(&real, deep - 1, is))
        })
}

fn is_plugged_in(device: &Path) -> bool {
    let mut steps = device.components().map(|step| step.as_os_str().as_bytes());
    steps.any(|step| step.starts_with(b"usb"))
        || says(device, "removable") == "1"
        || says(device, "device/type") == "SD"
}

fn is_file(device: &Path) -> bool {
    let name = device.file_name().unwrap_or_default();
    name.as_bytes().starts_with(b"loop")
}

fn says(device: &Path, file: &str) -> String {
    let text = fs::read_to_string(device.join(file)).unwrap_or_default();
    text.trim().to_owned()
}

/// By the system's own names for it, else by its first bytes.
fn volume(line: &Line) -> Option<String> {
    let device = line.source.canonicalize().ok()?;
    if !fs::metadata(&device).ok()?.file_type().is_block_device() {
        return None;
    }
    let names = fs::read_dir("/dev/disk/by-uuid").into_iter().flatten();
    let named = names.flatten().find(|name| {
        let real = fs::canonicalize(name.path());
        real.is_ok_and(|real| real == device)
    });
    if let Some(name) = named {
        return name.file_name().into_string().ok();
    }
    let mut head = vec![0; superblock::HEAD];
    File::open(&device).ok()?.read_exact(&mut head).ok()?;
    superblock::id(&head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::changes::MountChanges;

    fn line(fs: &str, point: &str, source: &str) -> Line {
        Line {
            device: (8, 1),
            is_whole: true,
            point: point.into(),
            fs: fs.into(),
            source: source.into(),
            options: String::new(),
        }
    }

    #[test]
    fn what_can_be_taken_out_is_told_from_what_stays() {
        let dir = tempfile::tempdir().unwrap();
        let sys = dir.path();
        let by_number = sys.join("dev/block/8:1");
        fs::create_dir_all(by_number.parent().unwrap()).unwrap();
        let of = |device: &Path| {
            fs::remove_file(&by_number).unwrap_or_default();
            std::os::unix::fs::symlink(device, &by_number).unwrap();
            sort(&line("ext4", "/mnt/x", "/dev/x1"), sys)
        };
        let make = |path: &str, files: &[(&str, &str)]| {
            let device = sys.join(path);
            fs::create_dir_all(device.join("slaves")).unwrap();
            for (name, text) in files {
                fs::write(device.join(name), text).unwrap();
            }
            device
        };
        let fixed = make("devices/pci0/ata1/block/sda", &[("removable", "0\n")]);
        assert_eq!(of(&fixed), None);
        let part = make("devices/pci0/ata1/block/sda/sda1", &[("partition", "1\n")]);
        assert_eq!(of(&part), None);
        let stick = make("devices/pci0/usb1/1-1/block/sdb", &[("removable", "0\n")]);
        let part = make(
            "devices/pci0/usb1/1-1/block/sdb/sdb1",
            &[("partition", "1\n")],
        );
        assert_eq!(of(&part), Some(Sort::Removable));
        let disc = make("devices/pci0/ata2/block/sr0", &[("removable", "1\n")]);
        assert_eq!(of(&disc), Some(Sort::Removable));
        // Encryption on the stick.
        let sealed = make("devices/virtual/block/dm-0", &[("removable", "0\n")]);
        assert_eq!(of(&sealed), None);
        std::os::unix::fs::symlink(&stick, sealed.join("slaves/sdb")).unwrap();
        assert_eq!(of(&sealed), Some(Sort::Removable));
        assert!(can_travel(&sealed) && can_travel(&part) && !can_travel(&fixed));
        // A file, and encryption in it: it comes and goes, and does so on this computer.
        let file = make("devices/virtual/block/loop0", &[("removable", "0\n")]);
        let inside = make("devices/virtual/block/dm-1", &[]);
        std::os::unix::fs::symlink(&file, inside.join("slaves/loop0")).unwrap();
        for device in [&file, &inside] {
            assert_eq!(of(device), Some(Sort::Removable));
            assert!(!can_travel(device));
        }
        assert_eq!(sort(&line("ext4", "/", "/dev/sdb1"), sys), None);
        let share = line("cifs", "/mnt/share", "//server/share");
        assert_eq!(sort(&share, sys), Some(Sort::Network));
        let desktop = line("tmpfs", "/media/alex/stick", "tmpfs");
        assert_eq!(sort(&desktop, sys), Some(Sort::Removable));
        assert_eq!(sort(&line("tmpfs", "/media", "tmpfs"), sys), None);
        assert_eq!(sort(&line("tmpfs", "/tmp", "tmpfs"), sys), None);
    }

    #[tokio::test]
    async fn a_mount_in_a_namespace_of_ones_own_is_told() {
        // Another thread's namespace is another table: the test runs itself in one.
        let own = std::env::current_exe().unwrap();
        let name = "platform::mounts::linux::tests::is_told_here";
        let status = std::process::Command::new("unshare")
            .args(["--mount", "--propagation", "private", "--"])
            .arg(own)
            .args(["--exact", "--ignored", name])
            .status()
            .unwrap();
        assert!(status.success());
    }

    #[tokio::test]
    #[ignore = "run by the test above, in a namespace of its own"]
    async fn is_told_here() {
        let run = |program: &str, args: &[&str]| {
            let status = std::process::Command::new(program).args(args).status();
            assert!(status.unwrap().success(), "{program} {args:?}");
        };
        run("mount", &["-t", "tmpfs", "tmpfs", "/media"]);
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("image");
        let image = image.to_str().unwrap();
        fs::write(image, vec![0; 4 << 20]).unwrap();
        let uuid = "01020304-0506-4708-890a-0b0c0d0e0f10";
        run("mkfs.ext4", &["-q", "-U", uuid, image]);
        let point = dir.path().join("volume");
        fs::create_dir(&point).unwrap();
        fs::create_dir("/media/stick").unwrap();
        let mut changes = MountChanges::open().unwrap();
        let has = |point: &Path| {
            let mounts = list().unwrap();
            mounts.into_iter().find(|mount| mount.point == point)
        };
        run("mount", &["-t", "tmpfs", "tmpfs", "/media/stick"]);
        changes.next().await.unwrap();
        let stick = has(Path::new("/media/stick")).unwrap();
        assert_eq!((stick.sort, stick.volume), (Sort::Removable, None));
        run("mount", &["-o", "loop", image, point.to_str().unwrap()]);
        changes.next().await.unwrap();
        let volume = has(&point).unwrap();
        assert_eq!(volume.sort, Sort::Removable);
        assert_eq!(volume.volume.as_deref(), Some(uuid));
        run("umount", &[point.to_str().unwrap()]);
        changes.next().await.unwrap();
        assert_eq!(has(&point), None);
    }
}
