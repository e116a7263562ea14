//! The system's word of what happens in folders.
//!
//! Promises: each folder is watched by itself, never through a link, and no more of them than the
//! bound: what a watch costs of memory is known. Refuses: to look at what it is told; it goes into
//! the queue as it comes.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use notify::event::{
    AccessKind, AccessMode, CreateKind, EventKindMask, ModifyKind, RemoveKind, RenameMode,
};
use notify::{
    Config, ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, WatchPathConfig,
    Watcher,
};
use thiserror::Error;

use super::queue::{Queue, What};
use crate::platform::clock;

/// Watched folders.
#[derive(Debug)]
pub(super) struct Watch {
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
    most: usize,
}

/// Why a folder is not watched.
#[derive(Debug, Error)]
pub(super) enum WatchError {
    /// It is not there any more.
    #[error("it is gone")]
    Gone,
    /// There are as many watches as there may be.
    #[error("there are more folders than can be watched")]
    TooMany,
    /// The system refused.
    #[error("the system refused: {0}")]
    Refused(String),
}

impl Watch {
    /// Watches nothing yet, and at most so many folders. What happens goes into the queue.
    pub(super) fn new(queue: Queue, most: usize) -> Result<Self, WatchError> {
        let handler = move |event: notify::Result<Event>| tell(&queue, event);
        let kinds = EventKindMask::CREATE
            | EventKindMask::REMOVE
            | EventKindMask::MODIFY_DATA
            | EventKindMask::MODIFY_NAME
            | EventKindMask::ACCESS_CLOSE;
        let config = Config::default()
            .with_event_kinds(kinds)
            .with_follow_symlinks(false);
        let watcher = RecommendedWatcher::new(handler, config);
        Ok(Self {
            watcher: watcher.map_err(|error| WatchError::Refused(words(&error.kind)))?,
            folders: BTreeSet::new(),
            most,
        })
    }

    /// Watches this folder, without those in it.
    pub(super) fn add(&mut self, folder: &Path) -> Result<(), WatchError> {
        if self.folders.contains(folder) {
            return Ok(());
        }
        if self.folders.len() >= self.most {
            return Err(WatchError::TooMany);
        }
        let config =
            WatchPathConfig::new(RecursiveMode::NonRecursive).with_dereference_symlinks(false);
        match self.watcher.watch_with(folder, config) {
            Ok(()) => {
                self.folders.insert(folder.to_owned());
                Ok(())
            }
            Err(error) => Err(match error.kind {
                ErrorKind::MaxFilesWatch => WatchError::TooMany,
                ErrorKind::PathNotFound => WatchError::Gone,
                kind => WatchError::Refused(words(&kind)),
            }),
        }
    }

    /// Is it a watched folder?
    pub(super) fn has(&self, folder: &Path) -> bool {
        self.folders.contains(folder)
    }

    /// Lets go of a folder and all below it.
    pub(super) fn leave(&mut self, folder: &Path) {
        let from = (Bound::Included(folder), Bound::Unbounded);
        let below = self.folders.range::<Path, _>(from);
        let below = below.take_while(|one| one.starts_with(folder)).cloned();
        for one in below.collect::<Vec<_>>() {
            // The system may have let go of it already.
            drop(self.watcher.unwatch(&one));
            self.folders.remove(&one);
        }
    }
}

/// Without the path, which is nobody's business.
fn words(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::Io(error) => error.to_string(),
        kind => format!("{kind:?}"),
    }
}

fn tell(queue: &Queue, event: notify::Result<Event>) {
    let at = clock::now().0;
    let event = match event {
        Ok(event) if !event.need_rescan() => event,
        // Something was lost.
        _ => return queue.push(What::Lost, 0, at, Path::new("")),
    };
    let Some(path) = event.paths.first() else {
        return;
    };
    let what = match event.kind {
        EventKind::Create(CreateKind::Folder) => What::Folder,
        EventKind::Create(_) => What::Created,
        EventKind::Modify(ModifyKind::Data(_)) => What::Written,
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => What::Closed,
        EventKind::Remove(RemoveKind::File) => What::Removed,
        EventKind::Remove(_) => What::FolderRemoved,
        // Without the number that joins two names: a watched folder itself was moved.
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) if event.tracker().is_none() => {
            What::Moved
        }
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) => What::From,
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => What::To,
        // Both names once more, and what is not asked for.
        _ => return,
    };
    let cookie = event.tracker().unwrap_or_default() as u64;
    queue.push(what, cookie, at, path);
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::queue::{Happened, LIMIT, Taken};
    use super::*;

    async fn next(queue: &Queue) -> Happened {
        queue.filled().await;
        match queue.take() {
            Some(Taken::Happened(one)) => one,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn the_system_tells_what_happens_in_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let queue = Queue::new(LIMIT);
        let mut watch = Watch::new(queue.clone(), 10).unwrap();
        watch.add(&root).unwrap();
        watch.add(&root).unwrap();
        let (one, other) = (root.join("one\n"), root.join("other"));
        fs::write(&one, b"x").unwrap();
        fs::rename(&one, &other).unwrap();
        fs::remove_file(&other).unwrap();
        fs::create_dir(&one).unwrap();
        fs::remove_dir(&one).unwrap();
        let mut cookies = Vec::new();
        for (what, path) in [
            (What::Created, &one),
            (What::Written, &one),
            (What::Closed, &one),
            (What::From, &one),
            (What::To, &other),
            (What::Removed, &other),
            (What::Folder, &one),
            (What::FolderRemoved, &one),
        ] {
            let told = next(&queue).await;
            assert_eq!((told.what, &told.path), (what, path));
            cookies.push(told.cookie);
        }
        assert!(cookies[3] != 0 && cookies[3] == cookies[4]);
    }

    #[tokio::test]
    async fn a_folder_that_is_left_is_left_with_all_below_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let queue = Queue::new(LIMIT);
        let mut watch = Watch::new(queue.clone(), 3).unwrap();
        let below = root.join("a/b");
        let beside = root.join("a.b");
        fs::create_dir_all(&below).unwrap();
        fs::create_dir(&beside).unwrap();
        for folder in [&root.join("a"), &below, &beside] {
            watch.add(folder).unwrap();
        }
        assert!(matches!(watch.add(&root), Err(WatchError::TooMany)));
        watch.leave(&root.join("a"));
        assert!(!watch.has(&below) && watch.has(&beside));
        fs::write(below.join("x"), b"").unwrap();
        fs::write(beside.join("y"), b"").unwrap();
        assert_eq!(next(&queue).await.path, beside.join("y"));
        std::os::unix::fs::symlink(&root, root.join("link")).unwrap();
        let gone = watch.add(&root.join("none"));
        assert!(matches!(gone, Err(WatchError::Gone)), "{gone:?}");
    }

    #[test]
    fn the_systems_own_limit_is_told() {
        // The limit is one of a namespace of users: the test runs itself in one.
        let own = std::env::current_exe().unwrap();
        let name = "source::files::watch::tests::is_limited_here";
        let status = std::process::Command::new("unshare")
            .args(["--user", "--map-root-user", "--", "sh", "-c"])
            .arg("echo 2 > /proc/sys/user/max_inotify_watches && exec \"$@\"")
            .arg("sh")
            .arg(own)
            .args(["--exact", "--ignored", name])
            .status()
            .unwrap();
        assert!(status.success());
    }

    #[test]
    #[ignore = "run by the test above, with a low limit"]
    fn is_limited_here() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = Watch::new(Queue::new(LIMIT), 100).unwrap();
        for name in ["a", "b", "c"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        watch.add(&dir.path().join("a")).unwrap();
        watch.add(&dir.path().join("b")).unwrap();
        let third = watch.add(&dir.path().join("c"));
        assert!(matches!(third, Err(WatchError::TooMany)), "{third:?}");
    }
}
