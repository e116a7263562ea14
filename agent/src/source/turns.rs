//! Runs a source while an order in force wants what it sees.
//!
//! Promises: when it was wanted is kept with its cursors ([`WantedTimes`]) before anything is looked
//! at; a change of the order ends the work in the middle, and begins it anew if it is wanted still.
//! Refuses: to run it while none of its kinds is wanted.

use std::future::Future;

use proviso_report::fact::Kind;
use tokio::sync::watch;

use super::hand_over::hand_over;
use super::wanted::WantedTimes;
use super::{Context, NotTaken, Port, Wanted};
use crate::platform::clock;

/// The times at which one source runs, one after another.
#[derive(Debug)]
pub(crate) struct Turns {
    port: Port,
    key: &'static str,
    kinds: &'static [Kind],
    wanted: watch::Receiver<Wanted>,
    now: Wanted,
    times: Option<WantedTimes>,
}

/// What a source is told when it begins.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    /// Which of its kinds are wanted.
    pub(crate) wanted: Wanted,
    /// When it was wanted: what happened at other times is never handed over.
    pub(crate) times: WantedTimes,
    /// Was it not wanted before, or never run? Then what is there already is no news.
    pub(crate) anew: bool,
}

/// Does this until the agent stops. Only a pipeline that is gone ends it before, and then the agent
/// stops too.
pub(crate) async fn until_stopped(
    context: &Context,
    work: impl Future<Output = Result<(), NotTaken>>,
) {
    tokio::select! {
        () = context.stop.cancelled() => {}
        _ = work => {}
    }
}

impl Turns {
    /// Of a source that sees these kinds. `key`: the cursor that says when it was wanted.
    pub(crate) async fn of(
        port: &Port,
        context: &Context,
        key: &'static str,
        kinds: &'static [Kind],
    ) -> Self {
        let times = match port.cursor(key).await {
            Some(bytes) => WantedTimes::from_bytes(&bytes),
            None => None,
        };
        Self {
            port: port.clone(),
            key,
            kinds,
            wanted: context.wanted.clone(),
            now: Wanted::default(),
            times,
        }
    }

    /// Waits until it is wanted.
    pub(crate) async fn next(&mut self) -> Result<Turn, NotTaken> {
        loop {
            self.now = self.wanted.borrow_and_update().only(self.kinds);
            let is_wanted = self.now != Wanted::default();
            let known = self.times.is_some();
            let at = clock::now().0;
            let mut times = match self.times.take() {
                Some(times) => times,
                None => WantedTimes::begin(at),
            };
            let held = times.hold_to(at);
            let anew = times.note(is_wanted, at) || !known;
            self.times = Some(times.clone());
            if anew || held {
                hand_over(&self.port, self.key, &[], &times.to_bytes()).await?;
            }
            if is_wanted {
                let wanted = self.now.clone();
                tracing::debug!(source = self.key, ?wanted, anew, "a source begins");
                return Ok(Turn {
                    wanted,
                    times,
                    anew,
                });
            }
            self.changed().await;
        }
    }

    /// Does this until the order changes what is wanted.
    pub(crate) async fn during(
        &mut self,
        work: impl Future<Output = Result<(), NotTaken>>,
    ) -> Result<(), NotTaken> {
        tokio::select! {
            () = self.changed() => Ok(()),
            result = async {
                work.await?;
                // There is nothing more to look at under this order.
                std::future::pending().await
            } => result,
        }
    }

    async fn changed(&mut self) {
        while self.wanted.borrow_and_update().only(self.kinds) == self.now {
            if self.wanted.changed().await.is_err() {
                // Nobody can change it any more; the agent stops soon.
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::mpsc;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::config::Config;
    use crate::source::{Durable, ToPipeline};

    /// Takes everything; tells what was stored.
    fn pipeline() -> (Port, mpsc::UnboundedReceiver<Vec<u8>>) {
        let (port, mut messages) = Port::channel();
        let (stored, told) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(message) = messages.recv().await {
                match message {
                    ToPipeline::Cursor(_, reply) => drop(reply.send(None)),
                    ToPipeline::Batch(batch) => {
                        stored.send(batch.cursor.unwrap()).unwrap();
                        drop(batch.done.unwrap().send(Durable));
                    }
                    _ => {}
                }
            }
        });
        (port, told)
    }

    #[tokio::test]
    async fn runs_only_while_it_is_wanted() {
        const KINDS: &[Kind] = &[Kind::Device, Kind::Session];
        let (port, mut stored) = pipeline();
        let (order, wanted) = watch::channel(Wanted::new(vec![Kind::WebVisit]));
        let context = Context {
            config: Arc::new(Config::new("c:1".into(), vec!["alex".into()])),
            state: Arc::from(std::path::Path::new("/none")),
            wanted,
            stop: CancellationToken::new(),
        };
        let mut turns = Turns::of(&port, &context, "key", KINDS).await;
        {
            let next = turns.next();
            tokio::pin!(next);
            tokio::select! {
                biased;
                _ = &mut next => panic!("not wanted"),
                bytes = stored.recv() => {
                    // Noted first: it never ran, and is not wanted.
                    let times = WantedTimes::from_bytes(&bytes.unwrap()).unwrap();
                    assert!(!times.covers(i64::MAX - 1));
                }
            }
            order.send(Wanted::new(vec![Kind::Device])).unwrap();
            let turn = next.await.unwrap();
            assert!(turn.anew && turn.wanted.wants(Kind::Device));
            assert!(turn.times.covers(i64::MAX));
        }
        assert!(stored.recv().await.is_some());
        // What it does not see changes nothing.
        let work = async {
            order
                .send(Wanted::new(vec![Kind::Device, Kind::WebVisit]))
                .unwrap();
            tokio::task::yield_now().await;
            order.send(Wanted::new(KINDS.to_vec())).unwrap();
            std::future::pending().await
        };
        assert_eq!(turns.during(work).await, Ok(()));
        let turn = turns.next().await.unwrap();
        assert!(!turn.anew && turn.wanted.wants(Kind::Session));
    }
}
