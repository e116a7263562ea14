//! Does one signature hold, whatever it is for? Whoever asks makes a sentence of a refusal.

use proviso_report::{UnixMs, verify_ed25519};

use super::allowed::Signer;
use super::sshsig::Signature;
use super::{Signers, fingerprint};

/// Why a signature does not hold.
pub(super) enum Refused {
    Unread(Unread),
    /// The fingerprint of a key that nobody has.
    Stranger(String),
    /// Whose key may not sign for this purpose.
    NotForThis(String),
    /// Whose signature is of other bytes.
    Altered(String),
    /// Whose key was not valid at that time, and the option that says so.
    NotValidThen(String, UnixMs, String),
}

/// Why something is no signature for a purpose.
pub(super) enum Unread {
    /// This completes "cannot be read: ".
    Malformed(&'static str),
    /// It is for this instead.
    Namespace(String),
}

impl Signers {
    /// Whose signature it is, if it is one of these bytes for this purpose by a key that was valid
    /// then.
    pub(super) fn holds(
        &self,
        namespace: &str,
        bytes: &[u8],
        armoured: &[u8],
        at: UnixMs,
    ) -> Result<&Signer, Refused> {
        let signature = read(namespace, armoured).map_err(Refused::Unread)?;
        let signer = self
            .0
            .iter()
            .find(|signer| signer.key == signature.key)
            .ok_or_else(|| Refused::Stranger(fingerprint(&signature.key)))?;
        let principal = || signer.principal.clone();
        if !signer.may_sign(namespace) {
            return Err(Refused::NotForThis(principal()));
        }
        if !is_of(&signature, bytes) {
            return Err(Refused::Altered(principal()));
        }
        match signer.limit_against(at) {
            None => Ok(signer),
            Some(limit) => Err(Refused::NotValidThen(principal(), at, limit)),
        }
    }
}

/// The fingerprint of the key that made this signature of these bytes for this purpose, whoever's
/// key that is. Of altered bytes it is what is refused.
pub(super) fn made_by(namespace: &str, bytes: &[u8], armoured: &[u8]) -> Result<String, Refused> {
    let signature = read(namespace, armoured).map_err(Refused::Unread)?;
    let fingerprint = fingerprint(&signature.key);
    if is_of(&signature, bytes) {
        Ok(fingerprint)
    } else {
        Err(Refused::Altered(fingerprint))
    }
}

/// A signature for this purpose. Nothing is said yet about whether it holds.
fn read(namespace: &str, armoured: &[u8]) -> Result<Signature, Unread> {
    let signature = Signature::parse(armoured).map_err(Unread::Malformed)?;
    if signature.namespace == namespace.as_bytes() {
        Ok(signature)
    } else {
        let found = String::from_utf8_lossy(&signature.namespace).into_owned();
        Err(Unread::Namespace(found))
    }
}

/// Is it a signature of these bytes, by the key that it names?
fn is_of(signature: &Signature, bytes: &[u8]) -> bool {
    let message = signature.message(bytes);
    verify_ed25519(&signature.key, &message, &signature.signature)
}
