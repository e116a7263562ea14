//! What was chosen for a bundle that discloses in part.
//!
//! ```json
//! {"clauses":["4"],"kinds":["web_visit"],"devices":["<32 hex>"],
//!  "records":[{"device":"<32 hex>","first":3,"last":9}],
//!  "findings":[{"finding":"<id>","device":"<32 hex>","places":[[5,5]]}],
//!  "exhibit":"JB/1","purpose":"Hearing of 3 December"}
//! ```
//!
//! Promises: what is not named does not narrow. Several values of one sort widen the choice, each
//! further sort narrows it; numbers of records and findings are one sort. The time that `bundle.json`
//! names narrows it too. [`is_binding`] says which signs of life are shown whatever was chosen, since
//! without them nobody can say under which order and key the others stand.
//!
//! Refuses: to take a record because of its words; the choice must be one that a reader can check on
//! each record that is shown.

use serde::{Deserialize, Serialize};

use super::Places;
use crate::device::DeviceId;
use crate::fact::Kind;
use crate::record::Record;

/// The most values of one sort.
pub const MAX_CHOSEN: usize = 1_000;

/// Which records are shown. The empty one is all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Records under any of these clauses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<String>,
    /// Records of these kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<Kind>,
    /// Records of these devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<DeviceId>,
    /// Records by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<Numbers>,
    /// The records that findings rest on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<OfFinding>,
    /// What the choice is called in court. A label, no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exhibit: Option<String>,
    /// What it was made for. A label, no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
}

/// Records of one device, from one to another, both included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// Whose log.
    pub device: DeviceId,
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// The records that a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfFinding {
    /// Its id.
    pub finding: String,
    /// Whose log.
    pub device: DeviceId,
    /// Their numbers.
    pub places: Places,
}

impl Selection {
    /// Does it cover this record? Its time is another question.
    #[must_use]
    pub fn covers(&self, device: DeviceId, record: &Record) -> bool {
        let clause = |clause: &String| record.clauses.contains(clause);
        (self.clauses.is_empty() || self.clauses.iter().any(clause))
            && (self.kinds.is_empty() || self.kinds.contains(&record.kind()))
            && (self.devices.is_empty() || self.devices.contains(&device))
            && (!self.is_by_number() || self.names(device, record.seq))
    }

    /// Can it cover a record of this device?
    #[must_use]
    pub fn concerns(&self, device: DeviceId) -> bool {
        let by_number = || {
            self.records.iter().any(|one| one.device == device)
                || self.findings.iter().any(|one| one.device == device)
        };
        (self.devices.is_empty() || self.devices.contains(&device))
            && (!self.is_by_number() || by_number())
    }

    /// Does it leave no record of this place out, whatever the record says? Its time is another
    /// question.
    #[must_use]
    pub fn must_show(&self, device: DeviceId, place: u64) -> bool {
        self.clauses.is_empty()
            && self.kinds.is_empty()
            && self.concerns(device)
            && (!self.is_by_number() || self.names(device, place))
    }

    /// Does it name more than [`MAX_CHOSEN`] values of one sort?
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        let longest = [
            self.clauses.len(),
            self.kinds.len(),
            self.devices.len(),
            self.records.len(),
            self.findings.len(),
        ];
        longest.into_iter().any(|len| len > MAX_CHOSEN)
    }

    /// In words, for people: one line for each sort.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut say = |what: &str, values: Vec<String>| {
            if !values.is_empty() {
                words.push(format!("{what}: {}", values.join(", ")));
            }
        };
        say("exhibit", self.exhibit.iter().cloned().collect());
        say("purpose", self.purpose.iter().cloned().collect());
        say("under any of the clauses", self.clauses.clone());
        say("of the kinds", texts(&self.kinds));
        say("of the computers", texts(&self.devices));
        let number = |one: &Numbers| format!("{} to {} of {}", one.first, one.last, one.device);
        say(
            "with the numbers",
            self.records.iter().map(number).collect(),
        );
        let finding = |one: &OfFinding| one.finding.clone();
        say(
            "of the findings",
            self.findings.iter().map(finding).collect(),
        );
        words
    }

    fn is_by_number(&self) -> bool {
        !self.records.is_empty() || !self.findings.is_empty()
    }

    fn names(&self, device: DeviceId, place: u64) -> bool {
        let by_number =
            |one: &Numbers| one.device == device && (one.first..=one.last).contains(&place);
        let by_finding = |one: &OfFinding| one.device == device && one.places.has(place);
        self.records.iter().any(by_number) || self.findings.iter().any(by_finding)
    }
}

/// Is it shown whatever was chosen? It binds the records after it to an order, a list, a key or a
/// log before, or says that some are missing.
#[must_use]
pub fn is_binding(record: &Record) -> bool {
    matches!(
        record.kind(),
        Kind::OrderInForce
            | Kind::ListInForce
            | Kind::KeyChanged
            | Kind::LogContinues
            | Kind::Gap
            | Kind::AgentStarted
    )
}

fn texts(values: &[impl ToString]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}
