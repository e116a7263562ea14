//! Sources: each turns what the system shows into [`Observation`]s and hands them to the pipeline.
//!
//! Read [`Observation`] and [`Port`] first. A source owns its own way of looking and its cursor
//! (where it has read up to); the pipeline owns everything that becomes of an observation.
//!
//! Promises: a cursor is stored in the transaction of the records that it stands for, so a kill at
//! any moment neither loses nor doubles what a source saw. A source that fails says so
//! ([`Health`]) and tries again; it never ends in silence.
//!
//! Refuses: to look at kinds that no order in force wants ([`Wanted`]), and to write anything.

pub mod accounts;
mod base_line;
pub mod beat;
mod bounded;
pub mod browsers;
pub mod computer;
mod condition;
pub mod devices;
pub mod extension;
pub mod files;
pub mod foreground;
mod hand_over;
pub mod history;
pub mod itself;
pub mod network;
pub mod other_system;
pub mod packages;
pub mod phone;
pub mod process;
pub mod sessions;
#[cfg(test)]
mod stage;
pub mod table;
pub mod tools;
mod turns;
mod wake;
mod wanted;

pub(crate) use condition::Condition;

use std::path::Path;
use std::sync::Arc;

use proviso_report::fact::{Fact, Gap, Kind};
use proviso_report::record::{Method, UnixMs};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use self::files::asked::Asked;
use crate::config::Config;
use crate::uplink;

/// Names a source and its cursor: `extension:chromium:alex`, `history:firefox:alex:<profile>`.
pub type SourceKey = String;

/// Waiting messages to the pipeline; beyond, sources wait.
const QUEUE: usize = 256;

/// Something that a source saw. Nothing of it may be kept before scope has said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// When it happened, by the source's clock.
    pub at: UnixMs,
    /// In whose account, by its name on this computer; `None`: the system's.
    pub account: Option<String>,
    /// How it is known.
    pub method: Method,
    /// What.
    pub fact: Fact,
}

/// Observations that become durable together, with the cursor after them.
#[derive(Debug)]
pub struct Batch {
    /// Whose.
    pub source: SourceKey,
    /// In the order in which they happened.
    pub observations: Vec<Observation>,
    /// The source's cursor once they are durable; `None`: it stays as it was.
    pub cursor: Option<Vec<u8>>,
    /// Answered after the commit; dropped when the batch was not taken.
    pub done: Option<oneshot::Sender<Durable>>,
}

/// The pipeline's word that a batch is on disk. Only the pipeline makes it.
#[derive(Debug)]
pub struct Durable;

/// Why a batch is not on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// The pipeline could not write (a full disk): hand it over again.
    #[error("the journal could not be written")]
    Refused,
    /// The agent stops.
    #[error("the agent stops")]
    Closed,
}

/// How a source does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It stopped to work; a sentence says why. Said once, until it works again.
    Failed {
        /// Which.
        source: SourceKey,
        /// Why, and what helps.
        reason: String,
    },
    /// It works again.
    Restored {
        /// Which.
        source: SourceKey,
    },
    /// Something is missing from what it saw.
    Gap(Gap),
    /// The same, where it comes often: told with others of its source and its words, once per
    /// heartbeat.
    Lost(Gap),
    /// A sign of the agent's own life ([`Kind::is_life_sign`]): it was altered, is traced, is kept
    /// from its collector.
    Sign(Fact),
}

/// What a source, the uplink or the desk asks of the pipeline.
#[derive(Debug)]
pub enum ToPipeline {
    /// Take these.
    Batch(Batch),
    /// Where did this source get to?
    Cursor(SourceKey, oneshot::Sender<Option<Vec<u8>>>),
    /// Note how a source does.
    Health(Health),
    /// What the uplink wants.
    Uplink(uplink::Ask),
    /// The time zone of the computer, as it is now.
    Zone(String),
}

/// The way to the pipeline. Clones share it.
#[derive(Clone, Debug)]
pub struct Port(mpsc::Sender<ToPipeline>);

/// The kinds of facts that an order in force wants. Empty: no order is in force, look at nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    kinds: Vec<Kind>,
    files: Asked,
}

/// What every source is given.
#[derive(Clone, Debug)]
pub struct Context {
    /// The agent's settings.
    pub config: Arc<Config>,
    /// The state directory.
    pub state: Arc<Path>,
    /// What may be looked at; changes with the order in force.
    pub wanted: watch::Receiver<Wanted>,
    /// The agent stops.
    pub stop: CancellationToken,
}

impl Batch {
    /// A batch that leaves the cursor where it is.
    pub fn new(source: &str, observations: Vec<Observation>) -> Self {
        Self {
            source: source.to_owned(),
            observations,
            cursor: None,
            done: None,
        }
    }

    /// The same, with the cursor after it.
    #[must_use]
    pub fn with_cursor(self, cursor: Vec<u8>) -> Self {
        Self {
            cursor: Some(cursor),
            ..self
        }
    }
}

impl Wanted {
    /// These kinds.
    pub fn new(kinds: Vec<Kind>) -> Self {
        Self {
            kinds,
            files: Asked::default(),
        }
    }

    /// The same, and this of files.
    #[must_use]
    pub fn with_files(self, files: Asked) -> Self {
        Self { files, ..self }
    }

    /// What is asked of files.
    pub(crate) fn files(&self) -> &Asked {
        &self.files
    }

    /// Those of these kinds that are wanted.
    #[must_use]
    pub fn only(&self, kinds: &[Kind]) -> Self {
        let is_of = |kind: &Kind| kinds.contains(kind);
        Self {
            kinds: self.kinds.iter().copied().filter(is_of).collect(),
            files: match kinds.contains(&Kind::FileChange) {
                true => self.files.clone(),
                false => Asked::default(),
            },
        }
    }

    /// May facts of this kind be looked at?
    pub fn wants(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }
}

impl Port {
    /// A port and where its messages arrive.
    pub fn channel() -> (Self, mpsc::Receiver<ToPipeline>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self(sender), receiver)
    }

    /// Hands a batch over; answers once it is on disk.
    pub async fn submit(&self, mut batch: Batch) -> Result<Durable, NotTaken> {
        let (done, answer) = oneshot::channel();
        batch.done = Some(done);
        self.send(ToPipeline::Batch(batch)).await?;
        answer.await.map_err(|_| NotTaken::Refused)
    }

    /// The stored cursor of a source; `None` when there is none or the agent stops.
    pub async fn cursor(&self, source: &str) -> Option<Vec<u8>> {
        let (reply, answer) = oneshot::channel();
        self.send(ToPipeline::Cursor(source.to_owned(), reply))
            .await
            .ok()?;
        answer.await.ok()?
    }

    /// Says how a source does. What is handed over afterwards is written afterwards.
    pub async fn health(&self, health: Health) -> Result<(), NotTaken> {
        self.send(ToPipeline::Health(health)).await
    }

    /// The same without waiting; false when there is no room for it now.
    #[must_use]
    pub fn try_health(&self, health: Health) -> bool {
        self.0.try_send(ToPipeline::Health(health)).is_ok()
    }

    /// Sends anything that the pipeline understands.
    pub async fn send(&self, message: ToPipeline) -> Result<(), NotTaken> {
        self.0.send(message).await.map_err(|_| NotTaken::Closed)
    }
}
