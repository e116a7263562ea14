//! The system's own word that a program began or ended, as it happens.
//!
//! Promises: an overflow of the queue is said ([`Event::Lost`]), never passed over. Where the system
//! or a missing right does not allow it, opening fails with a sentence, and whoever wanted events
//! can look at the list of processes instead.

use std::io;

use thiserror::Error;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::Events;

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
pub use unsupported::Events;

/// What happened. Numbers are process ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A process split in two; the new one runs the same program.
    Forked {
        /// The old one.
        parent: u32,
        /// The new one.
        child: u32,
    },
    /// A program began to run in this process.
    Began(u32),
    /// This process ended.
    Ended(u32),
    /// Events were lost: more came in than could be taken.
    Lost,
}

/// Why there are no events.
#[derive(Debug, Error)]
pub enum EventsError {
    /// The right is missing.
    #[error("the right CAP_NET_ADMIN is missing; start the agent by its service unit, as root")]
    NotPermitted,
    /// The system gives them to nobody inside a container.
    #[error("this system tells them only outside of containers")]
    Contained,
    /// The system has none.
    #[error("this system does not tell them")]
    Unsupported,
    /// The system refused.
    #[error("the system refused: {0}")]
    Io(#[from] io::Error),
}
