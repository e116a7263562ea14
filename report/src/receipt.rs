//! Receipts: the collector states that it holds a log up to a size (C2SP tlog-cosignature,
//! `cosignature/v1`).
//!
//! A receipt is one signature line. Put under the device's checkpoint note it makes a cosigned
//! checkpoint that tools for transparency logs can check.

use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::key::{SIGNATURE, verify_ed25519};
use crate::note::{Alg, NoteError, SignatureLine, VerifierKey};

/// A receipt that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// When the collector signed, Unix seconds by its clock.
    pub time: u64,
    line: String,
}

/// Why a line is not a receipt for this checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not a signature line.
    #[error(transparent)]
    Form(#[from] NoteError),
    /// By somebody else.
    #[error("the receipt is not by {0}")]
    Stranger(String),
    /// The signature does not hold.
    #[error("the receipt by {0} does not hold for this log: it is for another one or was changed")]
    Forged(String),
}

impl Receipt {
    /// What the collector's receipt key signs.
    #[must_use]
    pub fn message_to_sign(checkpoint: &Checkpoint, time: u64) -> Vec<u8> {
        format!("cosignature/v1\ntime {time}\n{}", checkpoint.body()).into_bytes()
    }

    /// Puts a fresh signature into its line.
    #[must_use]
    pub fn assemble(key: &VerifierKey, time: u64, signature: [u8; SIGNATURE]) -> Self {
        let blob = [&time.to_be_bytes()[..], &signature].concat();
        Self {
            time,
            line: key.line(&blob).to_string(),
        }
    }

    /// Reads a line and checks that `key` signed `checkpoint` with it.
    pub fn verify(
        line: &str,
        checkpoint: &Checkpoint,
        key: &VerifierKey,
    ) -> Result<Self, ReceiptError> {
        Self::of(&SignatureLine::parse(line)?, checkpoint, key)
    }

    /// The same of a line that was read already.
    pub fn of(
        line: &SignatureLine,
        checkpoint: &Checkpoint,
        key: &VerifierKey,
    ) -> Result<Self, ReceiptError> {
        if !key.is_named_by(line) || key.alg() != Alg::CosignatureV1 {
            return Err(ReceiptError::Stranger(key.name().to_owned()));
        }
        let forged = || ReceiptError::Forged(key.name().to_owned());
        let (time, signature) = line.signature.split_first_chunk().ok_or_else(forged)?;
        let time = u64::from_be_bytes(*time);
        let message = Self::message_to_sign(checkpoint, time);
        if signature.len() != SIGNATURE || !verify_ed25519(key.key(), &message, signature) {
            return Err(forged());
        }
        Ok(Self {
            time,
            line: line.to_string(),
        })
    }

    /// The signature line, without a line feed.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// How later records name it.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Self::hash_of(&self.line)
    }

    /// The hash of a receipt's line.
    #[must_use]
    pub fn hash_of(line: &str) -> Hash {
        Hash::of(line.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::tests::key;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            origin: "a.example/device/01".into(),
            size: 41,
            root: Hash([1; 32]),
        }
    }

    fn collector() -> VerifierKey {
        VerifierKey::new("a.example/collector", Alg::CosignatureV1, key().public()).unwrap()
    }

    fn receipt() -> Receipt {
        let time = 1_795_496_400;
        let signature = key().sign(&Receipt::message_to_sign(&checkpoint(), time));
        Receipt::assemble(&collector(), time, signature)
    }

    #[test]
    fn signs_these_bytes() {
        assert_eq!(
            String::from_utf8(Receipt::message_to_sign(&checkpoint(), 1_795_496_400)).unwrap(),
            "cosignature/v1\ntime 1795496400\na.example/device/01\n41\n\
             AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"
        );
        let line = receipt().line().to_owned();
        // base64 of key id (4 bytes), time (8 bytes, 0x6b04e5d0), signature (64 bytes).
        assert!(line.starts_with("\u{2014} a.example/collector "), "{line}");
        assert_eq!(SignatureLine::parse(&line).unwrap().signature.len(), 72);
        assert_eq!(
            Receipt::verify(&line, &checkpoint(), &collector()),
            Ok(receipt())
        );
    }

    #[test]
    fn holds_for_one_checkpoint_and_one_key() {
        let line = receipt().line().to_owned();
        let longer = Checkpoint {
            size: 42,
            ..checkpoint()
        };
        assert!(matches!(
            Receipt::verify(&line, &longer, &collector()),
            Err(ReceiptError::Forged(_))
        ));
        let device = VerifierKey::ed25519("a.example/collector", key().public()).unwrap();
        assert!(matches!(
            Receipt::verify(&line, &checkpoint(), &device),
            Err(ReceiptError::Stranger(_))
        ));
        let parsed = SignatureLine::parse(&line).unwrap();
        for at in 0..parsed.signature.len() {
            let mut bent = parsed.clone();
            bent.signature[at] ^= 1;
            assert!(Receipt::verify(&bent.to_string(), &checkpoint(), &collector()).is_err());
        }
    }
}
