//! Files of the state directory that every account of the computer may read, and only the
//! agent's user may write.

use std::io::{self, Write};
use std::path::Path;

/// Makes a folder that everybody may enter and list.
pub fn folder(path: &Path) -> io::Result<()> {
    match std::fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    readable(path, true)
}

/// Writes a file whole or not at all, readable by everybody.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    readable(file.path(), false)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(unix)]
fn readable(path: &Path, folder: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = if folder { 0o755 } else { 0o644 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn readable(_path: &Path, _folder: bool) -> io::Result<()> {
    // Elsewhere the folder's own access list is inherited.
    Ok(())
}
