//! Which program is in front on the displays of the monitored accounts, and for how long while
//! somebody is there.
//!
//! Promises: the display tells as it happens and is not asked again and again; a desktop that does
//! not say it is a source that has failed, with a sentence. A record names a program by its file where
//! the display knows the process (X11), and by the name that the program gives itself elsewhere
//! (Wayland), which anybody can choose. Refuses: titles of windows; displays of other accounts and on
//! other computers; the files of programs that other accounts run on the display.
//!
//! Known limits: what is in front for less than a second is not recorded; of an agent that is killed
//! the last stretch is missing. Displays are looked for twice a minute, and at once when one appears
//! where the agent can see it. GNOME's and KDE's compositors name no windows to other programs, and an X
//! server beside a compositor knows only some of the windows: both are sources that have failed.

mod stretch;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use proviso_report::fact::Kind;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, sleep_until, timeout};

use self::stretch::{Moment, Shown, Stretch};
use super::computer::{Computer, ThisComputer};
use super::condition::{Condition, Conditions};
use super::hand_over::hand_over;
use super::turns::{Turns, until_stopped};
use super::{Context, NotTaken, Observation, Port, beat};
use crate::platform::accounts::{Account, Owner};
use crate::platform::changes::{Changes, Told};
use crate::platform::clock;
use crate::platform::desktop::{Change, Desktop, DesktopError, Screen, Window, screens};
use crate::platform::program::{Look, look};

/// When it was wanted.
const KEY: &str = "foreground";
/// What it sees.
pub(super) const KINDS: &[Kind] = &[Kind::Foreground];
/// Nothing is read up to anywhere: what was not told is gone.
const TOLD_KEY: &str = "foreground:told";
/// Between two searches for displays,
const SEARCH: Duration = Duration::from_secs(30);
/// and after one appeared: its programs come within the next seconds.
const SEARCH_SOON: [Duration; 3] = [
    Duration::from_millis(300),
    Duration::from_secs(2),
    Duration::from_secs(8),
];
/// What a search takes at most.
const SEARCH_PATIENCE: Duration = Duration::from_secs(10);
/// Until a display that failed is tried again.
const RETRY: Duration = Duration::from_secs(60);
/// Where X servers put their sockets.
const X11_FOLDER: &str = "/tmp/.X11-unix";
/// To hand over what goes on while the agent ends.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// A program that has no name.
const NAMELESS: &str = "unnamed";

/// What every display shows, by account and display.
type Shows = Arc<Mutex<BTreeMap<(String, Screen), Stretch>>>;

/// Watches the displays of the monitored accounts until the agent stops.
pub async fn run(port: Port, context: Context) {
    run_on(Arc::new(ThisComputer), port, context).await;
}

/// The same with another computer's accounts.
pub async fn run_on(computer: Arc<dyn Computer>, port: Port, context: Context) {
    let shows = Shows::default();
    let work = serve(&*computer, &port, &context, &shows);
    until_stopped(&context, Box::pin(work)).await;
    let _ = timeout(LAST_WORDS, tell_rest(&port, &shows, |_| true)).await;
}

async fn serve(
    computer: &dyn Computer,
    port: &Port,
    context: &Context,
    shows: &Shows,
) -> Result<(), NotTaken> {
    let mut turns = Turns::of(port, context, KEY, KINDS).await;
    let conditions = Conditions::default();
    loop {
        turns.next().await?;
        let mut search = Search {
            computer,
            port,
            context,
            shows,
            conditions: conditions.clone(),
            tasks: JoinSet::new(),
            followed: BTreeMap::new(),
        };
        turns.during(Box::pin(search.go_on())).await?;
        drop(search);
        tell_rest(port, shows, |_| true).await?;
    }
}

/// Finds displays and has each followed. Dropped, all of it ends.
struct Search<'a> {
    computer: &'a dyn Computer,
    port: &'a Port,
    context: &'a Context,
    shows: &'a Shows,
    conditions: Conditions,
    tasks: JoinSet<()>,
    followed: BTreeMap<(String, Screen), AbortHandle>,
}

impl Search<'_> {
    async fn go_on(&mut self) -> Result<(), NotTaken> {
        let mut condition = Condition::among(self.conditions.clone(), KEY.to_owned());
        let mut soon = SEARCH_SOON.len();
        loop {
            let mut accounts = Vec::new();
            let mut trouble = None;
            for name in &self.context.config.accounts {
                match self.computer.account(name) {
                    Ok(account) => accounts.push(account),
                    Err(error) => trouble = Some(error.to_string()),
                }
            }
            // Before anything is looked for, so that nothing falls in between.
            let mut changes =
                Changes::of(folders(&accounts).iter().map(PathBuf::as_path), Told::Names);
            match found(accounts).await {
                Ok(found) => self.follow_only(found).await?,
                Err(reason) => trouble = Some(reason),
            }
            match trouble {
                Some(reason) => condition.failed(self.port, reason).await?,
                None => condition.works(self.port).await?,
            }
            let pause = SEARCH_SOON.get(soon).copied().unwrap_or(SEARCH);
            soon = soon.saturating_add(1);
            let appeared = async {
                let told = match &mut changes {
                    Ok(changes) => changes.next(|_| true).await.is_ok(),
                    Err(_) => false,
                };
                if !told {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = beat::rest(pause) => {}
                () = appeared => {
                    sleep(SEARCH_SOON[0]).await;
                    soon = 1;
                }
            }
        }
    }

    async fn follow_only(&mut self, found: Vec<(Account, Screen)>) -> Result<(), NotTaken> {
        let keys: BTreeSet<(String, Screen)> = found
            .iter()
            .map(|(account, screen)| (account.name.clone(), screen.clone()))
            .collect();
        self.followed.retain(|key, task| {
            let stays = keys.contains(key);
            if !stays {
                task.abort();
            }
            stays
        });
        tell_rest(self.port, self.shows, |key| !keys.contains(key)).await?;
        for (account, screen) in found {
            let key = (account.name.clone(), screen.clone());
            if self.followed.contains_key(&key) {
                continue;
            }
            let follower = Follower {
                condition: Condition::among(self.conditions.clone(), name(&account, &screen)),
                account,
                screen,
                port: self.port.clone(),
                shows: Arc::clone(self.shows),
            };
            let task = self.tasks.spawn(async move {
                // It ends only with the pipeline.
                let _ = follower.follow().await;
            });
            self.followed.insert(key, task);
        }
        while self.tasks.try_join_next().is_some() {}
        Ok(())
    }
}

/// Follows one display.
struct Follower {
    account: Account,
    screen: Screen,
    port: Port,
    shows: Shows,
    condition: Condition,
}

impl Follower {
    async fn follow(mut self) -> Result<(), NotTaken> {
        loop {
            match Desktop::connect(&self.screen, &self.account).await {
                Ok(desktop) => {
                    self.condition.works(&self.port).await?;
                    let error = self.listen(desktop).await?;
                    let ended = self.change(Stretch::end);
                    self.tell(ended).await?;
                    if !error.is_end() {
                        self.condition.failed(&self.port, error.to_string()).await?;
                    }
                }
                // A program that outlived its display names one that is not there.
                Err(DesktopError::Io(error))
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused
                    ) => {}
                Err(error) => self.condition.failed(&self.port, error.to_string()).await?,
            }
            sleep(RETRY).await;
        }
    }

    /// Until the display ends.
    async fn listen(&self, mut desktop: Desktop) -> Result<DesktopError, NotTaken> {
        loop {
            let mut next = pin!(desktop.next());
            let change = loop {
                let cut_at = self.with(|stretch| stretch.cut_at());
                let cut = async {
                    match cut_at {
                        Some(at) => sleep_until(at.into()).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    change = &mut next => break change,
                    () = cut => {
                        let ended = self.change(Stretch::cut);
                        self.tell(ended).await?;
                    }
                }
            };
            let ended = match change {
                Ok(Change::Front(window)) => {
                    let shown = window.map(|window| shown(&window, &self.account));
                    self.change(|stretch, now| stretch.front(shown, now))
                }
                Ok(Change::Idle) => self.change(|stretch, now| stretch.idle(true, now)),
                Ok(Change::Active) => self.change(|stretch, now| stretch.idle(false, now)),
                Err(error) => return Ok(error),
            };
            self.tell(ended).await?;
        }
    }

    fn change(
        &self,
        make: impl FnOnce(&mut Stretch, Moment) -> Option<Observation>,
    ) -> Option<Observation> {
        self.with(|stretch| make(stretch, now()))
    }

    fn with<T>(&self, look: impl FnOnce(&mut Stretch) -> T) -> T {
        let mut shows = self.shows.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (self.account.name.clone(), self.screen.clone());
        let stretch = shows
            .entry(key)
            .or_insert_with(|| Stretch::new(&self.account.name));
        look(stretch)
    }

    async fn tell(&self, ended: Option<Observation>) -> Result<(), NotTaken> {
        match ended {
            Some(ended) => hand_over(&self.port, TOLD_KEY, &[ended], &[]).await,
            None => Ok(()),
        }
    }
}

/// Ends what goes on where nobody looks any more.
async fn tell_rest(
    port: &Port,
    shows: &Shows,
    of: impl Fn(&(String, Screen)) -> bool,
) -> Result<(), NotTaken> {
    let ended: Vec<Observation> = {
        let mut shows = shows.lock().unwrap_or_else(PoisonError::into_inner);
        let keys: Vec<_> = shows.keys().filter(|key| of(key)).cloned().collect();
        let gone = keys.iter().filter_map(|key| shows.remove(key));
        gone.filter_map(|mut stretch| stretch.end(now())).collect()
    };
    match ended.is_empty() {
        true => Ok(()),
        false => hand_over(port, TOLD_KEY, &ended, &[]).await,
    }
}

/// The displays of these accounts.
async fn found(accounts: Vec<Account>) -> Result<Vec<(Account, Screen)>, String> {
    // What a program was told lies in its own memory, which it can keep from being read.
    let work = tokio::task::spawn_blocking(move || {
        let mut found = Vec::new();
        for account in accounts {
            let screens = screens(&account).map_err(|error| {
                format!("this system does not show which displays there are: {error}; which program is in front is not recorded")
            })?;
            found.extend(screens.into_iter().map(|screen| (account.clone(), screen)));
        }
        Ok(found)
    });
    let stuck = || {
        "a program of the account keeps its displays from being found; find out which program waits for ever".to_owned()
    };
    match timeout(SEARCH_PATIENCE, work).await {
        Ok(Ok(found)) => found,
        _ => Err(stuck()),
    }
}

/// Where displays of these accounts appear.
fn folders(accounts: &[Account]) -> Vec<PathBuf> {
    let own = accounts
        .iter()
        .map(|account| PathBuf::from(format!("/run/user/{}", account.owner.0)));
    std::iter::once(PathBuf::from(X11_FOLDER))
        .chain(own)
        .collect()
}

/// The name of a display as a source.
fn name(account: &Account, screen: &Screen) -> String {
    format!("{KEY}:{}:{screen}", account.name)
}

/// The program of a window.
fn shown(window: &Window, account: &Account) -> Shown {
    // Of another account's program on this display its own name for itself is all that is said.
    let theirs = |owner: Owner| owner == account.owner || owner == Owner(0);
    let exe = match window.pid.map(|pid| look(pid, theirs)) {
        Some(Look::Theirs(running)) => running.file.map(|file| file.path().to_owned()),
        _ => None,
    };
    let file = exe.as_deref().map(Path::new).and_then(Path::file_name);
    let name = file.map(|name| name.to_string_lossy().into_owned());
    Shown {
        name: name
            .or_else(|| window.class.clone())
            .unwrap_or_else(|| NAMELESS.to_owned()),
        exe,
    }
}

fn now() -> Moment {
    Moment {
        at: clock::now(),
        instant: Instant::now(),
    }
}
