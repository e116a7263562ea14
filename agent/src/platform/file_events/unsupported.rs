//! Nobody taught the agent this system.

use std::io;
use std::path::Path;

use super::Changed;

/// Tells nothing: it cannot be made.
#[derive(Debug)]
pub enum FileEvents {}

impl FileEvents {
    /// Not here.
    pub fn new() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Watches a folder.
    pub fn watch_folder(&mut self, _folder: &Path) -> io::Result<()> {
        match *self {}
    }

    /// Watches a file.
    pub fn watch_file(&mut self, _file: &Path) -> io::Result<()> {
        match *self {}
    }

    /// Watches nothing any more.
    pub fn clear(&mut self) {
        match *self {}
    }

    /// What changed next.
    pub async fn next(&mut self) -> io::Result<Vec<Changed>> {
        match *self {}
    }
}

/// Not here.
pub fn wait(_file: &Path, _done: impl FnMut() -> bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
