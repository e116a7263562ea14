//! Who this computer is to its collector: its keys, its certificate, the name of its log.
//!
//! Files in the state directory, each readable by the agent's user only:
//!
//! ```text
//! tls.key, tls.der   the key of its connections and the certificate that the collector gave it
//! ca.der             the collector's authority, the only one that is believed
//! log.key            signs the device log; it changes (see [`crate::log_key`])
//! allowed_signers    whose signatures make an order
//! identity.toml      device, origin and the collector's receipt key; written last
//! ```
//!
//! Promises: without `identity.toml` the computer is not enrolled, whatever else lies there; so an
//! enrolment that breaks off leaves nothing that counts. Keys are wiped from memory and never
//! printed.
//!
//! Refuses: to mend anything. What does not fit together is said, and a new token mends it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proviso_report::{Alg, DeviceId, Hash, KeyError, VerifierKey, device_words};
use rcgen::{KeyPair, PublicKeyData as _};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::files::write_private;
use crate::log_key;

const FORMAT: &str = "proviso-identity/1";
const IDENTITY: &str = "identity.toml";
const TLS_KEY: &str = "tls.key";
const TLS_CERTIFICATE: &str = "tls.der";
const CA: &str = "ca.der";
const ALLOWED_SIGNERS: &str = "allowed_signers";

/// An enrolled computer. Clones share the keys.
#[derive(Clone)]
pub struct Identity {
    inner: Arc<Inner>,
}

struct Inner {
    device: DeviceId,
    origin: String,
    collector_key: VerifierKey,
    allowed_signers: Vec<u8>,
    enrolled: i64,
    tls: Credentials,
}

/// What a connection is made with.
pub(crate) struct Credentials {
    /// PKCS#8.
    pub(crate) key: Zeroizing<Vec<u8>>,
    /// DER.
    pub(crate) certificate: Vec<u8>,
    /// DER.
    pub(crate) ca: Vec<u8>,
}

/// All that enrolment brings together.
pub(crate) struct Parts {
    pub(crate) device: DeviceId,
    pub(crate) origin: String,
    pub(crate) collector_key: String,
    pub(crate) allowed_signers: Vec<u8>,
    /// Unix milliseconds.
    pub(crate) enrolled: i64,
    pub(crate) tls: Credentials,
}

/// `identity.toml`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    device: DeviceId,
    origin: String,
    collector_key: String,
    enrolled: i64,
}

/// Why there is no identity to run with.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// Nobody enrolled this computer.
    #[error("this computer is not enrolled (no {IDENTITY} in {}): run `proviso-agent enrol`", .0.display())]
    NotEnrolled(PathBuf),
    /// A file cannot be read or written.
    #[error("cannot {what} {}: {source}; check that the state directory belongs to the account the agent runs as and that the disk has room", .path.display())]
    Io {
        /// Verb.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file says something that is not understood.
    #[error("{} is damaged: {why}; enrol this computer anew with another --state directory", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl Identity {
    /// Reads the identity of an enrolled computer.
    pub fn load(state: &Path) -> Result<Self, IdentityError> {
        let path = state.join(IDENTITY);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(IdentityError::NotEnrolled(state.to_owned()));
            }
            read => read.map_err(io("read", &path))?,
        };
        let damaged = |why: String| IdentityError::Damaged {
            path: path.clone(),
            why,
        };
        let file: File = toml::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if file.format != FORMAT {
            return Err(damaged(format!("it is of the format {:?}", file.format)));
        }
        let read = |name: &str| {
            let path = state.join(name);
            std::fs::read(&path).map_err(io("read", &path))
        };
        let parts = Parts {
            device: file.device,
            origin: file.origin,
            collector_key: file.collector_key,
            allowed_signers: read(ALLOWED_SIGNERS)?,
            enrolled: file.enrolled,
            tls: Credentials {
                key: Zeroizing::new(read(TLS_KEY)?),
                certificate: read(TLS_CERTIFICATE)?,
                ca: read(CA)?,
            },
        };
        Self::new(parts).map_err(|error| damaged(error.to_string()))
    }

    /// Puts the parts together; refuses keys that cannot be used.
    pub(crate) fn new(parts: Parts) -> Result<Self, KeyError> {
        let collector_key: VerifierKey = parts.collector_key.parse()?;
        if collector_key.alg() != Alg::CosignatureV1 {
            return Err(KeyError::Form("it is not a key for receipts"));
        }
        Ok(Self {
            inner: Arc::new(Inner {
                device: parts.device,
                origin: parts.origin,
                collector_key,
                allowed_signers: parts.allowed_signers,
                enrolled: parts.enrolled,
                tls: parts.tls,
            }),
        })
    }

    /// The device's number.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.inner.device
    }

    /// The name of its log: `<authority>/device/<device id>`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.inner.origin
    }

    /// The key that checks the collector's receipts.
    #[must_use]
    pub fn collector_key(&self) -> &VerifierKey {
        &self.inner.collector_key
    }

    /// Whose signatures make an order: OpenSSH's `allowed_signers`.
    #[must_use]
    pub fn allowed_signers(&self) -> &[u8] {
        &self.inner.allowed_signers
    }

    /// Short words for its key, which the collector's page shows too; none if the key cannot be read.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let key = KeyPair::try_from(self.inner.tls.key.as_slice()).ok()?;
        Some(device_words(&Hash::of(&key.subject_public_key_info())))
    }

    /// When it was enrolled, Unix milliseconds.
    pub(crate) fn enrolled(&self) -> i64 {
        self.inner.enrolled
    }

    pub(crate) fn tls(&self) -> &Credentials {
        &self.inner.tls
    }
}

impl Parts {
    /// Writes all but the file that makes it count, with the key that signs the log first (PKCS#8).
    pub(crate) fn write(&self, state: &Path, log_key: &[u8]) -> Result<(), IdentityError> {
        for (name, bytes) in [
            (TLS_KEY, &self.tls.key[..]),
            (TLS_CERTIFICATE, &self.tls.certificate),
            (CA, &self.tls.ca),
            (log_key::FILE, log_key),
            (ALLOWED_SIGNERS, &self.allowed_signers),
        ] {
            write(&state.join(name), bytes)?;
        }
        Ok(())
    }

    /// Writes that file: from now on the computer is enrolled.
    pub(crate) fn seal(&self, state: &Path) -> Result<(), IdentityError> {
        let path = state.join(IDENTITY);
        let text = toml::to_string(&File {
            format: FORMAT.to_owned(),
            device: self.device,
            origin: self.origin.clone(),
            collector_key: self.collector_key.clone(),
            enrolled: self.enrolled,
        })
        .map_err(|error| IdentityError::Damaged {
            path: path.clone(),
            why: error.to_string(),
        })?;
        write(&path, text.as_bytes())
    }
}

/// Is this computer enrolled?
pub(crate) fn is_enrolled(state: &Path) -> bool {
    state.join(IDENTITY).exists()
}

/// Silent about keys.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("device", &self.inner.device)
            .field("origin", &self.origin())
            .finish_non_exhaustive()
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), IdentityError> {
    write_private(path, bytes).map_err(io("write", path))
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> IdentityError {
    let path = path.to_owned();
    move |source| IdentityError::Io { what, path, source }
}

#[cfg(test)]
pub(crate) mod tests {
    use proviso_report::SigningKey;

    use super::*;
    use crate::log_key::tests::pkcs8;

    /// Parts with sound log and receipt keys, and nothing to connect with.
    pub(crate) fn parts() -> Parts {
        let receipts = SigningKey::from_pkcs8(&pkcs8()).unwrap().public();
        let name = "monitoring.example/collector";
        Parts {
            device: DeviceId([0x0d; 16]),
            origin: format!("monitoring.example/device/{}", "0d".repeat(16)),
            collector_key: VerifierKey::new(name, Alg::CosignatureV1, receipts)
                .unwrap()
                .to_string(),
            allowed_signers: b"court:a ssh-ed25519 AAAA\n".to_vec(),
            enrolled: 1_795_496_400_000,
            tls: Credentials {
                key: Zeroizing::new(b"tls key".to_vec()),
                certificate: b"certificate".to_vec(),
                ca: b"ca".to_vec(),
            },
        }
    }

    #[test]
    fn comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let parts = parts();
        parts.write(dir.path(), &pkcs8()).unwrap();
        let missing = Identity::load(dir.path()).unwrap_err();
        assert!(
            matches!(missing, IdentityError::NotEnrolled(_)),
            "{missing}"
        );
        assert!(missing.to_string().contains("proviso-agent enrol"));
        parts.seal(dir.path()).unwrap();

        let identity = Identity::load(dir.path()).unwrap();
        assert_eq!(identity.device(), parts.device);
        assert_eq!(identity.origin(), parts.origin);
        assert_eq!(identity.allowed_signers(), parts.allowed_signers);
    }

    #[test]
    fn the_file_is_this_text() {
        let dir = tempfile::tempdir().unwrap();
        let parts = parts();
        parts.seal(dir.path()).unwrap();
        let text = std::fs::read_to_string(dir.path().join(IDENTITY)).unwrap();
        let id = "0d".repeat(16);
        let key = parts.collector_key;
        assert_eq!(
            text,
            format!(
                "format = \"proviso-identity/1\"\ndevice = \"{id}\"\norigin = \
                 \"monitoring.example/device/{id}\"\ncollector_key = \"{key}\"\nenrolled = \
                 1795496400000\n"
            )
        );
    }

    #[test]
    fn damage_is_said_with_its_file() {
        let dir = tempfile::tempdir().unwrap();
        parts().write(dir.path(), &pkcs8()).unwrap();
        parts().seal(dir.path()).unwrap();
        let path = dir.path().join(IDENTITY);
        let text = std::fs::read_to_string(&path).unwrap();
        for wrong in [
            text.replace("proviso-identity/1", "proviso-identity/2"),
            text.replace("origin", "orange"),
            text.replace("/collector+", "/collector+0"),
            String::new(),
        ] {
            std::fs::write(&path, wrong).unwrap();
            let error = Identity::load(dir.path()).unwrap_err();
            assert!(matches!(error, IdentityError::Damaged { .. }), "{error}");
            assert!(error.to_string().contains(IDENTITY), "{error}");
        }
        std::fs::write(&path, text).unwrap();
        std::fs::remove_file(dir.path().join(CA)).unwrap();
        let error = Identity::load(dir.path()).unwrap_err().to_string();
        assert!(error.contains(CA), "{error}");
    }

    #[test]
    fn never_prints_its_keys() {
        let identity = Identity::new(parts()).unwrap();
        let text = format!("{identity:?}");
        assert!(
            text.starts_with("Identity { device: 0d0d") && !text.contains("tls"),
            "{text}"
        );
    }
}
