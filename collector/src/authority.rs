//! The collector's own certificate authority.
//!
//! Promises: the certificate authority signs three kinds of certificate and nothing else: itself,
//! the server's (name `proviso-collector`), and a device's (its id as common name and as
//! `<id>.device.proviso`). What a request asks to be called is ignored; only its key is used, and
//! only if the request proves possession of it.
//!
//! Refuses: to be the judge of who may connect. A certificate opens the door; the device's row in
//! the store decides.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType, SerialNumber,
    date_time_ymd,
};
use ring::rand::{SecureRandom, SystemRandom};
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer};

pub use proviso_report::frame::SERVER_NAME;

use crate::store::{DeviceId, Hash};

/// What ends the name of a device in its certificate.
const DEVICE_DOMAIN: &str = "device.proviso";

/// The certificate authority, able to sign.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

/// A certificate with its secret key, both in DER.
pub struct Issued {
    /// The certificate.
    pub certificate: Vec<u8>,
    /// PKCS#8.
    pub key: Vec<u8>,
}

/// What a certificate says about the device that presents it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCertificate {
    /// From the common name.
    pub device: DeviceId,
    /// SHA-256 of its public key information.
    pub spki: [u8; 32],
}

/// Why a certificate could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The peer's request does not prove possession of its key, or is no request.
    #[error("the certificate request is not valid ({0}); enrol again with a current agent")]
    Request(rcgen::Error),
    /// The peer's certificate is not one of a device.
    #[error("the certificate does not name a device; enrol again with a new token")]
    NotDevice,
    /// Something failed here.
    #[error("cannot make a certificate: {0}; check the files ca.der and ca.key")]
    Local(#[from] rcgen::Error),
    /// No random numbers.
    #[error("the system gave no random numbers; nothing was made")]
    Random,
}

impl Authority {
    /// Makes a new authority, valid for as long as an order can run.
    pub fn create(name: &str) -> Result<Issued, AuthorityError> {
        let key = KeyPair::generate()?;
        let mut params = params(&format!("{name} Proviso authority"))?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?;
        Ok(Issued {
            certificate: certificate.der().to_vec(),
            key: key.serialize_der(),
        })
    }

    /// Takes an authority made before.
    pub fn load(certificate: Vec<u8>, key: &[u8]) -> Result<Self, AuthorityError> {
        let key = KeyPair::try_from(key)?;
        let certificate = CertificateDer::from(certificate);
        let issuer = Issuer::from_ca_cert_der(&certificate, key)?;
        Ok(Self {
            issuer,
            certificate,
        })
    }

    /// Its certificate in DER: what a token pins.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// A certificate for the collector itself; `also` are further names for the pages.
    pub fn server(&self, also: &[&str]) -> Result<Issued, AuthorityError> {
        let key = KeyPair::generate()?;
        let mut params = params(SERVER_NAME)?;
        let names: Vec<_> = std::iter::once(SERVER_NAME)
            .chain(also.iter().copied())
            .map(str::to_owned)
            .collect();
        params.subject_alt_names = CertificateParams::new(names)?.subject_alt_names;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Issued {
            certificate: certificate.der().to_vec(),
            key: key.serialize_der(),
        })
    }

    /// A certificate for a device from its PKCS#10 request.
    pub fn device(
        &self,
        device: DeviceId,
        request: &[u8],
    ) -> Result<(Vec<u8>, DeviceCertificate), AuthorityError> {
        let request =
            CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(request))
                .map_err(AuthorityError::Request)?;
        let mut params = params(&device.to_string())?;
        let name = format!("{device}.{DEVICE_DOMAIN}");
        params.subject_alt_names = vec![SanType::DnsName(name.try_into()?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&request.public_key, &self.issuer)?;
        let read = DeviceCertificate::read(certificate.der())?;
        Ok((certificate.der().to_vec(), read))
    }
}

impl DeviceCertificate {
    /// Reads a certificate whose chain has been verified.
    pub fn read(der: &[u8]) -> Result<Self, AuthorityError> {
        let (_, certificate) =
            x509_parser::parse_x509_certificate(der).map_err(|_| AuthorityError::NotDevice)?;
        let device = certificate
            .subject()
            .iter_common_name()
            .next()
            .and_then(|name| name.as_str().ok())
            .and_then(|name| name.parse().ok())
            .ok_or(AuthorityError::NotDevice)?;
        let spki = Hash::of(certificate.public_key().raw).0;
        Ok(Self { device, spki })
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued").finish_non_exhaustive()
    }
}

/// Random bytes from the system.
pub fn random<const N: usize>() -> Result<[u8; N], AuthorityError> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| AuthorityError::Random)?;
    Ok(bytes)
}

fn params(common_name: &str) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.serial_number = Some(SerialNumber::from_slice(&random::<16>()?));
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2056, 1, 1);
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority() -> Authority {
        let made = Authority::create("test").unwrap();
        Authority::load(made.certificate, &made.key).unwrap()
    }

    fn request(key: &KeyPair) -> Vec<u8> {
        let params = CertificateParams::new(vec!["somebody.else".to_owned()]).unwrap();
        params.serialize_request(key).unwrap().der().to_vec()
    }

    #[test]
    fn a_device_is_called_what_the_collector_says() {
        let (authority, key) = (authority(), KeyPair::generate().unwrap());
        let (der, read) = authority.device(DeviceId([5; 16]), &request(&key)).unwrap();
        assert_eq!(read.device, DeviceId([5; 16]));
        assert_eq!(DeviceCertificate::read(&der).unwrap(), read);
        let text = String::from_utf8_lossy(&der).into_owned();
        assert!(text.contains("device.proviso") && !text.contains("somebody.else"));
    }

    #[test]
    fn a_request_without_its_key_is_refused() {
        let authority = authority();
        let mut forged = request(&KeyPair::generate().unwrap());
        *forged.last_mut().unwrap() ^= 1;
        let refused = authority.device(DeviceId([5; 16]), &forged).unwrap_err();
        assert!(matches!(refused, AuthorityError::Request(_)), "{refused}");
        assert!(authority.device(DeviceId([5; 16]), b"no request").is_err());
    }

    #[test]
    fn the_servers_certificate_names_no_device() {
        let server = authority().server(&["localhost", "127.0.0.1"]).unwrap();
        assert!(matches!(
            DeviceCertificate::read(&server.certificate),
            Err(AuthorityError::NotDevice)
        ));
    }
}
