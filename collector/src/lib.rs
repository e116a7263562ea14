//! The collector: receives signed reports, stores them, judges them, tells people.
pub mod authority;
pub mod config;
pub mod data_dir;
pub mod store;
