//! Ed25519 keys (RFC 8032), as strict as evidence needs them.

use std::fmt;

use ring::signature::{self, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

/// Bytes of a public key.
pub const PUBLIC_KEY: usize = 32;
/// Bytes of a signature.
pub const SIGNATURE: usize = 64;

/// A private key. It signs and is never shown.
pub struct SigningKey(Ed25519KeyPair);

/// Why bytes are not a key that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a private key of the one form that is taken.
    #[error("this is not an Ed25519 private key in PKCS#8 form with its public key (RFC 8410)")]
    Private,
    /// A key for which anybody can make signatures, or one that has a second spelling.
    #[error("this public key is weak: signatures under it prove nothing. Make a new key")]
    Weak,
    /// A name that cannot stand in a note.
    #[error("{0:?} cannot name a key: a key's name is not empty and has no blank and no `+`")]
    Name(String),
    /// Not the text of a verifier key.
    #[error("this is not a verifier key (name+8 hex digits+base64): {0}")]
    Form(&'static str),
}

impl SigningKey {
    /// Reads PKCS#8 v2 as ring writes it.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        Ed25519KeyPair::from_pkcs8(der)
            .map(Self)
            .map_err(|_| KeyError::Private)
    }

    /// Signs `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE] {
        let mut bytes = [0; SIGNATURE];
        bytes.copy_from_slice(self.0.sign(message).as_ref());
        bytes
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> [u8; PUBLIC_KEY] {
        let mut bytes = [0; PUBLIC_KEY];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        bytes
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// Did the holder of `public` sign `message`? Weak keys hold nothing.
#[must_use]
pub fn verify_ed25519(public: &[u8; PUBLIC_KEY], message: &[u8], signature: &[u8]) -> bool {
    is_strong(public)
        && UnparsedPublicKey::new(&signature::ED25519, public)
            .verify(message, signature)
            .is_ok()
}

/// Points of small order verify signatures that nobody made; points with a second spelling let two
/// verifiers disagree (see "Taming the many EdDSAs", 2020). Both are refused.
#[must_use]
pub(crate) fn is_strong(public: &[u8; PUBLIC_KEY]) -> bool {
    // The y coordinates of the eight points of small order, little-endian, below p = 2^255 - 19.
    const SMALL_ORDER: [[u8; 32]; 5] = [
        [0; 32],
        first_byte(1),
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
        minus_one(),
    ];
    let mut y = *public;
    y[31] &= 0x7f;
    let beyond_p = y[31] == 0x7f && y[1..31].iter().all(|byte| *byte == 0xff) && y[0] >= 0xed;
    !beyond_p && !SMALL_ORDER.contains(&y)
}

const fn first_byte(byte: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = byte;
    bytes
}

const fn minus_one() -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xec;
    bytes[31] = 0x7f;
    bytes
}

#[cfg(test)]
pub(crate) mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// A key that every test can have: RFC 8032, section 7.1, test 1.
    pub(crate) fn key() -> SigningKey {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let seed = HEXLOWER.decode(seed.as_bytes()).unwrap();
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let public = HEXLOWER.decode(public.as_bytes()).unwrap();
        SigningKey(Ed25519KeyPair::from_seed_and_public_key(&seed, &public).unwrap())
    }

    /// One of many.
    pub(crate) fn from_seed(seed: &[u8; 32]) -> SigningKey {
        // ring takes a seed without its public key only inside PKCS#8 v1 (RFC 8410).
        let mut der = HEXLOWER
            .decode(b"302e020100300506032b657004220420")
            .unwrap();
        der.extend(seed);
        SigningKey(Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).unwrap())
    }

    #[test]
    fn signs_as_the_rfc_says() {
        let expected = concat!(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        );
        let signature = key().sign(b"");
        assert_eq!(HEXLOWER.encode(&signature), expected);
        assert!(verify_ed25519(&key().public(), b"", &signature));
        assert!(!verify_ed25519(&key().public(), b"x", &signature));
        assert!(!verify_ed25519(&key().public(), b"", &signature[1..]));
    }

    #[test]
    fn the_identity_signs_nothing() {
        // Under the neutral point R = B, s = 1 "signs" every message.
        let mut forged = [0; SIGNATURE];
        forged[..32].copy_from_slice(&[0x66; 32]);
        forged[0] = 0x58;
        forged[32] = 1;
        assert!(!verify_ed25519(&first_byte(1), b"anything", &forged));
    }

    #[test]
    fn weak_keys_are_known() {
        assert!(is_strong(&key().public()));
        let mut noncanonical = [0xff; 32];
        noncanonical[0] = 0xee;
        noncanonical[31] = 0x7f;
        let mut signed_zero = [0; 32];
        signed_zero[31] = 0x80;
        for weak in [
            [0; 32],
            first_byte(1),
            minus_one(),
            noncanonical,
            signed_zero,
        ] {
            assert!(!is_strong(&weak), "{weak:?}");
        }
    }

    #[test]
    fn never_prints_itself() {
        assert_eq!(format!("{:?}", key()), "SigningKey(..)");
        assert_eq!(
            SigningKey::from_pkcs8(b"no key").unwrap_err(),
            KeyError::Private
        );
    }
}
