//! One device's log in a bundle: leaves, checkpoints and receipts fit together.

use std::collections::{BTreeMap, BTreeSet};

use super::complete::Said;
use super::keys::{self, Keys};
use super::leaves::{Leaves, Place, What};
use super::{Check, Files, Outcome, Places, Question, Start, key, needed};
use crate::bounds::{Bounds, Named, Receipts};
use crate::checkpoint::Checkpoint;
use crate::device::DeviceId;
use crate::hash::Hash;
use crate::merkle::CompactRange;
use crate::note::{Note, VerifierKey};
use crate::receipt::Receipt;
use crate::record::Record;

/// A device's log that holds.
#[derive(Clone, Debug)]
pub struct DeviceLog {
    /// The place of the first record of the bundle.
    pub first: u64,
    /// The place after the last.
    pub end: u64,
    /// The records that are shown, in order.
    pub records: Vec<Record>,
    /// The leaf of each of them.
    pub leaves: Vec<Hash>,
    /// Of each of them in turn: between which moments of the collector it was written.
    pub bounds: Vec<Bounds>,
    /// How many are withheld, those that were erased among them.
    pub withheld: u64,
    /// Those that are said to be erased.
    pub erased: Places,
    /// By log size: when the collector had the log up to there, Unix seconds by its clock.
    pub received: BTreeMap<u64, u64>,
    /// By log size: the root that the device signed.
    pub roots: BTreeMap<u64, Hash>,
    /// The same receipts, for the bounds of records.
    pub receipts: Receipts,
}

/// A checkpoint with the signature of the device and the receipt of the collector.
struct Cosigned {
    checkpoint: Checkpoint,
    receipt: Option<Receipt>,
}

pub(super) fn check(
    files: &dyn Files,
    listed: &BTreeSet<String>,
    device: DeviceId,
    collector: Option<&VerifierKey>,
    said: &Said,
) -> (Vec<Check>, Option<DeviceLog>) {
    let mut checks = Vec::new();
    let check = |question: Question, text: &str, outcome: Outcome| {
        Check::new(question, format!("device {device}: {text}"), outcome)
    };
    let mut note = |check: Check| {
        let holds = check.outcome == Outcome::Holds;
        checks.push(check);
        holds
    };

    let key = match device_key(files, device) {
        Ok(key) => key,
        Err(outcome) => {
            note(check(Question::Keys, "its key can be read", outcome));
            return (checks, None);
        }
    };
    let read = Leaves::read(files, device);
    let shown = read.as_ref().map_or(&[][..], |leaves| &leaves.records);
    let keys = match keys::walk(files, device, key, shown, collector) {
        Ok(keys) => keys,
        Err(outcome) => {
            note(check(
                Question::Signed,
                "each of its keys is named under the key before it",
                outcome,
            ));
            return (checks, None);
        }
    };
    if keys.count() > 1 {
        let text = format!(
            "its {} keys follow each other from that of its enrolment, each named under the key \
             before it",
            keys.count()
        );
        note(check(Question::Signed, &text, Outcome::Holds));
    }
    let cosigned = match checkpoints(files, listed, device, &keys, collector) {
        Ok(cosigned) => cosigned,
        Err(outcome) => {
            let text = "each checkpoint is signed by the device and received by the collector";
            note(check(Question::Signed, text, outcome).also(Question::Received));
            return (checks, None);
        }
    };
    let text = format!(
        "each of the {} checkpoints is signed by the device and received by the collector",
        cosigned.len()
    );
    let receipts = cosigned.values().all(|one| one.receipt.is_some());
    let outcome = if receipts {
        Outcome::Holds
    } else {
        Outcome::Unchecked("the collector's key is missing".to_owned())
    };
    note(check(Question::Signed, &text, outcome).also(Question::Received));

    let grown = read.and_then(|leaves| {
        let log = grow(files, device, &leaves.places, &cosigned, &keys)?;
        Ok((log, leaves))
    });
    let (log, leaves) = match grown {
        Ok(found) => found,
        Err(outcome) => {
            let text = "the records lead to the roots that the device signed";
            note(check(Question::InLog, text, outcome).also(Question::Complete));
            return (checks, None);
        }
    };
    let text = format!(
        "the {} records from {} to {} lead to the roots that the device signed; none is missing",
        log.end - log.first,
        log.first,
        log.end.saturating_sub(1)
    );
    note(check(Question::InLog, &text, Outcome::Holds).also(Question::Complete));
    // Of chosen records the statement of completeness says which are withheld.
    if log.withheld > 0 && !said.chosen {
        let text = "no record is withheld between records of the time asked for";
        let outcome = leaves.withheld(said.erased.get(&device));
        note(check(Question::Complete, text, outcome));
    }
    let outcome = in_their_places(&leaves, &log.receipts);
    let records = leaves.records;
    let text = "each record stands at its place and says what a record can say";
    let sound = note(check(Question::InLog, text, outcome).also(Question::Between));
    let mut walk = log.receipts.sandwich();
    let bounds = records.iter().map(|record| walk.pass(record)).collect();
    let log = DeviceLog {
        records,
        bounds,
        erased: said.erased.get(&device).cloned().unwrap_or_default(),
        ..log
    };
    (checks, sound.then_some(log))
}

fn device_key(files: &dyn Files, device: DeviceId) -> Result<VerifierKey, Outcome> {
    let path = format!("data/keys/device-{device}.vkey");
    let key = key(files, &path)?;
    if key.name().ends_with(&format!("/device/{device}")) {
        return Ok(key);
    }
    Err(Outcome::Fails(format!(
        "{path} is the key of {}",
        key.name()
    )))
}

/// By log size.
fn checkpoints(
    files: &dyn Files,
    listed: &BTreeSet<String>,
    device: DeviceId,
    keys: &Keys,
    collector: Option<&VerifierKey>,
) -> Result<BTreeMap<u64, Cosigned>, Outcome> {
    let under = format!("data/devices/{device}/checkpoints/");
    let mut found = BTreeMap::new();
    let mut latest = 0;
    for path in listed
        .range(under.clone()..)
        .take_while(|path| path.starts_with(&under))
    {
        let fails = |why: String| Outcome::Fails(format!("{path}: {why}"));
        let bytes = needed(files, path)?;
        let size = path
            .strip_prefix(&under)
            .and_then(|name| name.strip_suffix(".note"))
            .and_then(|name| name.parse().ok())
            .filter(|size| *path == format!("{under}{size:020}.note"))
            .ok_or_else(|| fails("it is not named by a size".to_owned()))?;
        // A key signs only the sizes for which it counts.
        let key = keys
            .at(size)
            .ok_or_else(|| fails("no key signs it".to_owned()))?;
        let note = Note::parse(&bytes).map_err(|error| fails(error.to_string()))?;
        let checkpoint = note
            .checkpoint(key)
            .map_err(|error| fails(error.to_string()))?;
        if checkpoint.size != size {
            return Err(fails(format!("it is about {} records", checkpoint.size)));
        }
        let receipt = match collector {
            None => None,
            Some(collector) => {
                let line = note.by(collector);
                let line = line.ok_or_else(|| fails("it bears no receipt".to_owned()))?;
                let receipt = Receipt::of(line, &checkpoint, collector)
                    .map_err(|error| fails(error.to_string()))?;
                if receipt.time < latest {
                    let why = "the receipt is older than that of a shorter log";
                    return Err(fails(why.to_owned()));
                }
                latest = receipt.time;
                Some(receipt)
            }
        };
        found.insert(
            checkpoint.size,
            Cosigned {
                checkpoint,
                receipt,
            },
        );
    }
    if found.is_empty() {
        return Err(Outcome::Fails(format!("{under} holds no checkpoint")));
    }
    match keys.shown().iter().find(|size| !found.contains_key(size)) {
        None => Ok(found),
        Some(size) => Err(Outcome::Fails(format!(
            "the record before {size} names a new key, and no checkpoint for {size} records shows \
             that the key before signed it"
        ))),
    }
}

/// Grows the log by every leaf and compares it with each checkpoint on the way.
fn grow(
    files: &dyn Files,
    device: DeviceId,
    places: &[Place],
    cosigned: &BTreeMap<u64, Cosigned>,
    keys: &Keys,
) -> Result<DeviceLog, Outcome> {
    let fails = |why: String| Outcome::Fails(why);
    let path = format!("data/devices/{device}/start.json");
    let start: Start = serde_json::from_slice(&needed(files, &path)?)
        .map_err(|error| fails(format!("{path}: {error}")))?;
    let mut log = CompactRange::from_nodes(start.size, start.nodes)
        .map_err(|error| fails(format!("{path}: {error}")))?;
    let first = log.size();
    let mut signed = cosigned.range(first..).peekable();
    if cosigned.range(..first).next().is_some() {
        return Err(fails(format!(
            "there is a checkpoint from before record {first}"
        )));
    }
    let path = format!("data/devices/{device}/leaves.jsonl");
    let (mut shown, mut withheld) = (Vec::new(), 0);
    let mut meet = |log: &CompactRange| {
        // Where keys changed, the key before has signed the log too.
        if keys
            .signed
            .get(&log.size())
            .is_some_and(|root| *root != log.root())
        {
            return Err(fails(format!(
                "the first {} records do not lead to the root under which the key changed",
                log.size()
            )));
        }
        match signed.next_if(|(size, _)| **size == log.size()) {
            Some((size, one)) if one.checkpoint.root != log.root() => Err(fails(format!(
                "the first {size} records do not lead to the root that the device signed for them"
            ))),
            _ => Ok(()),
        }
    };
    meet(&log)?;
    for (number, place) in (1_u64..).zip(places) {
        if place.index != log.size() {
            return Err(fails(format!(
                "{path}, line {number}: record {} stands where {} must stand",
                place.index,
                log.size()
            )));
        }
        log.append(place.hash);
        meet(&log)?;
        match place.what {
            What::Shown | What::OfLog => shown.push(place.hash),
            What::Withheld => withheld += 1,
        }
    }
    let end = log.size();
    let last = cosigned.last_key_value().map_or(0, |(size, _)| *size);
    if end != last {
        return Err(fails(format!(
            "the records end at {end}, the last checkpoint is for {last}"
        )));
    }
    let mut receipts = Receipts::new();
    for (size, one) in cosigned {
        if let Some(receipt) = &one.receipt {
            receipts.add(*size, receipt.time, receipt.hash());
        }
    }
    let received = cosigned
        .iter()
        .filter_map(|(size, one)| Some((*size, one.receipt.as_ref()?.time)))
        .collect();
    let roots = cosigned.iter();
    Ok(DeviceLog {
        first,
        end,
        records: Vec::new(),
        leaves: shown,
        bounds: Vec::new(),
        withheld,
        erased: Places::default(),
        received,
        roots: roots
            .map(|(size, one)| (*size, one.checkpoint.root))
            .collect(),
        receipts,
    })
}

/// Is each of them a record that can stand where it stands?
fn in_their_places(leaves: &Leaves, receipts: &Receipts) -> Outcome {
    // A receipt that a record names was there before the record.
    let later = leaves
        .records
        .iter()
        .find_map(|record| match receipts.named(record) {
            Named::Later(size) => Some((record.seq, size)),
            _ => None,
        });
    match (later, &leaves.fault) {
        (Some((index, size)), _) => Outcome::Fails(format!(
            "record {index} names a receipt for {size} records, which is later"
        )),
        (None, Some(why)) => Outcome::Fails(why.clone()),
        (None, None) => Outcome::Holds,
    }
}

impl DeviceLog {
    /// Are all records of the log before its end here, but for those that were erased?
    #[must_use]
    pub fn lacks_erased_only(&self) -> bool {
        self.first == 0 && self.withheld == self.erased.count()
    }
}
