//! Files of the supervised person, opened by an agent that may open anything.
//!
//! Promises: what is opened is a regular file that belongs to the account it is looked for under.
//! Refuses: links, devices and pipes in its place, and files of other accounts: a person who puts
//! them there must not make the agent read what is not theirs, or wait for ever.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::accounts::Owner;

/// Why a file of an account is not opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// There is none.
    #[error("it does not exist")]
    Missing,
    /// A link, a folder, a device or a pipe.
    #[error("it is not a regular file")]
    NotAFile,
    /// It is another account's.
    #[error("it belongs to another account")]
    Foreign,
    /// The system refused.
    #[error("it cannot be opened: {0}")]
    Io(io::Error),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound {
            Self::Missing
        } else {
            Self::Io(error)
        }
    }
}

/// Opens a file of that account to read it.
pub fn open_owned(path: &Path, owner: Owner) -> Result<(File, Metadata), OpenError> {
    let file = open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(OpenError::NotAFile);
    }
    if !owned(&metadata, owner) {
        return Err(OpenError::Foreign);
    }
    Ok((file, metadata))
}

/// Names a file or folder for as long as it exists, wherever it is moved.
pub fn identity(metadata: &Metadata) -> (u64, u64) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        (metadata.dev(), metadata.ino())
    }
    #[cfg(not(unix))]
    {
        let created = metadata.created().ok();
        let since = created.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let since = since.unwrap_or_default();
        (since.as_secs(), u64::from(since.subsec_nanos()))
    }
}

/// Names the volume that a file is on, where files say so.
pub fn volume(metadata: &Metadata) -> Option<u64> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Some(metadata.dev())
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}

/// The bytes of a path, so that it can be kept short.
pub fn path_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// The path of such bytes, or of something like it where these are none.
pub fn path_of(bytes: Vec<u8>) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt as _;
        PathBuf::from(std::ffi::OsString::from_vec(bytes))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Whose a file is, where files have owners; `None`: its folder's access list decides.
pub fn owner(metadata: &Metadata) -> Option<Owner> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Some(Owner(metadata.uid()))
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}

/// Changes with every change of a file: of what is in it, of its rights, of its place.
pub type Stamp = [i128; 5];

/// That of a file, as it is now.
pub fn stamp(metadata: &Metadata) -> Stamp {
    let (one, other) = identity(metadata);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        // When it was changed last cannot be set by anybody but through the clock.
        [
            one.into(),
            other.into(),
            metadata.size().into(),
            metadata.ctime().into(),
            metadata.ctime_nsec().into(),
        ]
    }
    #[cfg(not(unix))]
    {
        let modified = metadata.modified().ok();
        let since = modified.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let since = since.unwrap_or_default();
        [
            one.into(),
            other.into(),
            metadata.len().into(),
            since.as_secs().into(),
            since.subsec_nanos().into(),
        ]
    }
}

/// Opens a file of the system to read it; a folder, device or pipe is refused, a link too.
pub fn open_regular(path: &Path) -> Result<(File, Metadata), OpenError> {
    let file = open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() {
        Ok((file, metadata))
    } else {
        Err(OpenError::NotAFile)
    }
}

/// Does it belong to the system itself, and to nobody's account?
pub fn is_systems(metadata: &Metadata) -> bool {
    owned(metadata, Owner(0))
}

#[cfg(unix)]
fn open(path: &Path) -> Result<File, OpenError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    // Without waiting for the other end of a pipe.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    let opened = File::options().read(true).custom_flags(flags).open(path);
    opened.map_err(|error| match error.raw_os_error() {
        Some(libc::ELOOP) => OpenError::NotAFile,
        _ => error.into(),
    })
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<File, OpenError> {
    Ok(File::open(path)?)
}

#[cfg(unix)]
fn owned(metadata: &Metadata, owner: Owner) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.uid() == owner.0
}

#[cfg(not(unix))]
fn owned(_metadata: &Metadata, _owner: Owner) -> bool {
    // Elsewhere the folder's own access list decides.
    true
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn only_an_own_regular_file_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        let me = Owner(rustix::process::getuid().as_raw());
        let file = dir.path().join("History");
        std::fs::write(&file, b"x").unwrap();
        assert_eq!(open_owned(&file, me).unwrap().1.len(), 1);
        let other = Owner(me.0 + 1);
        assert!(matches!(open_owned(&file, other), Err(OpenError::Foreign)));
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(matches!(open_owned(&link, me), Err(OpenError::NotAFile)));
        let pipe = dir.path().join("pipe");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        assert!(matches!(open_owned(&pipe, me), Err(OpenError::NotAFile)));
        let folder = open_owned(dir.path(), me);
        assert!(matches!(folder, Err(OpenError::NotAFile)));
        let missing = open_owned(&dir.path().join("none"), me);
        assert!(matches!(missing, Err(OpenError::Missing)));
    }
}
