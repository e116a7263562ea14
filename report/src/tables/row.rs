//! A record as a row: with the place and the hash that prove it, and its three times.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{TableError, csv};
use crate::bounds::Bounds;
use crate::device::DeviceId;
use crate::fact::Kind;
use crate::hash::Hash;
use crate::record::{Method, Record};
use crate::time::UnixMs;

/// A record that is shown.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// In whose log it is.
    pub device: DeviceId,
    /// Its leaf in that log.
    pub leaf: Hash,
    /// The record.
    pub record: &'a Record,
    /// Between which moments of the collector it was written.
    pub bounds: Bounds,
    /// When the collector had it: the time of the first receipt that covers it.
    pub received: Option<UnixMs>,
}

/// A line of `records.jsonl`. The order of these fields is the order of the keys; none is ever left
/// out.
#[derive(Serialize)]
struct Line<'a> {
    leaf_index: u64,
    leaf_hash: Hash,
    device: DeviceId,
    device_time: UnixMs,
    noted: UnixMs,
    not_before: Option<UnixMs>,
    not_after: Option<UnixMs>,
    received: Option<UnixMs>,
    kind: Kind,
    account: Option<&'a str>,
    clauses: &'a [String],
    methods: &'a [Method],
    order: Option<Hash>,
    fields: &'a RawValue,
}

/// A line of `timesketch.jsonl`: its three keys first, then what leads back to the evidence.
#[derive(Serialize)]
struct Event<'a> {
    message: &'a str,
    datetime: String,
    timestamp_desc: &'static str,
    leaf_index: u64,
    leaf_hash: Hash,
    device: DeviceId,
    not_before: Option<UnixMs>,
    not_after: Option<UnixMs>,
    received: Option<UnixMs>,
    kind: Kind,
    account: Option<&'a str>,
    clauses: &'a [String],
    methods: &'a [Method],
}

const COLUMNS: [&str; 14] = [
    "leaf_index",
    "leaf_hash",
    "device",
    "device_time",
    "noted",
    "not_before",
    "not_after",
    "received",
    "kind",
    "account",
    "clauses",
    "methods",
    "order",
    "fields",
];

/// The first line of `records.csv`.
pub(super) fn csv_head(to: &mut Vec<u8>) {
    csv::row(COLUMNS, to);
}

impl Row<'_> {
    pub(super) fn jsonl(&self, fields: &str, to: &mut Vec<u8>) -> Result<(), TableError> {
        let record = self.record;
        let line = Line {
            leaf_index: record.seq,
            leaf_hash: self.leaf,
            device: self.device,
            device_time: record.at,
            noted: record.noted,
            not_before: self.bounds.lower,
            not_after: self.bounds.upper,
            received: self.received,
            kind: record.kind(),
            account: record.account.as_deref(),
            clauses: &record.clauses,
            methods: &record.methods,
            order: record.order,
            fields: serde_json::from_str(fields)?,
        };
        serde_json::to_writer(&mut *to, &line)?;
        to.push(b'\n');
        Ok(())
    }

    pub(super) fn csv(&self, fields: &str, to: &mut Vec<u8>) {
        let record = self.record;
        let time = |at: Option<UnixMs>| at.map(|at| at.to_string()).unwrap_or_default();
        let methods: Vec<&str> = record.methods.iter().map(|one| one.as_str()).collect();
        let cells: [&str; COLUMNS.len()] = [
            &record.seq.to_string(),
            &self.leaf.to_string(),
            &self.device.to_string(),
            &record.at.to_string(),
            &record.noted.to_string(),
            &time(self.bounds.lower),
            &time(self.bounds.upper),
            &time(self.received),
            record.kind().as_str(),
            record.account.as_deref().unwrap_or_default(),
            &record.clauses.join("; "),
            &methods.join("; "),
            &record
                .order
                .map(|order| order.to_string())
                .unwrap_or_default(),
            fields,
        ];
        csv::row(cells, to);
    }

    pub(super) fn timesketch(&self, words: &str, to: &mut Vec<u8>) -> Result<(), TableError> {
        let record = self.record;
        let at = record.at.to_string();
        let event = Event {
            message: words,
            datetime: format!("{}+00:00", at.trim_end_matches('Z')),
            timestamp_desc: "Time by the device's clock",
            leaf_index: record.seq,
            leaf_hash: self.leaf,
            device: self.device,
            not_before: self.bounds.lower,
            not_after: self.bounds.upper,
            received: self.received,
            kind: record.kind(),
            account: record.account.as_deref(),
            clauses: &record.clauses,
            methods: &record.methods,
        };
        serde_json::to_writer(&mut *to, &event)?;
        to.push(b'\n');
        Ok(())
    }
}
