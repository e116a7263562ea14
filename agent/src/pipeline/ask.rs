//! Answers to the uplink.

use super::Keeper;
use super::life::in_force;
use crate::journal::WriteError;
use crate::order::{Answer, StoreError};
use crate::platform::clock::Moment;
use crate::uplink::{Ask, Offered, Standing};
use tokio::sync::oneshot;

impl Keeper {
    /// Answers. A question that cannot be answered now is dropped; the uplink asks again.
    pub(super) fn answer(&mut self, ask: Ask, now: &Moment) -> Result<(), WriteError> {
        // Whoever asked may have gone.
        match ask {
            Ask::Standing(reply) => {
                let _ = reply.send(Standing {
                    closed: self.journal.closed(),
                    held: self.journal.held(),
                    order: self.book.digest(),
                    updates: self.book.updates(),
                });
            }
            Ask::Report { first, reply } => match self.journal.report(first) {
                Ok(report) => {
                    let _ = reply.send(report);
                }
                Err(error) => self.failed(error, false, now)?,
            },
            Ask::Held {
                checkpoint,
                receipt,
                reply,
            } => match self.journal.hold(&checkpoint, &receipt) {
                Ok(ours) => {
                    self.tell(Vec::new());
                    let _ = reply.send(ours);
                }
                Err(error) => self.failed(error, false, now)?,
            },
            Ask::Order { package, reply } => {
                let answer = self.book.offer(package, now.at);
                self.decide(answer, reply, now)?;
            }
            Ask::List {
                sha256,
                bytes,
                reply,
            } => {
                let answer = self.book.list(sha256, &bytes, now.at);
                self.decide(answer, reply, now)?;
            }
            Ask::Log(reply) => {
                let _ = reply.send(self.journal.log());
            }
            Ask::Broken { cause, reply } => match self.journal.ask_for_epoch(cause) {
                Ok(request) => {
                    let _ = reply.send(request);
                }
                Err(error) => self.failed(error, false, now)?,
            },
            Ask::Epoch {
                cause,
                answer,
                reply,
            } => {
                if self.stopped {
                    return Ok(());
                }
                let begins = in_force(&self.book);
                let begun = self
                    .journal
                    .begin_epoch(&self.book, cause, &answer, &begins, now);
                match begun {
                    Ok(()) => {
                        self.tell(Vec::new());
                        let _ = reply.send(());
                    }
                    Err(error) => self.failed(error, false, now)?,
                }
            }
            Ask::Link(link) => {
                self.link = link;
                self.tell(Vec::new());
            }
            Ask::Metered(metered) => self.metered = metered,
        }
        Ok(())
    }

    /// Records what becomes of an offer, then says it.
    fn decide(
        &mut self,
        answer: Result<Answer, StoreError>,
        reply: oneshot::Sender<Offered>,
        now: &Moment,
    ) -> Result<(), WriteError> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                tracing::error!(%error, "an order cannot be kept now");
                return Ok(());
            }
        };
        if let Some(change) = answer.change
            && (self.stopped || !self.record(change, now)?)
        {
            return Ok(());
        }
        let _ = reply.send(answer.offered);
        Ok(())
    }
}
