//! The computer itself: power, sessions, accounts, clock.

use serde::{Deserialize, Serialize};

use super::Change;

/// The computer was switched on or off, or slept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// What.
    pub change: PowerWas,
}

/// What happened to the power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PowerWas {
    /// It was switched on.
    On,
    /// It was shut down.
    Off,
    /// It was suspended.
    Asleep,
    /// It woke up.
    Awake,
}

/// Somebody signed in or out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// `added`: signed in; `removed`: signed out.
    pub change: Change,
    /// At which seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<String>,
    /// Over a network?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<bool>,
}

/// An account came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountChange {
    /// What became of it.
    pub change: Change,
    /// The account.
    pub name: String,
}

/// The wall clock was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockStepped {
    /// By how much, forward, milliseconds.
    pub by_ms: i64,
}

/// The time zone was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneChanged {
    /// The zone before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The zone now.
    pub to: String,
}

/// A sign that another system ran on this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherSystem {
    /// What shows it: `last_mount`, `mount_count`, `boot_entry`, ...
    pub sign: String,
    /// On which volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// In words.
    pub detail: String,
}
