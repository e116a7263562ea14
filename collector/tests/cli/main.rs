//! The commands, through the real program.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

mod apart;
mod bundles;
mod erasing;
mod init;
mod ledger;
#[path = "../common/log.rs"]
mod log;
mod orders;
mod paper;
mod people;
mod python;
mod serve;
mod watched;
mod world;
