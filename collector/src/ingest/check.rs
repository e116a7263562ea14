//! From bytes to a report that continues a device's log.
//!
//! Promises: an [`Appends`] is signed by its device, begins where the log ends, leads to the root
//! that was signed, and holds records of this device's orders, each at its place. Limits come
//! before memory. All of it is computing: nothing here waits for anything.

use std::collections::BTreeSet;
use std::sync::Arc;

use proviso_report::note::SignatureLine;
use proviso_report::report::{Kept, KeptLeaf};
use proviso_report::{
    Alg, Checkpoint, CompactRange, DeviceId, Fact, Hash, KeyError, Note, Record, Report,
    ReportError, UnixMs, VerifierKey, open_checkpoint,
};

use super::refused::Refused;
use crate::store::reports::{StoredReport, Times};

/// What is known of a device's log: enough to check what continues it.
#[derive(Clone, Debug)]
pub struct Known {
    /// Whose.
    pub device: DeviceId,
    /// Signs its checkpoints now.
    pub key: VerifierKey,
    /// The size of the log at which that key was named; it signs greater ones.
    pub since: u64,
    /// The log of this computer that it continues.
    pub follows: Option<DeviceId>,
    /// The log so far.
    pub range: CompactRange,
    /// The orders that records may name.
    pub orders: Arc<BTreeSet<Hash>>,
}

/// A report that continues the log. Only [`check`] makes it.
#[derive(Debug)]
pub struct Appends {
    bytes: Vec<u8>,
    first: u64,
    count: u64,
    checkpoint: Checkpoint,
    after: CompactRange,
    records: Vec<Record>,
    /// The key that its last record names.
    next: Option<VerifierKey>,
}

/// What a report is that begins before the log's end.
#[derive(Debug)]
pub enum Repeats {
    /// This stored one.
    Stored(Checkpoint),
    /// Other cuts through the same records.
    SameRecords,
    /// Another history.
    Contradicts,
}

/// A report that is not taken, handed back.
#[derive(Debug)]
pub struct Rejected {
    /// It.
    pub bytes: Vec<u8>,
    /// Why.
    pub why: Refused,
}

/// Checks a report against the log.
pub fn check(bytes: Vec<u8>, known: &Known) -> Result<Appends, Rejected> {
    match checked(&bytes, known) {
        Ok(mut appends) => {
            appends.bytes = bytes;
            Ok(appends)
        }
        Err(why) => Err(Rejected { bytes, why }),
    }
}

/// Without the bytes, which are its caller's.
fn checked(bytes: &[u8], known: &Known) -> Result<Appends, Refused> {
    let report = Report::parse(bytes)?;
    if report.device != known.device {
        return Err(Refused::WrongDevice {
            certificate: known.device,
            said: report.device,
        });
    }
    if report.first != known.range.size() {
        // Strangers to the log learn nothing from it. What a key of before signed is looked at with
        // what is stored of that time.
        if report.checkpoint().size > known.since {
            open_checkpoint(report.note(), &known.key).map_err(ReportError::from)?;
        }
        return Err(Refused::WrongSize {
            first: report.first,
            size: known.range.size(),
        });
    }
    let verified = report.verify(&known.key, &known.range)?;
    let (first, count) = (report.first, u64::from(report.count));
    let mut records = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
    for (place, line) in (first..).zip(verified.lines.iter()) {
        records.push(record(place, line, &known.orders)?);
    }
    let next = named_key(&records, &known.key)?;
    continues(&records, known.follows)?;
    Ok(Appends {
        bytes: Vec::new(),
        first,
        count,
        checkpoint: verified.checkpoint,
        after: verified.after,
        records,
        next,
    })
}

/// The key that the last record names. The report must end with it, so that the key before signs
/// nothing later.
fn named_key(records: &[Record], now: &VerifierKey) -> Result<Option<VerifierKey>, Refused> {
    let mut next = None;
    for (left, record) in (0..records.len()).rev().zip(records) {
        let Fact::KeyChanged(changed) = &record.fact else {
            continue;
        };
        let wrong = |why: String| Refused::Key {
            seq: record.seq,
            why,
        };
        let key: VerifierKey = changed
            .key
            .parse()
            .map_err(|error: KeyError| wrong(error.to_string()))?;
        if left > 0 {
            return Err(wrong("the report does not end with it".to_owned()));
        }
        if key.alg() != Alg::Ed25519 || key.name() != now.name() {
            return Err(wrong(format!("it is a key of {}", key.name())));
        }
        if key == *now {
            return Err(wrong("it signs already".to_owned()));
        }
        next = Some(key);
    }
    Ok(next)
}

/// A log that follows another begins with the record that says so, and no other record does.
fn continues(records: &[Record], follows: Option<DeviceId>) -> Result<(), Refused> {
    for record in records {
        let why = match (&record.fact, record.seq, follows) {
            (Fact::LogContinues(of), 0, Some(before)) if of.log == before => continue,
            (Fact::LogContinues(_), ..) => "it continues a log that this one does not follow",
            (_, 0, Some(_)) => "a log that follows another begins by naming it",
            _ => continue,
        };
        return Err(Refused::Epoch {
            seq: record.seq,
            why,
        });
    }
    Ok(())
}

/// Is the note signed in the name of the log, but by another key than this one?
pub fn is_by_another_key(note: &[u8], key: &VerifierKey) -> bool {
    let is_another = |line: &SignatureLine| line.name == key.name() && !key.is_named_by(line);
    Note::parse(note).is_ok_and(|note| note.signatures().iter().any(is_another))
}

/// Reads one record that must be at `place`, under one of `orders`.
pub fn record(place: u64, line: &[u8], orders: &BTreeSet<Hash>) -> Result<Record, Refused> {
    let record = Record::parse(line).map_err(|why| Refused::Record { seq: place, why })?;
    if record.seq != place {
        return Err(Refused::Place {
            place,
            says: record.seq,
        });
    }
    match record.order {
        Some(order) if !orders.contains(&order) => Err(Refused::Order(order)),
        _ => Ok(record),
    }
}

/// Compares a signed report with what is stored of the same places. `stored` begins with the
/// report that holds the first of them; `key` signs a log of the report's size, and `size` records
/// are held.
pub fn repeats(
    bytes: &[u8],
    key: &VerifierKey,
    size: u64,
    stored: &[StoredReport],
) -> Result<Repeats, Refused> {
    let report = Report::parse(bytes)?;
    let checkpoint = open_checkpoint(report.note(), key).map_err(ReportError::from)?;
    let mut before = CompactRange::new();
    let mut leaves = Vec::new();
    for (n, one) in stored.iter().enumerate() {
        let held = Kept::parse(&one.bytes)?;
        if n == 0 {
            if held.first == report.first && *held.checkpoint() == checkpoint {
                return Ok(Repeats::Stored(checkpoint));
            }
            before =
                CompactRange::from_bytes(&one.range_before).map_err(|_| ReportError::Records)?;
        }
        for (seq, leaf) in (held.first..).zip(held.leaves().iter().map(KeptLeaf::hash)) {
            if seq < report.first {
                before.append(leaf);
            } else {
                leaves.push(leaf);
            }
        }
    }
    if before.size() != report.first {
        return Err(Refused::WrongSize {
            first: report.first,
            size,
        });
    }
    let sent = report.leaf_hashes()?;
    let same = sent
        .iter()
        .zip(&leaves)
        .all(|(ours, theirs)| ours == theirs);
    sent.into_iter().for_each(|leaf| before.append(leaf));
    if same && before.root() == checkpoint.root {
        Ok(Repeats::SameRecords)
    } else {
        Ok(Repeats::Contradicts)
    }
}

impl Appends {
    /// Its records.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// What the device signed.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The key that signs what comes after it, if that is another one.
    #[must_use]
    pub const fn next_key(&self) -> Option<&VerifierKey> {
        self.next.as_ref()
    }

    /// The log with it.
    #[must_use]
    pub const fn after(&self) -> &CompactRange {
        &self.after
    }

    /// The row that keeps it, for a log that was `before`.
    pub(super) fn into_row(
        self,
        device: DeviceId,
        before: &CompactRange,
        now: i64,
        times: Times,
    ) -> StoredReport {
        let own = self.records.iter().map(|record| {
            let UnixMs(at) = record.at;
            at
        });
        StoredReport {
            device,
            first: self.first,
            count: self.count,
            received: now,
            receipt: times.receipt,
            min_at: own.clone().min().unwrap_or(now),
            max_at: own.max().unwrap_or(now),
            range_before: before.to_bytes(),
            not_before: times.not_before,
            bytes: self.bytes,
        }
    }
}
