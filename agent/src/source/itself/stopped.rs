//! Time in which the agent did nothing although the computer was awake.
//!
//! A process that is stopped (SIGSTOP), frozen with its group, or held by a debugger notices nothing
//! of it but that its next timer comes late. A stop that ends with SIGCONT is told by that signal,
//! however short it was.

use std::time::Duration;

use proviso_report::fact::{Gap, GapCause};

use crate::platform::clock::Moment;

/// A timer that comes later than this was not only kept waiting by a busy computer.
pub(super) const LATE_MS: u64 = 10_000;
/// A second sign within so long is of the same stop.
const SAME_MS: u64 = 2_000;

/// Notices it.
#[derive(Debug, Default)]
pub(super) struct Stopped {
    /// When it was last said, by the clock that does not count sleep.
    said: Option<u64>,
}

/// What ended the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// Time, or something to do.
    Timer,
    /// SIGCONT.
    Continued,
}

impl Stopped {
    /// After a wait from `begun` on that was to last `planned` at most.
    pub(super) fn between(
        &mut self,
        begun: &Moment,
        planned: Duration,
        woken: Woken,
        now: &Moment,
    ) -> Option<Gap> {
        let passed = now.awake.saturating_sub(begun.awake);
        let planned = u64::try_from(planned.as_millis()).unwrap_or(u64::MAX);
        let late = passed.saturating_sub(planned);
        let detail = if late > LATE_MS {
            format!(
                "the agent did nothing for {} s or more while the computer was awake: it was stopped, \
                 frozen or held by another program, or was given no time by the computer",
                late / 1_000
            )
        } else if woken == Woken::Continued {
            format!(
                "another program told the agent to go on (SIGCONT), as is done after it was stopped; \
                 if it was, then for {} s at most",
                passed.div_ceil(1_000)
            )
        } else {
            return None;
        };
        let again = self
            .said
            .is_some_and(|said| now.awake.saturating_sub(said) < SAME_MS);
        self.said = Some(now.awake);
        (!again).then(|| Gap {
            cause: GapCause::SourceFailed,
            source: Some("agent".to_owned()),
            count: None,
            from: Some(begun.at.0),
            to: Some(now.at.0),
            detail,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::tests::at;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_late_timer_and_a_signal_are_told_once() {
        let mut stopped = Stopped::default();
        let none = stopped.between(&at(0), MINUTE, Woken::Timer, &at(70_000));
        assert_eq!(none, None);
        let gap = stopped.between(&at(0), MINUTE, Woken::Timer, &at(80_000));
        let gap = gap.unwrap();
        assert_eq!(
            (gap.from, gap.to),
            (Some(at(0).at.0), Some(at(80_000).at.0))
        );
        assert!(gap.detail.contains("for 20 s or more"), "{}", gap.detail);
        // The signal that ended that stop.
        let same = stopped.between(&at(80_000), MINUTE, Woken::Continued, &at(80_001));
        assert_eq!(same, None);
        let gap = stopped.between(&at(80_001), MINUTE, Woken::Continued, &at(85_000));
        assert!(gap.unwrap().detail.contains("for 5 s at most"));
    }

    #[test]
    fn sleep_is_no_stop() {
        let mut stopped = Stopped::default();
        let now = Moment {
            awake: at(60_000).awake,
            ..at(3_600_000)
        };
        let none = stopped.between(&at(0), MINUTE, Woken::Timer, &now);
        assert_eq!(none, None);
    }
}
