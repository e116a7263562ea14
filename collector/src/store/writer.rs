//! The one thread that writes.
//!
//! Promises: a submitter hears the outcome of its own job, and hears success only after the transaction that holds it
//! is durable (`synchronous=FULL`). Jobs that wait while a commit syncs share the next commit. Once a group waited in
//! vain for another process that holds the store, those behind it are told so almost at once instead of waiting as
//! long each, until one gets through. A job that fails is undone alone; its neighbours stand. When the engine gives
//! up the whole transaction (disk full), every job of the group hears so. At the end the queue is drained before the
//! thread ends.
//!
//! Refuses: a commit per job under load, and an answer before the commit.

use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot};

use super::sql::{BUSY, Session, SqlError, Tx};
use super::{Change, StoreError};

/// Jobs that share one commit at most: bounds how long the first waits for the last.
const GROUP: usize = 256;

/// Jobs that may wait; submitters beyond wait themselves.
pub(super) const QUEUE: usize = 1_024;

/// How long a group waits for another process that holds the write lock.
#[derive(Debug)]
struct Patience {
    first: Duration,
    /// Once one waited in vain.
    then: Duration,
    held: bool,
}

impl Patience {
    const fn new() -> Self {
        Self {
            first: BUSY,
            then: Duration::from_millis(100),
            held: false,
        }
    }

    const fn now(&self) -> Duration {
        if self.held { self.then } else { self.first }
    }
}

/// A job, boxed: runs in the transaction, or hears that there is none, and leaves what to do once
/// its fate is known.
pub(super) type Job = Box<dyn FnOnce(Result<&Tx<'_>, SqlError>) -> Ran + Send>;

/// What a job left behind.
pub(super) struct Ran {
    /// Whether its rows stay.
    keep: bool,
    /// Tells the submitter; the argument is the commit's failure, if any.
    answer: Answer,
}

type Answer = Box<dyn FnOnce(Option<SqlError>) + Send>;

/// Wraps a typed closure into a [`Job`] and the place where its answer arrives.
pub(super) fn job<T, E>(
    name: &'static str,
    work: impl FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
) -> (Job, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let job: Job = Box::new(move |tx| {
        let done = match tx {
            Ok(tx) => work(tx),
            Err(error) => Err(StoreError::from(error).into()),
        };
        let keep = done.is_ok();
        Ran {
            keep,
            answer: Box::new(move |failed| {
                let told = match (done, failed) {
                    (Ok(_), Some(error)) => {
                        tracing::debug!(job = name, %error, "not committed");
                        Err(StoreError::from(error).into())
                    }
                    (done, _) => done,
                };
                // A submitter that went away does not need the answer.
                let _gone = sender.send(told);
            }),
        }
    });
    (job, receiver)
}

/// Serves the queue until every sender is gone.
pub(super) fn run(
    session: &Session,
    queue: &mut mpsc::Receiver<Job>,
    changes: &broadcast::Sender<Change>,
) {
    let mut patience = Patience::new();
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP {
            match queue.try_recv() {
                Ok(next) => group.push(next),
                Err(_) => break,
            }
        }
        commit(session, group, changes, &mut patience);
    }
}

fn commit(
    session: &Session,
    group: Vec<Job>,
    changes: &broadcast::Sender<Change>,
    patience: &mut Patience,
) {
    let mut answers = Vec::with_capacity(group.len());
    let mut waiting = group.into_iter();
    let made = session
        .wait(patience.now())
        .and_then(|()| together(session, &mut waiting, &mut answers));
    patience.held = matches!(made, Err(SqlError::Busy));
    match made {
        Ok(made) => {
            for change in made {
                // Nobody listening is not an error.
                let _listeners = changes.send(change);
            }
            answers.into_iter().for_each(|answer| answer(None));
        }
        Err(error) => {
            tracing::error!(%error, "a group of commits failed");
            answers.extend(waiting.map(|job| job(Err(error.clone())).answer));
            answers
                .into_iter()
                .for_each(|answer| answer(Some(error.clone())));
        }
    }
}

/// All jobs in one transaction. An error means that nothing of any of them was kept.
fn together(
    session: &Session,
    waiting: &mut impl Iterator<Item = Job>,
    answers: &mut Vec<Answer>,
) -> Result<Vec<Change>, SqlError> {
    let tx = session.begin()?;
    for job in waiting {
        let before = tx.savepoint()?;
        let ran = job(Ok(&tx));
        answers.push(ran.answer);
        if ran.keep {
            tx.keep()?;
        } else {
            tx.undo(&before)?;
        }
    }
    tx.commit()
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;

    /// One job in a group of its own; what its submitter hears.
    fn alone(session: &Session, patience: &mut Patience) -> Result<(), String> {
        let (changes, _) = broadcast::channel(1);
        let (job, answer) = job("test", |tx| {
            tx.execute("UPDATE meta SET value = value", &[])?;
            Ok::<_, StoreError>(())
        });
        commit(session, vec![job], &changes, patience);
        let told = answer.blocking_recv().unwrap();
        told.map_err(|why| why.to_string())
    }

    #[test]
    fn who_waits_behind_one_that_waited_in_vain_is_told_at_once_until_one_gets_through() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let session = Session::writer(&path, true).unwrap();
        schema::create(&session).unwrap();
        let mut patience = Patience {
            first: Duration::from_millis(7),
            then: Duration::from_millis(3),
            held: false,
        };
        // What the engine was told the last time.
        let waited = || {
            let look = |read: &super::super::Read<'_>| {
                read.first("PRAGMA busy_timeout", &[], |row| row.int(0))
            };
            session.look(look).unwrap()
        };
        let other = Session::writer(&path, false).unwrap();
        let held = other.begin().unwrap();
        for wait in [7, 3, 3] {
            let why = alone(&session, &mut patience).unwrap_err();
            assert!(why.starts_with("the store is busy"), "{why}");
            assert_eq!(waited(), Some(wait));
        }
        drop(held);
        for wait in [3, 7] {
            alone(&session, &mut patience).unwrap();
            assert_eq!(waited(), Some(wait));
        }
    }
}
