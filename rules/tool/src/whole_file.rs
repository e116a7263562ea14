//! Files, read and written whole: a file that is written is there whole or not at all.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {source}; name a file that you may read", .path.display())]
pub(crate) struct UnreadableError {
    path: PathBuf,
    source: io::Error,
}

/// A file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}; name a place where you may write", .path.display())]
pub(crate) struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, UnreadableError> {
    std::fs::read(path).map_err(|source| UnreadableError {
        path: path.to_owned(),
        source,
    })
}

/// Writes a file, readable by everybody whom the folder lets in.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    whole(path, bytes).map_err(|source| WriteError {
        path: path.to_owned(),
        source,
    })
}

fn whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    // Removed again unless it gets to its place.
    let temporary = tempfile::TempPath::try_from_path(temporary)?;
    let mut file = std::fs::File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    temporary.persist(path)?;
    Ok(())
}
