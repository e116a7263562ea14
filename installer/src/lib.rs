//! Sets a computer up for monitoring, and takes everything out again.
//!
//! [`browsers`] tells the installed browsers about the extension, [`service`] the system about the
//! agent. Both read what the agent wrote about itself when it enrolled ([`description`]).
//!
//! Promises: what is written is overt and can be read by everybody; what was there before is kept
//! aside and put back; what somebody else changed since stays, and is named. A file is written
//! whole or not at all.
//!
//! Refuses: to write into anybody's home, and to touch a file that this crate does not name.

#![forbid(unsafe_code)]

pub mod browsers;
pub mod description;
pub mod files;
pub mod service;

pub use description::{Description, DescriptionError};
pub use files::FileError;
