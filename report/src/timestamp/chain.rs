//! The certificates of a timestamp: who signed it, and does somebody who is trusted vouch for that?

use cms::cert::x509::Certificate;
use cms::cert::x509::ext::pkix::{BasicConstraints, ExtendedKeyUsage};
use cms::signed_data::{SignerIdentifier, SignerInfo};
use data_encoding::BASE64;
use der::asn1::ObjectIdentifier;
use der::{Any, Decode as _, Encode};
use ring::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

use super::{StampError, unchecked, wrong};
use crate::time::UnixMs;

/// The most certificates between the signer and one that is trusted.
const DEPTH: usize = 4;
/// The longest text with certificates that are trusted, in bytes.
const MAX_TRUSTED: usize = 64 << 10;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ECDSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const SHA_256: ObjectIdentifier = super::SHA_256;
const SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// The certificate that a signature names.
pub(super) fn signer<'c>(
    signer: &SignerInfo,
    certificates: &[&'c Certificate],
) -> Result<&'c Certificate, StampError> {
    let SignerIdentifier::IssuerAndSerialNumber(named) = &signer.sid else {
        return Err(unchecked(
            "it names its certificate in a way that is not known here",
        ));
    };
    let mut found = certificates.iter().filter(|one| {
        let about = &one.tbs_certificate;
        about.issuer == named.issuer && about.serial_number == named.serial_number
    });
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(unchecked(
            "the certificate that it is signed with is not in it",
        )),
    }
}

/// Does the attribute hold the hash of this certificate? The attribute is signed, and nothing else in
/// it is of that form and length.
pub(super) fn names(attribute: &Any, certificate: &Certificate) -> Result<bool, StampError> {
    let der = encoded(certificate)?;
    let holds = |algorithm: &'static digest::Algorithm| {
        let hash = digest::digest(algorithm, &der);
        let hash = hash.as_ref();
        let length = u8::try_from(hash.len()).unwrap_or(u8::MAX);
        let wanted = [&[0x04, length], hash].concat();
        attribute
            .value()
            .windows(wanted.len())
            .any(|part| part == wanted)
    };
    // SHA-1 stands in the older form of the attribute (RFC 2634); it only names the certificate.
    Ok(holds(&SHA256) || holds(&SHA384) || holds(&SHA512) || holds(&SHA1_FOR_LEGACY_USE_ONLY))
}

/// The certificate is for time-stamping, valid at that time, and somebody who is trusted vouches for it.
pub(super) fn check(
    certificate: &Certificate,
    others: &[&Certificate],
    trusted: &[u8],
    at: UnixMs,
) -> Result<(), StampError> {
    let usage = certificate.tbs_certificate.get::<ExtendedKeyUsage>();
    match usage {
        Ok(Some((true, usage))) if usage.0 == [TIME_STAMPING] => {}
        _ => {
            return Err(wrong(
                "it is signed with a certificate that is not for time-stamping",
            ));
        }
    }
    let trusted = anchors(trusted)?;
    let (mut one, mut way) = (certificate, 0);
    loop {
        valid(one, at)?;
        if trusted.contains(one) {
            return Ok(());
        }
        let issuer = &one.tbs_certificate.issuer;
        let is_above = |above: &&Certificate| above.tbs_certificate.subject == *issuer;
        // Two roots can have one name.
        let mut failed = None;
        for anchor in trusted.iter().filter(is_above) {
            match issued(one, anchor) {
                Ok(()) => return valid(anchor, at),
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        let above = others.iter().copied().find(is_above);
        let above =
            above.ok_or_else(|| unchecked("nobody who is trusted vouches for its certificate"))?;
        issued(one, above)?;
        one = above;
        way += 1;
        if way == DEPTH {
            return Err(unchecked(
                "nobody who is trusted vouches for its certificate",
            ));
        }
    }
}

fn anchors(trusted: &[u8]) -> Result<Vec<Certificate>, StampError> {
    if trusted.len() > MAX_TRUSTED {
        return Err(unchecked("the certificates to trust are longer than any"));
    }
    let read = || {
        let mut all = Vec::new();
        let mut rest = std::str::from_utf8(trusted).ok()?;
        while let Some((_, after)) = rest.split_once(BEGIN) {
            let (body, after) = after.split_once(END)?;
            let digits: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            let der = BASE64.decode(digits.as_bytes()).ok()?;
            all.push(Certificate::from_der(&der).ok()?);
            rest = after;
        }
        Some(all)
    };
    match read() {
        Some(all) if !all.is_empty() => Ok(all),
        _ => Err(unchecked("the certificate to trust cannot be read")),
    }
}

fn valid(certificate: &Certificate, at: UnixMs) -> Result<(), StampError> {
    let validity = &certificate.tbs_certificate.validity;
    let at = u128::try_from(at.0).unwrap_or(0);
    let from = validity.not_before.to_unix_duration().as_millis();
    let to = validity.not_after.to_unix_duration().as_millis();
    if from <= at && at <= to.saturating_add(999) {
        Ok(())
    } else {
        Err(wrong("a certificate of it was not valid at that time"))
    }
}

fn issued(certificate: &Certificate, above: &Certificate) -> Result<(), StampError> {
    match above.tbs_certificate.get::<BasicConstraints>() {
        Ok(Some((_, BasicConstraints { ca: true, .. }))) => {}
        _ => return Err(wrong("who vouches for its certificate may not")),
    }
    let message = certificate.tbs_certificate.to_der();
    let message = message.map_err(|error| unchecked(&format!("it cannot be read: {error}")))?;
    let signature = certificate.signature.as_bytes();
    let signature = signature.ok_or_else(|| wrong("a certificate of it is not signed"))?;
    verify(
        above,
        (certificate.signature_algorithm.oid, None),
        &message,
        signature,
    )
}

/// Did the certificate's key sign the message? A signature by RSA may name its digest apart.
pub(super) fn verify(
    certificate: &Certificate,
    (algorithm, digest): (ObjectIdentifier, Option<ObjectIdentifier>),
    message: &[u8],
    signature: &[u8],
) -> Result<(), StampError> {
    let key = &certificate.tbs_certificate.subject_public_key_info;
    let curve = key.algorithm.parameters.as_ref();
    let curve = curve.and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
    let way: &dyn VerificationAlgorithm = match (key.algorithm.oid, curve, algorithm, digest) {
        (RSA, _, RSA_SHA_256, _) | (RSA, _, RSA, Some(SHA_256)) => {
            &signature::RSA_PKCS1_2048_8192_SHA256
        }
        (RSA, _, RSA_SHA_384, _) | (RSA, _, RSA, Some(SHA_384)) => {
            &signature::RSA_PKCS1_2048_8192_SHA384
        }
        (RSA, _, RSA_SHA_512, _) | (RSA, _, RSA, Some(SHA_512)) => {
            &signature::RSA_PKCS1_2048_8192_SHA512
        }
        (EC, Some(P_256), ECDSA_SHA_256, _) => &signature::ECDSA_P256_SHA256_ASN1,
        (EC, Some(P_256), ECDSA_SHA_384, _) => &signature::ECDSA_P256_SHA384_ASN1,
        (EC, Some(P_384), ECDSA_SHA_256, _) => &signature::ECDSA_P384_SHA256_ASN1,
        (EC, Some(P_384), ECDSA_SHA_384, _) => &signature::ECDSA_P384_SHA384_ASN1,
        (ED25519, ..) if algorithm == ED25519 => &signature::ED25519,
        _ => {
            return Err(unchecked(&format!(
                "it is signed in a way that is not checked here ({algorithm})"
            )));
        }
    };
    let public = key.subject_public_key.as_bytes();
    let public = public.ok_or_else(|| wrong("a key of it has no bytes"))?;
    UnparsedPublicKey::new(way, public)
        .verify(message, signature)
        .map_err(|_| wrong("a signature of it does not hold"))
}

pub(super) fn digest(algorithm: ObjectIdentifier, bytes: &[u8]) -> Result<Vec<u8>, StampError> {
    let algorithm = match algorithm {
        SHA_256 => &SHA256,
        SHA_384 => &SHA384,
        SHA_512 => &SHA512,
        other => {
            return Err(unchecked(&format!(
                "its digest is one that is not checked here ({other})"
            )));
        }
    };
    Ok(digest::digest(algorithm, bytes).as_ref().to_vec())
}

fn encoded(certificate: &Certificate) -> Result<Vec<u8>, StampError> {
    let der = certificate.to_der();
    der.map_err(|error| unchecked(&format!("it cannot be read: {error}")))
}
