//! The schedule of unused material: what is in the log and not among the facts shown, and what, among
//! all of them, points away from a breach.
//!
//! Promises: each run of withheld or erased records has a row with its first and last place. What points
//! away
//! is counted by computer, with the places of the first and the last record: pages that the person
//! need not have chosen, words that the person did not type, records under several accounts, what
//! could not be told, gaps.
//!
//! Refuses: to weigh any of it; that is for people. And to keep more than [`MOST`] different counts of
//! one computer: what comes later is counted together.

use std::collections::{BTreeMap, BTreeSet};

use super::csv;
use crate::device::DeviceId;
use crate::fact::{Fact, PreviousEnd, Transition};
use crate::record::Record;

/// How many rows of counts a computer can have.
const MOST: usize = 1_000;

const COLUMNS: [&str; 7] = [
    "item",
    "device",
    "first_index",
    "last_index",
    "count",
    "what",
    "points_away_from_a_breach",
];

/// What is counted. The order is that of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Redirected,
    Frame,
    NotTyped,
    Account,
    CannotTell,
    Suppressed,
    Uncovered,
    Gap,
    SourceFailed,
    Clock,
    Killed,
}

/// Why the bundle has only the hash of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absent {
    Withheld,
    Erased,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    first: u64,
    last: u64,
    count: u64,
}

/// Counts, device by device.
#[derive(Debug, Default)]
pub(super) struct Unused {
    device: Option<DeviceId>,
    /// The run of records without text that is not written yet: from, to before.
    run: Option<(Absent, u64, u64)>,
    counts: BTreeMap<(Item, String), Count>,
}

/// The first line.
pub(super) fn head(to: &mut Vec<u8>) {
    csv::row(COLUMNS, to);
}

impl Unused {
    pub(super) fn device(&mut self, device: DeviceId) {
        self.device = Some(device);
    }

    pub(super) fn withheld(&mut self, first: u64, end: u64, to: &mut Vec<u8>) {
        self.absent(Absent::Withheld, (first, end), to);
    }

    pub(super) fn erased(&mut self, first: u64, end: u64, to: &mut Vec<u8>) {
        self.absent(Absent::Erased, (first, end), to);
    }

    fn absent(&mut self, why: Absent, (first, end): (u64, u64), to: &mut Vec<u8>) {
        if first >= end {
            return;
        }
        self.run = match self.run {
            Some((same, from, until)) if same == why && until == first => Some((why, from, end)),
            _ => {
                self.end_run(to);
                Some((why, first, end))
            }
        };
    }

    pub(super) fn shown(&mut self, record: &Record, to: &mut Vec<u8>) {
        self.end_run(to);
        let seq = record.seq;
        if let Some(account) = &record.account {
            self.count(Item::Account, account, seq, 1);
        }
        match &record.fact {
            Fact::WebVisit(visit) => match visit.transition {
                Some(Transition::Redirect) => self.count(Item::Redirected, "", seq, 1),
                Some(Transition::Subframe) => self.count(Item::Frame, "", seq, 1),
                _ => {}
            },
            Fact::Search(search) if search.typed == Some(false) => {
                self.count(Item::NotTyped, "", seq, 1);
            }
            Fact::Heartbeat(beat) => {
                for (item, counts) in [
                    (Item::CannotTell, &beat.cannot_tell),
                    (Item::Suppressed, &beat.suppressed),
                    (Item::Uncovered, &beat.uncovered),
                ] {
                    for (which, count) in counts {
                        self.count(item, which, seq, *count);
                    }
                }
            }
            Fact::Gap(gap) => {
                let cause = serde_json::to_string(&gap.cause).unwrap_or_default();
                self.count(Item::Gap, cause.trim_matches('"'), seq, 1);
            }
            Fact::SourceFailed(failed) => self.count(Item::SourceFailed, &failed.source, seq, 1),
            Fact::ClockStepped(_) => self.count(Item::Clock, "", seq, 1),
            Fact::AgentStarted(started) if started.previous == PreviousEnd::Killed => {
                self.count(Item::Killed, "", seq, 1);
            }
            _ => {}
        }
    }

    pub(super) fn end_device(&mut self, to: &mut Vec<u8>) {
        self.end_run(to);
        let counts = std::mem::take(&mut self.counts);
        let accounts: BTreeSet<&str> = counts
            .keys()
            .filter(|(item, _)| *item == Item::Account)
            .map(|(_, which)| which.as_str())
            .collect();
        for ((item, which), count) in &counts {
            // One account alone says nothing.
            if *item == Item::Account && accounts.len() < 2 {
                continue;
            }
            let (name, what, away) = item.words(which);
            self.row(
                name,
                (count.first, count.last, count.count),
                &what,
                away,
                to,
            );
        }
        self.device = None;
    }

    fn count(&mut self, item: Item, which: &str, seq: u64, more: u64) {
        if more == 0 {
            return;
        }
        let full = self.counts.len() >= MOST;
        let mut key = (item, which.to_owned());
        if full && !self.counts.contains_key(&key) {
            key.1 = "all others".to_owned();
        }
        let count = self.counts.entry(key).or_insert(Count {
            first: seq,
            last: seq,
            count: 0,
        });
        count.last = seq;
        count.count = count.count.saturating_add(more);
    }

    fn end_run(&mut self, to: &mut Vec<u8>) {
        if let Some((why, first, end)) = self.run.take() {
            let (name, what, away) = match why {
                Absent::Withheld => (
                    "withheld",
                    "Records that are withheld: the bundle has only their hashes",
                    "cannot be said from this bundle: nobody looked into them for it",
                ),
                Absent::Erased => (
                    "erased",
                    "Records that were erased: only their hashes are left",
                    "cannot be said any more: data/erasures.jsonl says who erased them, when and why",
                ),
            };
            let last = end.saturating_sub(1);
            self.row(
                name,
                (first, last, end.saturating_sub(first)),
                what,
                away,
                to,
            );
        }
    }

    fn row(
        &self,
        item: &str,
        (first, last, count): (u64, u64, u64),
        what: &str,
        away: &str,
        to: &mut Vec<u8>,
    ) {
        let device = self
            .device
            .map(|device| device.to_string())
            .unwrap_or_default();
        let (first, last, count) = (first.to_string(), last.to_string(), count.to_string());
        csv::row([item, &device, &first, &last, &count, what, away], to);
    }
}

impl Item {
    /// Its name, what it is, and how it points away from a breach.
    fn words(self, which: &str) -> (&'static str, String, &'static str) {
        match self {
            Self::Redirected => (
                "redirected",
                "Pages to which a site sent the browser".to_owned(),
                "yes: the person need not have chosen them",
            ),
            Self::Frame => (
                "frame",
                "Frames inside other pages".to_owned(),
                "yes: the browser loads them without being asked",
            ),
            Self::NotTyped => (
                "not_typed",
                "Searches with words that the person did not type".to_owned(),
                "yes: the words were suggested or came with a link",
            ),
            Self::Account => (
                "account",
                format!("Records under the account {which}, one of several on this computer"),
                "may be: somebody else may have used the computer",
            ),
            Self::CannotTell => (
                "cannot_tell",
                format!("Events of which it could not be told whether rule {which} matches"),
                "may be: they count neither for nor against",
            ),
            Self::Suppressed => (
                "suppressed",
                format!("Events that exemption {which} kept out of the log"),
                "may be: what they were was never recorded",
            ),
            Self::Uncovered => (
                "uncovered",
                format!("Events of the kind {which} that no clause covers"),
                "may be: what they were was never recorded",
            ),
            Self::Gap => (
                "gap",
                format!("Gaps in the log, cause {which}"),
                "may be: what happened meanwhile is not known",
            ),
            Self::SourceFailed => (
                "source_failed",
                format!("Times at which the source {which} stopped to work"),
                "may be: what it would have shown is not known",
            ),
            Self::Clock => (
                "clock_stepped",
                "Times at which the computer's clock was set".to_owned(),
                "may be: times by that clock are less sure",
            ),
            Self::Killed => (
                "agent_killed",
                "Starts of the agent after it had ended without a word".to_owned(),
                "may be: a crash or a loss of power ends it in the same way",
            ),
        }
    }
}
