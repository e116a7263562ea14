//! Systems without `mmap`: the file is read into memory.

use std::io;
use std::path::Path;

/// The bytes of a file.
#[derive(Debug)]
pub(super) struct Mapping(Vec<u8>);

impl Mapping {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        std::fs::read(path).map(Self)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// There is no file to read it from again.
    pub(super) const fn let_go(&self) {}
}
