//! The agent watches itself: its own signs of life beyond the heartbeat.
//!
//! - `watcher`: the second process that watches this one ([`crate::watch`]) is watched in turn.
//! - `altered`: program, settings, units, browser policies and the extension are what they were.
//! - `pulse`: a debugger, a stop (SIGSTOP, a frozen group), rights that are missing, caps that are
//!   reached; looked at with each heartbeat.
//!
//! Promises: these are recorded whether an order is in force or not, as every sign of life is; they
//! say nothing of what a person does with other programs. Refuses: to prevent anything. Who may
//! administer this computer can do all this; it leaves a trace.
//!
//! Not visible: a debugger that comes and goes between two heartbeats and stops the agent for less than
//! ten seconds; a stop as short as that, unless it ends with SIGCONT; changes that are undone
//! within half a second.

mod altered;
mod caps;
mod pulse;
mod rights;
mod status;
mod stopped;
mod watcher;

use tokio::sync::watch;

use super::turns::until_stopped;
use super::{Context, Port};
pub use altered::Before;

/// Watches until the agent stops. `before`: what was there before this run wrote anything.
pub async fn run(port: Port, context: Context, before: Before) {
    let (watched_by, knows) = watch::channel(None);
    let work = async {
        tokio::try_join!(
            watcher::run(&port, &context, watched_by),
            altered::run(&port, &context, before),
            pulse::run(&port, &context, knows),
        )
        .map(drop)
    };
    until_stopped(&context, Box::pin(work)).await;
}
