//! Exemptions, compiled: whom no rule reports.
//!
//! What a person could bring about alone exempts nothing: a forbidden program that is called like an
//! exempt one, a forbidden file that is moved into an exempt folder, a forbidden page in an exempt
//! browser.

use proviso_report::UnixMs;

use crate::order::{Effect, Hours};

use super::kleene::Truth;
use super::part::Test;
use super::rule::{Looked, within};

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
        let applies = |one: &Exemption| one.effect == effect && one.applies(looked) == Truth::Yes;
        exempts
            .iter()
            .position(applies)
            .map(|number| (number, effect))
    };
    of(Effect::SuppressContent).or_else(|| of(Effect::NoAlert))
}

impl Exemption {
    fn applies(&self, looked: &Looked<'_>) -> Truth {
        Truth::from(within(looked.event.at, self.from, self.until))
            .and(|| Truth::any(self.tests.iter().map(|test| looked.exempts(test))))
            .and(|| looked.begins_in(&self.hours))
    }
}
