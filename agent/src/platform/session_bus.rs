//! The message bus of an account's desktop.
//!
//! Promises: the agent speaks to it as the account, on a thread that has that account's rights for as
//! long as it takes and no longer; the account can neither end nor trace that thread. Refuses: to wait
//! longer than some seconds, and to say anything to the bus of another account.

use std::io;

use thiserror::Error;

use super::accounts::Account;
use crate::person::notices::dbus::{DbusError, Notice};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
use unsupported as system;

/// Why a notice is not shown.
#[derive(Debug, Error)]
pub enum BusError {
    /// Nobody is signed in at a desktop.
    #[error("the account {0} has no desktop now on which a notice could be shown")]
    NoDesktop(String),
    /// The bus.
    #[error("{0}")]
    Bus(#[from] DbusError),
    /// The system.
    #[error("the desktop could not be reached: {0}")]
    Io(#[from] io::Error),
}

/// Shows a notice on the account's desktop. Blocks for some seconds at most.
pub fn show(account: &Account, notice: &Notice) -> Result<(), BusError> {
    system::show(account, notice)
}
