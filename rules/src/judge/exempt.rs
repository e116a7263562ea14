//! Exemptions, compiled: whom no rule reports.

use proviso_report::UnixMs;

use crate::order::{Effect, Hours};

use super::Why;
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

/// What the exemptions of an order make of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exempted {
    No,
    /// Nobody can tell.
    Perhaps(Why),
    /// By the exemption of this number.
    Yes(usize, Effect),
}

impl Exempted {
    /// By one that suppresses before one that does not, then by the first.
    pub(crate) fn by(exempts: &[Exemption], looked: &Looked<'_>) -> Self {
        let mut perhaps = None;
        for effect in [Effect::SuppressContent, Effect::NoAlert] {
            for (number, exempt) in exempts.iter().enumerate() {
                if exempt.effect != effect {
                    continue;
                }
                match exempt.applies(looked) {
                    Truth::Yes => return Self::Yes(number, effect),
                    Truth::Unknown(why) => perhaps = perhaps.or(Some(why)),
                    Truth::No => {}
                }
            }
        }
        perhaps.map_or(Self::No, Self::Perhaps)
    }
}

impl Exemption {
    fn applies(&self, looked: &Looked<'_>) -> Truth {
        Truth::from(within(looked.event.at, self.from, self.until))
            .and(|| Truth::any(self.tests.iter().map(|test| looked.holds(test))))
            .and(|| looked.begins_in(&self.hours))
    }
}
