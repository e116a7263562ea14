//! Browsers' own databases as a source: what the browser itself has kept, also while the agent was not
//! running. Visits, searches, finished downloads, for how long pages were in front, what is gone from
//! a history, and browsers and profiles that are new.
//!
//! Parts: where histories are (`places`, `find`), which of them are new or gone (`profiles`, `known`)
//! and when they change (`watch`); how a copy is made of one that is in use (`snapshot`) and opened
//! (`database`); visits and searches in it (`reading`, by `family`, with `engines`) up to where
//! (`position`, `searched`); what else is in it (`downloads`, `front`, `cleared`) up to where (`told`,
//! `memory`); and the task that does it for each of them (`follow`, `beside`).
//!
//! Promises: a visit is handed over once, soon after the browser has written it down, whatever was
//! deleted around it meanwhile; no copy of a history outlasts an agent that ends by
//! itself, and the next one removes those of one that was killed. Refuses: to open a live history
//! as a database, which could change it; other accounts' files; visits from before the agent's first
//! run, from times at which no order wanted them, and from other devices.

mod address;
mod beside;
mod cleared;
mod database;
mod downloads;
mod engines;
pub(in crate::source) mod family;
mod fault;
pub(in crate::source) mod find;
mod follow;
mod front;
mod known;
mod memory;
pub(in crate::source) mod places;
mod position;
mod profiles;
mod reading;
mod searched;
mod snapshot;
#[cfg(test)]
mod tests;
mod told;
mod wants;
pub(in crate::source) mod watch;

pub(crate) use self::places::is_browser;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::task::{AbortHandle, JoinSet};

use self::find::{Found, History};
use self::follow::Follower;
use self::profiles::Profiles;
pub(super) use self::wants::KINDS;
use self::wants::Wants;
use self::watch::Watch;
use super::computer::{Computer, ThisComputer};
use super::condition::{Condition, Conditions};
use super::turns::{Turns, until_stopped};
use super::wanted::WantedTimes;
use super::{Context, NotTaken, Port, SourceKey, beat};
use crate::platform::accounts::Account;

/// The source as a whole; its cursor says when it was wanted.
const KEY: &str = "history";
/// The folder for copies inside the state directory.
const SCRATCH: &str = "reading";
/// What it is called while it is removed.
const GOING: &str = "reading-going";
/// Between two searches for new profiles.
const SEARCH: Duration = Duration::from_secs(30);
/// After a new folder: it fills within the next seconds.
const SEARCH_SOON: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
];
/// Histories read at the same time.
const TURNS: usize = 2;

/// Removes the copies that nobody is to read any more: a killed agent leaves them behind, and so does a thread that
/// the agent does not wait for when it ends.
pub(crate) fn remove_copies(state: &Path) -> io::Result<()> {
    let (scratch, going) = (state.join(SCRATCH), state.join(GOING));
    remove(&going)?;
    // Such a thread may still be at work: where the folder was it can make nothing new.
    match std::fs::rename(&scratch, &going) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => remove(&going),
    }
}

/// Removes a folder that need not be there.
fn remove(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Follows the histories of the monitored accounts until the agent stops.
pub async fn run(port: Port, context: Context) {
    run_on(Arc::new(ThisComputer), port, context).await;
}

/// The same for another computer, whose files lie on this one.
pub async fn run_on(computer: Arc<dyn Computer>, port: Port, context: Context) {
    until_stopped(&context, serve(computer, port, &context)).await;
}

async fn serve(computer: Arc<dyn Computer>, port: Port, context: &Context) -> Result<(), NotTaken> {
    let mut turns = Turns::of(&port, context, KEY, KINDS).await;
    loop {
        let turn = turns.next().await?;
        let wants = Wants::of(&turn.wanted);
        let times = Arc::new(turn.times);
        let search = async {
            let profiles = Profiles::load(port.clone(), wants, Arc::clone(&times)).await;
            let computer = Arc::clone(&computer);
            let mut search = Search::new(computer, port.clone(), context, wants, times, profiles);
            search.go_on().await
        };
        turns.during(Box::pin(search)).await?;
    }
}

/// Finds histories and has each followed. Dropped, all of it ends.
struct Search {
    computer: Arc<dyn Computer>,
    port: Port,
    accounts: Vec<String>,
    scratch: Arc<PathBuf>,
    wants: Wants,
    times: Arc<WantedTimes>,
    profiles: Profiles,
    folders: Arc<Notify>,
    watch: Watch,
    turns: Arc<Semaphore>,
    conditions: Conditions,
    tasks: JoinSet<()>,
    followed: BTreeMap<SourceKey, Followed>,
    condition: Condition,
}

struct Followed {
    history: History,
    wake: Arc<Notify>,
    task: AbortHandle,
}

impl Search {
    fn new(
        computer: Arc<dyn Computer>,
        port: Port,
        context: &Context,
        wants: Wants,
        times: Arc<WantedTimes>,
        profiles: Profiles,
    ) -> Self {
        let folders = Arc::new(Notify::new());
        Self {
            computer,
            port,
            accounts: context.config.accounts.clone(),
            scratch: Arc::new(context.state.join(SCRATCH)),
            wants,
            times,
            profiles,
            watch: Watch::new(Arc::clone(&folders)),
            folders,
            turns: Arc::new(Semaphore::new(TURNS)),
            conditions: Conditions::default(),
            tasks: JoinSet::new(),
            followed: BTreeMap::new(),
            condition: Condition::new(KEY.to_owned()),
        }
    }

    async fn go_on(&mut self) -> Result<(), NotTaken> {
        let mut soon = SEARCH_SOON.len();
        loop {
            let trouble = self.search().await?;
            match trouble {
                Some(reason) => self.condition.failed(&self.port, reason).await?,
                None => self.condition.works(&self.port).await?,
            }
            let pause = SEARCH_SOON.get(soon).copied().unwrap_or(SEARCH);
            soon = soon.saturating_add(1);
            tokio::select! {
                () = beat::rest(pause) => {}
                () = self.folders.notified() => {
                    tokio::time::sleep(SEARCH_SOON[0]).await;
                    soon = 1;
                }
            }
        }
    }

    /// Looks once; says what is in the way of seeing everything.
    async fn search(&mut self) -> Result<Option<String>, NotTaken> {
        if let Err(error) = self.prepare() {
            return Ok(Some(format!(
                "browsers' histories cannot be read, since the state directory has no place for copies: {error}; check that the disk has room"
            )));
        }
        let mut trouble = None;
        let mut known: Vec<Account> = Vec::new();
        for name in &self.accounts {
            match self.computer.account(name) {
                Ok(account) => known.push(account),
                Err(error) => trouble = Some(error.to_string()),
            }
        }
        let computer = Arc::clone(&self.computer);
        let before = self.profiles.known().clone();
        let accounts = known.clone();
        let searched = tokio::task::spawn_blocking(move || {
            find::histories(&*computer, &known).with(&before, &known)
        })
        .await;
        let Ok(found) = searched else {
            let trouble = "the search for browsers' histories failed; restart the agent";
            return Ok(Some(trouble.to_owned()));
        };
        // Before anything waits for the disk: what comes meanwhile is seen.
        self.watch_only(&found);
        if found.too_many {
            trouble = Some(
                "there are more browser profiles than are followed; look at the account's folders"
                    .to_owned(),
            );
        } else {
            self.profiles.compare(&found, &accounts).await?;
        }
        self.follow_only(found);
        Ok(trouble)
    }

    /// Copies that could not be removed when the agent started go when the first history is looked for.
    fn prepare(&self) -> io::Result<()> {
        if self.followed.is_empty()
            && let Some(state) = self.scratch.parent()
        {
            remove_copies(state)?;
        }
        match std::fs::create_dir(&*self.scratch) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    fn watch_only(&mut self, found: &Found) {
        let mut folders: BTreeSet<PathBuf> = found.watch.clone();
        let profiles = found.histories.values();
        folders.extend(profiles.map(|history| history.profile_folder().to_owned()));
        self.watch.only(&folders);
    }

    fn follow_only(&mut self, found: Found) {
        let watch = &self.watch;
        self.followed.retain(|key, followed| {
            let same = found.histories.get(key) == Some(&followed.history);
            let stays = same && !followed.task.is_finished();
            if !stays {
                followed.task.abort();
                watch.leave(&followed.history.path, &followed.wake);
            }
            stays
        });
        if !self.wants.reads() {
            return;
        }
        for (key, history) in found.histories {
            if !self.followed.contains_key(&key) {
                self.follow(key, history);
            }
        }
        // Those that ended are not needed any more.
        while self.tasks.try_join_next().is_some() {}
    }

    fn follow(&mut self, key: SourceKey, history: History) {
        let wake = Arc::new(Notify::new());
        self.watch.follow(&history.path, &wake);
        tracing::debug!(source = %key, "a history was found");
        let follower = Follower {
            history: history.clone(),
            key: key.clone(),
            port: self.port.clone(),
            scratch: Arc::clone(&self.scratch),
            wants: self.wants,
            times: Arc::clone(&self.times),
            wake: Arc::clone(&wake),
            turns: Arc::clone(&self.turns),
            conditions: self.conditions.clone(),
            watched: self.watch.watches(&history.path),
        };
        let task = self.tasks.spawn(follower.follow());
        let followed = Followed {
            history,
            wake,
            task,
        };
        self.followed.insert(key, followed);
    }
}
