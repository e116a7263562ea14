//! The beat at which everything looks that must look about each second, or from time to time.
//!
//! Promises: whoever asks is woken with all others, so that a computer at rest wakes once for all of them. Nobody
//! is woken before the time that they asked for, and a beat later at most.
//!
//! A beat is 1,024 ms: tokio's timers lie in wheels of 64 slots, the finest of 1 ms, and one that is due where
//! a slot of 64 ms begins (counted from the start of the runtime) needs no second waking. Were tokio to change,
//! nothing but that would be lost.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

const BEAT: Duration = Duration::from_millis(1_024);

static FIRST: OnceLock<Instant> = OnceLock::new();

/// Counts from now on: just before the runtime is made.
pub fn begin() {
    FIRST.get_or_init(Instant::now);
}

/// The first beat after `now`.
pub(crate) fn next(now: Instant) -> Instant {
    after(*FIRST.get_or_init(|| now), now)
}

/// The first beat after `now`, counted from `first` in either direction: a clock that tests move by hand may have
/// been asked first.
fn after(first: Instant, now: Instant) -> Instant {
    let times = |beats: u128| BEAT.saturating_mul(u32::try_from(beats).unwrap_or(u32::MAX));
    match now.checked_duration_since(first) {
        Some(since) => first + times(since.as_nanos() / BEAT.as_nanos() + 1),
        None => first - times((first - now).as_nanos().saturating_sub(1) / BEAT.as_nanos()),
    }
}

/// Waits for the next one.
pub(super) async fn wait() {
    rest(Duration::ZERO).await;
}

/// Waits for the first one that is at least so far away.
pub(crate) async fn rest(least: Duration) {
    tokio::time::sleep_until(next(Instant::now() + least)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_look_each_second_look_together() {
        let now = Instant::now();
        let beat = next(now);
        assert!(beat > now && beat - now <= BEAT);
        let between = now + (beat - now) / 2;
        assert_eq!(next(between), beat);
        assert_eq!(next(beat), beat + BEAT);
    }

    #[test]
    fn beats_lie_before_the_first_one_too() {
        let first = Instant::now() + BEAT * 900;
        let bit = Duration::from_nanos(1);
        for beats in [0, 1, 2, 899] {
            let beat = first - BEAT * beats;
            assert_eq!(after(first, beat), beat + BEAT);
            assert_eq!(after(first, beat - bit), beat);
            assert_eq!(after(first, beat + bit), beat + BEAT);
            assert_eq!(
                after(first, first + BEAT * beats),
                first + BEAT * (beats + 1)
            );
        }
    }
}
