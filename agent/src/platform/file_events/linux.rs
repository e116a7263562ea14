//! inotify(7).

use std::collections::BTreeMap;
use std::ffi::OsStr;
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

use super::Changed;

/// Holds some dozens of events; what does not fit is read with the next call.
const BUFFER: usize = 4 << 10;

/// Tells of changes. Dropped, it ends.
#[derive(Debug)]
pub struct FileEvents {
    queue: AsyncFd<OwnedFd>,
    watched: BTreeMap<i32, PathBuf>,
}

impl FileEvents {
    /// Watches nothing yet. Needs a running tokio.
    pub fn new() -> io::Result<Self> {
        let queue = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        // SAFETY: an `OwnedFd` is open, and the same descriptor, for as long as it lives; it goes
        // into the `AsyncFd` and is not taken out again.
        let queue = unsafe { AsyncFd::register_with_interest(queue, Interest::READABLE) };
        Ok(Self {
            queue: queue.map_err(io::Error::from)?,
            watched: BTreeMap::new(),
        })
    }

    /// Tells when a file in this folder comes, goes, is replaced, or was written and closed.
    pub fn watch_folder(&mut self, folder: &Path) -> io::Result<()> {
        self.add(folder, IN_FOLDER)
    }

    /// Tells of each write into this file, and when it goes.
    pub fn watch_file(&mut self, file: &Path) -> io::Result<()> {
        self.add(file, IN_FILE)
    }

    /// Watches nothing any more.
    pub fn clear(&mut self) {
        for (number, _) in std::mem::take(&mut self.watched) {
            // What is gone took its watch along.
            let _ = inotify::remove_watch(self.queue.get_ref(), number);
        }
    }

    /// What changed next. Dropping the future loses none.
    pub async fn next(&mut self) -> io::Result<Vec<Changed>> {
        loop {
            let mut ready = self.queue.readable().await?;
            match read(ready.get_inner(), &self.watched) {
                Ok(changed) if changed.is_empty() => {}
                Ok(changed) => return Ok(changed),
                Err(Errno::AGAIN) => ready.clear_ready(),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn add(&mut self, path: &Path, what: WatchFlags) -> io::Result<()> {
        let number = inotify::add_watch(self.queue.get_ref(), path, what)?;
        self.watched.insert(number, path.to_owned());
        Ok(())
    }
}

const IN_FOLDER: WatchFlags = WatchFlags::CLOSE_WRITE
    .union(WatchFlags::CREATE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVE)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR);
const IN_FILE: WatchFlags = WatchFlags::MODIFY
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ATTRIB);

/// Waits until one of these files is written or goes, or until `done` says so before. For programs
/// without tokio.
pub fn wait(file: &Path, mut done: impl FnMut() -> bool) -> io::Result<()> {
    let queue = inotify::init(CreateFlags::CLOEXEC)?;
    inotify::add_watch(&queue, file, IN_FILE)?;
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

fn read(queue: &OwnedFd, watched: &BTreeMap<i32, PathBuf>) -> Result<Vec<Changed>, Errno> {
    let mut buffer = [const { MaybeUninit::uninit() }; BUFFER];
    let mut reader = Reader::new(queue, &mut buffer);
    let mut changed = Vec::new();
    loop {
        let event = reader.next()?;
        let flags = event.events();
        if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            changed.push(Changed::Anything);
        } else if !flags.contains(ReadFlags::IGNORED)
            && let Some(path) = watched.get(&event.wd())
        {
            changed.push(match event.file_name() {
                Some(name) => {
                    Changed::In(path.clone(), OsStr::from_bytes(name.to_bytes()).to_owned())
                }
                None => Changed::Itself(path.clone()),
            });
        }
        if reader.is_buffer_empty() {
            return Ok(changed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn changes_in_folders_and_files_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, file) = (dir.path().join("d"), dir.path().join("f"));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(&file, "1").unwrap();
        let mut events = FileEvents::new().unwrap();
        events.watch_folder(&folder).unwrap();
        events.watch_file(&file).unwrap();
        assert!(events.watch_folder(&file).is_err(), "no folder");
        std::fs::write(folder.join("a"), "1").unwrap();
        let told = events.next().await.unwrap();
        assert!(
            told.contains(&Changed::In(folder.clone(), "a".into())),
            "{told:?}"
        );
        std::fs::write(&file, "2").unwrap();
        let mut told = events.next().await.unwrap();
        while !told.contains(&Changed::Itself(file.clone())) {
            told = events.next().await.unwrap();
        }
        events.clear();
        std::fs::write(&file, "3").unwrap();
        assert!(
            read(events.queue.get_ref(), &events.watched).is_ok_and(|told| told.is_empty())
                || read(events.queue.get_ref(), &events.watched).is_err()
        );
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
}
