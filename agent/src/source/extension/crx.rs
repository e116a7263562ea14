//! Packs the extension as CRX3, the format in which Chromium installs extensions.
//!
//! Promises: the extension's identity is a P-256 key made on this computer, so the policy that
//! names the identity accepts no other package. Refuses: to sign anything but extension packages
//! (the signed bytes begin with CRX3's own context string).
//!
//! Layout: "Cr24", version 3, length of the header, header, zip; numbers are u32 little-endian.
//! The header is a protobuf message: field 3 an ECDSA proof (1: public key, 2: signature),
//! field 10000 the signed data (1: the extension's 16-byte id).

use std::fmt;

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use thiserror::Error;

/// DER of a SubjectPublicKeyInfo for an uncompressed P-256 point, up to the point.
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const CONTEXT: &[u8] = b"CRX3 SignedData\x00";

/// The key that identifies and signs the extension on this computer.
pub struct ExtensionKey {
    pair: EcdsaKeyPair,
    rng: SystemRandom,
}

/// Why a key could not be made, read or used.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The stored bytes are no P-256 key.
    #[error(
        "the extension's key is damaged; delete it and run `proviso-installer browsers install` again to give the extension a new identity"
    )]
    Damaged,
    /// No randomness, or the library refused.
    #[error(
        "the system gave no randomness to make or use the extension's key; restart the computer and try again"
    )]
    Unusable,
}

impl ExtensionKey {
    /// Makes a new key, as PKCS#8 bytes to be stored.
    pub fn generate() -> Result<Vec<u8>, KeyError> {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
                .map_err(|_| KeyError::Unusable)?;
        Ok(document.as_ref().to_vec())
    }

    /// Reads a stored key.
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, KeyError> {
        let rng = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, bytes, &rng)
            .map_err(|_| KeyError::Damaged)?;
        Ok(Self { pair, rng })
    }

    /// The id by which Chromium knows the extension: 32 letters from a to p.
    pub fn chromium_id(&self) -> String {
        self.id_bytes()
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 0x0f])
            .map(|digit| char::from(b'a' + digit))
            .collect()
    }

    /// Packs and signs a zip.
    pub fn pack(&self, zip: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signed_data = signed_data(&self.id_bytes());
        let message = signed_message(&signed_data, zip);
        let signature = self
            .pair
            .sign(&self.rng, &message)
            .map_err(|_| KeyError::Unusable)?;
        Ok(assemble(
            &self.spki(),
            signature.as_ref(),
            &signed_data,
            zip,
        ))
    }

    fn spki(&self) -> Vec<u8> {
        [&SPKI_PREFIX, self.pair.public_key().as_ref()].concat()
    }

    fn id_bytes(&self) -> [u8; 16] {
        let digest = ring::digest::digest(&ring::digest::SHA256, &self.spki());
        let mut id = [0; 16];
        id.copy_from_slice(&digest.as_ref()[..16]);
        id
    }
}

impl fmt::Debug for ExtensionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExtensionKey({})", self.chromium_id())
    }
}

fn signed_data(id: &[u8; 16]) -> Vec<u8> {
    let mut out = Vec::new();
    field(&mut out, 1, id);
    out
}

fn signed_message(signed_data: &[u8], zip: &[u8]) -> Vec<u8> {
    [CONTEXT, &le32(signed_data.len()), signed_data, zip].concat()
}

fn assemble(spki: &[u8], signature: &[u8], signed_data: &[u8], zip: &[u8]) -> Vec<u8> {
    let mut proof = Vec::new();
    field(&mut proof, 1, spki);
    field(&mut proof, 2, signature);
    let mut header = Vec::new();
    field(&mut header, 3, &proof);
    field(&mut header, 10_000, signed_data);
    [b"Cr24", &le32(3)[..], &le32(header.len()), &header, zip].concat()
}

/// Appends one length-delimited protobuf field.
fn field(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    const LENGTH_DELIMITED: u32 = 2;
    varint(out, u64::from(number << 3 | LENGTH_DELIMITED));
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The packages are some kilobytes, embedded in this program.
fn le32(length: usize) -> [u8; 4] {
    (length as u32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

    use super::*;

    /// Made with `openssl ecparam -name prime256v1 -genkey | openssl pkcs8 -topk8 -nocrypt -outform DER`.
    const KEY: &str = "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420f5592f8203ef71df36d3675f396404d05479519ff93615b833be8f020f1415caa144034200049321d0677e557fa478175fdb598de02515306ab07ca4287bec85756fd1354d19b8b4e59f4e51bfa818b968b5178d879a518449cff2c61dd4c45813527c0b6600";
    /// `openssl ec -pubout -outform DER | sha256sum`, first 32 digits, 0-f as a-p.
    const ID: &str = "gbeakeplgihjghdpiijjgfeojhmckmhb";

    fn key() -> ExtensionKey {
        ExtensionKey::from_pkcs8(&HEXLOWER.decode(KEY.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn the_id_is_the_one_openssl_derives() {
        assert_eq!(key().chromium_id(), ID);
    }

    #[test]
    fn header_bytes_are_pinned() {
        let data = signed_data(&[0xab; 16]);
        assert_eq!(
            HEXLOWER.encode(&assemble(&[1; 3], &[2; 4], &data, b"PK")),
            concat!(
                "43723234",                             // Cr24
                "03000000",                             // version
                "23000000",                             // header: 35 bytes
                "1a0b0a03010101120402020202",           // field 3: proof
                "82f10412",                             // field 10000, 18 bytes
                "0a10abababababababababababababababab", // field 1: id
                "504b"
            )
            .replace(' ', "")
        );
    }

    #[test]
    fn the_signature_covers_context_id_and_zip() {
        let key = key();
        let zip = b"PK and the rest";
        let crx = key.pack(zip).unwrap();
        let spki = key.spki();
        let at = find(&crx, &spki).unwrap() + spki.len();
        assert_eq!(crx[at], 0x12);
        let signature = &crx[at + 2..at + 2 + usize::from(crx[at + 1])];
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &spki[SPKI_PREFIX.len()..]);
        let data = signed_data(&key.id_bytes());
        public
            .verify(&signed_message(&data, zip), signature)
            .unwrap();
        assert!(crx.ends_with(zip));
        public
            .verify(&signed_message(&data, b"PK another"), signature)
            .unwrap_err();
    }

    #[test]
    fn a_new_key_is_a_new_identity_and_a_damaged_one_is_refused() {
        let fresh = ExtensionKey::from_pkcs8(&ExtensionKey::generate().unwrap()).unwrap();
        assert_ne!(fresh.chromium_id(), ID);
        assert!(matches!(
            ExtensionKey::from_pkcs8(b"no key"),
            Err(KeyError::Damaged)
        ));
    }

    #[test]
    fn varints_of_more_than_one_byte() {
        let mut out = Vec::new();
        varint(&mut out, 300);
        assert_eq!(out, [0xac, 0x02]);
    }

    fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
        haystack.windows(needle.len()).position(|w| w == needle)
    }
}
