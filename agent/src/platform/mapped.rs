//! Large files that are read in place: the lists of an order.
//!
//! Promises: the memory belongs to the file, so the system can take it back and fetch it again.
//! Refuses nothing: whoever maps a file says by that that nobody shortens it. The agent maps
//! only files of its own state directory, which it writes whole and replaces by renaming.

use std::io;
use std::path::Path;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix::Mapping;

#[cfg(not(unix))]
mod read;
#[cfg(not(unix))]
use read::Mapping;

/// The bytes of a file.
#[derive(Debug)]
pub struct Mapped(Mapping);

impl Mapped {
    /// Maps a whole file.
    pub fn open(path: &Path) -> io::Result<Self> {
        Mapping::open(path).map(Self)
    }

    /// Lets the system have the memory back until bytes are read again. For files that were read
    /// through once and are seldom looked into afterwards.
    pub fn let_go(&self) {
        self.0.let_go();
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proviso_rules::ListBytes;

    use super::*;

    #[test]
    fn shows_a_file_as_it_was_mapped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list");
        let text = "example.org\n".repeat(10_000);
        std::fs::write(&path, &text).unwrap();
        let mapped: ListBytes = Arc::new(Mapped::open(&path).unwrap());
        // Replaced, not rewritten: the old bytes stay with who maps them.
        crate::files::write_private(&path, b"new").unwrap();
        assert_eq!((*mapped).as_ref(), text.as_bytes());
        assert_eq!(Mapped::open(&path).unwrap().as_ref(), b"new");
    }

    #[test]
    fn what_was_let_go_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list");
        let text = "example.org\n".repeat(10_000);
        std::fs::write(&path, &text).unwrap();
        let mapped = Mapped::open(&path).unwrap();
        for _ in 0..2 {
            assert_eq!(mapped.as_ref(), text.as_bytes());
            mapped.let_go();
        }
        std::fs::write(&path, b"").unwrap();
        Mapped::open(&path).unwrap().let_go();
    }

    #[test]
    fn an_empty_file_is_no_bytes_and_a_missing_one_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list");
        assert!(Mapped::open(&path).is_err());
        assert!(Mapped::open(dir.path()).is_err());
        std::fs::write(&path, b"").unwrap();
        assert_eq!(Mapped::open(&path).unwrap().as_ref(), b"");
    }
}
