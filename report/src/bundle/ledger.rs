//! What a bundle holds of the collector's ledger: its checkpoint, cosigned by witnesses, and the
//! entries that the bundle rests on.
//!
//! ```text
//! data/ledger/checkpoint.note      the first `size` entries, signed, with cosignatures
//! data/ledger/entries.jsonl        Shown: an entry and the proof that it is one of them
//! data/ledger/consistency.jsonl    Earlier: the proof that they begin with those of a checkpoint before
//! data/ledger/timestamp.tsr        a time-stamping authority's answer (RFC 3161) about the next
//! data/ledger/timestamp.note       a checkpoint, as the collector signed it
//! data/keys/ledger.vkey            data/keys/witness-<number>.vkey  data/keys/tsa.pem
//! ```
//!
//! Promises: every receipt, decision, order and erasure of the bundle is an entry, or is said to be from
//! before the ledger began; how many witnesses cosigned is said, and fewer than the bundle says it needs fail.
//! [`compare`] finds out whether two bundles are of one ledger.
//!
//! Refuses: to say that entries which are not shown are harmless. It knows that they are there.

mod entered;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{About, Check, DeviceLog, ERASURES, Files, Outcome, Question, key, needed};
use crate::checkpoint::Checkpoint;
use crate::device::DeviceId;
use crate::hash::Hash;
use crate::id;
use crate::ledger::{Entry, Event, leaf, origin};
use crate::merkle::{verify_consistency, verify_inclusion};
use crate::note::{Alg, Note, VerifierKey, open_checkpoint};
use crate::receipt::Receipt;
use crate::salt::SALT;
use crate::time::UnixMs;
use crate::timestamp::{self, StampError};

const STAMP: &str = "data/ledger/timestamp.tsr";
const STAMPED: &str = "data/ledger/timestamp.note";
const CHECKPOINT: &str = "data/ledger/checkpoint.note";
const ENTRIES: &str = "data/ledger/entries.jsonl";
const CONSISTENCY: &str = "data/ledger/consistency.jsonl";

/// In `bundle.json`: what the bundle says about its part of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerAbout {
    /// How many entries its checkpoint covers.
    pub size: u64,
    /// How many witnesses must have cosigned it.
    pub quorum: u64,
}

/// A line of `entries.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownEntry {
    /// Its place.
    pub seq: u64,
    /// The salt of its leaf, 32 hex digits.
    pub salt: String,
    /// Its line, byte for byte.
    pub line: String,
    /// The proof that it is under the checkpoint.
    pub proof: Vec<Hash>,
}

/// A line of `consistency.jsonl`: the checkpoint of this size that was handed out before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// How many entries it covers.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// The proof that the bundle's checkpoint continues it.
    pub proof: Vec<Hash>,
}

/// What is proved of a ledger.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// Its key.
    pub key: VerifierKey,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The witnesses that cosigned it, with when, Unix seconds by their clocks.
    pub cosigned: BTreeMap<String, u64>,
    /// The entries that are shown, by place.
    pub entries: BTreeMap<u64, Entry>,
    /// Roots by size.
    roots: BTreeMap<u64, Hash>,
    /// Roots of perfect subtrees, by level and place.
    nodes: BTreeMap<(u32, u64), Hash>,
}

pub(super) fn check(
    files: &dyn Files,
    listed: &BTreeSet<String>,
    about: Option<&About>,
    logs: &BTreeMap<DeviceId, DeviceLog>,
) -> (Vec<Check>, Option<Ledger>) {
    let says = about.and_then(|about| about.ledger.as_ref());
    if says.is_none() && !listed.iter().any(|path| path.starts_with("data/ledger/")) {
        return (Vec::new(), None);
    }
    let mut checks = Vec::new();
    let mut note = |question: Question, what: String, outcome: Outcome| {
        let holds = outcome == Outcome::Holds;
        checks.push(Check::new(question, what, outcome));
        holds
    };
    let (Some(about), Some(says)) = (about, says) else {
        let why = "bundle.json does not speak of it".to_owned();
        note(
            Question::Ledger,
            "the ledger: it is part of this bundle".to_owned(),
            Outcome::Fails(why),
        );
        return (checks, None);
    };
    let (signed, bytes, log_key) = match checkpoint(files, about, says) {
        Ok(signed) => signed,
        Err(outcome) => {
            note(
                Question::Ledger,
                "the ledger: the collector signed its checkpoint".to_owned(),
                outcome,
            );
            return (checks, None);
        }
    };
    let what = format!(
        "the ledger: the collector signed a checkpoint over {} entries",
        signed.size
    );
    note(Question::Ledger, what, Outcome::Holds);

    let mut ledger = Ledger {
        roots: BTreeMap::from([(signed.size, signed.root)]),
        key: log_key,
        checkpoint: signed,
        cosigned: BTreeMap::new(),
        entries: BTreeMap::new(),
        nodes: BTreeMap::new(),
    };
    let (what, outcome) = witnesses(files, listed, &bytes, says.quorum, &mut ledger);
    note(Question::Ledger, what, outcome);
    let outcome = ledger.entries_of(files);
    let what = format!(
        "the ledger: each of the {} entries shown is one of them, at its place",
        ledger.entries.len()
    );
    if !note(Question::Ledger, what, outcome) {
        return (checks, None);
    }
    let outcome = ledger.earlier(files);
    let what = format!(
        "the ledger: it continues each of the {} checkpoints before it that are named",
        ledger.roots.len().saturating_sub(1)
    );
    if !note(Question::Ledger, what, outcome) {
        return (checks, None);
    }
    if listed.contains(STAMP) || listed.contains(STAMPED) {
        let (what, outcome) = ledger.stamp(files);
        note(Question::Ledger, what, outcome);
    }
    let receipts = ledger.receipts(files, listed, logs);
    note(
        Question::Entered,
        "the ledger: every receipt of this bundle is an entry".to_owned(),
        receipts,
    );
    let decisions = ledger.decisions(files);
    note(
        Question::Entered,
        "the ledger: every decision of this bundle is an entry".to_owned(),
        decisions,
    );
    let orders = ledger.orders(files, listed);
    note(
        Question::Entered,
        "the ledger: every order of this bundle is an entry".to_owned(),
        orders,
    );
    if listed.contains(ERASURES) {
        note(
            Question::Entered,
            "the ledger: every erasure of this bundle is an entry".to_owned(),
            ledger.erasures(files),
        );
    }
    (checks, Some(ledger))
}

/// Are two bundles of one ledger, the same story?
#[must_use]
pub fn compare(one: &Ledger, other: &Ledger) -> Check {
    const WHAT: &str = "the ledgers of both bundles tell one story";
    if one.key != other.key {
        let why = format!(
            "they are ledgers of two keys: {} and {}",
            one.key, other.key
        );
        return Check::new(Question::Ledger, WHAT, Outcome::Unchecked(why));
    }
    let apart = |what: String| {
        Check::new(
            Question::Ledger,
            WHAT,
            Outcome::Fails(format!(
                "{what}: the collector signed two histories that exclude each other"
            )),
        )
    };
    for (size, root) in &one.roots {
        if other.roots.get(size).is_some_and(|other| other != root) {
            return apart(format!("the first {size} entries are not the same in both"));
        }
    }
    for (seq, entry) in &one.entries {
        if other.entries.get(seq).is_some_and(|other| other != entry) {
            return apart(format!("entry {seq} is not the same in both"));
        }
    }
    for ((level, place), node) in &one.nodes {
        if other
            .nodes
            .get(&(*level, *place))
            .is_some_and(|other| other != node)
        {
            let first = place.checked_shl(*level).unwrap_or(u64::MAX);
            return apart(format!(
                "the entries from {first} on are not the same in both"
            ));
        }
    }
    let (small, large) = if one.checkpoint.size <= other.checkpoint.size {
        (one, other)
    } else {
        (other, one)
    };
    let size = small.checkpoint.size;
    if large.roots.get(&size) == Some(&small.checkpoint.root) {
        let what = format!("{WHAT}: {} entries continue {size}", large.checkpoint.size);
        return Check::new(Question::Ledger, what, Outcome::Holds);
    }
    Check::new(
        Question::Ledger,
        WHAT,
        Outcome::Unchecked(format!(
            "neither proves that {} entries continue {size}: ask for a new bundle, which does",
            large.checkpoint.size
        )),
    )
}

fn checkpoint(
    files: &dyn Files,
    about: &About,
    says: &LedgerAbout,
) -> Result<(Checkpoint, Vec<u8>, VerifierKey), Outcome> {
    let log_key = key(files, "data/keys/ledger.vkey")?;
    if log_key.name() != origin(&about.collector) || log_key.alg() != Alg::Ed25519 {
        let why = format!("data/keys/ledger.vkey is the key of {}", log_key.name());
        return Err(Outcome::Fails(why));
    }
    let bytes = needed(files, CHECKPOINT)?.into_owned();
    let signed = open_checkpoint(&bytes, &log_key)
        .map_err(|error| Outcome::Fails(format!("{CHECKPOINT}: {error}")))?;
    if signed.size != says.size {
        let why = format!(
            "{CHECKPOINT} is about {} entries, bundle.json says {}",
            signed.size, says.size
        );
        return Err(Outcome::Fails(why));
    }
    Ok((signed, bytes, log_key))
}

/// How many of the witnesses that are named cosigned.
fn witnesses(
    files: &dyn Files,
    listed: &BTreeSet<String>,
    bytes: &[u8],
    quorum: u64,
    ledger: &mut Ledger,
) -> (String, Outcome) {
    let mut named = 0_u64;
    let outcome = (|| {
        let note = Note::parse(bytes).map_err(|error| Outcome::Fails(error.to_string()))?;
        let mut own = BTreeSet::from([*ledger.key.key()]);
        own.extend(
            key(files, "data/keys/collector.vkey")
                .ok()
                .map(|key| *key.key()),
        );
        for path in listed
            .iter()
            .filter(|path| path.starts_with("data/keys/witness-"))
        {
            let witness = key(files, path)?;
            let fails = |why: &str| Outcome::Fails(format!("{path}: {why}"));
            if witness.alg() != Alg::CosignatureV1 {
                return Err(fails("it is no key of a witness"));
            }
            // One key, one witness; and the collector is not its own.
            if !own.insert(*witness.key()) {
                return Err(fails("it is the key of somebody else in this bundle"));
            }
            named += 1;
            let Some(line) = note.by(&witness) else {
                continue;
            };
            let receipt = Receipt::of(line, &ledger.checkpoint, &witness)
                .map_err(|_| fails("its cosignature does not hold"))?;
            ledger
                .cosigned
                .insert(witness.name().to_owned(), receipt.time);
        }
        let cosigned = ledger.cosigned.len() as u64;
        if cosigned < quorum {
            return Err(Outcome::Fails(format!(
                "{cosigned} of {named} witnesses cosigned it, and the bundle needs {quorum}"
            )));
        }
        Ok(())
    })();
    let who: Vec<_> = ledger.cosigned.keys().map(String::as_str).collect();
    let what = match (named, who.len()) {
        (0, _) => "the ledger: no witness is named; only the collector speaks for it".to_owned(),
        (_, 0) => {
            format!("the ledger: none of {named} witnesses cosigned it in time; {quorum} needed")
        }
        (_, cosigned) => format!(
            "the ledger: {cosigned} of {named} witnesses cosigned it ({}); {quorum} needed",
            who.join(", ")
        ),
    };
    (what, outcome.err().unwrap_or(Outcome::Holds))
}

impl Ledger {
    /// When it began: what was held before is not in it.
    fn began(&self) -> Option<UnixMs> {
        let first = self.entries.get(&0)?;
        matches!(first.event, Event::Began(_)).then_some(first.at)
    }

    fn entries_of(&mut self, files: &dyn Files) -> Outcome {
        let read = (|| {
            let (size, root) = (self.checkpoint.size, self.checkpoint.root);
            let mut last: Option<(u64, UnixMs)> = None;
            for (number, line) in lines(files, ENTRIES)? {
                let fails = |why: &dyn std::fmt::Display| {
                    Outcome::Fails(format!("{ENTRIES}, line {number}: {why}"))
                };
                let shown: ShownEntry =
                    serde_json::from_str(&line).map_err(|error| fails(&error))?;
                let salt: [u8; SALT] = id::read_hex(&shown.salt)
                    .ok_or_else(|| fails(&"a salt is 32 lower-case hex digits"))?;
                let hash = leaf(&salt, &shown.line);
                if !verify_inclusion(&hash, shown.seq, size, &shown.proof, &root) {
                    return Err(fails(&format_args!(
                        "entry {} is not in the ledger",
                        shown.seq
                    )));
                }
                let entry = Entry::parse(&shown.line).map_err(|error| fails(&error))?;
                let (before, at) = last.map_or((None, entry.at), |(seq, at)| (Some(seq), at));
                if entry.seq != shown.seq || before >= Some(shown.seq) || at > entry.at {
                    return Err(fails(&"the entries are not in order"));
                }
                last = Some((entry.seq, entry.at));
                self.remember(shown.seq, hash, &shown.proof);
                self.entries.insert(entry.seq, entry);
            }
            match self.began() {
                Some(_) => Ok(()),
                None => Err(Outcome::Fails(format!(
                    "{ENTRIES} does not show how the ledger began"
                ))),
            }
        })();
        read.err().unwrap_or(Outcome::Holds)
    }

    /// The perfect subtrees that a proof that holds names.
    fn remember(&mut self, seq: u64, leaf: Hash, proof: &[Hash]) {
        self.nodes.insert((0, seq), leaf);
        let (mut from, mut to) = (0, self.checkpoint.size);
        for sibling in proof.iter().rev() {
            if to - from < 2 {
                return;
            }
            let middle = from + (1 << (to - from - 1).ilog2());
            let (left, right) = ((from, middle), (middle, to));
            let ((start, end), next) = if seq < middle {
                (right, left)
            } else {
                (left, right)
            };
            if (end - start).is_power_of_two() {
                let level = (end - start).ilog2();
                self.nodes.insert((level, start >> level), *sibling);
            }
            (from, to) = next;
        }
    }

    fn earlier(&mut self, files: &dyn Files) -> Outcome {
        let read = (|| {
            for (number, line) in lines(files, CONSISTENCY)? {
                let fails = |why: &dyn std::fmt::Display| {
                    Outcome::Fails(format!("{CONSISTENCY}, line {number}: {why}"))
                };
                let one: Earlier = serde_json::from_str(&line).map_err(|error| fails(&error))?;
                let (size, root) = (self.checkpoint.size, &self.checkpoint.root);
                if !verify_consistency(one.size, &one.root, size, root, &one.proof) {
                    return Err(fails(&format_args!(
                        "{size} entries are not shown to continue {}",
                        one.size
                    )));
                }
                self.roots.insert(one.size, one.root);
            }
            Ok(())
        })();
        read.err().unwrap_or(Outcome::Holds)
    }

    /// The checkpoint that was stamped is one of this ledger, and the stamp holds.
    fn stamp(&self, files: &dyn Files) -> (String, Outcome) {
        const WHAT: &str = "the ledger: a time-stamping authority had a checkpoint";
        let checked = (|| {
            let fails = |why: String| Outcome::Fails(format!("{STAMPED}: {why}"));
            let stamped = needed(files, STAMPED)?;
            let signed =
                open_checkpoint(&stamped, &self.key).map_err(|error| fails(error.to_string()))?;
            if self.roots.get(&signed.size) != Some(&signed.root) {
                return Err(fails(
                    "it is not shown that the ledger continues it".to_owned(),
                ));
            }
            let answer = needed(files, STAMP)?;
            let trusted = match files.read("data/keys/tsa.pem") {
                Ok(Some(trusted)) => trusted,
                Ok(None) => {
                    let why = "data/keys/tsa.pem, the certificate to check it with, is missing";
                    return Err(Outcome::Unchecked(why.to_owned()));
                }
                Err(why) => return Err(Outcome::Unchecked(why)),
            };
            let at = timestamp::verify(&answer, &stamped, &trusted, None).map_err(|error| {
                let why = format!("{STAMP}: {error}");
                match error {
                    StampError::Wrong(_) => Outcome::Fails(why),
                    StampError::Unchecked(_) => Outcome::Unchecked(why),
                }
            })?;
            Ok((signed.size, at))
        })();
        match checked {
            Ok((size, at)) => (
                format!("{WHAT} over {size} entries at {at} by its clock"),
                Outcome::Holds,
            ),
            Err(outcome) => (WHAT.to_owned(), outcome),
        }
    }
}

/// The lines of a file, numbered from 1.
fn lines(files: &dyn Files, path: &str) -> Result<Vec<(u64, String)>, Outcome> {
    let bytes = needed(files, path)?;
    let text =
        std::str::from_utf8(&bytes).map_err(|_| Outcome::Fails(format!("{path} is not UTF-8")))?;
    Ok((1..).zip(text.lines().map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests;
