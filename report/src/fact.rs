//! What a record states: one kind of fact each, with the fields of that kind and no others.
//!
//! The names of kinds and fields are the disk format, the wire format and the names that the tests
//! inside an order file use. Adding a kind or an optional field is compatible; anything else is a
//! new version of the record.

mod agent;
mod device;
mod file;
mod log;
mod names;
mod order;
mod program;
mod system;
mod web;

use serde::de::DeserializeSeed;
use serde::{Deserialize, Deserializer, Serialize};

pub use agent::{
    AgentAltered, AgentStarted, AgentStopped, AgentTraced, CapReached, CollectorBlocked, Gap,
    GapCause, Heartbeat, PreviousEnd, SourceFailed, SourceRestored,
};
pub use device::{Device, NetworkInterface, NetworkJoined, NetworkSetting, PhoneApp};
pub use file::{FileChange, FileWas};
pub use log::{KeyChanged, KeyReason, LogBreak, LogContinues};
pub use order::{Declaration, Explanation, ListInForce, OrderEnded, OrderInForce, OrderRefused};
pub use program::{Package, ProcessEnd, ProcessStart, ToolFound, ToolState};
pub use system::{AccountChange, ClockStepped, OtherSystem, Power, PowerWas, Session, ZoneChanged};
pub use web::{
    BrowserFound, BrowserSetting, Cleared, Download, Foreground, HistoryCleared, PrivateWindow,
    Search, Transition, VisitsConfirmed, WebVisit,
};

/// Reads the fields of a fact of this kind in the middle of something else.
pub(crate) struct FieldsOf(pub(crate) Kind);

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

            /// The names of the fields that a fact of this kind can have, in the order of their
            /// declaration.
            #[must_use]
            pub fn fields(self) -> &'static [&'static str] {
                match self { $(Self::$kind => names::of::<$kind>(),)+ }
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
                let fault = |error| FactError::new(kind, &error);
                match kind {
                    $(Kind::$kind => serde_json::from_str(fields).map(Self::$kind).map_err(fault),)+
                }
            }

            /// The fields as a JSON object, in the order of their declaration.
            pub fn to_json(&self) -> Result<String, FactError> {
                let fault = |error| FactError::new(self.kind(), &error);
                match self { $(Self::$kind(fields) => serde_json::to_string(fields).map_err(fault),)+ }
            }
        }

        impl<'de> DeserializeSeed<'de> for FieldsOf {
            type Value = Fact;

            fn deserialize<D: Deserializer<'de>>(self, fields: D) -> Result<Fact, D::Error> {
                match self.0 {
                    $(Kind::$kind => $kind::deserialize(fields).map(Fact::$kind),)+
                }
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
    /// Words were sent to a search engine.
    Search = "search",
    /// A browser fetched a file to keep.
    Download = "download",
    /// A window was in front, and somebody used the computer.
    Foreground = "foreground",
    /// Something is gone from what a browser remembers.
    HistoryCleared = "history_cleared",
    /// A browser, or a profile of one, was found that was not there before.
    BrowserFound = "browser_found",
    /// A browser keeps, shows or sends less or more than before.
    BrowserSetting = "browser_setting",
    /// A private window was seen.
    PrivateWindow = "private_window",
    /// A package of software came or went.
    Package = "package",
    /// A tool of a class that an order may name is there.
    ToolFound = "tool_found",
    /// Something happened to a file, or a file was found.
    FileChange = "file_change",
    /// A device came or went.
    Device = "device",
    /// What a phone on the cable says about an application on it.
    PhoneApp = "phone_app",
    /// A network interface came or went.
    NetworkInterface = "network_interface",
    /// How the computer reaches the network changed.
    NetworkSetting = "network_setting",
    /// The computer is on another network.
    NetworkJoined = "network_joined",
    /// Somebody signed in or out.
    Session = "session",
    /// An account came or went.
    AccountChange = "account_change",
    /// A sign that another system ran on this computer.
    OtherSystem = "other_system",
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
    /// From here on this version of a list counts.
    ListInForce = "list_in_force",
    /// The person declared something to the offender manager.
    Declaration = "declaration",
    /// The person says something to what was recorded.
    Explanation = "explanation",
    /// The computer was switched on or off, or slept.
    Power = "power",
    /// The wall clock was set.
    ClockStepped = "clock_stepped",
    /// The time zone was set.
    ZoneChanged = "zone_changed",
    /// The agent's program or settings are not what was installed.
    AgentAltered = "agent_altered",
    /// Another program holds the agent as a debugger does.
    AgentTraced = "agent_traced",
    /// Something on this computer keeps the agent from its collector.
    CollectorBlocked = "collector_blocked",
    /// The agent wanted more of the computer than it may take.
    CapReached = "cap_reached",
    /// From here on another key signs the log.
    KeyChanged = "key_changed",
    /// The log goes on where another log of this computer was broken off.
    LogContinues = "log_continues",
}

impl Kind {
    /// Is it about the agent, the computer's power and clock, or the order, and not about what the
    /// person did? Such records need no clause.
    #[must_use]
    pub const fn is_life_sign(self) -> bool {
        matches!(
            self,
            Self::AgentStarted
                | Self::AgentStopped
                | Self::Heartbeat
                | Self::Gap
                | Self::SourceFailed
                | Self::SourceRestored
                | Self::OrderInForce
                | Self::OrderRefused
                | Self::OrderEnded
                | Self::ListInForce
                | Self::Declaration
                | Self::Explanation
                | Self::Power
                | Self::ClockStepped
                | Self::ZoneChanged
                | Self::AgentAltered
                | Self::AgentTraced
                | Self::CollectorBlocked
                | Self::CapReached
                | Self::KeyChanged
                | Self::LogContinues
        )
    }

    /// Can records of it be erased? Signs of life stay, for they bind the others. What the person wrote needs no
    /// clause either, binds nothing, and is theirs.
    #[must_use]
    pub const fn can_be_erased(self) -> bool {
        !self.is_life_sign() || matches!(self, Self::Explanation)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What became of something that can come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It came: attached, installed, signed in.
    Added,
    /// It went.
    Removed,
}

/// The fields are not those of the kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these are not the fields of a {kind} record: {fault} (byte {byte})")]
pub struct FactError {
    /// The kind.
    pub kind: Kind,
    /// What is wrong with them.
    pub fault: FieldFault,
    /// Where that was seen, by the bytes of the object from 1: at the end of what is wrong.
    pub byte: usize,
}

/// What is wrong with a field. It names fields and words of the format, never what stands in a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldFault {
    /// No fact of this kind has it.
    #[error("there is no field `{0}`")]
    Unknown(String),
    /// A fact of this kind must have it.
    #[error("the field `{0}` is missing")]
    Missing(String),
    /// It stands there more than once.
    #[error("the field `{0}` stands twice")]
    Twice(String),
    /// It holds another word than one of these.
    #[error("a field does not hold what it must hold")]
    Word(Vec<String>),
    /// It holds something else than it must.
    #[error("a field does not hold what it must hold")]
    Value,
}

impl FactError {
    fn new(kind: Kind, error: &serde_json::Error) -> Self {
        Self {
            kind,
            fault: fault(&error.to_string()),
            byte: error.column(),
        }
    }
}

/// What is wrong, without the values that serde quotes: they say what a person did.
fn fault(text: &str) -> FieldFault {
    let name = |before: &str| {
        let (name, _) = text.strip_prefix(before)?.split_once('`')?;
        Some(name.to_owned())
    };
    // The one name that comes from the record.
    let is_plain = |name: &String| {
        name.bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_lowercase())
    };
    if let Some(name) = name("unknown field `").filter(is_plain) {
        FieldFault::Unknown(name)
    } else if let Some(name) = name("missing field `") {
        FieldFault::Missing(name)
    } else if let Some(name) = name("duplicate field `") {
        FieldFault::Twice(name)
    } else {
        words(text).map_or(FieldFault::Value, FieldFault::Word)
    }
}

/// The words that could stand where another stands: serde says them behind that one, whatever is in
/// it.
fn words(text: &str) -> Option<Vec<String>> {
    let (_, expected) = text
        .strip_prefix("unknown variant `")?
        .rsplit_once(", expected ")?;
    let words = expected.split('`').skip(1).step_by(2);
    Some(words.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests;
