//! One armoured signature (PROTOCOL.sshsig): base64 between two lines that say what it is.

use data_encoding::BASE64;
use ring::digest;

use super::wire::{ED25519, Reader, put, read_key};

/// Ed25519 signatures have some 300 bytes; nothing that is longer is one.
const LONGEST: usize = 8 * 1024;
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
const MAGIC: &[u8; 6] = b"SSHSIG";

/// A signature of the right form. Nothing is said yet about whether it holds.
pub(super) struct Signature {
    pub(super) key: [u8; 32],
    pub(super) namespace: Vec<u8>,
    pub(super) signature: [u8; 64],
    reserved: Vec<u8>,
    hash: HashAlgorithm,
}

#[derive(Clone, Copy)]
enum HashAlgorithm {
    Sha256,
    Sha512,
}

impl Signature {
    /// Reads one; an error completes "cannot be read: ".
    pub(super) fn parse(armoured: &[u8]) -> Result<Self, &'static str> {
        if armoured.len() > LONGEST {
            return Err("it is longer than any signature");
        }
        let text = std::str::from_utf8(armoured).map_err(|_| "it is not text")?;
        let body = text
            .trim_end()
            .strip_prefix(BEGIN)
            .and_then(|rest| rest.strip_suffix(END))
            .ok_or("it is not what `ssh-keygen -Y sign` writes")?;
        let base64: String = body.split_ascii_whitespace().collect();
        let blob = BASE64
            .decode(base64.as_bytes())
            .map_err(|_| "it is cut off or was changed (bad base64)")?;
        Self::read(&blob)
    }

    fn read(blob: &[u8]) -> Result<Self, &'static str> {
        let short = "it is cut off";
        let mut reader = Reader(
            blob.strip_prefix(MAGIC)
                .ok_or("its first bytes are wrong")?,
        );
        if reader.number().ok_or(short)? != 1 {
            return Err("it is of a version that is not known here");
        }
        let (_, key) = read_key(reader.string().ok_or(short)?).ok_or("its key is cut off")?;
        let key = key.ok_or("it is not by an Ed25519 key, and only such keys can sign orders: make one with ssh-keygen -t ed25519")?;
        let namespace = reader.string().ok_or(short)?.to_vec();
        let reserved = reader.string().ok_or(short)?.to_vec();
        let hash = match reader.string().ok_or(short)? {
            b"sha256" => HashAlgorithm::Sha256,
            b"sha512" => HashAlgorithm::Sha512,
            _ => return Err("it is made with a hash that is not known here"),
        };
        let mut inner = Reader(reader.string().ok_or(short)?);
        reader.end().ok_or("it has bytes too many")?;
        if inner.string().ok_or(short)? != ED25519 {
            return Err("key and signature are of different types");
        }
        let signature = inner.string().and_then(|bytes| bytes.try_into().ok());
        let signature = signature.ok_or("an Ed25519 signature has 64 bytes")?;
        inner.end().ok_or("it has bytes too many")?;
        Ok(Self {
            key,
            namespace,
            signature,
            reserved,
            hash,
        })
    }

    /// What the key signed if it signed `file`.
    pub(super) fn message(&self, file: &[u8]) -> Vec<u8> {
        let (name, algorithm) = match self.hash {
            HashAlgorithm::Sha256 => ("sha256", &digest::SHA256),
            HashAlgorithm::Sha512 => ("sha512", &digest::SHA512),
        };
        let mut message = MAGIC.to_vec();
        put(&mut message, &self.namespace);
        put(&mut message, &self.reserved);
        put(&mut message, name.as_bytes());
        put(&mut message, digest::digest(algorithm, file).as_ref());
        message
    }
}
