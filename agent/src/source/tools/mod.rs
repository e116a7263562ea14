//! Tools of the classes that an order may name: whether they are installed, set up, or used, each a
//! fact of its own; and whether the computer itself runs inside one.
//!
//! - *installed*: by the lists of packages, and by program files where programs are.
//! - *configured*: something is there that only its use makes (a virtual machine, settings, a folder
//!   of encrypted files), or its service runs.
//! - *used*: its program begins in a monitored account, or as root for one; a file system of its kind
//!   is mounted; an encrypted volume is opened; `/dev/kvm` is open. Told at most once in an hour.
//! - *inside*: what the computer itself runs in.
//!
//! Promises: what is there when monitoring begins is told once: it is a state that lasts into the
//! time that is monitored, not an event from before. What the system brings along by itself
//! (`table`) is told as installed only if it comes later. An encrypted volume that is open when
//! monitoring begins is most often the computer's own disk: it is told as configured, never as used.
//!
//! Refuses: to read what is in any file but lists of packages and of the system; to name what other
//! accounts of people have or run.
//!
//! Known limits: a program of another name than its own is not known for what it is; packages of rpm
//! are known by their programs only; a program that is gone before it can be looked at is counted,
//! not named.

mod cursor;
mod inside;
mod packages;
mod places;
mod running;
mod states;
mod table;
#[cfg(test)]
mod tests;
mod tool;
mod uses;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use proviso_report::UnixMs;
use proviso_report::fact::{Kind, ToolFound, ToolState};
use proviso_report::record::Method;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use self::cursor::Cursor;
use self::packages::Lists;
use self::tool::Tool;
use super::bounded::mark;
use super::computer::{Computer, ThisComputer};
use super::condition::Condition;
use super::hand_over::hand_over;
use super::turns::{Turn, Turns, until_stopped};
use super::wake::Wake;
use super::{Context, NotTaken, Observation, Port, beat};
use crate::platform::accounts::Account;
use crate::platform::clock;

/// What was told.
const KEY: &str = "tools";
/// When they were wanted.
const WANTED_KEY: &str = "tools:wanted";
/// What it sees.
pub(super) const KINDS: &[Kind] = &[Kind::ToolFound];
/// Between two looks, where the system tells of changes,
const NET: Duration = Duration::from_secs(900);
/// and where it does not.
const NET_ALONE: Duration = Duration::from_secs(120);
/// Between two looks at least: folders of programs change by hundreds in an update.
const REST: Duration = Duration::from_secs(10);
/// Until an account that was missing is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// Uses waiting to be told; one tool is told once an hour.
const WAITING: usize = 64;

/// Something that is known of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fact {
    account: Option<String>,
    name: String,
    class: &'static str,
    state: ToolState,
    sign: String,
    method: Method,
    /// Tells two of one kind apart: two encrypted volumes, say.
    which: String,
    /// No news if it is there when monitoring begins.
    common: bool,
}

impl Fact {
    fn of(tool: &Tool, account: Option<&str>, state: ToolState, sign: String) -> Self {
        Self {
            account: account.map(str::to_owned),
            name: tool.name.to_owned(),
            class: tool.class,
            state,
            sign,
            method: Method::FileScan,
            which: String::new(),
            common: tool.common && state == ToolState::Installed,
        }
    }

    fn inside(name: &str, class: &'static str, sign: &str) -> Self {
        Self {
            account: None,
            name: name.to_owned(),
            class,
            state: ToolState::Inside,
            sign: sign.to_owned(),
            method: Method::SystemRead,
            which: String::new(),
            common: false,
        }
    }

    fn by(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// Stands for it in the cursor.
    fn mark(&self) -> String {
        let state = match self.state {
            ToolState::Installed => "installed",
            ToolState::Configured => "configured",
            ToolState::Used => "used",
            _ => "inside",
        };
        let account = self.account.as_deref().unwrap_or_default();
        mark(&[account, &self.name, state, &self.which])
    }

    fn observation(self, at: UnixMs) -> Observation {
        Observation {
            at,
            account: self.account,
            method: self.method,
            fact: ToolFound {
                name: self.name,
                class: self.class.to_owned(),
                state: self.state,
                sign: self.sign,
            }
            .into(),
        }
    }
}

/// Looks for tools until the agent stops.
pub async fn run(port: Port, context: Context) {
    run_on(Arc::new(ThisComputer), PathBuf::from("/"), port, context).await;
}

/// The same with another computer's accounts, whose files lie below `root`.
pub async fn run_on(computer: Arc<dyn Computer>, root: PathBuf, port: Port, context: Context) {
    until_stopped(&context, Box::pin(serve(&computer, &root, &port, &context))).await;
}

async fn serve(
    computer: &Arc<dyn Computer>,
    root: &Path,
    port: &Port,
    context: &Context,
) -> Result<(), NotTaken> {
    let mut condition = Condition::new(KEY.to_owned());
    let mut turns = Turns::of(port, context, WANTED_KEY, KINDS).await;
    loop {
        let turn = turns.next().await?;
        let work = Box::pin(watch(computer, root, port, context, &turn, &mut condition));
        turns.during(work).await?;
    }
}

/// Watches for the accounts that exist, and looks for the others again and again.
async fn watch(
    computer: &Arc<dyn Computer>,
    root: &Path,
    port: &Port,
    context: &Context,
    turn: &Turn,
    condition: &mut Condition,
) -> Result<(), NotTaken> {
    let mut anew = turn.anew;
    loop {
        let names = &context.config.accounts;
        // `process` and `history` say which are missing.
        let accounts = names.iter().filter_map(|name| computer.account(name).ok());
        let accounts: Vec<Account> = accounts.collect();
        let all = accounts.len() == names.len();
        let again = async {
            if all {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        let (out, used) = mpsc::channel(WAITING);
        tokio::select! {
            () = again => {}
            result = look(root, &accounts, port, anew, used, condition) => return result,
            result = uses::watch(computer, root, &accounts, port, out) => return result,
        }
        anew = false;
    }
}

/// Looks at what is there at each change, and tells that and what is used.
async fn look(
    root: &Path,
    accounts: &[Account],
    port: &Port,
    anew: bool,
    mut used: mpsc::Receiver<Fact>,
    condition: &mut Condition,
) -> Result<(), NotTaken> {
    let mut wake = Wake::of_folders(NET, NET_ALONE).and_mounts();
    let mut cursor = match port.cursor(KEY).await {
        Some(bytes) if !anew => Cursor::from_bytes(&bytes),
        _ => None,
    }
    .unwrap_or_default();
    let mut lists = Lists::default();
    loop {
        // Before the look, so that nothing falls in between.
        for (folder, told) in states::folders(root, accounts) {
            wake.watch(&folder, told);
        }
        let began = Instant::now();
        match states_of(root, accounts, lists).await {
            Ok((facts, read)) => {
                lists = read;
                condition.works(port).await?;
                let now = clock::now();
                let news = cursor.note_states(facts);
                tell(port, &cursor, news, now).await?;
            }
            Err(reason) => {
                lists = Lists::default();
                condition.failed(port, reason).await?;
            }
        }
        let changed = async {
            sleep_until(beat::next(began + REST)).await;
            wake.next().await;
        };
        let mut changed = std::pin::pin!(changed);
        loop {
            tokio::select! {
                () = &mut changed => break,
                Some(fact) = used.recv() => {
                    let now = clock::now();
                    if cursor.note_use(&fact, now.0) {
                        tell(port, &cursor, vec![fact], now).await?;
                    }
                }
            }
        }
    }
}

async fn states_of(
    root: &Path,
    accounts: &[Account],
    mut lists: Lists,
) -> Result<(Vec<Fact>, Lists), String> {
    let (root, accounts) = (root.to_owned(), accounts.to_vec());
    let looked = tokio::task::spawn_blocking(move || {
        states::look(&root, &accounts, &mut lists).map(|facts| (facts, lists))
    });
    match looked.await {
        Ok(Ok(looked)) => Ok(looked),
        Ok(Err(error)) => Err(format!(
            "what is installed could not be read: {error}; look at the list of packages"
        )),
        Err(_) => Err("the search for tools failed; restart the agent".to_owned()),
    }
}

async fn tell(port: &Port, cursor: &Cursor, news: Vec<Fact>, at: UnixMs) -> Result<(), NotTaken> {
    let bytes = cursor.to_bytes();
    if news.is_empty() && port.cursor(KEY).await.as_deref() == Some(&*bytes) {
        return Ok(());
    }
    let news: Vec<_> = news.into_iter().map(|fact| fact.observation(at)).collect();
    hand_over(port, KEY, &news, &bytes).await
}
