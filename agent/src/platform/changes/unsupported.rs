//! Systems whose word is not taken yet: opening fails, so nothing after it can be reached.

use std::io;
use std::path::Path;

use super::{Changed, Told};

/// Cannot exist.
#[derive(Debug)]
pub enum Changes {}

impl Changes {
    /// Always refuses.
    pub fn open() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Always refuses.
    pub fn of<'a>(_folders: impl IntoIterator<Item = &'a Path>, _told: Told) -> io::Result<Self> {
        Self::open()
    }

    /// Cannot be called.
    pub fn watch(&mut self, _path: &Path, _told: Told) -> io::Result<()> {
        match *self {}
    }

    /// Cannot be called.
    pub fn clear(&mut self) {
        match *self {}
    }

    /// Cannot be called.
    pub async fn next(&mut self, _counts: impl Fn(Changed<'_>) -> bool) -> io::Result<()> {
        match *self {}
    }
}

/// Always refuses.
pub fn wait(_file: &Path, _done: impl FnMut() -> bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Cannot exist.
#[derive(Debug)]
pub enum MountChanges {}

impl MountChanges {
    /// Always refuses.
    pub fn open() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Cannot be called.
    pub async fn next(&mut self) -> io::Result<()> {
        match *self {}
    }
}
