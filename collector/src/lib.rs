//! The collector: receives signed reports, stores them, judges them, tells people.
pub mod alerts;
pub mod authority;
pub mod clock;
pub mod config;
pub mod data_dir;
pub mod erasure;
pub mod export;
pub mod ingest;
pub mod judging;
pub mod ledger;
pub mod order_text;
pub mod random;
pub mod signing;
pub mod staff;
pub mod store;
pub mod web;
