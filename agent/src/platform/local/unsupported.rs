//! Systems without Unix domain sockets: opening fails, so nothing after it can be reached.

use std::io;
use std::path::Path;

use super::{BindError, Peer};

/// Cannot exist.
pub type Stream = tokio::io::DuplexStream;

/// Cannot exist.
#[derive(Debug)]
pub enum Listener {}

impl Listener {
    /// Always refuses.
    pub fn bind(path: &Path) -> Result<Self, BindError> {
        Err(BindError::io(path, io::ErrorKind::Unsupported.into()))
    }

    /// Cannot be called.
    pub async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match *self {}
    }
}

/// Always refuses.
pub async fn connect(_path: &Path) -> io::Result<Stream> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Always refuses.
pub fn standard_streams() -> io::Result<(tokio::fs::File, tokio::fs::File)> {
    Err(io::ErrorKind::Unsupported.into())
}
