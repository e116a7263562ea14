//! Public keys of others, and signatures under them: ES256, EdDSA and RS256.
//!
//! Promises: the algorithm is part of the key, never of what is signed, so nobody chooses a weaker one by
//! saying so. RSA keys have 2,048 to 8,192 bits.
//!
//! Refuses: every other algorithm.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};

/// As COSE numbers it.
pub const ES256: i64 = -7;
/// As COSE numbers it.
pub const EDDSA: i64 = -8;
/// As COSE numbers it.
pub const RS256: i64 = -257;

/// Most bytes of each part of an RSA key: 8,192 bits.
const RSA_PART: usize = 1_024;

/// A public key and what it signs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// A point on P-256, not compressed.
    Es256([u8; 65]),
    /// Ed25519.
    EdDsa([u8; 32]),
    /// Modulus and exponent, without leading zeros.
    Rs256(Vec<u8>, Vec<u8>),
}

/// How an ES256 signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// As passkeys do.
    Der,
    /// As JSON web tokens do.
    Fixed,
}

impl PublicKey {
    /// From the two coordinates of a point.
    #[must_use]
    pub fn es256(x: &[u8], y: &[u8]) -> Option<Self> {
        let (x, y): ([u8; 32], [u8; 32]) = (x.try_into().ok()?, y.try_into().ok()?);
        let mut point = [4; 65];
        point.get_mut(1..33)?.copy_from_slice(&x);
        point.get_mut(33..)?.copy_from_slice(&y);
        Some(Self::Es256(point))
    }

    /// From modulus and exponent.
    #[must_use]
    pub fn rs256(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let plain = |part: &[u8]| {
            let zeros = part.iter().take_while(|byte| **byte == 0).count();
            let part = part.get(zeros..).unwrap_or_default();
            (1..=RSA_PART).contains(&part.len()).then(|| part.to_vec())
        };
        Some(Self::Rs256(plain(modulus)?, plain(exponent)?))
    }

    /// As COSE numbers it.
    #[must_use]
    pub fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => ES256,
            Self::EdDsa(_) => EDDSA,
            Self::Rs256(..) => RS256,
        }
    }

    /// As it is kept: the point, the key, or `u16 length of the modulus | modulus | exponent`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Es256(point) => point.to_vec(),
            Self::EdDsa(key) => key.to_vec(),
            Self::Rs256(modulus, exponent) => {
                let length = u16::try_from(modulus.len()).unwrap_or(u16::MAX);
                [&length.to_be_bytes(), modulus.as_slice(), exponent].concat()
            }
        }
    }

    /// From what was kept.
    #[must_use]
    pub fn from_bytes(algorithm: i64, bytes: &[u8]) -> Option<Self> {
        match algorithm {
            ES256 => {
                let point: [u8; 65] = bytes.try_into().ok()?;
                (point.first() == Some(&4)).then_some(Self::Es256(point))
            }
            EDDSA => bytes.try_into().ok().map(Self::EdDsa),
            RS256 => {
                let (length, rest) = bytes.split_first_chunk::<2>()?;
                let (modulus, exponent) =
                    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
                Self::rs256(modulus, exponent)
            }
            _ => None,
        }
    }

    /// Whether this key signed the message.
    #[must_use]
    pub fn signed(&self, message: &[u8], signature: &[u8], written: Written) -> bool {
        let checked = match self {
            Self::Es256(point) => {
                let how = match written {
                    Written::Der => &ECDSA_P256_SHA256_ASN1,
                    Written::Fixed => &ECDSA_P256_SHA256_FIXED,
                };
                UnparsedPublicKey::new(how, point).verify(message, signature)
            }
            Self::EdDsa(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::Rs256(n, e) => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
        };
        checked.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_kept_and_read_as_it_was() {
        for key in [
            PublicKey::es256(&[1; 32], &[2; 32]).unwrap(),
            PublicKey::EdDsa([3; 32]),
            PublicKey::rs256(&[0, 0, 9, 8], &[1, 0, 1]).unwrap(),
        ] {
            assert_eq!(
                PublicKey::from_bytes(key.algorithm(), &key.to_bytes()),
                Some(key)
            );
        }
        assert_eq!(
            PublicKey::rs256(&[0, 0, 9, 8], &[1, 0, 1])
                .unwrap()
                .to_bytes(),
            [0, 2, 9, 8, 1, 0, 1]
        );
        assert_eq!(PublicKey::es256(&[1; 31], &[2; 32]), None);
        assert_eq!(PublicKey::from_bytes(-37, &[1; 32]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            algorithm in prop_oneof![Just(ES256), Just(EDDSA), Just(RS256), any::<i64>()],
            bytes in prop::collection::vec(any::<u8>(), 0..600),
        ) {
            if let Some(key) = PublicKey::from_bytes(algorithm, &bytes) {
                prop_assert!(!key.signed(b"message", &bytes, Written::Der));
                prop_assert!(!key.signed(b"message", &bytes, Written::Fixed));
            }
        }
    }
}
