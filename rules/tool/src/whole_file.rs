//! Files, read and written whole: a file that is written is there whole or not at all.
//!
//! Refuses: to read what is no plain file, and more of one than it may have; to write over what is there
//! unaskedly; and, asked or not, over a signature, an order, what the command itself reads, a link or a
//! device.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use proviso_rules::order::limits;

/// How many bytes of a file are looked at to see what it is.
const HEAD: u64 = 4096;
/// The longest file that others publish, in bytes.
pub(crate) const PUBLISHED: u64 = 1 << 30;
/// The longest file of a bundle, and of records, in bytes.
pub(crate) const EVIDENCE: u64 = 4 << 30;
/// The longest list of any kind, in bytes: for whoever does not know its kind.
pub(crate) const ANY_LIST: u64 = 2 * limits::LIST_BYTES;
/// The longest statement or signature, in bytes: as an order.
pub(crate) const STATEMENT: u64 = 1 << 20;

/// A file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {source}; name a file that you may read", .path.display())]
pub(crate) struct UnreadableError {
    path: PathBuf,
    source: io::Error,
}

/// A file cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error("cannot write {}: {source}; name a place where you may write", .path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} is there already: name another file, or remove it first", .0.display())]
    There(PathBuf),
    #[error("{} is there already: name another file, or write over it with --replace", .0.display())]
    Replace(PathBuf),
    #[error("{} is {what}, and that is never written over: name another file", .path.display())]
    Never { path: PathBuf, what: &'static str },
}

/// Reads a plain file that has at most so many bytes.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, UnreadableError> {
    bounded(path, most).map_err(|source| UnreadableError {
        path: path.to_owned(),
        source,
    })
}

/// The same, with the system's own error: a pipe could keep it waiting, a device has no end.
pub(crate) fn bounded(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        return Err(io::Error::other("it is no plain file"));
    }
    let mut bytes = Vec::new();
    // What it says of itself saves the reading; it can grow while it is read.
    if about.len() <= most {
        let mut file = File::open(path)?.take(most.saturating_add(1));
        file.read_to_end(&mut bytes)?;
    }
    if about.len().max(bytes.len() as u64) > most {
        let words = format!("it has more than {most} bytes, the most that it may have");
        return Err(io::Error::other(words));
    }
    Ok(bytes)
}

/// Writes a file that is not there yet, readable by everybody whom the folder lets in.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    if path.symlink_metadata().is_ok() {
        return Err(WriteError::There(path.to_owned()));
    }
    whole(path, bytes, false)
}

/// The same for a file that may be there. It is written over if it was asked for, and if it is none
/// of those that the command reads.
pub(crate) fn write_over(
    path: &Path,
    bytes: &[u8],
    replace: bool,
    reads: &[PathBuf],
) -> Result<(), WriteError> {
    let never = |what| WriteError::Never {
        path: path.to_owned(),
        what,
    };
    let Ok(about) = path.symlink_metadata() else {
        return whole(path, bytes, false);
    };
    if !about.is_file() {
        return Err(never("no plain file (a link, a folder or a device)"));
    }
    let same = |other: &PathBuf| {
        let (one, other) = (path.canonicalize(), other.canonicalize());
        one.is_ok_and(|one| other.is_ok_and(|other| one == other))
    };
    if reads.iter().any(same) {
        return Err(never("what this command reads"));
    }
    let head = head(path).map_err(|source| WriteError::Io {
        path: path.to_owned(),
        source,
    })?;
    if path.extension().is_some_and(|ending| ending == "sig") || head.contains("SSH SIGNATURE") {
        return Err(never("a signature"));
    }
    let mut lines = head.lines();
    if lines.any(|line| line.trim_start().starts_with("format") && line.contains("\"proviso-")) {
        return Err(never("an order or an update of a list"));
    }
    if replace {
        return whole(path, bytes, true);
    }
    match bounded(path, bytes.len() as u64) {
        Ok(there) if there == bytes => Ok(()),
        _ => Err(WriteError::Replace(path.to_owned())),
    }
}

/// The first bytes of a file, as text.
fn head(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn whole(path: &Path, bytes: &[u8], replace: bool) -> Result<(), WriteError> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let temporary = PathBuf::from(temporary);
    let mut file = File::create_new(&temporary).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => WriteError::There(temporary.clone()),
        _ => WriteError::Io {
            path: path.to_owned(),
            source,
        },
    })?;
    let mut put = || {
        // Removed again unless it gets to its place.
        let temporary = tempfile::TempPath::try_from_path(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        if replace {
            temporary.persist(path)?;
        } else {
            temporary.persist_noclobber(path)?;
        }
        Ok(())
    };
    put().map_err(|source| WriteError::Io {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_may_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("order.toml");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(bounded(&path, 5).unwrap(), b"12345");
        let words = bounded(&path, 4).unwrap_err().to_string();
        assert!(words.contains("more than 4 bytes"), "{words}");
        let words = bounded(folder.path(), 4).unwrap_err().to_string();
        assert!(words.contains("no plain file"), "{words}");
    }
}
