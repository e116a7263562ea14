//! What is in a place, as one word: a hash, where a link leads, that there is nothing.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use proviso_report::Hash;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use crate::platform::files::{OpenError, Stamp, open_regular, stamp};

/// Read at once.
const CHUNK: usize = 64 << 10;
/// Of a folder of further settings; more are one change all the same.
const MAX_ENTRIES: usize = 200;

/// What was in a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sight {
    /// Nothing.
    Nothing,
    /// A file with this hash.
    File(Hash),
    /// A link; the hash of where it leads.
    Link(Hash),
    /// A folder; the hash of its list.
    Folder(Hash),
    /// Something else, or it cannot be read.
    Unreadable,
}

/// Files that were read, so that they are not read again until they change.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<PathBuf, (Stamp, Sight)>);

impl Seen {
    /// Looks.
    pub(super) fn look(&mut self, path: &Path) -> Sight {
        let metadata = match path.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if is_absent(&error) => return Sight::Nothing,
            Err(_) => return Sight::Unreadable,
        };
        if metadata.is_symlink() {
            let Ok(to) = path.read_link() else {
                return Sight::Unreadable;
            };
            return Sight::Link(Hash::of(to.as_os_str().as_encoded_bytes()));
        }
        if metadata.is_dir() {
            return self.folder(path);
        }
        let now = stamp(&metadata);
        if let Some((_, sight)) = self.0.get(path).filter(|(known, _)| *known == now) {
            return sight.clone();
        }
        let (stamp, sight) = match read(path) {
            Ok((stamp, hash)) => (stamp, Sight::File(hash)),
            Err(OpenError::Missing) => return Sight::Nothing,
            Err(_) => return Sight::Unreadable,
        };
        self.0.insert(path.to_owned(), (stamp, sight.clone()));
        sight
    }

    fn folder(&mut self, path: &Path) -> Sight {
        let Ok(entries) = path.read_dir() else {
            return Sight::Unreadable;
        };
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        names.truncate(MAX_ENTRIES);
        let mut list = Vec::new();
        for name in names {
            let entry = path.join(&name);
            // Settings lie in files; what lies deeper is not read by anybody.
            let sight = if entry.is_dir() {
                Sight::Unreadable
            } else {
                self.look(&entry)
            };
            list.extend(name.as_encoded_bytes());
            list.push(0);
            list.extend(format!("{sight:?}").into_bytes());
            list.push(0);
        }
        Sight::Folder(Hash::of(&list))
    }
}

/// The stamp is taken before the file is read: what changes meanwhile is read again.
fn read(path: &Path) -> Result<(Stamp, Hash), OpenError> {
    let (mut file, metadata) = open_regular(path)?;
    let mut hash = Context::new(&SHA256);
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => hash.update(chunk.get(..length).unwrap_or(&[])),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    let digest = hash.finish();
    let bytes = digest.as_ref().try_into().unwrap_or([0; 32]);
    Ok((stamp(&metadata), Hash(bytes)))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sort_of_thing_is_one_word() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let mut seen = Seen::default();
        assert_eq!(seen.look(&path("a")), Sight::Nothing);
        std::fs::write(path("a"), "one").unwrap();
        assert_eq!(seen.look(&path("a")), Sight::File(Hash::of(b"one")));
        assert_eq!(seen.look(&path("a/b")), Sight::Nothing);
        // The same length, put in its place.
        std::fs::write(path("new"), "two").unwrap();
        std::fs::rename(path("new"), path("a")).unwrap();
        assert_eq!(seen.look(&path("a")), Sight::File(Hash::of(b"two")));
        std::os::unix::fs::symlink("/dev/null", path("masked")).unwrap();
        let masked = seen.look(&path("masked"));
        assert_eq!(masked, Sight::Link(Hash::of(b"/dev/null")));
        std::fs::create_dir(path("unit.d")).unwrap();
        let empty = seen.look(&path("unit.d"));
        std::fs::write(path("unit.d/x.conf"), "[Service]").unwrap();
        let one = seen.look(&path("unit.d"));
        std::fs::write(path("unit.d/x.conf"), "[Service]\nA=b").unwrap();
        let other = seen.look(&path("unit.d"));
        assert!(empty != one && one != other && empty != other);
        assert_eq!(seen.look(Path::new("/dev/null")), Sight::Unreadable);
        let text = serde_json::to_string(&Sight::Nothing).unwrap();
        assert_eq!(text, "\"nothing\"");
    }
}
