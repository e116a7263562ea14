//! How long a case waits, in words and as a mark.

use maud::{Markup, html};

use crate::config::Overdue;
use crate::store::cases::{CaseFile, Rank};

use super::super::govuk::{Colour, tag};
use super::super::words;

const HOUR: i64 = 60 * 60_000;

/// How long something waits; sorts by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Age {
    Hour,
    Day,
    Older,
    Overdue,
}

impl Age {
    fn of(rank: Rank, since: i64, now: i64, overdue: &Overdue) -> Self {
        let hours = match rank {
            Rank::Urgent => overdue.urgent,
            Rank::Breach => overdue.breach,
            Rank::Review => overdue.review,
        };
        let waited = now.saturating_sub(since);
        if waited >= i64::from(hours).saturating_mul(HOUR) {
            Self::Overdue
        } else if waited < HOUR {
            Self::Hour
        } else if waited < 24 * HOUR {
            Self::Day
        } else {
            Self::Older
        }
    }

    fn words(self) -> (Colour, &'static str) {
        match self {
            Self::Hour => (Colour::Blue, "Within the hour"),
            Self::Day => (Colour::Grey, "Within a day"),
            Self::Older => (Colour::Yellow, "Older than a day"),
            Self::Overdue => (Colour::Red, "Overdue"),
        }
    }
}

/// The mark, and how long in words.
pub(in crate::web) fn mark(case: &CaseFile, now: i64, overdue: &Overdue) -> Markup {
    let (colour, text) = Age::of(case.rank, case.came.0, now, overdue).words();
    html! {
        (tag(colour, text)) " "
        span.quiet { "waiting " (words::waiting_for(case.came.0, now)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_severity_is_overdue_after_its_own_time() {
        let overdue = Overdue::default();
        let age = |rank, hours| Age::of(rank, 0, hours * HOUR, &overdue);
        assert_eq!(Age::of(Rank::Urgent, 0, HOUR - 1, &overdue), Age::Hour);
        assert_eq!(age(Rank::Urgent, 1), Age::Day);
        assert_eq!(age(Rank::Urgent, 4), Age::Overdue);
        assert_eq!(age(Rank::Breach, 23), Age::Day);
        assert_eq!(age(Rank::Breach, 24), Age::Older);
        assert_eq!(age(Rank::Breach, 72), Age::Overdue);
        assert_eq!(age(Rank::Review, 167), Age::Older);
        assert_eq!(age(Rank::Review, 168), Age::Overdue);
        // A clock that was set back makes nothing old.
        assert_eq!(Age::of(Rank::Review, i64::MAX, 0, &overdue), Age::Hour);
    }
}
