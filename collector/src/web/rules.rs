//! How often what each rule found was something: confirmed against dismissed, how sure such a figure is, and
//! what a change would have left out.
//!
//! Promises: people decide; the figures only count what they decided. A proposal follows from the figures by a
//! stated rule, is shown with them, and changes nothing by itself: a rule is part of an order, and only an
//! order with its signatures changes it.

pub(super) mod list;
pub(super) mod one;

use maud::{Markup, html};

use crate::store::precision::Figures;

/// A rule is proposed for a change after so many decisions, not before.
const ENOUGH: u64 = 20;

/// And if the true share of confirmed ones lies below this, 19 times out of 20.
const TOO_LOW: f64 = 0.2;

/// Whether the figures of a rule say that it should be looked at.
fn noisy(figures: Figures) -> bool {
    let high = figures.interval().map(|(_, high)| high);
    figures.decided() >= ENOUGH && high.is_some_and(|high| high < TOO_LOW)
}

/// The figures in a sentence.
fn sentence(figures: Figures) -> Markup {
    let decided = figures.decided();
    html! {
        @match figures.interval() {
            None => "Nothing of it was decided yet.",
            Some((low, high)) => {
                (figures.confirmed) " of " (decided) " confirmed. "
                @if decided < ENOUGH { "With so few, the" } @else { "The" }
                " true share is between " (hundredths(low, f64::floor)) " and " (hundredths(high, f64::ceil)) " in 100, 19 times out of 20."
            }
        }
    }
}

fn hundredths(share: f64, round: fn(f64) -> f64) -> String {
    // What a float makes of a whole number of hundredths may lie a hair beside it.
    let near = (share * 100.0).round();
    let exact = (share * 100.0 - near).abs() < 1e-6;
    format!("{:.0}", if exact { near } else { round(share * 100.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(confirmed: u64, dismissed: u64) -> Figures {
        Figures {
            confirmed,
            dismissed,
        }
    }

    #[test]
    fn a_rule_is_noisy_only_after_enough_decisions_that_say_so() {
        assert!(!noisy(figures(0, ENOUGH - 1)));
        assert!(noisy(figures(0, ENOUGH)));
        // 1 of 30: up to 17 in 100; 2 of 30: up to 22.
        assert!(noisy(figures(1, 29)));
        assert!(!noisy(figures(2, 28)));
        assert!(!noisy(figures(0, 0)));
    }

    #[test]
    fn the_sentence_says_how_sure_it_is() {
        let said = |confirmed, dismissed| sentence(figures(confirmed, dismissed)).into_string();
        assert_eq!(
            said(1, 29),
            "1 of 30 confirmed. The true share is between 0 and 17 in 100, 19 times out of 20."
        );
        assert_eq!(
            said(5, 5),
            "5 of 10 confirmed. With so few, the true share is between 23 and 77 in 100, 19 times out of 20."
        );
        assert_eq!(said(0, 0), "Nothing of it was decided yet.");
    }
}
