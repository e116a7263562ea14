//! What the whole-system tests, the demo and the benchmarks stand on.
//!
//! Drives the real programs from outside, as a user would. Nothing depends on this crate.

pub mod admitted;
pub mod agent;
pub mod browser;
pub mod bureau;
pub mod burst;
pub mod collector;
pub mod desk;
pub mod erasure;
pub mod evasion;
pub mod extension;
pub mod guest;
pub mod held;
pub mod ingest;
pub mod load;
pub mod machine;
pub mod network;
pub mod order;
pub mod phone;
pub mod ports;
pub mod post;
pub mod process;
pub mod programs;
pub mod scene;
pub mod seed;
pub mod showcase;
pub mod site;
pub mod structure;
pub mod tamper;
pub mod urls;
pub mod wait;
