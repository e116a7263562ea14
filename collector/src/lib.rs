//! The collector: receives signed reports, stores them, judges them, tells people.
pub mod store;
