//! Unix domain socket.

use std::fs::Permissions;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{BindError, Peer};

/// One connection.
pub type Stream = tokio::net::UnixStream;

/// Accepts connections; removes its socket file when dropped.
#[derive(Debug)]
pub struct Listener {
    inner: tokio::net::UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Opens the socket, replacing one that a killed agent left behind.
    ///
    /// Every account may connect: a browser runs as the account it belongs to. What a connection
    /// may do is decided by the account at its other end.
    pub fn bind(path: &Path) -> Result<Self, BindError> {
        match std::os::unix::net::UnixStream::connect(path) {
            Ok(_) => return Err(BindError::InUse(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                std::fs::remove_file(path).map_err(|e| BindError::io(path, e))?;
            }
            Err(_) => {}
        }
        let inner = tokio::net::UnixListener::bind(path).map_err(|e| BindError::io(path, e))?;
        std::fs::set_permissions(path, Permissions::from_mode(0o666))
            .map_err(|e| BindError::io(path, e))?;
        Ok(Self {
            inner,
            path: path.to_owned(),
        })
    }

    /// The next connection and who made it.
    pub async fn accept(&self) -> io::Result<(Stream, Peer)> {
        let (stream, _) = self.inner.accept().await?;
        let uid = stream.peer_cred()?.uid();
        Ok((stream, Peer { uid }))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // A file left behind is replaced at the next start.
        drop(std::fs::remove_file(&self.path));
    }
}

/// Connects to a running agent.
pub async fn connect(path: &Path) -> io::Result<Stream> {
    Stream::connect(path).await
}

/// This process's standard input and output, to be read and written without blocking others.
pub fn standard_streams() -> io::Result<(tokio::fs::File, tokio::fs::File)> {
    let file = |fd: OwnedFd| tokio::fs::File::from_std(std::fs::File::from(fd));
    Ok((
        file(io::stdin().as_fd().try_clone_to_owned()?),
        file(io::stdout().as_fd().try_clone_to_owned()?),
    ))
}
