//! The only code that knows which operating system this is.
//!
//! One module per concern, each with the same functions everywhere. What a system cannot do is a
//! typed error, which becomes a signed record; never an empty answer.

pub mod accounts;
pub mod caps;
pub mod changes;
pub mod clock;
pub mod desktop;
pub mod files;
pub mod links;
pub mod local;
pub mod lock;
pub mod mapped;
pub mod memory;
pub mod metered;
pub mod mounts;
#[cfg(target_os = "linux")]
mod netlink;
pub mod open_files;
pub mod other_process;
pub mod power;
pub mod process_events;
pub mod program;
pub mod reach;
pub mod rights;
pub mod service_manager;
pub mod session_bus;
pub mod shared;
pub mod signals;
pub mod uevents;
pub mod wiping;
pub mod zone;
