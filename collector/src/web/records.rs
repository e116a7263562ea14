//! Records, read back out of the stored reports that hold them.
//!
//! Promises: a visit that a second source saw later carries both methods; a report that cannot be
//! read is said, not skipped.
//!
//! Refuses: to read more than [`REPORTS`] reports of one device for one page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proviso_report::coverage::Watch;
use proviso_report::fact::VisitsConfirmed;
use proviso_report::report::Kept;
use proviso_report::{Bounds, Fact, Method, Record};

use crate::store::reports::{self, StoredReport};
use crate::store::{DeviceId, Read, SqlError};

use super::zones::{Own, Zones};

/// Reports of one device for one page: more than a busy day has.
pub(super) const REPORTS: u64 = 20_000;

/// How long after a visit a second source is expected to have seen it, in milliseconds.
pub(super) const CONFIRMED: i64 = 60 * 60_000;

/// Reports before a time that say how it began: the last sign of life, and the order in force.
pub(crate) const BEFORE: u64 = 8;

/// One record with what is known of it.
pub(super) struct Held {
    pub(super) device: DeviceId,
    pub(super) record: Record,
    /// How it is known, later confirmations included.
    pub(super) methods: BTreeSet<Method>,
    /// Between which moments of this collector it was written.
    pub(super) bounds: Bounds,
    /// When it was stored here, Unix milliseconds.
    pub(super) received: i64,
    /// The device's zone then, if it is known.
    pub(super) own: Option<Arc<Own>>,
}

/// What was found.
#[derive(Default)]
pub(super) struct Gathered {
    /// By time; confirmations stand with what they confirm and not as records.
    pub(super) records: Vec<Held>,
    /// There are more than can be shown.
    pub(super) cut: bool,
    /// Sentences about reports that cannot be read.
    pub(super) unreadable: Vec<String>,
    /// Records in the reports that were looked at which were erased. Of which time, nobody knows any more.
    pub(super) erased: usize,
    /// How each device was watched, if that was asked for.
    pub(super) watches: BTreeMap<DeviceId, Watch>,
}

/// Records of these devices from `from` up to but not including `to`, by the devices' clocks.
/// Confirmations are looked for until `until`.
pub(super) fn gather(
    read: &Read<'_>,
    of: &[DeviceId],
    (from, to): (i64, i64),
    until: i64,
) -> Result<Gathered, SqlError> {
    let mut gathered = Gathered::default();
    for device in of {
        let mut stored = reports::overlapping(read, *device, from, until, REPORTS)?;
        gathered.cut |= stored.len() as u64 == REPORTS;
        // What came right after may confirm the last of them.
        if let Some(last) = stored.last() {
            stored.extend(reports::get(read, *device, last.first + last.count)?);
        }
        let zones = Zones::of(read, *device)?;
        gathered.add(*device, &stored, (from, to), &zones);
    }
    gathered.sort();
    Ok(gathered)
}

/// The same, and how the devices were watched in that time.
pub(super) fn gather_watched(
    read: &Read<'_>,
    of: &[DeviceId],
    (from, to): (i64, i64),
    until: i64,
) -> Result<Gathered, SqlError> {
    let mut gathered = Gathered::default();
    for device in of {
        let mut stored = reports::overlapping(read, *device, from, until, REPORTS)?;
        gathered.cut |= stored.len() as u64 == REPORTS;
        let first = match stored.first() {
            Some(first) => Some(first.first),
            // A day without records lies between two that have some.
            None => reports::before(read, *device, from)?.map(|first| first.saturating_add(1)),
        };
        if let Some(first) = first {
            let mut before = reports::ending(read, *device, first, BEFORE)?;
            before.reverse();
            before.append(&mut stored);
            stored = before;
        }
        // The one after says how the time ended; of a log that begins later, how it begins.
        let next = stored.last().map_or(0, |last| last.first + last.count);
        stored.extend(reports::get(read, *device, next)?);
        gathered.watches.insert(*device, Watch::new());
        let zones = Zones::of(read, *device)?;
        gathered.add(*device, &stored, (from, to), &zones);
    }
    gathered.sort();
    Ok(gathered)
}

impl Gathered {
    fn sort(&mut self) {
        self.records
            .sort_by_key(|held| (held.record.at.0, held.device, held.record.seq));
    }

    fn add(
        &mut self,
        device: DeviceId,
        stored: &[StoredReport],
        (from, to): (i64, i64),
        zones: &Zones,
    ) {
        let begin = self.records.len();
        let mut confirmed: BTreeMap<u64, BTreeSet<Method>> = BTreeMap::new();
        for report in stored {
            let records = match decode(report) {
                Ok((records, erased)) => {
                    self.erased = self.erased.saturating_add(erased);
                    records
                }
                Err(sentence) => {
                    self.unreadable.push(sentence);
                    continue;
                }
            };
            let bounds = Bounds::of_seconds(report.not_before, Some(report.receipt));
            for record in records {
                if let Some(watch) = self.watches.get_mut(&device) {
                    watch.pass(&record);
                }
                if let Fact::VisitsConfirmed(VisitsConfirmed { method, seqs }) = &record.fact {
                    for seq in seqs {
                        confirmed.entry(*seq).or_default().insert(*method);
                    }
                } else if from <= record.at.0 && record.at.0 < to {
                    self.records.push(Held {
                        device,
                        methods: record.methods.iter().copied().collect(),
                        bounds,
                        received: report.received,
                        own: zones.at(record.seq),
                        record,
                    });
                }
            }
        }
        for held in self.records.iter_mut().skip(begin) {
            held.methods
                .extend(confirmed.remove(&held.record.seq).unwrap_or_default());
        }
    }
}

/// The records of a report, and how many of it were erased. The error is a sentence.
pub(crate) fn decode(stored: &StoredReport) -> Result<(Vec<Record>, usize), String> {
    let unreadable = |why: &dyn std::fmt::Display| {
        format!(
            "The stored report of device {} that begins at record {} cannot be read ({why}): \
             restore the store from a backup.",
            stored.device, stored.first
        )
    };
    let kept = Kept::parse(&stored.bytes).map_err(|why| unreadable(&why))?;
    let records = kept
        .lines()
        .map(|(_, line)| Record::parse(line).map_err(|why| unreadable(&why)));
    let records: Vec<_> = records.collect::<Result<_, _>>()?;
    let erased = kept.leaves().len().saturating_sub(records.len());
    Ok((records, erased))
}
