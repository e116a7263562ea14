//! A file that says which process holds it.
//!
//! Promises: who holds it is the kernel's word, and nobody holds it any more the moment the process
//! ends, however it ends. Refuses: to wait for it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::{Lock, holder};

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
pub use unsupported::{Lock, holder};

/// Why a lock is not taken.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another process holds {}: stop that one first, or name another --state directory", .0.display())]
    Held(PathBuf),
    /// The system refused.
    #[error("cannot hold {}: {source}; check that the state directory exists and belongs to the account that runs this", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
