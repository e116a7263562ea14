//! The socket on which browsers' hosts and `proviso-agent status` reach the running agent.
//!
//! Promises: the account on the other end is what the kernel says, never what the other end
//! says. Refuses: to take the socket from an agent that still answers on it.

use std::io;
use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};

use thiserror::Error;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::{Listener, Stream, connect, standard_streams};

#[cfg(target_os = "linux")]
mod connections;

#[cfg(not(unix))]
mod unsupported;
#[cfg(not(unix))]
pub use unsupported::{Listener, Stream, connect, standard_streams};

/// Who is on the other end of a connection, by the kernel's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Numeric user id.
    pub uid: u32,
}

impl Peer {
    /// The name of the account, if this computer knows one for the id.
    pub fn account(self) -> Option<String> {
        let users = sysinfo::Users::new_with_refreshed_list().ok()?;
        let uid = self.uid.to_string();
        let user = users.iter().find(|user| user.id().to_string() == uid)?;
        Some(user.name().to_owned())
    }
}

/// The program that started this process, where the system tells.
pub fn parent_program() -> Option<PathBuf> {
    #[cfg(target_os = "linux")]
    {
        let parent = std::os::unix::process::parent_id();
        std::fs::read_link(format!("/proc/{parent}/exe")).ok()
    }
    #[cfg(not(target_os = "linux"))]
    {
        None
    }
}

/// Whose program made this connection on this computer: from `peer` to our own end `own`. `None`: the
/// system does not know it.
pub fn owner_of_connection(peer: SocketAddrV4, own: SocketAddrV4) -> io::Result<Option<u32>> {
    #[cfg(target_os = "linux")]
    {
        connections::owner(Path::new("/proc/self/net/tcp"), peer, own)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ends = (peer, own);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Why the agent's socket could not be opened.
#[derive(Debug, Error)]
pub enum BindError {
    /// Another agent answers on it.
    #[error(
        "another proviso-agent is already running on {}; stop it first, or give this one another --state directory",
        .0.display()
    )]
    InUse(PathBuf),
    /// The system refused.
    #[error("cannot open the agent's socket {}: {source}; check that the state directory exists and belongs to the account the agent runs as", .path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl BindError {
    fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}
