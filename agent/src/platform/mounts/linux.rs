//! `/proc/self/mountinfo`, `/sys` and `/dev`.
//!
//! The kernel raises `POLLPRI` on an open `mountinfo` whenever the table of mounts changes.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

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

/// Tells when something is mounted or unmounted.
#[derive(Debug)]
pub struct Changes(AsyncFd<File>);

impl Changes {
    /// Needs a running tokio.
    pub fn open() -> Result<Self, MountsError> {
        let table = File::open(TABLE)?;
        // SAFETY: a `File` is open, and the same descriptor, for as long as it lives; it goes into
        // the `AsyncFd` and is not taken out again.
        let watched = unsafe { AsyncFd::register_with_interest(table, Interest::PRIORITY) };
        Ok(Self(watched.map_err(io::Error::from)?))
    }

    /// The next change. Several may be told as one.
    pub async fn next(&mut self) -> io::Result<()> {
        let mut ready = self.0.ready(Interest::PRIORITY).await?;
        ready.clear_ready();
        Ok(())
    }
}

/// The volumes that are mounted now.
pub fn list() -> Result<Vec<Mount>, MountsError> {
    let mut table = Vec::new();
    File::open(TABLE)?.take(LONGEST).read_to_end(&mut table)?;
    let mut mounts: Vec<Mount> = table
        .split(|&byte| byte == b'\n')
        .filter_map(parse)
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

/// A line of the table.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    /// Of the device: `8:1`.
    number: String,
    point: PathBuf,
    system: String,
    source: PathBuf,
}

/// `36 35 98:0 /root /point options optional... - type source options`, with blanks, tabs, line
/// feeds and backslashes in paths as `\040`.
fn parse(line: &[u8]) -> Option<Line> {
    let mut words = line.split(|&byte| byte == b' ');
    let number = words.nth(2)?;
    // Only the whole of a volume: a folder of it mounted elsewhere is there already.
    let root = words.next()?;
    let point = words.next()?;
    let mut rest = words.skip_while(|word| *word != b"-").skip(1);
    let (system, source) = (rest.next()?, rest.next()?);
    (root == b"/").then_some(())?;
    Some(Line {
        number: String::from_utf8(number.to_vec()).ok()?,
        point: path(point),
        system: String::from_utf8(system.to_vec()).ok()?,
        source: path(source),
    })
}

fn path(word: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.first_chunk::<3>().filter(|_| byte == b'\\');
        let octal = code.and_then(|code| {
            let text = std::str::from_utf8(code).ok()?;
            u8::from_str_radix(text, 8).ok()
        });
        match octal {
            Some(octal) => {
                bytes.push(octal);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

fn sort(line: &Line, sys: &Path) -> Option<Sort> {
    const SYSTEM: &[&str] = &["/", "/boot", "/boot/efi", "/efi", "/usr", "/var", "/home"];
    if NETWORK.contains(&line.system.as_str()) {
        return Some(Sort::Network);
    }
    if SYSTEM.iter().any(|point| line.point == Path::new(point)) {
        return None;
    }
    let by_desktop = DESKTOP
        .iter()
        .any(|folder| line.point.starts_with(folder) && line.point != Path::new(folder));
    let packaged = PACKAGES.contains(&line.system.as_str());
    let removable = by_desktop
        || (!packaged
            && line.source.starts_with("/dev/")
            && is_removable(&device(line, sys)?, DEEPEST));
    removable.then_some(Sort::Removable)
}

/// Its folder in `/sys`.
fn device(line: &Line, sys: &Path) -> Option<PathBuf> {
    let by_number = sys.join("dev/block").join(&line.number);
    // Some file systems have a number of their own, and are named by their device only.
    let by_name = || {
        let device = line.source.canonicalize().ok()?;
        Some(sys.join("class/block").join(device.file_name()?))
    };
    fs::canonicalize(by_number)
        .ok()
        .or_else(|| fs::canonicalize(by_name()?).ok())
}

fn is_removable(device: &Path, deep: u32) -> bool {
    let says = |file: &str| fs::read_to_string(device.join(file)).unwrap_or_default();
    // Of a partition the device is the folder above.
    if says("partition").trim() != "" {
        let whole = device.parent();
        return whole.is_some_and(|whole| deep > 0 && is_removable(whole, deep - 1));
    }
    let name = device.file_name().unwrap_or_default();
    let hangs_on = |bus: &[u8]| {
        let mut steps = device.components().map(|step| step.as_os_str().as_bytes());
        steps.any(|step| step.starts_with(bus))
    };
    if says("removable").trim() == "1"
        || name.as_bytes().starts_with(b"loop")
        || hangs_on(b"usb")
        || says("device/type").trim() == "SD"
    {
        return true;
    }
    let below = fs::read_dir(device.join("slaves")).into_iter().flatten();
    deep > 0
        && below.flatten().any(|slave| {
            let real = fs::canonicalize(slave.path());
            real.is_ok_and(|real| is_removable(&real, deep - 1))
        })
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
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_pinned() {
        let line =
            b"69 46 7:0 / /media/alex/My\\040stick\\134 rw,relatime shared:1 - ext4 /dev/loop0 rw";
        let line = parse(line).unwrap();
        let wanted = Line {
            number: "7:0".into(),
            point: "/media/alex/My stick\\".into(),
            system: "ext4".into(),
            source: "/dev/loop0".into(),
        };
        assert_eq!(line, wanted);
        let part = b"69 46 7:0 /inside /mnt rw - ext4 /dev/loop0 rw";
        assert_eq!(parse(part), None, "a folder of a volume");
        assert_eq!(parse(b"69 46 7:0 / /mnt rw - ext4"), None);
        assert_eq!(parse(b""), None);
        assert_eq!(path(b"\\9\\999\\04"), Path::new("\\9\\999\\04"));
    }

    proptest! {
        #[test]
        fn any_line_is_read(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&line);
            let _ = path(&line);
        }
    }

    fn line(system: &str, point: &str, source: &str) -> Line {
        Line {
            number: "8:1".into(),
            point: point.into(),
            system: system.into(),
            source: source.into(),
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
        let mut changes = Changes::open().unwrap();
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
