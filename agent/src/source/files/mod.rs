//! What happens to files in the places that the order wants watched: downloads, pictures, documents,
//! removable media, shares of a network, and folders that a rule names.
//!
//! The system tells of each folder (`watch`); what it tells waits in a short queue (`queue`) for
//! a thread that may wait for disks (`engine`). What each place looked like when last it was told
//! of is remembered without names (`picture`), so that what nobody told is found: what changed
//! while the agent did not run, what an overflow of the system's queue hid, what was in a new folder
//! before it was watched. What was found so has the method `file_scan`; what is known to be missing is
//! a gap.
//!
//! Promises: names, sizes, and where a rule asks types and hashes, never what is in a file. Each
//! change of a file is told or lies in a gap. What is on a volume when it comes is `seen`; what is
//! there when an order begins is no news; what is on a volume that leaves is not deleted. A browser's
//! download is told once, by its last name. Refuses: links, devices, pipes; files of accounts that are
//! not monitored; a place that no clause can want.
//!
//! Known limits: `deleted` means gone from what is watched; where a file was moved to where nothing is
//! watched, nobody can see that. Of a folder that is moved away, its own name is told and how many
//! files were in it. A file that is written through memory is told when it is looked at next. The system does
//! not say which program did it. What another computer changes on a share is found by looking, every
//! ten minutes. A share that does not answer keeps all other places waiting; that is said.

pub mod asked;
mod describe;
mod engine;
mod look;
mod outlet;
mod picture;
mod places;
mod queue;
mod scan;
#[cfg(test)]
mod tests;
mod user_dirs;
mod waiting;
mod walk;
mod watch;

use std::sync::Arc;
use std::time::{Duration, Instant};

use proviso_report::fact::Kind;
use tokio::sync::mpsc;
use tokio::time::{sleep, sleep_until};

use self::engine::{Begin, Engine, Limits};
use self::outlet::{Outlet, Parcel, Stopped, deliver};
use self::queue::Queue;
use super::computer::{Computer, ThisComputer};
use super::condition::Condition;
use super::turns::{Turn, Turns, until_stopped};
use super::{Context, NotTaken, Port};
use crate::platform::accounts::Account;
use crate::platform::changes::MountChanges;
use crate::platform::mounts::{self, Mount, MountsError};

/// What was told of the places.
const KEY: &str = "files";
/// What it sees.
pub(super) const KINDS: &[Kind] = &[Kind::FileChange];
/// When it was wanted.
const WANTED_KEY: &str = "files:wanted";
/// Between two looks for places that came, where nothing tells.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// After a place went, another may stand in its stead: looked for ever more seldom.
const SOON: Duration = Duration::from_secs(1);
/// Events come in bursts.
const GATHER: Duration = Duration::from_millis(20);
/// A disk that does not answer for so long is said.
const STUCK: Duration = Duration::from_secs(120);
const MOUNTS_KEY: &str = "files:volumes";

/// Watches the files of the monitored accounts until the agent stops.
pub async fn run(port: Port, context: Context) {
    run_on(Arc::new(ThisComputer), port, context, Limits::default()).await;
}

/// The same with another computer's accounts and other limits.
async fn run_on(computer: Arc<dyn Computer>, port: Port, context: Context, limits: Limits) {
    until_stopped(&context, Box::pin(serve(computer, port, &context, limits))).await;
}

async fn serve(
    computer: Arc<dyn Computer>,
    port: Port,
    context: &Context,
    limits: Limits,
) -> Result<(), NotTaken> {
    let mut source = Source {
        computer,
        port: port.clone(),
        condition: Condition::new(KEY.to_owned()),
        volumes: Condition::new(MOUNTS_KEY.to_owned()),
        context: context.clone(),
        limits,
    };
    let mut turns = Turns::of(&port, context, WANTED_KEY, KINDS).await;
    loop {
        let turn = turns.next().await?;
        turns.during(Box::pin(source.watch(turn))).await?;
    }
}

struct Source {
    computer: Arc<dyn Computer>,
    port: Port,
    condition: Condition,
    volumes: Condition,
    context: Context,
    limits: Limits,
}

impl Source {
    /// Watches while the order is as it is; again, should the thread have broken.
    async fn watch(&mut self, turn: Turn) -> Result<(), NotTaken> {
        let mut anew = turn.anew;
        loop {
            self.follow(&turn, anew).await?;
            anew = false;
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Comes back only when something failed, and that was said.
    async fn follow(&mut self, turn: &Turn, anew: bool) -> Result<(), NotTaken> {
        let asked = turn.wanted.files().clone();
        let volumes = asked.wants_volumes();
        let mut changes = if volumes { self.changes().await? } else { None };
        let queue = Queue::new(self.limits.queue);
        let (outlet, mut parcels) = Outlet::new();
        let begin = Begin {
            state: Arc::clone(&self.context.state),
            asked,
            times: turn.times.clone(),
            anew,
            cursor: self.port.cursor(KEY).await,
            limits: self.limits,
        };
        let mut engine = match Engine::new(begin, queue.clone(), outlet) {
            Ok(engine) => engine,
            Err(error) => return self.condition.failed(&self.port, error.to_string()).await,
        };
        let (accounts, mounts) = self.look(volumes).await?;
        let start = move |engine: &mut Engine| engine.start(&accounts, &mounts);
        let Some(started) = self.work(engine, &mut parcels, start).await? else {
            return Ok(());
        };
        engine = started;
        self.condition.works(&self.port).await?;
        let mut again = Instant::now() + LOOK_AGAIN;
        let mut soon = LOOK_AGAIN;
        loop {
            let due = engine.next();
            let due = async {
                match due {
                    Some(due) => sleep_until(due.into()).await,
                    None => std::future::pending().await,
                }
            };
            let plan = tokio::select! {
                () = queue.filled() => {
                    sleep(GATHER).await;
                    false
                }
                () = due => false,
                () = mounted(&mut changes) => true,
                () = sleep_until(again.into()) => true,
            };
            let worked = if plan {
                again = Instant::now() + soon;
                soon = (2 * soon).min(LOOK_AGAIN);
                let (accounts, mounts) = self.look(volumes).await?;
                let work = move |engine: &mut Engine| engine.places_changed(&accounts, &mounts);
                self.work(engine, &mut parcels, work).await?
            } else {
                self.work(engine, &mut parcels, Engine::turn).await?
            };
            match worked {
                Some(worked) => engine = worked,
                None => return Ok(()),
            }
            if engine.wants_plan() {
                soon = SOON;
                again = Instant::now() + SOON;
            }
        }
    }

    /// Lets the engine do this in a thread of its own, and carries off what it tells. `None`: it broke.
    async fn work(
        &mut self,
        mut engine: Engine,
        parcels: &mut mpsc::Receiver<Parcel>,
        work: impl FnOnce(&mut Engine) -> Result<(), Stopped> + Send + 'static,
    ) -> Result<Option<Engine>, NotTaken> {
        let mut task = tokio::task::spawn_blocking(move || {
            // Nobody waits for an engine that was stopped.
            let _ = work(&mut engine);
            engine
        });
        let mut stuck = false;
        loop {
            tokio::select! {
                biased;
                Some(parcel) = parcels.recv() => deliver(&self.port, KEY, parcel).await?,
                worked = &mut task => {
                    let Ok(engine) = worked else {
                        let reason = "the thread that looks at files broke off; it begins anew, \
                                      please report this";
                        self.condition.failed(&self.port, reason.to_owned()).await?;
                        return Ok(None);
                    };
                    // What was put in just before the end.
                    while let Ok(parcel) = parcels.try_recv() {
                        deliver(&self.port, KEY, parcel).await?;
                    }
                    if stuck {
                        self.condition.works(&self.port).await?;
                    }
                    return Ok(Some(engine));
                }
                () = sleep(STUCK), if !stuck => {
                    stuck = true;
                    let reason = "a watched place does not answer; what happens to files meanwhile is \
                                  recorded late or missing";
                    self.condition.failed(&self.port, reason.to_owned()).await?;
                }
            }
        }
    }

    /// The accounts and volumes that are there; those that are not are said to be missing.
    async fn look(&mut self, volumes: bool) -> Result<(Vec<Account>, Vec<Mount>), NotTaken> {
        let mut accounts = Vec::new();
        let mut trouble = None;
        for name in &self.context.config.accounts {
            match self.computer.account(name) {
                Ok(account) => accounts.push(account),
                Err(error) => trouble = Some(error.to_string()),
            }
        }
        match trouble {
            Some(reason) => self.condition.failed(&self.port, reason).await?,
            None => self.condition.works(&self.port).await?,
        }
        let mounts = match volumes {
            true => mounts::list(),
            false => Ok(Vec::new()),
        };
        match mounts {
            Ok(mounts) => Ok((accounts, mounts)),
            Err(error) => {
                self.no_volumes(&error).await?;
                Ok((accounts, Vec::new()))
            }
        }
    }

    async fn changes(&mut self) -> Result<Option<MountChanges>, NotTaken> {
        match MountChanges::open().map_err(MountsError::from) {
            Ok(changes) => {
                self.volumes.works(&self.port).await?;
                Ok(Some(changes))
            }
            Err(error) => {
                self.no_volumes(&error).await?;
                Ok(None)
            }
        }
    }

    async fn no_volumes(&mut self, error: &MountsError) -> Result<(), NotTaken> {
        self.volumes.failed(&self.port, error.to_string()).await
    }
}

/// Waits until a volume came or went.
async fn mounted(changes: &mut Option<MountChanges>) {
    if let Some(changes) = changes
        && changes.next().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}
