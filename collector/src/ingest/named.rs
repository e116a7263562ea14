//! The receipt that the first record of a report names.
//!
//! It says before what moment of this collector the record was not written, so it must be one that
//! this collector gave to this device. One that it never gave is not refused, since that would end
//! monitoring: the report is kept without a lower bound of its own, and people are told.

use std::collections::VecDeque;

use proviso_report::report::Kept;
use proviso_report::{Hash, Receipt, Record};

use super::append::Log;
use super::desk::Desk;
use super::refused::Refused;
use super::trouble;
use crate::store::incidents::IncidentKind;
use crate::store::{StoreError, reports};

/// Receipts that are remembered or looked back for. Agents hold back no more reports in flight; one
/// that was offline for long names the receipt of the newest report that is held.
const KNOWN: usize = 4_096;

/// The newest receipts of one log, oldest first.
#[derive(Debug, Default)]
pub(super) struct Given {
    known: VecDeque<One>,
    /// Were those looked for that were given before this connection?
    looked: bool,
}

#[derive(Debug)]
struct One {
    hash: Hash,
    size: u64,
    /// Unix seconds.
    time: u64,
}

impl Given {
    /// Takes note of a receipt that is on its way to the device.
    pub(super) fn gave(&mut self, size: u64, receipt: &Receipt) {
        let known = self.known.back().is_some_and(|last| last.size >= size);
        if !known {
            self.push(receipt.hash(), size, receipt.time);
        }
    }

    fn push(&mut self, hash: Hash, size: u64, time: u64) {
        if self.known.len() >= KNOWN {
            self.known.pop_front();
        }
        self.known.push_back(One { hash, size, time });
    }

    /// The time of a receipt for no more than `first` records. What is older is not asked for again:
    /// a device names newer ones only.
    fn time(&mut self, named: &Hash, first: u64) -> Option<u64> {
        let place = self.known.iter().position(|one| one.hash == *named)?;
        self.known.drain(..place);
        let one = self.known.front()?;
        (one.size <= first).then_some(one.time)
    }
}

impl Desk {
    /// The time of the receipt that a report's first record names, Unix seconds; `None`: it names
    /// none, or one that was never given.
    pub(super) async fn named(
        &self,
        log: &mut Log,
        records: &[Record],
        now: i64,
    ) -> Result<Option<u64>, Refused> {
        let Some(first) = records.first() else {
            return Ok(None);
        };
        let Some(named) = first.receipt else {
            return Ok(None);
        };
        if let Some(time) = log.given.time(&named, first.seq) {
            return Ok(Some(time));
        }
        if !log.given.looked {
            self.look_back(log, &named, first.seq).await?;
            log.given.looked = true;
            if let Some(time) = log.given.time(&named, first.seq) {
                return Ok(Some(time));
            }
        }
        let detail = format!(
            "Record {} names a receipt that this collector never gave for this log, or gave later: \
             {named}. The report is kept; when it was written is known from other reports only",
            first.seq
        );
        let incident = trouble::incident(log.device(), IncidentKind::StrangeReceipt, detail, now);
        self.enter(incident, Some("receipt".to_owned())).await?;
        Ok(None)
    }

    /// Makes the receipts of the newest reports once more, until the one that is named.
    async fn look_back(&self, log: &mut Log, named: &Hash, end: u64) -> Result<(), Refused> {
        let (device, mut end, mut found) = (log.device().id, end, Vec::new());
        let mut step = 4;
        while found.len() < KNOWN {
            let stored = self
                .store
                .read(move |read| Ok::<_, StoreError>(reports::ending(read, device, end, step)?))
                .await?;
            let Some(oldest) = stored.last() else { break };
            end = oldest.first;
            for one in &stored {
                let (_, checkpoint) = Kept::note_of(&one.bytes)?;
                let receipt = self.signer.receipt(&checkpoint, one.receipt);
                found.push((receipt.hash(), checkpoint.size, one.receipt));
            }
            if found.iter().any(|(hash, ..)| hash == named) {
                break;
            }
            step = 256;
        }
        // What was given meanwhile is newer than all of them.
        let newer = std::mem::take(&mut log.given.known);
        for (hash, size, time) in found.into_iter().rev() {
            log.given.push(hash, size, time);
        }
        for one in newer {
            if log
                .given
                .known
                .back()
                .is_none_or(|last| last.size < one.size)
            {
                log.given.push(one.hash, one.size, one.time);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proviso_report::Checkpoint;

    use super::*;
    use crate::signing::{Signer, new_key};

    #[test]
    fn a_receipt_is_known_until_a_newer_one_is_named() {
        let signer = Signer::load("a.example", &new_key().unwrap()).unwrap();
        let receipt = |size: u64| {
            let checkpoint = Checkpoint {
                origin: "a.example/device/01".into(),
                size,
                root: Hash([1; 32]),
            };
            signer.receipt(&checkpoint, 100 + size)
        };
        let mut given = Given::default();
        for size in [2, 4, 4, 6] {
            given.gave(size, &receipt(size));
        }
        assert_eq!(given.known.len(), 3);
        let hash = |size| receipt(size).hash();
        assert_eq!(given.time(&hash(4), 3), None, "later than the record");
        assert_eq!(given.time(&hash(4), 4), Some(104));
        assert_eq!(given.time(&hash(4), 9), Some(104), "named again");
        assert_eq!(given.time(&hash(2), 9), None, "older");
        assert_eq!(given.time(&hash(6), 6), Some(106));
        for size in 7..7 + KNOWN as u64 + 5 {
            given.push(Hash([2; 32]), size, 0);
        }
        assert_eq!(given.known.len(), KNOWN);
    }
}
