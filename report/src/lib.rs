//! The formats of Proviso and their proofs: what an agent writes, a collector takes and a court's
//! expert checks.
//!
//! Read first [`record`] (one line of JSON: something that happened), then [`report`].
//!
//! Nothing here opens a file or a socket or asks for the time: bytes and times are arguments.

#![forbid(unsafe_code)]

mod device;
pub mod fact;
pub mod hash;
mod id;
pub mod record;
pub mod report;
mod time;

pub use device::DeviceId;
pub use fact::{Fact, Kind};
pub use hash::Hash;
pub use record::{BootId, Method, Record, RecordError, UnixMs};
