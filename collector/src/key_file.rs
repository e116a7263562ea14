//! Files of keys.
//!
//! Promises: a key is 0600, whole or not there at all, never over another, and durable before it is used. Two
//! processes that make the same one at the same moment agree on which it is.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// What could not be done.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {path}: {why}")]
pub struct KeyFileError {
    /// Verb.
    pub what: &'static str,
    /// Which file.
    pub path: PathBuf,
    /// What the system says.
    pub why: io::Error,
}

/// Keeps a key in this file, unless there is one already.
pub fn make(path: &Path, key: &[u8]) -> Result<(), KeyFileError> {
    let new = path.with_extension(format!("new.{}", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| {
            file.write_all(key)?;
            file.sync_all()
        });
    written.map_err(cannot("write", &new))?;
    let linked = std::fs::hard_link(&new, path);
    let removed = std::fs::remove_file(&new);
    if let Err(why) = linked
        && why.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(cannot("write", path)(why));
    }
    removed.map_err(cannot("remove", &new))?;
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(cannot("sync", folder))
}

fn cannot(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyFileError {
    let path = path.to_owned();
    move |why| KeyFileError { what, path, why }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_kept_once_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("some.key");
        make(&path, b"first").unwrap();
        make(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        let nowhere = dir.path().join("none").join("some.key");
        let why = make(&nowhere, b"first").unwrap_err();
        assert_eq!(why.what, "write");
    }
}
