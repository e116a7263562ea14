//! Who signed an update of a list: one person, the one whom the order names.

use proviso_report::UnixMs;

use super::Signers;
use super::one::{Refused, Unread, made_by};

/// What every signature of an update of a list is for. A signature for anything else is none.
pub const UPDATE_NAMESPACE: &str = "proviso-list-update-v1@proviso";

/// Why an update of a list is not signed as it must be, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateSignatureError {
    /// Not a signature.
    #[error(
        "the signature of the update cannot be read: {why}; sign it again with `proviso list \
         sign-update`"
    )]
    Malformed {
        /// What is wrong.
        why: &'static str,
    },
    /// For another purpose.
    #[error(
        "the signature is for {found:?}, not for updates of lists ({UPDATE_NAMESPACE:?}): sign the \
         update with `proviso list sign-update`"
    )]
    Namespace {
        /// What it is for.
        found: String,
    },
    /// By a key that may not sign.
    #[error(
        "the update is signed by the key {fingerprint}, which allowed_signers does not name: add \
         the key there, or have the update signed by whom the order names"
    )]
    Stranger {
        /// The key's.
        fingerprint: String,
    },
    /// By a key that may sign other things only.
    #[error(
        "allowed_signers lets the key of {principal} sign other things, not updates of lists: add \
         the namespace {UPDATE_NAMESPACE:?} to its line"
    )]
    NotForUpdates {
        /// Whose key.
        principal: String,
    },
    /// By somebody whom the order does not name.
    #[error("the update is signed by {principal}, and the order lets {by} update this list")]
    SomebodyElse {
        /// Who signed.
        principal: String,
        /// Who must.
        by: String,
    },
    /// The bytes are not those that were signed.
    #[error(
        "the signature of {principal} is not of this update: it was changed after signing. Take \
         it as it was signed, or have it signed again"
    )]
    Altered {
        /// Whose signature.
        principal: String,
    },
    /// The key was not valid yet, or no longer.
    #[error(
        "the key of {principal} was not valid at {at} (allowed_signers says {limit}): have the \
         update signed with a key that is"
    )]
    NotValidThen {
        /// Whose key.
        principal: String,
        /// The time that was asked about.
        at: UnixMs,
        /// The option of its line that says so.
        limit: String,
    },
}

impl Signers {
    /// Is this a signature of the update by the principal `by`, whose key was valid at that time?
    pub fn verify_update(
        &self,
        update: &[u8],
        signature: &[u8],
        by: &str,
        at: UnixMs,
    ) -> Result<(), UpdateSignatureError> {
        let signer = self.holds(UPDATE_NAMESPACE, update, signature, at)?;
        if signer.principal == by {
            Ok(())
        } else {
            Err(UpdateSignatureError::SomebodyElse {
                principal: signer.principal.clone(),
                by: by.to_owned(),
            })
        }
    }
}

/// The fingerprint of the key that made this signature of this update, whoever's key that is.
///
/// For whoever has just signed: it says nothing about whether the key may sign.
pub fn update_signed_with(update: &[u8], armoured: &[u8]) -> Result<String, UpdateSignatureError> {
    Ok(made_by(UPDATE_NAMESPACE, update, armoured)?)
}

impl From<Refused> for UpdateSignatureError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unread(Unread::Malformed(why)) => Self::Malformed { why },
            Refused::Unread(Unread::Namespace(found)) => Self::Namespace { found },
            Refused::Stranger(fingerprint) => Self::Stranger { fingerprint },
            Refused::NotForThis(principal) => Self::NotForUpdates { principal },
            Refused::Altered(principal) => Self::Altered { principal },
            Refused::NotValidThen(principal, at, limit) => Self::NotValidThen {
                principal,
                at,
                limit,
            },
        }
    }
}
