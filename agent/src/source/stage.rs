//! A pipeline for the tests of sources: takes everything, keeps cursors, and shows what came.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proviso_report::fact::{Fact, Kind};
use proviso_report::record::Method;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{Context, Durable, Health, Observation, Port, ToPipeline, Wanted};
use crate::config::Config;

/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What outlasts one run of a source.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stage(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

/// One run of a source.
#[derive(Debug)]
pub(crate) struct Run {
    observations: mpsc::UnboundedReceiver<Observation>,
    cursors: mpsc::UnboundedReceiver<String>,
    healths: mpsc::UnboundedReceiver<Health>,
    pub(crate) wanted: watch::Sender<Wanted>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Stage {
    /// What a source has stored under this key.
    pub(crate) fn cursor(&self, key: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap().get(key).cloned()
    }

    /// Starts a source for the account `alex`, wanted for these kinds.
    pub(crate) fn run<F>(&self, kinds: &[Kind], source: impl FnOnce(Port, Context) -> F) -> Run
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.run_with(kinds, |_| {}, source)
    }

    /// The same with other settings.
    pub(crate) fn run_with<F>(
        &self,
        kinds: &[Kind],
        configure: impl FnOnce(&mut Config),
        source: impl FnOnce(Port, Context) -> F,
    ) -> Run
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (port, mut messages) = Port::channel();
        let (wanted, receiver) = watch::channel(Wanted::new(kinds.to_vec()));
        let stop = CancellationToken::new();
        let mut config = Config::new("c.example:1".into(), vec!["alex".into()]);
        configure(&mut config);
        let context = Context {
            config: Arc::new(config),
            state: Arc::from(Path::new("/nowhere")),
            wanted: receiver,
            stop: stop.clone(),
        };
        let (seen, observations) = mpsc::unbounded_channel();
        let (kept, cursors) = mpsc::unbounded_channel();
        let (said, healths) = mpsc::unbounded_channel();
        let store = Arc::clone(&self.0);
        tokio::spawn(async move {
            while let Some(message) = messages.recv().await {
                match message {
                    ToPipeline::Cursor(key, reply) => {
                        let cursor = store.lock().unwrap().get(&key).cloned();
                        let _ = reply.send(cursor);
                    }
                    ToPipeline::Batch(batch) => {
                        for observation in batch.observations {
                            let _ = seen.send(observation);
                        }
                        if let Some(cursor) = batch.cursor {
                            store.lock().unwrap().insert(batch.source.clone(), cursor);
                            let _ = kept.send(batch.source);
                        }
                        let _ = batch.done.unwrap().send(Durable);
                    }
                    ToPipeline::Health(health) => {
                        let _ = said.send(health);
                    }
                    _ => {}
                }
            }
        });
        Run {
            observations,
            cursors,
            healths,
            wanted,
            stop,
            task: tokio::spawn(source(port, context)),
        }
    }
}

impl Run {
    /// The next thing that is handed over.
    pub(crate) async fn next(&mut self) -> Observation {
        tokio::time::timeout(PATIENCE, self.observations.recv())
            .await
            .expect("nothing was handed over")
            .unwrap()
    }

    /// The next that this takes, with the method; others are passed over.
    pub(crate) async fn find<T>(&mut self, wanted: impl Fn(&Fact) -> Option<T>) -> (T, Method) {
        loop {
            let next = self.next().await;
            if let Some(found) = wanted(&next.fact) {
                return (found, next.method);
            }
        }
    }

    /// The next word on how the source does.
    pub(crate) async fn health(&mut self) -> Health {
        tokio::time::timeout(PATIENCE, self.healths.recv())
            .await
            .expect("nothing was said")
            .unwrap()
    }

    /// Waits until the source has stored this cursor.
    pub(crate) async fn kept(&mut self, key: &str) {
        while tokio::time::timeout(PATIENCE, self.cursors.recv())
            .await
            .expect("no cursor was stored")
            .unwrap()
            != key
        {}
    }

    /// What was handed over so far and not asked for.
    pub(crate) fn left(&mut self) -> Vec<Observation> {
        std::iter::from_fn(|| self.observations.try_recv().ok()).collect()
    }

    /// Ends it; gives what was handed over and not asked for.
    pub(crate) async fn stop(mut self) -> Vec<Observation> {
        self.stop.cancel();
        (&mut self.task).await.unwrap();
        self.left()
    }
}
