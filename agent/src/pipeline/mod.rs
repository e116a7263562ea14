//! What becomes of observations: scope, judge, journal, and the agent's own signs of life.
//!
//! Read [`Keeper`]: it owns the journal, the order in force and everything that must agree with
//! them, and runs on a thread of its own ([`thread`]). Moments come in as values, so it can be
//! tested without a clock.
//!
//! Promises: a batch is answered after the commit that holds it, and everything that waits goes
//! into one commit. What could not be written is handed over again by its source, or waits here;
//! when it can be written again, a gap record says from when until when nothing was.
//!
//! Refuses: to log what a person did, and to take anything after the record that the agent stops.

mod ask;
mod clocks;
mod health;
mod life;
mod look;
mod news;
mod person;
mod proof;
mod show;
mod stall;
pub mod thread;

pub use life::{Begin, End, StartError};

use std::collections::BTreeMap;

use proviso_report::Hash;
use proviso_report::fact::GapCause;
use tokio::sync::{mpsc, watch};

use crate::journal::{Journal, WriteError, Writer};
use crate::order::{Book, Change};
use crate::person::notices::News;
use crate::platform::clock::Moment;
use crate::scope::Scope;
use crate::source::{Batch, Durable, ToPipeline, Wanted};
use crate::uplink::{Link, Notice};

/// A report closes so long after its first record, and confirmations are recorded so long after
/// the first of them.
const CLOSE_AFTER_MS: u64 = 5_000;
/// The same where the link is paid for by the byte: what a report costs beside its records is then paid
/// seldom. A possible breach closes it at once all the same.
const CLOSE_AFTER_METERED_MS: u64 = 600_000;
/// The order's term is looked at so often even if nobody sets the clock.
const LOOK_MS: u64 = 60_000;

/// Where the keeper tells others what changed.
#[derive(Debug)]
pub struct Outlets {
    /// What sources may look at.
    pub wanted: watch::Sender<Wanted>,
    /// How many records are in closed reports.
    pub closed: watch::Sender<u64>,
    /// What the order in force lets go over a link that is paid for by the byte, bytes a day.
    pub budget: watch::Sender<Option<u64>>,
    /// How far the collector is.
    pub progress: watch::Sender<Progress>,
    /// Records that go ahead of a backlog.
    pub notices: mpsc::Sender<Notice>,
    /// What the person should be told on the screen.
    pub news: mpsc::Sender<News>,
}

/// How far the collector is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many records it has given a receipt for.
    pub held: u64,
    /// Can it take more?
    pub connected: bool,
}

/// Keeps what was seen.
#[derive(Debug)]
pub struct Keeper {
    journal: Journal,
    book: Book,
    scope: Scope,
    outlets: Outlets,
    cursors: BTreeMap<String, Vec<u8>>,
    unsaid: health::Unsaid,
    stall: Option<stall::Stall>,
    pulse: life::Pulse,
    link: Link,
    /// Is the link paid for by the byte?
    metered: bool,
    stopped: bool,
    /// Whom to ask, where the order does not say.
    contact: Option<String>,
}

impl Keeper {
    /// Takes everything that waits.
    pub fn take(&mut self, messages: &mut Vec<ToPipeline>, now: &Moment) -> Result<(), WriteError> {
        let (mut batches, mut asks) = (Vec::new(), Vec::new());
        for message in messages.drain(..) {
            match message {
                ToPipeline::Batch(batch) => batches.push(batch),
                ToPipeline::Health(health) => self.unsaid.note(health, now),
                other => asks.push(other),
            }
        }
        self.commit(batches, false, now)?;
        for ask in asks {
            match ask {
                ToPipeline::Cursor(source, reply) => {
                    // The source may have gone.
                    let _ = reply.send(self.cursors.get(&source).cloned());
                }
                ToPipeline::Uplink(ask) => self.answer(ask, now)?,
                ToPipeline::Zone(zone) => self.zone(&zone, now)?,
                ToPipeline::Batch(_) | ToPipeline::Health(_) => {}
            }
        }
        Ok(())
    }

    /// Does what time has made due. May be called at any time.
    pub fn tick(&mut self, now: &Moment) -> Result<(), WriteError> {
        self.commit(Vec::new(), false, now)
    }

    /// Milliseconds until the next [`Self::tick`] is due.
    #[must_use]
    pub fn next_tick(&self, now: &Moment) -> u64 {
        let closing = [self.journal.open_since(), self.journal.confirming_since()];
        let closing = closing.into_iter().flatten().map(|since| {
            since
                .saturating_add(self.close_after())
                .saturating_sub(now.mono)
        });
        let turn = self.book.next_turn(now.at).map(|at| {
            let ms = at.0.saturating_sub(now.at.0).max(0);
            u64::try_from(ms).unwrap_or(LOOK_MS)
        });
        let stall = self.stall.as_ref();
        let over = stall.map(|stall| stall.over().saturating_sub(now.mono));
        let due = closing
            .chain(turn)
            .chain(over)
            .chain(self.journal.key_due_in(now))
            .chain([self.pulse.next(now), LOOK_MS])
            .min()
            .unwrap_or(LOOK_MS);
        due.max(stall.map_or(0, |stall| stall.retry.saturating_sub(now.mono)))
    }

    /// One transaction with everything in it; on failure nothing of it happened.
    fn commit(
        &mut self,
        batches: Vec<Batch>,
        ending: bool,
        now: &Moment,
    ) -> Result<(), WriteError> {
        if self.stopped {
            // Sources were told; what comes late is handed over at the next start.
            return Ok(());
        }
        if let Some(change) = self.book.turn(now.at)
            && !self.record(change, now)?
        {
            return Ok(());
        }
        let refused = !batches.is_empty();
        match self.journal.full(now.at) {
            Ok(None) => {}
            Ok(Some(why)) => {
                self.stalled(GapCause::Overflow, why, refused, now);
                return Ok(());
            }
            Err(error) => return self.failed(error, refused, now),
        }
        let over = self
            .stall
            .as_ref()
            .filter(|stall| refused || ending || now.mono >= stall.over());
        if self.pulse.next(now) == 0 {
            self.unsaid.say_losses(now);
        }
        let order = self.order();
        let due = self.pulse.is_due(now)
            || self.is_closing(now)
            || ending
            || over.is_some()
            || self.journal.key_is_due(now).is_some()
            || !self.unsaid.facts.is_empty();
        if batches.is_empty() && !due {
            return Ok(());
        }
        let mut done = Vec::new();
        let mut cursors = Vec::new();
        let closing = ending || self.is_closing(now);
        self.scope.begin();
        let (book, scope, pulse) = (&self.book, &mut self.scope, &self.pulse);
        let unsaid = &self.unsaid;
        let is_over = over.is_some();
        let dear = self.metered;
        let written = self.journal.transact_judged(book, |writer| {
            writer.over_a_dear_link(dear);
            pulse.clocks(writer, now)?;
            say_all(writer, unsaid, now)?;
            if let Some(stall) = over {
                writer.state(now.at, stall.gap(now), now)?;
            }
            for batch in batches {
                look::look(book, scope, writer, batch.observations, now)?;
                if let Some(cursor) = batch.cursor {
                    writer.set_cursor(&batch.source, &cursor)?;
                    cursors.push((batch.source, cursor));
                }
                done.extend(batch.done);
            }
            pulse.beat(writer, order, now)?;
            if ending {
                writer.set_life(true, now)?;
            }
            if closing {
                writer.close(now)?;
            }
            writer.settle(now)?;
            Ok((writer.take_notices(), writer.take_found()))
        });
        match written {
            Ok(durable) => {
                self.unsaid.said();
                if is_over {
                    self.stall = None;
                }
                self.pulse.beaten(now);
                self.cursors.extend(cursors);
                for done in done {
                    // The source may have gone.
                    let _ = done.send(Durable);
                }
                let (notices, found) = durable.into_value();
                self.tell(notices);
                self.tell_found(found);
                if ending {
                    return Ok(());
                }
                self.change_key(now)
            }
            Err(error) => {
                self.scope.undo();
                self.failed(error, refused, now)
            }
        }
    }

    /// Records a change of the order and lets it count; false when it could not be written.
    fn record(&mut self, change: Change, now: &Moment) -> Result<bool, WriteError> {
        let order = self.order();
        let (unsaid, pulse) = (&self.unsaid, &self.pulse);
        let written = self.journal.transact_judged(&self.book, |writer| {
            say_all(writer, unsaid, now)?;
            // What was seen and counted under the order of before is told before.
            writer.flush_confirmed(now)?;
            let early = pulse.beat_early(writer, order, now)?;
            for fact in &change.facts {
                writer.state(now.at, fact.clone(), now)?;
            }
            writer.set_orders(&change.stored())?;
            writer.close(now)?;
            Ok(early)
        });
        match written {
            Ok(durable) => {
                self.unsaid.said();
                if durable.into_value() {
                    self.pulse.beaten_early(now);
                }
                let news = self.news_of(&change);
                self.book.apply(change);
                for news in news {
                    // Who cannot be told on the screen sees it on the page.
                    let _ = self.outlets.news.try_send(news);
                }
                self.outlets.wanted.send_if_modified(|wanted| {
                    let new = self.book.wanted();
                    let changed = *wanted != new;
                    *wanted = new;
                    changed
                });
                self.outlets.budget.send_replace(budget(&self.book));
                self.tell(Vec::new());
                Ok(true)
            }
            Err(error) => self.failed(error, false, now).map(|()| false),
        }
    }

    /// Lets another key sign the log, if it is time.
    fn change_key(&mut self, now: &Moment) -> Result<(), WriteError> {
        let Some(reason) = self.journal.key_is_due(now) else {
            return Ok(());
        };
        match self.journal.change_key(&self.book, reason, now) {
            Ok(()) => {
                self.tell(Vec::new());
                Ok(())
            }
            Err(error) => self.failed(error, false, now),
        }
    }

    /// Tells others what a commit changed.
    fn tell(&self, notices: Vec<Notice>) {
        let progress = Progress {
            held: self.journal.held(),
            connected: self.link == Link::Up,
        };
        self.outlets
            .progress
            .send_if_modified(|known| std::mem::replace(known, progress) != progress);
        let closed = self.journal.closed();
        self.outlets
            .closed
            .send_if_modified(|known| std::mem::replace(known, closed) != closed);
        for notice in notices {
            // If none can be taken the record comes with its report.
            let _ = self.outlets.notices.try_send(notice);
        }
    }

    const fn close_after(&self) -> u64 {
        if self.metered {
            CLOSE_AFTER_METERED_MS
        } else {
            CLOSE_AFTER_MS
        }
    }

    fn is_closing(&self, now: &Moment) -> bool {
        [self.journal.open_since(), self.journal.confirming_since()]
            .into_iter()
            .flatten()
            .any(|since| now.mono >= since.saturating_add(self.close_after()))
    }

    /// The order in force, by its digest.
    fn order(&self) -> Option<Hash> {
        self.book.in_force().map(|judge| judge.order().digest())
    }

    /// Takes note of the time zone. What cannot be written now is noticed at the next look.
    fn zone(&mut self, zone: &str, now: &Moment) -> Result<(), WriteError> {
        if self.stopped {
            return Ok(());
        }
        let written = self
            .journal
            .transact_judged(&self.book, |writer| clocks::zone(writer, zone, now));
        match written {
            Ok(_durable) => Ok(()),
            Err(error) => self.failed(error, false, now),
        }
    }
}

/// What the order in force lets go over a link that is paid for by the byte.
fn budget(book: &Book) -> Option<u64> {
    let kilobytes = book.in_force()?.order().notice().metered_kilobytes?;
    Some(u64::from(kilobytes).saturating_mul(1_000))
}

/// What had to wait for this transaction.
fn say_all(
    writer: &mut Writer<'_>,
    unsaid: &health::Unsaid,
    now: &Moment,
) -> Result<(), WriteError> {
    for (at, fact) in &unsaid.facts {
        writer.state(*at, fact.clone(), now)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
