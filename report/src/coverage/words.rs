//! States, and how long they lasted, for people.

use super::{Dark, Off, State, Total};

/// A minute, and a second, in milliseconds.
const MINUTE: u64 = 60_000;
pub(crate) const SECOND: u64 = 1_000;

/// How long of each, in words that stand beside each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lengths {
    /// Monitored.
    pub monitored: String,
    /// Switched off or asleep.
    pub off: String,
    /// Not watched.
    pub dark: String,
    /// Without an order in force.
    pub no_order: String,
    /// Before the log began.
    pub not_yet: String,
}

impl Total {
    /// In hours and minutes that add up to the whole, as [`length`] says it. What is not nothing is never said to be.
    #[must_use]
    pub fn lengths(&self) -> Lengths {
        let said = self.rounded(MINUTE);
        let words = |ms: u64, rounded: u64| length(if rounded == 0 { ms.min(1) } else { rounded });
        Lengths {
            monitored: words(self.monitored, said.monitored),
            off: words(self.off, said.off),
            dark: words(self.dark, said.dark),
            no_order: words(self.no_order, said.no_order),
            not_yet: words(self.not_yet, said.not_yet),
        }
    }

    /// Each in whole units, which together are as many as the whole has: what rounding down leaves over goes to those
    /// that would lose most by it.
    pub(crate) fn rounded(&self, unit: u64) -> Self {
        let mut rounded = *self;
        let mut parts = rounded.parts();
        let whole = parts
            .iter()
            .fold(0_u64, |sum, part| sum.saturating_add(**part));
        let mut left = whole / unit;
        let mut lost: Vec<(u64, usize)> = Vec::new();
        for (place, part) in parts.iter_mut().enumerate() {
            left = left.saturating_sub(**part / unit);
            lost.push((**part % unit, place));
            **part -= **part % unit;
        }
        lost.sort_by_key(|(lost, place)| (std::cmp::Reverse(*lost), *place));
        for (lost, place) in lost {
            if left > 0 && lost > 0 {
                left -= 1;
                *parts[place] = parts[place].saturating_add(unit);
            }
        }
        rounded
    }

    fn parts(&mut self) -> [&mut u64; 5] {
        [
            &mut self.monitored,
            &mut self.off,
            &mut self.dark,
            &mut self.no_order,
            &mut self.not_yet,
        ]
    }
}

/// A length of time in hours and minutes: `5 h 3 min`. What is not nothing is never said to be.
#[must_use]
pub fn length(ms: u64) -> String {
    let minutes = ms / MINUTE;
    match (minutes / 60, minutes % 60) {
        (0, 0) if ms > 0 => "under 1 min".to_owned(),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

impl State {
    /// In the middle of a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotYet => "not begun yet: the computer's log starts later",
            Self::Monitored => "monitored",
            Self::NoOrder => "no order in force, as far as records say",
            Self::Off(Off::Asleep) => "asleep",
            Self::Off(Off::Down) => "switched off",
            Self::Dark(Dark::Stopped) => {
                "dark: the agent was stopped, and the computer stayed on or may have"
            }
            Self::Dark(Dark::Unwritten) => "dark: the agent could write nothing",
            Self::Dark(Dark::Silent) => "dark: no sign of the agent has come",
            Self::Dark(Dark::Killed) => "dark: the agent ended without a word",
            Self::Dark(Dark::Unsaid) => "dark: no record says anything of it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_rounded_down_but_not_to_nothing() {
        for (ms, words) in [
            (0, "0 min"),
            (1, "under 1 min"),
            (59_999, "under 1 min"),
            (60_000, "1 min"),
            (5 * 3_600_000 + 3 * 60_000, "5 h 3 min"),
        ] {
            assert_eq!(length(ms), words);
        }
        assert!(!length(u64::MAX).is_empty());
    }

    #[test]
    fn lengths_of_a_time_add_up_to_it() {
        // 2 min 40 s, 23 h 57 min 20 s: rounded down a minute of the day would be missing.
        let day = Total {
            monitored: 160_000,
            off: 86_240_000,
            ..Total::default()
        };
        let said = day.lengths();
        assert_eq!(said.monitored, "3 min");
        assert_eq!(said.off, "23 h 57 min");
        assert_eq!(said.dark, "0 min");
        // What is short beside something long is still there.
        let day = Total {
            monitored: 86_399_999,
            dark: 1,
            ..Total::default()
        };
        let said = day.lengths();
        assert_eq!(said.monitored, "24 h 0 min");
        assert_eq!(said.dark, "under 1 min");
        let most = Total {
            monitored: u64::MAX,
            off: u64::MAX,
            ..Total::default()
        };
        assert!(!most.lengths().off.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn what_is_rounded_has_as_many_units_as_the_whole(parts in proptest::array::uniform5(0_u64..200_000)) {
            let [monitored, off, dark, no_order, not_yet] = parts;
            let mut total = Total { monitored, off, dark, no_order, not_yet };
            let mut rounded = total.rounded(MINUTE);
            let sum = |total: &mut Total| total.parts().iter().map(|part| **part).sum::<u64>();
            proptest::prop_assert_eq!(sum(&mut rounded), sum(&mut total) / MINUTE * MINUTE);
            for (before, after) in total.parts().iter().zip(rounded.parts()) {
                proptest::prop_assert!(before.abs_diff(*after) < MINUTE);
                proptest::prop_assert!(**before > 0 || *after == 0);
            }
        }
    }
}
