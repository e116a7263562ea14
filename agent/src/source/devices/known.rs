//! Which devices are known to be attached, and what is said about them. Plain state: what is seen and
//! the time come in, facts come out.

use std::collections::{BTreeMap, BTreeSet};

use proviso_report::fact::{Change, Device};

use super::tree::{Found, More};
use crate::source::base_line::{BaseLine, Mark};

/// So long, in milliseconds, a device is not told while the system may find out more of it.
const HOLD: u64 = 4_000;
/// The same while its disk is yet to come. A slow computer loads drivers first, and the system lets a
/// stick come to rest before it asks what it holds; told before that, it would be told again with it.
const DISK: u64 = 30_000;

/// The devices that are attached.
#[derive(Debug, Default)]
pub(super) struct Known {
    devices: BTreeMap<String, Entry>,
    /// There before the computer was started anew, and not seen since.
    before: Option<BaseLine>,
}

/// What is to be told of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    /// When it was, in milliseconds since the computer was started.
    pub(super) at: u64,
    /// What.
    pub(super) device: Device,
}

#[derive(Clone, Debug)]
struct Entry {
    found: Found,
    /// Since when it is known.
    came: u64,
    /// The same, or since when it has a disk.
    since: u64,
    told: bool,
}

impl Entry {
    /// When it is to be told.
    fn due(&self) -> u64 {
        let hold = match self.found.more {
            More::Nothing => 0,
            More::Perhaps => HOLD,
            More::Disk => DISK,
        };
        self.since.saturating_add(hold)
    }
}

impl Known {
    /// What is there at first: `None` if all of it is no news, else what was there when the agent
    /// last looked. Gives what is new.
    pub(super) fn begin(
        &mut self,
        list: Vec<Found>,
        last: Option<&BaseLine>,
        now: u64,
    ) -> Vec<News> {
        for found in list {
            let told = last.is_none_or(|last| last.has(mark(&found)));
            self.enter(found, now, told);
        }
        self.due(now)
    }

    /// Devices of this list are no news when they appear: the computer is only just started.
    pub(super) fn expect(&mut self, before: Option<BaseLine>) {
        self.before = before;
    }

    /// One is attached.
    pub(super) fn arrived(&mut self, found: Found, now: u64) {
        if !self.devices.contains_key(&found.key) {
            let told = self.was_before(&found);
            self.enter(found, now, told);
        }
    }

    /// Compares with all that are attached. Gives what came and went.
    pub(super) fn compare(&mut self, list: Vec<Found>, now: u64) -> Vec<News> {
        let here: BTreeSet<String> = list.iter().map(|found| found.key.clone()).collect();
        let known = self.devices.keys();
        let gone: Vec<String> = known.filter(|key| !here.contains(*key)).cloned().collect();
        let mut news = Vec::new();
        for key in gone {
            if let Some(entry) = self.devices.remove(&key) {
                if !entry.told {
                    news.push(fact(&entry.found, Change::Added, entry.came));
                }
                news.push(fact(&entry.found, Change::Removed, now));
            }
        }
        for found in list {
            match self.devices.get_mut(&found.key) {
                Some(entry) if entry.told && entry.found.id == found.id => {
                    news.extend(changed(entry, found, now));
                }
                Some(entry) if entry.found.id == found.id => {
                    // An empty one may be the first of several.
                    if entry.found.more == More::Disk && found.more == More::Perhaps {
                        entry.since = now;
                    }
                    entry.found = found;
                }
                // Another at the same place: the one before went unseen.
                Some(entry) => {
                    if entry.told {
                        news.push(fact(&entry.found, Change::Removed, now));
                    }
                    self.enter(found, now, false);
                }
                None => self.arrived(found, now),
            }
        }
        news.extend(self.due(now));
        news
    }

    /// When the next that is held back is to be told.
    pub(super) fn next_due(&self) -> Option<u64> {
        let held = self.devices.values().filter(|entry| !entry.told);
        held.map(Entry::due).min()
    }

    /// What is attached and was told or is no news, to be compared with at the next start.
    pub(super) fn base_line(&self) -> BaseLine {
        let mut line = self.before.clone().unwrap_or_default();
        for entry in self.devices.values().filter(|entry| entry.told) {
            line.note(mark(&entry.found));
        }
        line
    }

    fn was_before(&self, found: &Found) -> bool {
        let before = self.before.as_ref();
        before.is_some_and(|before| before.has(mark(found)))
    }

    fn enter(&mut self, found: Found, came: u64, told: bool) {
        let key = found.key.clone();
        let entry = Entry {
            found,
            came,
            since: came,
            told,
        };
        self.devices.insert(key, entry);
    }

    /// Tells those of which all is known, and those that were held back long enough.
    pub(super) fn due(&mut self, now: u64) -> Vec<News> {
        let mut news = Vec::new();
        let before = self.before.as_ref();
        for entry in self.devices.values_mut().filter(|entry| !entry.told) {
            if now >= entry.due() {
                entry.told = true;
                // More is known of it than when it arrived.
                if !before.is_some_and(|before| before.has(mark(&entry.found))) {
                    news.push(fact(&entry.found, Change::Added, entry.came));
                }
            }
        }
        news
    }
}

/// What is new of a device that was told: a card was put into it or taken out, or the system has
/// found out what it is.
fn changed(entry: &mut Entry, found: Found, now: u64) -> Option<News> {
    let before = std::mem::replace(&mut entry.found, found);
    let found = &entry.found;
    match (before.bytes, found.bytes) {
        _ if before.class != found.class => Some(fact(found, Change::Added, now)),
        (Some(_), None) => Some(fact(&before, Change::Removed, now)),
        (from, Some(to)) if from != Some(to) => Some(fact(found, Change::Added, now)),
        _ => None,
    }
}

fn fact(found: &Found, change: Change, at: u64) -> News {
    let device = Device {
        change,
        class: found.class.to_owned(),
        serial: found.id.clone(),
        vendor: found.vendor.clone(),
        product: found.product.clone(),
        bytes: found.bytes,
    };
    News { at, device }
}

/// What makes a device the same over time. Where it hangs counts only if it has no serial number.
fn mark(found: &Found) -> Mark {
    let word = |word: &Option<String>| word.clone().unwrap_or_default();
    let bytes = found.bytes.map(|bytes| bytes.to_string());
    Mark::of(&[
        found.class,
        &word(&found.id),
        &word(&found.vendor),
        &word(&found.product),
        &word(&bytes),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stick(key: &str, bytes: Option<u64>) -> Found {
        Found {
            key: key.into(),
            class: "storage",
            id: Some(format!("S-{key}")),
            vendor: Some("SanDisk".into()),
            product: Some("Ultra".into()),
            bytes,
            more: match bytes {
                Some(_) => More::Nothing,
                None => More::Perhaps,
            },
        }
    }

    /// One whose disk is yet to come.
    fn without_disk(key: &str) -> Found {
        Found {
            more: More::Disk,
            ..stick(key, None)
        }
    }

    fn told(news: &[News]) -> Vec<(Change, Option<u64>)> {
        let devices = news.iter().map(|it| &it.device);
        devices.map(|it| (it.change, it.bytes)).collect()
    }

    #[test]
    fn a_stick_is_told_once_with_what_it_holds() {
        let mut known = Known::default();
        assert_eq!(known.begin(vec![stick("a", Some(1))], None, 0), []);
        assert_eq!(
            known.compare(vec![stick("a", Some(1)), stick("b", None)], 10),
            []
        );
        assert_eq!(known.next_due(), Some(10 + HOLD));
        let both = || vec![stick("a", Some(1)), stick("b", Some(2))];
        assert_eq!(told(&known.compare(both(), 20)), [(Change::Added, Some(2))]);
        assert_eq!(known.compare(both(), 30), []);
        assert_eq!(known.next_due(), None);
        let news = known.compare(vec![], 40);
        assert_eq!(
            told(&news),
            [(Change::Removed, Some(1)), (Change::Removed, Some(2))]
        );
    }

    #[test]
    fn one_that_never_holds_anything_is_told_too() {
        let mut known = Known::default();
        known.begin(vec![], None, 0);
        known.arrived(stick("b", None), 5);
        assert_eq!(known.due(HOLD), []);
        assert_eq!(told(&known.due(5 + HOLD)), [(Change::Added, None)]);
        // A card is put in, changed, and taken out.
        for (bytes, expected) in [
            (Some(3), (Change::Added, Some(3))),
            (Some(4), (Change::Added, Some(4))),
            (None, (Change::Removed, Some(4))),
        ] {
            assert_eq!(
                told(&known.compare(vec![stick("b", bytes)], 9000)),
                [expected]
            );
        }
    }

    #[test]
    fn a_stick_whose_disk_comes_late_is_told_once() {
        let mut known = Known::default();
        known.begin(vec![], None, 0);
        known.arrived(without_disk("b"), 5);
        assert_eq!(known.next_due(), Some(5 + DISK));
        assert_eq!(known.compare(vec![without_disk("b")], 5 + HOLD), []);
        let news = known.compare(vec![stick("b", Some(2))], 20_000);
        assert_eq!(told(&news), [(Change::Added, Some(2))]);
        assert_eq!(news.first().unwrap().at, 5, "when it came");
        assert_eq!(known.next_due(), None);
        assert_eq!(known.due(5 + DISK), []);
    }

    #[test]
    fn one_with_an_empty_drive_before_its_disk_is_told_once() {
        let mut known = Known::default();
        known.begin(vec![], None, 0);
        known.arrived(without_disk("b"), 5);
        assert_eq!(known.compare(vec![stick("b", None)], 20_000), []);
        assert_eq!(known.next_due(), Some(20_000 + HOLD));
        let news = known.compare(vec![stick("b", Some(2))], 20_100);
        assert_eq!(told(&news), [(Change::Added, Some(2))]);
    }

    #[test]
    fn one_whose_disk_never_comes_is_told_without() {
        let mut known = Known::default();
        known.begin(vec![], None, 0);
        known.arrived(without_disk("b"), 5);
        assert_eq!(known.due(4 + DISK), []);
        assert_eq!(told(&known.due(5 + DISK)), [(Change::Added, None)]);
        let news = known.compare(vec![stick("b", Some(2))], 90_000);
        assert_eq!(told(&news), [(Change::Added, Some(2))]);
    }

    #[test]
    fn one_that_is_gone_at_once_is_told_both_ways() {
        let mut known = Known::default();
        known.begin(vec![], None, 0);
        known.arrived(stick("b", None), 5);
        let news = known.compare(vec![], 6);
        assert_eq!(
            told(&news),
            [(Change::Added, None), (Change::Removed, None)]
        );
    }

    #[test]
    fn what_came_while_the_agent_was_down_is_told_and_nothing_else() {
        let mut known = Known::default();
        known.begin(vec![stick("a", Some(1))], None, 0);
        let last = known.base_line();
        let mut known = Known::default();
        let list = vec![stick("a", Some(1)), stick("b", Some(2))];
        let news = known.begin(list, Some(&last), 0);
        assert_eq!(told(&news), [(Change::Added, Some(2))]);
        // A card that was put into the same reader is another thing.
        let news = Known::default().begin(vec![stick("a", Some(9))], Some(&last), 0);
        assert_eq!(told(&news), [(Change::Added, Some(9))]);
    }

    #[test]
    fn what_appears_late_after_a_start_of_the_computer_is_no_news() {
        let mut known = Known::default();
        known.begin(vec![stick("a", Some(1))], None, 0);
        let last = known.base_line();
        let mut known = Known::default();
        known.begin(vec![], Some(&last), 0);
        known.expect(Some(last));
        known.arrived(stick("a", None), 1);
        let list = vec![stick("a", Some(1)), stick("b", Some(2))];
        assert_eq!(told(&known.compare(list, 2)), [(Change::Added, Some(2))]);
        known.expect(None);
        known.compare(vec![], 3);
        let news = known.compare(vec![stick("a", Some(1))], 4);
        assert_eq!(told(&news), [(Change::Added, Some(1))]);
    }

    #[test]
    fn another_at_the_same_place_is_another() {
        let mut known = Known::default();
        known.begin(vec![stick("a", Some(1))], None, 0);
        let other = Found {
            id: Some("X".into()),
            ..stick("a", Some(1))
        };
        let news = known.compare(vec![other], 1);
        let ids: Vec<&str> = news
            .iter()
            .filter_map(|it| it.device.serial.as_deref())
            .collect();
        assert_eq!(ids, ["S-a", "X"]);
    }
}
