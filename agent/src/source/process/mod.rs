//! Programs that begin and end in the monitored accounts.
//!
//! Where the system tells of each program as it begins, that is what is recorded, and the list of
//! processes is only looked at now and then, as a net. Elsewhere the list is looked at every
//! second; what runs for less can stay unseen, and each record says by its method how it was seen.
//!
//! Promises: what begins while nobody is told it is looked at (an overflow, the agent down) is found at
//! the next look if it still runs, and said to be missing if it may not. What ran before the
//! agent's first run, or began while no order wanted it, is never handed over. Refuses: to look at
//! what other accounts run, but for the program that started one of ours.
//!
//! A start carries the hash of the program's file and the package that owns it (`print`, `origin`);
//! an AppImage that runs for the first time is told of as a package, too (`app_images`).
//!
//! Known limits: a program that ends while the agent is down gets no record of its end. Of a process
//! that runs one program after another within a millisecond, the last is recorded and the others
//! are counted as missing: the system tells that a program began, and which it was must be looked up
//! while it runs.

mod app_images;
mod cursor;
mod known;
mod origin;
mod outbox;
mod print;
mod table;
#[cfg(test)]
mod tests;
mod watching;

use std::sync::Arc;
use std::time::Duration;

use proviso_report::BootId;
use proviso_report::fact::{Gap, GapCause, Kind};
use tokio::sync::mpsc;

use self::cursor::Cursor;
use self::outbox::{WAITING, deliver};
use self::table::Table;
use self::watching::Watching;
use super::computer::{Computer, ThisComputer};
use super::condition::Condition;
use super::turns::{Turn, Turns, until_stopped};
use super::wanted::WantedTimes;
use super::{Context, Health, NotTaken, Port, Wanted};
use crate::platform::accounts::Account;
use crate::platform::clock;
use crate::platform::process_events::{Events, EventsError};

/// Which starts were handed over.
const KEY: &str = "process";
/// What it sees.
const KINDS: &[Kind] = &[
    Kind::ProcessStart,
    // What a browser's arguments say.
    Kind::PrivateWindow,
    Kind::BrowserSetting,
    // A program without a manager is its own package.
    Kind::Package,
];
/// Until an account that was missing is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// When they were wanted.
const WANTED_KEY: &str = "process:wanted";

/// Watches the programs of the monitored accounts until the agent stops.
pub async fn run(port: Port, context: Context) {
    run_on(Arc::new(ThisComputer), port, context).await;
}

/// The same with another computer's accounts.
pub async fn run_on(computer: Arc<dyn Computer>, port: Port, context: Context) {
    run_with(computer, port, context, true).await;
}

/// `events`: take the system's word where it gives it.
async fn run_with(computer: Arc<dyn Computer>, port: Port, context: Context, events: bool) {
    until_stopped(&context, Box::pin(serve(computer, port, &context, events))).await;
}

async fn serve(
    computer: Arc<dyn Computer>,
    port: Port,
    context: &Context,
    events: bool,
) -> Result<(), NotTaken> {
    let mut condition = Condition::new(KEY.to_owned());
    let mut turns = Turns::of(&port, context, WANTED_KEY, KINDS).await;
    loop {
        let turn = turns.next().await?;
        let work = Box::pin(look(
            &*computer,
            &port,
            context,
            &turn,
            events,
            &mut condition,
        ));
        turns.during(work).await?;
    }
}

/// Watches the accounts that exist, and looks for the others again and again.
async fn look(
    computer: &dyn Computer,
    port: &Port,
    context: &Context,
    turn: &Turn,
    events: bool,
    condition: &mut Condition,
) -> Result<(), NotTaken> {
    // Wanted from now on: what runs already began at another time.
    let mut since = (!turn.anew).then_some(&turn.times);
    loop {
        let (accounts, all) = accounts(computer, context, port, condition).await?;
        let again = async {
            if all {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        tokio::select! {
            () = again => {}
            result = watch(port, accounts, &turn.wanted, since, events, condition) => return result,
        }
        since = Some(&turn.times);
    }
}

/// The accounts that exist, and whether these are all; the others are said to be missing.
async fn accounts(
    computer: &dyn Computer,
    context: &Context,
    port: &Port,
    condition: &mut Condition,
) -> Result<(Vec<Account>, bool), NotTaken> {
    let mut accounts = Vec::new();
    let mut trouble = None;
    for name in &context.config.accounts {
        match computer.account(name) {
            Ok(account) => accounts.push(account),
            Err(error) => trouble = Some(error.to_string()),
        }
    }
    let all = trouble.is_none();
    match trouble {
        Some(reason) => condition.failed(port, reason).await?,
        None => condition.works(port).await?,
    }
    Ok((accounts, all))
}

async fn watch(
    port: &Port,
    accounts: Vec<Account>,
    wanted: &Wanted,
    since: Option<&WantedTimes>,
    events: bool,
    condition: &mut Condition,
) -> Result<(), NotTaken> {
    let (Ok(boot), Some(table)) = (clock::boot_id(), Table::new()) else {
        let reason = "this system does not show which programs run; update proviso-agent";
        condition.failed(port, reason.to_owned()).await?;
        return std::future::pending().await;
    };
    // Before the list is looked at, so that nothing falls in between.
    let events = if events { open(port).await? } else { None };
    let cursor = stored(port, boot).await;
    let (news, waiting) = mpsc::channel(WAITING);
    let begin = cursor.clone().filter(|cursor| cursor.is_of(boot));
    let begin = begin.unwrap_or_else(|| Cursor::begin(boot));
    let mut watching = Watching::new(accounts, table, news, events.is_none());
    tokio::select! {
        result = deliver(port.clone(), KEY, wanted.clone(), begin, waiting) => result,
        result = async {
            watching.base_line(cursor.as_ref(), boot, since).await?;
            watching.go_on(events).await
        } => result,
    }
}

async fn stored(port: &Port, boot: BootId) -> Option<Cursor> {
    let bytes = port.cursor(KEY).await?;
    let cursor = Cursor::from_bytes(&bytes);
    if cursor.is_none() {
        tracing::warn!(
            source = KEY,
            "the list of programs already recorded is damaged; programs that run now are not recorded"
        );
    }
    if cursor.as_ref().is_some_and(|cursor| !cursor.is_of(boot)) {
        tracing::debug!("the computer was started anew since programs were last looked at");
    }
    cursor
}

/// The system's events, or `None` with a word about why not.
async fn open(port: &Port) -> Result<Option<Events>, NotTaken> {
    let error = match Events::open() {
        Ok(events) => return Ok(Some(events)),
        Err(error) => error,
    };
    tracing::warn!(%error, "the list of programs is looked at every second; what runs for less may stay unseen");
    // Another system or a container is no fault of this computer; a missing right is.
    if matches!(error, EventsError::NotPermitted) {
        let gap = Gap {
            cause: GapCause::Permission,
            source: Some(KEY.to_owned()),
            count: None,
            from: Some(clock::now().0),
            to: None,
            detail: format!("programs that run for less than a second may be missing: {error}"),
        };
        port.health(Health::Gap(gap)).await?;
    }
    Ok(None)
}
