//! The computer's network: interfaces that come and go, settings that lead traffic elsewhere, and the
//! network that it is on.
//!
//! The kernel tells of each interface and way out as they change. Proxies, resolvers and Tor are read
//! from what the system keeps, twice a minute and whenever ways out change.
//!
//! Promises: only changes are handed over, against what was there when the agent last looked, so what
//! changed while it was down is found at its next start. What was so before the agent's first run, or
//! changed while no order wanted it, is no news. Refuses: packets, names that were asked for,
//! addresses that were reached, and other accounts' programs and files.
//!
//! Known limits: of an interface that went while the agent was down there is no record; nor is there
//! one of its getting another name after it was told, and if the agent is started anew in between, its
//! end is told by that name. A proxy that only one program is told of by its own settings is not seen.

mod dconf;
mod interface;
mod joined;
mod known;
mod proxy;
mod resolver;
mod route;
mod settings;
#[cfg(test)]
mod tests;
mod tor;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proviso_report::UnixMs;
use proviso_report::fact::{Fact, Gap, GapCause, Kind, NetworkJoined};
use proviso_report::record::Method;
use tokio::time::{Instant, sleep, sleep_until};

use self::known::{Known, News, Seen};
use self::settings::{Said, Settings};
use super::base_line::{BaseLine, Mark};
use super::computer::{Computer, ThisComputer};
use super::condition::Condition;
use super::hand_over::hand_over;
use super::turns::{Turn, Turns, until_stopped};
use super::{Context, Health, NotTaken, Observation, Port, beat};
use crate::platform::accounts::Account;
use crate::platform::clock;
use crate::platform::links::{self, Link, Links, LinksError, Told};

/// What was there.
const KEY: &str = "network";
/// What it sees.
pub(super) const KINDS: &[Kind] = &[
    Kind::NetworkInterface,
    Kind::NetworkSetting,
    Kind::NetworkJoined,
];
/// When it was wanted.
const WANTED_KEY: &str = "network:wanted";
/// Between two looks at what the system does not tell.
const AGAIN: Duration = Duration::from_secs(30);
/// The system takes so long to name a new interface; a slow one may take longer.
const NAMING: Duration = Duration::from_secs(1);
/// A connection is made of many changes.
const SETTLE: Duration = Duration::from_millis(500);
/// So long after the start of the computer hardware that was there before appears again.
const STARTING: u64 = 180_000;
/// Of files that people write; longer ones are cut.
const MAX_FILE: u64 = 1 << 20;

/// Watches the network until the agent stops.
pub async fn run(port: Port, context: Context) {
    run_in(PathBuf::from("/"), Box::new(ThisComputer), port, context).await;
}

/// The same with other files and accounts.
async fn run_in(root: PathBuf, computer: Box<dyn Computer>, port: Port, context: Context) {
    until_stopped(
        &context,
        Box::pin(serve(&root, &*computer, &port, &context)),
    )
    .await;
}

async fn serve(
    root: &Path,
    computer: &dyn Computer,
    port: &Port,
    context: &Context,
) -> Result<(), NotTaken> {
    let mut condition = Condition::new(KEY.to_owned());
    let mut turns = Turns::of(port, context, WANTED_KEY, KINDS).await;
    loop {
        let turn = turns.next().await?;
        let mut watching = Watching {
            root,
            port,
            turn: &turn,
            computer,
            context,
            known: Known::default(),
            settings: Settings::default(),
            joined: Joined::default(),
        };
        let work = Box::pin(watching.go_on(&mut condition));
        turns.during(work).await?;
    }
}

struct Watching<'a> {
    root: &'a Path,
    port: &'a Port,
    turn: &'a Turn,
    computer: &'a dyn Computer,
    context: &'a Context,
    known: Known,
    settings: Settings,
    joined: Joined,
}

/// The network that the computer was last known to be on.
#[derive(Debug, Default)]
struct Joined {
    mark: Option<Mark>,
    /// What was known before the agent was started, until a network is seen.
    before: Option<BaseLine>,
}

impl Joined {
    /// The computer is on this network. Is that news?
    fn note(&mut self, network: &NetworkJoined) -> bool {
        let mark = mark(network);
        let before = self.before.take();
        let old = self.mark == Some(mark) || before.is_some_and(|before| before.has(mark));
        self.mark = Some(mark);
        !old
    }
}

impl Watching<'_> {
    async fn go_on(&mut self, condition: &mut Condition) -> Result<(), NotTaken> {
        // Before anything is read, so that nothing falls in between.
        let (mut events, list) = loop {
            match Links::open().and_then(|events| Ok((events, links::links()?))) {
                Ok(opened) => break opened,
                Err(error) => {
                    condition.failed(self.port, error.to_string()).await?;
                    if matches!(error, LinksError::Unsupported) {
                        return Ok(());
                    }
                    sleep(AGAIN).await;
                }
            }
        };
        condition.works(self.port).await?;
        self.begin(list).await?;
        let expect_until = Instant::now() + Duration::from_millis(STARTING);
        let mut look_at = Instant::now() + SETTLE;
        let mut named_at = None;
        loop {
            tokio::select! {
                told = events.next() => {
                    if let Some(soon) = self.take(told).await? {
                        look_at = look_at.min(Instant::now() + soon);
                    }
                    if self.known.is_unsettled() {
                        named_at.get_or_insert_with(|| Instant::now() + NAMING);
                    }
                }
                () = sleep_until(named_at.unwrap_or(look_at)), if named_at.is_some() => {
                    named_at = None;
                    let news = self.known.settle();
                    self.tell_links(news, Method::SystemEvent).await?;
                    look_at = look_at.min(Instant::now() + SETTLE);
                }
                () = sleep_until(look_at) => {
                    if Instant::now() >= expect_until {
                        self.known.expect(None);
                    }
                    self.look().await?;
                    look_at = beat::next(Instant::now() + AGAIN);
                }
            }
        }
    }

    async fn begin(&mut self, list: Vec<Link>) -> Result<(), NotTaken> {
        let last = match self.port.cursor(KEY).await {
            Some(bytes) if !self.turn.anew => BaseLine::from_bytes(&bytes),
            _ => None,
        };
        let list = self.seen(list);
        let news = self.known.begin(list, last.as_ref());
        let said = self.say();
        let changed = self.settings.begin(said, last.as_ref());
        let network = self.network();
        let joined = match last {
            Some(last) => {
                if clock::boottime_ms() < STARTING {
                    self.known.expect(Some(last.clone()));
                }
                self.joined.before = Some(last);
                network.filter(|network| self.joined.note(network))
            }
            None => {
                self.joined.mark = network.as_ref().map(mark);
                None
            }
        };
        let news = news.into_iter().map(|it| (None, it.into()));
        let news = news
            .chain(changed)
            .chain(joined.map(|it| (None, it.into())));
        self.tell(news.collect(), Method::SystemRead).await
    }

    /// Takes what the kernel tells. Gives how soon all else is to be looked at.
    async fn take(&mut self, told: std::io::Result<Told>) -> Result<Option<Duration>, NotTaken> {
        let now = clock::now();
        let news: Vec<News> = match told {
            Ok(Told::Link(link)) => {
                let mut changed = false;
                for seen in self.seen(vec![link]) {
                    changed |= self.known.is_there(seen, now);
                }
                if !changed {
                    return Ok(None);
                }
                // Nothing to tell, but the next start is to know it by its new name.
                self.tell_links(Vec::new(), Method::SystemEvent).await?;
                return Ok(Some(SETTLE));
            }
            Ok(Told::Gone(index)) => self.known.is_gone(index, now),
            Ok(Told::Routes) => return Ok(Some(SETTLE)),
            Ok(Told::Lost) => {
                self.lost().await?;
                let list = links::links().map(|list| self.seen(list));
                let mut news = list
                    .map(|list| self.known.compare(list, now))
                    .unwrap_or_default();
                news.extend(self.known.settle());
                self.tell_links(news, Method::SystemRead).await?;
                return Ok(Some(SETTLE));
            }
            // A message that cannot be taken; the next look finds what it was about.
            Err(error) => {
                tracing::debug!(%error, "a message about the network could not be taken");
                sleep(AGAIN).await;
                return Ok(Some(SETTLE));
            }
        };
        if news.is_empty() {
            return Ok(None);
        }
        self.tell_links(news, Method::SystemEvent).await?;
        Ok(Some(SETTLE))
    }

    /// Looks at all that the kernel does not tell of.
    async fn look(&mut self) -> Result<(), NotTaken> {
        let said = self.say();
        let mut news = self.settings.compare(said);
        // A network that is left for a moment is still the same one.
        if let Some(network) = self.network()
            && self.joined.note(&network)
        {
            news.push((None, network.into()));
        }
        if news.is_empty() {
            return Ok(());
        }
        self.tell(news, Method::SystemRead).await
    }

    /// What the settings are.
    fn say(&self) -> Vec<Said> {
        if !self.turn.wanted.wants(Kind::NetworkSetting) {
            return Vec::new();
        }
        let accounts = self.accounts();
        let mut said = vec![(None, "resolver", resolver::setting(self.root))];
        if let Ok(routes) = links::routes() {
            said.push((None, "route", route::setting(&routes, &self.known)));
        }
        let proxies = proxy::settings(self.root, &accounts).into_iter();
        said.extend(proxies.map(|(account, value)| (account, "proxy", value)));
        let tor = tor::settings(self.root, &accounts).into_iter();
        said.extend(tor.map(|(account, value)| (account, "tor", value)));
        said
    }

    fn network(&self) -> Option<NetworkJoined> {
        if !self.turn.wanted.wants(Kind::NetworkJoined) {
            return None;
        }
        let routes = links::routes().ok()?;
        let neighbours = links::neighbours().unwrap_or_default();
        let wireless = links::wireless().unwrap_or_default();
        joined::network(self.root, &routes, &neighbours, &wireless, &self.known)
    }

    /// Those of the monitored accounts that exist.
    fn accounts(&self) -> Vec<Account> {
        let names = self.context.config.accounts.iter();
        names
            .filter_map(|name| self.computer.account(name).ok())
            .collect()
    }

    fn seen(&self, list: Vec<Link>) -> Vec<Seen> {
        list.into_iter()
            .filter_map(|link| {
                let sort = interface::type_of(&link, self.root)?;
                Some((link.index, link.name, sort))
            })
            .collect()
    }

    async fn tell_links(&self, news: Vec<News>, method: Method) -> Result<(), NotTaken> {
        let news = news.into_iter().map(|(at, it)| (at, None, it.into()));
        self.tell_at(news.collect(), method).await
    }

    async fn tell(
        &self,
        news: Vec<(Option<String>, Fact)>,
        method: Method,
    ) -> Result<(), NotTaken> {
        let at = clock::now();
        let news = news.into_iter().map(|(account, fact)| (at, account, fact));
        self.tell_at(news.collect(), method).await
    }

    async fn tell_at(
        &self,
        news: Vec<(UnixMs, Option<String>, Fact)>,
        method: Method,
    ) -> Result<(), NotTaken> {
        let observations: Vec<Observation> = news
            .into_iter()
            .filter(|(_, _, fact)| self.turn.wanted.wants(fact.kind()))
            .map(|(at, account, fact)| Observation {
                at,
                account,
                method,
                fact,
            })
            .collect();
        let mut line = self.known.base_line();
        for mark in self.settings.marks().chain(self.joined.mark) {
            line.note(mark);
        }
        hand_over(self.port, KEY, &observations, &line.to_bytes()).await
    }

    async fn lost(&self) -> Result<(), NotTaken> {
        let gap = Gap {
            cause: GapCause::Overflow,
            source: Some(KEY.to_owned()),
            count: None,
            from: Some(clock::now().0),
            to: None,
            detail: "more network interfaces came and went at once than the agent could take; those that are still there are recorded".to_owned(),
        };
        self.port.health(Health::Lost(gap)).await
    }
}

fn mark(joined: &NetworkJoined) -> Mark {
    let interface = joined.interface.as_deref().unwrap_or_default();
    Mark::of(&["joined", &joined.network, interface])
}

/// A path of the system, below the root that is looked at.
fn place(root: &Path, path: &str) -> PathBuf {
    root.join(path)
}

/// The lines of a file without blanks around them; none, where there is no file.
fn lines(file: &Path) -> Vec<String> {
    let Ok(file) = File::open(file) else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&read(file)).into_owned();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

/// What is in a file, up to the length that is looked at.
fn read(file: File) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = file.take(MAX_FILE).read_to_end(&mut bytes);
    bytes
}
