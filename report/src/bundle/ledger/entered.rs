//! Whether what a bundle rests on was entered in the ledger: receipts, decisions, orders and erasures.
//!
//! Promises: each is an entry and as the entry says, or is said to be from before the ledger began.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Ledger, lines};
use crate::bundle::{DeviceLog, ERASURES, Files, Outcome, needed};
use crate::checkpoint::Checkpoint;
use crate::device::DeviceId;
use crate::hash::Hash;
use crate::ledger::Event;
use crate::note::Note;
use crate::time::UnixMs;

/// The collector's own words about a decision, as far as its entry binds them.
#[derive(Deserialize)]
struct Decided {
    id: String,
    finding: String,
    at: UnixMs,
    verdict: String,
    reason: String,
}

impl Ledger {
    pub(super) fn receipts(
        &self,
        files: &dyn Files,
        listed: &BTreeSet<String>,
        logs: &BTreeMap<DeviceId, DeviceLog>,
    ) -> Outcome {
        let mut entered = BTreeMap::new();
        for entry in self.entries.values() {
            if let Event::Receipt(one) = &entry.event {
                entered.insert((one.device, one.size), (one.root, one.time));
            }
        }
        let mut before = 0_u64;
        for (device, log) in logs {
            let under = format!("data/devices/{device}/checkpoints/");
            for path in listed
                .range(under.clone()..)
                .take_while(|path| path.starts_with(&under))
            {
                let signed = match needed(files, path).map(|bytes| Note::parse(&bytes)) {
                    Ok(Ok(note)) => Checkpoint::parse(note.text()),
                    Ok(Err(error)) => Err(error),
                    Err(outcome) => return outcome,
                };
                let Ok(signed) = signed else {
                    return Outcome::Fails(format!("{path} is no checkpoint"));
                };
                let Some(time) = log.received.get(&signed.size) else {
                    return Outcome::Unchecked(format!("when {path} was received is not known"));
                };
                let what = format!("the receipt of device {device} for {} records", signed.size);
                match entered.get(&(*device, signed.size)) {
                    Some(stated) if *stated == (signed.root, *time) => {}
                    Some(_) => {
                        return Outcome::Fails(format!("{what} is not what the ledger says"));
                    }
                    None if self.is_before(time.saturating_add(1).saturating_mul(1_000)) => {
                        before += 1;
                    }
                    None => return Outcome::Fails(format!("{what} is no entry")),
                }
            }
        }
        self.all_but(before, "receipts")
    }

    pub(super) fn decisions(&self, files: &dyn Files) -> Outcome {
        let mut entered = BTreeMap::new();
        for entry in self.entries.values() {
            if let Event::Decision(one) = &entry.event {
                entered.insert(one.id.as_str(), one);
            }
        }
        let lines = match lines(files, "data/decisions.jsonl") {
            Ok(lines) => lines,
            Err(outcome) => return outcome,
        };
        let mut before = 0_u64;
        for (number, line) in lines {
            let Ok(one) = serde_json::from_str::<Decided>(&line) else {
                return Outcome::Fails(format!("data/decisions.jsonl, line {number}: no decision"));
            };
            let reason = Hash::of(one.reason.as_bytes());
            match entered.get(one.id.as_str()) {
                Some(stated)
                    if stated.finding == one.finding
                        && stated.at == one.at
                        && stated.verdict == one.verdict
                        && stated.reason == reason => {}
                Some(_) => {
                    return Outcome::Fails(format!(
                        "decision {number} is not what the ledger says"
                    ));
                }
                None if self.is_before(u64::try_from(one.at.0).unwrap_or(0)) => before += 1,
                None => return Outcome::Fails(format!("decision {number} is no entry")),
            }
        }
        self.all_but(before, "decisions")
    }

    pub(super) fn orders(&self, files: &dyn Files, listed: &BTreeSet<String>) -> Outcome {
        let entered: BTreeSet<Hash> = self
            .entries
            .values()
            .filter_map(|entry| match &entry.event {
                Event::Order(one) => Some(one.digest),
                _ => None,
            })
            .collect();
        let mut before = 0_u64;
        for path in listed {
            let inside = path.strip_prefix("data/orders/");
            let Some(digest) = inside.and_then(|path| path.strip_suffix("/put.txt")) else {
                continue;
            };
            if digest.contains('/') {
                continue;
            }
            let Ok(digest) = digest.parse::<Hash>() else {
                return Outcome::Fails(format!("{path} is of no order"));
            };
            if entered.contains(&digest) {
                continue;
            }
            let put = needed(files, path).ok();
            let put = put.and_then(|bytes| {
                std::str::from_utf8(&bytes)
                    .ok()?
                    .trim_end()
                    .parse::<UnixMs>()
                    .ok()
            });
            match put {
                Some(put) if self.is_before(u64::try_from(put.0).unwrap_or(0)) => before += 1,
                _ => return Outcome::Fails(format!("the order {digest} is no entry")),
            }
        }
        self.all_but(before, "orders")
    }

    /// Nobody erased before there was a ledger.
    pub(super) fn erasures(&self, files: &dyn Files) -> Outcome {
        let mut entered = BTreeSet::new();
        for entry in self.entries.values() {
            if let Event::Erasure(one) = &entry.event {
                entered.insert(one.certificate);
            }
        }
        match lines(files, ERASURES) {
            Err(outcome) => outcome,
            Ok(lines) => {
                let mut strange = lines
                    .iter()
                    .filter(|(_, line)| !entered.contains(&Hash::of(line.as_bytes())));
                strange.next().map_or(Outcome::Holds, |(number, _)| {
                    Outcome::Fails(format!("line {number} of {ERASURES} is no entry"))
                })
            }
        }
    }

    /// Is this moment, Unix milliseconds, from before the ledger?
    fn is_before(&self, at: u64) -> bool {
        let began = self.began().and_then(|at| u64::try_from(at.0).ok());
        began.is_some_and(|began| at <= began)
    }

    fn all_but(&self, before: u64, what: &str) -> Outcome {
        match (before, self.began()) {
            (0, _) | (_, None) => Outcome::Holds,
            (_, Some(began)) => Outcome::Unchecked(format!(
                "{before} of the {what} are from before the ledger, which began at {began}: only \
                 the collector's own signature speaks for their time"
            )),
        }
    }
}
