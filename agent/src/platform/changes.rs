//! Word from the system that something changed: in a folder or a file, or in the table of mounts.
//!
//! Promises: a change that comes between two waits is told at the next; many at once are told as one,
//! an overflow of the queue among them, so whoever is told must look anew at all of it. Refuses: to
//! say what changed, or to watch folders within folders.

use std::io;

use thiserror::Error;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::{FolderChanges, MountChanges};

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
pub use unsupported::{FolderChanges, MountChanges};

/// Which changes are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Names that come into a folder, or go.
    Names,
    /// The same, and files in it that were written; of a file: that it was written.
    Writes,
    /// Of a file: that somebody opened it.
    Opens,
}

/// Why changes are not told.
#[derive(Debug, Error)]
pub enum ChangesError {
    /// The system has no such word.
    #[error("this system does not tell of changes")]
    Unsupported,
    /// The system refused.
    #[error("the system does not tell of changes: {0}")]
    Io(#[from] io::Error),
}
