//! How long an agent wrote nothing, and whether the computer was on meanwhile.
//!
//! Only the clock that nobody can set counts. A computer that was off, or said that it went to
//! sleep, was not silent. Otherwise the next heartbeat tells how long it was awake; without one a
//! computer that slept cannot be told apart from one that ran, and that is said.

use proviso_report::BootId;
use proviso_report::Fact;
use proviso_report::fact::PowerWas;
use serde::{Deserialize, Serialize};

use super::state::Step;

/// The last record, and the longest silence since the last sign of life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Life {
    /// The last record.
    seq: u64,
    /// When it was written down.
    pub(crate) noted: i64,
    mono: u64,
    boot: BootId,
    /// It said that the computer goes off or to sleep.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    rests: bool,
    /// The last heartbeat or start of the agent in this boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    beat: Option<u64>,
    /// The longest that waits for a sign of life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waits: Option<Quiet>,
    /// The longest of those that nobody has looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    over: Option<Quiet>,
}

/// A time without records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quiet {
    /// The record before it.
    pub(crate) after: u64,
    /// How long it was.
    pub(crate) ms: u64,
    /// For how long of it the computer was awake at least; `None`: nobody can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) awake: Option<u64>,
}

impl Quiet {
    /// How long it was as far as it counts.
    pub(crate) fn counts(&self) -> u64 {
        self.awake.unwrap_or(self.ms)
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
            rests: matches!(step.fact, Fact::Power(power)
                if matches!(power.change, PowerWas::Off | PowerWas::Asleep)),
            beat: None,
            waits: None,
            over: None,
        };
        let new = match life.take() {
            Some(last) => last.then(new, step.fact),
            None => new,
        };
        *life = Some(match step.fact {
            Fact::Heartbeat(_) | Fact::AgentStarted(_) => Self {
                beat: Some(step.mono),
                ..new
            },
            _ => new,
        });
    }

    /// The longest silence that is over and was not looked at.
    pub(crate) const fn take(&mut self) -> Option<Quiet> {
        self.over.take()
    }

    fn then(self, new: Self, fact: &Fact) -> Self {
        let same = self.boot == new.boot;
        let woke = matches!(fact, Fact::Power(power)
            if matches!(power.change, PowerWas::On | PowerWas::Awake));
        let quiet = (!(same && (self.rests || woke))).then(|| Quiet {
            after: self.seq,
            // Of another boot only that is known: it has been on for so long.
            ms: if same {
                new.mono.saturating_sub(self.mono)
            } else {
                new.mono
            },
            awake: None,
        });
        let beat = self.beat.filter(|_| same);
        let mut over = self.over;
        let mut waits = self.waits;
        if !same {
            over = longer(over, waits.take());
        }
        waits = longer(waits, quiet);
        match fact {
            Fact::Heartbeat(sign) => {
                let slept = beat.map(|beat| {
                    let passed = new.mono.saturating_sub(beat);
                    passed.saturating_sub(sign.awake_ms)
                });
                let told = waits.take().map(|quiet| Quiet {
                    awake: slept.map(|slept| quiet.ms.saturating_sub(slept)),
                    ..quiet
                });
                over = longer(over, told);
            }
            Fact::AgentStarted(_) => over = longer(over, waits.take()),
            _ => {}
        }
        Self {
            beat,
            waits,
            over,
            ..new
        }
    }
}

/// The one that counts for more; of two alike the first.
fn longer(one: Option<Quiet>, other: Option<Quiet>) -> Option<Quiet> {
    match (one, other) {
        (Some(one), Some(other)) if other.counts() > one.counts() => Some(other),
        (Some(one), _) => Some(one),
        (None, other) => other,
    }
}
