//! How long to wait before the next try, so that a whole fleet does not come back in one second.

use std::time::Duration;

/// After the first failure.
const FIRST: Duration = Duration::from_millis(500);
/// After many.
const LONGEST: Duration = Duration::from_secs(60);
/// After a refusal that people must look into.
const REFUSED: Duration = Duration::from_secs(300);

/// Counts failures in a row.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// How long to wait after one more failure: twice as long each time, and between half and all
    /// of it by `random`.
    pub(super) fn next(&mut self, random: u64) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        jittered(doubled.min(LONGEST), random)
    }

    /// How long to wait after a refusal.
    pub(super) fn refused(random: u64) -> Duration {
        jittered(REFUSED, random)
    }

    /// It worked.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

fn jittered(whole: Duration, random: u64) -> Duration {
    let half = whole / 2;
    let span = u64::try_from(half.as_micros()).unwrap_or(u64::MAX);
    half + Duration::from_micros(random % span.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_a_minute_and_begins_anew() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..9).map(|_| backoff.next(0).as_millis()).collect();
        assert_eq!(
            waits,
            [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
        );
        backoff.reset();
        assert_eq!(backoff.next(0).as_millis(), 250);
    }

    #[test]
    fn stays_within_bounds() {
        for random in [0, 1, 12_345_678, u64::MAX - 1, u64::MAX] {
            for failures in [0, 1, 7, 16, 17, u32::MAX] {
                let wait = Backoff { failures }.next(random);
                assert!(wait >= FIRST / 2 && wait <= LONGEST, "{wait:?}");
            }
            let wait = Backoff::refused(random);
            assert!(wait >= REFUSED / 2 && wait <= REFUSED, "{wait:?}");
        }
    }
}
