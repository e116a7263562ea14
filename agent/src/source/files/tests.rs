//! Real files in the folders of an account of the test.

mod burst;
mod down;
mod random;
mod told;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proviso_report::fact::{Fact, FileChange, FileWas, Gap};
use proviso_report::record::Method;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::asked::{Asked, Reach};
use super::engine::Limits;
use super::*;
use crate::config::Config;
use crate::platform::accounts::{AccountError, Owner};
use crate::platform::open_files::Program;
use crate::source::{Durable, Health, Observation, ToPipeline, Wanted};

/// A test that passes never waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

struct Home(Account);

impl Computer for Home {
    fn account(&self, name: &str) -> Result<Account, AccountError> {
        match name == self.0.name {
            true => Ok(self.0.clone()),
            false => Err(AccountError::Unknown(name.to_owned())),
        }
    }

    fn programs(&self, _: Owner, _: &[&str]) -> io::Result<Vec<Program>> {
        Ok(Vec::new())
    }
}

/// What the pipeline took.
#[derive(Debug, Default)]
struct Taken {
    observations: Vec<Observation>,
    health: Vec<Health>,
    cursors: std::collections::BTreeMap<String, Vec<u8>>,
}

/// A computer with an account, whose files are watched while a run lasts.
struct Scene {
    dir: TempDir,
    taken: Arc<Mutex<Taken>>,
    asked: Asked,
    limits: Limits,
}

struct Run {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("home/Downloads")).unwrap();
        std::fs::create_dir(dir.path().join("state")).unwrap();
        let places = BTreeSet::from(["downloads".to_owned(), "pictures".to_owned()]);
        let folders = BTreeSet::new();
        Self {
            dir,
            taken: Arc::default(),
            asked: Asked {
                reach: Reach::Named { places, folders },
                types: true,
                hashes: true,
            },
            limits: Limits::default(),
        }
    }

    fn home(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("home")
    }

    fn downloads(&self) -> PathBuf {
        self.home().join("Downloads")
    }

    /// Starts the source, and waits until it watches.
    async fn run(&self) -> Run {
        let before = self.lock().cursors.get(KEY).cloned();
        let run = self.start();
        self.until("the places to be watched", |taken| {
            taken
                .cursors
                .get(KEY)
                .is_some_and(|now| Some(now) != before.as_ref())
        })
        .await;
        run
    }

    fn start(&self) -> Run {
        let account = Account {
            name: "alex".into(),
            owner: Owner(rustix::process::getuid().as_raw()),
            home: self.home(),
        };
        let kinds = vec![Kind::FileChange];
        let (_, wanted) = watch::channel(Wanted::new(kinds).with_files(self.asked.clone()));
        let stop = CancellationToken::new();
        let context = Context {
            config: Arc::new(Config::new("c:1".into(), vec!["alex".into()])),
            state: Arc::from(self.dir.path().join("state")),
            wanted,
            stop: stop.clone(),
        };
        let port = self.pipeline();
        let task = tokio::spawn(run_on(Arc::new(Home(account)), port, context, self.limits));
        Run { stop, task }
    }

    fn pipeline(&self) -> Port {
        let (port, mut messages) = Port::channel();
        let taken = Arc::clone(&self.taken);
        tokio::spawn(async move {
            while let Some(message) = messages.recv().await {
                let mut taken = taken.lock().unwrap();
                match message {
                    ToPipeline::Cursor(source, reply) => {
                        drop(reply.send(taken.cursors.get(&source).cloned()));
                    }
                    ToPipeline::Batch(batch) => {
                        taken.observations.extend(batch.observations);
                        if let Some(cursor) = batch.cursor {
                            taken.cursors.insert(batch.source, cursor);
                        }
                        drop(batch.done.unwrap().send(Durable));
                    }
                    ToPipeline::Health(health) => taken.health.push(health),
                    _ => {}
                }
            }
        });
        port
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.taken.lock().unwrap()
    }

    async fn until(&self, what: &str, holds: impl Fn(&Taken) -> bool) {
        let wait = async {
            while !holds(&self.lock()) {
                sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, wait).await.is_err() {
            panic!("gave up waiting for {what}: {:#?}", self.lock());
        }
    }

    /// Waits for a record of this about a file.
    async fn told(&self, was: FileWas, path: &Path) -> Observation {
        let is = |one: &&Observation| {
            let change = change(one);
            change.change == was && Path::new(&change.path) == path
        };
        self.until(&format!("{was:?} of {path:?}"), |taken| {
            taken.observations.iter().any(|one| is(&one))
        })
        .await;
        self.lock().observations.iter().find(is).cloned().unwrap()
    }

    /// What was told, without what is long.
    fn list(&self) -> Vec<(FileWas, String)> {
        let taken = self.lock();
        let all = taken.observations.iter().map(change);
        all.map(|one| (one.change, one.path.clone())).collect()
    }

    fn gaps(&self) -> Vec<Gap> {
        let taken = self.lock();
        taken.health.iter().filter_map(gap).cloned().collect()
    }

    /// The files that there are if one believes what was told.
    fn believed(&self) -> BTreeSet<String> {
        let mut there = BTreeSet::new();
        for one in &self.lock().observations {
            let change = change(one);
            if let Some(from) = &change.from {
                there.remove(from);
            }
            match change.change {
                FileWas::Deleted => there.remove(&change.path),
                _ => there.insert(change.path.clone()),
            };
        }
        there
    }
}

impl Run {
    /// Ends in good order.
    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

fn change(observation: &Observation) -> &FileChange {
    match &observation.fact {
        Fact::FileChange(change) => change,
        other => panic!("{other:?}"),
    }
}

fn gap(health: &Health) -> Option<&Gap> {
    match health {
        Health::Gap(gap) | Health::Lost(gap) => Some(gap),
        _ => None,
    }
}
