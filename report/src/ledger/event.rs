//! What an entry can state.

use serde::{Deserialize, Serialize};

use crate::device::DeviceId;
use crate::hash::Hash;
use crate::time::UnixMs;

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident($fields:ident) = $name:literal,)+) => {
        /// What kind of thing an entry states.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Kind { $($(#[$doc])* $variant,)+ }

        /// What an entry states.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Event { $($(#[$doc])* $variant($fields),)+ }

        impl Kind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in entries.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The kind of this name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }

        impl Event {
            /// The kind it is of.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$variant(_) => Kind::$variant,)+ }
            }

            pub(super) fn parse(kind: Kind, fields: &str) -> Result<Self, serde_json::Error> {
                match kind { $(Kind::$variant => serde_json::from_str(fields).map(Self::$variant),)+ }
            }

            pub(super) fn to_json(&self) -> Result<String, serde_json::Error> {
                match self { $(Self::$variant(fields) => serde_json::to_string(fields),)+ }
            }
        }

        $(impl From<$fields> for Event {
            fn from(fields: $fields) -> Self {
                Self::$variant(fields)
            }
        })+
    };
}

events! {
    /// The ledger begins.
    Began(Began) = "began",
    /// A device's log is held up to a size.
    Receipt(Receipt) = "receipt",
    /// A person is under an order.
    Order(OrderPut) = "order",
    /// A list of an order was updated.
    ListUpdate(ListUpdate) = "list_update",
    /// Somebody decided about a finding.
    Decision(Decision) = "decision",
    /// Somebody looked at something or did something: a row of the audit.
    Access(Access) = "access",
    /// A bundle was handed out.
    Export(Export) = "export",
    /// Something was erased.
    Erasure(Erasure) = "erasure",
    /// Something is wrong with a log.
    Incident(Incident) = "incident",
    /// A device came into service, left it, or changed its key or its log.
    Device(DeviceChange) = "device",
}

/// The ledger begins: entry 0. What was held already at this time is not in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Began {
    /// Reports held before.
    pub reports: u64,
    /// Orders held before.
    pub orders: u64,
    /// Updates of lists held before.
    pub list_updates: u64,
    /// Decisions held before.
    pub decisions: u64,
    /// Rows of the audit held before.
    pub accesses: u64,
    /// Incidents held before.
    pub incidents: u64,
    /// Devices enrolled before.
    pub devices: u64,
}

/// The collector gave a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Whose log.
    pub device: DeviceId,
    /// How many records it has.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// What the receipt says, Unix seconds.
    pub time: u64,
}

/// What was done with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderWhat {
    /// It was put, and is the one that the person is under.
    Put,
}

/// A person is under an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderPut {
    /// SHA-256 of the file.
    pub digest: Hash,
    /// The court's reference.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// The person's id.
    pub person: String,
    /// What was done.
    pub what: OrderWhat,
}

/// A list of an order was updated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListUpdate {
    /// SHA-256 of the order.
    pub order: Hash,
    /// Which of its lists.
    pub list: String,
    /// The update's number.
    pub number: u64,
    /// SHA-256 of the list that it brings.
    pub sha256: Hash,
}

/// Somebody decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The decision's id.
    pub id: String,
    /// About which finding.
    pub finding: String,
    /// One word.
    pub verdict: String,
    /// Who, by id.
    pub staff: String,
    /// When, as the decision says.
    pub at: UnixMs,
    /// SHA-256 of the words that say why.
    pub reason: Hash,
}

/// A row of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// The row's id.
    pub id: String,
    /// Who, by id.
    pub staff: String,
    /// What they did, in a word.
    pub action: String,
    /// Whom it concerned, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// When, as the row says.
    pub at: UnixMs,
    /// SHA-256 of the words that say why or on what.
    pub on: Hash,
}

/// A bundle was handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// SHA-256 of its `manifest-sha256.txt`: the root in its `bundle.note`.
    pub manifest: Hash,
    /// Whose records, by id.
    pub person: String,
    /// Who asked for it, by id.
    pub staff: String,
    /// What for, in a word.
    pub purpose: String,
    /// How many entries the checkpoint in it covers.
    pub size: u64,
}

/// Something was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// The erasure's id.
    pub id: String,
    /// Whose records, by id.
    pub person: String,
    /// Who asked for it, by id.
    pub staff: String,
    /// Who confirmed it, by id.
    pub confirmed: String,
    /// What was erased, in a word.
    pub what: String,
    /// Under which rule, in a word.
    pub rule: String,
    /// SHA-256 of the line or file that says what exactly.
    pub certificate: Hash,
}

/// Something is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// The incident's id.
    pub id: String,
    /// What kind, in a word.
    pub kind: String,
    /// With which device's log; none: with the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// SHA-256 of the sentence.
    pub detail: Hash,
}

/// What happened to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeviceWhat {
    /// It came into service.
    Enrolled,
    /// It left service.
    Retired,
    /// From a size of its log on, another key signs.
    Key,
    /// Its computer goes on in a new log, which is this device.
    Epoch,
}

/// Something happened to a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceChange {
    /// Which.
    pub device: DeviceId,
    /// Whose, by id.
    pub person: String,
    /// What.
    pub what: DeviceWhat,
    /// The public key that signs its checkpoints from now on, 64 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Hash>,
    /// From this size of the log on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The device whose log this one's follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<DeviceId>,
}
