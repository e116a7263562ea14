//! A running program, looked at fast: many are gone a millisecond after they began.
//!
//! Promises: the file is held by the process and not by its path, so a program that was replaced or
//! deleted since is still the one that runs. Looking never waits for a file system that a person
//! runs; only [`ProgramFile::open`] may, and belongs on a thread of its own. Refuses: to read
//! anything of a process before the caller has said that its owner may be looked at.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use thiserror::Error;

use super::accounts::Owner;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "linux")]
pub use linux::ProgramFile;

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
use unsupported as system;
#[cfg(not(target_os = "linux"))]
pub use unsupported::ProgramFile;

/// A process as it was when it was looked at.
#[derive(Debug)]
pub struct Running {
    /// Who started it.
    pub owner: Owner,
    /// The process that started it; `None`: the system.
    pub parent: Option<u32>,
    /// When it started, in whole seconds since boot.
    pub since_boot: u64,
    /// The system's short name for it, cut at 15 bytes.
    pub name: OsString,
    /// How it was started, the program's name first.
    pub args: Vec<OsString>,
    /// What it runs; `None`: it has ended and was not waited for.
    pub file: Option<ProgramFile>,
}

/// Names what a file holds: another content has another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileKey {
    /// The device, in two numbers.
    pub device: (u32, u32),
    /// The number of the file on it.
    pub inode: u64,
    /// Its length.
    pub size: u64,
    /// When its content changed, in seconds and nanoseconds: anybody can set this one,
    pub modified: (i64, u32),
    /// and when anything of it did: nobody can set this one.
    pub changed: (i64, u32),
}

/// What became of a look.
#[derive(Debug)]
pub enum Look {
    /// It is one of those who were asked for.
    Theirs(Box<Running>),
    /// It is somebody else's, and was not looked at.
    Others,
    /// It is gone, or it is a part of the system itself.
    Gone,
    /// This system cannot be asked in this way.
    Unsupported,
}

/// Why a program's file is not read.
#[derive(Debug, Error)]
pub enum FileError {
    /// It lies where another program or computer answers for it, and may never.
    #[error("it is not on a disk of this computer")]
    NotLocal,
    /// A pipe, a device.
    #[error("it is not a regular file")]
    NotAFile,
    /// The system refused.
    #[error("it cannot be opened: {0}")]
    Io(#[from] io::Error),
}

/// Looks at a process; `theirs`: may what this owner runs be looked at?
pub fn look(pid: u32, theirs: impl FnOnce(Owner) -> bool) -> Look {
    system::look(pid, theirs)
}

/// The key of the file that lies at this path, as seen from the agent.
pub fn key_at(path: &Path) -> Option<FileKey> {
    system::key_at(path)
}
