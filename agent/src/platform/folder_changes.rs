//! The system's word that something changed in one of a few folders.
//!
//! Promises: a change is told after it can be seen, and one that comes while nobody waits is told to the
//! next who does; an overflow is a change. At rest it costs nothing, and it has no thread. Refuses: to
//! say what changed: whoever asks looks for himself.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::FolderChanges;

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
pub use unsupported::FolderChanges;
