//! The formats of Proviso and their proofs: what an agent writes, a collector takes and a court's
//! expert checks.
//!
//! Read first [`record`] (one line of JSON: something that happened), then [`report`] (signed
//! records on their way), [`merkle`] (how a device's log is bound together) and [`receipt`] (how a
//! collector acknowledges it).
//!
//! [`bounds`] says between which moments of the collector a record was written, [`coverage`] how much
//! of a time a device was watched; [`bundle`] is what an export holds, [`tables`] the same records for
//! other tools.
//!
//! Nothing here opens a file or a socket or asks for the time: bytes and times are arguments.

#![forbid(unsafe_code)]

mod base64;
pub mod bounds;
pub mod bundle;
pub mod checkpoint;
pub mod coverage;
mod device;
pub mod fact;
pub mod frame;
pub mod hash;
mod id;
pub mod key;
pub mod ledger;
pub mod merkle;
pub mod note;
pub mod receipt;
pub mod record;
pub mod report;
pub mod salt;
pub mod tables;
mod time;
pub mod timestamp;
pub mod token;
pub mod witness;
mod words;

pub use bounds::{Bounds, Receipts};
pub use checkpoint::Checkpoint;
pub use device::DeviceId;
pub use fact::{Fact, Kind};
pub use frame::{
    EnrolAnswer, EnrolRequest, EpochAnswer, EpochRequest, Frame, FrameDecoder, FrameError, Hello,
    OrderPackage, Refusal, RefusalCode, UpdatePackage, Welcome,
};
pub use hash::Hash;
pub use key::{KeyError, SigningKey, verify_ed25519};
pub use merkle::{CompactRange, leaf_hash};
pub use note::{Alg, Note, NoteError, VerifierKey, checkpoint_note, open_checkpoint};
pub use receipt::{Receipt, ReceiptError};
pub use record::{BootId, Method, Record, RecordError, UnixMs};
pub use report::{Lines, Report, ReportBuilder, ReportError};
pub use salt::Seed;
pub use token::EnrolToken;
pub use words::device_words;
