//! How connections are secured and bounded. Mirrors the collector's file of the same name.
//!
//! Promises: TLS 1.3 only; one authority is believed, that of the enrolment; the collector's
//! certificate must carry [`SERVER_NAME`](proviso_report::frame::SERVER_NAME) whatever address was
//! dialled. The collector may open no stream, send no datagram and keep few bytes waiting here.
//!
//! Refuses: early data, which can be replayed, and resumption, which would skip the certificates.

use std::sync::Arc;
use std::time::Duration;

use proviso_report::Hash;
use proviso_report::frame::ALPN;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{IdleTimeout, TransportConfig, VarInt};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme, version::TLS13,
};
use thiserror::Error;

use crate::identity::Identity;

/// NATs forget a silent connection after about 30 s.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Two keep-alives may be lost.
const IDLE: VarInt = VarInt::from_u32(45_000);
/// The same over a link that is paid for by the byte: the collector waits as long. A report leaves every ten
/// minutes there, so a keep-alive is sent only while there is nothing to report.
const METERED_KEEP_ALIVE: Duration = Duration::from_secs(660);
const METERED_IDLE: VarInt = VarInt::from_u32(1_380_000);
/// Bytes that the collector may have under way to us: a list comes at 5 MB/s over 50 ms.
const RECEIVE: VarInt = VarInt::from_u32(256 << 10);
/// Bytes of ours that wait for acknowledgement.
const SEND: u64 = 512 << 10;
/// How far ahead of the enrolment a computer's clock is believed: no order runs longer.
const CLOCK_SPAN: Duration = Duration::from_secs(25 * 366 * 86_400);

/// Why no connection can be made with what is there.
#[derive(Debug, Error)]
#[error(
    "the keys or certificates of this computer cannot be used ({0}); enrol it anew with another \
     --state directory"
)]
pub struct TlsError(String);

/// For an enrolled computer.
pub fn client(identity: &Identity) -> Result<quinn::ClientConfig, TlsError> {
    let credentials = identity.tls();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(credentials.ca.clone()))
        .map_err(fault)?;
    let key = PrivatePkcs8KeyDer::from(credentials.key.to_vec());
    let chain = vec![CertificateDer::from(credentials.certificate.clone())];
    let enrolled = Duration::from_millis(u64::try_from(identity.enrolled()).unwrap_or_default());
    let config =
        rustls::ClientConfig::builder_with_details(provider(), Arc::new(Clock { enrolled }))
            .with_protocol_versions(&[&TLS13])
            .map_err(fault)?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key.into())
            .map_err(fault)?;
    over_quic(config)
}

/// The same for a link that is paid for by the byte: it says next to nothing while there is nothing to
/// say. A NAT that forgets it meanwhile costs a path validation, no handshake.
#[must_use]
pub fn metered(mut client: quinn::ClientConfig) -> quinn::ClientConfig {
    client.transport_config(Arc::new(transport(METERED_KEEP_ALIVE, METERED_IDLE)));
    client
}

/// For a computer that has nothing but a token, which pins the authority.
pub fn enrolling(ca: Hash) -> Result<quinn::ClientConfig, TlsError> {
    let provider = provider();
    let config = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&TLS13])
        .map_err(fault)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { ca, provider }))
        .with_no_client_auth();
    over_quic(config)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn over_quic(mut config: rustls::ClientConfig) -> Result<quinn::ClientConfig, TlsError> {
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
    let crypto = QuicClientConfig::try_from(config).map_err(fault)?;
    let mut client = quinn::ClientConfig::new(Arc::new(crypto));
    client.transport_config(Arc::new(transport(KEEP_ALIVE, IDLE)));
    Ok(client)
}

fn transport(keep_alive: Duration, idle: VarInt) -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .stream_receive_window(RECEIVE)
        .receive_window(RECEIVE)
        .send_window(SEND)
        .max_idle_timeout(Some(IdleTimeout::from(idle)))
        .keep_alive_interval(Some(keep_alive));
    transport
}

fn fault(error: impl std::fmt::Display) -> TlsError {
    TlsError(error.to_string())
}

/// The computer's clock, kept between the enrolment and the end of any order: a clock that is set
/// wrong must not silence the agent. The clock itself is recorded elsewhere.
#[derive(Debug)]
struct Clock {
    enrolled: Duration,
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let now = Duration::from_secs(UnixTime::now().as_secs());
        let last = self.enrolled.saturating_add(CLOCK_SPAN);
        Some(UnixTime::since_unix_epoch(now.clamp(self.enrolled, last)))
    }
}

/// Believes the authority with this hash, which the collector must send with its certificate.
#[derive(Debug)]
struct Pinned {
    ca: Hash,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let ca = intermediates
            .iter()
            .find(|certificate| Hash::of(certificate) == self.ca)
            .ok_or(CertificateError::UnknownIssuer)?;
        let mut roots = RootCertStore::empty();
        roots.add(ca.clone().into_owned())?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use proviso_report::frame::SERVER_NAME;
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

    use super::*;

    /// An authority and a certificate of it for this name.
    fn chain(name: &str) -> [CertificateDer<'static>; 2] {
        let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = params.self_signed(&ca_key).unwrap();
        let issuer = Issuer::from_params(&params, &ca_key);
        let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &issuer).unwrap();
        [leaf.der().clone(), ca.der().clone()]
    }

    fn check(pin: Hash, [leaf, ca]: &[CertificateDer<'static>; 2]) -> Result<(), rustls::Error> {
        let pinned = Pinned {
            ca: pin,
            provider: provider(),
        };
        let name = ServerName::try_from(SERVER_NAME).unwrap();
        pinned
            .verify_server_cert(leaf, std::slice::from_ref(ca), &name, &[], UnixTime::now())
            .map(|_| ())
    }

    #[test]
    fn only_the_pinned_authority_and_its_own_certificate_are_believed() {
        let (ours, theirs) = (chain(SERVER_NAME), chain(SERVER_NAME));
        let pin = Hash::of(&ours[1]);
        assert_eq!(check(pin, &ours), Ok(()));
        // Another collector; and one that shows our authority but was not signed by it.
        assert!(check(pin, &theirs).is_err());
        assert!(check(pin, &[theirs[0].clone(), ours[1].clone()]).is_err());
        let renamed = chain("somebody.else");
        assert!(check(Hash::of(&renamed[1]), &renamed).is_err());
    }

    #[test]
    fn a_wrong_clock_does_not_silence_the_agent() {
        let read = |enrolled| Clock { enrolled }.current_time().unwrap().as_secs();
        let now = UnixTime::now().as_secs();
        assert!(read(Duration::ZERO) < now);
        assert_eq!(read(Duration::from_secs(now + 1_000)), now + 1_000);
        assert!(read(Duration::from_secs(now - 1_000)) >= now);
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let identity = Identity::new(crate::identity::tests::parts()).unwrap();
        let error = client(&identity).unwrap_err().to_string();
        assert!(error.contains("enrol it anew"), "{error}");
        assert!(enrolling(Hash([0; 32])).is_ok());
    }
}
