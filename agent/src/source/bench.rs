//! Stands for the pipeline in tests of sources: keeps cursors over runs, and what was handed over.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use proviso_report::fact::Kind;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{Context, Durable, Health, Observation, Port, ToPipeline, Wanted};
use crate::config::Config;

/// What is on disk.
#[derive(Debug, Default)]
pub(crate) struct Bench {
    pub(crate) cursors: BTreeMap<String, Vec<u8>>,
}

/// One run of a source for account `alex`.
pub(crate) struct Run<'a> {
    bench: &'a mut Bench,
    pipeline: mpsc::Receiver<ToPipeline>,
    ready: VecDeque<Observation>,
    pub(crate) health: Vec<Health>,
    pub(crate) wanted: watch::Sender<Wanted>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Bench {
    /// Runs a source under an order that wants these kinds.
    pub(crate) fn run<F>(
        &mut self,
        kinds: &[Kind],
        source: impl FnOnce(Port, Context) -> F,
    ) -> Run<'_>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (port, pipeline) = Port::channel();
        let (wanted, receiver) = watch::channel(Wanted::new(kinds.to_vec()));
        let stop = CancellationToken::new();
        let context = Context {
            config: Arc::new(Config::new("c.example:1".into(), vec!["alex".into()])),
            state: Arc::from(std::path::Path::new("/nowhere")),
            wanted: receiver,
            stop: stop.clone(),
        };
        Run {
            bench: self,
            pipeline,
            ready: VecDeque::new(),
            health: Vec::new(),
            wanted,
            stop,
            task: tokio::spawn(source(port, context)),
        }
    }
}

impl Run<'_> {
    /// Answers one message as the pipeline does; gives the cursor that it moved.
    async fn step(&mut self) -> Option<String> {
        match self.pipeline.recv().await.unwrap() {
            ToPipeline::Cursor(source, answer) => {
                drop(answer.send(self.bench.cursors.get(&source).cloned()));
                None
            }
            ToPipeline::Batch(batch) => {
                self.ready.extend(batch.observations);
                let moved = batch.source.clone();
                self.bench
                    .cursors
                    .insert(batch.source, batch.cursor.unwrap());
                // The source can have been stopped meanwhile.
                drop(batch.done.unwrap().send(Durable));
                Some(moved)
            }
            ToPipeline::Health(health) => {
                self.health.push(health);
                None
            }
            other => panic!("{other:?}"),
        }
    }

    /// Until it has moved this cursor.
    pub(crate) async fn until_stored(&mut self, cursor: &str) {
        while self.step().await.as_deref() != Some(cursor) {}
    }

    /// Until it has said something of how it does.
    pub(crate) async fn next_health(&mut self) -> Health {
        while self.health.is_empty() {
            self.step().await;
        }
        self.health.remove(0)
    }

    /// The next thing that it hands over.
    pub(crate) async fn next(&mut self) -> Observation {
        loop {
            if let Some(observation) = self.ready.pop_front() {
                return observation;
            }
            self.step().await;
        }
    }

    /// What it has handed over and nobody has asked for.
    pub(crate) fn left(&mut self) -> Vec<Observation> {
        self.ready.drain(..).collect()
    }

    /// Ends it as the agent does.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}
