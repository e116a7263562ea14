//! SHA-256 hashes (FIPS 180-4), written as 64 lower-case hex digits everywhere.

use std::fmt;
use std::str::FromStr;

use ring::digest;

use crate::id;

/// A SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// The text is not 64 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 lower-case hex digits; copy it again, whole")]
pub struct HashError;

impl Hash {
    /// The hash of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_parts(&[bytes])
    }

    /// The hash of the parts, one after the other.
    #[must_use]
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in parts {
            context.update(part);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Self(hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        id::write_hex(&self.0, f)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        id::write_hex(&self.0, f)
    }
}

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        id::read_hex(text).map(Self).ok_or(HashError)
    }
}

id::serde_as_text!(Hash, "64 lower-case hex digits");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_sha_256() {
        // FIPS 180-4 example: "abc".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Hash::of(b"abc").to_string(), abc);
        assert_eq!(Hash::of_parts(&[b"a", b"", b"bc"]), Hash::of(b"abc"));
        assert_eq!(abc.parse(), Ok(Hash::of(b"abc")));
    }

    #[test]
    fn has_one_spelling() {
        let abc = Hash::of(b"abc").to_string();
        for wrong in [&abc[1..], &abc.to_uppercase(), &format!("{abc}0"), "", " "] {
            assert_eq!(wrong.parse::<Hash>(), Err(HashError), "{wrong}");
        }
        let json = serde_json::to_string(&Hash::of(b"abc")).unwrap();
        assert_eq!(json, format!("\"{abc}\""));
        assert_eq!(
            serde_json::from_str::<Hash>(&json).unwrap(),
            Hash::of(b"abc")
        );
        assert!(serde_json::from_str::<Hash>("\"ba78\"").is_err());
    }
}
