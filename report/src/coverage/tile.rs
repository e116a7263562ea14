//! Stretches of time laid over each other, and cut so that they tile.

use std::collections::BTreeMap;

use super::{Dark, Lost, State};

/// A time, and how the device stood in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// From this moment on, Unix milliseconds by the device's clock.
    pub from: i64,
    /// Up to but not including this one.
    pub to: i64,
    /// How.
    pub state: State,
}

/// A time that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// What tiles it: in order, each begins where the one before ends, and no two neighbours are
    /// alike.
    pub stretches: Vec<Stretch>,
    /// What is missing or may be, in one source or in all, by when it began.
    pub lost: Vec<Lost>,
}

/// How long of each, milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Monitored.
    pub monitored: u64,
    /// Switched off or asleep.
    pub off: u64,
    /// Not watched.
    pub dark: u64,
    /// Without an order in force.
    pub no_order: u64,
    /// Before the log began.
    pub not_yet: u64,
}

/// Stretches as they were found, laid over each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Paint(Vec<Stretch>);

impl Covered {
    /// How long of each. Together they are the time asked for.
    #[must_use]
    pub fn total(&self) -> Total {
        let mut total = Total::default();
        for stretch in &self.stretches {
            let of = match stretch.state {
                State::Monitored => &mut total.monitored,
                State::NoOrder => &mut total.no_order,
                State::NotYet => &mut total.not_yet,
                State::Off(_) => &mut total.off,
                State::Dark(_) => &mut total.dark,
            };
            *of = of.saturating_add(stretch.to.abs_diff(stretch.from));
        }
        total
    }
}

impl Paint {
    pub(super) const fn of(stretches: Vec<Stretch>) -> Self {
        Self(stretches)
    }

    pub(super) fn stretches(&self) -> &[Stretch] {
        &self.0
    }

    /// Lays one more on top. What ends before it begins is none.
    pub(super) fn add(&mut self, from: i64, to: i64, state: State) {
        if from >= to {
            return;
        }
        if let Some(last) = self.0.last_mut()
            && last.state == state
            && (last.from..=last.to).contains(&from)
        {
            last.to = last.to.max(to);
            return;
        }
        self.0.push(Stretch { from, to, state });
    }

    /// Cuts them so that they tile the time; where several lie over each other the worst counts.
    pub(super) fn tile(&self, from: i64, to: i64) -> Vec<Stretch> {
        if from >= to {
            return Vec::new();
        }
        let mut turns = Vec::new();
        for one in &self.0 {
            let (begin, end) = (one.from.max(from), one.to.min(to));
            if begin < end {
                turns.push((begin, true, one.state));
                turns.push((end, false, one.state));
            }
        }
        turns.sort_unstable();
        let mut tiles = Vec::new();
        let mut active: BTreeMap<State, usize> = BTreeMap::new();
        let mut since = from;
        for (at, begins, state) in turns {
            lay(&mut tiles, since, at, worst(&active));
            since = at;
            let count = active.entry(state).or_default();
            if begins {
                *count = count.saturating_add(1);
            } else {
                *count = count.saturating_sub(1);
            }
        }
        lay(&mut tiles, since, to, worst(&active));
        tiles
    }
}

fn worst(active: &BTreeMap<State, usize>) -> State {
    let mut there = active.iter().rev().filter(|(_, count)| **count > 0);
    there
        .next()
        .map_or(State::Dark(Dark::Unsaid), |(state, _)| *state)
}

fn lay(tiles: &mut Vec<Stretch>, from: i64, to: i64, state: State) {
    if from >= to {
        return;
    }
    match tiles.last_mut() {
        Some(last) if last.state == state => last.to = to,
        _ => tiles.push(Stretch { from, to, state }),
    }
}
