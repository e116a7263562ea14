//! What a record states: one kind of fact each, with the fields of that kind and no others.
//!
//! The names of kinds and fields are the disk format, the wire format and the names that the tests
//! inside an order file use. Adding a kind or an optional field is compatible; anything else is a
//! new version of the record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hash::Hash;
use crate::record::Method;

macro_rules! facts {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)+) => {
        /// What kind of thing a record is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Kind { $($(#[$doc])* $kind,)+ }

        /// What a record states.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Fact { $($(#[$doc])* $kind($kind),)+ }

        impl Kind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// The name in records and order files.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// The kind of this name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$kind),)+ _ => None }
            }
        }

        impl Fact {
            /// The kind it is of.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind,)+ }
            }

            /// Reads the fields of a fact of this kind from a JSON object.
            pub fn parse(kind: Kind, fields: &str) -> Result<Self, FactError> {
                let fault = |error| FactError { kind, what: plain(&error) };
                match kind {
                    $(Kind::$kind => serde_json::from_str(fields).map(Self::$kind).map_err(fault),)+
                }
            }

            /// The fields as a JSON object, in the order of their declaration.
            pub fn to_json(&self) -> Result<String, FactError> {
                let fault = |error| FactError { kind: self.kind(), what: plain(&error) };
                match self { $(Self::$kind(fields) => serde_json::to_string(fields).map_err(fault),)+ }
            }
        }

        $(impl From<$kind> for Fact {
            fn from(fields: $kind) -> Self {
                Self::$kind(fields)
            }
        })+
    };
}

facts! {
    /// A page was opened in a browser.
    WebVisit = "web_visit",
    /// A second source saw visits that are recorded already.
    VisitsConfirmed = "visits_confirmed",
    /// A program began to run.
    ProcessStart = "process_start",
    /// A program ended.
    ProcessEnd = "process_end",
    /// The agent began to run.
    AgentStarted = "agent_started",
    /// The agent ended in good order.
    AgentStopped = "agent_stopped",
    /// The agent is alive; says how much it did not record.
    Heartbeat = "heartbeat",
    /// Something is missing from the log, or may be.
    Gap = "gap",
    /// A source stopped to work.
    SourceFailed = "source_failed",
    /// A source works again.
    SourceRestored = "source_restored",
    /// From here on this order is in force.
    OrderInForce = "order_in_force",
    /// An order was offered and not taken.
    OrderRefused = "order_refused",
    /// The order ended; nothing that happens later is recorded under it.
    OrderEnded = "order_ended",
}

impl Kind {
    /// Is it about the agent itself, not about the person? Such records need no clause.
    #[must_use]
    pub const fn is_life_sign(self) -> bool {
        !matches!(
            self,
            Self::WebVisit | Self::VisitsConfirmed | Self::ProcessStart | Self::ProcessEnd
        )
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A page was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebVisit {
    /// The address as the source gave it, without user name and password.
    pub url: String,
    /// The page's title, if the source knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// `chromium`, `firefox`, ...
    pub browser: String,
    /// The browser's profile, if there is more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// How the person came to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition: Option<Transition>,
    /// In a private window? `None`: the source cannot know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
}

/// How a page came to be opened, in terms that all browsers share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Transition {
    /// Typed or chosen in the address bar.
    Typed,
    /// A link was followed.
    Link,
    /// From a bookmark.
    Bookmark,
    /// A form was sent.
    FormSubmit,
    /// Loaded again.
    Reload,
    /// The site sent the browser here.
    Redirect,
    /// Back or forward in the history.
    BackForward,
    /// A download.
    Download,
    /// A frame inside a page: nobody need have chosen it.
    Subframe,
    /// Anything else.
    Other,
}

/// A second source saw what is recorded: one visit stays one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitsConfirmed {
    /// By which method they were seen again.
    pub method: Method,
    /// The records' places in the log.
    pub seqs: Vec<u64>,
}

/// A program began to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessStart {
    /// Path of the program file; `None` when it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exe: Option<String>,
    /// Its short name.
    pub name: String,
    /// Its arguments, as far as the order covers them.
    pub args: Vec<String>,
    /// Its process id.
    pub pid: u32,
    /// When it started, Unix milliseconds: with `pid` this names one process.
    pub started: i64,
    /// The process id of the program that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// That program's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_exe: Option<String>,
}

/// A program ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessEnd {
    /// Path of the program file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exe: Option<String>,
    /// Its short name.
    pub name: String,
    /// Its process id.
    pub pid: u32,
    /// When it started, Unix milliseconds.
    pub started: i64,
    /// Where its start is recorded, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_seq: Option<u64>,
}

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
    /// How long the computer was awake since the last heartbeat, milliseconds.
    pub awake_ms: u64,
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

/// From here on this order is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderInForce {
    /// The order's id.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// The hash of the order file.
    pub digest: Hash,
}

/// An order was offered and not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRefused {
    /// The hash of what was offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Hash>,
    /// Why, in words.
    pub reason: String,
}

/// The order ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderEnded {
    /// The order's id.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// Why, in words.
    pub reason: String,
}

/// The fields are not those of the kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these are not the fields of a {kind} record: {what}")]
pub struct FactError {
    /// The kind.
    pub kind: Kind,
    /// What is wrong with them. Names fields and places, never what stands in them.
    pub what: String,
}

/// What is wrong, without the values that serde quotes: they say what a person did.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let name = |after: &str| {
        let name = text.split_once(after)?.1.split_once('`')?.0;
        name.bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_lowercase())
            .then(|| name.to_owned())
    };
    let what = if let Some(field) = name("unknown field `") {
        format!("there is no field `{field}`")
    } else if let Some(field) = name("missing field `") {
        format!("the field `{field}` is missing")
    } else if let Some(field) = name("duplicate field `") {
        format!("the field `{field}` stands twice")
    } else {
        "a field does not hold what it must hold".to_owned()
    };
    format!("{what} (byte {})", error.column())
}

#[cfg(test)]
mod tests;
