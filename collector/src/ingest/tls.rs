//! How connections are secured and bounded. Mirrors the agent's file of the same name.
//!
//! Promises: TLS 1.3 only; a client certificate is optional here, because a computer that enrols
//! has none, and must be of our authority when it is shown. An agent may open one stream, send no
//! datagram and keep few bytes waiting here: a hostile one costs less than a megabyte. After a
//! restart agents learn at once that their connections are gone, instead of by a timeout.
//!
//! Refuses: early data, which can be replayed, and resumption, which would skip the certificates.

use std::sync::Arc;
use std::time::Duration;

use proviso_report::Hash;
use proviso_report::frame::ALPN;
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{
    ConnectionId, ConnectionIdGenerator, EndpointConfig, IdleTimeout, TransportConfig, VarInt,
};
use ring::hmac;
use ring::rand::SystemRandom;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, version::TLS13};

/// Agents send a keep-alive every 20 s and end after 45 s of silence; where the link is paid for by the byte,
/// every 660 s, and two may be lost. Of both ends' times the shorter counts.
const IDLE: VarInt = VarInt::from_u32(1_380_000);
/// Bytes that an agent may have under way to us.
const RECEIVE: VarInt = VarInt::from_u32(256 << 10);
/// Bytes of ours that wait for acknowledgement.
const SEND: u64 = 256 << 10;
/// Connections that wait to be looked at, and bytes that each of them and all may have sent.
const WAITING: usize = 4_096;
const WAITING_BYTES: u64 = 16 << 10;
const WAITING_BYTES_ALL: u64 = 32 << 20;

/// Why the files that `init` made cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the collector's keys or certificates cannot be used ({0}); restore ca.der, server.der and server.key from a backup"
)]
pub struct TlsError(String);

/// Of a collector with this authority, certificate and key (all DER).
pub fn server(
    ca: &CertificateDer<'static>,
    certificate: Vec<u8>,
    key: Vec<u8>,
) -> Result<quinn::ServerConfig, TlsError> {
    let provider = Arc::new(default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(ca.clone()).map_err(fault)?;
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .map_err(fault)?;
    // Who enrols knows the authority by its hash only: it must be sent along.
    let chain = vec![CertificateDer::from(certificate), ca.clone()];
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .map_err(fault)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, PrivatePkcs8KeyDer::from(key).into())
        .map_err(fault)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    let crypto = QuicServerConfig::try_from(config).map_err(fault)?;
    let mut server = quinn::ServerConfig::with_crypto(Arc::new(crypto));
    server
        .transport_config(Arc::new(transport()))
        .max_incoming(WAITING)
        .incoming_buffer_size(WAITING_BYTES)
        .incoming_buffer_size_total(WAITING_BYTES_ALL);
    Ok(server)
}

/// Of the socket. What resets connections is derived from the server's key, the same after a
/// restart, so that an agent of before is told that its connection is gone (RFC 9000, section
/// 10.3).
pub fn endpoint(server_key: &[u8]) -> Result<EndpointConfig, TlsError> {
    let reset = Hash::of_parts(&[b"proviso-reset/1\0", server_key]);
    let reset = hmac::Key::new(hmac::HMAC_SHA256, &reset.0);
    let ids = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
        .map_err(|_| fault("the system gave no random numbers"))?;
    let mut config = EndpointConfig::new(Arc::new(reset));
    config.cid_generator(move || {
        Box::new(Ids {
            key: ids.clone(),
            count: 0,
        })
    });
    Ok(config)
}

/// Names connections. Unlike the usual generator it takes no name for a forgery, because those of
/// before a restart must be answered too.
struct Ids {
    key: hmac::Key,
    count: u64,
}

impl Ids {
    /// Enough that two collectors never give the same.
    const LEN: usize = 8;
}

impl ConnectionIdGenerator for Ids {
    fn generate_cid(&mut self) -> ConnectionId {
        self.count += 1;
        let tag = hmac::sign(&self.key, &self.count.to_be_bytes());
        ConnectionId::new(&tag.as_ref()[..Self::LEN])
    }

    fn cid_len(&self) -> usize {
        Self::LEN
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}

fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(1))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .stream_receive_window(RECEIVE)
        .receive_window(RECEIVE)
        .send_window(SEND)
        .max_idle_timeout(Some(IdleTimeout::from(IDLE)));
    transport
}

fn fault(error: impl std::fmt::Display) -> TlsError {
    TlsError(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_connections_differ() {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).unwrap();
        let mut ids = Ids { key, count: 0 };
        let (one, two) = (ids.generate_cid(), ids.generate_cid());
        assert!(one != two && one.len() == ids.cid_len());
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let ca = CertificateDer::from(vec![1]);
        let error = server(&ca, vec![2], vec![3]).unwrap_err().to_string();
        assert!(error.contains("backup"), "{error}");
    }
}
