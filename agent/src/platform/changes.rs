//! Word from the system that something changed: in a folder or a file, or in the table of mounts.
//!
//! Promises: a change is told after it can be seen, and one that comes while nobody waits is told to
//! the next who does; many at once are told as one. At rest nothing wakes who waits, and there is no
//! thread. Refuses: to say what became of what changed: whoever is told looks for itself; and to watch
//! folders within folders.

use std::ffi::OsStr;
use std::path::Path;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::{Changes, MountChanges, wait};

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
pub use unsupported::{Changes, MountChanges, wait};

/// Which changes are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Names that come into a folder, or go.
    Names,
    /// The same, and files in it that were written and closed, or whose rights changed.
    Finished,
    /// Names, and each write into a file of the folder; of a file: each write into it, its rights, and
    /// that it goes.
    Writes,
    /// Of a file: that somebody opened it.
    Opens,
}

/// Something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed<'a> {
    /// What has this name in this folder.
    In(&'a Path, &'a OsStr),
    /// A folder or file that is watched, itself.
    Itself,
    /// More than the system could hold: anything may have.
    Anything,
}
