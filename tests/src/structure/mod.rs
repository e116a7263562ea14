//! The rules of the house that no compiler knows, as plain functions from text to faults.
//!
//! `tests/tests/structure.rs` runs them over the repository; the tests here run them over bad
//! samples, so that a rule that has stopped seeing is noticed.

mod arrows;
pub mod code;
mod files;

pub use arrows::arrows;
pub use files::{Fault, Source, faults_in, forgotten, machine_paths};
