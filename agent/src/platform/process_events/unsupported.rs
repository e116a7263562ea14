//! Systems whose events are not taken yet: opening fails, so nothing after it can be reached.

use std::io;

use super::{Event, EventsError};

/// Cannot exist.
#[derive(Debug)]
pub enum Events {}

impl Events {
    /// Always refuses.
    pub fn open() -> Result<Self, EventsError> {
        Err(EventsError::Unsupported)
    }

    /// Cannot be called.
    pub async fn next(&mut self) -> io::Result<Event> {
        match *self {}
    }
}
