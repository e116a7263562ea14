//! How long an agent wrote nothing, and whether the computer was on meanwhile.
//!
//! Only the clock that nobody can set counts within a boot. How long the computer slept is what the
//! next heartbeat says, whatever was written of its power. An agent that starts anew counts from
//! there: of the time before nobody can tell how much the computer slept. From one boot to another
//! the computer was off, if the log says that it ended in good order: the agent stopped or the power
//! went off, and no sign of life came after. If it does not, the computer may have been used without
//! the agent all the while, and the wall clock says for how long at most. Since a boot it was on.
//!
//! What was silent before another version of an order is judged by the more patient of the two.

use proviso_report::BootId;
use proviso_report::Fact;
use proviso_report::fact::PowerWas;
use serde::{Deserialize, Serialize};

use super::state::Step;

/// The last record, and the longest silences since the last sign of life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Life {
    /// The last record.
    seq: u64,
    /// When it was written down.
    pub(crate) noted: i64,
    mono: u64,
    boot: BootId,
    /// The agent stopped or the power went off, and there was no sign of life since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ended: bool,
    /// The last heartbeat or start of the agent in this boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    beat: Option<u64>,
    /// The longest that waits for a sign of life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waits: Option<Quiet>,
    /// The longest that waits and began under another version of the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    carried: Option<Quiet>,
    /// Those that nobody has looked at: what is known best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    over: Vec<Quiet>,
}

/// A time without records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quiet {
    /// The record before it.
    pub(crate) after: u64,
    /// When that was written down.
    pub(crate) began: i64,
    /// How long it was.
    pub(crate) ms: u64,
    /// For how long of it the computer was on and awake at least.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) least: u64,
    /// The same at most.
    pub(crate) most: u64,
    /// It began under another version of the order, which allowed so much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) allowed: Option<u64>,
    /// It is the time since the computer was switched on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) since_boot: bool,
}

impl Quiet {
    /// What a heartbeat tells. `passed`: since the sign of life before; `awake`: of it.
    fn told(self, passed: u64, awake: u64) -> Self {
        Self {
            least: self.ms.saturating_sub(passed.saturating_sub(awake)),
            most: self.ms.min(awake),
            ..self
        }
    }
}

impl Life {
    /// Takes note of a record.
    pub(crate) fn pass(life: &mut Option<Self>, step: &Step<'_>) {
        let new = Self {
            seq: step.seq,
            noted: step.noted.0,
            mono: step.mono,
            boot: step.boot,
            ended: false,
            beat: None,
            waits: None,
            carried: None,
            over: Vec::new(),
        };
        let mut new = match life.take() {
            Some(last) => last.then(new, step.fact),
            None => new,
        };
        match step.fact {
            Fact::Heartbeat(_) | Fact::AgentStarted(_) => {
                new.beat = Some(step.mono);
                new.ended = false;
            }
            Fact::AgentStopped(_) => new.ended = true,
            Fact::Power(power) => new.ended = power.change == PowerWas::Off,
            _ => {}
        }
        *life = Some(new);
    }

    /// The silences that are over and were not looked at.
    pub(crate) fn take(&mut self) -> Vec<Quiet> {
        std::mem::take(&mut self.over)
    }

    /// Another version of the order comes, and the one that ends allows so much. Gives the silence
    /// that waits then: the version that ends says what is known of it.
    pub(crate) fn carry(&mut self, allowed: u64) -> Option<Quiet> {
        let quiet = Quiet {
            allowed: Some(allowed),
            ..self.waits.take()?
        };
        self.carried = longer(self.carried.take(), Some(quiet));
        Some(quiet)
    }

    /// No order is in force: what began under one and was told of after it is nobody's.
    pub(crate) fn forget_carried(&mut self) {
        self.over.retain(|quiet| quiet.allowed.is_none());
    }

    fn then(mut self, new: Self, fact: &Fact) -> Self {
        if self.boot == new.boot {
            let ms = new.mono.saturating_sub(self.mono);
            self.waits = longer(self.waits.take(), Some(self.quiet(ms)));
            match fact {
                Fact::Heartbeat(sign) => {
                    let passed = self.beat.map(|beat| new.mono.saturating_sub(beat));
                    self.settle(passed.map(|passed| (passed, sign.awake_ms)));
                }
                Fact::AgentStarted(_) => self.settle(None),
                _ => {}
            }
        } else {
            self.settle(None);
            if !self.ended {
                // A clock that went back says nothing of how long it was.
                let passed = new.noted.checked_sub(self.noted).map(u64::try_from);
                let most = match passed {
                    Some(Ok(passed)) => passed,
                    _ => u64::MAX,
                };
                let whole = self.quiet(most);
                self.add(whole);
            }
            let on = Quiet {
                least: new.mono,
                since_boot: true,
                ..self.quiet(new.mono)
            };
            self.add(on);
            self.beat = None;
        }
        Self {
            ended: self.ended && self.boot == new.boot,
            beat: self.beat,
            waits: self.waits,
            carried: self.carried,
            over: self.over,
            ..new
        }
    }

    /// Since the last record, of which nothing is known but how long it was at most.
    const fn quiet(&self, ms: u64) -> Quiet {
        Quiet {
            after: self.seq,
            began: self.noted,
            ms,
            least: 0,
            most: ms,
            allowed: None,
            since_boot: false,
        }
    }

    /// A sign of life ends what waits. `told`: how much time it speaks of, and awake for how long.
    fn settle(&mut self, told: Option<(u64, u64)>) {
        for quiet in [self.carried.take(), self.waits.take()]
            .into_iter()
            .flatten()
        {
            self.add(told.map_or(quiet, |(passed, awake)| quiet.told(passed, awake)));
        }
    }

    /// Of those under one version the one that was longest for certain is kept, and the one that
    /// may have been longest.
    fn add(&mut self, new: Quiet) {
        if new.most == 0 {
            return;
        }
        self.over.push(new);
        let all = self.over.clone();
        let beaten = |one: &Quiet, by: fn(&Quiet) -> u64| {
            all.iter().any(|other| {
                other.allowed.is_some() == one.allowed.is_some()
                    && (by(other), u64::MAX - other.after) > (by(one), u64::MAX - one.after)
            })
        };
        self.over
            .retain(|one| !beaten(one, |one| one.least) || !beaten(one, |one| one.most));
        self.over.dedup();
        self.over.truncate(OVER);
    }
}

/// The most silences that wait to be looked at: two of each sort, and two alike.
const OVER: usize = 8;

/// The longer; of two alike the first.
fn longer(one: Option<Quiet>, other: Option<Quiet>) -> Option<Quiet> {
    match (one, other) {
        (Some(one), Some(other)) if other.ms > one.ms => Some(other),
        (Some(one), _) => Some(one),
        (None, other) => other,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(ms: &u64) -> bool {
    *ms == 0
}
