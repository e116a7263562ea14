//! Volumes that come and go: removable media and shares of a network, by where they are mounted.
//!
//! When to look is told by [`super::changes::MountChanges`]. Refuses: to look into any of them; only names that
//! the system keeps, and the few bytes at the head of a volume where its id stands.
//!
//! What counts as removable: what the desktop mounts (below `/media` and `/run/media`), what is on
//! a device that the system calls removable or that hangs on USB or a card reader, through
//! encryption too, and a file mounted as a volume (a loop device), except the read-only images that
//! packages are. Of these a file alone cannot be taken to another computer ([`can_travel`]). The root of the system and what it started from never counts.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::{can_travel, list};

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
pub use unsupported::{can_travel, list};

mod superblock;
pub(crate) mod table;

/// Something mounted that can come and go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where.
    pub point: PathBuf,
    /// Which sort.
    pub sort: Sort,
    /// The id of its file system, where it has one.
    pub volume: Option<String>,
}

/// Which sort of volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// It can be taken out.
    Removable,
    /// It is a share of another computer.
    Network,
}

/// Why volumes cannot be told.
#[derive(Debug, Error)]
pub enum MountsError {
    /// The system has nothing that tells.
    #[error("this system does not tell which volumes are attached; update proviso-agent")]
    Unsupported,
    /// It cannot be read.
    #[error("the list of mounted volumes cannot be read: {0}")]
    Io(#[from] io::Error),
}
