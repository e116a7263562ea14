//! What browsers are set to: whether they keep history, let private windows be opened, send what
//! they know elsewhere, and still have our extension.
//!
//! Parts: which browser a program is (`program`) and what its arguments say (`arguments`, asked by
//! the source of programs); a profile's files (`profile`, `chromium`, `firefox`) and the
//! administrator's (`policy`); what was known before (`base`); and the browsers that run without a
//! word from our extension (`silence`).
//!
//! Promises: a record only of what changed, also while the agent was down. What a profile is at
//! first sight is no news, unless it hides what would be seen otherwise (`settings`: history
//! off, cleared at the end or after a while, only private windows, our extension switched off):
//! that is told at once. Changes are found as the files change, and by a look each minute.
//! Refuses: to keep or tell whose account a browser is signed in to, addresses of proxies and
//! resolvers, and everything else that stands in these files.
//!
//! Not told: a private window by the silence of the extension. A window in front in which nothing
//! is opened is as silent as a private one, so that would be a false alarm each day. Firefox marks
//! private windows in their titles; its extension says it more surely.

pub(in crate::source) mod arguments;
mod base;
mod chromium;
mod firefox;
mod policy;
mod profile;
mod program;
mod settings;
mod silence;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use proviso_report::Hash;
use proviso_report::fact::{BrowserSetting, Kind};
use proviso_report::record::Method;
use tokio::sync::Notify;
use tokio::time::Instant;

use self::base::{Base, ProfileId};
use self::profile::{Ids, Unreadable};
use self::settings::{Setting, Values};
use self::silence::{Silence, Where};
use super::computer::{Computer, ThisComputer};
use super::condition::Condition;
use super::extension::Presence;
use super::hand_over::hand_over;
use super::history::find::{self, History};
use super::history::watch::Watch;
use super::turns::{Turn, Turns, until_stopped};
use super::{Context, NotTaken, Observation, Port, beat, extension};
use crate::platform::accounts::Account;
use crate::platform::clock;

/// What was known.
const KEY: &str = "browsers";
/// When it was wanted.
const WANTED_KEY: &str = "browsers:wanted";
/// What it sees.
pub(super) const KINDS: &[Kind] = &[Kind::BrowserSetting];
/// Between two looks while nothing changes.
const LOOK: Duration = Duration::from_secs(60);
/// Browsers write several files after another.
const SETTLE: Duration = Duration::from_secs(2);

/// Looks at the browsers of the monitored accounts until the agent stops.
pub async fn run(port: Port, context: Context, presence: Presence) {
    let place = Place {
        computer: Arc::new(ThisComputer),
        root: Arc::from(Path::new("/")),
    };
    run_on(place, port, context, presence).await;
}

/// Where to look.
#[derive(Clone)]
struct Place {
    computer: Arc<dyn Computer>,
    root: Arc<Path>,
}

async fn run_on(place: Place, port: Port, context: Context, presence: Presence) {
    until_stopped(&context, Box::pin(serve(place, port, &context, presence))).await;
}

async fn serve(
    place: Place,
    port: Port,
    context: &Context,
    presence: Presence,
) -> Result<(), NotTaken> {
    let mut condition = Condition::new(KEY.to_owned());
    let mut turns = Turns::of(&port, context, WANTED_KEY, KINDS).await;
    loop {
        let turn = turns.next().await?;
        let look = look(
            place.clone(),
            &port,
            context,
            &turn,
            &presence,
            &mut condition,
        );
        turns.during(Box::pin(look)).await?;
    }
}

async fn look(
    place: Place,
    port: &Port,
    context: &Context,
    turn: &Turn,
    presence: &Presence,
    condition: &mut Condition,
) -> Result<(), NotTaken> {
    let changed = Arc::new(Notify::new());
    let mut looking = Looking {
        place,
        accounts: context.config.accounts.clone(),
        ids: ids(&context.state),
        base: stored(port, turn.anew).await,
        marks: BTreeMap::new(),
        silence: Silence::default(),
        watch: Watch::new(Arc::clone(&changed)),
        followed: BTreeSet::new(),
        changed,
    };
    loop {
        let (found, trouble) = looking.once().await;
        match trouble {
            Some(reason) => condition.failed(port, reason).await?,
            None => condition.works(port).await?,
        }
        let before = looking.base.to_bytes();
        let news = looking.news(found, presence);
        let after = looking.base.to_bytes();
        if before != after {
            hand_over(port, KEY, &news, &after).await?;
        }
        let changed = Arc::clone(&looking.changed);
        tokio::select! {
            () = beat::rest(LOOK) => {}
            () = changed.notified() => tokio::time::sleep(SETTLE).await,
        }
    }
}

/// What is looked at.
struct Looking {
    place: Place,
    accounts: Vec<String>,
    ids: Ids,
    base: Base,
    /// What the files of each profile looked like when they were read.
    marks: BTreeMap<String, Hash>,
    silence: Silence,
    watch: Watch,
    followed: BTreeSet<PathBuf>,
    changed: Arc<Notify>,
}

/// What one look found.
#[derive(Default)]
struct Found {
    profiles: Vec<Profile>,
    /// Those that are as they were too.
    there: BTreeSet<ProfileId>,
    running: BTreeSet<Where>,
    folders: BTreeSet<PathBuf>,
    files: BTreeSet<PathBuf>,
    marks: BTreeMap<String, Hash>,
    unreadable: bool,
}

/// A profile whose files changed.
struct Profile {
    browser: &'static str,
    account: String,
    name: Option<String>,
    id: ProfileId,
    values: Values,
}

impl Looking {
    /// Looks at everything that changed; says what is in the way.
    async fn once(&mut self) -> (Found, Option<String>) {
        let mut trouble = None;
        let mut accounts = Vec::new();
        for name in &self.accounts {
            match self.place.computer.account(name) {
                Ok(account) => accounts.push(account),
                Err(error) => trouble = Some(error.to_string()),
            }
        }
        let (place, ids) = (self.place.clone(), self.ids.clone());
        let marks = std::mem::take(&mut self.marks);
        let looked =
            tokio::task::spawn_blocking(move || find_all(&place, &accounts, &ids, &marks)).await;
        let Ok(mut found) = looked else {
            let reason = "the look at browsers' settings failed; restart the agent";
            return (Found::default(), Some(reason.to_owned()));
        };
        if found.unreadable {
            trouble = Some(
                "the settings of a browser cannot be read; look at its profile and at the policies of this computer"
                    .to_owned(),
            );
        }
        self.marks = std::mem::take(&mut found.marks);
        self.watch.only(&found.folders);
        for file in &found.files {
            if self.followed.insert(file.clone()) {
                self.watch.follow(file, &self.changed);
            }
        }
        (found, trouble)
    }

    /// What of that is news.
    fn news(&mut self, found: Found, presence: &Presence) -> Vec<Observation> {
        let mut news = Vec::new();
        let mut there = found.there;
        for profile in found.profiles {
            for (setting, value) in self.base.take(profile.id, &profile.values) {
                let name = profile.name.clone();
                news.push(observation(
                    profile.browser,
                    &profile.account,
                    name,
                    setting,
                    value,
                    Method::SystemRead,
                ));
            }
        }
        let connected = |(browser, account): &Where| presence.is_connected(browser, account);
        let said = self.silence.look(&found.running, connected, Instant::now());
        for ((browser, account), silent) in said {
            let id = ProfileId::of(&format!("running:{browser}:{account}"));
            let value = if silent { "silent" } else { "on" };
            let values = Values::from([(Setting::Extension, value.to_owned())]);
            there.insert(id);
            for (setting, value) in self.base.take(id, &values) {
                news.push(observation(
                    browser,
                    &account,
                    None,
                    setting,
                    value,
                    Method::ProcessPoll,
                ));
            }
        }
        self.base.hold_to(&there);
        news
    }
}

fn observation(
    browser: &str,
    account: &str,
    profile: Option<String>,
    setting: Setting,
    value: String,
    method: Method,
) -> Observation {
    let fact = BrowserSetting {
        browser: browser.to_owned(),
        profile,
        setting: setting.name().to_owned(),
        value,
    };
    Observation {
        at: clock::now(),
        account: Some(account.to_owned()),
        method,
        fact: fact.into(),
    }
}

/// Reads what changed since these marks were made.
fn find_all(
    place: &Place,
    accounts: &[Account],
    ids: &Ids,
    before: &BTreeMap<String, Hash>,
) -> Found {
    let mut found = Found::default();
    let histories = find::histories(&*place.computer, accounts);
    found.folders = histories.watch;
    for (key, history) in histories.histories {
        found.take(place, ids, before, key, &history);
    }
    for account in accounts {
        let Ok(programs) = place.computer.programs(account.owner, &[]) else {
            continue;
        };
        for one in programs {
            let args = one.args.iter().filter_map(|arg| arg.to_str());
            // In others it never is, and there its silence says nothing.
            if let Some(browser) = program::browser(&one.exe)
                && extension::BROWSERS.contains(&browser)
                && program::is_main(args)
            {
                found.running.insert((browser, account.name.clone()));
            }
        }
    }
    found
}

impl Found {
    fn take(
        &mut self,
        place: &Place,
        ids: &Ids,
        before: &BTreeMap<String, Hash>,
        key: String,
        history: &History,
    ) {
        let files = profile::files(history);
        let policies = policy::folder(&place.root, history.browser);
        let folders = files.iter().filter_map(|file| file.parent());
        self.folders.extend(folders.map(Path::to_owned));
        // Where the administrator's files would appear, or the nearest folder above.
        let above = policies.ancestors().find(|folder| folder.is_dir());
        self.folders.extend(above.map(Path::to_owned));
        let policy_files = policy::files(&place.root, history.browser);
        self.files.extend(files.into_iter().chain(policy_files));
        let id = ProfileId::of(&key);
        self.there.insert(id);
        // Taken before the files are read: what changes meanwhile is read again.
        let marks = profile::marks_of(history, &place.root);
        if before.get(&key) != Some(&marks) {
            match profile::read(history, &place.root, ids) {
                Ok(values) => self.profiles.push(Profile {
                    browser: history.browser,
                    account: history.account.name.clone(),
                    name: history.profile(),
                    id,
                    values,
                }),
                Err(Unreadable) => {
                    self.unreadable = true;
                    return;
                }
            }
        }
        self.marks.insert(key, marks);
    }
}

/// What is known from before. After a time in which nobody wanted it, nothing is.
async fn stored(port: &Port, anew: bool) -> Base {
    if anew {
        return Base::default();
    }
    let Some(bytes) = port.cursor(KEY).await else {
        return Base::default();
    };
    Base::from_bytes(&bytes).unwrap_or_else(|| {
        tracing::warn!(
            source = KEY,
            "what was known of browsers' settings is damaged; what they are now is taken as it is"
        );
        Base::default()
    })
}

/// Those of our extension on this computer.
fn ids(state: &Path) -> Ids {
    Ids {
        chromium: extension::description(state).map(|it| it.chromium_id),
        firefox: extension::package::FIREFOX_ID.to_owned(),
    }
}
