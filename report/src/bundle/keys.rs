//! Which key signed a device's log, by its size.
//!
//! Keys of a log evolve (`key_changed`): each key signs up to and with the report whose last record
//! names the next one. A key accepts nothing outside of that, so that whoever seizes a computer with
//! its last key cannot sign the past anew, and a key that was wiped cannot sign what came later.
//!
//! Promises: every key but that of enrolment was named in the log, and the key before it signed the
//! log that ends with that record. Names come from the records that are shown and, for what comes
//! before them, from `keys.jsonl`: each line is the record, the proof that it is the last of a log
//! of `size` records, and the note under which the key before signed that log.
//!
//! Refuses: to take a key from a record that no such signature covers, and a chain with a link
//! missing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Files, Outcome};
use crate::checkpoint::Checkpoint;
use crate::device::DeviceId;
use crate::fact::Fact;
use crate::hash::Hash;
use crate::id;
use crate::merkle::{leaf_hash, verify_inclusion};
use crate::note::{Alg, Note, VerifierKey};
use crate::receipt::Receipt;
use crate::record::Record;
use crate::salt::SALT;

/// The most hashes that a proof has.
const LONGEST: usize = 64;

/// A line of `keys.jsonl`: a record that names the next key, and proof that the key before signed
/// it: `{"index":41,"salt":"<32 hex>","line":"...","size":42,"hashes":["<64 hex>"],"note":"..."}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    /// The record's place.
    pub index: u64,
    /// The salt of its leaf, in lower-case hex.
    pub salt: String,
    /// Its line, without a line feed.
    pub line: String,
    /// How many records the log has that the note is about: the record is its last.
    pub size: u64,
    /// The proof that it is in that log (RFC 6962), from the bottom.
    pub hashes: Vec<Hash>,
    /// The checkpoint of that log, signed by the key before.
    pub note: String,
}

/// The keys of a log.
#[derive(Debug)]
pub(super) struct Keys {
    /// By the size from which on, itself not included, they sign.
    since: BTreeMap<u64, VerifierKey>,
    /// What notes of `keys.jsonl` say, by size.
    pub(super) signed: BTreeMap<u64, Hash>,
    /// The sizes at which records that are shown name a new key.
    shown: Vec<u64>,
}

impl Announcement {
    /// The last record of a report, for `keys.jsonl`. `before`: the roots of the perfect subtrees of
    /// the log without it, the largest first.
    #[must_use]
    pub fn new(index: u64, salt: &[u8; SALT], line: String, before: &[Hash], note: String) -> Self {
        Self {
            index,
            salt: data_encoding::HEXLOWER.encode(salt),
            line,
            size: index.saturating_add(1),
            hashes: before.iter().rev().copied().collect(),
            note,
        }
    }

    /// Checks it by the key before and, if it is there, the collector's.
    fn check(
        &self,
        key: &VerifierKey,
        collector: Option<&VerifierKey>,
    ) -> Result<(Checkpoint, VerifierKey), String> {
        let at = self.index;
        if Some(self.size) != at.checked_add(1) || self.hashes.len() > LONGEST {
            return Err(format!(
                "record {at} is not the last of {} records",
                self.size
            ));
        }
        let salt: [u8; SALT] =
            id::read_hex(&self.salt).ok_or("a salt is 32 lower-case hex digits")?;
        let unsigned = |error| {
            format!("the change of keys in record {at} is not signed by the key before: {error}")
        };
        let note = Note::parse(self.note.as_bytes()).map_err(unsigned)?;
        let checkpoint = note.checkpoint(key).map_err(unsigned)?;
        if checkpoint.size != self.size {
            return Err(format!(
                "the note under record {at} is about {} records",
                checkpoint.size
            ));
        }
        let leaf = leaf_hash(&salt, self.line.as_bytes());
        if !verify_inclusion(&leaf, at, self.size, &self.hashes, &checkpoint.root) {
            return Err(format!(
                "record {at} is not in the log that its note is about"
            ));
        }
        if let Some(collector) = collector {
            let line = note.by(collector);
            let line =
                line.ok_or_else(|| format!("the note under record {at} bears no receipt"))?;
            Receipt::of(line, &checkpoint, collector)
                .map_err(|error| format!("the note under record {at}: {error}"))?;
        }
        let record =
            Record::parse(self.line.as_bytes()).map_err(|error| format!("record {at}: {error}"))?;
        if record.seq != at {
            return Err(format!("record {at} says that it is record {}", record.seq));
        }
        Ok((checkpoint, next_key(&record, key)?))
    }
}

impl Keys {
    /// The key that signs a log of this size.
    pub(super) fn at(&self, size: u64) -> Option<&VerifierKey> {
        let found = self.since.range(..size.max(1)).next_back();
        found.map(|(_, key)| key)
    }

    /// How many.
    pub(super) fn count(&self) -> usize {
        self.since.len()
    }

    /// The record before this size names a new key, is shown, and must be the last of a report.
    pub(super) fn shown(&self) -> &[u64] {
        &self.shown
    }
}

/// Follows the keys from that of enrolment on.
pub(super) fn walk(
    files: &dyn Files,
    device: DeviceId,
    enrolled: VerifierKey,
    shown: &[Record],
    collector: Option<&VerifierKey>,
) -> Result<Keys, Outcome> {
    let mut keys = Keys {
        since: BTreeMap::new(),
        signed: BTreeMap::new(),
        shown: Vec::new(),
    };
    let mut before = announcements(files, device)?.into_iter().peekable();
    let mut named = shown
        .iter()
        .filter(|record| matches!(record.fact, Fact::KeyChanged(_)))
        .peekable();
    let mut key = enrolled.clone();
    keys.since.insert(0, enrolled);
    loop {
        let proven = match (before.peek(), named.peek()) {
            (None, None) => return Ok(keys),
            (Some(one), Some(record)) if one.index == record.seq => {
                let why = format!("record {} is shown, and in keys.jsonl too", record.seq);
                return Err(Outcome::Fails(why));
            }
            (Some(one), Some(record)) => one.index < record.seq,
            (one, _) => one.is_some(),
        };
        let (size, next) = if proven {
            let Some(one) = before.next() else { continue };
            let (checkpoint, next) = one.check(&key, collector).map_err(Outcome::Fails)?;
            keys.signed.insert(checkpoint.size, checkpoint.root);
            (checkpoint.size, next)
        } else {
            let Some(record) = named.next() else { continue };
            let next = next_key(record, &key).map_err(Outcome::Fails)?;
            let size = record.seq.saturating_add(1);
            keys.shown.push(size);
            (size, next)
        };
        key = next.clone();
        keys.since.insert(size, next);
    }
}

/// The lines of `keys.jsonl`; none if there is no such file.
fn announcements(files: &dyn Files, device: DeviceId) -> Result<Vec<Announcement>, Outcome> {
    let path = format!("data/devices/{device}/keys.jsonl");
    let bytes = match files.read(&path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(Vec::new()),
        Err(why) => return Err(Outcome::Unchecked(why)),
    };
    let text =
        std::str::from_utf8(&bytes).map_err(|_| Outcome::Fails(format!("{path} is not UTF-8")))?;
    let mut all: Vec<Announcement> = Vec::new();
    for (number, line) in (1_u64..).zip(text.lines()) {
        let one: Announcement = serde_json::from_str(line)
            .map_err(|error| Outcome::Fails(format!("{path}, line {number}: {error}")))?;
        if all.last().is_some_and(|last| last.index >= one.index) {
            let why = format!("{path}, line {number}: the records are not in their order");
            return Err(Outcome::Fails(why));
        }
        all.push(one);
    }
    Ok(all)
}

/// The key that a record names, which `before` signs no more.
fn next_key(record: &Record, before: &VerifierKey) -> Result<VerifierKey, String> {
    let index = record.seq;
    let Fact::KeyChanged(changed) = &record.fact else {
        return Err(format!("record {index} names no key"));
    };
    let key: VerifierKey = changed
        .key
        .parse()
        .map_err(|error| format!("record {index}: {error}"))?;
    if key.alg() != Alg::Ed25519 || key.name() != before.name() {
        return Err(format!("record {index} names a key of {}", key.name()));
    }
    Ok(key)
}

#[cfg(test)]
mod tests;
