//! Which key signed each part of a device's log, and proof of the changes before a bundle begins.

use proviso_report::bundle::Announcement;
use proviso_report::report::{Kept, KeptLeaf};
use proviso_report::{CompactRange, KeyError, Note, VerifierKey};

use super::bag::Bag;
use super::{ExportError, line, log};
use crate::signing::Signer;
use crate::store::devices::Device;
use crate::store::log_keys::{self, NamedKey};
use crate::store::{Read, reports};

/// The keys of a log.
pub(super) struct Keys {
    enrolled: VerifierKey,
    named: Vec<(NamedKey, VerifierKey)>,
}

impl Keys {
    /// Of a device.
    pub(super) fn of(
        read: &Read<'_>,
        signer: &Signer,
        device: &Device,
    ) -> Result<Self, ExportError> {
        let fault = |why: KeyError| ExportError::Key {
            device: device.id,
            why,
        };
        let mut named = Vec::new();
        for one in log_keys::of_device(read, device.id)? {
            let key = signer.log_key(device.id, one.key).map_err(fault)?;
            named.push((one, key));
        }
        Ok(Self {
            enrolled: signer.device_key(device).map_err(fault)?,
            named,
        })
    }

    /// The first.
    pub(super) const fn enrolled(&self) -> &VerifierKey {
        &self.enrolled
    }

    /// The key that signs a log of this size.
    pub(super) fn at(&self, size: u64) -> &VerifierKey {
        let count = self.named.partition_point(|(one, _)| one.since < size);
        let last = count.checked_sub(1).and_then(|at| self.named.get(at));
        last.map_or(&self.enrolled, |(_, key)| key)
    }

    /// Writes each change of keys before the record `first`, with the signature of the key before.
    pub(super) fn write(
        &self,
        bag: &mut Bag,
        read: &Read<'_>,
        signer: &Signer,
        device: &Device,
        first: u64,
    ) -> Result<(), ExportError> {
        let before: Vec<u64> = self
            .named
            .iter()
            .map(|(one, _)| one.since)
            .take_while(|since| *since <= first)
            .collect();
        if before.is_empty() {
            return Ok(());
        }
        let mut file = bag.file(&format!("data/devices/{}/keys.jsonl", device.id))?;
        for since in before {
            let announced = self.announcement(read, signer, device, since)?;
            file.write(line(serde_json::to_string(&announced)?).as_bytes())?;
        }
        bag.close(file)?;
        Ok(())
    }

    /// The last of the first `size` records, which names a key.
    fn announcement(
        &self,
        read: &Read<'_>,
        signer: &Signer,
        device: &Device,
        size: u64,
    ) -> Result<Announcement, ExportError> {
        let id = device.id;
        let index = size.saturating_sub(1);
        let stored = reports::covering(read, id, index)?.ok_or(ExportError::Missing {
            device: id,
            first: index,
        })?;
        let damaged = |why: &dyn std::fmt::Display| ExportError::Damaged {
            device: id,
            first: stored.first,
            why: why.to_string(),
        };
        let key = self.at(size);
        let report = Kept::parse(&stored.bytes).map_err(|why| damaged(&why))?;
        let mut before =
            CompactRange::from_bytes(&stored.range_before).map_err(|why| damaged(&why))?;
        let after = report.verify(key, &before).map_err(|why| damaged(&why))?;
        let (Some((last, others)), true) = (report.leaves().split_last(), after.size() == size)
        else {
            return Err(damaged(&"it does not end with the change of keys"));
        };
        let KeptLeaf::Line { salt, line: text } = last else {
            return Err(damaged(&"the change of keys was erased"));
        };
        others.iter().for_each(|leaf| before.append(leaf.hash()));
        let (note, _) = log::cosigned(signer, &stored, &report, key, id)?;
        Note::parse(&note).map_err(|why| damaged(&why))?;
        Ok(Announcement::new(
            index,
            salt,
            String::from_utf8(text.clone()).map_err(|why| damaged(&why))?,
            before.nodes(),
            String::from_utf8(note).map_err(|why| damaged(&why))?,
        ))
    }
}
