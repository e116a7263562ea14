//! Nobody taught the agent this system: a lock that is taken says nothing to others.

use std::io;
use std::path::Path;

use super::LockError;

/// Held by nobody but in name.
#[derive(Debug)]
pub struct Lock(());

impl Lock {
    /// Always.
    pub fn take(_path: &Path) -> Result<Self, LockError> {
        Ok(Self(()))
    }

    /// To nobody.
    pub fn say(&self, _word: &str) -> io::Result<()> {
        Ok(())
    }
}

/// It cannot be known.
pub fn holder(_path: &Path) -> io::Result<Option<(u32, String)>> {
    Err(io::ErrorKind::Unsupported.into())
}
