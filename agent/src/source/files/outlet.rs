//! From the thread that looks at files to the pipeline.
//!
//! Promises: one batch is on its way at a time, and the thread waits until it is on disk: what it
//! remembers of the places is never ahead of what is recorded.

use tokio::sync::{mpsc, oneshot};

use crate::source::hand_over::hand_over;
use crate::source::{Health, NotTaken, Observation, Port};

/// So many observations become durable together.
const BATCH: usize = 256;

/// The order changed, or the agent stops: nothing more is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing more is taken")]
pub(super) struct Stopped;

/// What goes to the pipeline.
#[derive(Debug)]
pub(super) enum Parcel {
    /// Observations, the cursor after them, and whom to tell when they are on disk.
    Batch(Vec<Observation>, Vec<u8>, oneshot::Sender<()>),
    /// How the source does.
    Health(Box<Health>),
}

/// The end in the thread.
#[derive(Debug)]
pub(super) struct Outlet {
    parcels: mpsc::Sender<Parcel>,
    waiting: Vec<Observation>,
}

impl Outlet {
    /// An outlet and where its parcels arrive.
    pub(super) fn new() -> (Self, mpsc::Receiver<Parcel>) {
        let (parcels, arrive) = mpsc::channel(1);
        let waiting = Vec::new();
        (Self { parcels, waiting }, arrive)
    }

    /// Puts one with the others; are there enough for a batch?
    pub(super) fn put(&mut self, observation: Observation) -> bool {
        self.waiting.push(observation);
        self.waiting.len() >= BATCH
    }

    /// Is there anything in it?
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Hands over what was put in, with the cursor after it.
    pub(super) fn give(&mut self, cursor: Vec<u8>) -> Result<(), Stopped> {
        let (done, answer) = oneshot::channel();
        let batch = Parcel::Batch(std::mem::take(&mut self.waiting), cursor, done);
        self.parcels.blocking_send(batch).map_err(|_| Stopped)?;
        answer.blocking_recv().map_err(|_| Stopped)
    }

    /// Says how the source does. What was put in before is to be given before.
    pub(super) fn say(&mut self, health: Health) -> Result<(), Stopped> {
        let parcel = Parcel::Health(Box::new(health));
        self.parcels.blocking_send(parcel).map_err(|_| Stopped)
    }
}

/// Takes a parcel to the pipeline.
pub(super) async fn deliver(port: &Port, key: &str, parcel: Parcel) -> Result<(), NotTaken> {
    match parcel {
        Parcel::Batch(observations, cursor, done) => {
            hand_over(port, key, &observations, &cursor).await?;
            // The thread may have gone.
            let _ = done.send(());
            Ok(())
        }
        Parcel::Health(health) => port.health(*health).await,
    }
}
