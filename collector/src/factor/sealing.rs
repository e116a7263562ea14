//! The key under which secrets of the sign-in lie in the store.
//!
//! ```text
//! sign-in.key      32 bytes, 0600, beside the store's file and not in it
//! sealed           nonce 12 | AES-256-GCM(what, tag), bound to the place where it stands
//! ```
//!
//! Promises: whoever has the store's file or a backup of it, and not this key, has no secret of an app, cannot
//! try recovery codes, and cannot make the cookie of a browser that is known. A secret cannot be moved to
//! somebody else's row.
//!
//! What it does not do: a collector must be able to check codes, so whoever has the whole data directory, or the
//! memory of the running program, has the secrets. Passkeys do not have this weakness: the store has public keys
//! only.

use std::path::{Path, PathBuf};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

use crate::key_file::{self, KeyFileError};
use crate::random::{self, NoRandom};

const KEY: usize = 32;

/// The key, and what is derived from it.
pub struct Sealing {
    seals: LessSafeKey,
    codes: hmac::Key,
    browsers: hmac::Key,
}

/// Why the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    /// It is gone, and secrets lie under it.
    #[error(
        "the key {0} is missing: restore it from a backup; without it nobody's code from an app can be checked \
         (to go on without it, run `proviso-collector staff reset` for each who has codes: then a new key is made)"
    )]
    Missing(PathBuf),
    /// It is not a key.
    #[error("{0} is not a key of {KEY} bytes: restore it from a backup")]
    Form(PathBuf),
    /// It cannot be read or written.
    #[error("cannot {what} {path}: {why}; check the permissions and the free space")]
    Io {
        /// Verb.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] NoRandom),
}

impl Sealing {
    /// The key in this file. One is made if there is none, unless secrets lie under one.
    pub fn in_file(path: &Path, needed: bool) -> Result<Self, SealingError> {
        if !path.exists() {
            if needed {
                return Err(SealingError::Missing(path.to_owned()));
            }
            let key: [u8; KEY] = random::bytes()?;
            key_file::make(path, &key)?;
        }
        let bytes = std::fs::read(path).map_err(io("read", path))?;
        let key: [u8; KEY] = bytes
            .try_into()
            .map_err(|_| SealingError::Form(path.to_owned()))?;
        Self::of(&key).ok_or_else(|| SealingError::Form(path.to_owned()))
    }

    fn of(key: &[u8; KEY]) -> Option<Self> {
        let master = hmac::Key::new(hmac::HMAC_SHA256, key);
        let derived = |what: &[u8]| hmac::sign(&master, what);
        let seals = UnboundKey::new(&AES_256_GCM, derived(b"proviso sign-in seals").as_ref());
        let mac = |what: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, derived(what).as_ref());
        Some(Self {
            seals: LessSafeKey::new(seals.ok()?),
            codes: mac(b"proviso recovery codes"),
            browsers: mac(b"proviso known browsers"),
        })
    }

    /// Seals what stands at this place.
    pub fn seal(&self, place: &str, secret: &[u8]) -> Result<Vec<u8>, NoRandom> {
        let nonce: [u8; NONCE_LEN] = random::bytes()?;
        let mut body = secret.to_vec();
        let bound = Aad::from(place.as_bytes());
        self.seals
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound, &mut body)
            .map_err(|_| NoRandom)?;
        Ok([nonce.as_slice(), &body].concat())
    }

    /// Opens what was sealed at this place; nothing if it was changed, moved, or sealed under another key.
    #[must_use]
    pub fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut body = body.to_vec();
        let bound = Aad::from(place.as_bytes());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.seals.open_in_place(nonce, bound, &mut body).ok()?;
        Some(opened.to_vec())
    }

    /// What is kept of a recovery code.
    #[must_use]
    pub fn recovery_code(&self, staff: &str, code: &str) -> [u8; 32] {
        mac(&self.codes, staff, code.as_bytes())
    }

    /// The signature in the cookie of a browser that is known.
    #[must_use]
    pub fn browser(&self, staff: &str, nonce: &[u8]) -> [u8; 32] {
        mac(&self.browsers, staff, nonce)
    }
}

fn mac(key: &hmac::Key, staff: &str, what: &[u8]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    context.update(staff.as_bytes());
    context.update(&[0]);
    context.update(what);
    let tag = context.sign();
    let mut out = [0; 32];
    out.copy_from_slice(tag.as_ref());
    out
}

impl From<KeyFileError> for SealingError {
    fn from(KeyFileError { what, path, why }: KeyFileError) -> Self {
        Self::Io { what, path, why }
    }
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> SealingError {
    let path = path.to_owned();
    move |why| SealingError::Io { what, path, why }
}

impl std::fmt::Debug for Sealing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealing")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_at_its_place_under_its_key_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sign-in.key");
        let key = Sealing::in_file(&path, false).unwrap();
        let sealed = key.seal("morgan 1", b"secret").unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        let again = Sealing::in_file(&path, true).unwrap();
        assert_eq!(again.open("morgan 1", &sealed).unwrap(), b"secret");
        assert_eq!(again.open("kim 1", &sealed), None);
        for at in 0..sealed.len() {
            let mut other = sealed.clone();
            other[at] ^= 1;
            assert_eq!(again.open("morgan 1", &other), None, "{at}");
        }
        assert_eq!(again.open("morgan 1", b"short"), None);
        let other = Sealing::in_file(&dir.path().join("other.key"), false).unwrap();
        assert_eq!(other.open("morgan 1", &sealed), None);
        assert_ne!(
            key.recovery_code("morgan", "a"),
            key.recovery_code("kim", "a")
        );
        assert_ne!(
            key.recovery_code("morgan", "a"),
            key.browser("morgan", b"a")
        );
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_key_that_is_needed_is_never_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sign-in.key");
        let why = Sealing::in_file(&path, true).unwrap_err();
        assert!(matches!(why, SealingError::Missing(_)), "{why}");
        std::fs::write(&path, b"short").unwrap();
        let why = Sealing::in_file(&path, true).unwrap_err();
        assert!(why.to_string().contains("backup"), "{why}");
    }
}
