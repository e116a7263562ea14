//! Who signs in and out: each session of a monitored account, with its seat, and whether it comes over
//! a network.
//!
//! By the list that logind keeps (`/run/systemd/sessions`); where there is no logind, by the system's
//! own list of who is signed in (`/run/utmp`). Both are read when the system tells that they changed.
//!
//! Promises: a session that began or ended while the agent was down is told at its next start; a start
//! by the moment that the list names, an end by the moment at which it is seen. A session that is open
//! when monitoring begins is no news.
//!
//! Refuses: sessions of other accounts, which are neither named nor counted nor kept: whether somebody
//! else uses the computer is their own business. A monitored person who signs in under a new account
//! is seen by that account's making (`accounts`). What a session does is not looked at.
//!
//! Known limits: a session that is shorter than the moment between change and look is not seen; where
//! only the old list is kept, windows with a command line are no sessions, and neither is what signs
//! in without telling that list.

mod cursor;
mod logind;
#[cfg(test)]
mod tests;
mod utmp;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proviso_report::UnixMs;
use proviso_report::fact::{Change, Kind, Session};
use proviso_report::record::Method;

use self::cursor::{Cursor, Open};
use super::condition::Condition;
use super::hand_over::hand_over;
use super::turns::{Turn, Turns, until_stopped};
use super::wake::Wake;
use super::{Context, NotTaken, Observation, Port};
use crate::platform::changes::Told;
use crate::platform::clock;

/// Which sessions are open.
const KEY: &str = "sessions";
/// When they were wanted.
const WANTED_KEY: &str = "sessions:wanted";
/// What it sees.
pub(super) const KINDS: &[Kind] = &[Kind::Session];
/// Between two looks, where the system tells of changes,
const NET: Duration = Duration::from_secs(900);
/// and where it does not.
const NET_ALONE: Duration = Duration::from_secs(30);
const LOGIND: &str = "systemd/sessions";
const UTMP: &str = "utmp";
/// A list may name a start so much after now, by a clock that was put right since, in milliseconds.
const AHEAD_MS: i64 = 1_000;

/// A session as a list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    /// Names it in its list.
    id: String,
    /// The account.
    user: String,
    seat: Option<String>,
    remote: Option<bool>,
    /// When it began, Unix milliseconds.
    since: Option<i64>,
}

/// Watches sessions until the agent stops.
pub async fn run(port: Port, context: Context) {
    run_in(PathBuf::from("/run"), port, context).await;
}

/// The same for another computer's `/run`.
pub async fn run_in(folder: PathBuf, port: Port, context: Context) {
    until_stopped(&context, Box::pin(serve(&folder, &port, &context))).await;
}

async fn serve(folder: &Path, port: &Port, context: &Context) -> Result<(), NotTaken> {
    let mut condition = Condition::new(KEY.to_owned());
    let mut turns = Turns::of(port, context, WANTED_KEY, KINDS).await;
    loop {
        let turn = turns.next().await?;
        let work = Box::pin(watch(folder, port, context, &turn, &mut condition));
        turns.during(work).await?;
    }
}

async fn watch(
    folder: &Path,
    port: &Port,
    context: &Context,
    turn: &Turn,
    condition: &mut Condition,
) -> Result<(), NotTaken> {
    let mut wake = Wake::of_folders(NET, NET_ALONE);
    let mut known = match port.cursor(KEY).await {
        Some(bytes) if !turn.anew => Cursor::from_bytes(&bytes),
        _ => None,
    };
    loop {
        // Before the look, so that nothing falls in between.
        wake.watch(folder, Told::Names);
        wake.watch(&folder.join("systemd"), Told::Names);
        wake.watch(&folder.join(LOGIND), Told::Names);
        wake.watch(&folder.join(UTMP), Told::Writes);
        match look(folder) {
            Ok(seen) => {
                condition.works(port).await?;
                let accounts = &context.config.accounts;
                let ours: Vec<Seen> = seen
                    .into_iter()
                    .filter(|session| accounts.contains(&session.user))
                    .collect();
                let (changes, next) = cursor::compare(known.as_ref(), &ours);
                if known.as_ref() != Some(&next) {
                    let now = clock::now();
                    let news = changes.into_iter();
                    let news = news.filter_map(|(change, open, since)| {
                        observation(turn, change, open, since, now)
                    });
                    let news: Vec<_> = news.collect();
                    hand_over(port, KEY, &news, &next.to_bytes()).await?;
                    known = Some(next);
                }
            }
            Err(error) => {
                let reason = format!(
                    "nothing on this computer tells who is signed in: {error}; start the agent on a system with systemd-logind or a /run/utmp"
                );
                condition.failed(port, reason).await?;
            }
        }
        wake.next().await;
    }
}

/// `None`: it began when no order wanted it.
fn observation(
    turn: &Turn,
    change: Change,
    open: Open,
    since: Option<i64>,
    now: UnixMs,
) -> Option<Observation> {
    let at = match since {
        Some(since) if since <= now.0.saturating_add(AHEAD_MS) => UnixMs(since.min(now.0)),
        _ => now,
    };
    turn.times.covers(at.0).then(|| Observation {
        at,
        account: Some(open.account),
        method: Method::SystemRead,
        fact: Session {
            change,
            seat: open.seat,
            remote: open.remote,
        }
        .into(),
    })
}

fn look(folder: &Path) -> io::Result<Vec<Seen>> {
    let logind = folder.join(LOGIND);
    if logind.is_dir() {
        logind::read(&logind)
    } else {
        utmp::read(&folder.join(UTMP))
    }
}
