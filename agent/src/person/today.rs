//! What was recorded of an account today: made by the running agent, shown by `proviso-agent today`
//! and on the person's page.
//!
//! Promises: findings are possible breaches and never more; each record has the number by which the
//! person can explain it, and what the person said stands beside it. Refuses: another account's day.

pub(super) mod text;

use serde::{Deserialize, Serialize};

use crate::status::{OrderShown, RuleShown};

/// The form of [`Today`].
pub const FORMAT: &str = "proviso-today/1";

/// A day of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Today {
    /// [`FORMAT`].
    pub format: String,
    /// Is anything recorded?
    pub on: bool,
    /// Why, or why not.
    pub why: String,
    /// The account that asked.
    pub account: Option<String>,
    /// Is it one that is monitored?
    pub monitored: bool,
    /// Whom to ask, and how to reach them.
    pub contact: Option<String>,
    /// How to complain.
    pub complaints: Option<String>,
    /// What only monitored accounts and root see.
    pub day: Option<Day>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Day {
    /// Which day, in the order's zone.
    pub date: String,
    /// The zone of the times.
    pub zone: String,
    /// The order in force, or the last that was, or the first that will be.
    pub order: Option<OrderShown>,
    /// Since midnight, by kind.
    pub recorded: Vec<Recorded>,
    /// The newest records of the day, the newest first.
    pub records: Vec<Line>,
    /// Are there more than these?
    pub more: bool,
    /// What rules found on this computer, the newest first: also of the days before, as long as it is
    /// held here.
    pub findings: Vec<Found>,
    /// What was only counted since midnight.
    pub not_kept: Vec<NotKept>,
    /// What the person said, the newest first.
    pub explanations: Vec<Said>,
    /// How many more explanations can be given now.
    pub explanations_left: u64,
}

/// Records of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The kind.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// The time of the last, if it is still held here.
    pub last: Option<String>,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its place in the device's log.
    pub seq: u64,
    /// When, in the order's zone.
    pub at: String,
    /// Whose account; `None`: the system's.
    pub account: Option<String>,
    /// What.
    pub what: String,
    /// The clauses that cover it.
    pub clauses: Vec<String>,
}

/// A possible breach, or what a person is to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The record.
    pub record: Line,
    /// The rules that matched.
    pub rules: Vec<RuleShown>,
    /// The clauses that these check.
    pub clauses: Vec<String>,
    /// Is one of them more than for review?
    pub possible_breach: bool,
    /// What the person said to it.
    pub said: Vec<Said>,
}

/// What was counted and not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotKept {
    /// How many.
    pub count: u64,
    /// Why.
    pub why: Why,
}

/// Why something was not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case", deny_unknown_fields)]
pub enum Why {
    /// No clause covers it.
    Uncovered {
        /// What kind it was.
        kind: String,
    },
    /// This exemption keeps it out.
    Exempt {
        /// Which.
        id: String,
    },
    /// It cannot be told whether this rule covers it.
    CannotTell {
        /// Which.
        rule: String,
    },
}

/// What the person said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// Its own place in the log.
    pub seq: u64,
    /// When.
    pub at: String,
    /// The records that it is about.
    pub about: Vec<u64>,
    /// In the person's own words.
    pub text: String,
    /// Did the person say that it was an accident?
    pub accident: bool,
}
