//! Making a report: records in, then a checkpoint to sign, then the bytes.

use super::{
    DeviceId, MAGIC, MAX_REPORT, MAX_REPORT_RAW, MAX_REPORT_RECORDS, ReportError, limit, pack,
};
use crate::checkpoint::Checkpoint;
use crate::merkle::{CompactRange, leaf_hash};
use crate::note::{MAX_NOTE, Note, NoteError};
use crate::record::MAX_RECORD;
use crate::salt::{Salts, Seed};

/// Collects the lines of a report.
pub struct ReportBuilder {
    device: DeviceId,
    first: u64,
    count: u32,
    seed: Seed,
    salts: Salts,
    raw: Vec<u8>,
    after: CompactRange,
}

/// A report that lacks nothing but the device's signature.
pub struct Unsigned {
    device: DeviceId,
    first: u64,
    count: u32,
    raw_len: usize,
    seed: Seed,
    body: Vec<u8>,
    after: CompactRange,
    checkpoint: Checkpoint,
}

impl ReportBuilder {
    /// A report that continues the log `before`. `seed` must be fresh random bytes.
    #[must_use]
    pub fn new(device: DeviceId, before: &CompactRange, seed: Seed) -> Self {
        Self {
            device,
            first: before.size(),
            count: 0,
            salts: seed.salts(),
            seed,
            raw: Vec::new(),
            after: before.clone(),
        }
    }

    /// Adds the line of a record, without a line feed. A line that does not fit changes nothing.
    pub fn push(&mut self, line: &[u8]) -> Result<(), ReportError> {
        if line.is_empty() || line.contains(&b'\n') {
            return Err(ReportError::Records);
        }
        limit("the size of a record", line.len(), MAX_RECORD)?;
        limit(
            "the size of the records",
            self.raw.len() + line.len() + 1,
            MAX_REPORT_RAW,
        )?;
        if self.count == MAX_REPORT_RECORDS {
            let most = u64::from(MAX_REPORT_RECORDS);
            return Err(ReportError::Limit {
                what: "the number of records",
                is: most + 1,
                most,
            });
        }
        let seq = self.after.size();
        self.after.append(leaf_hash(&self.salts.of(seq), line));
        self.raw.extend_from_slice(line);
        self.raw.push(b'\n');
        self.count += 1;
        Ok(())
    }

    /// Packs the lines and says what to sign. `origin` is the log's name.
    pub fn finish(self, origin: &str) -> Result<Unsigned, ReportError> {
        if self.count == 0 {
            return Err(ReportError::Empty);
        }
        let checkpoint = Checkpoint {
            origin: origin.to_owned(),
            size: self.after.size(),
            root: self.after.root(),
        };
        Ok(Unsigned {
            device: self.device,
            first: self.first,
            count: self.count,
            raw_len: self.raw.len(),
            seed: self.seed,
            body: pack::pack(&self.raw, self.first)?,
            after: self.after,
            checkpoint,
        })
    }
}

impl std::fmt::Debug for ReportBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReportBuilder")
            .field("device", &self.device)
            .field("first", &self.first)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Unsigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unsigned")
            .field("checkpoint", &self.checkpoint)
            .finish_non_exhaustive()
    }
}

impl Unsigned {
    /// What the device must sign.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The log with the records of this report.
    #[must_use]
    pub const fn after(&self) -> &CompactRange {
        &self.after
    }

    /// How many records it has.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The bytes, with the signed checkpoint.
    pub fn sign_with(&self, note: &Note) -> Result<Vec<u8>, ReportError> {
        if note.text() != self.checkpoint.body() {
            return Err(NoteError::Checkpoint("it is about something else than the report").into());
        }
        let (raw_len, note) = (self.raw_len, note.bytes());
        encode(
            self.device,
            self.first,
            self.count,
            raw_len,
            &self.seed,
            &self.body,
            &note,
        )
    }
}

fn encode(
    device: DeviceId,
    first: u64,
    count: u32,
    raw_len: usize,
    seed: &Seed,
    body: &[u8],
    note: &[u8],
) -> Result<Vec<u8>, ReportError> {
    limit("the size of the note", note.len(), MAX_NOTE)?;
    let narrow = |len: usize| u32::try_from(len).map_err(|_| ReportError::Length);
    let note_len = u16::try_from(note.len()).map_err(|_| ReportError::Length)?;
    let mut bytes = Vec::with_capacity(80 + body.len() + note.len());
    bytes.extend(MAGIC);
    bytes.extend(device.0);
    bytes.extend(first.to_be_bytes());
    bytes.extend(count.to_be_bytes());
    bytes.extend(narrow(raw_len)?.to_be_bytes());
    bytes.extend(seed.bytes());
    bytes.extend(narrow(body.len())?.to_be_bytes());
    bytes.extend(body);
    bytes.extend(note_len.to_be_bytes());
    bytes.extend(note);
    limit("the number of bytes", bytes.len(), MAX_REPORT)?;
    Ok(bytes)
}
