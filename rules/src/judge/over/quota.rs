//! `quota`: once in each local day or week, when there is more than so much in it.
//!
//! Promises: which windows are exceeded does not depend on the order in which facts come to be
//! known; each is said once, with the record that makes it so. The newest windows are remembered.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Outcome, length, part};
use crate::judge::Why;
use crate::order::{Amount, Per};

/// The most windows that one rule remembers.
pub(crate) const WINDOWS: usize = 62;

/// What one rule has counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counts {
    /// By their first days, written so that they sort.
    windows: BTreeMap<String, Window>,
    /// The newest window that was forgotten: nothing is known of it and those before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forgotten: Option<String>,
}

/// How much there was, and whether that was said to be too much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Window(u64, bool);

impl Counts {
    /// Counts so much in each of these windows.
    pub(crate) fn add(&mut self, more_than: Amount, per: Per, parts: &[(Date, u64)]) -> Outcome {
        let mut over = Vec::new();
        let mut late = false;
        for (day, amount) in parts {
            let key = day.to_string();
            if self.is_forgotten(&key) {
                late = true;
                continue;
            }
            let window = self.windows.entry(key.clone()).or_default();
            window.0 = window.0.saturating_add(*amount);
            if !window.1 && exceeds(window.0, more_than) {
                window.1 = true;
                over.push(part("quota", said(window.0, more_than, per, &key)));
            }
            let fresh = !window.1;
            self.forget();
            late |= fresh && self.is_forgotten(&key);
        }
        match (over.is_empty(), late) {
            (false, _) => Outcome::Match(over),
            (true, true) => Outcome::CannotTell(Why::Late),
            (true, false) => Outcome::Nothing,
        }
    }

    /// Was it said already that there is too much in each of these windows?
    pub(crate) fn is_settled(&self, days: &[Date]) -> bool {
        days.iter().all(|day| {
            let window = self.windows.get(&day.to_string());
            window.is_some_and(|window| window.1)
        })
    }

    fn is_forgotten(&self, key: &str) -> bool {
        self.forgotten.as_deref().is_some_and(|last| key <= last)
    }

    fn forget(&mut self) {
        while self.windows.len() > WINDOWS {
            self.forgotten = self.windows.pop_first().map(|(key, _)| key);
        }
    }
}

fn exceeds(amount: u64, more_than: Amount) -> bool {
    match more_than {
        Amount::Time(span) => i64::try_from(amount).map_or(true, |ms| ms > span.ms()),
        Amount::Count(count) => amount > u64::from(count),
    }
}

fn said(amount: u64, more_than: Amount, per: Per, day: &str) -> String {
    let amount = match more_than {
        Amount::Time(_) => length(amount),
        Amount::Count(_) => amount.to_string(),
    };
    match per {
        Per::LocalDay => format!("{amount} on {day}"),
        Per::LocalWeek => format!("{amount} in the week from {day}"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn add(counts: &mut Counts, day: Date, amount: u64) -> Outcome {
        counts.add(Amount::Count(3), Per::LocalDay, &[(day, amount)])
    }

    #[test]
    fn a_window_is_said_once() {
        let mut counts = Counts::default();
        let day = date(2026, 6, 1);
        assert_eq!(add(&mut counts, day, 3), Outcome::Nothing);
        assert!(!counts.is_settled(&[day]));
        let over = Outcome::Match(vec![part("quota", "4 on 2026-06-01".to_owned())]);
        assert_eq!(add(&mut counts, day, 1), over);
        assert_eq!(add(&mut counts, day, 1), Outcome::Nothing);
        assert!(counts.is_settled(&[day]));
        assert!(!counts.is_settled(&[day, date(2026, 6, 2)]));
    }

    #[test]
    fn what_is_forgotten_is_late() {
        let mut counts = Counts::default();
        let first = date(2026, 1, 1);
        let mut day = first;
        for _ in 0..WINDOWS {
            assert_eq!(add(&mut counts, day, 1), Outcome::Nothing);
            day = day.tomorrow().unwrap();
        }
        assert_eq!(add(&mut counts, first, 1), Outcome::Nothing);
        assert_eq!(add(&mut counts, day, 1), Outcome::Nothing);
        assert_eq!(counts.windows.len(), WINDOWS);
        assert_eq!(add(&mut counts, first, 9), Outcome::CannotTell(Why::Late));
        let before = first.yesterday().unwrap();
        assert_eq!(add(&mut counts, before, 9), Outcome::CannotTell(Why::Late));
        let mut full = counts.clone();
        full.forgotten = None;
        assert_eq!(add(&mut full, before, 1), Outcome::CannotTell(Why::Late));
        assert_eq!(full.windows.len(), WINDOWS);
    }
}
