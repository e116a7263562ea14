//! `threshold`: so many facts within a time, said once for each burst and local day.
//!
//! A fact that lies within the time of one that belongs to a burst belongs to the burst too, so that
//! what goes on all evening is one match. What comes late can join two bursts that were said. While
//! the newest burst goes on it is said anew on each further day of the order's zone, with the first
//! fact of that day that completes the number within the time and is the newest of all.

use serde::{Deserialize, Serialize};

use super::{Moment, Outcome, length, part, record};
use crate::judge::Why;

/// The most moments that one rule remembers, and so the most that a threshold can ask for.
pub(crate) const MOMENTS: usize = 1_000;
/// Fewer are remembered when the threshold asks for few.
const LEAST: usize = 64;
/// The most bursts that one rule remembers.
pub(crate) const BURSTS: usize = 32;
/// The most records that a match names.
const SHOWN: usize = 8;

/// What one rule has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    /// Facts that belong to no burst, ascending.
    moments: Vec<Moment>,
    /// The first and last moment of each burst, ascending.
    bursts: Vec<(i64, i64)>,
    /// The newest facts that belong to bursts, ascending: one fewer than the threshold asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    newest: Vec<Moment>,
    /// The newest day on which something was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    said: Option<String>,
    /// The newest moment that was forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forgotten: Option<i64>,
}

impl Seen {
    /// A further fact. `day`: on which local day it was.
    pub(crate) fn add(
        &mut self,
        count: u32,
        within: i64,
        new: Moment,
        day: Option<String>,
    ) -> Outcome {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > MOMENTS {
            return Outcome::CannotTell(Why::Much);
        }
        if let Some(burst) = self.burst_at(new.0, within) {
            self.absorb(burst, within);
            return self.anew(count, within, new, day);
        }
        let place = self.moments.partition_point(|other| *other < new);
        self.moments.insert(place, new);
        let outcome = match self.dense(count, within, place) {
            Some(facts) => {
                let said = said(&facts);
                if let (Some(first), Some(last)) = (facts.first(), facts.last()) {
                    self.absorb((first.0, last.0), within);
                }
                for fact in &facts {
                    self.remember(count, *fact);
                }
                self.said = self.said.take().max(day);
                Outcome::Match(said)
            }
            None if self.is_late(new, within) => Outcome::CannotTell(Why::Late),
            None => Outcome::Nothing,
        };
        self.forget(count);
        if outcome == Outcome::Nothing && self.is_late(new, 0) {
            return Outcome::CannotTell(Why::Late);
        }
        outcome
    }

    /// A fact of a burst that was said.
    fn anew(&mut self, count: usize, within: i64, new: Moment, day: Option<String>) -> Outcome {
        let others = count.saturating_sub(1);
        let start = self.newest.len().checked_sub(others);
        let last = start.and_then(|start| self.newest.get(start..));
        let facts = last.filter(|facts| {
            let first = facts.first().map_or(new.0, |first| first.0);
            facts.last().is_none_or(|last| *last < new) && new.0.saturating_sub(first) <= within
        });
        let said = facts
            .filter(|_| day > self.said)
            .map(|facts| said(&[facts, &[new]].concat()));
        self.remember(count, new);
        match said {
            Some(said) => {
                self.said = day;
                Outcome::Match(said)
            }
            None => Outcome::Nothing,
        }
    }

    fn remember(&mut self, count: usize, new: Moment) {
        let place = self.newest.partition_point(|other| *other < new);
        self.newest.insert(place, new);
        let more = self.newest.len().saturating_sub(count.saturating_sub(1));
        self.newest.drain(..more);
    }

    /// Takes out the burst to which this moment belongs, with the moment in it.
    fn burst_at(&mut self, at: i64, within: i64) -> Option<(i64, i64)> {
        let near = |(from, to): &(i64, i64)| {
            at >= from.saturating_sub(within) && at <= to.saturating_add(within)
        };
        let place = self.bursts.iter().position(near)?;
        let (from, to) = self.bursts.remove(place);
        Some((from.min(at), to.max(at)))
    }

    /// So many facts that lie within the time, the one at this place among them.
    fn dense(&self, count: usize, within: i64, place: usize) -> Option<Vec<Moment>> {
        let first = place.saturating_sub(count.saturating_sub(1));
        let groups = self.moments.get(first..)?.windows(count.max(1));
        let mut groups = groups.take(place.saturating_sub(first).saturating_add(1));
        groups
            .find(|group| match (group.first(), group.last()) {
                (Some(first), Some(last)) => last.0.saturating_sub(first.0) <= within,
                _ => false,
            })
            .map(<[Moment]>::to_vec)
    }

    /// Adds a burst, with all that belongs to it.
    fn absorb(&mut self, burst: (i64, i64), within: i64) {
        let (mut from, mut to) = burst;
        loop {
            let before = (from, to);
            let (low, high) = (from.saturating_sub(within), to.saturating_add(within));
            let mut take = |start: i64, end: i64| {
                let belongs = end >= low && start <= high;
                if belongs {
                    from = from.min(start);
                    to = to.max(end);
                }
                !belongs
            };
            self.moments.retain(|moment| take(moment.0, moment.0));
            self.bursts.retain(|(start, end)| take(*start, *end));
            if (from, to) == before {
                break;
            }
        }
        let place = self.bursts.partition_point(|(start, _)| *start < from);
        self.bursts.insert(place, (from, to));
        if self.bursts.len() > BURSTS {
            let (_, end) = self.bursts.remove(0);
            self.forgotten = self.forgotten.max(Some(end));
        }
    }

    fn forget(&mut self, count: usize) {
        let most = count.saturating_mul(2).clamp(LEAST, MOMENTS);
        while self.moments.len() > most {
            let moment = self.moments.remove(0);
            self.forgotten = self.forgotten.max(Some(moment.0));
        }
    }

    /// May something belong to it that is forgotten?
    fn is_late(&self, moment: Moment, within: i64) -> bool {
        self.forgotten
            .is_some_and(|last| moment.0.saturating_sub(within) <= last)
    }
}

fn said(facts: &[Moment]) -> Vec<proviso_report::bundle::Matched> {
    let passed = match (facts.first(), facts.last()) {
        (Some(first), Some(last)) => last.0.abs_diff(first.0),
        _ => 0,
    };
    let mut said = vec![part(
        "threshold",
        format!("{} in {}", facts.len(), length(passed)),
    )];
    said.extend(facts.iter().take(SHOWN).copied().map(record));
    said
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The seconds at which a rule of three within ten matches.
    fn matches(seconds: &[i64]) -> Vec<i64> {
        let mut seen = Seen::default();
        let add = |(seq, at): (u64, &i64)| {
            let outcome = seen.add(3, 10_000, Moment(at * 1_000, seq), None);
            matches!(outcome, Outcome::Match(_)).then_some(*at)
        };
        (0_u64..).zip(seconds).filter_map(add).collect()
    }

    #[test]
    fn each_burst_is_said_once() {
        for (seconds, said) in [
            (&[0, 5, 10][..], &[10][..]),
            (&[0, 5, 11], &[]),
            (&[0, 5, 11, 12], &[12]),
            (&[0, 1, 2, 3, 4, 5, 6, 7], &[2]),
            // It goes on for as long as the next comes within the time.
            (&[0, 1, 2, 12, 22, 23, 24], &[2]),
            (&[0, 1, 2, 13, 14, 15], &[2, 15]),
            // What comes late counts where it belongs.
            (&[0, 10, 30, 5], &[5]),
            (&[30, 31, 0, 1, 2, 32], &[2, 32]),
        ] {
            assert_eq!(matches(seconds), said, "{seconds:?}");
        }
    }

    #[test]
    fn a_burst_that_goes_on_is_said_on_each_day() {
        // At which hours, of a rule of three within two days.
        for (hours, said) in [
            (&[0, 1, 2, 3, 24, 25, 48][..], &[2, 24, 48][..]),
            (&[0, 24, 48, 72, 96], &[48, 72, 96]),
            // Too few on that day, and then enough.
            (&[0, 1, 2, 50, 51, 52], &[2, 52]),
            (&[0, 1, 2, 24, 4, 23, 25], &[2, 24]),
        ] {
            let mut seen = Seen::default();
            let mut all = Vec::new();
            for (seq, hour) in (0..).zip(hours) {
                let day = Some(format!("2026-06-{:02}", 1 + hour / 24));
                let new = Moment(hour * 3_600_000, seq);
                if let Outcome::Match(_) = seen.add(3, 48 * 3_600_000, new, day) {
                    all.push(*hour);
                }
            }
            assert_eq!(all, said, "{hours:?}");
        }
    }

    #[test]
    fn a_match_names_its_records() {
        let mut seen = Seen::default();
        seen.add(3, 10_000, Moment(0, 4), None);
        seen.add(3, 10_000, Moment(5_000, 7), None);
        let said = [
            part("threshold", "3 in 5 s".to_owned()),
            record(Moment(0, 4)),
            record(Moment(1_000, 9)),
            record(Moment(5_000, 7)),
        ];
        let outcome = seen.add(3, 10_000, Moment(1_000, 9), None);
        assert_eq!(outcome, Outcome::Match(said.to_vec()));
    }

    #[test]
    fn what_is_forgotten_is_late_and_too_much_is_said() {
        let mut seen = Seen::default();
        for seq in 0..200 {
            let at = i64::try_from(seq).unwrap() * 100_000;
            assert_eq!(seen.add(3, 10_000, Moment(at, seq), None), Outcome::Nothing);
        }
        assert_eq!(seen.moments.len(), LEAST);
        for at in [0, 1, 13_500_000, 13_505_000] {
            let outcome = seen.add(3, 10_000, Moment(at, 500), None);
            assert_eq!(outcome, Outcome::CannotTell(Why::Late), "{at}");
        }
        assert_eq!(
            seen.add(1_001, 10_000, Moment(0, 0), None),
            Outcome::CannotTell(Why::Much)
        );
    }

    proptest! {
        /// In the order of time, against the plain meaning.
        #[test]
        fn is_what_it_means(gaps in prop::collection::vec(0_i64..20, 0..40)) {
            let times: Vec<i64> = gaps
                .iter()
                .scan(0, |at, gap| { *at += gap; Some(*at) })
                .collect();
            let mut expected = Vec::new();
            let mut free: Vec<i64> = Vec::new();
            let mut last: Option<i64> = None;
            for at in &times {
                if last.is_some_and(|last| at - last <= 10) {
                    last = Some(*at);
                    continue;
                }
                free.push(*at);
                if let [.., first, _, third] = free[..] && third - first <= 10 {
                    expected.push(*at);
                    last = Some(*at);
                    free.clear();
                }
            }
            prop_assert_eq!(matches(&times), expected);
        }

        #[test]
        fn never_remembers_more_than_it_may(
            facts in prop::collection::vec(any::<(i64, u64)>(), 0..300),
            count in 0_u32..70,
            within in 1_i64..i64::MAX,
        ) {
            let mut seen = Seen::default();
            for (at, seq) in facts {
                let day = (at % 2 == 0).then(|| at.to_string());
                seen.add(count, within, Moment(at, seq), day);
                prop_assert!(seen.newest.len() < MOMENTS && seen.newest.is_sorted());
                prop_assert!(seen.moments.len() <= MOMENTS && seen.bursts.len() <= BURSTS);
                prop_assert!(seen.moments.is_sorted() && seen.bursts.is_sorted());
            }
        }
    }
}
