//! Times at which the wall clock of a computer was not to be trusted.
//!
//! When a clock is set, the times between what it showed and what it shows now happened twice or
//! never. What a source says happened then may have happened at another time.
//!
//! Which of two readings was right the computer cannot know. So after steps that come to two minutes
//! or more together, all later times are in doubt as well, until the clock agrees again: until it was
//! stepped back to within two minutes, or the computer starts anew, or 24 hours passed since the last
//! step. Corrections smaller than that, such as those of a time server, put no more in doubt than
//! what they skip. A clock that stays wrong for longer is not known to be wrong.

use proviso_report::fact::GapCause;
use proviso_report::{BootId, Fact};
use serde::{Deserialize, Serialize};

use super::hours::Stretch;
use super::state::Step;

/// The most stretches that are remembered; when there are more, the two closest become one.
pub(crate) const DOUBTS: usize = 64;
/// A clock that is off by less agrees.
const AGREES_MS: u64 = 120_000;
/// For how long a step puts in doubt what comes after it.
const LASTS_MS: u64 = 86_400_000;

/// When the clock was not to be trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Doubts {
    /// Stretches of doubt, ascending, with time between them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    past: Vec<(i64, i64)>,
    /// How the clock was stepped since it agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stepped: Option<Stepped>,
}

/// Steps of the clock in one boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stepped {
    boot: BootId,
    /// The last one, since boot.
    mono: u64,
    /// All together.
    by_ms: i64,
    /// From this time on all is in doubt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<i64>,
}

impl Doubts {
    /// Takes note of a record. `last`: when the one before was written down.
    pub(crate) fn pass(&mut self, step: &Step<'_>, last: Option<i64>) {
        let lasts =
            |one: &Stepped| one.boot == step.boot && step.mono.saturating_sub(one.mono) < LASTS_MS;
        if self.stepped.is_some_and(|one| !lasts(&one)) {
            self.agree(last.unwrap_or(step.noted.0));
        }
        match step.fact {
            Fact::ClockStepped(clock) => {
                let before = step.noted.0.saturating_sub(clock.by_ms);
                self.add(before, step.noted.0);
                self.step(step, clock.by_ms, before);
            }
            Fact::Gap(gap) if gap.cause == GapCause::Clock => {
                let to = gap.to.unwrap_or(step.noted.0);
                self.add(gap.from.or(last).unwrap_or(to), to);
            }
            _ => {}
        }
    }

    /// `before`: what the clock showed before it.
    fn step(&mut self, step: &Step<'_>, by_ms: i64, before: i64) {
        let old = self.stepped;
        let sum = old.map_or(0, |old| old.by_ms).saturating_add(by_ms);
        if sum.unsigned_abs() < AGREES_MS && old.is_some_and(|old| old.from.is_some()) {
            self.agree(before);
            return;
        }
        let from = old.and_then(|old| old.from);
        let opens = (sum.unsigned_abs() >= AGREES_MS).then_some(step.noted.0);
        self.stepped = Some(Stepped {
            boot: step.boot,
            mono: step.mono,
            by_ms: sum,
            from: match (from, opens) {
                (Some(from), Some(opens)) => Some(from.min(opens)),
                (from, opens) => from.or(opens),
            },
        });
    }

    /// `to`: the last time that is in doubt.
    fn agree(&mut self, to: i64) {
        if let Some(from) = self.stepped.take().and_then(|one| one.from) {
            self.add(from, to.max(from).saturating_add(1));
        }
    }

    /// Is some of the stretch in doubt?
    pub(crate) fn touch(&self, stretch: Stretch) -> bool {
        let now = self.stepped.and_then(|one| one.from);
        let next = self.past.partition_point(|(_, to)| *to <= stretch.from);
        now.is_some_and(|from| from < stretch.to)
            || self
                .past
                .get(next)
                .is_some_and(|(from, _)| *from < stretch.to)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.past.is_empty() && self.stepped.is_none()
    }

    /// One moment before the other, or the other way round.
    fn add(&mut self, one: i64, other: i64) {
        let (mut from, mut to) = (one.min(other), one.max(other));
        if from == to {
            return;
        }
        self.past.retain(|(start, end)| {
            let apart = *end < from || *start > to;
            if !apart {
                from = from.min(*start);
                to = to.max(*end);
            }
            apart
        });
        let place = self.past.partition_point(|(start, _)| *start < from);
        self.past.insert(place, (from, to));
        if self.past.len() > DOUBTS {
            self.join_closest();
        }
    }

    fn join_closest(&mut self) {
        let between = self.past.windows(2).map(|pair| match pair {
            [(_, end), (start, _)] => start.saturating_sub(*end),
            _ => i64::MAX,
        });
        let closest = between.enumerate().min_by_key(|(_, ms)| *ms);
        if let Some((at, _)) = closest
            && let Some(next) = at.checked_add(1).filter(|next| *next < self.past.len())
        {
            let (_, end) = self.past.remove(next);
            if let Some((_, to)) = self.past.get_mut(at) {
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
        assert_eq!(doubts.past, [(100, 400)]);
    }

    const HOUR: i64 = 3_600_000;

    /// Records at so many hours by the clock and since boot, with a step in milliseconds.
    fn after(steps: &[(u8, i64, i64, i64)]) -> Doubts {
        let mut doubts = Doubts::default();
        let mut last = None;
        for (boot, noted, mono, by_ms) in steps {
            let fact = Fact::from(proviso_report::fact::ClockStepped { by_ms: *by_ms });
            let noted = noted * HOUR;
            let step = Step {
                seq: 0,
                at: proviso_report::UnixMs(noted),
                noted: proviso_report::UnixMs(noted),
                mono: (mono * HOUR).unsigned_abs(),
                boot: BootId([*boot; 16]),
                account: None,
                fact: &fact,
            };
            doubts.pass(&step, last);
            last = Some(noted);
        }
        doubts
    }

    #[test]
    fn a_clock_that_was_set_is_in_doubt_until_it_agrees() {
        let doubtful = |doubts: &Doubts, hour: i64| doubts.touch(at(hour * HOUR, hour * HOUR + 1));
        let forward = (1, 20, 0, 7 * HOUR);
        for (log, doubts, trusts) in [
            (&[forward][..], &[13, 19, 20, 30][..], &[12][..]),
            // Stepped back: what it showed meanwhile stays in doubt.
            (
                &[forward, (1, 17, 4, -7 * HOUR)],
                &[13, 20, 23],
                &[12, 25, 30],
            ),
            (&[(1, 20, 0, -4 * HOUR)], &[20, 23, 30], &[19]),
            (&[forward, (2, 30, 0, 1)], &[20], &[31]),
            (&[forward, (1, 44, 24, 1)], &[20], &[45]),
            (&[forward, (1, 43, 23, 1)], &[43, 50], &[]),
            // Small ones, until there are many.
            (&[(1, 20, 0, 119_000)], &[], &[20, 30]),
            (&[(1, 20, 0, 60_000), (1, 21, 1, -60_000)], &[], &[22]),
            (&[(1, 20, 0, 60_000), (1, 21, 1, 60_000)], &[22], &[]),
            (&[(1, 20, 0, 60_000), (1, 45, 25, 60_000)], &[], &[46]),
        ] {
            let known = after(log);
            for hour in doubts {
                assert!(doubtful(&known, *hour), "{log:?} {hour}");
            }
            for hour in trusts {
                assert!(!doubtful(&known, *hour), "{log:?} {hour}");
            }
        }
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
            prop_assert!(doubts.past.len() <= DOUBTS);
            prop_assert!(doubts.past.windows(2).all(|pair| pair[0].1 < pair[1].0));
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
