//! `/proc`, by the folder of the process: once open it never turns into another process with the
//! same number.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, Statx, StatxFlags, fstatfs, openat, readlinkat, statx,
};

use super::{FileError, FileKey, Look, Running};
use crate::platform::accounts::Owner;

/// What Linux puts behind the path of a file that was deleted or replaced since.
const DELETED: &[u8] = b" (deleted)";
/// `status` and `stat` are shorter.
const MAX_TEXT: u64 = 16 * 1024;
/// Arguments beyond are not read: a record has room for less.
const MAX_LINE: u64 = 64 * 1024;
/// `PF_KTHREAD`: a part of the system itself.
const KERNEL_THREAD: u64 = 0x0020_0000;
/// File systems behind which stands another program or another computer (`statfs(2)`): FUSE, NFS,
/// SMB, CIFS, Coda, AFS, Ceph.
const REMOTE: &[u32] = &[
    0x6573_5546,
    0x0000_6969,
    0x0000_517b,
    0xff53_4d42,
    0xfe53_4d42,
    0x7375_7245,
    0x5346_414f,
    0x00c3_6400,
];

/// A program's file, held open without having been opened.
#[derive(Debug)]
pub struct ProgramFile {
    held: OwnedFd,
    path: String,
    key: FileKey,
}

impl ProgramFile {
    fn of(process: BorrowedFd<'_>) -> Option<Self> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let held = openat(process, "exe", flags, Mode::empty()).ok()?;
        let link = format!("/proc/self/fd/{}", held.as_raw_fd());
        let target = readlinkat(CWD, link, Vec::new()).ok()?;
        let target = target.as_bytes();
        let path = target.strip_suffix(DELETED).unwrap_or(target);
        let key = key(&described(&held, "")?);
        Some(Self {
            path: String::from_utf8_lossy(path).into_owned(),
            held,
            key,
        })
    }

    /// Where it lay when it was started.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it holds.
    pub fn key(&self) -> FileKey {
        self.key
    }

    /// Does it still hold what it held?
    pub fn is_unchanged(&self) -> bool {
        described(&self.held, "").is_some_and(|found| key(&found) == self.key)
    }

    /// Opens it to be read. Can wait for a disk.
    pub fn open(&self) -> Result<File, FileError> {
        let kind = fstatfs(&self.held).map_err(io::Error::from)?.f_type;
        // The system's own type for it differs from machine to machine; the numbers have 32 bits.
        if REMOTE
            .iter()
            .any(|remote| i64::from(*remote) == (kind as i64 & 0xffff_ffff))
        {
            return Err(FileError::NotLocal);
        }
        let link = format!("/proc/self/fd/{}", self.held.as_raw_fd());
        let file = File::open(link)?;
        if !file.metadata()?.is_file() {
            return Err(FileError::NotAFile);
        }
        Ok(file)
    }
}

pub(super) fn look(pid: u32, theirs: impl FnOnce(Owner) -> bool) -> Look {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(process) = openat(CWD, format!("/proc/{pid}"), flags, Mode::empty()) else {
        return Look::Gone;
    };
    let Some(owner) = read(process.as_fd(), "status", MAX_TEXT).and_then(|text| owner(&text))
    else {
        return Look::Gone;
    };
    if !theirs(owner) {
        return Look::Others;
    }
    // In the order in which they change.
    let file = ProgramFile::of(process.as_fd());
    let line = read(process.as_fd(), "cmdline", MAX_LINE).unwrap_or_default();
    let Some(stat) = read(process.as_fd(), "stat", MAX_TEXT).and_then(|text| Stat::parse(&text))
    else {
        return Look::Gone;
    };
    if stat.flags & KERNEL_THREAD != 0 {
        return Look::Gone;
    }
    let ticks = rustix::param::clock_ticks_per_second();
    Look::Theirs(Box::new(Running {
        owner,
        parent: (stat.parent != 0).then_some(stat.parent),
        since_boot: stat.began.checked_div(ticks).unwrap_or(0),
        name: stat.name,
        args: arguments(&line),
        file,
    }))
}

pub(super) fn key_at(path: &Path) -> Option<FileKey> {
    let found = described(CWD, path)?;
    FileType::from_raw_mode(found.stx_mode.into())
        .is_file()
        .then(|| key(&found))
}

fn described(folder: impl AsFd, path: impl rustix::path::Arg) -> Option<Statx> {
    // What is known of it, without asking whoever answers for the file system.
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC | AtFlags::SYMLINK_NOFOLLOW;
    statx(folder, path, flags, StatxFlags::BASIC_STATS).ok()
}

fn key(found: &Statx) -> FileKey {
    FileKey {
        device: (found.stx_dev_major, found.stx_dev_minor),
        inode: found.stx_ino,
        size: found.stx_size,
        modified: (found.stx_mtime.tv_sec, found.stx_mtime.tv_nsec),
        changed: (found.stx_ctime.tv_sec, found.stx_ctime.tv_nsec),
    }
}

fn read(process: BorrowedFd<'_>, name: &str, most: u64) -> Option<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = File::from(openat(process, name, flags, Mode::empty()).ok()?);
    let mut bytes = Vec::with_capacity(1024);
    file.take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The first of the four numbers after `Uid:`: who started it, whatever it may do.
fn owner(status: &[u8]) -> Option<Owner> {
    let line = status
        .split(|&byte| byte == b'\n')
        .find_map(|line| line.strip_prefix(b"Uid:"))?;
    let text = std::str::from_utf8(line).ok()?;
    Some(Owner(text.split_ascii_whitespace().next()?.parse().ok()?))
}

#[derive(Debug, PartialEq, Eq)]
struct Stat {
    name: OsString,
    parent: u32,
    flags: u64,
    /// In ticks since boot.
    began: u64,
}

impl Stat {
    /// `7 (name) S parent … flags … began …`; the name can hold anything, brackets too.
    fn parse(text: &[u8]) -> Option<Self> {
        let opens = text.iter().position(|&byte| byte == b'(')?;
        let closes = text.iter().rposition(|&byte| byte == b')')?;
        let name = text.get(opens.checked_add(1)?..closes)?;
        let rest = std::str::from_utf8(text.get(closes.checked_add(1)?..)?).ok()?;
        // Numbered from 3 on in proc(5).
        let field = |number: usize| rest.split_ascii_whitespace().nth(number.checked_sub(3)?);
        Some(Self {
            name: OsString::from_vec(name.to_vec()),
            parent: field(4)?.parse().ok()?,
            flags: field(9)?.parse().ok()?,
            began: field(22)?.parse().ok()?,
        })
    }
}

fn arguments(line: &[u8]) -> Vec<OsString> {
    if line.is_empty() {
        return Vec::new();
    }
    line.strip_suffix(b"\0")
        .unwrap_or(line)
        .split(|&byte| byte == 0)
        .map(|word| OsStr::from_bytes(word).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn this_process_is_itself_and_others_are_left_alone() {
        let Look::Theirs(me) = look(std::process::id(), |_| true) else {
            panic!("not found")
        };
        assert_eq!(me.owner, Owner(rustix::process::getuid().as_raw()));
        assert_eq!(me.args, std::env::args_os().collect::<Vec<_>>());
        let file = me.file.unwrap();
        let own = std::env::current_exe().unwrap();
        assert_eq!(Some(file.path()), own.to_str());
        assert_eq!(key_at(&own), Some(file.key()));
        assert_eq!(
            file.open().unwrap().metadata().unwrap().len(),
            file.key().size
        );
        assert!(matches!(look(std::process::id(), |_| false), Look::Others));
        assert!(matches!(look(u32::MAX >> 2, |_| true), Look::Gone));
        assert_eq!(key_at(Path::new("/proc")), None);
    }

    #[test]
    fn a_deleted_program_is_still_the_one_that_runs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap().join("cat (deleted)x");
        std::fs::copy("/bin/cat", &path).unwrap();
        let start = || Command::new(&path).stdin(Stdio::piped()).spawn();
        let mut child = loop {
            match start() {
                // Another test's child holds the copy open to write until it runs its program.
                Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {}
                child => break child.unwrap(),
            }
        };
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "another").unwrap();
        let Look::Theirs(seen) = look(child.id(), |_| true) else {
            panic!("not found")
        };
        let file = seen.file.unwrap();
        assert_eq!(Some(file.path()), path.to_str());
        assert_ne!(key_at(&path), Some(file.key()));
        let mut bytes = Vec::new();
        file.open().unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, std::fs::read("/bin/cat").unwrap());
        drop(child.stdin.take());
        child.wait().unwrap();
    }

    #[test]
    fn what_the_system_writes_is_pinned() {
        let text = b"7 (a) b) S 3 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 9 9";
        let stat = Stat {
            name: "a) b".into(),
            parent: 3,
            flags: 4_194_560,
            began: 12_345,
        };
        assert_eq!(Stat::parse(text), Some(stat));
        assert_eq!(Stat::parse(&text[..40]), None);
        assert_eq!(Stat::parse(b")("), None);
        assert_eq!(
            owner(b"Name:\tUid: 9\nUid:\t1000\t0\t0\t0\nGid:\t1\n"),
            Some(Owner(1000))
        );
        assert_eq!(owner(b"Uid:\n"), None);
        assert_eq!(arguments(b"cat\0\0-\0"), ["cat", "", "-"]);
        assert_eq!(arguments(b"changed title"), ["changed title"]);
        assert_eq!(arguments(b""), [""; 0]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop((Stat::parse(&bytes), owner(&bytes)));
            let joined = arguments(&bytes).join(OsStr::from_bytes(b"\0"));
            let whole = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
            prop_assert_eq!(joined.as_bytes(), whole);
        }
    }
}
