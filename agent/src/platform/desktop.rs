//! What a desktop says of itself: which program is in front, and whether anybody is there.
//!
//! Promises: the desktop tells and is not asked again and again; one that does not answer, or says
//! what it cannot, is a typed error after some seconds. Everything that it says is bounded. Refuses:
//! titles of windows, which are other people's words; desktops of other accounts; displays on other
//! computers.

use std::io;

use thiserror::Error;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::{Desktop, Screen, screens};

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
pub use unsupported::{Desktop, Screen, screens};

/// Nobody touched anything for so long: nobody is there. In milliseconds.
pub const IDLE_MS: u32 = 60_000;

/// What a desktop tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// This window is in front; `None`: none is.
    Front(Option<Window>),
    /// Nobody touched anything for [`IDLE_MS`].
    Idle,
    /// Somebody is there again.
    Active,
}

/// A window, as far as it is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The process that it belongs to, by the word of the system; `None`: the desktop does not tell.
    pub pid: Option<u32>,
    /// What the program calls itself, bounded.
    pub class: Option<String>,
}

/// Why nothing is told.
#[derive(Debug, Error)]
pub enum DesktopError {
    /// The desktop does not say it to any program.
    #[error(
        "this desktop does not say which program is in front and whether anybody is there ({0}); a desktop on X11 or one with wlr-foreign-toplevel-management and ext-idle-notify would"
    )]
    Silent(&'static str),
    /// The display is elsewhere.
    #[error("the windows are shown on another computer ({0:?})")]
    Elsewhere(String),
    /// It is somebody else's, or it does not let us.
    #[error("the display does not belong to this account, or lets nobody in: {0}")]
    Refused(&'static str),
    /// It answered what no display answers.
    #[error("the display answers something else than its protocol says ({0})")]
    Garbled(&'static str),
    /// It did not answer.
    #[error("the display does not answer")]
    Mute,
    /// It is gone.
    #[error("the display cannot be reached: {0}")]
    Io(#[from] io::Error),
    /// This system has none that we know.
    #[error("this system's desktop is not known to this agent")]
    Unsupported,
}

impl DesktopError {
    /// Did it work until now, and end as sessions end?
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Io(_))
    }
}
