//! Accounts that are added to the computer or removed from it, by its file of accounts.
//!
//! Promises: a change that happens while the agent is down is told at its next start; one that is
//! caught in the middle of being written is looked at again before anything is said. Accounts count
//! that people sign in to: numbers from `UID_MIN` to `UID_MAX` of `login.defs`, a second name of the
//! number 0, and a low number with a home under `/home` and a shell.
//!
//! Refuses: to name an account that was there when monitoring began, unless it is monitored. Of the
//! others only a mark is kept, so that even their removal cannot be told. An account that is made later
//! is named: it is what a clause on other accounts is about.
//!
//! Known limits: accounts of directory services and of `systemd-homed` are in no file; they are seen
//! when somebody signs in. A change is told at the moment at which it is seen.

mod cursor;
mod list;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proviso_report::fact::{AccountChange, Change, Kind};
use proviso_report::record::Method;

use self::cursor::Cursor;
use self::list::{Humans, ListError};
use super::condition::Condition;
use super::hand_over::hand_over;
use super::turns::{Turn, Turns, until_stopped};
use super::wake::Wake;
use super::{Context, NotTaken, Observation, Port};
use crate::platform::changes::Told;
use crate::platform::clock;

/// Which accounts are known.
const KEY: &str = "accounts";
/// When they were wanted.
const WANTED_KEY: &str = "accounts:wanted";
/// What it sees.
pub(super) const KINDS: &[Kind] = &[Kind::AccountChange];
/// Between two looks, where the system tells of changes,
const NET: Duration = Duration::from_secs(900);
/// and where it does not.
const NET_ALONE: Duration = Duration::from_secs(60);
/// Until a list in which accounts are missing is looked at again: editors write it anew.
const AGAIN: Duration = Duration::from_secs(1);

/// Watches the accounts until the agent stops.
pub async fn run(port: Port, context: Context) {
    run_in(PathBuf::from("/etc"), port, context).await;
}

/// The same for another computer's `/etc`.
pub async fn run_in(etc: PathBuf, port: Port, context: Context) {
    until_stopped(&context, Box::pin(serve(&etc, &port, &context))).await;
}

/// The numbers of accounts that people sign in to.
pub(super) fn people(etc: &Path) -> RangeInclusive<u32> {
    list::numbers(etc)
}

async fn serve(etc: &Path, port: &Port, context: &Context) -> Result<(), NotTaken> {
    let mut condition = Condition::new(KEY.to_owned());
    let mut turns = Turns::of(port, context, WANTED_KEY, KINDS).await;
    loop {
        let turn = turns.next().await?;
        let work = Box::pin(watch(etc, port, context, &turn, &mut condition));
        turns.during(work).await?;
    }
}

async fn watch(
    etc: &Path,
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
        wake.watch(etc, Told::Names);
        wake.watch(&etc.join("passwd"), Told::Writes);
        match look(etc, known.as_ref(), &context.config.accounts).await {
            Ok((changes, next)) => {
                condition.works(port).await?;
                if known.as_ref() != Some(&next) {
                    let at = clock::now();
                    let facts = changes.into_iter().map(|(change, name)| Observation {
                        at,
                        account: None,
                        method: Method::SystemRead,
                        fact: AccountChange { change, name }.into(),
                    });
                    let facts: Vec<_> = facts.collect();
                    hand_over(port, KEY, &facts, &next.to_bytes()).await?;
                    known = Some(next);
                }
            }
            Err(error) => condition.failed(port, error.to_string()).await?,
        }
        wake.next().await;
    }
}

/// What changed since it was known, and what is known then.
async fn look(
    etc: &Path,
    known: Option<&Cursor>,
    monitored: &[String],
) -> Result<(Vec<(Change, String)>, Cursor), ListError> {
    let seen = match Humans::read(etc) {
        Ok(humans) => Ok(cursor::compare(known, &humans, monitored)),
        Err(error) => Err(error),
    };
    match seen {
        Ok(seen) if !seen.1.lacks_any_of(known) => Ok(seen),
        // It is being written, perhaps.
        _ => {
            tokio::time::sleep(AGAIN).await;
            let humans = Humans::read(etc)?;
            Ok(cursor::compare(known, &humans, monitored))
        }
    }
}
