//! The log itself: which key signs it, and which log it continues.

use serde::{Deserialize, Serialize};

use crate::device::DeviceId;
use crate::hash::Hash;

/// From here on another key signs the log. The report that holds it ends with it and is the last
/// that the key before signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyChanged {
    /// The new key, in the form of a verifier key (see [`crate::note`]).
    pub key: String,
    /// Why.
    pub reason: KeyReason,
}

/// Why the key of a log changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeyReason {
    /// The computer was started.
    Boot,
    /// It has signed for as long as a key may.
    Age,
}

/// The log goes on where another log of this computer was broken off. The first record of its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogContinues {
    /// The log before.
    pub log: DeviceId,
    /// How many of its records this computer has a receipt for. What it recorded later and still
    /// has follows in this log.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// Why it was broken off.
    pub cause: LogBreak,
}

/// Why a log is broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogBreak {
    /// The collector holds another history under the same name.
    Fork,
    /// The collector holds more of it than this computer.
    SetBack,
}
