//! The agent's own life.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hash::Hash;

/// The agent began to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentStarted {
    /// Its version.
    pub version: String,
    /// The version of the judge and of every table that can change a finding.
    pub engine: String,
    /// Operating system and architecture.
    pub platform: String,
    /// The sources it begins with.
    pub sources: Vec<String>,
    /// How it ended the time before.
    pub previous: PreviousEnd,
    /// The time zone in which the computer shows its times. `None`: it could not be told, or an agent of before
    /// wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// How the agent's previous run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreviousEnd {
    /// There was none.
    First,
    /// In good order.
    Stopped,
    /// Without a word: killed, crashed or without power.
    Killed,
}

/// The agent ended in good order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentStopped {
    /// Why.
    pub reason: String,
    /// Was the system going down? `None`: it could not be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shutdown: Option<bool>,
}

/// The agent is alive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// By kind: how many events no clause covered since the last heartbeat. Nothing else is kept
    /// of them.
    pub uncovered: BTreeMap<String, u64>,
    /// By exemption: how many events it kept out since the last heartbeat.
    pub suppressed: BTreeMap<String, u64>,
    /// By rule: of how many events it could not be told whether the rule matches, since the last
    /// heartbeat.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cannot_tell: BTreeMap<String, u64>,
    /// How long the computer was awake since the last heartbeat, milliseconds.
    pub awake_ms: u64,
    /// The order in force, by the hash of its file. `None`: none is, or an agent of before wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Hash>,
}

/// Something is missing from the log, or may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Why.
    pub cause: GapCause,
    /// In which source; `None`: in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How many records are known to be lost; `None`: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// From when on, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Until when, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// In words.
    pub detail: String,
}

/// Why something is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GapCause {
    /// More came in than could be taken.
    Overflow,
    /// The disk was full.
    DiskFull,
    /// Something crashed.
    Crash,
    /// The agent was killed.
    Killed,
    /// The computer was off.
    Off,
    /// The clock was set.
    Clock,
    /// A source failed.
    SourceFailed,
    /// A right was missing.
    Permission,
    /// The source forgot it before the agent could read it.
    DroppedByAge,
}

impl GapCause {
    /// For people, in the middle of a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Overflow => "more came in than could be taken",
            Self::DiskFull => "the disk was full",
            Self::Crash => "something crashed",
            Self::Killed => "the agent was killed",
            Self::Off => "the computer was off",
            Self::Clock => "the clock was set",
            Self::SourceFailed => "a source failed",
            Self::Permission => "a right was missing",
            Self::DroppedByAge => "the source forgot it before the agent could read it",
        }
    }
}

impl Gap {
    /// Why, for people: the cause and what more is known of it, which some agents began with the cause.
    #[must_use]
    pub fn why(&self) -> Cow<'_, str> {
        let cause = self.cause.words();
        if self.detail.is_empty() {
            Cow::Borrowed(cause)
        } else if self.detail.starts_with(cause) {
            Cow::Borrowed(&self.detail)
        } else {
            Cow::Owned(format!("{cause}; {}", self.detail))
        }
    }
}

/// A source stopped to work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFailed {
    /// Which.
    pub source: String,
    /// Why, in words.
    pub reason: String,
}

/// A source works again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRestored {
    /// Which.
    pub source: String,
}

/// The agent's program or settings are not what was installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentAltered {
    /// `program`, `settings`, `service`, `policy`, ...
    pub part: String,
    /// In words.
    pub detail: String,
}

/// Another program holds the agent as a debugger does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentTraced {
    /// That program's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Something on this computer keeps the agent from its collector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectorBlocked {
    /// `firewall`, `hosts`, `route`, ...
    pub how: String,
    /// In words.
    pub detail: String,
}

/// The agent wanted more of the computer than it may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapReached {
    /// Of what: `memory`, `cpu`, `traffic`, `watches`, ...
    pub cap: String,
    /// How often since the last record of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// In words.
    pub detail: String,
}
