//! Systems whose volumes are not told yet.

use std::io;

use super::{Mount, MountsError};

/// Cannot exist.
#[derive(Debug)]
pub enum Changes {}

impl Changes {
    /// Always refuses.
    pub fn open() -> Result<Self, MountsError> {
        Err(MountsError::Unsupported)
    }

    /// Cannot be called.
    pub async fn next(&mut self) -> io::Result<()> {
        match *self {}
    }
}

/// Always refuses.
pub fn list() -> Result<Vec<Mount>, MountsError> {
    Err(MountsError::Unsupported)
}
