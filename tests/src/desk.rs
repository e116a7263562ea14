//! The source of browsers' databases, run in this process over a computer of the tests, with a journal
//! that can be asked.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use anyhow::anyhow;
use proviso_agent::config::Config;
use proviso_agent::platform::accounts::{Account, AccountError, Owner};
use proviso_agent::platform::open_files::Program;
use proviso_agent::source::computer::Computer;
use proviso_agent::source::{Context, Durable, Observation, Port, ToPipeline, Wanted, history};
use proviso_report::Kind;
use proviso_report::fact::Fact;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::machine::{self, Machine};
use crate::site::Sites;
use crate::wait::{PATIENCE, until};

/// A computer with one account, and the journal of the source that runs outside of it.
#[derive(Debug)]
pub struct Desk {
    /// The internet.
    pub sites: Sites,
    /// The computer.
    pub machine: Machine,
    /// The account.
    pub alice: machine::Account,
    told: Arc<Mutex<Vec<Observation>>>,
    cursors: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    dir: tempfile::TempDir,
}

/// A running source.
#[derive(Debug)]
pub struct Source {
    wanted: watch::Sender<Wanted>,
    stop: CancellationToken,
    thread: JoinHandle<()>,
}

impl Desk {
    /// With a home and nothing in it.
    pub fn new() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let machine = Machine::new(&dir.path().join("machine"))?;
        let alice = machine.add_account("alice")?;
        std::fs::create_dir(dir.path().join("state"))?;
        Ok(Self {
            sites: Sites::start()?,
            alice,
            machine,
            told: Arc::default(),
            cursors: Arc::default(),
            dir,
        })
    }

    /// Starts the source; these are wanted.
    pub fn source(&self, kinds: &[Kind]) -> anyhow::Result<Source> {
        let (port, pipeline) = Port::channel();
        let (wanted, receiver) = watch::channel(Wanted::new(kinds.to_vec()));
        let stop = CancellationToken::new();
        let accounts = vec![self.alice.name.clone()];
        let context = Context {
            config: Arc::new(Config::new("c.example:1".into(), accounts)),
            state: Arc::from(self.dir.path().join("state")),
            wanted: receiver,
            stop: stop.clone(),
        };
        let computer = Arc::new(Outside {
            account: self.alice.clone(),
        });
        let (told, cursors) = (Arc::clone(&self.told), Arc::clone(&self.cursors));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::join!(
                    history::run_on(computer, port, context),
                    keep(pipeline, &told, &cursors)
                )
            });
        });
        Ok(Source {
            wanted,
            stop,
            thread,
        })
    }

    /// All that was handed over so far.
    #[must_use]
    pub fn told(&self) -> Vec<Observation> {
        locked(&self.told).clone()
    }

    /// The cursor of a source, as it is kept.
    #[must_use]
    pub fn cursor(&self, source: &str) -> Option<Vec<u8>> {
        locked(&self.cursors).get(source).cloned()
    }

    /// Waits for something that was handed over.
    pub fn wait_for<T>(
        &self,
        what: &str,
        is_it: impl Fn(&Observation) -> Option<T>,
    ) -> anyhow::Result<T> {
        until(what, PATIENCE, || {
            Ok(locked(&self.told).iter().find_map(&is_it))
        })
    }

    /// Waits for the visit of a page.
    pub fn wait_for_visit(&self, url: &str) -> anyhow::Result<()> {
        self.wait_for(&format!("{url} in the history"), |one| match &one.fact {
            Fact::WebVisit(visit) if visit.url == url => Some(()),
            _ => None,
        })
    }

    /// Waits until what is remembered of a history holds so many visits, so that their end is noticed.
    pub fn wait_until_remembered(&self, source: &str, visits: u64) -> anyhow::Result<()> {
        let key = format!("{source}|seen");
        until("the visits to be remembered", PATIENCE, || {
            // Format, seen, boot, file, sequence; then how many there are.
            let held = self.cursor(&key).and_then(|bytes| {
                let count = bytes.get(49..57)?.try_into().ok()?;
                Some(u64::from_be_bytes(count))
            });
            Ok(held.is_some_and(|held| held >= visits).then_some(()))
        })
    }
}

impl Source {
    /// Changes what is wanted.
    pub fn want(&self, kinds: &[Kind]) -> anyhow::Result<()> {
        Ok(self.wanted.send(Wanted::new(kinds.to_vec()))?)
    }

    /// Ends it as the agent ends.
    pub fn end(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.thread
            .join()
            .map_err(|_| anyhow!("the source panicked"))
    }
}

/// Does as the journal does, until the source is gone.
async fn keep(
    mut pipeline: tokio::sync::mpsc::Receiver<ToPipeline>,
    told: &Mutex<Vec<Observation>>,
    cursors: &Mutex<BTreeMap<String, Vec<u8>>>,
) {
    while let Some(message) = pipeline.recv().await {
        match message {
            ToPipeline::Cursor(source, answer) => {
                drop(answer.send(locked(cursors).get(&source).cloned()));
            }
            ToPipeline::Batch(batch) => {
                locked(told).extend(batch.observations);
                if let Some(cursor) = batch.cursor {
                    locked(cursors).insert(batch.source, cursor);
                }
                // The source can have been stopped meanwhile.
                if let Some(done) = batch.done {
                    drop(done.send(Durable));
                }
            }
            // A source that fails is seen by what it does not tell.
            _ => {}
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The computer as it is seen from outside: its account by another path to its home.
struct Outside {
    account: machine::Account,
}

impl Computer for Outside {
    fn account(&self, name: &str) -> Result<Account, AccountError> {
        if name != self.account.name {
            return Err(AccountError::Unknown(name.to_owned()));
        }
        Ok(Account {
            name: self.account.name.clone(),
            owner: Owner(self.account.uid),
            home: self.account.outside.clone(),
        })
    }

    /// With the paths of their arguments as they are from here; what they have open lies inside.
    fn programs(&self, owner: Owner, _names: &[&str]) -> io::Result<Vec<Program>> {
        let mut programs = Vec::new();
        for entry in std::fs::read_dir("/proc")?.flatten() {
            let of_owner = std::os::unix::fs::MetadataExt::uid;
            let (Ok(metadata), Ok(exe), Ok(line)) = (
                entry.metadata(),
                std::fs::read_link(entry.path().join("exe")),
                std::fs::read(entry.path().join("cmdline")),
            ) else {
                continue;
            };
            if of_owner(&metadata) != owner.0 {
                continue;
            }
            let line = String::from_utf8_lossy(&line);
            let words = line
                .split_terminator('\0')
                .map(|word| self.outside(word).into());
            programs.push(Program {
                exe,
                args: words.collect(),
                files: Vec::new(),
            });
        }
        Ok(programs)
    }
}

impl Outside {
    fn outside(&self, word: &str) -> String {
        let place = |path: &Path| path.display().to_string();
        word.replace(&place(&self.account.home), &place(&self.account.outside))
    }
}
