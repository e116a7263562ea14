//! The one thread that writes.
//!
//! Promises: a submitter hears the outcome of its own job, and hears success only after the
//! transaction that holds it is durable (`synchronous=FULL`). Jobs that wait while a commit syncs
//! share the next commit. A job that fails is undone alone; its neighbours stand. When the engine
//! gives up the whole transaction (disk full), every job of the group hears so. At the end the
//! queue is drained before the thread ends.
//!
//! Refuses: a commit per job under load, and an answer before the commit.

use tokio::sync::{broadcast, mpsc, oneshot};

use super::sql::{Session, SqlError, Tx};
use super::{Change, StoreError};

/// Jobs that share one commit at most: bounds how long the first waits for the last.
const GROUP: usize = 256;

/// Jobs that may wait; submitters beyond wait themselves.
pub(super) const QUEUE: usize = 1_024;

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
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP {
            match queue.try_recv() {
                Ok(next) => group.push(next),
                Err(_) => break,
            }
        }
        commit(session, group, changes);
    }
}

fn commit(session: &Session, group: Vec<Job>, changes: &broadcast::Sender<Change>) {
    let mut answers = Vec::with_capacity(group.len());
    let mut waiting = group.into_iter();
    match together(session, &mut waiting, &mut answers) {
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
