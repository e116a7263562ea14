//! From a stream of bytes to frames.

use serde::de::DeserializeOwned;

use super::{Changed, Frame, FrameError, HEAD, MAX_FRAME, Named, Receipt};
use crate::hash::Hash;

/// Takes bytes as they come and gives frames as they are whole.
#[derive(Debug, Default)]
pub struct FrameDecoder {
    bytes: Vec<u8>,
    /// How many of them are used up.
    used: usize,
}

impl FrameDecoder {
    /// With nothing in it.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            used: 0,
        }
    }

    /// Adds bytes that came in.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.used);
        self.used = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame; `None` until more came in. After an error the stream is lost: where
    /// the next frame begins is no longer known.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator would end at the first `None`"
    )]
    pub fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some((head, rest)) = self.bytes[self.used..].split_first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let [a, b, c, d, kind] = *head;
        let len = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        if len > MAX_FRAME {
            return Err(FrameError::TooLarge { len });
        }
        let Some(payload) = rest.get(..len) else {
            return Ok(None);
        };
        let frame = decode(kind, payload)?;
        self.used += HEAD + len;
        Ok(Some(frame))
    }

    /// Are bytes of a frame there that is not whole yet?
    #[must_use]
    pub const fn is_within_frame(&self) -> bool {
        self.used < self.bytes.len()
    }
}

fn decode(kind: u8, payload: &[u8]) -> Result<Frame, FrameError> {
    Ok(match kind {
        1 => Frame::Hello(json("hello", payload)?),
        2 => Frame::Welcome(json("welcome", payload)?),
        3 => Frame::Report(payload.to_vec()),
        4 => {
            let Receipt { size, line } = json("receipt", payload)?;
            Frame::Receipt { size, line }
        }
        5 => Frame::Refusal(json("refusal", payload)?),
        6 if payload.is_empty() => Frame::GetOrder,
        6 => {
            return Err(FrameError::Payload {
                kind: "get order",
                at: 0,
            });
        }
        7 => Frame::Order(json("order", payload)?),
        8 => Frame::GetList {
            sha256: named("get list", payload)?,
        },
        9 => {
            let mut rest = payload;
            let short = |payload: &[u8]| FrameError::Payload {
                kind: "list",
                at: payload.len(),
            };
            let sha256 = Hash(take(&mut rest).ok_or_else(|| short(payload))?);
            let total = u64::from_be_bytes(take(&mut rest).ok_or_else(|| short(payload))?);
            let offset = u64::from_be_bytes(take(&mut rest).ok_or_else(|| short(payload))?);
            Frame::List {
                sha256,
                total,
                offset,
                bytes: rest.to_vec(),
            }
        }
        10 => Frame::NoList {
            sha256: named("no list", payload)?,
        },
        11 => {
            let Changed { sha256, updates } = json("order changed", payload)?;
            Frame::OrderChanged {
                digest: sha256,
                updates,
            }
        }
        12 => {
            let mut rest = payload;
            let index = take(&mut rest).ok_or(FrameError::Payload {
                kind: "notice",
                at: payload.len(),
            })?;
            Frame::Notice {
                index: u64::from_be_bytes(index),
                line: rest.to_vec(),
            }
        }
        13 => Frame::EnrolRequest(json("enrol request", payload)?),
        14 => Frame::EnrolAnswer(json("enrol answer", payload)?),
        15 => Frame::EpochRequest(json("epoch request", payload)?),
        16 => Frame::EpochAnswer(json("epoch answer", payload)?),
        _ => return Err(FrameError::Type(kind)),
    })
}

fn json<T: DeserializeOwned>(kind: &'static str, payload: &[u8]) -> Result<T, FrameError> {
    serde_json::from_slice(payload).map_err(|error| FrameError::Payload {
        kind,
        at: error.column(),
    })
}

fn named(kind: &'static str, payload: &[u8]) -> Result<Hash, FrameError> {
    json::<Named>(kind, payload).map(|named| named.sha256)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}
