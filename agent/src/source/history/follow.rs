//! Follows one history: reads what is new, hands it over, waits for the next change. Visits and searches
//! first; what else is wanted is read afterwards from the same copy (`beside`).
//!
//! Promises: the position moves only with what is on disk, so a kill loses and doubles nothing; a
//! history that cannot be read is said to be so once, and read again. Refuses: to hand over what
//! happened while no order wanted it; such visits are only counted past.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proviso_report::UnixMs;
use proviso_report::fact::{Fact, Search};
use proviso_report::record::Method;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinError;

use super::beside::Beside;
use super::fault::Fault;
use super::find::History;
use super::front::RESTED;
use super::position::Position;
use super::reading::{Reading, Row, Visit, Words, read};
use super::snapshot::{Snapshot, Stamp};
use super::wants::Wants;
use crate::platform::clock;
use crate::platform::files::OpenError;
use crate::source::condition::{Condition, Conditions};
use crate::source::hand_over::hand_over;
use crate::source::wanted::WantedTimes;
use crate::source::{NotTaken, Observation, Port, SourceKey};

/// A browser writes several times for one visit.
const DEBOUNCE: Duration = Duration::from_millis(50);
/// A change that nobody told of is found after this time,
const SWEEP: Duration = Duration::from_secs(60);
/// and after this one where the folder cannot be watched.
const SWEEP_UNWATCHED: Duration = Duration::from_secs(2);
/// After a failure; doubled each time, up to a sweep.
const RETRY: Duration = Duration::from_secs(1);
/// A large history takes longer to read than this, and is then left alone for a multiple of the
/// time, so that the computer stays quick.
const QUICK: Duration = Duration::from_millis(100);
const REST: u32 = 10;
const MAX_REST: Duration = Duration::from_secs(5);
/// Visits in one batch.
const BATCH: usize = 256;
/// Failures in a row before it is said: a browser that makes its history fails one reading.
const SAID_AFTER: u32 = 2;
/// The same for what passes by itself.
const SAID_AFTER_BUSY: u32 = 5;

/// Follows a history.
pub(super) struct Follower {
    /// Which.
    pub(super) history: History,
    /// Its name.
    pub(super) key: SourceKey,
    /// The way to the pipeline.
    pub(super) port: Port,
    /// Where copies are made.
    pub(super) scratch: Arc<PathBuf>,
    /// Which kinds.
    pub(super) wants: Wants,
    /// What may be handed over.
    pub(super) times: Arc<WantedTimes>,
    /// Which histories were said to have failed.
    pub(super) conditions: Conditions,
    /// Something may have changed.
    pub(super) wake: Arc<Notify>,
    /// Few are read at once.
    pub(super) turns: Arc<Semaphore>,
    /// Is its folder watched?
    pub(super) watched: bool,
}

/// Why a reading ended.
enum End {
    Fault(Fault),
    Stops,
}

impl From<NotTaken> for End {
    fn from(_: NotTaken) -> Self {
        Self::Stops
    }
}

impl Follower {
    /// Until the pipeline is gone. Dropped, it ends.
    pub(super) async fn follow(self) {
        let (mut position, mut stored) = self.stored().await;
        let Ok(mut beside) = self.beside().await else {
            return;
        };
        let mut condition = Condition::among(self.conditions.clone(), self.key.clone());
        let mut seen = None;
        let mut failures = 0_u32;
        loop {
            let stamp = Stamp::of(&self.history.path);
            let mut pause = self.sweep();
            let mut rest = Duration::ZERO;
            // Without a file there is nothing to read; the search drops it in time.
            if stamp.is_some() && stamp != seen {
                let read = self.read_all(&mut position, &mut stored, &mut beside);
                match read.await {
                    Ok(took) => {
                        rest = took
                            .saturating_sub(QUICK)
                            .saturating_mul(REST)
                            .min(MAX_REST);
                        // A page that was in front a moment ago is told when it has rested.
                        seen = stamp.filter(|_| !beside.goes_on());
                        if seen.is_none() {
                            pause = pause.min(RESTED);
                        }
                        failures = 0;
                        if condition.works(&self.port).await.is_err() {
                            return;
                        }
                    }
                    Err(End::Fault(Fault::Open(OpenError::Missing))) => {}
                    Err(End::Fault(fault)) => {
                        failures = failures.saturating_add(1);
                        pause = pause.min(RETRY.saturating_mul(1 << failures.min(6)));
                        tracing::debug!(source = %self.key, %fault, "a history was not read");
                        let patience = if fault.is_passing() {
                            SAID_AFTER_BUSY
                        } else {
                            SAID_AFTER
                        };
                        if failures >= patience
                            && condition
                                .failed(&self.port, fault.to_string())
                                .await
                                .is_err()
                        {
                            return;
                        }
                    }
                    Err(End::Stops) => return,
                }
            }
            tokio::time::sleep(rest).await;
            tokio::select! {
                () = self.wake.notified() => tokio::time::sleep(DEBOUNCE).await,
                () = tokio::time::sleep(pause) => {}
                kept = beside.keep() => if kept.is_err() { return },
            }
        }
    }

    fn sweep(&self) -> Duration {
        if self.watched { SWEEP } else { SWEEP_UNWATCHED }
    }

    /// The position, and its bytes if they are on disk.
    async fn stored(&self) -> (Position, Option<Vec<u8>>) {
        let first = Position::begin(self.times.began().saturating_mul(1000));
        let Some(bytes) = self.port.cursor(&self.key).await else {
            return (first, None);
        };
        match Position::from_bytes(&bytes) {
            Some(position) => (position, Some(bytes)),
            None => {
                tracing::warn!(
                    source = "history",
                    "a reading position is damaged; visits already recorded may be recorded again"
                );
                (first, None)
            }
        }
    }

    /// Gives the time that reading took.
    async fn read_all(
        &self,
        position: &mut Position,
        stored: &mut Option<Vec<u8>>,
        beside: &mut Beside,
    ) -> Result<Duration, End> {
        let mut took = Duration::ZERO;
        loop {
            let began = Instant::now();
            let (Reading { from, rows, more }, copy) = self.read(position.clone()).await?;
            took = took.saturating_add(began.elapsed());
            let now = now_us();
            let mut next = from;
            for rows in rows.chunks(BATCH) {
                let mut observations = Vec::new();
                let mut skipped = 0_usize;
                for row in rows {
                    let before = observations.len();
                    self.observe(row, &mut next, &mut observations);
                    next.note(row.id, row.mark, now);
                    skipped = skipped.saturating_add(usize::from(observations.len() == before));
                }
                if skipped > 0 {
                    tracing::debug!(source = %self.key, skipped, "rows were passed over");
                }
                self.hand_over(&observations, &next, stored).await?;
                position.clone_from(&next);
            }
            // At first sight, and when rows are gone.
            if stored.as_deref() != Some(&*next.to_bytes()) {
                self.hand_over(&[], &next, stored).await?;
            }
            *position = next;
            if !more {
                let began = Instant::now();
                self.read_beside(copy, beside).await?;
                return Ok(took.saturating_add(began.elapsed()));
            }
        }
    }

    async fn hand_over(
        &self,
        observations: &[Observation],
        position: &Position,
        stored: &mut Option<Vec<u8>>,
    ) -> Result<(), NotTaken> {
        let cursor = position.to_bytes();
        hand_over(&self.port, &self.key, observations, &cursor).await?;
        *stored = Some(cursor);
        Ok(())
    }

    /// Copies and reads on a thread that may wait for the disk.
    async fn read(&self, position: Position) -> Result<(Reading, Snapshot), End> {
        let _turn = self.turns.acquire().await.map_err(|_| End::Stops)?;
        let history = self.history.clone();
        let scratch = Arc::clone(&self.scratch);
        let wants = self.wants;
        let reading = tokio::task::spawn_blocking(move || {
            let copy = Snapshot::take(&history.path, history.account.owner, &scratch)?;
            let now = now_us();
            if !wants.reads_visits() {
                let reading = Reading::nothing(position);
                return Ok((reading, copy));
            }
            let profile = history.profile();
            let names = (history.browser, profile.as_deref());
            let words = wants.searches;
            let reading = read(copy.path(), history.family, names, position, words, now)?;
            Ok((reading, copy))
        });
        outcome(reading.await)
    }

    /// Reads the rest from the same copy, when the visits are on their way.
    async fn read_beside(&self, copy: Snapshot, beside: &mut Beside) -> Result<(), End> {
        if !self.wants.reads_beside() {
            return Ok(());
        }
        let mut copy = Arc::new(copy);
        loop {
            let ask = beside.ask(Arc::clone(&copy));
            let _turn = self.turns.acquire().await.map_err(|_| End::Stops)?;
            let (answer, same) =
                outcome(tokio::task::spawn_blocking(move || ask.read(now_us())).await)?;
            copy = same;
            if !beside.tell(answer).await? {
                // Deleting a large copy waits for the disk too.
                drop(tokio::task::spawn_blocking(move || drop(copy)).await);
                return Ok(());
            }
        }
    }

    async fn beside(&self) -> Result<Beside, NotTaken> {
        let (port, times) = (self.port.clone(), Arc::clone(&self.times));
        Beside::load(
            port,
            self.key.clone(),
            self.history.clone(),
            self.wants,
            times,
        )
        .await
    }

    /// What a row tells.
    fn observe(&self, row: &Row, position: &mut Position, observations: &mut Vec<Observation>) {
        let Some(Visit { at, web, words }) = &row.visit else {
            return;
        };
        let mut tell = |fact: Fact| {
            if self.times.covers(*at) {
                observations.push(Observation {
                    at: UnixMs(*at),
                    account: Some(self.history.account.name.clone()),
                    method: Method::History,
                    fact,
                });
            }
        };
        if self.wants.visits {
            tell(web.clone().into());
        }
        if let Some(words) = words {
            let Words {
                hash, again, typed, ..
            } = *words;
            let anew = typed == Some(true) && !again;
            if position.searched.is_new(hash, row.mark.at, anew) && !again {
                tell(Fact::Search(Search {
                    text: words.text.clone(),
                    engine: words.engine.map(str::to_owned),
                    browser: web.browser.clone(),
                    profile: web.profile.clone(),
                    typed,
                }));
            }
        }
    }
}

fn outcome<T>(reading: Result<Result<T, Fault>, JoinError>) -> Result<T, End> {
    match reading {
        Ok(Ok(reading)) => Ok(reading),
        Ok(Err(fault)) => Err(End::Fault(fault)),
        // No history may end its follower, whatever is in it.
        Err(error) if error.is_panic() => Err(End::Fault(Fault::Ended)),
        Err(_) => Err(End::Stops),
    }
}

fn now_us() -> i64 {
    clock::now().0.saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_that_panics_is_a_fault_and_one_that_is_stopped_is_none() {
        let reading = tokio::task::spawn_blocking(|| -> Result<(), Fault> { panic!("as a test") });
        let ended = outcome(reading.await);
        assert!(matches!(ended, Err(End::Fault(Fault::Ended))));
        let reading = tokio::spawn(std::future::pending::<Result<(), Fault>>());
        reading.abort();
        assert!(matches!(outcome(reading.await), Err(End::Stops)));
    }
}
