//! What a judge remembers of one device's log: the order in force, what was counted, what waits.
//!
//! Promises: it is a function of the records that were followed, in the order of the log, and of
//! nothing else. Where a batch is cut, and whether it was written down and read again in between,
//! changes nothing. What counts is the time at which something happened, so records that come late
//! count where they belong; a finding is about the record that completed it. It is bounded, whatever
//! a device sends: what no longer fits makes a rule say that it cannot tell, never that nothing was.
//!
//! Counts belong to a rule's id within the orders of one id: a new version of the order goes on
//! counting where the old one stopped, by its own limits from then on.

use std::collections::BTreeMap;

use proviso_report::fact::Fact;
use proviso_report::{BootId, Hash, Record, UnixMs};
use serde::{Deserialize, Serialize};

/// One record of a log, as a judge looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Its place in the log.
    pub seq: u64,
    /// When it happened.
    pub at: UnixMs,
    /// When it was written down.
    pub noted: UnixMs,
    /// The same in milliseconds since boot.
    pub mono: u64,
    /// Which boot.
    pub boot: BootId,
    /// In whose account.
    pub account: Option<&'a str>,
    /// What.
    pub fact: &'a Fact,
}

/// What is remembered of one device's log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The order in force, as the log says.
    in_force: Option<Hash>,
    /// By the order's id and the rule's.
    rules: BTreeMap<String, BTreeMap<String, RuleState>>,
}

/// What is remembered for one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) enum RuleState {}

/// The bytes are no state of this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no judge's state of this version: make it again from the log ({0})")]
pub struct StateError(String);

impl State {
    /// Of a log that begins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The order by which a record of this log is judged: the one that it names; for signs of life
    /// the one in force. `None`: it is not judged. Ask before the record is followed.
    #[must_use]
    pub fn order_of(&self, record: &Record) -> Option<Hash> {
        record.order.or(self.in_force)
    }

    /// Takes note of a record. For records that no order judges; the judge does it for the others.
    pub fn pass(&mut self, step: &Step<'_>) {
        match step.fact {
            Fact::OrderInForce(order) => self.in_force = Some(order.digest),
            Fact::OrderEnded(_) => self.in_force = None,
            _ => {}
        }
    }

    /// To be kept beside the log.
    pub fn to_bytes(&self) -> Result<Vec<u8>, StateError> {
        serde_json::to_vec(self).map_err(|error| StateError(error.to_string()))
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        serde_json::from_slice(bytes).map_err(|error| StateError(error.to_string()))
    }
}

impl<'a> From<&'a Record> for Step<'a> {
    fn from(record: &'a Record) -> Self {
        Self {
            seq: record.seq,
            at: record.at,
            noted: record.noted,
            mono: record.mono,
            boot: record.boot,
            account: record.account.as_deref(),
            fact: &record.fact,
        }
    }
}
