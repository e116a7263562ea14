//! How monitoring stands, for the person it is about: made by the running agent, shown by
//! `proviso-agent status`.
//!
//! Promises: who is monitored sees that monitoring is on, under which order in the court's own
//! words, what was recorded of them and what may be sent on as a possible breach. Refuses: to show
//! a monitored account's order or records to another account; root sees all of the computer.

pub(crate) mod text;

use std::collections::BTreeMap;
use std::path::Path;

use proviso_report::UnixMs;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::person;
use crate::source::extension::wire::{Answer, Request};

/// The form of [`Status`].
pub const FORMAT: &str = "proviso-status/1";

/// How monitoring stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
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
    /// What only monitored accounts and root see.
    pub details: Option<Details>,
}

/// What only monitored accounts and root see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// The accounts that are monitored.
    pub accounts: Vec<String>,
    /// The order in force, or the last that was, or the first that will be.
    pub order: Option<OrderShown>,
    /// The zone of the times.
    pub zone: String,
    /// Records of the last 24 hours, by kind.
    pub recorded: BTreeMap<String, u64>,
    /// What was counted in the last 24 hours and not kept, by kind.
    pub uncovered: BTreeMap<String, u64>,
    /// What exemptions kept out in the last 24 hours, by exemption.
    pub suppressed: BTreeMap<String, u64>,
    /// Of how much in the last 24 hours it could not be told whether a rule covers it, by rule; it
    /// was not kept.
    #[serde(default)]
    pub cannot_tell: BTreeMap<String, u64>,
    /// The last records, the newest first.
    pub records: Vec<RecordShown>,
    /// How the connection to the collector stands.
    pub link: String,
    /// The collector's last receipt.
    pub receipt: Option<ReceiptShown>,
    /// Closed reports that wait for the collector.
    pub waiting: u64,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderShown {
    /// The court's reference.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// The court.
    pub court: String,
    /// First day.
    pub starts: String,
    /// Last day; `None`: until a further order.
    pub ends: Option<String>,
    /// SHA-256 of the file.
    pub digest: String,
    /// Its clauses.
    pub clauses: Vec<ClauseShown>,
    /// Its exemptions.
    pub exempts: Vec<ExemptShown>,
    /// What no software checks.
    pub not_checked: Vec<String>,
}

/// A clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClauseShown {
    /// Its number.
    pub id: String,
    /// The court's words.
    pub text: String,
    /// Kinds of which every fact is recorded.
    pub records: Vec<String>,
    /// How software checks it.
    pub rules: Vec<RuleShown>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleShown {
    /// Its number.
    pub id: String,
    /// How serious a match is.
    pub severity: String,
    /// What it looks for.
    pub says: String,
}

/// An exemption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExemptShown {
    /// Its number.
    pub id: String,
    /// Whom it protects.
    pub who: String,
    /// How.
    pub says: String,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordShown {
    /// Its place in the device's log: the number by which it can be explained.
    #[serde(default)]
    pub seq: u64,
    /// When, in the order's zone.
    pub at: String,
    /// Whose account.
    pub account: Option<String>,
    /// What.
    pub what: String,
    /// The clauses that cover it.
    pub clauses: Vec<String>,
    /// The rules that found a possible breach in it on this computer.
    pub possible_breaches: Vec<RuleShown>,
}

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptShown {
    /// When the collector gave it.
    pub at: UnixMs,
    /// How many records it holds.
    pub records: u64,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum AskError {
    /// Nobody answers.
    #[error(
        "the agent is not running ({}: {source}), so nothing is recorded now; to start it run `proviso-agent run` as root, or restart the computer", .socket.display()
    )]
    NotRunning {
        /// The socket.
        socket: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It does not do that.
    #[error("{0}")]
    Refused(String),
    /// It answers something else.
    #[error("the agent's answer is not understood: it may be of another version; restart it")]
    Answer,
}

/// Asks the agent that runs on this state directory.
pub async fn ask(state: &Path) -> Result<Status, AskError> {
    match person::talk(state, &Request::Status).await? {
        Answer::Status { status } => serde_json::from_value(status).map_err(|_| AskError::Answer),
        _ => Err(AskError::Answer),
    }
}
