//! Gives memory back that only the start needed.
//!
//! Promises: it changes nothing that the program can see. Pages of the program's own text that nobody
//! has written to stay in the system's cache and come back when they are run again; freed memory goes
//! back to the system. Refuses: to touch a mapping that holds anything of its own.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod linux;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub use linux::{give_back, one_arena};

/// Elsewhere the system sees to it.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub const fn give_back() {}

/// Elsewhere threads share their memory as the system wants it.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub const fn one_arena() {}
