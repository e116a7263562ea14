//! Netlink sockets (Linux): what the kernel tells, and nobody else.
//!
//! Promises: a datagram that another program sent is passed over; one that was lost or cut short is
//! said to be lost. Refuses: datagrams longer than the buffer.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recvfrom, sendto,
    socket_with, sockopt,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A netlink socket that is waited for. Needs a running tokio.
#[derive(Debug)]
pub(super) struct Socket(AsyncFd<OwnedFd>);

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// So many bytes.
    Bytes(usize),
    /// More came in than could be taken.
    Lost,
}

impl Socket {
    /// Listens to these groups (one bit each). `queue`: bytes that may wait.
    pub(super) fn open(protocol: Option<Protocol>, groups: u32, queue: usize) -> io::Result<Self> {
        let socket = bound(protocol, groups)?;
        // Without the right the queue stays as long as the system lets it be.
        let _ = sockopt::set_socket_recv_buffer_size_force(&socket, queue);
        // SAFETY: an `OwnedFd` is open, and the same descriptor, for as long as it lives; it goes
        // into the `AsyncFd` and is not taken out again.
        let socket = unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE) };
        Ok(Self(socket.map_err(io::Error::from)?))
    }

    /// The next datagram. Dropping the future loses none.
    pub(super) async fn receive(&self, buffer: &mut [u8]) -> io::Result<Received> {
        loop {
            let mut ready = self.0.readable().await?;
            match take(ready.get_inner(), buffer)? {
                Some(received) => return Ok(received),
                None => ready.clear_ready(),
            }
        }
    }
}

/// Asks the kernel once; `each` is given the datagrams of the answer until it says that it is whole.
/// The kernel has answered before the call is back, so this waits for nothing.
pub(super) fn ask(
    protocol: Option<Protocol>,
    request: &[u8],
    buffer: &mut [u8],
    mut each: impl FnMut(&[u8]) -> io::Result<bool>,
) -> io::Result<()> {
    let socket = bound(protocol, 0)?;
    let kernel = SocketAddrNetlink::new(0, 0);
    sendto(&socket, request, SendFlags::empty(), &kernel)?;
    loop {
        match take(&socket, buffer)? {
            Some(Received::Bytes(length)) => {
                if each(buffer.get(..length).unwrap_or_default())? {
                    return Ok(());
                }
            }
            Some(Received::Lost) => {
                return Err(io::Error::other("the system's answer is too long"));
            }
            None => return Err(io::Error::other("the system's answer is not whole")),
        }
    }
}

fn bound(protocol: Option<Protocol>, groups: u32) -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol)?;
    bind(&socket, &SocketAddrNetlink::new(0, groups))?;
    Ok(socket)
}

/// The next datagram in the queue; `None` when it is empty.
fn take(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<Option<Received>> {
    loop {
        match recvfrom(socket, &mut *buffer, RecvFlags::TRUNC) {
            Ok((_, length, from)) => {
                let from = from.and_then(|from| SocketAddrNetlink::try_from(from).ok());
                // Only the kernel is port 0; anybody else could tell stories.
                if from.is_some_and(|from| from.pid() == 0) {
                    let whole = length <= buffer.len();
                    return Ok(Some(if whole {
                        Received::Bytes(length)
                    } else {
                        Received::Lost
                    }));
                }
            }
            Err(Errno::AGAIN) => return Ok(None),
            Err(Errno::INTR) => {}
            Err(Errno::NOBUFS) => return Ok(Some(Received::Lost)),
            Err(error) => return Err(error.into()),
        }
    }
}
