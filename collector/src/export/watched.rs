//! How each computer was watched in the time of a bundle, for the report on paper.
//!
//! Promises: what the page of a day says of that time. The records just before and just after it say how
//! it began and ended, although the bundle does not show them. Of a log that was broken off nothing is
//! said from then on; time that has not come yet is no state.

use proviso_report::coverage::{Covered, Watch};
use proviso_report::{DeviceId, UnixMs};

use super::ExportError;
use crate::store::reports::{self, StoredReport};
use crate::store::{Read, SqlError, epochs, incidents};
use crate::web::records::{BEFORE, decode};

/// One log.
pub(super) struct Watched {
    pub(super) device: DeviceId,
    /// From when on, and up to but not including when.
    span: (i64, i64),
    /// Is it followed by another log of the same computer?
    pub(super) broken_off: bool,
    watch: Watch,
}

impl Watched {
    /// Reads a log. `now`: what comes later has not come yet.
    pub(super) fn read(
        read: &Read<'_>,
        device: DeviceId,
        (from, to): (UnixMs, UnixMs),
        now: i64,
    ) -> Result<Self, ExportError> {
        let broken_off = broken_off(read, device)?;
        let until = to.0.min(now).min(broken_off.unwrap_or(i64::MAX));
        let mut watch = Watch::new();
        let (first, end) = match reports::bounds(read, device, from.0, to.0)? {
            Some(bounds) => bounds,
            // A time without records lies between two that have some.
            None => {
                let last = reports::before(read, device, from.0)?;
                let next = last.map_or(0, |last| last.saturating_add(1));
                (next, next)
            }
        };
        let before = reports::ending(read, device, first, BEFORE)?;
        for stored in before.iter().rev() {
            pass(&mut watch, stored)?;
        }
        let mut next = first;
        while let Some(stored) = reports::get(read, device, next)? {
            pass(&mut watch, &stored)?;
            if next >= end {
                break;
            }
            next = stored.first.saturating_add(stored.count.max(1));
        }
        Ok(Self {
            device,
            span: (from.0, until.max(from.0)),
            broken_off: broken_off.is_some(),
            watch,
        })
    }

    /// All of the time.
    pub(super) fn all(&self) -> Covered {
        self.watch.over(self.span.0, self.span.1)
    }

    /// As much of it as lies between two moments; `None`: nothing does.
    pub(super) fn within(&self, (from, to): (i64, i64)) -> Option<Covered> {
        let (from, to) = (from.max(self.span.0), to.min(self.span.1));
        (from < to).then(|| self.watch.over(from, to))
    }
}

fn pass(watch: &mut Watch, stored: &StoredReport) -> Result<(), ExportError> {
    let (records, _) = decode(stored).map_err(|why| ExportError::Damaged {
        device: stored.device,
        first: stored.first,
        why,
    })?;
    records.iter().for_each(|record| watch.pass(record));
    Ok(())
}

/// When a log was broken off.
fn broken_off(read: &Read<'_>, device: DeviceId) -> Result<Option<i64>, SqlError> {
    let epoch = epochs::get(read, device)?.unwrap_or_default();
    let Some(number) = epoch.broken_by else {
        return Ok(None);
    };
    incidents::when(read, &number)
}
