//! The time sandwich: between which two moments of the collector's clock a record was written,
//! whatever the device's clock says.
//!
//! The first record of a report holds the hash of the last receipt that the device had, so neither
//! it nor what follows it in the log can be older than that receipt. The receipt that covers a
//! record cannot be older than the record. [`Receipts`] is what is known of receipts,
//! [`Receipts::sandwich`] walks a log between them.
//!
//! Promises: a bound is never tighter than what the receipts show. A receipt's time is a whole
//! second, so the upper bound is the last millisecond of that second.
//!
//! Refuses: to guess. Without a receipt that is known on a side, there is no bound on that side. The
//! bounds are of the writing down ([`Record::noted`]); when something happened ([`Record::at`]) is
//! what its source says, and only the upper bound holds for it.

use std::collections::BTreeMap;

use crate::hash::Hash;
use crate::record::Record;
use crate::time::UnixMs;

/// The two moments, by the collector's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// It was not written before this; `None`: no earlier receipt is known.
    pub lower: Option<UnixMs>,
    /// It was not written after this; `None`: no receipt covers it that is known.
    pub upper: Option<UnixMs>,
}

/// The receipts of one log that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipts {
    /// By how much of the log they cover: Unix seconds.
    times: BTreeMap<u64, u64>,
    /// By hash: how much they cover.
    sizes: BTreeMap<Hash, u64>,
}

/// A walk along a log, from one record to the next.
#[derive(Clone, Debug)]
pub struct Sandwich<'a> {
    receipts: &'a Receipts,
    lower: Option<UnixMs>,
}

/// What became of the receipt that a record names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// It names none.
    None,
    /// It is known, and covers so many records, all of them earlier.
    Known(u64),
    /// It is not known here.
    Strange,
    /// It is known and covers so many records, this one or later ones among them: the record cannot
    /// have been written when it says.
    Later(u64),
}

impl Bounds {
    /// From the times of two receipts, Unix seconds: one that a record or an earlier one names, and
    /// one that covers it.
    #[must_use]
    pub fn of_seconds(named: Option<u64>, covers: Option<u64>) -> Self {
        Self {
            lower: named.map(first_ms),
            upper: covers.map(|time| first_ms(time).plus(999)),
        }
    }

    /// By how much the device's clock was outside when it wrote this: negative, milliseconds before
    /// the lower bound; positive, after the upper; 0: inside, as far as there are bounds.
    #[must_use]
    pub fn outside(&self, noted: UnixMs) -> i64 {
        if let Some(lower) = self.lower.filter(|lower| noted < *lower) {
            return noted.0.saturating_sub(lower.0);
        }
        match self.upper.filter(|upper| noted > *upper) {
            Some(upper) => noted.0.saturating_sub(upper.0),
            None => 0,
        }
    }

    /// Is there a bound on both sides?
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.lower.is_some() && self.upper.is_some()
    }
}

impl Receipts {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the receipt for the first `size` records, given at `time` (Unix seconds).
    pub fn add(&mut self, size: u64, time: u64, hash: Hash) {
        self.times.insert(size, time);
        self.sizes.insert(hash, size);
    }

    /// What is known of the receipt that a record names.
    #[must_use]
    pub fn named(&self, record: &Record) -> Named {
        let Some(hash) = record.receipt else {
            return Named::None;
        };
        match self.sizes.get(&hash) {
            None => Named::Strange,
            Some(size) if *size > record.seq => Named::Later(*size),
            Some(size) => Named::Known(*size),
        }
    }

    /// Begins a walk.
    #[must_use]
    pub const fn sandwich(&self) -> Sandwich<'_> {
        self.sandwich_after(None)
    }

    /// Begins a walk in the middle of a log whose records so far have this lower bound.
    #[must_use]
    pub const fn sandwich_after(&self, lower: Option<UnixMs>) -> Sandwich<'_> {
        Sandwich {
            receipts: self,
            lower,
        }
    }

    fn upper(&self, seq: u64) -> Option<UnixMs> {
        let (_, time) = self.times.range(seq.checked_add(1)?..).next()?;
        Some(first_ms(*time).plus(999))
    }
}

impl Sandwich<'_> {
    /// The bounds of the next record. Records may be left out, but none may come twice or go back:
    /// what was written after an earlier record is bounded by its lower bound too.
    pub fn pass(&mut self, record: &Record) -> Bounds {
        if let Named::Known(size) = self.receipts.named(record) {
            let named = self.receipts.times.get(&size).map(|time| first_ms(*time));
            self.lower = self.lower.max(named);
        }
        Bounds {
            lower: self.lower,
            upper: self.receipts.upper(record.seq),
        }
    }
}

/// The first millisecond of a second.
fn first_ms(seconds: u64) -> UnixMs {
    UnixMs(i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fact::Heartbeat;
    use crate::record::{BootId, Method};

    fn record(seq: u64, receipt: Option<Hash>) -> Record {
        Record {
            seq,
            at: UnixMs(0),
            noted: UnixMs(0),
            mono: seq,
            boot: BootId([1; 16]),
            account: None,
            clauses: vec![],
            methods: vec![Method::Agent],
            order: None,
            receipt,
            fact: Heartbeat {
                uncovered: BTreeMap::new(),
                suppressed: BTreeMap::new(),
                cannot_tell: BTreeMap::new(),
                awake_ms: 0,
                order: None,
            }
            .into(),
        }
    }

    const fn hash(size: u64) -> Hash {
        let mut bytes = [0; 32];
        bytes[0] = size as u8;
        Hash(bytes)
    }

    const fn between(lower: Option<i64>, upper: Option<i64>) -> Bounds {
        const fn at(ms: Option<i64>) -> Option<UnixMs> {
            match ms {
                Some(ms) => Some(UnixMs(ms)),
                None => None,
            }
        }
        Bounds {
            lower: at(lower),
            upper: at(upper),
        }
    }

    #[test]
    fn a_record_lies_between_the_receipt_before_and_the_receipt_over_it() {
        let mut receipts = Receipts::new();
        receipts.add(2, 100, hash(2));
        receipts.add(4, 160, hash(4));
        receipts.add(6, 160, hash(6));
        let mut walk = receipts.sandwich();
        // The first report names no receipt: there was none.
        assert_eq!(walk.pass(&record(0, None)), between(None, Some(100_999)));
        assert_eq!(walk.pass(&record(1, None)), between(None, Some(100_999)));
        let second = walk.pass(&record(2, Some(hash(2))));
        assert_eq!(second, between(Some(100_000), Some(160_999)));
        assert_eq!(walk.pass(&record(3, None)), second);
        // Closed before the receipt of the second report was here.
        assert_eq!(walk.pass(&record(4, Some(hash(2)))), second);
        // One that is not known leaves what is known.
        let open = walk.pass(&record(6, Some(hash(9))));
        assert_eq!(open, between(Some(100_000), None));
        assert_eq!(
            walk.pass(&record(7, Some(hash(6)))),
            between(Some(160_000), None)
        );
        assert_eq!(receipts.named(&record(3, Some(hash(4)))), Named::Later(4));
        assert_eq!(receipts.named(&record(4, Some(hash(4)))), Named::Known(4));
        assert_eq!(receipts.named(&record(4, Some(hash(9)))), Named::Strange);
        assert_eq!(receipts.named(&record(4, None)), Named::None);
    }

    #[test]
    fn a_clock_outside_is_measured_from_the_nearer_bound() {
        let bounds = between(Some(1_000), Some(2_999));
        for (noted, outside) in [(0, -1_000), (1_000, 0), (2_999, 0), (3_000, 1)] {
            assert_eq!(bounds.outside(UnixMs(noted)), outside, "{noted}");
        }
        assert!(bounds.is_closed());
        assert_eq!(Bounds::default().outside(UnixMs(i64::MIN)), 0);
        assert_eq!(bounds.outside(UnixMs(i64::MIN)), i64::MIN);
    }

    proptest! {
        /// A collector that gives receipts as reports come, and a device that names what it holds.
        #[test]
        fn the_moment_of_writing_is_never_outside(
            reports in prop::collection::vec((1_u64..5, 0_u64..50, 0_usize..4), 1..40),
            hidden in any::<u64>(),
        ) {
            let (mut now, mut size) = (1_000_u64, 0_u64);
            let mut given: Vec<(u64, u64)> = Vec::new();
            let mut written = Vec::new();
            for (count, wait, late) in reports {
                let held = given.len().checked_sub(1 + late).and_then(|at| given.get(at));
                let named = held.map(|(size, _)| hash(*size));
                for n in 0..count {
                    written.push((record(size + n, named.filter(|_| n == 0)), now));
                    now += wait;
                }
                size += count;
                given.push((size, now));
            }
            let mut receipts = Receipts::new();
            for (n, (size, time)) in given.iter().enumerate() {
                // What is not known only loosens.
                if hidden >> (n % 64) & 1 == 0 {
                    receipts.add(*size, *time, hash(*size));
                }
            }
            let mut walk = receipts.sandwich();
            let mut last = None;
            for (record, at) in &written {
                let bounds = walk.pass(record);
                prop_assert_eq!(bounds.outside(first_ms(*at)), 0);
                prop_assert!(bounds.lower >= last, "a lower bound never goes back");
                last = bounds.lower;
            }
        }
    }
}
