//! Timestamps by somebody else (RFC 3161): a time-stamping authority states that bytes were there at a
//! time.
//!
//! Promises: [`verify`] checks everything offline: that the authority granted it, that it is about these
//! bytes, the signature (CMS), that the signer's certificate is for time-stamping and valid at that
//! time, and its chain to the certificate that the reader trusts. What cannot be checked is told apart
//! from what is wrong.
//!
//! Refuses: hashes and signatures that are broken (SHA-1, MD5, short RSA keys), and to look whether a
//! certificate was revoked: that cannot be seen offline.

mod chain;

use cmpv2::status::PkiStatus;
use cms::cert::CertificateChoices;
use cms::cert::x509::Certificate;
use cms::signed_data::{SignedData, SignerInfo};
use der::asn1::{Int, Null, ObjectIdentifier, OctetString};
use der::{Any, Decode, Encode};
use x509_tsp::{MessageImprint, TimeStampReq, TimeStampResp, TspVersion, TstInfo};

use crate::hash::Hash;
use crate::time::UnixMs;

/// The longest answer of an authority, in bytes.
pub const MAX_ANSWER: usize = 64 << 10;
/// Bytes of a nonce.
pub const NONCE: usize = 8;

const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// Why a timestamp does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// It is wrong, or about something else.
    #[error("{0}")]
    Wrong(String),
    /// It may be right, and this program cannot say.
    #[error("{0}")]
    Unchecked(String),
}

/// What is asked of an authority about bytes with this hash. The nonce is random.
pub fn request(imprint: &Hash, nonce: [u8; NONCE]) -> Result<Vec<u8>, StampError> {
    let asked = || {
        TimeStampReq {
            version: TspVersion::V1,
            message_imprint: MessageImprint {
                hash_algorithm: cms::cert::x509::spki::AlgorithmIdentifier {
                    oid: SHA_256,
                    parameters: Some(Any::from(Null)),
                },
                hashed_message: OctetString::new(imprint.0.as_slice())?,
            },
            req_policy: None,
            nonce: Some(Int::new(&positive(nonce))?),
            cert_req: true,
            extensions: None,
        }
        .to_der()
    };
    asked().map_err(|error| StampError::Wrong(format!("no request could be written: {error}")))
}

/// When the authority had `bytes`, by its clock. `answer`: what it sent. `trusted`: certificates in PEM.
/// `nonce`: what was asked with, if that is known.
pub fn verify(
    answer: &[u8],
    bytes: &[u8],
    trusted: &[u8],
    nonce: Option<[u8; NONCE]>,
) -> Result<UnixMs, StampError> {
    if answer.len() > MAX_ANSWER {
        return Err(unchecked("it is longer than any timestamp"));
    }
    let read = |error: der::Error| unchecked(&format!("it cannot be read: {error}"));
    let response = TimeStampResp::from_der(answer).map_err(read)?;
    if !matches!(
        response.status.status,
        PkiStatus::Accepted | PkiStatus::GrantedWithMods
    ) {
        return Err(wrong("the authority did not grant it"));
    }
    let token = response.time_stamp_token;
    let token = token.ok_or_else(|| wrong("there is no timestamp in it"))?;
    if token.content_type != SIGNED_DATA {
        return Err(wrong("it is not signed"));
    }
    let signed: SignedData = token.content.decode_as().map_err(read)?;
    let content = &signed.encap_content_info;
    if content.econtent_type != TST_INFO {
        return Err(wrong("what is signed is no timestamp"));
    }
    let inside = content.econtent.as_ref();
    let inside = inside.ok_or_else(|| wrong("what is signed is not in it"))?;
    let inside: OctetString = inside.decode_as().map_err(read)?;
    let info = TstInfo::from_der(inside.as_bytes()).map_err(read)?;
    if info.message_imprint.hash_algorithm.oid != SHA_256 {
        return Err(unchecked("it is about a hash that is not SHA-256"));
    }
    if info.message_imprint.hashed_message.as_bytes() != Hash::of(bytes).0 {
        return Err(wrong("it is about other bytes"));
    }
    if let Some(nonce) = nonce {
        let given = info.nonce.as_ref().map(Int::as_bytes);
        if given != Some(positive(nonce).as_slice()) {
            return Err(wrong("it answers another request"));
        }
    }
    let at = info.gen_time.to_unix_duration();
    let at = i64::try_from(at.as_millis()).map_err(|_| wrong("its time is none"))?;
    let [signer] = signed.signer_infos.0.as_slice() else {
        return Err(wrong("it has not one signature"));
    };
    let certificates: Vec<&Certificate> = signed
        .certificates
        .iter()
        .flat_map(|all| all.0.iter())
        .filter_map(|one| match one {
            CertificateChoices::Certificate(one) => Some(one),
            CertificateChoices::Other(_) => None,
        })
        .collect();
    let certificate = chain::signer(signer, &certificates)?;
    signature(signer, inside.as_bytes(), certificate)?;
    chain::check(certificate, &certificates, trusted, UnixMs(at))?;
    Ok(UnixMs(at))
}

/// The attributes are about the content and the certificate, and signed by its key.
fn signature(
    signer: &SignerInfo,
    content: &[u8],
    certificate: &Certificate,
) -> Result<(), StampError> {
    let attributes = signer.signed_attrs.as_ref();
    let attributes = attributes.ok_or_else(|| wrong("its signature is about nothing"))?;
    let value = |oid: ObjectIdentifier| {
        let mut found = attributes.iter().filter(|one| one.oid == oid);
        match (found.next().map(|one| one.values.as_slice()), found.next()) {
            (Some([value]), None) => Some(value),
            _ => None,
        }
    };
    let kind = value(CONTENT_TYPE).and_then(|value| value.decode_as::<ObjectIdentifier>().ok());
    if kind != Some(TST_INFO) {
        return Err(wrong("its signature is about something else"));
    }
    let digest = chain::digest(signer.digest_alg.oid, content)?;
    let stated = value(MESSAGE_DIGEST).and_then(|value| value.decode_as::<OctetString>().ok());
    if stated.is_none_or(|stated| stated.as_bytes() != digest) {
        return Err(wrong("what is signed was changed"));
    }
    let named = value(SIGNING_CERTIFICATE_V2).or_else(|| value(SIGNING_CERTIFICATE));
    let named =
        named.ok_or_else(|| wrong("it does not name the certificate that it is signed with"))?;
    if !chain::names(named, certificate)? {
        return Err(wrong("it is signed with another certificate than it names"));
    }
    let message = attributes
        .to_der()
        .map_err(|error| unchecked(&format!("it cannot be read: {error}")))?;
    chain::verify(
        certificate,
        (signer.signature_algorithm.oid, Some(signer.digest_alg.oid)),
        &message,
        signer.signature.as_bytes(),
    )
}

/// As a positive INTEGER in its one spelling.
fn positive(nonce: [u8; NONCE]) -> [u8; NONCE] {
    let mut nonce = nonce;
    nonce[0] = nonce[0] & 0x7f | 0x01;
    nonce
}

fn wrong(why: &str) -> StampError {
    StampError::Wrong(why.to_owned())
}

fn unchecked(why: &str) -> StampError {
    StampError::Unchecked(why.to_owned())
}

#[cfg(test)]
mod tests;
