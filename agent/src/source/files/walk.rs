//! Goes through a folder and all below it.
//!
//! Promises: never through a link, never onto another volume, and one folder's names in memory at a
//! time. What cannot be read is counted.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::platform::files::volume;

/// Whoever looks at what is found.
pub(super) trait Visitor {
    /// Why it goes no further.
    type Stop;

    /// A folder, before anything in it; is it entered?
    fn folder(&mut self, path: &Path, metadata: &Metadata) -> Result<bool, Self::Stop>;

    /// Anything else.
    fn file(&mut self, path: &Path, metadata: &Metadata) -> Result<(), Self::Stop>;
}

/// Goes through it; how many folders or files could not be read.
pub(super) fn walk<V: Visitor>(root: &Path, visitor: &mut V) -> Result<u64, V::Stop> {
    let mut unread = 0;
    let mut gone = |error: &io::Error| {
        // What goes while one looks is told by the system.
        unread += u64::from(error.kind() != io::ErrorKind::NotFound);
    };
    let mut folders: Vec<PathBuf> = vec![root.to_owned()];
    let mut device = None;
    while let Some(folder) = folders.pop() {
        let metadata = match fs::symlink_metadata(&folder) {
            Ok(metadata) => metadata,
            Err(error) => {
                gone(&error);
                continue;
            }
        };
        let on = volume(&metadata);
        let same = on == *device.get_or_insert(on);
        if !metadata.is_dir() || !same || !visitor.folder(&folder, &metadata)? {
            continue;
        }
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                gone(&error);
                continue;
            }
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    gone(&error);
                    break;
                }
            };
            if entry.file_type().is_ok_and(|sort| sort.is_dir()) {
                folders.push(entry.path());
                continue;
            }
            // Of the entry itself, not of what it leads to.
            match entry.metadata() {
                Ok(metadata) => visitor.file(&entry.path(), &metadata)?,
                Err(error) => gone(&error),
            }
        }
    }
    Ok(unread)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[derive(Default)]
    struct List(Vec<PathBuf>, Option<PathBuf>);

    impl Visitor for List {
        type Stop = Infallible;

        fn folder(&mut self, path: &Path, _: &Metadata) -> Result<bool, Infallible> {
            Ok(self.1.as_deref() != Some(path))
        }

        fn file(&mut self, path: &Path, metadata: &Metadata) -> Result<(), Infallible> {
            if metadata.is_file() {
                self.0.push(path.to_owned());
            }
            Ok(())
        }
    }

    #[test]
    fn everything_below_is_found_and_nothing_behind_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        let outside = dir.path().join("outside");
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::create_dir_all(root.join("left out")).unwrap();
        fs::create_dir(&outside).unwrap();
        for file in [
            "root/1",
            "root/a/2",
            "root/a/b/3\n",
            "outside/4",
            "root/left out/5",
        ] {
            fs::write(dir.path().join(file), b"").unwrap();
        }
        for (to, link) in [("outside", "l"), ("outside/4", "m"), ("root", "a/loop")] {
            std::os::unix::fs::symlink(dir.path().join(to), root.join(link)).unwrap();
        }
        let mut list = List(Vec::new(), Some(root.join("left out")));
        let Ok(unread) = walk(&root, &mut list);
        list.0.sort();
        let wanted = ["1", "a/2", "a/b/3\n"].map(|file| root.join(file));
        assert_eq!((unread, list.0), (0, wanted.to_vec()));
        let Ok(unread) = walk(&root.join("none"), &mut List::default());
        assert_eq!(unread, 0);
    }
}
