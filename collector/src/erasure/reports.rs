//! The stored reports, of which records are erased.

use std::collections::BTreeSet;

use proviso_report::bundle::Places;
use proviso_report::report::Kept;
use proviso_report::{CompactRange, Record, ReportError, VerifierKey};

use super::EraseError;
use crate::signing::Signer;
use crate::store::devices::Device;
use crate::store::reports::{self, StoredReport};
use crate::store::{Read, Tx, erasures, log_keys};

/// Records that are read at once.
const AT_ONCE: u64 = 8_192;

/// Why a stored report cannot be used, in words.
type Damage = String;

/// Reads each report of a device, in order.
pub(super) fn each(
    read: &Read<'_>,
    device: &Device,
    mut look: impl FnMut(&StoredReport, Kept) -> Result<(), EraseError>,
) -> Result<(), EraseError> {
    let mut next = 0;
    while next < device.size {
        let end = next.saturating_add(AT_ONCE).min(device.size);
        for stored in reports::run(read, device.id, next, end)? {
            let kept = Kept::parse(&stored.bytes);
            let kept = kept.map_err(|why| damaged(&stored, why.to_string()))?;
            look(&stored, kept)?;
        }
        next = end;
    }
    Ok(())
}

/// The records that were not erased, with their places.
pub(super) fn records(
    stored: &StoredReport,
    kept: &Kept,
) -> Result<Vec<(u64, Record)>, EraseError> {
    let record = |(seq, line)| match Record::parse(line) {
        Ok(record) if record.seq == seq => Ok((seq, record)),
        Ok(_) => Err(damaged(
            stored,
            format!("record {seq} says that it is another one"),
        )),
        Err(why) => Err(damaged(stored, why.to_string())),
    };
    kept.lines().map(record).collect()
}

/// Erases the records at these places; how many that were.
pub(super) fn erase(
    tx: &Tx<'_>,
    signer: &Signer,
    device: &Device,
    places: &Places,
) -> Result<u64, EraseError> {
    let mut count = 0_u64;
    each(tx, device, |stored, kept| {
        let here: BTreeSet<u64> = records(stored, &kept)?
            .into_iter()
            .filter(|(seq, record)| places.has(*seq) && record.kind().can_be_erased())
            .map(|(seq, _)| seq)
            .collect();
        if here.is_empty() {
            return Ok(());
        }
        let key = key(tx, signer, device, kept.checkpoint().size)?;
        let bytes = without(stored, kept, &here, &key).map_err(|why| damaged(stored, why))?;
        erasures::replace(tx, device.id, stored.first, &bytes)?;
        count = count.saturating_add(u64::try_from(here.len()).unwrap_or(u64::MAX));
        Ok(())
    })?;
    Ok(count)
}

/// The report without these records. It held before, and it holds after.
fn without(
    stored: &StoredReport,
    kept: Kept,
    erased: &BTreeSet<u64>,
    key: &VerifierKey,
) -> Result<Vec<u8>, Damage> {
    let words = |why: ReportError| why.to_string();
    let before = CompactRange::from_bytes(&stored.range_before).map_err(|why| why.to_string())?;
    let after = kept.verify(key, &before).map_err(words)?;
    let (note, leaves) = (kept.note().to_vec(), kept.leaves().len());
    let bytes = kept.erase(|seq| erased.contains(&seq)).to_bytes();
    let bytes = bytes.map_err(words)?;
    // What cannot be brought back is looked at twice.
    let again = Kept::parse(&bytes).map_err(words)?;
    let is_same = again.verify(key, &before).map_err(words)? == after
        && again.note() == note
        && again.leaves().len() == leaves
        && again.device == stored.device
        && again.lines().all(|(seq, _)| !erased.contains(&seq));
    if is_same {
        return Ok(bytes);
    }
    Err("what was made of it is not the same log".to_owned())
}

/// The key that signs a log of this size.
fn key(
    read: &Read<'_>,
    signer: &Signer,
    device: &Device,
    size: u64,
) -> Result<VerifierKey, EraseError> {
    let named = log_keys::at(read, device.id, size)?;
    let key = match named {
        Some(named) => signer.log_key(device.id, named.key),
        None => signer.device_key(device),
    };
    key.map_err(|why| EraseError::Key(device.id, why))
}

fn damaged(stored: &StoredReport, why: Damage) -> EraseError {
    EraseError::Damaged {
        device: stored.device,
        first: stored.first,
        why,
    }
}
