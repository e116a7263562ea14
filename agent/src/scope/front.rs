//! Time in front is told once, whoever sees it.
//!
//! The extension knows the page, the desktop the program, the browser's own history both and the time only
//! roughly. Rules add up how long things were in front, and an hour that was told three times is three hours
//! to them.
//!
//! Promises: of what was recorded of an account, nothing of the desktop's and the history's word is recorded
//! over again: it is cut to the longest part that nobody told of. What the extension says is recorded whole,
//! and the desktop leaves a browser to an extension that speaks. Refuses: to remember more than the last of
//! it; after the agent's start what was told before is forgotten, and a browser that writes late can be told
//! of once more.

use std::collections::BTreeMap;

use proviso_report::Method;
use proviso_report::fact::Fact;

use crate::source::Observation;
use crate::source::history::is_browser;

/// Stretches of one account that are remembered.
const MAX: usize = 256;
/// What is shorter is not told.
const SHORTEST: i64 = 1_000;
/// An extension that told of a page so long before is one that speaks.
const SPEAKS: i64 = 300_000;

/// What was told to be in front.
#[derive(Clone, Debug, Default)]
pub(super) struct Fronts {
    accounts: BTreeMap<Option<String>, Told>,
    /// As it was when the transaction began, if it changed since.
    before: Option<BTreeMap<Option<String>, Told>>,
}

#[derive(Clone, Debug, Default)]
struct Told {
    /// From, to; in the order of their beginnings, none over another.
    stretches: Vec<(i64, i64)>,
    /// Until when the extension told of pages.
    extension: Option<i64>,
}

impl Fronts {
    /// Cuts an observation to what nobody told of; false if nothing is left. Anything but time in front
    /// is left as it is.
    pub(super) fn cut(&mut self, observation: &mut Observation) -> bool {
        let Fact::Foreground(front) = &mut observation.fact else {
            return true;
        };
        let from = observation.at.0;
        let to = from.saturating_add(i64::try_from(front.ms).unwrap_or(i64::MAX));
        if self.before.is_none() {
            self.before = Some(self.accounts.clone());
        }
        let told = self
            .accounts
            .entry(observation.account.clone())
            .or_default();
        if observation.method == Method::Extension {
            told.extension = told.extension.max(Some(to));
            told.add(from, to);
            return true;
        }
        let by_extension = told
            .extension
            .is_some_and(|until| until.saturating_add(SPEAKS) >= from);
        if observation.method == Method::Desktop && by_extension && is_browser(&front.name) {
            return false;
        }
        let Some((first, last)) = told.longest_gap(from, to) else {
            return false;
        };
        let length = last.saturating_sub(first);
        if length < SHORTEST && length < to.saturating_sub(from) {
            return false;
        }
        told.add(first, last);
        observation.at.0 = first;
        front.ms = u64::try_from(length).unwrap_or_default();
        true
    }

    /// What follows becomes durable together or not at all.
    pub(super) fn begin(&mut self) {
        self.before = None;
    }

    /// It did not become durable.
    pub(super) fn undo(&mut self) {
        if let Some(before) = self.before.take() {
            self.accounts = before;
        }
    }
}

impl Told {
    /// The longest part of this time that nothing was told of; `None`: all of it was.
    fn longest_gap(&self, from: i64, to: i64) -> Option<(i64, i64)> {
        if to <= from {
            return Some((from, to));
        }
        let mut free = from;
        let mut longest: Option<(i64, i64)> = None;
        let mut offer = |first: i64, last: i64| {
            let is_longer = longest.is_none_or(|(a, b)| last - first > b - a);
            if last > first && is_longer {
                longest = Some((first, last));
            }
        };
        for (first, last) in &self.stretches {
            if *first >= to {
                break;
            }
            offer(free, *first);
            free = free.max(*last);
        }
        offer(free, to);
        longest
    }

    fn add(&mut self, from: i64, to: i64) {
        self.stretches.push((from, to));
        self.stretches.sort_unstable();
        let mut joined: Vec<(i64, i64)> = Vec::with_capacity(self.stretches.len());
        for (from, to) in self.stretches.drain(..) {
            match joined.last_mut() {
                Some((_, last)) if from <= *last => *last = to.max(*last),
                _ => joined.push((from, to)),
            }
        }
        let old = joined.len().saturating_sub(MAX);
        joined.drain(..old);
        self.stretches = joined;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proviso_report::UnixMs;
    use proviso_report::fact::Foreground;

    use super::*;

    fn seen(method: Method, name: &str, at: i64, ms: u64) -> Observation {
        Observation {
            at: UnixMs(at),
            account: Some("alex".into()),
            method,
            fact: Foreground {
                name: name.into(),
                exe: None,
                browser: None,
                url: None,
                ms,
            }
            .into(),
        }
    }

    fn cut(
        fronts: &mut Fronts,
        method: Method,
        name: &str,
        at: i64,
        ms: u64,
    ) -> Option<(i64, u64)> {
        let mut observation = seen(method, name, at, ms);
        let left = fronts.cut(&mut observation);
        let Fact::Foreground(front) = observation.fact else {
            unreachable!()
        };
        left.then_some((observation.at.0, front.ms))
    }

    #[test]
    fn an_hour_is_told_once() {
        let mut fronts = Fronts::default();
        let minute = 60_000;
        for n in 0..10 {
            let at = n * 60_000;
            assert_eq!(
                cut(&mut fronts, Method::Extension, "firefox", at, minute),
                Some((at, minute))
            );
        }
        // The desktop saw ten minutes of the browser and two of another program before.
        assert_eq!(
            cut(&mut fronts, Method::Desktop, "firefox-esr", 0, 600_000),
            None
        );
        assert_eq!(
            cut(&mut fronts, Method::Desktop, "gimp", -120_000, 120_000),
            Some((-120_000, 120_000))
        );
        // The history wrote down a page that was open for longer than it was in front.
        assert_eq!(
            cut(&mut fronts, Method::History, "firefox", 0, 900_000),
            Some((600_000, 300_000))
        );
        assert_eq!(
            cut(&mut fronts, Method::History, "firefox", 100, 2_000),
            None
        );
    }

    #[test]
    fn without_an_extension_the_desktop_tells_of_browsers_too() {
        let mut fronts = Fronts::default();
        assert_eq!(
            cut(&mut fronts, Method::Desktop, "chromium", 0, 50_000),
            Some((0, 50_000))
        );
        assert_eq!(
            cut(&mut fronts, Method::History, "chromium", 1_000, 20_000),
            None
        );
        // An extension that fell silent long ago speaks no more.
        cut(&mut fronts, Method::Extension, "chromium", 100_000, 60_000);
        assert_eq!(
            cut(&mut fronts, Method::Desktop, "chromium", 200_000, 9_000),
            None
        );
        assert_eq!(
            cut(&mut fronts, Method::Desktop, "chromium", 900_000, 9_000),
            Some((900_000, 9_000))
        );
    }

    #[test]
    fn what_was_not_written_is_told_again() {
        let mut fronts = Fronts::default();
        fronts.begin();
        assert!(cut(&mut fronts, Method::Desktop, "gimp", 0, 5_000).is_some());
        fronts.undo();
        fronts.begin();
        assert!(cut(&mut fronts, Method::Desktop, "gimp", 0, 5_000).is_some());
        fronts.begin();
        fronts.undo();
        assert!(cut(&mut fronts, Method::Desktop, "gimp", 0, 5_000).is_none());
    }

    #[test]
    fn of_very_many_the_last_are_remembered() {
        let mut fronts = Fronts::default();
        for n in 0..1_000 {
            cut(&mut fronts, Method::Desktop, "gimp", n * 10_000, 5_000);
        }
        let told = &fronts.accounts[&Some("alex".to_owned())];
        assert_eq!(told.stretches.len(), MAX);
        assert!(cut(&mut fronts, Method::Desktop, "gimp", 9_990_000, 5_000).is_none());
    }

    proptest! {
        #[test]
        fn nothing_is_counted_twice(stretches in prop::collection::vec((0_i64..100_000, 0_u64..30_000), 1..40)) {
            let mut fronts = Fronts::default();
            let mut told: Vec<(i64, i64)> = Vec::new();
            for (at, ms) in stretches {
                if let Some((at, ms)) = cut(&mut fronts, Method::Desktop, "gimp", at, ms) {
                    told.push((at, at + i64::try_from(ms).unwrap()));
                }
            }
            told.sort_unstable();
            for pair in told.windows(2) {
                prop_assert!(pair[0].1 <= pair[1].0.max(pair[0].0) || pair[1].0 == pair[1].1);
            }
        }
    }
}
