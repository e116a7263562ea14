//! Salts: why a hash in an exported log does not give away the record behind it.
//!
//! Each report has a seed of 32 random bytes; each record's leaf is hashed with a salt made from
//! the seed and its place. A withheld record can then not be guessed from its leaf: the seed stays
//! with the collector, an export shows the salts of the records that it shows.

use std::fmt;

use ring::hmac;

/// Bytes of a salt.
pub const SALT: usize = 16;

/// Whoever has it can make the salt of every record of its report.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// From random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The salt of the record at `seq`: the first 16 bytes of HMAC-SHA-256(seed, be64(seq)).
    #[must_use]
    pub fn salt(&self, seq: u64) -> [u8; SALT] {
        self.salts().of(seq)
    }

    /// Makes many salts with the key set up once.
    #[must_use]
    pub(crate) fn salts(&self) -> Salts {
        Salts(hmac::Key::new(hmac::HMAC_SHA256, &self.0))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// A seed made ready.
pub(crate) struct Salts(hmac::Key);

impl Salts {
    pub(crate) fn of(&self, seq: u64) -> [u8; SALT] {
        let tag = hmac::sign(&self.0, &seq.to_be_bytes());
        let mut salt = [0; SALT];
        salt.copy_from_slice(&tag.as_ref()[..SALT]);
        salt
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    #[test]
    fn is_these_bytes() {
        // printf '\0\0\0\0\0\0\0\51' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707..07
        let salt = Seed::new([7; 32]).salt(41);
        assert_eq!(HEXLOWER.encode(&salt), "f296a5c23822e975308aa9dc92c066c4");
        assert_ne!(salt, Seed::new([7; 32]).salt(42));
    }

    #[test]
    fn never_prints_itself() {
        assert_eq!(format!("{:?}", Seed::new([7; 32])), "Seed(..)");
    }
}
