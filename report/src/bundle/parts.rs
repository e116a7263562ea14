//! What the files of a bundle hold.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Selection;
use super::ledger::LedgerAbout;
use crate::device::DeviceId;
use crate::hash::Hash;
use crate::id;
use crate::merkle::{CompactRange, leaf_hash};
use crate::salt::SALT;
use crate::time::UnixMs;

/// `bundle.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// [`super::FORMAT`].
    pub format: String,
    /// The person, by pseudonym.
    pub person: String,
    /// The first moment asked for.
    pub from: UnixMs,
    /// The first moment after.
    pub to: UnixMs,
    /// When it was written, by the collector's clock.
    pub exported_at: UnixMs,
    /// The collector's name.
    pub collector: String,
    /// The judge that made the findings.
    pub engine: String,
    /// The devices whose records it holds.
    pub devices: Vec<DeviceId>,
    /// What was chosen of the records of that time. Absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
    /// What it holds of the collector's ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerAbout>,
}

/// `start.json`: the log before the first record of the bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// How many records it had.
    pub size: u64,
    /// The roots of its perfect subtrees, the largest first.
    pub nodes: Vec<Hash>,
}

impl Start {
    /// Of this log.
    #[must_use]
    pub fn of(log: &CompactRange) -> Self {
        Self {
            size: log.size(),
            nodes: log.nodes().to_vec(),
        }
    }
}

/// A line of `leaves.jsonl`: `{"index":41,"salt":"<32 hex>","line":"..."}` for a record that is
/// shown, `{"index":42,"hash":"<64 hex>"}` for one that is withheld.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "LeafLine", into = "LeafLine")]
pub enum Leaf {
    /// A record, exactly as the device wrote it.
    Shown {
        /// Its place.
        index: u64,
        /// The salt of its leaf.
        salt: [u8; SALT],
        /// Its line, without a line feed.
        line: String,
    },
    /// Only that there is one.
    Withheld {
        /// Its place.
        index: u64,
        /// Its leaf.
        hash: Hash,
    },
}

impl Leaf {
    /// Its place.
    #[must_use]
    pub const fn index(&self) -> u64 {
        match self {
            Self::Shown { index, .. } | Self::Withheld { index, .. } => *index,
        }
    }

    /// Its hash in the log.
    #[must_use]
    pub fn hash(&self) -> Hash {
        match self {
            Self::Shown { salt, line, .. } => leaf_hash(salt, line.as_bytes()),
            Self::Withheld { hash, .. } => *hash,
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeafLine {
    index: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<Salt>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hash: Option<Hash>,
}

/// A salt as text.
#[derive(Clone, Copy)]
struct Salt([u8; SALT]);

/// The text is no salt.
struct SaltError;

impl fmt::Display for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        id::write_hex(&self.0, f)
    }
}

impl FromStr for Salt {
    type Err = SaltError;

    fn from_str(text: &str) -> Result<Self, SaltError> {
        id::read_hex(text).map(Self).ok_or(SaltError)
    }
}

id::serde_as_text!(Salt, "a salt of 32 lower-case hex digits");

impl From<Leaf> for LeafLine {
    fn from(leaf: Leaf) -> Self {
        match leaf {
            Leaf::Shown { index, salt, line } => Self {
                index,
                salt: Some(Salt(salt)),
                line: Some(line),
                hash: None,
            },
            Leaf::Withheld { index, hash } => Self {
                index,
                salt: None,
                line: None,
                hash: Some(hash),
            },
        }
    }
}

impl TryFrom<LeafLine> for Leaf {
    type Error = &'static str;

    fn try_from(leaf: LeafLine) -> Result<Self, Self::Error> {
        match leaf {
            LeafLine {
                index,
                salt: Some(Salt(salt)),
                line: Some(line),
                hash: None,
            } => Ok(Self::Shown { index, salt, line }),
            LeafLine {
                index,
                salt: None,
                line: None,
                hash: Some(hash),
            } => Ok(Self::Withheld { index, hash }),
            _ => Err("a leaf has a salt and a line, or a hash alone"),
        }
    }
}

/// A line of `lists.jsonl`, which lies beside the records of a device: from which record on an update
/// of a list counts that only the collector holds. The log cannot say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldUpdate {
    /// Of which order.
    pub order: Hash,
    /// Of which of its lists.
    pub list: String,
    /// The number of the update.
    pub number: u64,
    /// The list that it brings.
    pub sha256: Hash,
    /// The place of the first record for which it counts: the records that the collector had when it
    /// took the update.
    pub from: u64,
}

/// A line of `findings.jsonl`: what software thinks may be a breach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The same wherever it is computed.
    pub id: String,
    /// In whose log the record is.
    pub device: DeviceId,
    /// The record's place.
    pub seq: u64,
    /// The rule that matched.
    pub rule: String,
    /// The clause that the rule is about.
    pub clause: String,
    /// How serious the order says that is.
    pub severity: String,
    /// The rule in one sentence.
    pub says: String,
    /// What matched.
    pub matched: Vec<Matched>,
    /// The judge that made it.
    pub engine: String,
    /// The order.
    pub order: Hash,
    /// What it rests on, when lists of the order were updated without a new version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Hash>,
}

/// The part of a record that a rule matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matched {
    /// In which field.
    pub field: String,
    /// Which text.
    pub text: String,
}

/// A line of `decisions.jsonl`: what a person said about a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Its own id.
    pub id: String,
    /// The finding that it is about.
    pub finding: String,
    /// When, by the collector's clock.
    pub at: UnixMs,
    /// Who.
    pub by: String,
    /// `breach`, `no_breach`, ...
    pub verdict: String,
    /// Why, in that person's words.
    pub reason: String,
}
