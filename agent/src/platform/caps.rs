//! What the system lets a service take of the computer, and how often the service came up against it.
//!
//! Promises: numbers are the system's own. Refuses: to say anything where nothing is capped.

use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
use unsupported as system;

/// How often a service came up against each of its caps since they were set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// It was slowed down for its memory, or memory was taken back from it.
    pub memory: u64,
    /// Its use of the processor was held back.
    pub cpu: u64,
    /// It could have no further thread.
    pub tasks: u64,
}

/// The folder in which the system counts for this process's service; `None`: nothing is counted.
#[must_use]
pub fn own() -> Option<PathBuf> {
    of_process(std::process::id())
}

/// The same for another process.
#[must_use]
pub fn of_process(pid: u32) -> Option<PathBuf> {
    system::folder(Path::new("/"), pid)
}

/// What is counted in that folder.
#[must_use]
pub fn reached(folder: &Path) -> Reached {
    system::reached(folder)
}

/// The file that changes when a cap of memory is reached.
#[must_use]
pub fn memory_events(folder: &Path) -> PathBuf {
    folder.join(system::MEMORY_EVENTS)
}

/// How many processes of that service were ended since they had used up its memory.
#[must_use]
pub fn killed_for_memory(folder: &Path) -> Option<u64> {
    system::killed_for_memory(folder)
}
