//! Notices that this computer's address changed, and lets the connection follow.
//!
//! The collector would follow by itself as soon as something comes from the new address, but a
//! connection at rest says nothing for a while, and a socket that was bound to the old network may
//! say nothing at all.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use super::dial::{Dialled, any_port};
use crate::config::Metered;
use crate::platform::metered;

/// The address from which this computer reached the collector when it last looked.
#[derive(Debug)]
pub(super) struct Address(Option<IpAddr>);

impl Address {
    /// As it is now.
    pub(super) fn new(dialled: &Dialled) -> Self {
        Self(own(dialled.connection.remote_address()))
    }

    /// Is the link paid for by the byte, as of now?
    pub(super) fn is_metered(&self, rule: Metered) -> bool {
        is_metered_from(rule, self.0)
    }

    /// Takes a new socket when the address is another one.
    pub(super) fn follow(&mut self, dialled: &Dialled) {
        let remote = dialled.connection.remote_address();
        let now = own(remote);
        // Without a network there is nothing to follow to.
        if now.is_none() || now == self.0 {
            return;
        }
        self.0 = now;
        let socket = UdpSocket::bind(any_port(remote));
        match socket.and_then(|socket| dialled.endpoint.rebind(socket)) {
            Ok(()) => tracing::info!("this computer's address changed; the connection follows"),
            Err(error) => tracing::warn!(%error, "no socket for this computer's new address"),
        }
    }
}

/// Is the link to the collector paid for by the byte?
pub(super) async fn is_metered(rule: Metered, collector: &str) -> bool {
    let own = match rule {
        Metered::Auto => match tokio::net::lookup_host(collector).await {
            Ok(mut found) => found.next().and_then(own),
            Err(_) => None,
        },
        Metered::Always | Metered::Never => None,
    };
    is_metered_from(rule, own)
}

/// The same from this address of the computer.
fn is_metered_from(rule: Metered, own: Option<IpAddr>) -> bool {
    match rule {
        Metered::Always => true,
        Metered::Never => false,
        Metered::Auto => own.is_some_and(metered::is_metered),
    }
}

/// The address from which this computer reaches `remote`. Nothing is sent.
fn own(remote: SocketAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind(any_port(remote)).ok()?;
    socket.connect(remote).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_settings_have_the_last_word() {
        for (rule, metered) in [(Metered::Always, true), (Metered::Never, false)] {
            assert_eq!(is_metered(rule, "127.0.0.1:9").await, metered);
            assert_eq!(is_metered_from(rule, None), metered);
        }
        let hot_spot = "172.20.10.2".parse().ok();
        assert!(is_metered_from(Metered::Auto, hot_spot));
        assert!(!is_metered_from(Metered::Auto, None));
    }

    #[test]
    fn loopback_is_reached_from_loopback() {
        let remote: SocketAddr = "127.0.0.1:9".parse().unwrap();
        assert_eq!(own(remote), Some(remote.ip()));
    }
}
