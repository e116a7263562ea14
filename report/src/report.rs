//! A report: the unit in which records travel and are kept.
//!
//! ```text
//! "PVSO" 0x02 | device 16 | first u64 | count u32 | raw length u32 | seed 32
//!   | body length u32 | body | note length u16 | checkpoint note
//! ```
//! Integers are big-endian. The note is the device's checkpoint over the log up to and with the
//! last record of the report. The body holds the lines, packed as `pack` says; version 1 held
//! `zstd(lines, each ended by a line feed)`, and is still read.
//!
//! Promises: [`Report::parse`] reads header and note only, in constant time; [`Report::lines`]
//! never takes more memory than the header says and never more than [`MAX_REPORT_RAW`].
//! Refuses: to say anything about the truth of a report; [`Report::verify`] does, with a key and
//! the log before it.

mod build;
mod kept;
mod pack;

pub use build::{ReportBuilder, Unsigned};
pub use kept::{Kept, KeptLeaf, MAX_KEPT_RAW};

pub use crate::device::{DeviceId, DeviceIdError};

use std::io::Read as _;

use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::key::KeyError;
use crate::merkle::{CompactRange, leaf_hash};
use crate::note::{Note, NoteError, VerifierKey, open_checkpoint};
use crate::record::MAX_RECORD;
use crate::salt::Seed;

/// The longest report, in bytes.
pub const MAX_REPORT: usize = 4 << 20;
/// The most bytes of lines in one report, line feeds included.
pub const MAX_REPORT_RAW: usize = 16 << 20;
/// The most records in one report.
pub const MAX_REPORT_RECORDS: u32 = 4096;

const MAGIC: &[u8; 5] = b"PVSO\x02";
/// Of reports whose lines are only compressed.
const MAGIC_1: &[u8; 5] = b"PVSO\x01";

/// A report of the right form. Nothing is known yet about its signature.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// Whose log it continues.
    pub device: DeviceId,
    /// The place of its first record in the log.
    pub first: u64,
    /// How many records it has; at least one.
    pub count: u32,
    raw_len: usize,
    seed: Seed,
    is_packed: bool,
    body: &'a [u8],
    note: &'a [u8],
    checkpoint: Checkpoint,
}

/// The lines of a report's records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    raw: Vec<u8>,
    /// Where each line ends, its line feed not counted.
    ends: Vec<usize>,
}

/// A report that holds: signed by its device, and the log before it leads to the signed root.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What the device signed.
    pub checkpoint: Checkpoint,
    /// The log with the report's records.
    pub after: CompactRange,
    /// The records' lines.
    pub lines: Lines,
}

/// Why bytes are not a report, or not one that holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Not a report at all.
    #[error("this is not a report: it does not begin with the mark of one")]
    Magic,
    /// It ends before its end, or after.
    #[error("the report is cut off or has bytes too many: transfer it again")]
    Length,
    /// Over a limit.
    #[error("the report is over a limit: {what} is {is}, and {most} is the most")]
    Limit {
        /// Of what.
        what: &'static str,
        /// How much it has.
        is: u64,
        /// How much it may have.
        most: u64,
    },
    /// No records.
    #[error("the report holds no records")]
    Empty,
    /// The body cannot be unpacked.
    #[error("the report's records cannot be unpacked: its bytes were changed on the way")]
    Packing,
    /// The body is not what the header says.
    #[error("the report does not hold the records that its header says")]
    Records,
    /// Its note is not a checkpoint, or is not signed by the device.
    #[error("the report's checkpoint does not hold: {0}")]
    Note(#[from] NoteError),
    /// The note is about another size.
    #[error("the report ends at record {end}, and its checkpoint is about {size} records")]
    Size {
        /// Where the records end.
        end: u64,
        /// The size that was signed.
        size: u64,
    },
    /// Not the next report.
    #[error("the report begins at record {first}, and the log has {size} records")]
    Place {
        /// Where the report begins.
        first: u64,
        /// What the log has.
        size: u64,
    },
    /// The records do not lead to the root that was signed.
    #[error(
        "the records do not lead to the root that the device signed: a record was changed, or the \
         device has told two stories"
    )]
    Root,
    /// A key that cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl<'a> Report<'a> {
    /// Reads header and note.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ReportError> {
        limit("the number of bytes", bytes.len(), MAX_REPORT)?;
        let (is_packed, mut rest) = match (bytes.strip_prefix(MAGIC), bytes.strip_prefix(MAGIC_1)) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(ReportError::Magic),
        };
        let device = DeviceId(take(&mut rest)?);
        let first = u64::from_be_bytes(take(&mut rest)?);
        let count = u32::from_be_bytes(take(&mut rest)?);
        let raw_len = length(u32::from_be_bytes(take(&mut rest)?))?;
        let seed = Seed::new(take(&mut rest)?);
        let body_len = length(u32::from_be_bytes(take(&mut rest)?))?;
        let (body, mut rest) = rest.split_at_checked(body_len).ok_or(ReportError::Length)?;
        let note_len = usize::from(u16::from_be_bytes(take(&mut rest)?));
        if rest.len() != note_len {
            return Err(ReportError::Length);
        }
        if count == 0 {
            return Err(ReportError::Empty);
        }
        limit(
            "the number of records",
            length(count)?,
            length(MAX_REPORT_RECORDS)?,
        )?;
        limit("the size of the records", raw_len, MAX_REPORT_RAW)?;
        let checkpoint = Checkpoint::parse(Note::parse(rest)?.text())?;
        let end = first
            .checked_add(u64::from(count))
            .ok_or(ReportError::Records)?;
        if checkpoint.size != end {
            return Err(ReportError::Size {
                end,
                size: checkpoint.size,
            });
        }
        Ok(Self {
            device,
            first,
            count,
            raw_len,
            seed,
            is_packed,
            body,
            note: rest,
            checkpoint,
        })
    }

    /// The bytes of the note.
    #[must_use]
    pub const fn note(&self) -> &'a [u8] {
        self.note
    }

    /// What the note says; whether it is signed is another question.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The seed of the records' salts.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.seed.clone()
    }

    /// Unpacks the records.
    pub fn lines(&self) -> Result<Lines, ReportError> {
        let raw = if self.is_packed {
            pack::unpack(self.body, self.first, length(self.count)?, self.raw_len)?
        } else {
            self.raw_1()?
        };
        let lines = Lines::split(raw).ok_or(ReportError::Records)?;
        if lines.raw.len() != self.raw_len
            || Some(lines.ends.len()) != usize::try_from(self.count).ok()
        {
            return Err(ReportError::Records);
        }
        Ok(lines)
    }

    /// The lines of a report of version 1.
    fn raw_1(&self) -> Result<Vec<u8>, ReportError> {
        let mut raw = Vec::with_capacity(self.raw_len);
        // One byte more than promised shows a body that is longer.
        let bound = u64::try_from(self.raw_len)
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        zstd::stream::read::Decoder::with_buffer(self.body)
            .and_then(|decoder| decoder.take(bound).read_to_end(&mut raw))
            .map_err(|_| ReportError::Packing)?;
        Ok(raw)
    }

    /// The leaves of the records, in order.
    pub fn leaf_hashes(&self) -> Result<Vec<Hash>, ReportError> {
        Ok(self.leaf_hashes_of(&self.lines()?))
    }

    /// The leaves of lines that were unpacked before.
    #[must_use]
    pub fn leaf_hashes_of(&self, lines: &Lines) -> Vec<Hash> {
        let salts = self.seed.salts();
        (self.first..)
            .zip(lines.iter())
            .map(|(seq, line)| leaf_hash(&salts.of(seq), line))
            .collect()
    }

    /// Checks that `key`'s holder signed it and that it continues the log `before`.
    pub fn verify(
        &self,
        key: &VerifierKey,
        before: &CompactRange,
    ) -> Result<Verified, ReportError> {
        let checkpoint = open_checkpoint(self.note, key)?;
        if self.first != before.size() {
            return Err(ReportError::Place {
                first: self.first,
                size: before.size(),
            });
        }
        let lines = self.lines()?;
        let mut after = before.clone();
        for leaf in self.leaf_hashes_of(&lines) {
            after.append(leaf);
        }
        if after.root() != checkpoint.root {
            return Err(ReportError::Root);
        }
        Ok(Verified {
            checkpoint,
            after,
            lines,
        })
    }
}

impl Lines {
    /// `None` unless each line is ended, not empty and no longer than a record.
    fn split(raw: Vec<u8>) -> Option<Self> {
        let mut ends = Vec::new();
        let mut start = 0;
        for (at, _) in raw.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            if at == start || at - start > MAX_RECORD {
                return None;
            }
            ends.push(at);
            start = at + 1;
        }
        (start == raw.len()).then_some(Self { raw, ends })
    }

    /// The lines in order, without their line feeds.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let line = &self.raw[start..*end];
            start = end + 1;
            line
        })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], ReportError> {
    let (head, tail) = rest.split_first_chunk().ok_or(ReportError::Length)?;
    *rest = tail;
    Ok(*head)
}

fn length(len: u32) -> Result<usize, ReportError> {
    usize::try_from(len).map_err(|_| ReportError::Length)
}

fn limit(what: &'static str, is: usize, most: usize) -> Result<(), ReportError> {
    if is <= most {
        return Ok(());
    }
    let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    Err(ReportError::Limit {
        what,
        is: wide(is),
        most: wide(most),
    })
}

#[cfg(test)]
mod tests;
