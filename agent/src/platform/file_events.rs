//! The system's word that something changed in a folder, or in one file.
//!
//! Promises: nothing wakes who waits but a change; an overflow is told. Refuses: to say what
//! changed beyond the name: whoever is told looks for itself.

use std::ffi::OsString;
use std::path::PathBuf;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::{FileEvents, wait};

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
pub use unsupported::{FileEvents, wait};

/// Something changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// What has this name in this folder.
    In(PathBuf, OsString),
    /// The folder or file itself.
    Itself(PathBuf),
    /// More than the system could hold: anything may have.
    Anything,
}
