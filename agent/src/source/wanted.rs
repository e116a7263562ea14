//! When a source was wanted: what happened at other times is never handed over, even when it is
//! found later.
//!
//! Promises: it is kept with the sources' cursors, so it outlasts the agent. What happened before
//! the agent's first run, and while no order wanted it, stays unrecorded; what happened while the
//! agent was down between two runs that wanted it is handed over. Where both could be (the agent
//! ended unwanted and began wanted), it is not handed over. A clock that was ahead for a while and
//! was set right leaves nothing behind: what lies after now is forgotten.

use std::ops::RangeInclusive;

const FORMAT: u8 = 1;
/// An order seldom begins or ends. Beyond, the time before the oldest pause's end is let go.
const MAX_PAUSES: usize = 32;
const TIME: usize = 8;

/// The times at which a source was wanted, in Unix milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WantedTimes {
    began: i64,
    /// Since then it is not wanted.
    paused: Option<i64>,
    /// From, until.
    pauses: Vec<(i64, i64)>,
}

impl WantedTimes {
    /// Of a source that never ran before.
    pub(crate) const fn begin(now: i64) -> Self {
        Self {
            began: now,
            paused: None,
            pauses: Vec::new(),
        }
    }

    /// Forgets what a clock that was ahead has left after now: else nothing would be wanted until
    /// then. True if there was any.
    pub(crate) fn hold_to(&mut self, now: i64) -> bool {
        let before = self.clone();
        self.began = self.began.min(now);
        self.paused = self.paused.map(|since| since.min(now));
        self.pauses.retain_mut(|(from, until)| {
            *until = now.min(*until);
            from < until
        });
        *self != before
    }

    /// Notes whether it is wanted now; true if that is a change.
    pub(crate) fn note(&mut self, wanted: bool, now: i64) -> bool {
        match (self.paused, wanted) {
            (None, false) => self.paused = Some(now),
            (Some(since), true) => {
                self.paused = None;
                // Otherwise the clock was ahead when the pause began.
                if since < now {
                    self.pauses.push((since, now));
                }
                if self.pauses.len() > MAX_PAUSES {
                    let (_, until) = self.pauses.remove(0);
                    self.began = self.began.max(until);
                }
            }
            _ => return false,
        }
        true
    }

    /// Was it wanted then?
    pub(crate) fn covers(&self, at: i64) -> bool {
        self.cover_some_of(at..=at)
    }

    /// Was it wanted at any moment of these? For what is known less exactly than to a millisecond.
    pub(crate) fn cover_some_of(&self, moments: RangeInclusive<i64>) -> bool {
        let mut first = self.began.max(*moments.start());
        // The end of one pause may lie in another, where the clock was set back in between.
        while let Some((_, until)) = self
            .pauses
            .iter()
            .find(|(from, until)| (*from..*until).contains(&first))
        {
            first = *until;
        }
        first <= *moments.end() && self.paused.is_none_or(|since| first < since)
    }

    /// Was it wanted at every one of these moments? For what is told of all of them together.
    pub(crate) fn cover_all_of(&self, moments: RangeInclusive<i64>) -> bool {
        let (first, last) = moments.into_inner();
        let mut pauses = self.pauses.iter();
        let paused = pauses.any(|(from, until)| *from <= last && first < *until);
        self.began <= first && !paused && self.paused.is_none_or(|since| last < since)
    }

    /// The moment before which nothing is wanted.
    pub(crate) const fn began(&self) -> i64 {
        self.began
    }

    /// As stored: format, began, paused (the largest number: it is not), then each pause's ends;
    /// all big-endian.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend(self.began.to_be_bytes());
        bytes.extend(self.paused.unwrap_or(i64::MAX).to_be_bytes());
        for (from, until) in &self.pauses {
            bytes.extend(from.to_be_bytes());
            bytes.extend(until.to_be_bytes());
        }
        bytes
    }

    /// `None` when the bytes are something else.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&format, rest) = bytes.split_first()?;
        let (times, odd) = rest.as_chunks::<TIME>();
        let times: Vec<i64> = times.iter().map(|time| i64::from_be_bytes(*time)).collect();
        let (&[began, paused], pauses) = times.split_first_chunk()?;
        let (pauses, half) = pauses.as_chunks::<2>();
        let whole = odd.is_empty() && half.is_empty() && pauses.len() <= MAX_PAUSES;
        (format == FORMAT && whole).then(|| Self {
            began,
            paused: (paused != i64::MAX).then_some(paused),
            pauses: pauses.iter().map(|&[from, until]| (from, until)).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_what_was_wanted() {
        let mut times = WantedTimes::begin(100);
        assert!(!times.note(true, 100));
        assert!(!times.covers(99) && times.covers(100) && times.covers(i64::MAX));
        assert!(times.note(false, 200));
        assert!(!times.note(false, 210));
        assert!(times.covers(199) && !times.covers(200) && !times.covers(1000));
        assert!(times.note(true, 300));
        assert!(times.covers(199) && !times.covers(299) && times.covers(300));
    }

    #[test]
    fn covers_some_of_a_time_that_a_pause_cuts() {
        let mut times = WantedTimes::begin(100);
        for (from, until) in [(200, 300), (250, 400), (500, 600)] {
            times.pauses.push((from, until));
        }
        times.paused = Some(700);
        for (moments, some) in [
            (0..=99, false),
            (0..=100, true),
            (199..=300, true),
            (200..=399, false),
            (200..=400, true),
            (450..=650, true),
            (500..=600, true),
            (500..=599, false),
            (650..=900, true),
            (700..=900, false),
        ] {
            assert_eq!(times.cover_some_of(moments.clone()), some, "{moments:?}");
        }
    }

    #[test]
    fn a_clock_that_was_ahead_leaves_no_pause() {
        let mut times = WantedTimes::begin(100);
        times.note(false, 9000);
        let mut reloaded = WantedTimes::from_bytes(&times.to_bytes()).unwrap();
        times.note(true, 200);
        assert!(times.covers(150) && times.covers(200) && times.covers(9000));
        // Over a reload, unwanted for a while more.
        assert!(reloaded.hold_to(200));
        assert!(!reloaded.hold_to(200) && !reloaded.note(false, 200));
        assert!(reloaded.note(true, 300));
        assert!(reloaded.covers(199) && !reloaded.covers(200) && !reloaded.covers(299));
        assert!(reloaded.covers(300));
    }

    #[test]
    fn a_pause_that_a_wrong_clock_has_ended_ends_now() {
        let mut times = WantedTimes::begin(100);
        times.note(false, 150);
        times.note(true, 9000);
        times.note(false, 9100);
        times.note(true, 9200);
        let mut times = WantedTimes::from_bytes(&times.to_bytes()).unwrap();
        assert!(times.hold_to(200));
        assert!(times.covers(149) && !times.covers(150) && !times.covers(199));
        assert!(times.covers(200) && times.covers(9150));
        assert_eq!(WantedTimes::from_bytes(&times.to_bytes()), Some(times));
    }

    #[test]
    fn a_first_run_in_the_future_begins_now() {
        let mut times = WantedTimes::from_bytes(&WantedTimes::begin(9000).to_bytes()).unwrap();
        assert!(times.hold_to(200));
        assert_eq!(times.began(), 200);
        assert!(!times.covers(199) && times.covers(200));
        // Time goes on.
        assert!(!times.hold_to(300) && times.began() == 200);
    }

    #[test]
    fn a_pause_in_the_middle_is_a_pause() {
        let mut times = WantedTimes::begin(100);
        times.note(false, 200);
        times.note(true, 300);
        for (moments, all) in [
            (100..=199, true),
            (99..=150, false),
            (100..=200, false),
            (150..=350, false),
            (299..=400, false),
            (300..=400, true),
        ] {
            assert_eq!(times.cover_all_of(moments.clone()), all, "{moments:?}");
        }
        times.note(false, 500);
        assert!(times.cover_all_of(300..=499) && !times.cover_all_of(300..=500));
    }

    #[test]
    fn bytes_are_pinned() {
        let mut times = WantedTimes::begin(0x0102);
        let mut bytes = vec![1, 0, 0, 0, 0, 0, 0, 1, 2];
        bytes.extend([0x7f, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(times.to_bytes(), bytes);
        times.note(false, 0x03);
        times.note(true, 0x04);
        times.note(false, 0x05);
        let mut bytes = vec![1, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 5];
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4]);
        assert_eq!(times.to_bytes(), bytes);
        assert_eq!(WantedTimes::from_bytes(&bytes), Some(times));
        for wrong in [&bytes[1..], &bytes[..bytes.len() - 8], &bytes[..9], b""] {
            assert_eq!(WantedTimes::from_bytes(wrong), None);
        }
        bytes[0] = 2;
        assert_eq!(WantedTimes::from_bytes(&bytes), None);
    }

    #[test]
    fn the_oldest_pause_is_let_go_with_all_before_it() {
        let mut times = WantedTimes::begin(0);
        for n in 1..=i64::try_from(MAX_PAUSES).unwrap() + 1 {
            times.note(false, n * 10);
            times.note(true, n * 10 + 5);
        }
        assert_eq!(times.began(), 15);
        assert!(!times.covers(14) && times.covers(15) && !times.covers(20));
        assert_eq!(WantedTimes::from_bytes(&times.to_bytes()), Some(times));
    }
}
