//! What the running programs of an account have open, and how they were started: finds browser
//! databases outside of the usual places.
//!
//! Refuses: to look at programs of other accounts.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use super::accounts::Owner;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
use unsupported as system;

/// A running program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its file.
    pub exe: PathBuf,
    /// How it was started, the program's name first.
    pub args: Vec<OsString>,
    /// Those of its open files that were asked for.
    pub files: Vec<PathBuf>,
}

/// The running programs of an account, each with its open files of the given names.
pub fn of_account(owner: Owner, names: &[&str]) -> io::Result<Vec<Program>> {
    system::of_account(owner, names)
}
