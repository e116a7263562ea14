//! Finds the collector and connects to it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use proviso_report::frame::{FrameDecoder, SERVER_NAME};
use proviso_report::{Frame, FrameError};
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint};
use thiserror::Error;

/// How long one address has to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes that are read at once.
pub(super) const CHUNK: usize = 64 << 10;

/// A connection and the socket it goes through.
#[derive(Debug)]
pub struct Dialled {
    /// The socket.
    pub endpoint: Endpoint,
    /// The connection.
    pub connection: Connection,
}

/// Why the collector could not be asked.
#[derive(Debug, Error)]
pub enum DialError {
    /// Not an address.
    #[error("{collector:?} leads nowhere ({source}): give the collector's address as HOST:PORT")]
    Address {
        /// As it was given.
        collector: String,
        /// What the system said.
        source: io::Error,
    },
    /// No socket.
    #[error("this computer gives no UDP socket: {0}")]
    Socket(io::Error),
    /// Nobody there.
    #[error(
        "no collector answers at {collector} ({why}): check that it runs, and that UDP to this \
         port passes the firewalls between"
    )]
    Unreachable {
        /// Where.
        collector: String,
        /// How it ended.
        why: String,
    },
    /// Somebody else there.
    #[error(
        "what answers at {collector} is not the collector that is expected ({why}): check the \
         address and this computer's clock"
    )]
    Certificate {
        /// Where.
        collector: String,
        /// What does not fit.
        why: String,
    },
}

/// Why a question got no answer.
#[derive(Debug, Error)]
pub enum AskError {
    /// It ended before.
    #[error("the connection ended: {0}")]
    Lost(String),
    /// Nothing came in time.
    #[error("the answer took too long")]
    Slow,
    /// What came is no frame, or the question is none.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

impl Dialled {
    /// Tries the addresses of `collector` one after the other.
    pub async fn new(collector: &str, config: &ClientConfig) -> Result<Self, DialError> {
        let address = |source| DialError::Address {
            collector: collector.to_owned(),
            source,
        };
        let found = tokio::net::lookup_host(collector).await.map_err(address)?;
        let mut last = address(io::ErrorKind::NotFound.into());
        for remote in found {
            match Self::to(collector, remote, config).await {
                Ok(dialled) => return Ok(dialled),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn to(
        collector: &str,
        remote: SocketAddr,
        config: &ClientConfig,
    ) -> Result<Self, DialError> {
        let unreachable = |why: String| DialError::Unreachable {
            collector: collector.to_owned(),
            why,
        };
        let endpoint = Endpoint::client(any_port(remote)).map_err(DialError::Socket)?;
        let connecting = endpoint
            .connect_with(config.clone(), remote, SERVER_NAME)
            .map_err(|error| unreachable(error.to_string()))?;
        match tokio::time::timeout(PATIENCE, connecting).await {
            Ok(Ok(connection)) => Ok(Self {
                endpoint,
                connection,
            }),
            Ok(Err(error)) if is_about_certificates(&error) => Err(DialError::Certificate {
                collector: collector.to_owned(),
                why: error.to_string(),
            }),
            Ok(Err(error)) => Err(unreachable(error.to_string())),
            Err(_) => Err(unreachable("no answer".to_owned())),
        }
    }

    /// Sends one frame and waits for one.
    pub async fn ask(&self, frame: &Frame) -> Result<Frame, AskError> {
        tokio::time::timeout(PATIENCE, exchange(&self.connection, frame))
            .await
            .map_err(|_| AskError::Slow)?
    }
}

async fn exchange(connection: &Connection, frame: &Frame) -> Result<Frame, AskError> {
    let lost = |error: &dyn std::fmt::Display| AskError::Lost(error.to_string());
    let (mut send, mut receive) = connection.open_bi().await.map_err(|e| lost(&e))?;
    send.write_all(&frame.encode()?)
        .await
        .map_err(|e| lost(&e))?;
    let mut decoder = FrameDecoder::new();
    loop {
        if let Some(answer) = decoder.next()? {
            return Ok(answer);
        }
        match receive.read_chunk(CHUNK, true).await {
            Ok(Some(chunk)) => decoder.push(&chunk.bytes),
            Ok(None) => return Err(lost(&"the collector said nothing")),
            Err(error) => return Err(lost(&error)),
        }
    }
}

/// Any port of the same family.
pub(super) fn any_port(remote: SocketAddr) -> SocketAddr {
    let any: IpAddr = if remote.is_ipv4() {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    };
    (any, 0).into()
}

/// Did the handshake fail on this side, at what the other side showed? TLS alerts are the codes
/// from 0x100 on (RFC 9001, section 4.8).
fn is_about_certificates(error: &ConnectionError) -> bool {
    match error {
        ConnectionError::TransportError(error) => (0x100..0x200).contains(&u64::from(error.code)),
        _ => false,
    }
}
