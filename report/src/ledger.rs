//! The ledger: the collector's own log, which holds the collector to account.
//!
//! An entry is one line of JSON that states what the collector did or took in, and when:
//!
//! ```json
//! {"v":1,"seq":41,"at":"2026-11-25T22:00:00.000Z","kind":"receipt","f":{...}}
//! ```
//!
//! Its leaf is SHA-256(0x00 ‖ salt ‖ line) with a random salt of 16 bytes, so that one entry can be
//! shown alone and the hashes of the others give nothing away. The log's name is
//! `<authority>/ledger`, and its checkpoints are notes signed by a key of its own.
//!
//! Promises: the keys are written in this order without spaces; what is absent is left out; a line
//! holds no line feed and at most [`MAX_ENTRY`] bytes. An entry knows people by id or pseudonym.
//!
//! Refuses: names, what a person did, words that somebody wrote (these are bound by their hash),
//! other keys, other versions, a second spelling of a time or a hash.

mod event;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::merkle::leaf_hash;
use crate::salt::SALT;
use crate::time::UnixMs;

pub use event::{
    Access, Began, Decision, DeviceChange, DeviceWhat, Erasure, Event, Export, Incident, Kind,
    ListUpdate, OrderPut, OrderWhat, Receipt,
};

/// The longest line, in bytes, without its line feed.
pub const MAX_ENTRY: usize = 65_535;

const VERSION: u8 = 1;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the ledger, from 0.
    pub seq: u64,
    /// When, by the collector's clock; never before that of the entry before.
    pub at: UnixMs,
    /// What it states.
    pub event: Event,
}

/// Why a line is no entry, or an entry cannot be a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Longer than any entry.
    #[error("the entry has {0} bytes; {MAX_ENTRY} is the most that an entry can have")]
    TooLong(usize),
    /// Not the JSON of an entry.
    #[error("this is not an entry of a ledger: {0}")]
    Form(String),
    /// Written by a version that this one does not know.
    #[error(
        "this is an entry of version {0}, and this program knows version {VERSION}: use a newer one"
    )]
    Version(u8),
    /// Of a kind that this program does not know.
    #[error("{0:?} is no kind of entry that this program knows: use a newer one")]
    Kind(String),
    /// A time that no calendar shows.
    #[error("the entry's time is outside the years 0000 to 9999: set this computer's clock")]
    Time,
}

/// The order of these fields is the order of the keys.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    v: u8,
    seq: u64,
    at: UnixMs,
    #[serde(borrow)]
    kind: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    f: std::borrow::Cow<'a, RawValue>,
}

impl Entry {
    /// The line, without a line feed.
    pub fn to_line(&self) -> Result<String, EntryError> {
        if !self.at.is_writable() {
            return Err(EntryError::Time);
        }
        let form = |error: serde_json::Error| EntryError::Form(error.to_string());
        let fields = RawValue::from_string(self.event.to_json().map_err(form)?).map_err(form)?;
        let line = serde_json::to_string(&Line {
            v: VERSION,
            seq: self.seq,
            at: self.at,
            kind: self.event.kind().as_str().into(),
            f: std::borrow::Cow::Owned(fields),
        })
        .map_err(form)?;
        if line.len() > MAX_ENTRY {
            return Err(EntryError::TooLong(line.len()));
        }
        Ok(line)
    }

    /// Reads a line. One that this program would write otherwise is refused: a statement has one
    /// spelling.
    pub fn parse(line: &str) -> Result<Self, EntryError> {
        if line.len() > MAX_ENTRY {
            return Err(EntryError::TooLong(line.len()));
        }
        let form = |error: &serde_json::Error| EntryError::Form(plain(error));
        let read: Line<'_> = serde_json::from_str(line).map_err(|error| form(&error))?;
        if read.v != VERSION {
            return Err(EntryError::Version(read.v));
        }
        let kind = Kind::parse(&read.kind)
            .ok_or_else(|| EntryError::Kind(read.kind.clone().into_owned()))?;
        let event = Event::parse(kind, read.f.get()).map_err(|error| form(&error))?;
        let entry = Self {
            seq: read.seq,
            at: read.at,
            event,
        };
        if entry.to_line()? != line {
            return Err(EntryError::Form(
                "it is written in another way than entries are".to_owned(),
            ));
        }
        Ok(entry)
    }
}

/// The leaf of an entry's line.
#[must_use]
pub fn leaf(salt: &[u8; SALT], line: &str) -> Hash {
    leaf_hash(salt, line.as_bytes())
}

/// The ledger's name, which is that of its key.
#[must_use]
pub fn origin(authority: &str) -> String {
    format!("{authority}/ledger")
}

/// What the collector signs about the first `size` entries.
#[must_use]
pub fn checkpoint(authority: &str, size: u64, root: Hash) -> Checkpoint {
    Checkpoint {
        origin: origin(authority),
        size,
        root,
    }
}

/// What is wrong and where, and nothing of what the line holds.
fn plain(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Io => "it cannot be read",
        serde_json::error::Category::Syntax => "bad JSON",
        serde_json::error::Category::Data => "a value or a key that does not belong there",
        serde_json::error::Category::Eof => "it ends too early",
    };
    format!("{what} at column {}", error.column())
}

#[cfg(test)]
mod tests;
