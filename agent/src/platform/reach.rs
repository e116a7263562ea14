//! Whether this computer itself lets a datagram out to an address.
//!
//! Promises: one byte is sent, which the other end throws away; the answer is what the system says at
//! once. Refuses: to tell what other computers on the way do with it, and to call a computer without a
//! network blocked.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// What the system says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It sends.
    Open,
    /// There is no network that leads there.
    Absent,
    /// A route of its own says that nothing goes there; which sort.
    Route(&'static str),
    /// A rule forbids it.
    Forbidden,
}

/// Asks by sending.
#[must_use]
pub fn ask(remote: SocketAddr) -> Reach {
    if let SocketAddr::V6(remote) = remote
        && remote.ip().is_unicast_link_local()
        && remote.scope_id() == 0
    {
        // Such an address leads nowhere without the name of a network.
        return Reach::Absent;
    }
    let own: SocketAddr = if remote.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    // Without a socket nothing is known of the way.
    let Ok(socket) = UdpSocket::bind(own) else {
        return Reach::Absent;
    };
    if let Err(error) = socket.connect(remote) {
        return at_connect(&error);
    }
    match socket.send(&[0]) {
        Err(error) if is_forbidden(&error) => Reach::Forbidden,
        _ => Reach::Open,
    }
}

/// Looking for the route fails as ip-route(8) says of its sorts.
#[cfg(target_os = "linux")]
fn at_connect(error: &io::Error) -> Reach {
    match error.raw_os_error() {
        Some(libc::EHOSTUNREACH) => Reach::Route("unreachable"),
        Some(libc::EACCES) => Reach::Route("prohibit"),
        Some(libc::EINVAL) => Reach::Route("blackhole"),
        Some(libc::EPERM) => Reach::Forbidden,
        _ => Reach::Absent,
    }
}

/// A packet filter that drops or rejects what goes out makes sending fail with this.
#[cfg(target_os = "linux")]
fn is_forbidden(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EPERM)
}

#[cfg(not(target_os = "linux"))]
fn at_connect(_error: &io::Error) -> Reach {
    Reach::Absent
}

#[cfg(not(target_os = "linux"))]
fn is_forbidden(_error: &io::Error) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_answers_is_told_apart() {
        let fault = |number| at_connect(&io::Error::from_raw_os_error(number));
        assert_eq!(fault(libc::EHOSTUNREACH), Reach::Route("unreachable"));
        assert_eq!(fault(libc::ENETUNREACH), Reach::Absent);
        assert_eq!(fault(libc::EPERM), Reach::Forbidden);
        let listener = UdpSocket::bind("127.0.0.1:0").unwrap();
        assert_eq!(ask(listener.local_addr().unwrap()), Reach::Open);
        assert_eq!(ask("[fe80::1]:1".parse().unwrap()), Reach::Absent);
    }
}
