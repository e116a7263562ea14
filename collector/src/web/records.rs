//! Records, read back out of the stored reports that hold them.
//!
//! Promises: a visit that a second source saw later carries both methods; a report that cannot be
//! read is said, not skipped.
//!
//! Refuses: to read more than [`REPORTS`] reports of one device for one page.

use std::collections::{BTreeMap, BTreeSet};

use proviso_report::fact::VisitsConfirmed;
use proviso_report::{Fact, Method, Record, Report};

use crate::store::reports::{self, StoredReport};
use crate::store::{DeviceId, Read, SqlError};

/// Reports of one device for one page: more than a busy day has.
pub(super) const REPORTS: u64 = 20_000;

/// One record with what is known of it.
pub(super) struct Held {
    pub(super) device: DeviceId,
    pub(super) record: Record,
    /// How it is known, later confirmations included.
    pub(super) methods: BTreeSet<Method>,
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
        gathered.add(*device, &stored, (from, to));
    }
    gathered
        .records
        .sort_by_key(|held| (held.record.at.0, held.device, held.record.seq));
    Ok(gathered)
}

impl Gathered {
    fn add(&mut self, device: DeviceId, stored: &[StoredReport], (from, to): (i64, i64)) {
        let begin = self.records.len();
        let mut confirmed: BTreeMap<u64, BTreeSet<Method>> = BTreeMap::new();
        for report in stored {
            let records = match decode(report) {
                Ok(records) => records,
                Err(sentence) => {
                    self.unreadable.push(sentence);
                    continue;
                }
            };
            for record in records {
                if let Fact::VisitsConfirmed(VisitsConfirmed { method, seqs }) = &record.fact {
                    for seq in seqs {
                        confirmed.entry(*seq).or_default().insert(*method);
                    }
                } else if from <= record.at.0 && record.at.0 < to {
                    self.records.push(Held {
                        device,
                        methods: record.methods.iter().copied().collect(),
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

fn decode(stored: &StoredReport) -> Result<Vec<Record>, String> {
    let unreadable = |why: &dyn std::fmt::Display| {
        format!(
            "The stored report of device {} that begins at record {} cannot be read ({why}): \
             restore the store from a backup.",
            stored.device, stored.first
        )
    };
    let report = Report::parse(&stored.bytes).map_err(|why| unreadable(&why))?;
    let lines = report.lines().map_err(|why| unreadable(&why))?;
    lines
        .iter()
        .map(|line| Record::parse(line).map_err(|why| unreadable(&why)))
        .collect()
}
