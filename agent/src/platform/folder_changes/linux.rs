//! `inotify`.

use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init};
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Room for some dozen events.
const BUFFER: usize = 4096;

/// Watches some folders.
#[derive(Debug)]
pub struct FolderChanges {
    queue: AsyncFd<OwnedFd>,
}

impl FolderChanges {
    /// Watches those of these folders that are there. Needs a running tokio.
    pub fn of<'a>(folders: impl IntoIterator<Item = &'a Path>) -> io::Result<Self> {
        let queue = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let what = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVE
            | WatchFlags::MODIFY
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        for folder in folders {
            match add_watch(&queue, folder, what) {
                Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // SAFETY: an `OwnedFd` is open, and the same descriptor, for as long as it lives; it goes
        // into the `AsyncFd` and is not taken out again.
        let queue = unsafe { AsyncFd::register_with_interest(queue, Interest::READABLE) };
        Ok(Self {
            queue: queue.map_err(io::Error::from)?,
        })
    }

    /// Waits until something of a name that counts changed in them, or a folder itself did.
    /// Dropping the future loses no change.
    pub async fn next(&mut self, counts: impl Fn(&OsStr) -> bool) -> io::Result<()> {
        loop {
            let mut ready = self.queue.readable().await?;
            match changes(ready.get_inner(), &counts) {
                Ok(true) => return Ok(()),
                Ok(false) => ready.clear_ready(),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Reads all that is there; did something that counts change?
fn changes(queue: &OwnedFd, counts: impl Fn(&OsStr) -> bool) -> Result<bool, Errno> {
    let mut buffer = [MaybeUninit::uninit(); BUFFER];
    let mut reader = Reader::new(queue, &mut buffer);
    let mut changed = false;
    loop {
        match reader.next() {
            Ok(event) => {
                // The folder was unmounted or let go: its end was told before.
                let ends = event.events() == ReadFlags::IGNORED;
                let name = event
                    .file_name()
                    .map(|name| OsStr::from_bytes(name.to_bytes()));
                changed |= !ends && name.is_none_or(&counts);
            }
            Err(Errno::AGAIN) => return Ok(changed),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn changes_are_told_also_of_the_folder_itself() {
        let dir = tempfile::tempdir().unwrap();
        let (here, gone) = (dir.path().join("here"), dir.path().join("none"));
        std::fs::create_dir(&here).unwrap();
        let mut changes = FolderChanges::of([&*here, &*gone]).unwrap();
        let counts = |name: &OsStr| name == "status";
        std::fs::write(here.join("other"), "").unwrap();
        std::fs::write(here.join("status"), "").unwrap();
        changes.next(counts).await.unwrap();
        std::fs::write(here.join("new"), "").unwrap();
        tokio::select! {
            biased;
            _ = changes.next(counts) => panic!("it does not count"),
            () = tokio::task::yield_now() => {}
        }
        std::fs::rename(here.join("new"), here.join("status")).unwrap();
        changes.next(counts).await.unwrap();
        std::fs::remove_dir_all(&here).unwrap();
        changes.next(|_| false).await.unwrap();
    }
}
