//! What the frames in JSON hold.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base64;
use crate::device::DeviceId;
use crate::fact::LogBreak;
use crate::hash::Hash;

/// The agent's first word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of this protocol: 1.
    pub protocol: u16,
    /// The agent's version.
    pub agent_version: String,
    /// Who it is; its certificate says the same.
    pub device: DeviceId,
    /// How many records its log has.
    pub size: u64,
    /// The hash of the order in force on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Hash>,
}

/// The collector's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// How many records of this device it holds.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// The last receipt it gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// The note of the checkpoint that the receipt is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// The hash of the order that is assigned to the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Hash>,
    /// How many updates of its lists there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub updates: u64,
}

/// No, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For the program.
    pub code: RefusalCode,
    /// How many records of the device the collector holds.
    pub size: u64,
    /// For people.
    pub sentence: String,
}

/// Why the collector says no; the numbers are those of HTTP (RFC 9110) with the same meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefusalCode {
    /// The report does not continue what is held: start again from `size`. 409.
    WrongSize,
    /// The report contradicts what is held. 422.
    Inconsistent,
    /// The device is not known, or no longer. 404.
    UnknownDevice,
    /// The certificate names another device. 403.
    WrongDevice,
    /// The device's log key did not sign it. 400.
    BadSignature,
    /// A key of the device's log signed it that does not sign any more. 422.
    WrongKey,
    /// Not a report, or not what was expected. 400.
    BadReport,
    /// The log was broken off: ask for a new one. 410.
    BrokenOff,
    /// So many new logs in a day that people must look first. 429.
    TooManyEpochs,
    /// Over a limit. 413.
    TooLarge,
    /// The order that it names is not one of this device. 428.
    OrderMismatch,
    /// Not now. 503.
    Busy,
    /// No such token.
    TokenUnknown,
    /// The token was used before.
    TokenUsed,
    /// The token is too old.
    TokenExpired,
    /// Neither the token nor whoever enrols names an account. Said only to who asks with
    /// [`EnrolRequest::no_account`].
    NoAccount,
}

/// An order as it was signed. Its lists are asked for by their hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPackage {
    /// The order file.
    #[serde(with = "base64")]
    pub order: Vec<u8>,
    /// Its signatures (armoured SSHSIG).
    #[serde(with = "base64::list")]
    pub signatures: Vec<Vec<u8>>,
    /// The updates of its lists, in the order in which they were taken. A device that does not know
    /// of updates goes on by the lists that the order pins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub updates: Vec<UpdatePackage>,
}

/// An update of a list as it was signed. The list is asked for by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatePackage {
    /// The statement.
    #[serde(with = "base64")]
    pub update: Vec<u8>,
    /// Its signature (armoured SSHSIG).
    #[serde(with = "base64")]
    pub signature: Vec<u8>,
}

/// What a computer sends to become a device.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The secret of the token.
    #[serde(with = "base64")]
    pub secret: [u8; 16],
    /// Its certification request (PKCS#10, DER).
    #[serde(with = "base64")]
    pub csr: Vec<u8>,
    /// The public key that will sign its checkpoints.
    #[serde(with = "base64")]
    pub log_key: [u8; 32],
    /// That key's signature over `"proviso-enrol/1\0" ‖ secret ‖ SHA-256(csr)`.
    #[serde(with = "base64")]
    pub proof: [u8; 64],
    /// The computer's name.
    pub host: String,
    /// Operating system and architecture.
    pub platform: String,
    /// The agent's version.
    pub agent_version: String,
    /// Whoever enrols names no account: nothing shall come of it if the token names none either.
    #[serde(default, skip_serializing_if = "is_false")]
    pub no_account: bool,
}

impl EnrolRequest {
    /// What the log key signs to prove that whoever asks holds it and made this request.
    #[must_use]
    pub fn message_to_sign(secret: &[u8; 16], csr: &[u8]) -> Vec<u8> {
        [b"proviso-enrol/1\0", &secret[..], &Hash::of(csr).0].concat()
    }
}

pub(super) const fn is_zero(number: &u64) -> bool {
    *number == 0
}

const fn is_false(yes: &bool) -> bool {
    !*yes
}

impl fmt::Debug for EnrolRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnrolRequest(..)")
    }
}

/// The most ends of a log that a request for a new one names.
pub const MAX_ENDS: usize = 128;

/// What a computer sends whose log was broken off: it goes on in a new one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochRequest {
    /// The log that was broken off.
    pub log: DeviceId,
    /// Why, as far as the computer knows.
    pub cause: LogBreak,
    /// Sizes at which the computer signed the log, and the roots there: at most [`MAX_ENDS`].
    pub ends: Vec<(u64, Hash)>,
    /// The public key that will sign the new log.
    #[serde(with = "base64")]
    pub log_key: [u8; 32],
    /// That key's signature, see [`EpochRequest::message_to_sign`].
    #[serde(with = "base64")]
    pub proof: [u8; 64],
    /// The agent's version.
    pub agent_version: String,
}

impl EpochRequest {
    /// What the key of the new log signs to prove that whoever asks holds it: `"proviso-epoch/1\0"`,
    /// the old log's number, and for each of `ends` the size (u64, big-endian) and the root.
    #[must_use]
    pub fn message_to_sign(&self) -> Vec<u8> {
        let mut message = [b"proviso-epoch/1\0", &self.log.0[..]].concat();
        for (size, root) in &self.ends {
            message.extend(size.to_be_bytes());
            message.extend(root.0);
        }
        message
    }
}

impl fmt::Debug for EpochRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpochRequest")
            .field("log", &self.log)
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}

/// The new log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochAnswer {
    /// Its number. The certificate stays the one that it was.
    pub device: DeviceId,
    /// Its name: `<authority>/device/<id>`.
    pub origin: String,
    /// The greatest of the ends up to which both have the same old log; 0: there is none.
    pub held: u64,
}

/// What makes a computer a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolAnswer {
    /// Its number.
    pub device: DeviceId,
    /// The name of its log: `<authority>/device/<id>`.
    pub origin: String,
    /// Its certificate (DER).
    #[serde(with = "base64")]
    pub certificate: Vec<u8>,
    /// The authority's certificate (DER).
    #[serde(with = "base64")]
    pub ca: Vec<u8>,
    /// The verifier key of the collector's receipts.
    pub collector_key: String,
    /// Whose signatures make an order (OpenSSH `allowed_signers`).
    #[serde(with = "base64")]
    pub allowed_signers: Vec<u8>,
    /// The accounts that are monitored; empty: whoever enrols says it.
    pub monitored_accounts: Vec<String>,
}
