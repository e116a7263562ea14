//! What a judge remembers of one device's log: the order in force, what was counted, what waits.
//!
//! Promises: it is a function of the records that were followed, in the order of the log, of what they
//! were judged by, and of nothing else. Which updates count of lists that only the collector holds is
//! no part of it: that is given with each record ([`HeldLists`]). Where a batch is cut, and whether it was written down and read again in between,
//! changes nothing. What counts is the time at which something happened, so records that come late
//! count where they belong; a finding is about the record that completed it. It is bounded, whatever
//! a device sends: what no longer fits makes a rule say that it cannot tell, never that nothing was.
//!
//! Counts belong to a rule's id within the orders of one id: a new version of the order goes on
//! counting where the old one stopped, by its own limits from then on.
//!
//! | remembered | at most | when there is more |
//! |---|---|---|
//! | ids of orders | 8 | the one that was longest not followed goes |
//! | orders with updated lists | 8 | the one whose lists were updated longest ago goes |
//! | updated lists of one of them | 64 | further ones do not count: no order has more lists |
//! | rules of one of them | 1,000 | those go that the order no longer has |
//! | times of an untrustworthy clock | 64 | the two closest become one |
//! | declarations | 1,024 | undeclared things cannot be told |
//! | windows of a quota | 62 | what comes late for an older one cannot be told |
//! | moments on either side, bursts of a threshold | 1,000; 32 | the same |
//! | moments of each side of a sequence, and doubtful ones | 128; 128 | the same |
//! | things that a grace waits for | 256 | further things cannot be told |

use std::collections::BTreeMap;

use proviso_report::fact::Fact;
use proviso_report::{BootId, Record, UnixMs};
use serde::{Deserialize, Serialize};

use super::basis::{Basis, Binding, InForce, UpdatedLists};
use super::clock::Doubts;
use super::held::HeldLists;
use super::life::Life;
use super::over::grace::{Declared, Waiting};
use super::over::{quota, sequence, threshold};

/// The version of what is written.
const VERSION: u8 = 1;
/// The most ids of orders.
const ORDERS: usize = 8;

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    v: u8,
    /// The order in force, as the log says, and by which record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) in_force: Option<InForce>,
    /// The updates that count, as the log says.
    #[serde(default, skip_serializing_if = "UpdatedLists::is_empty")]
    lists: UpdatedLists,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) life: Option<Life>,
    /// When the clock was not to be trusted.
    #[serde(default, skip_serializing_if = "Doubts::is_empty")]
    pub(super) doubts: Doubts,
    #[serde(default, skip_serializing_if = "Declared::is_empty")]
    pub(super) declared: Declared,
    /// By the order's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    orders: BTreeMap<String, OfOrder>,
}

/// What is remembered for the orders of one id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfOrder {
    /// The last record for which something was remembered.
    last: u64,
    /// By the rule's id.
    rules: BTreeMap<String, RuleState>,
}

/// What is remembered for one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum RuleState {
    Quota(quota::Counts),
    Threshold(threshold::Seen),
    Sequence(sequence::Seen),
    Grace(Waiting),
}

/// What a rule can remember.
pub(crate) trait Remembered: Sized {
    /// The same, if that is what was remembered.
    fn of(state: &mut RuleState) -> Option<&mut Self>;
    /// Nothing yet.
    fn nothing() -> RuleState;
}

/// The bytes are no state of this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no judge's state of this version: make it again from the log ({0})")]
pub struct StateError(String);

impl Default for State {
    fn default() -> Self {
        Self {
            v: VERSION,
            in_force: None,
            lists: UpdatedLists::default(),
            life: None,
            doubts: Doubts::default(),
            declared: Declared::default(),
            orders: BTreeMap::new(),
        }
    }
}

impl State {
    /// Of a log that begins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What a record of this log is judged by: the order that it names, for signs of life the one in
    /// force, with the lists that count. `None`: it is not judged. Ask before the record is followed.
    #[must_use]
    pub fn basis_of(&self, record: &Record, held: &HeldLists) -> Option<Basis> {
        self.lists.basis_of(self.in_force, record, held)
    }

    /// What it remembers of orders and lists, to look ahead in the log.
    #[must_use]
    pub fn binding(&self) -> Binding {
        Binding::new(self.in_force, self.lists.clone())
    }

    /// Takes note of a record. For records that no order judges; the judge does it for the others.
    pub fn pass(&mut self, step: &Step<'_>) {
        let last = self.life.as_ref().map(|life| life.noted);
        self.doubts.pass(step, last);
        self.declared.pass(step.at, step.fact);
        Life::pass(&mut self.life, step);
        if self.in_force.is_none() {
            self.life.iter_mut().for_each(Life::forget_carried);
        }
        self.lists.pass(&mut self.in_force, step.seq, step.fact);
    }

    /// To be kept beside the log.
    pub fn to_bytes(&self) -> Result<Vec<u8>, StateError> {
        serde_json::to_vec(self).map_err(|error| StateError(error.to_string()))
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let state: Self =
            serde_json::from_slice(bytes).map_err(|error| StateError(error.to_string()))?;
        if state.v != VERSION {
            return Err(StateError(format!("it is of version {}", state.v)));
        }
        Ok(state)
    }

    /// What is remembered for a rule; nothing yet if it is the first time. `keep`: is it a rule that
    /// the order still has?
    pub(super) fn rule<T: Remembered>(
        &mut self,
        (order, rule): (&str, &str),
        seq: u64,
        keep: impl Fn(&str) -> bool,
    ) -> (Option<&mut T>, &Declared) {
        if !self.orders.contains_key(order) && self.orders.len() >= ORDERS {
            let oldest = self.orders.iter().min_by_key(|(_, one)| one.last);
            if let Some(id) = oldest.map(|(id, _)| id.clone()) {
                self.orders.remove(&id);
            }
        }
        let of = self.orders.entry(order.to_owned()).or_default();
        of.last = seq;
        if !of.rules.contains_key(rule) && of.rules.len() >= crate::order::limits::RULES {
            of.rules.retain(|id, _| keep(id));
        }
        let state = of.rules.entry(rule.to_owned()).or_insert_with(T::nothing);
        // Another version of the order has another verb here.
        if T::of(state).is_none() {
            *state = T::nothing();
        }
        (T::of(state), &self.declared)
    }
}

macro_rules! remembered {
    ($($name:ident: $type:ty,)+) => {
        $(impl Remembered for $type {
            fn of(state: &mut RuleState) -> Option<&mut Self> {
                match state {
                    RuleState::$name(it) => Some(it),
                    _ => None,
                }
            }

            fn nothing() -> RuleState {
                RuleState::$name(Self::default())
            }
        })+
    };
}

remembered! {
    Quota: quota::Counts,
    Threshold: threshold::Seen,
    Sequence: sequence::Seen,
    Grace: Waiting,
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
