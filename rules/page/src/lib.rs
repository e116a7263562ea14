//! `proviso verify` as a page: one HTML file that checks a bundle in a browser and sends nothing.
//!
//! Read first [`Dropped`] (the bundle in what somebody handed over), then [`answer()`] (what the page is
//! told about it), then `abi.rs` (the five functions between the module and the page's script). [`page()`]
//! puts the file together; `make verifier` runs it.
//!
//! Promises: the page says what `proviso verify` says, for both print the same
//! [`Account`](proviso_rules::verify::Account). The module asks the browser for one thing, bytes of the
//! files that were handed over. What cannot be read, or does not fit, is never called verified.
//!
//! Refuses: connections, of any kind; to keep anything when the page is closed.

#[cfg(target_arch = "wasm32")]
mod abi;
mod answer;
mod dropped;
mod html;
mod imports;
mod source;
mod zip;

pub use answer::{Asked, NotAsked, answer, who};
pub use dropped::{Dropped, MAX_FILES, Unusable};
pub use html::{NoPage, page};
pub use imports::NoModule;
pub use source::{Gone, MAX_FILE, Named, Source};
