//! The collector's signature under receipts and bundles, and the names of the keys that stand in notes.
//!
//! Promises: a receipt is made from checkpoint, time and key alone, so the same three give the same
//! line whenever it is asked for; the store need not keep it. Everything that names a log or a key
//! builds its name here.
//!
//! Refuses: to sign anything but receipts, and bundles, whose names no log has.

use proviso_report::bundle::{seal_note, seal_statement};
use proviso_report::{Alg, Checkpoint, DeviceId, Hash, KeyError, Receipt, SigningKey, VerifierKey};
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;

use crate::random::NoRandom;
use crate::store::devices::Device;

/// Signs receipts under the authority's name.
pub struct Signer {
    authority: String,
    key: SigningKey,
    verifier: VerifierKey,
}

/// Why the receipt key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The name cannot stand in a note.
    #[error(
        "{0:?} cannot be the authority's name: it stands in every signature, so give one without \
         blanks and without `+`, for example a host name"
    )]
    Name(String),
    /// The key file is not a key.
    #[error("the receipt key cannot be used ({0}); restore receipt.key from a backup")]
    Key(KeyError),
}

impl Signer {
    /// Takes the authority's name and the key that [`new_key`] made.
    pub fn load(authority: &str, pkcs8: &[u8]) -> Result<Self, SignerError> {
        if authority.is_empty() {
            return Err(SignerError::Name(String::new()));
        }
        let key = SigningKey::from_pkcs8(pkcs8).map_err(SignerError::Key)?;
        let name = format!("{authority}/collector");
        let verifier = VerifierKey::new(&name, Alg::CosignatureV1, key.public());
        let verifier = verifier.map_err(|error| match error {
            KeyError::Name(_) => SignerError::Name(authority.to_owned()),
            other => SignerError::Key(other),
        })?;
        Ok(Self {
            authority: authority.to_owned(),
            key,
            verifier,
        })
    }

    /// The authority's name.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// What agents and verifiers check receipts with.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The name of a device's log.
    #[must_use]
    pub fn origin(&self, device: DeviceId) -> String {
        format!("{}/device/{device}", self.authority)
    }

    /// What a device's checkpoints are checked with until its log names another key.
    pub fn device_key(&self, device: &Device) -> Result<VerifierKey, KeyError> {
        VerifierKey::ed25519(&self.origin(device.id), device.log_key)
    }

    /// What checkpoints of a device's log are checked with that this key signed.
    pub fn log_key(&self, device: DeviceId, key: [u8; 32]) -> Result<VerifierKey, KeyError> {
        VerifierKey::ed25519(&self.origin(device), key)
    }

    /// States that the log is held up to `checkpoint` since `time`, Unix seconds.
    #[must_use]
    pub fn receipt(&self, checkpoint: &Checkpoint, time: u64) -> Receipt {
        let message = Receipt::message_to_sign(checkpoint, time);
        Receipt::assemble(&self.verifier, time, self.key.sign(&message))
    }

    /// States that the bundle about `person` held the files of `manifest` at `time`, Unix seconds:
    /// its `bundle.note`.
    #[must_use]
    pub fn seal(&self, person: &str, manifest: &[u8], time: u64) -> String {
        let statement = seal_statement(&self.authority, person, manifest);
        seal_note(&statement, &self.receipt(&statement, time))
    }

    /// States that a certificate of destruction says `text`, at `time`, Unix seconds: the note that
    /// lies beside it, in the form of `bundle.note`.
    #[must_use]
    pub fn certify(&self, erasure: &str, text: &[u8], time: u64) -> String {
        let lines = text.iter().filter(|byte| **byte == b'\n').count();
        let statement = Checkpoint {
            origin: format!("{}/erasure/{erasure}", self.authority),
            size: u64::try_from(lines).unwrap_or(u64::MAX),
            root: Hash::of(text),
        };
        seal_note(&statement, &self.receipt(&statement, time))
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

/// A fresh receipt key, PKCS#8.
pub fn new_key() -> Result<Vec<u8>, NoRandom> {
    let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| NoRandom)?;
    Ok(made.as_ref().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_checkpoint_and_time_give_the_same_receipt() {
        let signer = Signer::load("a.example", &new_key().unwrap()).unwrap();
        let checkpoint = Checkpoint {
            origin: signer.origin(DeviceId([0x0a; 16])),
            size: 3,
            root: Hash::of(b"root"),
        };
        let receipt = signer.receipt(&checkpoint, 1_795_496_400);
        assert_eq!(receipt, signer.receipt(&checkpoint, 1_795_496_400));
        assert_eq!(
            Receipt::verify(receipt.line(), &checkpoint, signer.verifier()),
            Ok(receipt)
        );
        assert_eq!(
            checkpoint.origin,
            "a.example/device/0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
        );
        assert_eq!(signer.verifier().name(), "a.example/collector");
    }

    #[test]
    fn a_bundle_is_signed_under_a_name_that_no_log_has() {
        let signer = Signer::load("a.example", &new_key().unwrap()).unwrap();
        let note = signer.seal("P-0001", b"00  data/a\n", 1_795_496_400);
        let statement = seal_statement("a.example", "P-0001", b"00  data/a\n");
        let line = note.strip_prefix(&(statement.body() + "\n")).unwrap();
        assert_eq!(statement.origin, "a.example/bundle/P-0001");
        assert_eq!(
            Receipt::verify(line.trim_end(), &statement, signer.verifier()),
            Ok(signer.receipt(&statement, 1_795_496_400))
        );
    }

    #[test]
    fn a_name_that_no_note_can_hold_is_refused() {
        let key = new_key().unwrap();
        for name in ["", "two words", "a+b", "line\nfeed"] {
            let refused = Signer::load(name, &key).unwrap_err();
            assert!(matches!(refused, SignerError::Name(_)), "{refused}");
        }
        let refused = Signer::load("a.example", b"no key").unwrap_err();
        assert!(refused.to_string().contains("backup"), "{refused}");
    }
}
