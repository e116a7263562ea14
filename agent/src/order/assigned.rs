//! Which orders are held and were held: what the journal stores of the book.

use std::collections::BTreeMap;

use proviso_report::{Hash, UnixMs};
use proviso_rules::Order;
use serde::{Deserialize, Serialize};

use super::StoreError;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Assigned {
    /// The order in force, or the last that was, or the first that will be.
    pub(super) current: Option<Entry>,
    /// What takes its place on a day to come.
    pub(super) next: Option<Entry>,
    /// Was it recorded that the current one is in force, and not yet that it ended?
    pub(super) in_force: bool,
    /// By order: the highest version that was ever taken.
    pub(super) highest: BTreeMap<String, Highest>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) digest: Hash,
    pub(super) id: String,
    pub(super) version: u64,
    /// When its signatures were checked: keys that end later do not end it.
    pub(super) taken: UnixMs,
    /// When it begins, or when it was taken if it had begun.
    pub(super) starts: UnixMs,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Highest {
    version: u64,
    digest: Hash,
}

impl Assigned {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, StoreError> {
        serde_json::from_slice(bytes).map_err(|error| StoreError::Assigned(error.to_string()))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Strings and numbers under strings: there is nothing that cannot be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Is it not older than what was taken before? An old order is a signed one, too.
    pub(super) fn may_take(&self, order: &Order) -> Result<(), String> {
        let Some(highest) = self.highest.get(order.id()) else {
            return Ok(());
        };
        let (id, version) = (order.id(), order.version());
        if version < highest.version {
            return Err(format!(
                "this is version {version} of {id}, and version {} was in force here: an order \
                 does not go back; give the old words a new version and have them signed",
                highest.version
            ));
        }
        if version == highest.version && order.digest() != highest.digest {
            return Err(format!(
                "there is another version {version} of {id} here: two orders cannot have one \
                 version; raise it and have the order signed again"
            ));
        }
        Ok(())
    }

    pub(super) fn with_current(&self, entry: Entry, in_force: bool) -> Self {
        let mut assigned = self.clone();
        assigned.note(&entry);
        assigned.current = Some(entry);
        assigned.next = None;
        assigned.in_force = in_force;
        assigned
    }

    pub(super) fn with_next(&self, entry: Entry) -> Self {
        let mut assigned = self.clone();
        assigned.note(&entry);
        assigned.next = Some(entry);
        assigned
    }

    fn note(&mut self, entry: &Entry) {
        let highest = Highest {
            version: entry.version,
            digest: entry.digest,
        };
        self.highest.insert(entry.id.clone(), highest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_this_text() {
        let entry = Entry {
            digest: Hash([1; 32]),
            id: "SHPO-1".into(),
            version: 4,
            taken: UnixMs(1_795_496_400_123),
            starts: UnixMs(1_795_496_400_123),
        };
        let hex = "01".repeat(32);
        let text = format!(
            r#"{{"current":{{"digest":"{hex}","id":"SHPO-1","version":4,"taken":"2026-11-24T05:00:00.123Z","starts":"2026-11-24T05:00:00.123Z"}},"next":null,"in_force":true,"highest":{{"SHPO-1":{{"version":4,"digest":"{hex}"}}}}}}"#
        );
        let assigned = Assigned::default().with_current(entry, true);
        assert_eq!(String::from_utf8(assigned.to_bytes()).unwrap(), text);
        assert_eq!(Assigned::parse(text.as_bytes()).unwrap(), assigned);
        assert!(matches!(
            Assigned::parse(b"{}"),
            Err(StoreError::Assigned(_))
        ));
    }
}
