//! How much of a time a device was watched, from the records of its log alone.
//!
//! [`Watch`] follows a log record by record; [`Watch::over`] then says of any time how much of it
//! was monitored, off, dark, or without an order. The page of a day, the overview and the verifier of
//! a bundle all ask here: there is one definition.
//!
//! What counts, for the time between two records that stand next to each other:
//! - **Monitored**: one run of the agent wrote both, no more than [`SPACING_MS`] apart without what
//!   the computer slept. An agent that lives writes at least once in that time.
//! - **Off**: the computer slept (a `power` record says from when on), or it was switched off: the
//!   agent said last that the power goes off, or that it was stopped and not that the system stayed
//!   up, and the next record is from another run of the system. What the computer takes to start the
//!   agent, up to [`STARTING_MS`], is part of it.
//! - **Dark**: everything else, with what is known of it ([`Dark`]). Time that no record says anything
//!   of is dark too.
//! - **No order**: no record says that an order was in force. Nothing may be recorded then.
//! - **Not yet**: before every record of a log that is known from its first one on: nothing watched
//!   there yet. A log that goes on where another was broken off has no such time.
//!
//! Times are those of the device's clock ([`Record::noted`]); what passed between two records is what
//! the clock since boot says. Where the wall clock was set back by more than [`CORRECTED_MS`] a time
//! comes twice: the worse of the two counts. Time that it skipped is dark, unless it is shorter than [`SPACING_MS`].
//!
//! Promises: the stretches of [`Covered`] tile the time asked for, without holes or overlaps, and
//! depend on the records only: not on how they were cut into reports, nor on records that came late.
//! To know a time it is enough to follow the records written in it, the one before and the one after.
//!
//! Refuses: to say that nothing happened, and to know better than the log: whoever holds the device's
//! key and its clock can write what they like from now on.

mod lost;
mod tile;
mod words;

use serde::{Deserialize, Serialize};

pub use lost::Lost;
pub use tile::{Covered, Stretch, Total};
pub(crate) use words::SECOND;
pub use words::{Lengths, length};

use crate::fact::{Fact, Gap, GapCause, PowerWas};
use crate::record::{BootId, Record};
use lost::Losses;
use tile::Paint;

/// An agent that lives writes at least so often while the computer is awake, milliseconds.
pub const SPACING_MS: i64 = 5 * 60_000;

/// A wall clock that goes back by no more than this between two records was put right, not set back:
/// what an agent calls a step is more. The two clocks are never read at quite the same moment, either.
pub const CORRECTED_MS: i64 = 2_000;

/// A computer may take so long to start the agent, milliseconds.
pub const STARTING_MS: i64 = 2 * 60_000;

/// How a device stood. What is worse counts where a time comes twice, so the order of these matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The log had not begun.
    NotYet,
    /// The agent lived, under an order in force.
    Monitored,
    /// No record says that an order was in force.
    NoOrder,
    /// The computer was off by its own signs.
    Off(Off),
    /// Not watched.
    Dark(Dark),
}

/// How a computer was off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Off {
    /// It slept.
    Asleep,
    /// It was switched off.
    Down,
}

/// What is known of a time in which nobody watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dark {
    /// Somebody stopped the agent, and the computer stayed on, or may have.
    Stopped,
    /// The agent could write nothing: a full disk, a full journal.
    Unwritten,
    /// The agent ran and wrote nothing for longer than it should.
    Silent,
    /// The agent ended without a word.
    Killed,
    /// Nothing in the log says anything of it.
    Unsaid,
}

/// Follows a log.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    last: Option<Last>,
    /// The earliest time of any record, of a log that is known from its first one on.
    begun: Option<i64>,
    paint: Paint,
    losses: Losses,
}

/// What must be known of the records so far to go on with the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Last {
    seq: u64,
    noted: i64,
    mono: u64,
    boot: BootId,
    /// How this run of the agent stands.
    run: Run,
    /// Is an order in force, as far as the log says?
    order: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Run {
    Lives,
    /// Stopped, and the system went down or may have.
    Down,
    /// Stopped, and the system stayed up.
    Stopped,
}

impl Watch {
    /// Nothing followed yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on where another one ended ([`Self::last`]). What that one knew of times is not kept.
    #[must_use]
    pub fn after(last: Option<Last>) -> Self {
        Self {
            last,
            ..Self::default()
        }
    }

    /// Of what others followed: where they stand, the time of the first record of a log that is known
    /// from there on ([`Self::begun`]), and what they said of times ([`Self::said`]).
    #[must_use]
    pub fn of(last: Option<Last>, begun: Option<i64>, said: Vec<Stretch>) -> Self {
        Self {
            last,
            begun,
            paint: Paint::of(said),
            losses: Losses::default(),
        }
    }

    /// The stretches between the records that were followed, as they came. [`Self::of`] them in any order and
    /// in any cut, [`Self::over`] says the same of each time.
    #[must_use]
    pub fn said(&self) -> &[Stretch] {
        self.paint.stretches()
    }

    /// The earliest time of any record, of a log that is known from its first one on.
    #[must_use]
    pub const fn begun(&self) -> Option<i64> {
        self.begun
    }

    /// What the next one needs to go on.
    #[must_use]
    pub const fn last(&self) -> Option<Last> {
        self.last
    }

    /// Follows the next record of the log. Records that are not shown may be left out: the time
    /// between those that are is then judged by them alone.
    pub fn pass(&mut self, record: &Record) {
        let order = match record.fact {
            Fact::OrderEnded(_) => Some(false),
            Fact::OrderInForce(_) => Some(true),
            Fact::Heartbeat(ref beat) => beat.order.map(|_| true),
            _ => record.order.map(|_| true),
        };
        let before = self.last;
        let was = before.is_some_and(|last| last.order);
        // A record that names its order says so of the time since the one before, too; one that says
        // what comes into force or ends does not.
        let turns = matches!(record.fact, Fact::OrderInForce(_) | Fact::OrderEnded(_));
        let under = was || (!turns && order == Some(true));
        if let Some(last) = before {
            self.between(&last, record, under);
        }
        if let Fact::Gap(gap) = &record.fact {
            self.unwritten(gap, under);
        }
        self.losses.pass(record);
        let begins = record.seq == 0 && !matches!(record.fact, Fact::LogContinues(_));
        self.begun = match self.begun {
            None => begins.then_some(record.noted.0),
            // A clock that was set back brings times from before.
            Some(at) => Some(at.min(record.noted.0)),
        };
        self.last = Some(Last {
            seq: record.seq,
            noted: record.noted.0,
            mono: record.mono,
            boot: record.boot,
            run: run(before, &record.fact),
            order: order.unwrap_or(was),
        });
    }

    /// How the time from `from` up to but not including `to` was, Unix milliseconds.
    #[must_use]
    pub fn over(&self, from: i64, to: i64) -> Covered {
        let mut paint = self.paint.clone();
        if let Some(begun) = self.begun {
            paint.add(i64::MIN, begun, State::NotYet);
        }
        if let Some(last) = self.last {
            let rest = to.max(last.noted);
            paint.add(last.noted, rest, last.tail(rest));
        }
        Covered {
            stretches: paint.tile(from, to),
            lost: self.losses.over(from, to),
        }
    }

    fn between(&mut self, last: &Last, record: &Record, under: bool) {
        let (from, to) = (last.noted, record.noted.0);
        let mut add = |from: i64, to: i64, state: State| {
            self.paint
                .add(from, to, if under { state } else { State::NoOrder });
        };
        if record.boot != last.boot {
            let on = to.saturating_sub(ms(record.mono)).max(from);
            let (before, starting) = match last.run {
                Run::Lives => (State::Dark(Dark::Killed), State::Dark(Dark::Killed)),
                Run::Stopped => (State::Dark(Dark::Stopped), State::Dark(Dark::Stopped)),
                Run::Down if to.saturating_sub(on) <= STARTING_MS => {
                    (State::Off(Off::Down), State::Off(Off::Down))
                }
                Run::Down => (State::Off(Off::Down), State::Dark(Dark::Unsaid)),
            };
            add(from, on, before);
            add(on, to, starting);
            return;
        }
        // What really passed; a wall clock that was put right by little may say a little else.
        let passed = ms(record.mono.saturating_sub(last.mono));
        let stepped = to.saturating_sub(from.saturating_add(passed));
        let end = if (-CORRECTED_MS..=SPACING_MS).contains(&stepped) {
            to.max(from)
        } else {
            from.saturating_add(passed)
        };
        if matches!(record.fact, Fact::AgentStarted(_)) {
            let dark = match last.run {
                Run::Lives => Dark::Killed,
                Run::Down | Run::Stopped => Dark::Stopped,
            };
            add(from, end, State::Dark(dark));
            return;
        }
        let slept = match &record.fact {
            Fact::Power(power) if power.change == PowerWas::Asleep => {
                to.saturating_sub(record.at.0).clamp(0, passed)
            }
            _ => 0,
        };
        let asleep = end.saturating_sub(slept).max(from);
        add(from, asleep, awake(passed.saturating_sub(slept)));
        add(asleep, end, State::Off(Off::Asleep));
    }

    /// A gap of the whole agent says that nothing could be written.
    fn unwritten(&mut self, gap: &Gap, under: bool) {
        let (Some(from), Some(to), None, None) = (gap.from, gap.to, &gap.source, gap.count) else {
            return;
        };
        let stalled = matches!(
            gap.cause,
            GapCause::Overflow | GapCause::DiskFull | GapCause::Crash
        );
        if stalled && under {
            self.paint.add(from, to, State::Dark(Dark::Unwritten));
        }
    }
}

impl Last {
    /// Where the record stands in its log.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// When it was written, by the device's clock, Unix milliseconds.
    #[must_use]
    pub const fn noted(&self) -> i64 {
        self.noted
    }

    /// Is an order in force, as far as the log says?
    #[must_use]
    pub const fn is_under_order(&self) -> bool {
        self.order
    }

    /// The time after the last record, up to `to`.
    fn tail(&self, to: i64) -> State {
        if !self.order {
            return State::NoOrder;
        }
        match self.run {
            Run::Lives => awake(to.saturating_sub(self.noted)),
            Run::Down => State::Off(Off::Down),
            Run::Stopped => State::Dark(Dark::Stopped),
        }
    }
}

/// Time without records in which the agent ran and the computer was awake.
const fn awake(ms: i64) -> State {
    if ms <= SPACING_MS {
        State::Monitored
    } else {
        State::Dark(Dark::Silent)
    }
}

fn run(before: Option<Last>, fact: &Fact) -> Run {
    let before = before.map_or(Run::Lives, |last| last.run);
    match fact {
        Fact::AgentStopped(stopped) => match (before, stopped.shutdown) {
            (Run::Down, _) | (_, Some(true) | None) => Run::Down,
            (_, Some(false)) => Run::Stopped,
        },
        Fact::Power(power) if power.change == PowerWas::Off => Run::Down,
        // Records of the same run can come after the last word: what waited to be said.
        Fact::Gap(_) | Fact::SourceFailed(_) | Fact::SourceRestored(_) => before,
        _ => Run::Lives,
    }
}

fn ms(unsigned: u64) -> i64 {
    i64::try_from(unsigned).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
