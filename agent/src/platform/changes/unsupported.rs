//! Systems whose word is not taken yet: opening fails, so nothing after it can be reached.

use std::io;
use std::path::Path;

use super::{ChangesError, Told};

/// Cannot exist.
#[derive(Debug)]
pub enum FolderChanges {}

impl FolderChanges {
    /// Always refuses.
    pub fn open() -> Result<Self, ChangesError> {
        Err(ChangesError::Unsupported)
    }

    /// Cannot be called.
    pub fn watch(&self, _path: &Path, _told: Told) -> io::Result<()> {
        match *self {}
    }

    /// Cannot be called.
    pub async fn next(&mut self) -> io::Result<()> {
        match *self {}
    }
}

/// Cannot exist.
#[derive(Debug)]
pub enum MountChanges {}

impl MountChanges {
    /// Always refuses.
    pub fn open() -> Result<Self, ChangesError> {
        Err(ChangesError::Unsupported)
    }

    /// Cannot be called.
    pub async fn next(&mut self) -> io::Result<()> {
        match *self {}
    }
}
