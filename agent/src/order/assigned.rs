//! Which orders are held and were held: what the journal stores of the book.

use std::collections::BTreeMap;

use proviso_report::{Hash, UnixMs};
use proviso_rules::Order;
use proviso_rules::order::ListVersion;
use serde::{Deserialize, Serialize};

use super::StoreError;

/// Earlier orders of which it is known when they bound.
const MAX_EARLIER: usize = 16;
/// The clock is looked at so often.
const SET_BACK_MS: i64 = 60_000;

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
    /// Those that bound before the current one, the last first. Only the first is still held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) earlier: Vec<Earlier>,
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
    /// The first moment after its last day, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ends: Option<UnixMs>,
    /// When each update of its lists was taken and its signature checked, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) updates: Vec<UnixMs>,
    /// The updates that count, as the log says.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) lists: BTreeMap<String, ListVersion>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Earlier {
    pub(super) entry: Entry,
    /// When another took its place.
    pub(super) until: UnixMs,
}

/// Where the order is that bound at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Current,
    /// The first of the earlier ones.
    Previous,
    /// Further back.
    LetGo,
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

    /// Is it not older than what was taken before, and does it follow it? An old order is a signed one,
    /// too.
    pub(super) fn may_take(&self, order: &Order) -> Result<(), String> {
        let (id, version) = (order.id(), order.version());
        if let Some(replaces) = order.replaces()
            && let Some(own) = self.known(id, replaces.version)
            && own != replaces.sha256
        {
            return Err(format!(
                "this is version {version} of {id}, which says that it takes the place of another \
                 version {} than the one that is known here: have the order made anew from the \
                 version that was in force, and signed again",
                replaces.version
            ));
        }
        let Some(highest) = self.highest.get(id) else {
            return Ok(());
        };
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

    pub(super) fn with_current(&self, mut entry: Entry, in_force: bool, now: UnixMs) -> Self {
        let mut assigned = self.clone();
        assigned.note(&entry);
        match assigned.current.take() {
            // Taken again, because its file was damaged.
            Some(old) if old.digest == entry.digest => entry.starts = entry.starts.min(old.starts),
            Some(old) if old.starts < now => {
                let until = entry.starts;
                assigned.earlier.insert(0, Earlier { entry: old, until });
                assigned.earlier.truncate(MAX_EARLIER);
            }
            // It never bound.
            _ => {}
        }
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

    /// The clock was set back behind the moment at which the current order took over: that moment
    /// was another clock's, and by this one the order binds now.
    pub(super) fn with_clock_set_back(&self, now: UnixMs) -> Self {
        let mut assigned = self.clone();
        let Some(current) = &mut assigned.current else {
            return assigned;
        };
        let by = current.starts.0.saturating_sub(now.0);
        current.starts = now.plus(-by.clamp(0, SET_BACK_MS));
        for earlier in &mut assigned.earlier {
            earlier.until = earlier.until.min(current.starts);
        }
        assigned
    }

    /// Which order bound at this moment?
    pub(super) fn at(&self, at: UnixMs) -> Option<Place> {
        if let Some(current) = self.current.as_ref().filter(|entry| entry.starts <= at) {
            return current.binds(at).then_some(Place::Current);
        }
        let binds = |earlier: &Earlier| earlier.entry.binds(at) && at < earlier.until;
        match self.earlier.iter().position(binds)? {
            0 => Some(Place::Previous),
            _ => Some(Place::LetGo),
        }
    }

    /// The file of a version that was taken here.
    fn known(&self, id: &str, version: u64) -> Option<Hash> {
        let entries = [&self.current, &self.next].into_iter().flatten();
        let earlier = self.earlier.iter().map(|earlier| &earlier.entry);
        let found = entries
            .chain(earlier)
            .find(|entry| entry.id == id && entry.version == version);
        let highest = self.highest.get(id).filter(|one| one.version == version);
        found
            .map(|entry| entry.digest)
            .or_else(|| highest.map(|one| one.digest))
    }

    /// The entry of an order that is held.
    pub(super) fn entry(&self, digest: Hash) -> Option<&Entry> {
        let held = [&self.current, &self.next].into_iter().flatten();
        held.into_iter().find(|entry| entry.digest == digest)
    }

    /// The same orders, one of them with other updates.
    pub(super) fn with_entry(&self, entry: Entry) -> Self {
        let mut assigned = self.clone();
        for own in [&mut assigned.current, &mut assigned.next] {
            if let Some(own) = own
                && own.digest == entry.digest
            {
                own.clone_from(&entry);
            }
        }
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

impl Entry {
    fn binds(&self, at: UnixMs) -> bool {
        self.starts <= at && self.ends.is_none_or(|end| at < end)
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
            ends: None,
            updates: vec![],
            lists: BTreeMap::new(),
        };
        let hex = "01".repeat(32);
        let text = format!(
            r#"{{"current":{{"digest":"{hex}","id":"SHPO-1","version":4,"taken":"2026-11-24T05:00:00.123Z","starts":"2026-11-24T05:00:00.123Z"}},"next":null,"in_force":true,"highest":{{"SHPO-1":{{"version":4,"digest":"{hex}"}}}}}}"#
        );
        let now = entry.taken;
        let assigned = Assigned::default().with_current(entry.clone(), true, now);
        assert_eq!(String::from_utf8(assigned.to_bytes()).unwrap(), text);
        assert_eq!(Assigned::parse(text.as_bytes()).unwrap(), assigned);
        let next = Entry {
            digest: Hash([2; 32]),
            version: 5,
            taken: now.plus(1_000),
            starts: now.plus(1_000),
            ends: Some(now.plus(5_000)),
            ..entry
        };
        let (one, two) = (hex, "02".repeat(32));
        let text = format!(
            r#"{{"current":{{"digest":"{two}","id":"SHPO-1","version":5,"taken":"2026-11-24T05:00:01.123Z","starts":"2026-11-24T05:00:01.123Z","ends":"2026-11-24T05:00:05.123Z"}},"next":null,"in_force":true,"highest":{{"SHPO-1":{{"version":5,"digest":"{two}"}}}},"earlier":[{{"entry":{{"digest":"{one}","id":"SHPO-1","version":4,"taken":"2026-11-24T05:00:00.123Z","starts":"2026-11-24T05:00:00.123Z"}},"until":"2026-11-24T05:00:01.123Z"}}]}}"#
        );
        let assigned = assigned.with_current(next, true, now.plus(1_000));
        assert_eq!(String::from_utf8(assigned.to_bytes()).unwrap(), text);
        assert_eq!(Assigned::parse(text.as_bytes()).unwrap(), assigned);
        let version = ListVersion {
            number: 2,
            sha256: Hash([3; 32]),
        };
        let updated = assigned.with_entry(Entry {
            updates: vec![now],
            lists: [("social".to_owned(), version)].into(),
            ..assigned.entry(Hash([2; 32])).unwrap().clone()
        });
        let wanted = text.replace(
            r#""ends":"2026-11-24T05:00:05.123Z"}"#,
            &format!(
                r#""ends":"2026-11-24T05:00:05.123Z","updates":["2026-11-24T05:00:00.123Z"],"lists":{{"social":{{"number":2,"sha256":"{}"}}}}}}"#,
                "03".repeat(32)
            ),
        );
        assert_eq!(String::from_utf8(updated.to_bytes()).unwrap(), wanted);
        assert_eq!(Assigned::parse(wanted.as_bytes()).unwrap(), updated);
        assert!(matches!(
            Assigned::parse(b"{}"),
            Err(StoreError::Assigned(_))
        ));
    }
}
