//! What this process took in since it started: counts, for `metrics`.
//!
//! Promises: numbers only, of all devices together, counted after the commit that made them true.

use std::sync::atomic::{AtomicU64, Ordering};

/// Upper ends of the classes of lag, in seconds; what is later is in one more class.
pub const LAGS: [u64; 7] = [1, 5, 30, 120, 600, 3_600, 86_400];

/// The counts.
#[derive(Debug, Default)]
pub struct Tally {
    reports: AtomicU64,
    records: AtomicU64,
    lag: [AtomicU64; LAGS.len() + 1],
    lag_millis: AtomicU64,
}

/// The counts at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Reports stored.
    pub reports: u64,
    /// Records in them.
    pub records: u64,
    /// Reports by class of lag, as [`LAGS`] has them, each class by itself.
    pub lag: [u64; LAGS.len() + 1],
    /// All lags together, milliseconds.
    pub lag_millis: u64,
}

impl Tally {
    /// A report with so many records was stored so long after the newest of them was written. A device
    /// whose clock is ahead has no lag.
    pub(crate) fn stored(&self, records: u64, lag_millis: i64) {
        let lag = u64::try_from(lag_millis).unwrap_or(0);
        let class = LAGS.partition_point(|end| end.saturating_mul(1_000) < lag);
        self.reports.fetch_add(1, Ordering::Relaxed);
        self.records.fetch_add(records, Ordering::Relaxed);
        self.lag_millis.fetch_add(lag, Ordering::Relaxed);
        if let Some(count) = self.lag.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How it stands.
    #[must_use]
    pub fn counted(&self) -> Counted {
        Counted {
            reports: self.reports.load(Ordering::Relaxed),
            records: self.records.load(Ordering::Relaxed),
            lag: std::array::from_fn(|class| {
                self.lag
                    .get(class)
                    .map_or(0, |count| count.load(Ordering::Relaxed))
            }),
            lag_millis: self.lag_millis.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_report_is_in_one_class() {
        let tally = Tally::default();
        for lag in [-5, 0, 1_000, 1_001, 86_400_000, 86_400_001, i64::MAX] {
            tally.stored(2, lag);
        }
        let counted = tally.counted();
        assert_eq!((counted.reports, counted.records), (7, 14));
        assert_eq!(counted.lag, [3, 1, 0, 0, 0, 0, 1, 2]);
    }
}
