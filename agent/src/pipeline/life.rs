//! The agent's own life: start, heartbeat, clock, stop.
//!
//! When a run ended without a word is known to the heartbeat, or to the second where the watching
//! process left a note ([`crate::watch`]). A note that does not fit the last sign of life is not
//! taken.

use std::collections::BTreeMap;

use proviso_report::fact::{
    AgentStarted, AgentStopped, CapReached, Fact, GapCause, Heartbeat, ListInForce, OrderInForce,
    PowerWas, PreviousEnd,
};
use proviso_report::{Hash, UnixMs};
use proviso_rules::ENGINE;
use thiserror::Error;

use super::clocks::{self, gap, power};
use super::health::Unsaid;
use super::{Keeper, Outlets};
use crate::journal::{Counters, Journal, Life, WriteError, Writer};
use crate::order::Book;
use crate::person::notices::News;
use crate::platform::clock::Moment;
use crate::scope::Scope;
use crate::uplink::Link;
use crate::watch::Note;

/// Counts in one heartbeat; more go into a second one. Names are so short that these fit a record.
const MAX_COUNTS: usize = 200;

/// When the agent last gave a sign of life.
#[derive(Debug)]
pub(super) struct Pulse {
    every_ms: u64,
    last: Option<Moment>,
    /// The last moment that was written about, to notice when the clock is set and when the computer
    /// slept.
    clock: Moment,
}

/// How a run begins.
#[derive(Clone, Debug)]
pub struct Begin<'a> {
    /// Milliseconds between two signs of life.
    pub heartbeat_ms: u64,
    /// The sources it begins with.
    pub sources: &'a [&'a str],
    /// What the watching process says of the end of the run before.
    pub note: Option<Note>,
    /// The time zone of the computer, if it can be told.
    pub zone: Option<String>,
}

/// That the agent ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Why, in words.
    pub reason: String,
    /// Is the system going down? `None`: it cannot be known.
    pub shutdown: Option<bool>,
}

/// Why the keeper cannot begin.
#[derive(Debug, Error)]
pub enum StartError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] WriteError),
}

impl Keeper {
    /// Begins: says how the time before ended, and what orders are in force.
    pub fn start(
        mut journal: Journal,
        book: Book,
        scope: Scope,
        outlets: Outlets,
        begin: Begin<'_>,
        now: &Moment,
    ) -> Result<Self, StartError> {
        if let Some((order, lists)) = under(&book) {
            journal.begin_under(order, lists, now);
        }
        journal.begin_signing(now)?;
        let before = journal.life()?;
        let cursors = journal.cursors()?.into_iter().collect();
        let mut keeper = Self {
            journal,
            book,
            scope,
            outlets,
            cursors,
            unsaid: Unsaid::default(),
            stall: None,
            pulse: Pulse {
                every_ms: begin.heartbeat_ms,
                last: None,
                clock: *now,
            },
            link: Link::Down("the agent has just started".into()),
            metered: false,
            stopped: false,
            contact: None,
        };
        keeper
            .unsaid
            .say(started(before, begin.sources, begin.zone), now.at);
        if let Some(life) = before {
            for (at, fact) in clocks::since(&life, now) {
                keeper.unsaid.say(fact, at);
            }
            for (at, fact) in missing(life, begin.note, now) {
                keeper.unsaid.say(fact, at);
            }
        }
        keeper.outlets.wanted.send_replace(keeper.book.wanted());
        if keeper.book.in_force().is_some() {
            let _ = keeper.outlets.news.try_send(News::On);
        }
        keeper.outlets.closed.send_replace(keeper.journal.closed());
        let budget = super::budget(&keeper.book);
        keeper.outlets.budget.send_replace(budget);
        keeper.tick(now)?;
        Ok(keeper)
    }

    /// Names whom the person can ask, for orders that do not say it.
    #[must_use]
    pub fn with_contact(mut self, contact: Option<String>) -> Self {
        self.contact = contact;
        self
    }

    /// The last record of this run. Afterwards only questions are answered.
    pub fn stop(&mut self, end: End, now: &Moment) -> Result<(), WriteError> {
        let End { reason, shutdown } = end;
        self.unsaid.say_losses(now);
        if shutdown == Some(true) {
            self.unsaid.say(power(PowerWas::Off), now.at);
        }
        self.unsaid
            .say(AgentStopped { reason, shutdown }.into(), now.at);
        // If it cannot be written, the next start finds no good end, and says so.
        let ended = self.commit(Vec::new(), true, now);
        self.stopped = true;
        ended
    }
}

impl Pulse {
    /// Must something be written because of the time?
    pub(super) fn is_due(&self, now: &Moment) -> bool {
        self.next(now) == 0 || clocks::differ(&self.clock, now)
    }

    /// Writes how the clock was set and when the computer slept, before what came after it.
    pub(super) fn clocks(&self, writer: &mut Writer<'_>, now: &Moment) -> Result<(), WriteError> {
        for (at, fact) in clocks::between(&self.clock, now) {
            writer.state(at, fact, now)?;
        }
        Ok(())
    }

    /// Milliseconds until the next heartbeat.
    pub(super) fn next(&self, now: &Moment) -> u64 {
        self.last.map_or(0, |last| {
            last.mono
                .saturating_add(self.every_ms)
                .saturating_sub(now.mono)
        })
    }

    /// Writes what is due. `order`: the one in force.
    pub(super) fn beat(
        &self,
        writer: &mut Writer<'_>,
        order: Option<Hash>,
        now: &Moment,
    ) -> Result<(), WriteError> {
        match self.last {
            // The record of the start is the first sign.
            None => writer.set_life(false, now),
            Some(last) if self.next(now) == 0 => {
                let awake_ms = now.awake.saturating_sub(last.awake);
                for heartbeat in heartbeats(writer.take_counters()?, awake_ms, order) {
                    writer.state(now.at, heartbeat.into(), now)?;
                }
                writer.set_life(false, now)
            }
            Some(_) => Ok(()),
        }
    }

    /// Writes a heartbeat before it is due if something was counted: what was counted under one order
    /// is not told under the next. Was it written?
    pub(super) fn beat_early(
        &self,
        writer: &mut Writer<'_>,
        order: Option<Hash>,
        now: &Moment,
    ) -> Result<bool, WriteError> {
        let counters = writer.take_counters()?;
        if counters == Counters::default() {
            return Ok(false);
        }
        let since = self.last.map_or(now.awake, |last| last.awake);
        for heartbeat in heartbeats(counters, now.awake.saturating_sub(since), order) {
            writer.state(now.at, heartbeat.into(), now)?;
        }
        Ok(true)
    }

    /// That is written.
    pub(super) const fn beaten_early(&mut self, now: &Moment) {
        if let Some(last) = &mut self.last {
            *last = *now;
        }
    }

    /// It is written.
    pub(super) fn beaten(&mut self, now: &Moment) {
        if self.next(now) == 0 {
            self.last = Some(*now);
        }
        self.clock = *now;
    }
}

/// One heartbeat, or more when there are many counts: each count stands in one of them, and the
/// time awake in the first.
fn heartbeats(counters: Counters, awake_ms: u64, order: Option<Hash>) -> Vec<Heartbeat> {
    let empty = Heartbeat {
        uncovered: BTreeMap::new(),
        suppressed: BTreeMap::new(),
        cannot_tell: BTreeMap::new(),
        awake_ms: 0,
        order,
    };
    let first = Heartbeat {
        uncovered: counters.uncovered,
        awake_ms,
        ..empty.clone()
    };
    let (mut all, mut counts) = (vec![first], 0);
    let suppressed = counters.suppressed.into_iter().map(|one| (false, one));
    let cannot_tell = counters.cannot_tell.into_iter().map(|one| (true, one));
    for (is_rule, (id, count)) in suppressed.chain(cannot_tell) {
        if counts == MAX_COUNTS {
            all.push(empty.clone());
            counts = 0;
        }
        counts += 1;
        if let Some(last) = all.last_mut() {
            let into = if is_rule {
                &mut last.cannot_tell
            } else {
                &mut last.suppressed
            };
            into.insert(id, count);
        }
    }
    all
}

/// The order in force and the updates of its lists that count.
fn under(book: &Book) -> Option<(OrderInForce, Vec<ListInForce>)> {
    let order = book.in_force()?.order();
    let in_force = OrderInForce {
        id: order.id().to_owned(),
        version: order.version(),
        digest: order.digest(),
    };
    let lists = book.lists().into_iter().map(|(list, version)| ListInForce {
        list,
        number: version.number,
        sha256: version.sha256,
    });
    Some((in_force, lists.collect()))
}

/// The same, as a log states it that begins now.
pub(super) fn in_force(book: &Book) -> Vec<Fact> {
    let Some((order, lists)) = under(book) else {
        return Vec::new();
    };
    let lists = lists.into_iter().map(Fact::ListInForce);
    std::iter::once(Fact::OrderInForce(order))
        .chain(lists)
        .collect()
}

fn started(before: Option<Life>, sources: &[&str], zone: Option<String>) -> Fact {
    AgentStarted {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        engine: ENGINE.to_owned(),
        platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        sources: sources.iter().map(|&source| source.to_owned()).collect(),
        previous: match before {
            None => PreviousEnd::First,
            Some(life) if life.stopped => PreviousEnd::Stopped,
            Some(_) => PreviousEnd::Killed,
        },
        zone,
    }
    .into()
}

/// The time between the end of the run before and now, if the agent did not end in good order.
fn missing(life: Life, note: Option<Note>, now: &Moment) -> Vec<(UnixMs, Fact)> {
    if life.stopped {
        return Vec::new();
    }
    if let Some(note) = note.filter(|note| fits(note, &life, now)) {
        return noted(&note, now);
    }
    // Shown after the words of the cause, which it does not say again.
    let (cause, detail) = if life.boot == now.boot {
        (
            GapCause::Killed,
            "it ended some time after its last sign of life, while the computer ran",
        )
    } else {
        (
            GapCause::Off,
            "it was switched off or restarted some time after the agent's last sign of life, and the \
             agent was not stopped before",
        )
    };
    let gap = gap(cause, life.at, now.at, detail.to_owned());
    vec![(now.at, gap)]
}

/// A note is of the run before if it was written after that run's last sign of life, in the same run
/// of the system.
fn fits(note: &Note, life: &Life, now: &Moment) -> bool {
    let after_it = life.clocks.is_some_and(|(mono, _)| note.at.mono >= mono);
    let before_now = note.at.boot != now.boot || note.at.mono <= now.mono;
    note.at.boot == life.boot && after_it && before_now
}

/// What the watching process saw.
fn noted(note: &Note, now: &Moment) -> Vec<(UnixMs, Fact)> {
    let cause = if note.how.is_crash() {
        GapCause::Crash
    } else {
        GapCause::Killed
    };
    // A computer that shuts down may end it before it is done.
    let since = if note.at.boot == now.boot {
        ""
    } else {
        "; the computer was restarted or switched off after that, which may be why"
    };
    let detail = format!(
        "{} at {}, as the process that watches it saw{since}; what it had not written yet, and what it \
         lost since its last sign of life, is missing too",
        note.how,
        date(note.at.at),
    );
    let mut facts = vec![(now.at, gap(cause, note.at.at, now.at, detail))];
    if note.for_memory {
        let detail = "the system ended the agent, which had used up the memory that it may take";
        let cap = CapReached {
            cap: "memory".to_owned(),
            count: Some(1),
            detail: detail.to_owned(),
        };
        facts.push((note.at.at, cap.into()));
    }
    facts
}

/// To the second, in UTC.
fn date(at: UnixMs) -> String {
    match jiff::Timestamp::from_second(at.0.div_euclid(1_000)) {
        Ok(second) => second.to_string(),
        Err(_) => "a time that is none".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proviso_report::{BootId, Method, Record, UnixMs};

    use super::*;

    #[test]
    fn counts_of_very_many_exemptions_fit_records() {
        let suppressed: BTreeMap<String, u64> = (0..4_000)
            .map(|number| (format!("{number:064}"), u64::MAX))
            .collect();
        let counters = Counters {
            uncovered: [("web_visit".to_owned(), 3)].into(),
            suppressed: suppressed.clone(),
            cannot_tell: suppressed.clone(),
        };
        let all = heartbeats(counters, 60_000, None);
        let (mut found, mut unsure) = (BTreeMap::new(), BTreeMap::new());
        for heartbeat in all.iter().cloned() {
            found.extend(heartbeat.suppressed.clone());
            unsure.extend(heartbeat.cannot_tell.clone());
            let record = Record {
                seq: 0,
                at: UnixMs(0),
                noted: UnixMs(0),
                mono: 0,
                boot: BootId([0; 16]),
                account: None,
                clauses: vec![],
                methods: vec![Method::Agent],
                order: None,
                receipt: None,
                fact: heartbeat.into(),
            };
            assert!(record.to_line().is_ok());
        }
        assert_eq!(found, suppressed);
        assert_eq!(unsure, suppressed);
        assert_eq!(all.iter().map(|h| h.awake_ms).sum::<u64>(), 60_000);
        assert_eq!(all.iter().filter(|h| !h.uncovered.is_empty()).count(), 1);
        assert_eq!(heartbeats(Counters::default(), 5, None).len(), 1);
    }
}
