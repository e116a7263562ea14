//! Tells the system's service manager that the agent lives, where it asked for that (sd_notify(3)).
//!
//! Promises: a few bytes to the manager's own socket. An agent that is stopped or hangs says nothing,
//! and the manager ends it and starts it again (`WatchdogSec=` of the unit).

/// The service manager.
#[derive(Debug)]
pub struct Manager(Option<system::Socket>);

impl Manager {
    /// Of this process, if it has one that wants to be told.
    #[must_use]
    pub fn of_this() -> Self {
        Self(system::Socket::of_this())
    }

    /// The agent lives.
    pub fn lives(&self) {
        if let Some(socket) = &self.0 {
            socket.send(b"WATCHDOG=1");
        }
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::ffi::OsStr;
    use std::io;
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    #[derive(Debug)]
    pub(super) struct Socket(UnixDatagram);

    impl Socket {
        pub(super) fn of_this() -> Option<Self> {
            // Without this the manager does not wait for it.
            std::env::var_os("WATCHDOG_USEC")?;
            let address = std::env::var_os("NOTIFY_SOCKET")?;
            Self::to(&address)
                .inspect_err(|error| tracing::warn!(%error, "the service manager cannot be told"))
                .ok()
        }

        pub(super) fn to(address: &OsStr) -> io::Result<Self> {
            let address = match address.as_bytes() {
                [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
                _ => SocketAddr::from_pathname(address)?,
            };
            let socket = UnixDatagram::unbound()?;
            socket.set_nonblocking(true)?;
            socket.connect_addr(&address)?;
            Ok(Self(socket))
        }

        pub(super) fn send(&self, message: &[u8]) {
            // It is told again with the next heartbeat.
            let _ = self.0.send(message);
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_manager_hears_it() {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("notify");
            let manager = UnixDatagram::bind(&path).unwrap();
            Socket::to(path.as_os_str()).unwrap().send(b"WATCHDOG=1");
            let mut heard = [0; 64];
            let length = manager.recv(&mut heard).unwrap();
            assert_eq!(&heard[..length], b"WATCHDOG=1");
            assert!(Socket::to(OsStr::new("@proviso-nobody-is-here")).is_err());
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    /// Nobody taught the agent this system.
    #[derive(Debug)]
    pub(super) enum Socket {}

    impl Socket {
        pub(super) fn of_this() -> Option<Self> {
            None
        }

        pub(super) fn send(&self, _message: &[u8]) {
            match *self {}
        }
    }
}
