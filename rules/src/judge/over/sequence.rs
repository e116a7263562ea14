//! `sequence`: one rule matches, and then another soon after.
//!
//! Each record that comes `then` is said once, with the nearest that came first; whichever of the two
//! comes to be known later completes it. So it does not depend on the order in which they come to be
//! known which of them are said. What nobody can tell to have matched, or when, is remembered too: what
//! would complete it with that cannot be told.

use proviso_report::bundle::Matched;
use serde::{Deserialize, Serialize};

use super::{Moment, Outcome, record};
use crate::judge::Why;

/// The most moments of each side that one rule remembers.
pub(crate) const MOMENTS: usize = 128;
/// The most records that a match names beside the first.
const SHOWN: usize = 8;

/// What one rule has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    first: Side,
    /// Those that were not said.
    then: Side,
    /// What may have come first, or then.
    #[serde(default, skip_serializing_if = "Doubtful::is_empty")]
    perhaps: Doubtful,
}

/// Moments of which nobody can tell whether they count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Doubtful {
    first: Side,
    then: Side,
}

/// When one side came, and why that cannot be told, if it cannot.
pub(crate) type Came = (Moment, Option<Why>);

/// Moments, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Side {
    moments: Vec<Moment>,
    /// The newest moment that was forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forgotten: Option<i64>,
}

impl Seen {
    /// A record that matches one rule, or the other, or both, or may do so. A record does not follow
    /// itself.
    pub(crate) fn add(&mut self, first: Option<Came>, then: Option<Came>, within: i64) -> Outcome {
        let certain = |one: Option<Came>| one.filter(|(_, why)| why.is_none()).map(|(at, _)| at);
        let why = self.doubt(first, then, within);
        match self.count(certain(first), certain(then), within) {
            Outcome::Nothing => why.map_or(Outcome::Nothing, Outcome::CannotTell),
            outcome => outcome,
        }
    }

    /// What is certain.
    fn count(&mut self, first: Option<Moment>, then: Option<Moment>, within: i64) -> Outcome {
        let mut matched = Vec::new();
        let mut late = false;
        if let Some(new) = then {
            let earliest = new.0.saturating_sub(within);
            let before = self.first.between(earliest, new.0).next_back();
            match before.copied() {
                Some(before) => matched.extend([record(before), record(new)]),
                None => {
                    late |= self.first.is_forgotten(earliest);
                    self.then.add(new);
                }
            }
        }
        if let Some(new) = first {
            let (earliest, latest) = (new.0, new.0.saturating_add(within));
            let after: Vec<Moment> = self
                .then
                .between(earliest, latest)
                .copied()
                .filter(|other| other.1 != new.1)
                .collect();
            if !after.is_empty() {
                name(&mut matched, record(new));
                for moment in after.iter().take(SHOWN) {
                    name(&mut matched, record(*moment));
                }
                self.then.moments.retain(|moment| !after.contains(moment));
            } else {
                late |= self.then.is_forgotten(earliest);
            }
            self.first.add(new);
        }
        if !matched.is_empty() {
            Outcome::Match(matched)
        } else if late {
            Outcome::CannotTell(Why::Late)
        } else {
            Outcome::Nothing
        }
    }

    /// Why it cannot be told whether this completes something, if it may. Remembers what is in doubt.
    fn doubt(&mut self, first: Option<Came>, then: Option<Came>, within: i64) -> Option<Why> {
        let mut why = None;
        if let Some((new, doubt)) = then {
            let from = new.0.saturating_sub(within);
            let all = (&self.first, &self.perhaps.first);
            why = why.or(perhaps(all, doubt, new, (from, new.0)));
        }
        if let Some((new, doubt)) = first {
            let to = new.0.saturating_add(within);
            let all = (&self.then, &self.perhaps.then);
            why = why.or(perhaps(all, doubt, new, (new.0, to)));
        }
        if let Some((new, Some(_))) = first {
            self.perhaps.first.add(new);
        }
        if let Some((new, Some(_))) = then {
            self.perhaps.then.add(new);
        }
        why
    }
}

impl Doubtful {
    const fn is_empty(&self) -> bool {
        self.first.moments.is_empty() && self.then.moments.is_empty()
    }
}

/// Is there something certain that a doubtful record would complete, or something doubtful?
fn perhaps(
    (certain, doubtful): (&Side, &Side),
    doubt: Option<Why>,
    new: Moment,
    (from, to): (i64, i64),
) -> Option<Why> {
    let other = |side: &Side| side.between(from, to).any(|one| one.1 != new.1);
    let late = Some(Why::Late).filter(|_| doubtful.is_forgotten(from));
    match doubt {
        Some(why) if other(certain) || other(doubtful) => Some(why),
        None if other(doubtful) => Some(Why::Part),
        _ => late,
    }
}

impl Side {
    fn add(&mut self, new: Moment) {
        let place = self.moments.partition_point(|other| *other < new);
        self.moments.insert(place, new);
        while self.moments.len() > MOMENTS {
            let moment = self.moments.remove(0);
            self.forgotten = self.forgotten.max(Some(moment.0));
        }
    }

    /// Those from one time to another, both included.
    fn between(&self, from: i64, to: i64) -> impl DoubleEndedIterator<Item = &Moment> {
        let start = self.moments.partition_point(|moment| moment.0 < from);
        let end = self.moments.partition_point(|moment| moment.0 <= to);
        self.moments.get(start..end).unwrap_or_default().iter()
    }

    /// May there have been one at this time or later that is forgotten?
    fn is_forgotten(&self, from: i64) -> bool {
        self.forgotten.is_some_and(|last| from <= last)
    }
}

fn name(matched: &mut Vec<Matched>, one: Matched) {
    if !matched.contains(&one) {
        matched.push(one);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    impl Seen {
        /// A record within ten that matches for certain.
        fn count_one(&mut self, first: bool, then: bool, new: Moment) -> Outcome {
            let came = |came: bool| came.then_some((new, None));
            self.add(came(first), came(then), 10)
        }
    }

    /// Whichever side is in doubt, and whichever comes to be known first.
    #[test]
    fn what_may_have_come_is_remembered() {
        let (sure, doubt) = (None, Some(Why::Clock));
        for (first, then, expected) in [
            (sure, doubt, Why::Clock),
            (doubt, sure, Why::Part),
            (doubt, doubt, Why::Clock),
        ] {
            let mut seen = Seen::default();
            let early = seen.add(Some((Moment(0, 0), first)), None, 10);
            assert_eq!(early, Outcome::Nothing);
            let later = |at, seq| Some((Moment(at, seq), then));
            assert_eq!(seen.add(None, later(11, 1), 10), Outcome::Nothing);
            assert_eq!(
                seen.add(None, later(10, 2), 10),
                Outcome::CannotTell(expected)
            );

            let mut seen = Seen::default();
            seen.add(None, later(10, 2), 10);
            let came = seen.add(Some((Moment(0, 3), first)), None, 10);
            assert!(matches!(came, Outcome::CannotTell(_)), "{came:?}");
        }
        let mut seen = Seen::default();
        seen.add(Some((Moment(0, 0), doubt)), None, 10);
        seen.count_one(true, false, Moment(1, 1));
        let both = Outcome::Match(vec![record(Moment(1, 1)), record(Moment(2, 2))]);
        assert_eq!(seen.count_one(false, true, Moment(2, 2)), both);
    }

    /// Facts as they come to be known: at which second, and is it what comes first?
    fn said(facts: &[(i64, bool)]) -> Vec<Vec<String>> {
        let mut seen = Seen::default();
        let mut all = Vec::new();
        for (seq, (at, first)) in (0_u64..).zip(facts) {
            let outcome = seen.count_one(*first, !first, Moment(*at, seq));
            if let Outcome::Match(matched) = outcome {
                all.push(matched.into_iter().map(|part| part.text).collect());
            }
        }
        all
    }

    #[test]
    fn whichever_comes_later_completes_it() {
        for (facts, expected) in [
            (&[(0, true), (10, false)][..], vec![vec!["0", "1"]]),
            (&[(10, false), (0, true)], vec![vec!["1", "0"]]),
            (&[(0, true), (11, false)], vec![]),
            (&[(5, false), (6, true)], vec![]),
            (&[(0, true), (3, true), (5, false)], vec![vec!["1", "2"]]),
            // Each that comes then is said once.
            (&[(5, false), (0, true), (3, true)], vec![vec!["1", "0"]]),
            (
                &[(0, true), (5, false), (6, false)],
                vec![vec!["0", "1"], vec!["0", "2"]],
            ),
            (
                &[(5, false), (6, false), (0, true)],
                vec![vec!["2", "0", "1"]],
            ),
        ] {
            assert_eq!(said(facts), expected, "{facts:?}");
        }
    }

    #[test]
    fn a_record_does_not_follow_itself() {
        let mut seen = Seen::default();
        assert_eq!(seen.count_one(true, true, Moment(0, 0)), Outcome::Nothing);
        let both = Outcome::Match(vec![record(Moment(0, 0)), record(Moment(1, 1))]);
        assert_eq!(seen.count_one(true, true, Moment(1, 1)), both);
    }

    #[test]
    fn what_is_forgotten_is_late() {
        let mut seen = Seen::default();
        for seq in 0..200 {
            seen.count_one(true, false, Moment(1_000 + 100 * seq, 0));
        }
        let late = Outcome::CannotTell(Why::Late);
        assert_eq!(seen.count_one(false, true, Moment(1_050, 1)), late);
        assert_eq!(
            seen.count_one(false, true, Moment(20_999, 1)),
            Outcome::Nothing
        );
    }

    proptest! {
        /// Which of those that come then are said does not depend on what is known when.
        #[test]
        fn the_same_are_said_in_any_order(
            facts in prop::collection::vec((0_i64..60, any::<bool>()), 0..40),
            order in any::<prop::sample::Index>(),
            rotate in any::<prop::sample::Index>(),
        ) {
            let mut numbered: Vec<(u64, (i64, bool))> = (0..).zip(facts).collect();
            let then = |numbered: &[(u64, (i64, bool))]| -> BTreeSet<u64> {
                let mut seen = Seen::default();
                let mut said = BTreeSet::new();
                for (seq, (at, first)) in numbered {
                    let waiting = seen.then.moments.clone();
                    let outcome = seen.count_one(*first, !first, Moment(*at, *seq));
                    if let Outcome::Match(_) = outcome {
                        if *first {
                            let gone = waiting.iter().filter(|m| !seen.then.moments.contains(m));
                            said.extend(gone.map(|moment| moment.1));
                        } else {
                            said.insert(*seq);
                        }
                    }
                }
                said
            };
            let in_order = then(&numbered);
            let expected: BTreeSet<u64> = numbered
                .iter()
                .filter(|(_, (at, first))| !first && numbered.iter().any(|(_, (before, first))| {
                    *first && (at - 10..=*at).contains(before)
                }))
                .map(|(seq, _)| *seq)
                .collect();
            prop_assert_eq!(&in_order, &expected);
            if !numbered.is_empty() {
                let (a, b) = (order.index(numbered.len()), rotate.index(numbered.len()));
                numbered.swap(a, b);
                numbered.rotate_left(b);
                prop_assert_eq!(then(&numbered), expected.clone());
                numbered.reverse();
                prop_assert_eq!(then(&numbered), expected);
            }
        }

        #[test]
        fn never_remembers_more_than_it_may(
            facts in prop::collection::vec(any::<(i64, u64, bool, bool, bool)>(), 0..300),
            within in 1_i64..i64::MAX,
        ) {
            let mut seen = Seen::default();
            for (at, seq, first, then, doubt) in facts {
                let came = |came: bool| came.then_some((Moment(at, seq), doubt.then_some(Why::Clock)));
                seen.add(came(first), came(then), within);
                prop_assert!(seen.perhaps.first.moments.len() <= MOMENTS);
                prop_assert!(seen.perhaps.then.moments.len() <= MOMENTS);
                prop_assert!(seen.first.moments.len() <= MOMENTS);
                prop_assert!(seen.then.moments.len() <= MOMENTS);
            }
        }
    }
}
