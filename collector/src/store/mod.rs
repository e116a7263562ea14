//! Where everything is kept.
//!
//! Promises: one writer thread with group commit (`writer`), a few connections that only look,
//! typed functions per table in files of their own. A [`Change`] is broadcast after the commit
//! that made it true. Two processes may hold the same store: SQLite's WAL and a busy timeout keep
//! them apart, which is how the commands work while `serve` runs.
//!
//! Refuses: to open a store of a later version, to answer before the commit, and to hand out a
//! way of writing outside a transaction.
//!
//! Read [`Store`] first, then [`sql::Read`] and [`sql::Tx`].

pub mod api_tokens;
pub mod audit;
pub mod audited;
pub mod battery;
pub mod bundles;
pub mod calendars;
pub mod caseload;
pub mod cases;
pub mod casework;
pub mod checkpoints;
pub mod conditions;
pub mod declared;
pub mod devices;
pub mod digests;
pub mod documents;
pub mod drafts;
pub mod enrolments;
pub mod epochs;
pub mod erasures;
pub mod escalations;
pub mod exhibits;
pub mod extracts;
pub mod figures;
pub mod findings;
pub mod holds;
pub mod ids;
pub mod incidents;
pub mod intelligence;
pub mod judged;
pub mod ledger;
pub mod listed;
pub mod log_keys;
pub mod machines;
pub mod notes;
pub mod orders;
pub mod outbox;
pub mod overview;
pub mod passkeys;
pub mod people;
pub mod plan;
pub mod precision;
pub mod reports;
pub mod returns;
pub mod reviews;
pub mod rulings;
pub mod schema;
pub mod sealed;
pub mod searches;
pub mod second;
pub mod sessions;
pub mod sight;
pub mod signs;
pub mod snoozes;
pub mod sql;
pub mod staff;
pub mod standing;
pub mod steps;
pub mod taken;
pub mod tally;
pub mod team;
#[cfg(test)]
mod tests;
pub mod tokens;
pub mod told;
pub mod tries;
pub mod updates;
pub mod vault;
pub mod weekly;
pub mod word;
mod writer;
pub mod zones;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{broadcast, mpsc};

pub use ids::{DeviceId, FindingId, Hash, PersonId};
pub use sql::{Param, Read, Row, SqlError, Tx};

use sql::Session;
use tally::Tally;

/// Idle looking connections that are kept.
const READERS: usize = 8;

/// Changes a slow listener may lag behind before it must read the store again.
const CHANGES: usize = 1_024;

/// Something became true in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An alert was opened, or what is known about it changed.
    Alert {
        /// Its finding.
        finding: FindingId,
        /// Whom it concerns.
        person: PersonId,
    },
    /// Something became of a case: it was decided, agreed to, put aside or brought back, or went on to others.
    Case {
        /// Whom it concerns.
        person: PersonId,
    },
    /// Who sees whom is different now.
    Sight,
    /// A device was heard from.
    Contact {
        /// Which.
        device: DeviceId,
    },
    /// Something is wrong with a device's log itself, for example a fork.
    Incident {
        /// Which device.
        device: DeviceId,
        /// Whom it concerns.
        person: PersonId,
    },
}

/// What can go wrong with the store as a whole.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine failed.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// Another program version made it.
    #[error(
        "the store has schema {found}, this program knows {wanted}: use the program that made it, or a newer one"
    )]
    Version {
        /// What the store says.
        found: String,
        /// What this program knows.
        wanted: &'static str,
    },
    /// It does not say which version made it.
    #[error(
        "the store does not say which schema it has: it is no store of this program, or it is damaged; restore it \
         from a backup, with the folder person-keys of the same time"
    )]
    Strange,
    /// Tables are gone.
    #[error(
        "the store has lost the tables {0}: it is damaged, or somebody changed it; keep a copy as it is, and restore \
         it from a backup, with the folder person-keys of the same time"
    )]
    Incomplete(String),
    /// There is none where one was made.
    #[error(
        "the store {0} is missing: stop what still runs and bring it back from a backup, with the folder \
         person-keys of the same time; `proviso-collector init` does not bring it back, it would begin another \
         collector with other keys"
    )]
    Missing(PathBuf),
    /// There is one already.
    #[error("{0} exists: a store is never overwritten; choose another directory")]
    Exists(PathBuf),
    /// Somebody else has it open.
    #[error(
        "a collector or another command has the store open: stop it first, since it may hold in memory \
         what shall be erased; nothing was done"
    )]
    Shared,
    /// The writer thread is gone.
    #[error("the store has stopped; nothing was stored; start the collector again")]
    Stopped,
}

/// A handle to the store; clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    jobs: Mutex<Option<mpsc::Sender<writer::Job>>>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
    readers: Mutex<Vec<Session>>,
    changes: broadcast::Sender<Change>,
    tally: Tally,
}

impl Store {
    /// Makes a new, empty store. The caller sees to the directory and its permissions.
    pub fn create(path: &Path) -> Result<(), StoreError> {
        if path.exists() {
            return Err(StoreError::Exists(path.to_owned()));
        }
        let session = Session::writer(path, true)?;
        Ok(schema::create(&session)?)
    }

    /// Opens an existing store and starts its writer.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_limited(path, None)
    }

    /// Like [`Store::open`] with a bound on the file's pages: behaves as a full disk does.
    pub fn open_limited(path: &Path, pages: Option<u32>) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        let session = Session::writer(path, false)?;
        if let Some(pages) = pages {
            session.limit_pages(pages)?;
        }
        Self::over(session, path)
    }

    /// Like [`Store::open`], and nobody else can open it until it is closed: for what other programs
    /// must not remember. It only writes: a second connection that looks is kept out, too.
    pub fn open_alone(path: &Path) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        let session = Session::alone(path).map_err(|error| match error {
            SqlError::Busy => StoreError::Shared,
            error => error.into(),
        })?;
        Self::over(session, path)
    }

    /// Writes the file anew, so that nothing is left in it of what was erased, destroys the keys that no
    /// longer count, and enters that. May wait: not for async code.
    pub fn scrub(path: &Path, now: i64) -> Result<(), StoreError> {
        let session = Session::alone(path).map_err(|error| match error {
            SqlError::Busy => StoreError::Shared,
            error => error.into(),
        })?;
        session.look(schema::check)?;
        session.scrub()?;
        let tx = session.begin()?;
        sealed::forget(&tx)?;
        erasures::clean(&tx, now)?;
        tx.commit()?;
        Ok(())
    }

    fn over(session: Session, path: &Path) -> Result<Self, StoreError> {
        schema::upgrade(&session)?;
        session.look(schema::check)?;
        ledger::begin(&session)?;
        let (jobs, mut queue) = mpsc::channel(writer::QUEUE);
        let (changes, _) = broadcast::channel(CHANGES);
        let announce = changes.clone();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer::run(&session, &mut queue, &announce))
            .map_err(|error| SqlError::Other(error.to_string()))?;
        Ok(Self {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                jobs: Mutex::new(Some(jobs)),
                thread: Mutex::new(Some(thread)),
                readers: Mutex::new(Vec::new()),
                changes,
                tally: Tally::default(),
            }),
        })
    }

    /// Runs `work` in a write transaction; answers after the commit.
    pub async fn write<T, E>(
        &self,
        name: &'static str,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (job, answer) = writer::job(name, work);
        let jobs = self.jobs()?;
        jobs.send(job).await.map_err(|_| StoreError::Stopped)?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    /// [`Store::write`] for a thread that may wait. Not to be called from async code.
    pub fn write_blocking<T, E>(
        &self,
        name: &'static str,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (job, answer) = writer::job(name, work);
        let jobs = self.jobs()?;
        jobs.blocking_send(job).map_err(|_| StoreError::Stopped)?;
        answer.blocking_recv().map_err(|_| StoreError::Stopped)?
    }

    /// Looks at one snapshot of the store, off the async threads.
    pub async fn read<T, E>(
        &self,
        look: impl FnOnce(&Read<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + From<SqlError> + Send + 'static,
    {
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.read_blocking(look))
            .await
            .map_err(|_| StoreError::Stopped)?
    }

    /// [`Store::read`] for a thread that may wait.
    pub fn read_blocking<T, E>(&self, look: impl FnOnce(&Read<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError> + From<SqlError>,
    {
        let idle = lock(&self.inner.readers).pop();
        let session = match idle {
            Some(session) => session,
            None => Session::reader(&self.inner.path).map_err(StoreError::from)?,
        };
        let out = session.look(look);
        let mut readers = lock(&self.inner.readers);
        if readers.len() < READERS {
            readers.push(session);
        }
        out
    }

    /// What this process took in since it started.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.inner.tally
    }

    /// Jobs that wait for the writer.
    #[must_use]
    pub fn queued(&self) -> usize {
        let jobs = lock(&self.inner.jobs);
        jobs.as_ref()
            .map_or(0, |jobs| jobs.max_capacity() - jobs.capacity())
    }

    /// Listens to changes from now on.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.changes.subscribe()
    }

    /// A file beside the store's.
    #[must_use]
    pub fn beside(&self, name: &str) -> PathBuf {
        self.inner.path.with_file_name(name)
    }

    /// Takes no more jobs, finishes those that wait, and ends the writer. May wait: not for async
    /// code.
    pub fn close(&self) {
        drop(lock(&self.inner.jobs).take());
        let thread = lock(&self.inner.thread).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the store's writer ended badly");
        }
    }

    fn jobs(&self) -> Result<mpsc::Sender<writer::Job>, StoreError> {
        lock(&self.inner.jobs).clone().ok_or(StoreError::Stopped)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.inner.path)
            .finish_non_exhaustive()
    }
}

/// A poisoned lock still guards sound data here: each critical section is one push, pop or take.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
