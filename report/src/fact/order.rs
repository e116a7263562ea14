//! The order in force, and what was said under it.

use serde::{Deserialize, Serialize};

use crate::hash::Hash;

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

/// From here on this version of a list counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListInForce {
    /// The list, as the order names it.
    pub list: String,
    /// The number of the update, from 1.
    pub number: u64,
    /// The hash of the list.
    pub sha256: Hash,
}

/// The person declared something to the offender manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// `device`, `account`, `storage`, ...
    pub what: String,
    /// Which: a serial number, the name of an account.
    pub id: String,
    /// To whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// The person says something to what was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// The places in the log of the records that it is about; empty: something else.
    pub seqs: Vec<u64>,
    /// In the person's own words.
    pub text: String,
    /// Does the person say that it was an accident? `None`: not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accident: Option<bool>,
}
