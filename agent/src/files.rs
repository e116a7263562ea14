//! Files of the state directory that nobody but the agent's user may read.

use std::io;
use std::path::Path;

/// Writes a file whole or not at all, readable and writable by its owner only, synced.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    // Made with mode 0600 where there are modes.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
