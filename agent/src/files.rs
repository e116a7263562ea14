//! Files of the state directory that nobody but the agent's user may read.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file whole or not at all, readable and writable by its owner only; the file and its name
/// are durable.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    // Made with mode 0600 where there are modes.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(folder)
}

/// Makes the names of files in it durable, on systems whose folders can be opened.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder).map_or(Ok(()), |folder| folder.sync_all())
}
