//! Files that every account may read and only the administrator may write.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a file could not be read, written or removed.
#[derive(Debug, Error)]
#[error("cannot {doing} {}: {source}{}", .path.display(), hint(.source))]
pub struct FileError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => "; run this as root (sudo)",
        io::ErrorKind::StorageFull => "; make room on the disk and run this again",
        io::ErrorKind::ReadOnlyFilesystem => {
            "; this part of the system cannot be written: make it writable first"
        }
        _ => "; mend that and run this again",
    }
}

impl FileError {
    fn new(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self {
            doing,
            path: path.to_owned(),
            source,
        }
    }
}

/// A file's bytes; `None` if there is none.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(FileError::new("read", path, error)),
    }
}

/// The absolute path of a folder that is there.
pub fn absolute(path: &Path) -> Result<PathBuf, FileError> {
    path.canonicalize()
        .map_err(|error| FileError::new("find", path, error))
}

/// Writes a file whole or not at all. Its folder must be there.
pub fn write(path: &Path, bytes: &[u8], mode: Mode) -> Result<(), FileError> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let attempt = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        set_mode(file.path(), mode)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    attempt().map_err(|error| FileError::new("write", path, error))
}

/// Who may do what with a file that this writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Everybody reads it.
    Read,
    /// Everybody reads and runs it.
    Run,
}

/// Makes a folder and those above it; gives those that were not there, the outermost first.
pub fn make_folders(path: &Path) -> Result<Vec<PathBuf>, FileError> {
    let missing: Vec<&Path> = path
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .collect();
    let mut made = Vec::new();
    for folder in missing.into_iter().rev() {
        std::fs::create_dir(folder)
            .and_then(|()| set_mode(folder, Mode::Run))
            .map_err(|error| FileError::new("make", folder, error))?;
        made.push(folder.to_owned());
    }
    Ok(made)
}

/// Removes a file; it is no fault if there is none.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match std::fs::remove_file(path) {
        Err(error) if !is_absent(&error) => Err(FileError::new("remove", path, error)),
        _ => Ok(()),
    }
}

/// Removes a folder if nothing is in it.
pub fn remove_if_empty(folder: &Path) -> Result<(), FileError> {
    match std::fs::remove_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        Err(error) if !is_absent(&error) => Err(FileError::new("remove", folder, error)),
        _ => Ok(()),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: Mode) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let bits = match mode {
        Mode::Read => 0o644,
        Mode::Run => 0o755,
    };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(bits))
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: Mode) -> io::Result<()> {
    // Elsewhere the folder's own access list is inherited.
    Ok(())
}
