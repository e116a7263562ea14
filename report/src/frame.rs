//! Frames: what agent and collector say to each other, in both directions of one stream.
//!
//! ```text
//! length of the payload u32, big-endian | type u8 | payload
//! ```
//! Reports, pieces of lists and notices travel as raw bytes, all else as JSON. A field that the
//! reader does not know is ignored, so that either side can be the newer one; a type that it does
//! not know is an error.
//!
//! Promises: [`FrameDecoder`] never holds more than one frame and what was pushed with it.

mod decode;
mod message;

pub use decode::FrameDecoder;
pub use message::{
    EnrolAnswer, EnrolRequest, EpochAnswer, EpochRequest, Hello, MAX_ENDS, OrderPackage, Refusal,
    RefusalCode, UpdatePackage, Welcome,
};

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::hash::Hash;

/// The version of this protocol that [`Hello`] names.
pub const PROTOCOL: u16 = 1;
/// What the two sides agree on while they connect (RFC 7301).
pub const ALPN: &[u8] = b"proviso/1";
/// The name in the collector's certificate, whatever address is dialled.
pub const SERVER_NAME: &str = "proviso-collector";

/// The longest payload, in bytes.
pub const MAX_FRAME: usize = 5 << 20;
/// The longest piece of a list in one frame, in bytes.
pub const MAX_LIST_PIECE: usize = 1 << 20;

const HEAD: usize = 5;

/// One thing said.
#[derive(Clone, PartialEq, Eq)]
pub enum Frame {
    /// Agent: who it is and where its log ends.
    Hello(Hello),
    /// Collector: what it holds.
    Welcome(Welcome),
    /// Agent: the bytes of a report.
    Report(Vec<u8>),
    /// Collector: it holds the log up to `size`, durably.
    Receipt {
        /// How many records.
        size: u64,
        /// The signature line, see [`crate::receipt`].
        line: String,
    },
    /// Collector: no, and why.
    Refusal(Refusal),
    /// Agent: asks for the order that is assigned to it.
    GetOrder,
    /// Collector: the order.
    Order(OrderPackage),
    /// Agent: asks for a list that its order pins.
    GetList {
        /// The list's hash.
        sha256: Hash,
    },
    /// Collector: a piece of a list.
    List {
        /// The list's hash.
        sha256: Hash,
        /// How many bytes the whole list has.
        total: u64,
        /// Where this piece begins.
        offset: u64,
        /// The piece.
        bytes: Vec<u8>,
    },
    /// Collector: it has no such list.
    NoList {
        /// The hash that was asked for.
        sha256: Hash,
    },
    /// Collector: another order is assigned from now on, or there are more updates of its lists.
    OrderChanged {
        /// Its hash.
        digest: Hash,
        /// How many updates of its lists there are.
        updates: u64,
    },
    /// Agent: the line of an urgent record, ahead of the report that will prove it.
    Notice {
        /// The record's place in the log.
        index: u64,
        /// The line.
        line: Vec<u8>,
    },
    /// A computer that wants to be a device.
    EnrolRequest(EnrolRequest),
    /// Collector: what makes it one.
    EnrolAnswer(EnrolAnswer),
    /// Agent: its log was broken off, and it asks for a new one. The first word of a connection.
    EpochRequest(EpochRequest),
    /// Collector: the new log.
    EpochAnswer(EpochAnswer),
}

/// Why a side ends a connection: the application's error code in QUIC (RFC 9000, section 20.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Close {
    /// Everything is said.
    Done,
    /// The device has connected anew.
    Replaced,
    /// The other side did not keep to the protocol.
    Fault,
    /// This side stops, or has no room.
    Away,
}

impl Close {
    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::Done => 0,
            Self::Replaced => 1,
            Self::Fault => 2,
            Self::Away => 3,
        }
    }
}

/// Why bytes are not a frame, or a frame cannot be bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Over the limit.
    #[error("a frame of {len} bytes is too large; {MAX_FRAME} is the most")]
    TooLarge {
        /// How long it says it is.
        len: usize,
    },
    /// No type that is known here.
    #[error("a frame of the unknown type {0}: the other side may be of a newer version")]
    Type(u8),
    /// The payload is not that of its type.
    #[error("the payload of a {kind} frame is not as it must be (byte {at})")]
    Payload {
        /// The type.
        kind: &'static str,
        /// Where.
        at: usize,
    },
}

#[derive(Serialize, Deserialize)]
struct Receipt {
    size: u64,
    line: String,
}

#[derive(Serialize, Deserialize)]
struct Named {
    sha256: Hash,
}

#[derive(Serialize, Deserialize)]
struct Changed {
    sha256: Hash,
    #[serde(default, skip_serializing_if = "message::is_zero")]
    updates: u64,
}

impl Frame {
    /// The bytes to send.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let mut bytes = vec![0, 0, 0, 0, self.type_byte()];
        match self {
            Self::Hello(hello) => self.json(&mut bytes, hello)?,
            Self::Welcome(welcome) => self.json(&mut bytes, welcome)?,
            Self::Report(report) => bytes.extend(report),
            Self::Receipt { size, line } => {
                self.json(
                    &mut bytes,
                    &Receipt {
                        size: *size,
                        line: line.clone(),
                    },
                )?;
            }
            Self::Refusal(refusal) => self.json(&mut bytes, refusal)?,
            Self::GetOrder => {}
            Self::Order(package) => self.json(&mut bytes, package)?,
            Self::GetList { sha256: hash } | Self::NoList { sha256: hash } => {
                self.json(&mut bytes, &Named { sha256: *hash })?;
            }
            Self::OrderChanged { digest, updates } => {
                let changed = Changed {
                    sha256: *digest,
                    updates: *updates,
                };
                self.json(&mut bytes, &changed)?;
            }
            Self::List {
                sha256,
                total,
                offset,
                bytes: piece,
            } => {
                bytes.extend(sha256.0);
                bytes.extend(total.to_be_bytes());
                bytes.extend(offset.to_be_bytes());
                bytes.extend(piece);
            }
            Self::Notice { index, line } => {
                bytes.extend(index.to_be_bytes());
                bytes.extend(line);
            }
            Self::EnrolRequest(request) => self.json(&mut bytes, request)?,
            Self::EnrolAnswer(answer) => self.json(&mut bytes, answer)?,
            Self::EpochRequest(request) => self.json(&mut bytes, request)?,
            Self::EpochAnswer(answer) => self.json(&mut bytes, answer)?,
        }
        let len = bytes.len() - HEAD;
        let too_large = FrameError::TooLarge { len };
        if len > MAX_FRAME {
            return Err(too_large);
        }
        let len = u32::try_from(len).map_err(|_| too_large)?;
        bytes[..4].copy_from_slice(&len.to_be_bytes());
        Ok(bytes)
    }

    fn json(&self, bytes: &mut Vec<u8>, payload: &impl Serialize) -> Result<(), FrameError> {
        serde_json::to_writer(bytes, payload).map_err(|error| FrameError::Payload {
            kind: self.name(),
            at: error.column(),
        })
    }

    /// What it is called in logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hello(_) => "hello",
            Self::Welcome(_) => "welcome",
            Self::Report(_) => "report",
            Self::Receipt { .. } => "receipt",
            Self::Refusal(_) => "refusal",
            Self::GetOrder => "get order",
            Self::Order(_) => "order",
            Self::GetList { .. } => "get list",
            Self::List { .. } => "list",
            Self::NoList { .. } => "no list",
            Self::OrderChanged { .. } => "order changed",
            Self::Notice { .. } => "notice",
            Self::EnrolRequest(_) => "enrol request",
            Self::EnrolAnswer(_) => "enrol answer",
            Self::EpochRequest(_) => "epoch request",
            Self::EpochAnswer(_) => "epoch answer",
        }
    }

    const fn type_byte(&self) -> u8 {
        match self {
            Self::Hello(_) => 1,
            Self::Welcome(_) => 2,
            Self::Report(_) => 3,
            Self::Receipt { .. } => 4,
            Self::Refusal(_) => 5,
            Self::GetOrder => 6,
            Self::Order(_) => 7,
            Self::GetList { .. } => 8,
            Self::List { .. } => 9,
            Self::NoList { .. } => 10,
            Self::OrderChanged { .. } => 11,
            Self::Notice { .. } => 12,
            Self::EnrolRequest(_) => 13,
            Self::EnrolAnswer(_) => 14,
            Self::EpochRequest(_) => 15,
            Self::EpochAnswer(_) => 16,
        }
    }
}

/// The name only: a frame can hold secrets and what a person did.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({})", self.name())
    }
}

#[cfg(test)]
mod tests;
