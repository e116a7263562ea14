//! inotify(7), and `POLLPRI` on the table of mounts (proc(5)).

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::{Changed, Told};

const MOUNTS: &str = "/proc/self/mountinfo";
/// Room for some dozens of events; each read takes what fits.
const BUFFER: usize = 4 << 10;

const NAMES: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR);
/// Not that it was closed: who is told of a lock opens it, to look at it.
const FILE: WatchFlags = WatchFlags::MODIFY
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF);

/// Changes in folders and files. Dropped, it ends.
#[derive(Debug)]
pub struct Changes {
    queue: AsyncFd<OwnedFd>,
    watched: BTreeMap<i32, PathBuf>,
}

impl Changes {
    /// Watches nothing yet. Needs a running tokio.
    pub fn open() -> io::Result<Self> {
        let queue = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        // SAFETY: the queue owns its descriptor, which stays open and the same until it is dropped: it is
        // moved into the `AsyncFd` and is not taken out again.
        let queue = unsafe { AsyncFd::register_with_interest(queue, Interest::READABLE) };
        Ok(Self {
            queue: queue.map_err(io::Error::from)?,
            watched: BTreeMap::new(),
        })
    }

    /// Watches those of these folders that are there.
    pub fn of<'a>(folders: impl IntoIterator<Item = &'a Path>, told: Told) -> io::Result<Self> {
        let mut changes = Self::open()?;
        for folder in folders {
            match changes.watch(folder, told) {
                Err(error) if !is_absent(&error) => return Err(error),
                _ => {}
            }
        }
        Ok(changes)
    }

    /// Watches this folder or file from now on. One that is watched already stays so: whoever is told
    /// of a change may say all of them again, those that are new among them.
    pub fn watch(&mut self, path: &Path, told: Told) -> io::Result<()> {
        let flags = match told {
            Told::Names => NAMES,
            Told::Finished => NAMES | WatchFlags::CLOSE_WRITE | WatchFlags::ATTRIB,
            Told::Writes if path.is_dir() => NAMES | WatchFlags::CLOSE_WRITE | WatchFlags::MODIFY,
            Told::Writes => FILE,
            Told::Opens => WatchFlags::OPEN,
        };
        let number = inotify::add_watch(self.queue.get_ref(), path, flags)?;
        self.watched.insert(number, path.to_owned());
        Ok(())
    }

    /// Watches nothing any more.
    pub fn clear(&mut self) {
        for (number, _) in std::mem::take(&mut self.watched) {
            // What is gone took its watch along.
            let _ = inotify::remove_watch(self.queue.get_ref(), number);
        }
    }

    /// Waits for a change that counts. Dropping the future loses none.
    pub async fn next(&mut self, counts: impl Fn(Changed<'_>) -> bool) -> io::Result<()> {
        loop {
            let mut ready = self.queue.readable().await?;
            let changed = read(ready.get_inner(), &mut self.watched, &counts)?;
            ready.clear_ready();
            if changed {
                return Ok(());
            }
        }
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Reads all that is there; did something that counts change?
fn read(
    queue: &OwnedFd,
    watched: &mut BTreeMap<i32, PathBuf>,
    counts: impl Fn(Changed<'_>) -> bool,
) -> Result<bool, Errno> {
    let mut buffer = [const { MaybeUninit::uninit() }; BUFFER];
    let mut reader = Reader::new(queue, &mut buffer);
    let mut any = false;
    loop {
        let event = match reader.next() {
            Ok(event) => event,
            Err(Errno::AGAIN) => return Ok(any),
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error),
        };
        let flags = event.events();
        if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            any |= counts(Changed::Anything);
        } else if flags.contains(ReadFlags::IGNORED) {
            // It is gone, which was told before, or was let go.
            watched.remove(&event.wd());
        } else if let Some(path) = watched.get(&event.wd()) {
            any |= counts(match event.file_name() {
                Some(name) => Changed::In(path, OsStr::from_bytes(name.to_bytes())),
                None => Changed::Itself,
            });
        }
    }
}

/// Waits until this file is written or goes, or until `done` says so before. For programs without
/// tokio.
pub fn wait(file: &Path, mut done: impl FnMut() -> bool) -> io::Result<()> {
    let queue = inotify::init(CreateFlags::CLOEXEC)?;
    inotify::add_watch(&queue, file, FILE)?;
    if done() {
        return Ok(());
    }
    loop {
        match poll(&mut [PollFd::new(&queue, PollFlags::IN)], None) {
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Changes in the table of mounts, as this process sees it.
#[derive(Debug)]
pub struct MountChanges(AsyncFd<File>);

impl MountChanges {
    /// Tells of what changes from now on. Needs a running tokio.
    pub fn open() -> io::Result<Self> {
        let table = File::open(MOUNTS)?;
        // SAFETY: the file owns its descriptor, which stays open and the same until it is dropped: it is
        // moved into the `AsyncFd` and is not taken out again.
        let table = unsafe { AsyncFd::register_with_interest(table, Interest::PRIORITY) };
        Ok(Self(table.map_err(io::Error::from)?))
    }

    /// Waits for a change. Several may be told as one.
    pub async fn next(&mut self) -> io::Result<()> {
        let mut ready = self.0.ready(Interest::PRIORITY).await?;
        ready.clear_ready();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn any(_: Changed<'_>) -> bool {
        true
    }

    async fn is_quiet(changes: &mut Changes, counts: impl Fn(Changed<'_>) -> bool) {
        tokio::select! {
            biased;
            _ = changes.next(counts) => panic!("told of what does not count"),
            () = tokio::task::yield_now() => {}
        }
    }

    #[tokio::test]
    async fn names_writes_and_openings_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let mut changes = Changes::open().unwrap();
        changes.watch(dir.path(), Told::Names).unwrap();
        let file = dir.path().join("a");
        std::fs::write(&file, b"1").unwrap();
        changes.next(any).await.unwrap();
        // Said again, as after each change: the folder stays watched.
        changes.watch(dir.path(), Told::Names).unwrap();
        std::fs::remove_file(&file).unwrap();
        changes.next(any).await.unwrap();

        let mut changes = Changes::open().unwrap();
        std::fs::write(&file, b"1").unwrap();
        changes.watch(&file, Told::Writes).unwrap();
        File::options().write(true).open(&file).unwrap();
        is_quiet(&mut changes, any).await;
        std::fs::write(&file, b"2").unwrap();
        changes.next(any).await.unwrap();

        let mut changes = Changes::open().unwrap();
        changes.watch(&file, Told::Opens).unwrap();
        std::fs::read(&file).unwrap();
        changes.next(any).await.unwrap();
        let none = dir.path().join("none");
        assert!(changes.watch(&none, Told::Names).is_err());
        assert!(changes.watch(&file, Told::Names).is_err(), "no folder");
    }

    #[tokio::test]
    async fn a_file_that_goes_while_it_is_open_is_told_and_let_go() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f");
        let open = File::create(&file).unwrap();
        let mut changes = Changes::open().unwrap();
        changes.watch(&file, Told::Writes).unwrap();
        std::fs::remove_file(&file).unwrap();
        changes.next(any).await.unwrap();
        drop(open);
        changes.next(any).await.unwrap();
        assert!(changes.watched.is_empty());
    }

    #[tokio::test]
    async fn what_counts_is_told_also_of_the_folder_itself() {
        let dir = tempfile::tempdir().unwrap();
        let (here, gone) = (dir.path().join("here"), dir.path().join("none"));
        std::fs::create_dir(&here).unwrap();
        let mut changes = Changes::of([&*here, &*gone], Told::Writes).unwrap();
        let counts = |changed: Changed<'_>| match changed {
            Changed::In(folder, name) => folder == here && name == "status",
            Changed::Itself | Changed::Anything => false,
        };
        std::fs::write(here.join("other"), "").unwrap();
        std::fs::write(here.join("status"), "").unwrap();
        changes.next(counts).await.unwrap();
        std::fs::write(here.join("new"), "").unwrap();
        is_quiet(&mut changes, counts).await;
        std::fs::rename(here.join("new"), here.join("status")).unwrap();
        changes.next(counts).await.unwrap();
        std::fs::remove_dir_all(&here).unwrap();
        let itself = |changed: Changed<'_>| changed == Changed::Itself;
        changes.next(itself).await.unwrap();
    }

    #[tokio::test]
    async fn of_finished_files_one_is_told_when_they_are_closed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f");
        std::fs::write(&file, "1").unwrap();
        let mut changes = Changes::open().unwrap();
        changes.watch(dir.path(), Told::Finished).unwrap();
        let mut open = File::options().append(true).open(&file).unwrap();
        io::Write::write_all(&mut open, b"2").unwrap();
        is_quiet(&mut changes, any).await;
        drop(open);
        changes.next(any).await.unwrap();
        changes.clear();
        std::fs::write(&file, "3").unwrap();
        is_quiet(&mut changes, any).await;
    }

    #[test]
    fn waiting_ends_with_a_write() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f");
        std::fs::write(&file, "1").unwrap();
        wait(&file, || true).unwrap();
        let other = file.clone();
        // Written after the watch is there: nothing can be missed.
        wait(&file, || {
            std::fs::write(&other, "2").unwrap();
            false
        })
        .unwrap();
        assert!(wait(&dir.path().join("none"), || true).is_err());
    }

    #[tokio::test]
    async fn a_flood_is_one_change() {
        let dir = tempfile::tempdir().unwrap();
        let mut changes = Changes::open().unwrap();
        changes.watch(dir.path(), Told::Names).unwrap();
        for n in 0..1000 {
            std::fs::write(dir.path().join(n.to_string()), b"").unwrap();
        }
        changes.next(any).await.unwrap();
        is_quiet(&mut changes, any).await;
    }

    #[tokio::test]
    async fn a_mount_is_told() {
        // The test itself stays where it is; what is mounted is mounted elsewhere.
        let own = std::env::current_exe().unwrap();
        let name = "platform::changes::linux::tests::mounts_here";
        let status = Command::new("unshare")
            .args(["--mount", "--propagation", "private", "--"])
            .arg(own)
            .args(["--exact", "--ignored", name])
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
    }

    #[tokio::test]
    #[ignore = "run by the test above, in a namespace of its own"]
    async fn mounts_here() {
        let dir = tempfile::tempdir().unwrap();
        let mut changes = MountChanges::open().unwrap();
        for _ in 0..2 {
            let status = Command::new("mount")
                .args(["-t", "tmpfs", "tmpfs"])
                .arg(dir.path())
                .status()
                .unwrap();
            assert!(status.success());
            changes.next().await.unwrap();
        }
    }
}
