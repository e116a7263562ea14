//! Packages of software that come and go: dpkg, rpm, snap, and flatpak for all and for the monitored
//! accounts. (AppImages have no manager; the programs' source tells of them when they run.)
//!
//! Promises: what was installed before the agent's first run, or before an order wanted it, is no
//! news. What changed while the agent was down is found at its next start, if that time was wanted.
//! A package with another version than before is added, with the version that it has now. Refuses: to
//! look at what other accounts install for themselves.
//!
//! The managers' own lists are read when the system tells that they changed, and every five minutes
//! in case it did not. Each list is kept with the source's cursors and not in memory.

mod dpkg;
mod list;
mod places;
mod rpm;
mod shelf;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use proviso_report::fact::{Fact, Gap, GapCause, Kind, Package};
use proviso_report::record::Method;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use self::list::List;
use self::places::{Place, Stamp};
use super::computer::{Computer, ThisComputer};
use super::condition::Condition;
use super::hand_over::hand_over;
use super::turns::{Turns, until_stopped};
use super::{Context, Health, NotTaken, Observation, Port};
use crate::platform::accounts::Account;
use crate::platform::changes::{Changed, Changes, Told};
use crate::platform::clock;

/// When it was wanted.
const KEY: &str = "packages";
/// What it sees.
pub(super) const KINDS: &[Kind] = &[Kind::Package];
/// The folder for copies inside the state directory.
const SCRATCH: &str = "packages";
/// Between two looks at what may have changed unseen,
const NET: Duration = Duration::from_secs(300);
/// and after a change: managers write again and again while they work.
const QUIET: Duration = Duration::from_millis(500);
/// But not for ever.
const WORKING: Duration = Duration::from_secs(20);
/// A snap is fetched long before it can be used.
const AGAIN: Duration = Duration::from_secs(30);
/// Observations in one batch.
const BATCH: usize = 256;

/// Watches the packages of this computer until the agent stops.
pub async fn run(port: Port, context: Context) {
    run_on(Arc::new(ThisComputer), PathBuf::from("/"), port, context).await;
}

/// The same for another computer, whose files lie below `root`.
pub async fn run_on(computer: Arc<dyn Computer>, root: PathBuf, port: Port, context: Context) {
    until_stopped(
        &context,
        Box::pin(serve(&*computer, &root, &port, &context)),
    )
    .await;
}

async fn serve(
    computer: &dyn Computer,
    root: &Path,
    port: &Port,
    context: &Context,
) -> Result<(), NotTaken> {
    let mut turns = Turns::of(port, context, KEY, KINDS).await;
    let mut conditions = BTreeMap::new();
    loop {
        let turn = turns.next().await?;
        let watching = Watching {
            computer,
            root,
            port,
            context,
            conditions: &mut conditions,
            stamps: BTreeMap::new(),
        };
        turns.during(Box::pin(watching.go_on(turn.anew))).await?;
    }
}

struct Watching<'a> {
    computer: &'a dyn Computer,
    root: &'a Path,
    port: &'a Port,
    context: &'a Context,
    /// Outlive the turns: what failed is said once.
    conditions: &'a mut BTreeMap<String, Condition>,
    stamps: BTreeMap<String, Stamp>,
}

impl Watching<'_> {
    async fn go_on(mut self, anew: bool) -> Result<(), NotTaken> {
        let mut anew = anew;
        loop {
            let places = places::all(self.root, &self.accounts().await?);
            // Before the lists are read, so that nothing falls in between.
            let folders: Vec<PathBuf> = places
                .iter()
                .flat_map(|place| place.folders(self.root))
                .collect();
            let mut changes = Changes::of(folders.iter().map(PathBuf::as_path), Told::Writes)
                .inspect_err(|error| {
                    tracing::warn!(%error, "lists of packages are looked at every five minutes only");
                })
                .ok();
            let is_any = self.look(&places, anew).await?;
            anew = false;
            self.say(
                KEY,
                is_any.then_some(()).ok_or_else(|| {
                    "this computer keeps no list of installed packages that the agent knows (dpkg, rpm, snap, flatpak); programs that run are seen all the same".to_owned()
                }),
            )
            .await?;
            self.until_changed(&places, &mut changes).await?;
        }
    }

    /// Until the lists are to be looked at.
    async fn until_changed(
        &mut self,
        places: &[Place],
        changes: &mut Option<Changes>,
    ) -> Result<(), NotTaken> {
        let net = Instant::now() + NET;
        tokio::select! {
            () = sleep_until(net) => return Ok(()),
            () = next(changes, places) => {}
        }
        let settled = async { while timeout(QUIET, next(changes, places)).await.is_ok() {} };
        // Whoever works longer is looked at in the middle of it, and again.
        let _ = timeout(WORKING, settled).await;
        if places
            .iter()
            .any(|place| place.manager == "snap" && place.is_there())
        {
            self.look(places, false).await?;
            sleep(AGAIN).await;
        }
        Ok(())
    }

    /// Looks at each; is there any?
    async fn look(&mut self, places: &[Place], anew: bool) -> Result<bool, NotTaken> {
        let mut is_any = false;
        for place in places {
            let stored = self.port.cursor(&place.key).await;
            if place.is_there() {
                is_any = true;
                self.compare(place, stored, anew).await?;
            } else if anew {
                // What comes into it later is news.
                let none = List::default().to_bytes();
                hand_over(self.port, &place.key, &[], &none).await?;
            } else if place.account.is_none() && holds_some(stored.as_deref()) {
                let reason = format!(
                    "{}'s list of installed packages is gone; find out who removed it",
                    place.manager
                );
                self.say(&place.key, Err(reason)).await?;
            }
        }
        Ok(is_any)
    }

    async fn compare(
        &mut self,
        place: &Place,
        stored: Option<Vec<u8>>,
        anew: bool,
    ) -> Result<(), NotTaken> {
        let stamp = place.stamp();
        if stamp.is_some() && self.stamps.get(&place.key) == stamp.as_ref() {
            return Ok(());
        }
        let now = match self.read(place).await {
            Ok(now) => now,
            Err(reason) => return self.say(&place.key, Err(reason)).await,
        };
        self.say(&place.key, Ok(())).await?;
        if now.is_cut {
            self.tell_cut(place).await?;
        }
        let before = stored.as_deref().map(List::from_bytes);
        if let Some(None) = before {
            tracing::warn!(
                source = place.key,
                "the list of packages already recorded is damaged; what is installed now is not recorded"
            );
        }
        match before.flatten().filter(|_| !anew) {
            Some(before) => self.tell(place, before, &now).await?,
            // Nobody wanted to know before, or an account is monitored anew.
            None => hand_over(self.port, &place.key, &[], &now.to_bytes()).await?,
        }
        if let Some(stamp) = stamp {
            self.stamps.insert(place.key.clone(), stamp);
        }
        Ok(())
    }

    async fn tell(&self, place: &Place, before: List, now: &List) -> Result<(), NotTaken> {
        let at = clock::now();
        let mut stored = before;
        for some in stored.changes_to(now).chunks(BATCH) {
            let mut observations = Vec::with_capacity(some.len());
            for changed in some {
                stored.apply(changed);
                observations.push(Observation {
                    at,
                    account: place.account.clone(),
                    method: Method::SystemRead,
                    fact: Fact::Package(Package {
                        change: changed.change,
                        manager: place.manager.to_owned(),
                        name: changed.name.clone(),
                        version: changed.version.clone(),
                    }),
                });
            }
            hand_over(self.port, &place.key, &observations, &stored.to_bytes()).await?;
        }
        Ok(())
    }

    async fn read(&self, place: &Place) -> Result<List, String> {
        let (place, scratch) = (place.clone(), self.context.state.join(SCRATCH));
        let work = tokio::task::spawn_blocking(move || {
            prepare(&scratch).map_err(|error| {
                format!("the state directory has no place for a copy: {error}; check that the disk has room")
            })?;
            place.read(&scratch)
        });
        let lost = |_| "the list of packages could not be read; restart the agent".to_owned();
        work.await.map_err(lost)?
    }

    async fn tell_cut(&self, place: &Place) -> Result<(), NotTaken> {
        let gap = Gap {
            cause: GapCause::Overflow,
            source: Some(place.key.clone()),
            count: None,
            from: None,
            to: Some(clock::now().0),
            detail: "more packages are installed than are compared".to_owned(),
        };
        self.port.health(Health::Lost(gap)).await
    }

    async fn accounts(&mut self) -> Result<Vec<Account>, NotTaken> {
        let mut accounts = Vec::new();
        let mut trouble = Ok(());
        for name in &self.context.config.accounts {
            match self.computer.account(name) {
                Ok(account) => accounts.push(account),
                Err(error) => trouble = Err(error.to_string()),
            }
        }
        self.say("packages:accounts", trouble).await?;
        Ok(accounts)
    }

    async fn say(&mut self, key: &str, how: Result<(), String>) -> Result<(), NotTaken> {
        let condition = self
            .conditions
            .entry(key.to_owned())
            .or_insert_with(|| Condition::new(key.to_owned()));
        match how {
            Ok(()) => condition.works(self.port).await,
            Err(reason) => condition.failed(self.port, reason).await,
        }
    }
}

/// The next change that counts; never, where nobody tells.
async fn next(changes: &mut Option<Changes>, places: &[Place]) {
    let Some(told) = changes else {
        return pending().await;
    };
    let counts = |changed: Changed<'_>| match changed {
        Changed::In(_, name) => places.iter().any(|place| place.counts_here(name)),
        Changed::Itself | Changed::Anything => true,
    };
    if let Err(error) = told.next(counts).await {
        tracing::warn!(%error, "the system tells of no more changes to lists of packages");
        *changes = None;
    }
}

fn holds_some(stored: Option<&[u8]>) -> bool {
    let stored = stored.and_then(List::from_bytes);
    stored.is_some_and(|list| list != List::default())
}

/// An empty folder: a killed agent can have left a copy.
fn prepare(scratch: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(scratch) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::fs::create_dir(scratch)
}
