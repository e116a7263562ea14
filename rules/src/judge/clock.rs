//! Times at which the wall clock of a computer was not to be trusted.
//!
//! When a clock is set, the times between what it showed and what it shows now happened twice or
//! never. What a source says happened then may have happened at another time.

use proviso_report::Fact;
use proviso_report::fact::GapCause;
use serde::{Deserialize, Serialize};

use super::hours::Stretch;
use super::state::Step;

/// The most stretches that are remembered; when there are more, the two closest become one.
pub(crate) const DOUBTS: usize = 64;

/// Stretches of doubt, ascending, with time between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Doubts(Vec<(i64, i64)>);

impl Doubts {
    /// Takes note of a record. `last`: when the one before was written down.
    pub(crate) fn pass(&mut self, step: &Step<'_>, last: Option<i64>) {
        match step.fact {
            Fact::ClockStepped(clock) => {
                let before = step.noted.0.saturating_sub(clock.by_ms);
                self.add(before, step.noted.0);
            }
            Fact::Gap(gap) if gap.cause == GapCause::Clock => {
                let to = gap.to.unwrap_or(step.noted.0);
                self.add(gap.from.or(last).unwrap_or(to), to);
            }
            _ => {}
        }
    }

    /// Is some of the stretch in doubt?
    pub(crate) fn touch(&self, stretch: Stretch) -> bool {
        let next = self.0.partition_point(|(_, to)| *to <= stretch.from);
        self.0.get(next).is_some_and(|(from, _)| *from < stretch.to)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One moment before the other, or the other way round.
    fn add(&mut self, one: i64, other: i64) {
        let (mut from, mut to) = (one.min(other), one.max(other));
        if from == to {
            return;
        }
        self.0.retain(|(start, end)| {
            let apart = *end < from || *start > to;
            if !apart {
                from = from.min(*start);
                to = to.max(*end);
            }
            apart
        });
        let place = self.0.partition_point(|(start, _)| *start < from);
        self.0.insert(place, (from, to));
        if self.0.len() > DOUBTS {
            self.join_closest();
        }
    }

    fn join_closest(&mut self) {
        let between = self.0.windows(2).map(|pair| match pair {
            [(_, end), (start, _)] => start.saturating_sub(*end),
            _ => i64::MAX,
        });
        let closest = between.enumerate().min_by_key(|(_, ms)| *ms);
        if let Some((at, _)) = closest
            && let Some(next) = at.checked_add(1).filter(|next| *next < self.0.len())
        {
            let (_, end) = self.0.remove(next);
            if let Some((_, to)) = self.0.get_mut(at) {
                *to = end;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn at(from: i64, to: i64) -> Stretch {
        Stretch { from, to }
    }

    #[test]
    fn the_times_between_two_readings_are_in_doubt() {
        let mut doubts = Doubts::default();
        doubts.add(200, 100);
        doubts.add(300, 400);
        for (stretch, doubt) in [
            (at(0, 100), false),
            (at(0, 101), true),
            (at(199, 200), true),
            (at(200, 300), false),
            (at(299, 301), true),
            (at(400, 500), false),
            (at(0, 500), true),
        ] {
            assert_eq!(doubts.touch(stretch), doubt, "{stretch:?}");
        }
        doubts.add(150, 350);
        assert_eq!(doubts.0, [(100, 400)]);
    }

    proptest! {
        #[test]
        fn what_was_in_doubt_stays_so(
            all in prop::collection::vec((0_i64..3_000, 1_i64..5), 0..150), asked in 0_i64..3_000,
        ) {
            let mut doubts = Doubts::default();
            for (from, ms) in &all {
                doubts.add(*from, from + ms);
            }
            prop_assert!(doubts.0.len() <= DOUBTS);
            prop_assert!(doubts.0.windows(2).all(|pair| pair[0].1 < pair[1].0));
            if all.iter().any(|(from, ms)| (*from..from + ms).contains(&asked)) {
                prop_assert!(doubts.touch(at(asked, asked + 1)));
            }
        }

        #[test]
        fn any_times_are_taken(all in prop::collection::vec(any::<(i64, i64)>(), 0..80)) {
            let mut doubts = Doubts::default();
            for (from, to) in all {
                doubts.add(from, to);
                if from != to {
                    prop_assert!(doubts.touch(at(from.min(to), from.max(to))));
                }
            }
        }
    }
}
