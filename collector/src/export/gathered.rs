//! What the report on paper says of the records, gathered while they pass.
//!
//! Promises: what is kept has a bound, however many records there are: the days, the records that a
//! finding is about (at most [`MOST_FACTS`]), and the gaps (at most [`MOST_GAPS`]). What was left out
//! is counted.

use std::collections::{BTreeMap, BTreeSet};

use proviso_report::fact::{Fact, Gap};
use proviso_report::tables::{Row, TableError, words};
use proviso_report::{Bounds, DeviceId, UnixMs};

use crate::store::Hash;

/// Records behind findings that are printed.
const MOST_FACTS: usize = 2_000;
/// Gaps that are printed.
const MOST_GAPS: usize = 500;
/// Days that are counted.
const MOST_DAYS: usize = 4_000;

/// A record that a finding is about.
pub(super) struct Shown {
    pub(super) device: DeviceId,
    pub(super) seq: u64,
    pub(super) leaf: Hash,
    pub(super) at: UnixMs,
    pub(super) bounds: Bounds,
    pub(super) received: Option<UnixMs>,
    pub(super) account: Option<String>,
    pub(super) words: String,
}

/// A gap, with its place in the log.
pub(super) struct Missing {
    pub(super) device: DeviceId,
    pub(super) seq: u64,
    pub(super) at: UnixMs,
    pub(super) gap: Gap,
}

/// What was seen so far.
#[derive(Default)]
pub(super) struct Gathered {
    /// The records that findings are about.
    wanted: BTreeSet<(DeviceId, u64)>,
    /// By day (UTC): records, and those of them that findings are about.
    pub(super) days: BTreeMap<String, (u64, u64)>,
    pub(super) facts: Vec<Shown>,
    /// Records behind findings that are not among them.
    pub(super) more_facts: u64,
    pub(super) gaps: Vec<Missing>,
    /// Gaps that are not among them.
    pub(super) more_gaps: u64,
    /// Versions of the agent, with its system.
    pub(super) agents: BTreeSet<String>,
}

impl Gathered {
    /// Looks out for these records.
    pub(super) fn new(wanted: BTreeSet<(DeviceId, u64)>) -> Self {
        Self {
            wanted,
            ..Self::default()
        }
    }

    /// A record that is shown.
    pub(super) fn pass(&mut self, row: &Row<'_>) -> Result<(), TableError> {
        let record = row.record;
        let is_wanted = self.wanted.contains(&(row.device, record.seq));
        let day = day(record.at);
        if self.days.len() < MOST_DAYS || self.days.contains_key(&day) {
            let (records, found) = self.days.entry(day).or_default();
            *records += 1;
            *found += u64::from(is_wanted);
        }
        let is_kept = is_wanted && self.facts.len() < MOST_FACTS;
        if is_kept {
            self.facts.push(Shown {
                device: row.device,
                seq: record.seq,
                leaf: row.leaf,
                at: record.at,
                bounds: row.bounds,
                received: row.received,
                account: record.account.clone(),
                words: words(&record.fact)?,
            });
        }
        self.more_facts += u64::from(is_wanted && !is_kept);
        match &record.fact {
            Fact::Gap(gap) if self.gaps.len() < MOST_GAPS => self.gaps.push(Missing {
                device: row.device,
                seq: record.seq,
                at: record.at,
                gap: gap.clone(),
            }),
            Fact::Gap(_) => self.more_gaps += 1,
            Fact::AgentStarted(started) if self.agents.len() < MOST_GAPS => {
                let agent = format!("{} on {}", started.version, started.platform);
                self.agents.insert(agent);
            }
            _ => {}
        }
        Ok(())
    }
}

/// The day of a moment, in UTC.
pub(super) fn day(at: UnixMs) -> String {
    let text = at.to_string();
    text.split_once('T')
        .map_or(text.clone(), |(day, _)| day.to_owned())
}
