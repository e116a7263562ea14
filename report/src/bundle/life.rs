//! What the records of a bundle say of time: between which receipts each was written, and how much of
//! the time asked for its device was watched.
//!
//! Both follow from what was checked before (checkpoints, receipts, records); a device's clock that was
//! wrong, or a day in the dark, is no fault of the bundle. So these checks say what there is.

use super::{Check, DeviceLog, Outcome, Question};
use crate::coverage::{Covered, SECOND, Watch};
use crate::device::DeviceId;

impl DeviceLog {
    /// How the device was watched from a moment up to but not including another (Unix milliseconds by
    /// its clock), as far as the records that are shown say.
    #[must_use]
    pub fn coverage(&self, from: i64, to: i64) -> Covered {
        self.watch().over(from, to)
    }

    fn watch(&self) -> Watch {
        let mut watch = Watch::new();
        self.records.iter().for_each(|record| watch.pass(record));
        watch
    }
}

/// The check of the times of a log's records.
pub(super) fn times(device: DeviceId, log: &DeviceLog) -> Check {
    let closed = log.bounds.iter().filter(|one| one.is_closed()).count();
    let open = log.bounds.len().saturating_sub(closed);
    let outside = log
        .records
        .iter()
        .zip(&log.bounds)
        .map(|(record, bounds)| bounds.outside(record.noted))
        .filter(|ms| *ms != 0);
    let (mut count, mut most) = (0_u64, 0_i64);
    for ms in outside {
        count = count.saturating_add(1);
        if ms.unsigned_abs() > most.unsigned_abs() {
            most = ms;
        }
    }
    let mut what = format!("device {device}: {closed} records lie between two receipts");
    if open > 0 {
        what.push_str(&format!(", {open} before one only"));
    }
    if count == 0 {
        what.push_str("; the device's clock agrees for each of them");
    } else {
        let side = if most > 0 { "ahead" } else { "behind" };
        what.push_str(&format!(
            "; for {count} of them the device's clock says otherwise, by {} at most ({side})",
            length(most.unsigned_abs())
        ));
    }
    Check::new(Question::Between, what, Outcome::Holds)
}

/// The check of how its device was watched between the first and the last record that are shown. What
/// stood before and after is withheld, unless the log had not begun.
pub(super) fn watched(device: DeviceId, log: &DeviceLog) -> Check {
    let noted = || log.records.iter().map(|record| record.noted);
    let (Some(from), Some(to)) = (noted().min(), noted().max()) else {
        let what = format!("device {device}: no record is shown that says how it was watched");
        return Check::new(Question::Complete, what, Outcome::Holds);
    };
    let watch = log.watch();
    let total = watch.over(from.0, to.0).total().rounded(SECOND);
    let before = watch.over(from.0.saturating_sub(1), from.0).total();
    let mut what = format!(
        "device {device}: from the first to the last record that is shown ({from} to {to} by its clock) \
         it was monitored for {}, off for {}, dark without explanation for {} and without an order in \
         force for {}",
        length(total.monitored),
        length(total.off),
        length(total.dark),
        length(total.no_order)
    );
    if before.not_yet > 0 {
        what.push_str("; its log begins there, before that nothing was monitored");
    }
    Check::new(Question::Complete, what, Outcome::Holds)
}

/// `26 h 3 min 5 s`.
fn length(ms: u64) -> String {
    let seconds = ms / 1_000;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, seconds) => format!("{hours} h {minutes} min {seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::{Bounds, Receipts};
    use crate::fact::AgentStopped;
    use crate::record::{BootId, Method, Record};
    use crate::time::UnixMs;

    fn log(seq: u64) -> DeviceLog {
        let record = Record {
            seq,
            at: UnixMs(0),
            noted: UnixMs(0),
            mono: 0,
            boot: BootId([1; 16]),
            account: None,
            clauses: Vec::new(),
            methods: vec![Method::Agent],
            order: None,
            receipt: None,
            fact: AgentStopped {
                reason: "stop".to_owned(),
                shutdown: None,
            }
            .into(),
        };
        DeviceLog {
            first: seq,
            end: seq + 1,
            records: vec![record],
            leaves: Vec::new(),
            bounds: vec![Bounds::default()],
            withheld: 0,
            erased: crate::bundle::Places::default(),
            received: Default::default(),
            roots: Default::default(),
            receipts: Receipts::new(),
        }
    }

    #[test]
    fn where_a_log_begins_is_said() {
        let says = |seq| {
            let check = watched(DeviceId([2; 16]), &log(seq));
            check.what.ends_with("before that nothing was monitored")
        };
        assert!(says(0));
        assert!(!says(1));
    }

    #[test]
    fn lengths_are_said_in_full() {
        for (ms, words) in [
            (0, "0 s"),
            (999, "0 s"),
            (61_000, "1 min 1 s"),
            (93_785_000, "26 h 3 min 5 s"),
        ] {
            assert_eq!(length(ms), words);
        }
        assert!(!length(u64::MAX).is_empty());
    }
}
