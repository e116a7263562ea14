//! A report as it is kept: as the device signed it, or with some of its records erased.
//!
//! ```text
//! "PVSE" 0x01 | device 16 | first u64 | count u32 | raw length u32
//!   | body length u32 | zstd(leaves) | note length u16 | checkpoint note
//! leaf: 0x00 | hash 32                        erased
//!       0x01 | salt 16 | length u32 | line    kept, its line without a line feed
//! ```
//! Integers are big-endian.
//!
//! Promises: [`Kept::parse`] reads both forms. A report of which records were erased leads to the same
//! root, under the same note, byte for byte; what was not erased is there as the device wrote it.
//! What was erased cannot be made from it: neither its line nor its salt is there, nor the seed of the
//! salts, so that nobody can even try a guess. It never takes more memory than its header says and
//! never more than [`MAX_KEPT_RAW`].
//!
//! Refuses: to bring anything back.

use std::io::Read as _;

use super::{
    DeviceId, MAX_REPORT_RAW, MAX_REPORT_RECORDS, Report, ReportError, length, limit, take,
};
use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::merkle::{CompactRange, leaf_hash};
use crate::note::{MAX_NOTE, Note, VerifierKey, open_checkpoint};
use crate::record::MAX_RECORD;
use crate::salt::SALT;

/// The most bytes of leaves in one report of which records were erased.
pub const MAX_KEPT_RAW: usize = MAX_REPORT_RAW + MAX_REPORT_RECORDS as usize * LONGEST_HEAD;

const MAGIC: &[u8; 5] = b"PVSE\x01";
const ERASED: u8 = 0;
const LINE: u8 = 1;
/// A leaf without its line is no longer than this.
const LONGEST_HEAD: usize = 1 + 32;
const LEVEL: i32 = 3;

/// A report of either form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whose log it continues.
    pub device: DeviceId,
    /// The place of its first record in the log.
    pub first: u64,
    leaves: Vec<KeptLeaf>,
    note: Vec<u8>,
    checkpoint: Checkpoint,
}

/// One record of it.
#[derive(Clone, PartialEq, Eq)]
pub enum KeptLeaf {
    /// As the device wrote it.
    Line {
        /// The salt of its leaf.
        salt: [u8; SALT],
        /// Its line, without a line feed.
        line: Vec<u8>,
    },
    /// Only that there was one: its leaf.
    Erased(Hash),
}

impl Kept {
    /// Reads a report as the device sent it, or one of which records were erased.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReportError> {
        if bytes.starts_with(MAGIC) {
            return Self::parse_erased(bytes);
        }
        let report = Report::parse(bytes)?;
        let lines = report.lines()?;
        let salts = report.seed.salts();
        let leaves = (report.first..).zip(lines.iter());
        let leaves = leaves.map(|(seq, line)| KeptLeaf::Line {
            salt: salts.of(seq),
            line: line.to_vec(),
        });
        Ok(Self {
            device: report.device,
            first: report.first,
            leaves: leaves.collect(),
            note: report.note.to_vec(),
            checkpoint: report.checkpoint,
        })
    }

    /// The note of a stored report of either form, and what it says, without its records.
    pub fn note_of(bytes: &[u8]) -> Result<(&[u8], Checkpoint), ReportError> {
        if bytes.starts_with(MAGIC) {
            let head = Head::parse(bytes)?;
            return Ok((head.note, head.checkpoint));
        }
        let report = Report::parse(bytes)?;
        Ok((report.note, report.checkpoint))
    }

    fn parse_erased(bytes: &[u8]) -> Result<Self, ReportError> {
        let head = Head::parse(bytes)?;
        let raw = unpacked(head.body, head.raw_len)?;
        Ok(Self {
            device: head.device,
            first: head.first,
            leaves: leaves(&raw, head.count)?,
            note: head.note.to_vec(),
            checkpoint: head.checkpoint,
        })
    }

    /// The records, in order.
    #[must_use]
    pub fn leaves(&self) -> &[KeptLeaf] {
        &self.leaves
    }

    /// The lines that are there, with their places.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let places = (self.first..).zip(&self.leaves);
        places.filter_map(|(seq, leaf)| match leaf {
            KeptLeaf::Line { line, .. } => Some((seq, line.as_slice())),
            KeptLeaf::Erased(_) => None,
        })
    }

    /// The bytes of the note.
    #[must_use]
    pub fn note(&self) -> &[u8] {
        &self.note
    }

    /// What the note says; whether it is signed is another question.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Checks that `key`'s holder signed it and that it continues the log `before`; gives the log with
    /// its records.
    pub fn verify(
        &self,
        key: &VerifierKey,
        before: &CompactRange,
    ) -> Result<CompactRange, ReportError> {
        let checkpoint = open_checkpoint(&self.note, key)?;
        if self.first != before.size() {
            return Err(ReportError::Place {
                first: self.first,
                size: before.size(),
            });
        }
        let mut after = before.clone();
        for leaf in &self.leaves {
            after.append(leaf.hash());
        }
        if after.root() != checkpoint.root {
            return Err(ReportError::Root);
        }
        Ok(after)
    }

    /// The same without the records at these places. There is no way back.
    #[must_use]
    pub fn erase(mut self, erased: impl Fn(u64) -> bool) -> Self {
        for (seq, leaf) in (self.first..).zip(&mut self.leaves) {
            if erased(seq) {
                *leaf = KeptLeaf::Erased(leaf.hash());
            }
        }
        self
    }

    /// The bytes of a report of which records were erased, whether any were or not.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ReportError> {
        let narrow = |len: usize| u32::try_from(len).map_err(|_| ReportError::Length);
        limit("the size of the note", self.note.len(), MAX_NOTE)?;
        let mut raw = Vec::new();
        for leaf in &self.leaves {
            leaf.write(&mut raw)?;
        }
        limit("the size of the records", raw.len(), MAX_KEPT_RAW)?;
        let body = zstd::bulk::compress(&raw, LEVEL).map_err(|_| ReportError::Packing)?;
        let note_len = u16::try_from(self.note.len()).map_err(|_| ReportError::Length)?;
        let mut bytes = Vec::with_capacity(64 + body.len() + self.note.len());
        bytes.extend(MAGIC);
        bytes.extend(self.device.0);
        bytes.extend(self.first.to_be_bytes());
        bytes.extend(narrow(self.leaves.len())?.to_be_bytes());
        bytes.extend(narrow(raw.len())?.to_be_bytes());
        bytes.extend(narrow(body.len())?.to_be_bytes());
        bytes.extend(body);
        bytes.extend(note_len.to_be_bytes());
        bytes.extend(&self.note);
        Ok(bytes)
    }
}

/// What stands around the leaves of a report of which records were erased.
struct Head<'a> {
    device: DeviceId,
    first: u64,
    count: usize,
    raw_len: usize,
    body: &'a [u8],
    note: &'a [u8],
    checkpoint: Checkpoint,
}

impl<'a> Head<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, ReportError> {
        let mut rest = bytes.strip_prefix(MAGIC).ok_or(ReportError::Magic)?;
        let device = DeviceId(take(&mut rest)?);
        let first = u64::from_be_bytes(take(&mut rest)?);
        let count = u32::from_be_bytes(take(&mut rest)?);
        let raw_len = length(u32::from_be_bytes(take(&mut rest)?))?;
        let body_len = length(u32::from_be_bytes(take(&mut rest)?))?;
        let (body, mut rest) = rest.split_at_checked(body_len).ok_or(ReportError::Length)?;
        let note_len = usize::from(u16::from_be_bytes(take(&mut rest)?));
        if rest.len() != note_len {
            return Err(ReportError::Length);
        }
        if count == 0 {
            return Err(ReportError::Empty);
        }
        let most = length(MAX_REPORT_RECORDS)?;
        limit("the number of records", length(count)?, most)?;
        limit("the size of the records", raw_len, MAX_KEPT_RAW)?;
        let checkpoint = Checkpoint::parse(Note::parse(rest)?.text())?;
        let end = first.checked_add(u64::from(count));
        let end = end.ok_or(ReportError::Records)?;
        if checkpoint.size != end {
            let size = checkpoint.size;
            return Err(ReportError::Size { end, size });
        }
        Ok(Self {
            device,
            first,
            count: length(count)?,
            raw_len,
            body,
            note: rest,
            checkpoint,
        })
    }
}

impl KeptLeaf {
    /// Its hash in the log.
    #[must_use]
    pub fn hash(&self) -> Hash {
        match self {
            Self::Line { salt, line } => leaf_hash(salt, line),
            Self::Erased(hash) => *hash,
        }
    }

    fn write(&self, raw: &mut Vec<u8>) -> Result<(), ReportError> {
        match self {
            Self::Erased(hash) => {
                raw.push(ERASED);
                raw.extend(hash.0);
            }
            Self::Line { salt, line } => {
                let len = u32::try_from(line.len()).map_err(|_| ReportError::Length)?;
                raw.push(LINE);
                raw.extend(salt);
                raw.extend(len.to_be_bytes());
                raw.extend(line);
            }
        }
        Ok(())
    }

    fn read(rest: &mut &[u8]) -> Result<Self, ReportError> {
        let [mark] = take(rest).map_err(|_| ReportError::Records)?;
        match mark {
            ERASED => Ok(Self::Erased(Hash(take(rest)?))),
            LINE => {
                let salt = take(rest)?;
                let len = length(u32::from_be_bytes(take(rest)?))?;
                let (line, after) = rest.split_at_checked(len).ok_or(ReportError::Records)?;
                if line.is_empty() || line.len() > MAX_RECORD || line.contains(&b'\n') {
                    return Err(ReportError::Records);
                }
                *rest = after;
                let line = line.to_vec();
                Ok(Self::Line { salt, line })
            }
            _ => Err(ReportError::Records),
        }
    }
}

/// What a person did prints nowhere.
impl std::fmt::Debug for KeptLeaf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line { .. } => f.write_str("Line(..)"),
            Self::Erased(hash) => write!(f, "Erased({hash})"),
        }
    }
}

fn unpacked(body: &[u8], raw_len: usize) -> Result<Vec<u8>, ReportError> {
    let mut raw = Vec::with_capacity(raw_len);
    // One byte more than promised shows a body that is longer.
    let bound = u64::try_from(raw_len).unwrap_or(u64::MAX).saturating_add(1);
    zstd::stream::read::Decoder::with_buffer(body)
        .and_then(|decoder| decoder.take(bound).read_to_end(&mut raw))
        .map_err(|_| ReportError::Packing)?;
    if raw.len() == raw_len {
        Ok(raw)
    } else {
        Err(ReportError::Records)
    }
}

fn leaves(raw: &[u8], count: usize) -> Result<Vec<KeptLeaf>, ReportError> {
    let mut rest = raw;
    let mut leaves = Vec::new();
    while !rest.is_empty() {
        if leaves.len() == count {
            return Err(ReportError::Records);
        }
        leaves.push(KeptLeaf::read(&mut rest)?);
    }
    if leaves.len() == count {
        Ok(leaves)
    } else {
        Err(ReportError::Records)
    }
}

#[cfg(test)]
mod tests;
