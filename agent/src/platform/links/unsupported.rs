//! Systems whose interfaces are not looked at yet.

use std::io;

use super::{Link, LinksError, Neighbour, Route, Told};

/// Cannot exist.
#[derive(Debug)]
pub enum Links {}

impl Links {
    /// Always refuses.
    pub fn open() -> Result<Self, LinksError> {
        Err(LinksError::Unsupported)
    }

    /// Cannot be called.
    pub async fn next(&mut self) -> io::Result<Told> {
        match *self {}
    }
}

pub(super) fn links() -> Result<Vec<Link>, LinksError> {
    Err(LinksError::Unsupported)
}

pub(super) fn routes() -> Result<Vec<Route>, LinksError> {
    Err(LinksError::Unsupported)
}

pub(super) fn neighbours() -> Result<Vec<Neighbour>, LinksError> {
    Err(LinksError::Unsupported)
}

pub(super) fn wireless() -> Result<Vec<(u32, Vec<u8>)>, LinksError> {
    Err(LinksError::Unsupported)
}
