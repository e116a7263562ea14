//! Exemptions, compiled: whom no rule reports.
//!
//! What a person could bring about alone exempts nothing: a forbidden program that is called like an
//! exempt one, a forbidden file that is moved into an exempt folder, a forbidden page in an exempt
//! browser.

use proviso_report::UnixMs;

use crate::order::{Effect, Hours};

use super::Why;
use super::kleene::Truth;
use super::part::Test;
use super::rule::Looked;

/// An exemption. It applies when one of its tests holds, within its dates and hours.
#[derive(Debug)]
pub(crate) struct Exemption {
    pub(crate) tests: Vec<Test>,
    pub(crate) effect: Effect,
    pub(crate) from: Option<UnixMs>,
    /// The first moment after it.
    pub(crate) until: Option<UnixMs>,
    pub(crate) hours: Vec<Hours>,
}

/// The exemption that applies to a fact: one that suppresses before one that does not, then the
/// first. What nobody can tell to be exempt is not: else no rule of an order that exempts a host
/// could count time in front of which the page is not known.
pub(crate) fn applying(exempts: &[Exemption], looked: &Looked<'_>) -> Option<(usize, Effect)> {
    let of = |effect: Effect| {
        // Content is kept out by the clock as it is: nothing is recorded that may not be.
        let looked = match effect {
            Effect::SuppressContent => Looked {
                doubts: None,
                ..*looked
            },
            Effect::NoAlert => *looked,
        };
        let applies = |one: &Exemption| one.effect == effect && one.applies(&looked) == Truth::Yes;
        exempts
            .iter()
            .position(applies)
            .map(|number| (number, effect))
    };
    of(Effect::SuppressContent).or_else(|| of(Effect::NoAlert))
}

/// May one apply, and only the clock does not tell?
pub(crate) fn may_apply(exempts: &[Exemption], looked: &Looked<'_>) -> bool {
    let doubtful = |one: &Exemption| one.applies(looked) == Truth::Unknown(Why::Clock);
    exempts.iter().any(doubtful)
}

impl Exemption {
    fn applies(&self, looked: &Looked<'_>) -> Truth {
        looked
            .is_dated(self.from, self.until)
            .and(|| Truth::any(self.tests.iter().map(|test| looked.exempts(test))))
            .and(|| looked.begins_in(&self.hours))
    }
}
