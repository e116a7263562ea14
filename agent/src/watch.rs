//! `proviso-agent watch`: a second process that does nothing but wait for the end of the first.
//!
//! It holds on to the process that holds `agent.lock`. When that ends it writes a note into the state
//! directory, by its own clocks, and waits for the next agent, which records what the note says. The
//! agent watches this process in turn ([`crate::source::itself`]). A service manager starts both
//! again; neither can be killed without a record of the other.
//!
//! Promises: it is as plain to see as the agent (its own unit, its name in every list of processes);
//! at rest nothing wakes it. Refuses: to look at anything but the agent's end. It reads no order, no
//! list and no journal, and opens no connection.

mod ended;
mod note;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::config::{Config, ConfigError};
use crate::platform::caps;
use crate::platform::changes;
use crate::platform::clock::{Clock, ClockError};
use crate::platform::lock::{Lock, LockError, holder};
use crate::platform::other_process::Other;
use crate::platform::rights::{self, RightsError};

pub use ended::{Said, ended};
pub use note::{NOTE, Note};

/// Held by the agent.
pub const AGENT_LOCK: &str = "agent.lock";
/// Held by this process.
pub const WATCH_LOCK: &str = "watch.lock";

/// What `watch.lock` says while an agent is watched: its end will be noted.
pub const WATCHING: &str = "watching";
/// What it says while there is none, and what was to be noted is.
const WAITING: &str = "waiting";

/// A note is usually there at once; a start does not wait for it longer than five seconds.
const NOTING: Duration = Duration::from_millis(50);
const NOTING_TRIES: u32 = 100;

/// Why nobody watches the agent.
#[derive(Debug, Error)]
pub enum WatchError {
    /// Settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Others can change what it trusts.
    #[error(transparent)]
    Rights(#[from] RightsError),
    /// Clocks.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// It runs already.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Processes and files cannot be waited for.
    #[error("cannot wait for the agent: {0}; this needs Linux 5.3 or later")]
    Wait(io::Error),
    /// The note.
    #[error("cannot write {}: {source}; make room on the disk", .path.display())]
    Note {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Watches one agent after another. Ends only with an error.
pub fn watch(state: &Path) -> Result<(), WatchError> {
    // Only to say what is missing in the words of `run`.
    Config::load(state)?;
    rights::check_folder(state)?;
    let clock = Clock::new()?;
    let lock = Lock::take(&state.join(WATCH_LOCK))?;
    let say = |word| lock.say(word).map_err(WatchError::Wait);
    tracing::info!("waits for the agent, to watch it");
    say(WAITING)?;
    loop {
        let agent = next(state).map_err(WatchError::Wait)?;
        let cgroup = caps::of_process(agent.pid());
        let killed_before = cgroup.as_deref().and_then(caps::killed_for_memory);
        say(WATCHING)?;
        tracing::info!(pid = agent.pid(), "watches the agent");
        let how = agent.wait().map_err(WatchError::Wait)?;
        let killed = cgroup.as_deref().and_then(caps::killed_for_memory);
        let note = Note {
            at: clock.now(),
            how,
            for_memory: killed
                .zip(killed_before)
                .is_some_and(|(now, then)| now > then),
        };
        tracing::warn!("the agent ended: {how}");
        note.add_to(state).map_err(|source| WatchError::Note {
            path: state.join(NOTE),
            source,
        })?;
        say(WAITING)?;
    }
}

/// The next agent.
fn next(state: &Path) -> io::Result<Other> {
    let path = state.join(AGENT_LOCK);
    loop {
        if let Some(agent) = process_behind(&path)? {
            return Ok(agent);
        }
        changes::wait(&path, || holder(&path).is_ok_and(|found| found.is_some()))?;
    }
}

/// What was noted of the end of the run before, for an agent that starts. A process that watched it may
/// be in the middle of noting that.
pub async fn last_note(state: &Path) -> Option<Note> {
    let lock = state.join(WATCH_LOCK);
    for _ in 0..NOTING_TRIES {
        match holder(&lock) {
            Ok(Some((_, word))) if word == WATCHING => tokio::time::sleep(NOTING).await,
            _ => break,
        }
    }
    Note::read(state)
}

/// The process that holds this lock.
pub fn process_behind(lock: &Path) -> io::Result<Option<Other>> {
    let Some((pid, _)) = holder(lock)? else {
        return Ok(None);
    };
    let Ok(other) = Other::open(pid) else {
        // It ended in between.
        return Ok(None);
    };
    // Its number was not given to another process before we held on to it.
    let still = holder(lock)?.is_some_and(|(holder, _)| holder == pid);
    Ok(still.then_some(other))
}
