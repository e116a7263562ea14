//! Nobody taught the agent this system.

use std::io;
use std::path::PathBuf;

use super::How;

/// No process: it cannot be made.
#[derive(Debug)]
pub enum Other {}

impl Other {
    /// Not here.
    pub fn open(_pid: u32) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        match *self {}
    }

    /// The file of its program.
    #[must_use]
    pub fn program(&self) -> Option<PathBuf> {
        match *self {}
    }

    /// Waits for its end.
    pub fn wait(&self) -> io::Result<How> {
        match *self {}
    }

    /// The same, without blocking others.
    pub async fn ended(&self) -> io::Result<How> {
        match *self {}
    }
}
