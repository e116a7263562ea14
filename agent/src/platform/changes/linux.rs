//! inotify(7), and `POLLPRI` on the table of mounts (proc(5)).

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
use rustix::io::{Errno, read};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::{ChangesError, Told};

const MOUNTS: &str = "/proc/self/mountinfo";
/// Room for some events; each read takes what fits.
const BUFFER: usize = 4096;

/// Changes in folders and files.
#[derive(Debug)]
pub struct FolderChanges(AsyncFd<OwnedFd>);

impl FolderChanges {
    /// Watches nothing yet.
    pub fn open() -> Result<Self, ChangesError> {
        let queue = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).map_err(io::Error::from)?;
        // SAFETY: the queue owns its descriptor, which stays open and the same until it is dropped: it is
        // moved into the `AsyncFd` and is not taken out again.
        let queue = unsafe { AsyncFd::register_with_interest(queue, Interest::READABLE) };
        Ok(Self(queue.map_err(io::Error::from)?))
    }

    /// Watches this folder or file from now on. One that is watched already stays so: whoever is told
    /// of a change may say all of them again, those that are new among them.
    pub fn watch(&self, path: &Path, told: Told) -> io::Result<()> {
        let names = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        let flags = match told {
            Told::Names => names,
            Told::Writes if path.is_dir() => names | WatchFlags::CLOSE_WRITE | WatchFlags::MODIFY,
            Told::Writes => WatchFlags::CLOSE_WRITE | WatchFlags::MODIFY | WatchFlags::DELETE_SELF,
            Told::Opens => WatchFlags::OPEN,
        };
        add_watch(self.0.get_ref(), path, flags)?;
        Ok(())
    }

    /// Waits for a change.
    pub async fn next(&mut self) -> io::Result<()> {
        let mut buffer = [0; BUFFER];
        let mut any = false;
        loop {
            let mut ready = self.0.readable().await?;
            match read(ready.get_inner(), &mut buffer) {
                Ok(_) => any = true,
                Err(Errno::AGAIN) => {
                    ready.clear_ready();
                    if any {
                        return Ok(());
                    }
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Changes in the table of mounts, as this process sees it.
#[derive(Debug)]
pub struct MountChanges(AsyncFd<File>);

impl MountChanges {
    /// Tells of what changes from now on.
    pub fn open() -> Result<Self, ChangesError> {
        let table = File::open(MOUNTS)?;
        // SAFETY: the file owns its descriptor, which stays open and the same until it is dropped: it is
        // moved into the `AsyncFd` and is not taken out again.
        let table = unsafe { AsyncFd::register_with_interest(table, Interest::PRIORITY) };
        Ok(Self(table.map_err(io::Error::from)?))
    }

    /// Waits for a change.
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

    #[tokio::test]
    async fn names_writes_and_openings_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let mut changes = FolderChanges::open().unwrap();
        changes.watch(dir.path(), Told::Names).unwrap();
        let file = dir.path().join("a");
        std::fs::write(&file, b"1").unwrap();
        changes.next().await.unwrap();
        // Said again, as after each change: the folder stays watched.
        changes.watch(dir.path(), Told::Names).unwrap();
        std::fs::remove_file(&file).unwrap();
        changes.next().await.unwrap();

        let mut changes = FolderChanges::open().unwrap();
        std::fs::write(&file, b"1").unwrap();
        changes.watch(&file, Told::Writes).unwrap();
        std::fs::write(&file, b"2").unwrap();
        changes.next().await.unwrap();

        let mut changes = FolderChanges::open().unwrap();
        changes.watch(&file, Told::Opens).unwrap();
        std::fs::read(&file).unwrap();
        changes.next().await.unwrap();
        assert!(
            changes
                .watch(&dir.path().join("none"), Told::Names)
                .is_err()
        );
    }

    #[tokio::test]
    async fn a_flood_is_one_change() {
        let dir = tempfile::tempdir().unwrap();
        let mut changes = FolderChanges::open().unwrap();
        changes.watch(dir.path(), Told::Names).unwrap();
        for n in 0..1000 {
            std::fs::write(dir.path().join(n.to_string()), b"").unwrap();
        }
        changes.next().await.unwrap();
        tokio::select! {
            biased;
            _ = changes.next() => panic!("told twice"),
            () = tokio::task::yield_now() => {}
        }
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
