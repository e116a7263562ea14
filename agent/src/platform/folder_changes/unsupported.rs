//! Systems that are not asked yet: nothing is told, and whoever waits looks from time to time.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

/// Watches nothing.
#[derive(Debug)]
pub struct FolderChanges;

impl FolderChanges {
    /// Always refuses.
    pub fn of<'a>(_folders: impl IntoIterator<Item = &'a Path>) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Never answers.
    pub async fn next(&mut self, _counts: impl Fn(&OsStr) -> bool) -> io::Result<()> {
        std::future::pending().await
    }
}
