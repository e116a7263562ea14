//! Who signed an order: OpenSSH signatures (PROTOCOL.sshsig), as `ssh-keygen -Y sign` makes them.
//!
//! [`Signers`] is the file that says whose key is whose, [`Signers::verify`] the question, and
//! [`Signers::verify_update`] the same about an update of a list, which one person signs.
//!
//! Promises: an order counts as signed only when at least two people of different roles signed
//! its exact bytes, for [`NAMESPACE`], with keys that were valid then; one signature that does not
//! hold spoils the rest. The answer is the same on every computer.
//!
//! Refuses: keys other than Ed25519, certificates, principals with wildcards, and dates without
//! `Z`, which would mean another moment in another time zone.

mod allowed;
mod one;
mod sshsig;
mod update;
mod wire;

use std::collections::BTreeSet;

use data_encoding::BASE64_NOPAD;
use proviso_report::{Hash, UnixMs};

use allowed::Signer;
use one::{Refused, Unread, made_by};

pub use update::{UPDATE_NAMESPACE, UpdateSignatureError, update_signed_with};

/// What every order signature is for. A signature for anything else is none.
pub const NAMESPACE: &str = "proviso-order-v1@proviso";
/// The most signatures that one order can bear.
pub const MAX_SIGNATURES: usize = 16;

/// Who may sign orders: OpenSSH's `allowed_signers`. A principal is `role:name`.
#[derive(Clone, Debug)]
pub struct Signers(Vec<Signer>);

/// Who signed: two people of different roles at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBy {
    /// Their principals, in the order of the signatures.
    pub principals: Vec<String>,
}

/// A key that may sign orders, for people to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedKey {
    /// Whose it is.
    pub principal: String,
    /// `SHA256:` and base64, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
}

/// Why an order is not signed as it must be, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The file of allowed signers is not one.
    #[error("allowed_signers, line {line}: {why}")]
    File {
        /// Where, from 1.
        line: usize,
        /// What is wrong and what to do.
        why: String,
    },
    /// Not a signature.
    #[error(
        "signature {number} cannot be read: {why}; sign the order again with `proviso order sign`"
    )]
    Malformed {
        /// Which, from 1.
        number: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// By a key that may not sign.
    #[error(
        "signature {number} is by the key {fingerprint}, which allowed_signers does not name: have \
         somebody sign whom it names, or add the key there"
    )]
    Stranger {
        /// Which, from 1.
        number: usize,
        /// The key's.
        fingerprint: String,
    },
    /// For another purpose.
    #[error(
        "signature {number} is for {found:?}, not for orders ({NAMESPACE:?}): sign the order with \
         `proviso order sign`"
    )]
    Namespace {
        /// Which, from 1.
        number: usize,
        /// What it is for.
        found: String,
    },
    /// By a key that may sign other things only.
    #[error(
        "allowed_signers lets the key of {principal} sign other things, not orders: add the \
         namespace {NAMESPACE:?} to its line, or have somebody else sign"
    )]
    NotForOrders {
        /// Whose key.
        principal: String,
    },
    /// The bytes are not those that were signed.
    #[error(
        "the signature of {principal} is not of this order: the order was changed after signing. \
         Take the order as it was signed, or have it signed again"
    )]
    Altered {
        /// Whose signature.
        principal: String,
    },
    /// The key was not valid yet, or no longer.
    #[error(
        "the key of {principal} was not valid at {at} (allowed_signers says {limit}): have the \
         order signed with a key that is"
    )]
    NotValidThen {
        /// Whose key.
        principal: String,
        /// The time that was asked about.
        at: UnixMs,
        /// The option of its line that says so.
        limit: String,
    },
    /// Fewer than two people.
    #[error(
        "the order is signed by {}; it must be signed by two people of different roles: have {} run \
         `proviso order sign`",
        if .0.is_empty() { "nobody".to_owned() } else { format!("{} only", .0) },
        if .0.is_empty() { "both" } else { "a second one" }
    )]
    TooFew(String),
    /// More signatures than anybody would make.
    #[error("the order bears {0} signatures; {MAX_SIGNATURES} is the most: leave out the others")]
    TooMany(usize),
    /// Two people or more, and all of one role.
    #[error(
        "all who signed the order are of the role {role:?} ({principals}): have somebody of \
         another role sign it too"
    )]
    SameRole {
        /// The role.
        role: String,
        /// Who signed.
        principals: String,
    },
}

impl Signers {
    /// Reads the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        allowed::parse(bytes).map(Self)
    }

    /// The keys that may sign orders at some time, in the order of the file.
    #[must_use]
    pub fn keys(&self) -> Vec<AllowedKey> {
        self.0
            .iter()
            .filter(|signer| signer.may_sign(NAMESPACE))
            .map(|signer| AllowedKey {
                principal: signer.principal.clone(),
                fingerprint: fingerprint(&signer.key),
            })
            .collect()
    }

    /// Whose signature of this order it is, if it is one by an allowed signer whose key was valid at that
    /// time. One alone puts nothing in force: that is asked of [`verify`](Self::verify).
    pub fn signer(
        &self,
        order: &[u8],
        signature: &[u8],
        at: UnixMs,
    ) -> Result<&str, SignatureError> {
        let signer = self.holds(NAMESPACE, order, signature, at);
        let signer = signer.map_err(|refused| SignatureError::refused(1, refused))?;
        Ok(&signer.principal)
    }

    /// Are these signatures of this order by two allowed signers of different roles, whose keys
    /// were valid at that time?
    pub fn verify(
        &self,
        order: &[u8],
        signatures: &[Vec<u8>],
        at: UnixMs,
    ) -> Result<SignedBy, SignatureError> {
        if signatures.len() > MAX_SIGNATURES {
            return Err(SignatureError::TooMany(signatures.len()));
        }
        let mut principals: Vec<String> = Vec::new();
        for (number, signature) in (1..).zip(signatures) {
            let signer = self
                .holds(NAMESPACE, order, signature, at)
                .map_err(|refused| SignatureError::refused(number, refused))?;
            if !principals.contains(&signer.principal) {
                principals.push(signer.principal.clone());
            }
        }
        if principals.len() < 2 {
            return Err(SignatureError::TooFew(principals.concat()));
        }
        let roles: BTreeSet<&str> = principals.iter().map(|name| role(name)).collect();
        match roles.first() {
            Some(only) if roles.len() == 1 => Err(SignatureError::SameRole {
                role: (*only).to_owned(),
                principals: principals.join(", "),
            }),
            _ => Ok(SignedBy { principals }),
        }
    }
}

impl SignatureError {
    fn refused(number: usize, refused: Refused) -> Self {
        match refused {
            Refused::Unread(Unread::Malformed(why)) => Self::Malformed { number, why },
            Refused::Unread(Unread::Namespace(found)) => Self::Namespace { number, found },
            Refused::Stranger(fingerprint) => Self::Stranger {
                number,
                fingerprint,
            },
            Refused::NotForThis(principal) => Self::NotForOrders { principal },
            Refused::Altered(principal) => Self::Altered { principal },
            Refused::NotValidThen(principal, at, limit) => Self::NotValidThen {
                principal,
                at,
                limit,
            },
        }
    }
}

/// The fingerprint of the key that made this signature of this order, whoever's key that is.
///
/// For whoever has just signed: it says nothing about whether the key may sign.
pub fn signed_with(order: &[u8], armoured: &[u8]) -> Result<String, SignatureError> {
    made_by(NAMESPACE, order, armoured).map_err(|refused| SignatureError::refused(1, refused))
}

/// What stands before the colon of a principal.
fn role(principal: &str) -> &str {
    principal.split(':').next().unwrap_or(principal)
}

/// As `ssh-keygen -l` prints it.
fn fingerprint(key: &[u8; 32]) -> String {
    let hash = Hash::of(&wire::key_blob(key));
    format!("SHA256:{}", BASE64_NOPAD.encode(&hash.0))
}

#[cfg(test)]
pub(crate) mod tests;
