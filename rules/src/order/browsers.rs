//! What agents call browsers: the words that `browser` of a fact holds.
//!
//! The vocabulary may grow with the agents, and a record of a newer one is judged like any other. So
//! a word that is not among these is no fault in an order; people should look at it.

/// The names, in their order.
pub const BROWSERS: &[&str] = &[
    "brave",
    "chrome",
    "chromium",
    "edge",
    "firefox",
    "librewolf",
    "opera",
    "palemoon",
    "tor",
    "vivaldi",
    "waterfox",
];
