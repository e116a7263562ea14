//! The agent on a supervised person's computer: sees what the order covers, keeps it, sends it.
//!
//! Read [`source`] first (what is seen), then [`pipeline`] (what becomes of it), then [`journal`]
//! (where it is kept) and [`uplink`] (how it leaves).

pub mod config;
pub mod enrol;
pub mod files;
pub mod identity;
pub mod journal;
pub mod log_key;
pub mod merge;
pub mod order;
pub mod person;
pub mod pipeline;
pub mod platform;
pub mod run;
pub mod scope;
pub mod source;
pub mod status;
pub mod uplink;
pub mod watch;
