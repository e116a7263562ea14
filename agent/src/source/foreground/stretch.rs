//! How long which program was in front while somebody was there. Plain state: changes and times come
//! in, facts come out.
//!
//! Promises: a stretch ends when another program comes to the front, when nobody touched anything for
//! a minute (that minute counts: whoever reads touches nothing), and after a quarter of an hour, when
//! the next one begins: so much is lost at most if the agent is killed. Time asleep does not count.

use std::time::{Duration, Instant};

use proviso_report::UnixMs;
use proviso_report::fact::{Fact, Foreground};
use proviso_report::record::Method;

use crate::source::Observation;

/// The longest stretch of one record.
pub(super) const LONGEST: Duration = Duration::from_secs(15 * 60);
/// What passes by on the way to another window is no stretch.
const SHORTEST: Duration = Duration::from_secs(1);

/// A program in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) exe: Option<String>,
}

/// A moment, by the clock on the wall and by one that nobody sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) at: UnixMs,
    pub(super) instant: Instant,
}

/// What one display shows.
#[derive(Debug)]
pub(super) struct Stretch {
    account: String,
    front: Option<Shown>,
    is_idle: bool,
    /// Of the stretch that goes on.
    since: Option<Moment>,
}

impl Stretch {
    /// Nothing is in front yet.
    pub(super) fn new(account: &str) -> Self {
        Self {
            account: account.to_owned(),
            front: None,
            is_idle: false,
            since: None,
        }
    }

    /// This is in front.
    pub(super) fn front(&mut self, front: Option<Shown>, now: Moment) -> Option<Observation> {
        if front == self.front {
            return None;
        }
        let ended = self.end(now);
        self.front = front;
        self.begin(now);
        ended
    }

    /// Somebody is there, or nobody.
    pub(super) fn idle(&mut self, is_idle: bool, now: Moment) -> Option<Observation> {
        if is_idle == self.is_idle {
            return None;
        }
        let ended = self.end(now);
        self.is_idle = is_idle;
        self.begin(now);
        ended
    }

    /// When the stretch that goes on is to be cut.
    pub(super) fn cut_at(&self) -> Option<Instant> {
        self.since?.instant.checked_add(LONGEST)
    }

    /// Ends a stretch and begins the next.
    pub(super) fn cut(&mut self, now: Moment) -> Option<Observation> {
        let ended = self.end(now);
        self.begin(now);
        ended
    }

    /// Ends the stretch that goes on, if any does.
    pub(super) fn end(&mut self, now: Moment) -> Option<Observation> {
        let since = self.since.take()?;
        let front = self.front.clone()?;
        let length = now.instant.saturating_duration_since(since.instant);
        (length >= SHORTEST).then(|| Observation {
            at: since.at,
            account: Some(self.account.clone()),
            method: Method::Desktop,
            fact: Fact::Foreground(Foreground {
                name: front.name,
                exe: front.exe,
                browser: None,
                url: None,
                ms: u64::try_from(length.as_millis()).unwrap_or(u64::MAX),
            }),
        })
    }

    fn begin(&mut self, now: Moment) {
        self.since = (!self.is_idle && self.front.is_some()).then_some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Clock(Instant);

    impl Clock {
        fn at(&self, seconds: u64) -> Moment {
            Moment {
                at: UnixMs(i64::try_from(seconds * 1000).unwrap()),
                instant: self.0 + Duration::from_secs(seconds),
            }
        }
    }

    fn shown(name: &str) -> Option<Shown> {
        Some(Shown {
            name: name.into(),
            exe: None,
        })
    }

    fn said(observation: Option<Observation>) -> Option<(String, i64, u64)> {
        let it = observation?;
        assert_eq!(
            (it.account.as_deref(), it.method),
            (Some("alex"), Method::Desktop)
        );
        match it.fact {
            Fact::Foreground(fact) => Some((fact.name, it.at.0 / 1000, fact.ms / 1000)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_stretch_ends_with_the_program_and_with_the_person() {
        let clock = Clock(Instant::now());
        let mut it = Stretch::new("alex");
        assert_eq!(it.front(shown("a"), clock.at(1)), None);
        // Another window of the same program.
        assert_eq!(it.front(shown("a"), clock.at(5)), None);
        let ended = said(it.front(shown("b"), clock.at(11)));
        assert_eq!(ended, Some(("a".into(), 1, 10)));
        let ended = said(it.idle(true, clock.at(100)));
        assert_eq!(ended, Some(("b".into(), 11, 89)));
        assert_eq!(it.idle(true, clock.at(200)), None);
        assert_eq!(it.front(shown("c"), clock.at(300)), None);
        assert_eq!(it.cut_at(), None);
        assert_eq!(it.idle(false, clock.at(400)), None);
        let ended = said(it.front(None, clock.at(402)));
        assert_eq!(ended, Some(("c".into(), 400, 2)));
        assert_eq!(it.end(clock.at(500)), None);
    }

    #[test]
    fn what_passes_by_is_no_stretch_and_a_long_one_is_cut() {
        let clock = Clock(Instant::now());
        let mut it = Stretch::new("alex");
        it.front(shown("a"), clock.at(1));
        assert_eq!(it.front(shown("b"), clock.at(1)), None);
        let cut_at = LONGEST.as_secs() + 1;
        assert_eq!(it.cut_at(), Some(clock.at(cut_at).instant));
        let ended = said(it.cut(clock.at(cut_at)));
        assert_eq!(ended, Some(("b".into(), 1, LONGEST.as_secs())));
        let ended = said(it.end(clock.at(cut_at + 5)));
        assert_eq!(ended, Some(("b".into(), i64::try_from(cut_at).unwrap(), 5)));
        assert_eq!(it.end(clock.at(cut_at + 9)), None);
    }
}
