//! `proviso-agent run`: puts the parts together, and takes them apart in order.
//!
//! One thread waits for everything; the keeper has a second one for the journal. At the end the
//! sources stop first, then the keeper records that the agent stops, and the uplink gets a moment
//! to carry that record off.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, ConfigError};
use crate::identity::{Identity, IdentityError};
use crate::journal::{self, Journal, Limits, OpenError, WriteError};
use crate::log_key;
use crate::order::{Book, StoreError};
use crate::person::notices::{self, News};
use crate::person::page::{Door, OwnPage};
use crate::pipeline::thread::{Inlets, spawn};
use crate::pipeline::{Begin, End, Keeper, Outlets, Progress, StartError};
use crate::platform::clock::{Clock, ClockError};
use crate::platform::local::{BindError, Listener};
use crate::platform::lock::{Lock, LockError};
use crate::platform::rights::{self, RightsError};
use crate::platform::signals::Signals;
use crate::platform::{memory, power, zone};
use crate::scope::Scope;
use crate::source::beat;
use crate::source::extension::desk::Desk;
use crate::source::extension::native_host::SOCKET;
use crate::source::extension::{self, PrepareError};
use crate::source::itself::{self, Before};
use crate::source::{
    Context, Health, Port, ToPipeline, Wanted, accounts, browsers, devices, files, foreground,
    history, network, other_system, packages, phone, process, sessions, table, tools,
};
use crate::uplink::{self, Notice};
use crate::watch::{self as watching, Note};

/// For sources to finish what they are in the middle of.
const SOURCES_END: Duration = Duration::from_secs(2);
/// For the uplink to carry off the last record.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// For the system to say whether it goes down.
const SYSTEM_SAYS: Duration = Duration::from_secs(2);
/// Between two looks at the time zone.
const ZONE_AGAIN: Duration = Duration::from_secs(60);
/// Between two tries to open the port of the extension.
const PORT_RETRY: Duration = Duration::from_secs(30);
/// After the start, until what only the start needed is given back; and between two times.
const SETTLED: Duration = Duration::from_secs(8);
const GIVE_BACK: Duration = Duration::from_secs(3_600);
/// Records that go ahead of a backlog, waiting to be sent.
const NOTICES: usize = 64;

/// Why the agent does not run, or no longer.
#[derive(Debug, Error)]
pub enum RunError {
    /// Settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Keys.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Others can change what it trusts.
    #[error(transparent)]
    Rights(#[from] RightsError),
    /// Clocks.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The journal cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The journal cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Orders.
    #[error(transparent)]
    Orders(#[from] StoreError),
    /// Whose signatures count.
    #[error(
        "the list of people who sign orders is damaged: {0}; enrol this computer anew with another --state directory"
    )]
    Signers(#[from] proviso_rules::SignatureError),
    /// Another agent, or no place for the socket.
    #[error(transparent)]
    Socket(#[from] BindError),
    /// The place of the process that is watched.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The extension.
    #[error(transparent)]
    Extension(#[from] PrepareError),
    /// The system.
    #[error("the agent could not start: {0}; free some memory and start it again")]
    System(#[from] std::io::Error),
    /// No random numbers.
    #[error("this computer gives no random numbers; restart it")]
    Random,
    /// The keeper ended without being asked.
    #[error("the agent's keeper ended unexpectedly; start the agent again and report this")]
    Keeper,
}

impl From<StartError> for RunError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Journal(error) => Self::Write(error),
        }
    }
}

/// Runs until it is asked to end.
pub fn run(state: &Path) -> Result<(), RunError> {
    let config = Config::load(state)?;
    rights::check_folder(state)?;
    rights::keep_memory_private();
    let identity = Identity::load(state)?;
    rights::check_secret(&state.join(log_key::FILE))?;
    memory::one_arena();
    beat::begin();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(4)
        .thread_keep_alive(Duration::from_secs(2))
        .build()?;
    let mut lock = None;
    let outcome = runtime.block_on(Box::pin(agent(state, config, identity, &mut lock)));
    // A thread that reads a browser's files must not keep the process.
    runtime.shutdown_background();
    // Without the lock, another agent may be reading.
    if lock.is_some() {
        remove_copies(state);
    }
    outcome
}

/// A copy of a history holds what is exempt too: none stays when nobody reads it.
fn remove_copies(state: &Path) {
    if let Err(error) = history::remove_copies(state) {
        tracing::warn!(
            %error,
            "copies of browsers' histories could not be removed; check the disk, and remove the folders \
             of {} whose names begin with `reading` while the agent does not run",
            state.display()
        );
    }
}

/// `held`: where the lock stays when this has ended.
async fn agent(
    state: &Path,
    config: Config,
    identity: Identity,
    held: &mut Option<Lock>,
) -> Result<(), RunError> {
    let mut signals = Signals::listen()?;
    // First of all: only one agent may open the journal.
    let listener = Listener::bind(&state.join(SOCKET))?;
    // What the process that watched the run before says of its end; then it watches this one.
    let note = watching::last_note(state).await;
    let lock = held.insert(Lock::take(&state.join(watching::AGENT_LOCK))?);
    // Those of an agent that was killed.
    remove_copies(state);
    let own_path = std::env::current_exe()?;
    let before = Before::look(state, &own_path);
    let (served, _) = extension::prepare(state, config.extension.port, &own_path)?;
    let config = Arc::new(config);
    let (port, messages) = Port::channel();
    let (outlets, ears) = outlets();
    let clock = Clock::new()?;
    let own_page = OwnPage::default();
    let keeper = keeper(
        state,
        &config,
        &identity,
        outlets,
        own_page.clone(),
        note,
        &clock,
    )?;
    Note::remove(state);
    lock.say("runs")?;
    let (asks, asked) = mpsc::channel(4);
    let (stop_keeper, stopping) = oneshot::channel();
    let quit = CancellationToken::new();
    let inlets = Inlets {
        messages,
        asks: asked,
        stop: stopping,
        quit: quit.clone(),
    };
    let mut ended = spawn(keeper, clock, inlets)?;
    let _quit_on_return = quit.clone().drop_guard();

    let stop = CancellationToken::new();
    let _stop_on_return = stop.clone().drop_guard();
    let stop_uplink = CancellationToken::new();
    let _stop_uplink_on_return = stop_uplink.clone().drop_guard();
    let uplink = tokio::spawn(uplink::run(
        identity.clone(),
        port.clone(),
        uplink::Told {
            closed: ears.closed.clone(),
            notices: ears.notices,
            budget: ears.budget,
        },
        Arc::clone(&config),
        stop_uplink.clone(),
    ));
    let context = Context {
        config: Arc::clone(&config),
        state: Arc::from(state),
        wanted: ears.wanted,
        stop: stop.clone(),
    };
    let mut sources = JoinSet::new();
    let door = Door::new(asks.clone(), own_page, stop.clone());
    let desk = Desk::new(port.clone(), context.clone(), asks, door);
    let presence = desk.presence();
    sources.spawn(desk.serve(listener));
    sources.spawn(files::run(port.clone(), context.clone()));
    sources.spawn(browsers::run(port.clone(), context.clone(), presence));
    sources.spawn(devices::run(port.clone(), context.clone()));
    sources.spawn(history::run(port.clone(), context.clone()));
    sources.spawn(network::run(port.clone(), context.clone()));
    sources.spawn(phone::run(port.clone(), context.clone()));
    sources.spawn(process::run(port.clone(), context.clone()));
    sources.spawn(accounts::run(port.clone(), context.clone()));
    sources.spawn(tools::run(port.clone(), context.clone()));
    sources.spawn(sessions::run(port.clone(), context.clone()));
    sources.spawn(other_system::run(port.clone(), context.clone()));
    sources.spawn(packages::run(port.clone(), context.clone()));
    sources.spawn(foreground::run(port.clone(), context.clone()));
    sources.spawn(notices::run(ears.news, port.clone(), context.clone()));
    sources.spawn(itself::run(port.clone(), context.clone(), before));
    sources.spawn(tell_zone(port.clone(), stop.clone()));
    sources.spawn(rest(stop.clone()));
    sources.spawn(hand_out(
        served,
        config.extension.port,
        port.clone(),
        stop.clone(),
    ));
    tracing::info!(device = %identity.device(), "the agent runs");

    let reason = tokio::select! {
        reason = signals.wait() => reason,
        outcome = &mut ended => return keeper_ended(outcome),
    };
    tracing::info!(reason, "the agent ends");
    stop.cancel();
    // What a source could not hand over in time it hands over at the next start.
    let _ = timeout(SOURCES_END, all(&mut sources)).await;
    let (done, written) = oneshot::channel();
    let end = End {
        reason: reason.to_owned(),
        shutdown: is_going_down().await,
    };
    if stop_keeper.send((end, done)).is_ok() {
        let _ = written.await;
    }
    let closed = *ears.closed.borrow();
    let mut progress = ears.progress;
    let all_held = progress.wait_for(|now| now.held >= closed || !now.connected);
    let _ = timeout(LAST_WORDS, all_held).await;
    stop_uplink.cancel();
    // What it could not carry off goes out after the next start.
    let _ = timeout(LAST_WORDS, uplink).await;
    quit.cancel();
    keeper_ended(ended.await)
}

/// Where the keeper's news arrive.
struct Ears {
    wanted: watch::Receiver<Wanted>,
    closed: watch::Receiver<u64>,
    budget: watch::Receiver<Option<u64>>,
    progress: watch::Receiver<Progress>,
    notices: mpsc::Receiver<Notice>,
    news: mpsc::Receiver<News>,
}

fn outlets() -> (Outlets, Ears) {
    let (wanted, hears_wanted) = watch::channel(Wanted::default());
    let (closed, hears_closed) = watch::channel(0);
    let (budget, hears_budget) = watch::channel(None);
    let (progress, hears_progress) = watch::channel(Progress::default());
    let (notices, hears_notices) = mpsc::channel(NOTICES);
    let (news, hears_news) = mpsc::channel(NOTICES);
    let outlets = Outlets {
        wanted,
        closed,
        budget,
        progress,
        notices,
        news,
    };
    let ears = Ears {
        wanted: hears_wanted,
        closed: hears_closed,
        budget: hears_budget,
        progress: hears_progress,
        notices: hears_notices,
        news: hears_news,
    };
    (outlets, ears)
}

fn keeper(
    state: &Path,
    config: &Config,
    identity: &Identity,
    outlets: Outlets,
    own_page: OwnPage,
    note: Option<Note>,
    clock: &Clock,
) -> Result<Keeper, RunError> {
    let signers = proviso_rules::Signers::parse(identity.allowed_signers())?;
    let limits = Limits {
        bytes: config.journal.max_megabytes.saturating_mul(1 << 20),
        age_ms: i64::try_from(config.journal.max_days)
            .unwrap_or(i64::MAX)
            .saturating_mul(24 * 3_600_000),
        key_ms: config.key_seconds.saturating_mul(1_000),
    };
    let journal = Journal::open(&state.join(journal::FILE), identity, limits)?;
    let book = Book::open(state.join("order"), signers, journal.orders()?.as_deref())?;
    let mut secret = [0; 32];
    SystemRandom::new()
        .fill(&mut secret)
        .map_err(|_| RunError::Random)?;
    let scope = Scope::new(config.accounts.clone(), secret).with_own_page(own_page);
    let begin = Begin {
        heartbeat_ms: config.heartbeat_seconds.saturating_mul(1_000),
        sources: &table::names(),
        note,
        zone: zone::name(),
    };
    Ok(
        Keeper::start(journal, book, scope, outlets, begin, &clock.now())?
            .with_contact(config.contact.clone()),
    )
}

/// Hands the extension to browsers. Another program on the port costs no more than that: any
/// account could take it, and that must not end monitoring.
async fn hand_out(
    served: extension::http::Served,
    number: u16,
    port: Port,
    stop: CancellationToken,
) {
    const SOURCE: &str = "extension";
    let mut failed = false;
    while !stop.is_cancelled() {
        match extension::http::listen(number).await {
            Ok(listener) => {
                if failed {
                    let source = SOURCE.to_owned();
                    let _ = port.health(Health::Restored { source }).await;
                }
                let serve = extension::http::serve(listener, Arc::new(served));
                until(&stop, serve).await;
                return;
            }
            Err(error) if !failed => {
                failed = true;
                tracing::error!(%error, "the extension cannot be handed out");
                let health = Health::Failed {
                    source: SOURCE.to_owned(),
                    reason: error.to_string(),
                };
                let _ = port.health(health).await;
            }
            Err(_) => {}
        }
        until(&stop, tokio::time::sleep(PORT_RETRY)).await;
    }
}

/// Tells the keeper which time zone the computer is in.
async fn tell_zone(port: Port, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Some(zone) = zone::name() {
            let _ = port.send(ToPipeline::Zone(zone)).await;
        }
        until(&stop, beat::rest(ZONE_AGAIN)).await;
    }
}

/// Gives memory back once the start is over, and what a busy hour took.
async fn rest(stop: CancellationToken) {
    let mut wait = SETTLED;
    while !stop.is_cancelled() {
        until(&stop, beat::rest(wait)).await;
        memory::give_back();
        wait = GIVE_BACK;
    }
}

/// Asks the system whether it goes down; one that does not answer in time cannot tell.
async fn is_going_down() -> Option<bool> {
    let asked = tokio::task::spawn_blocking(power::is_going_down);
    timeout(SYSTEM_SAYS, asked).await.ok()?.ok()?
}

async fn until(stop: &CancellationToken, work: impl Future<Output = ()>) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

async fn all(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}

fn keeper_ended(
    outcome: Result<Result<(), WriteError>, oneshot::error::RecvError>,
) -> Result<(), RunError> {
    Ok(outcome.map_err(|_| RunError::Keeper)??)
}
