//! Systems whose events are not taken yet: opening fails, so nothing after it can be reached.

use std::io;

use super::{Told, UeventsError};

/// Cannot exist.
#[derive(Debug)]
pub enum Uevents {}

impl Uevents {
    /// Always refuses.
    pub fn open() -> Result<Self, UeventsError> {
        Err(UeventsError::Unsupported)
    }

    /// Cannot be called.
    pub async fn next(&mut self) -> io::Result<Told> {
        match *self {}
    }
}
