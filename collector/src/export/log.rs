//! One device's records, with the checkpoints and receipts that they stand under.

use std::collections::BTreeSet;

use proviso_report::bundle::{BrokenOff, Completeness, Leaf, Places, Selection, Start, is_binding};
use proviso_report::report::{Kept, KeptLeaf};
use proviso_report::{CompactRange, DeviceId, Fact, Note, Receipt, Record, UnixMs, VerifierKey};

use super::bag::{Bag, BagFile};
use super::keys::Keys;
use super::sheets::Sheets;
use super::{ExportError, line};
use crate::signing::Signer;
use crate::store::devices::Device;
use crate::store::reports::{self, StoredReport};
use crate::store::{Hash, Read, epochs, incidents};

/// What was written of one device.
pub(super) struct Log {
    pub(super) shown: u64,
    /// How many of them were asked for.
    pub(super) asked: u64,
    /// Those that were erased are among them.
    pub(super) withheld: u64,
    /// Where the first report begins.
    pub(super) first: u64,
    /// The place after the last record, shown or not.
    pub(super) end: u64,
    /// The orders that the records shown name.
    pub(super) orders: BTreeSet<Hash>,
    /// The orders that came into force with the records shown. A device can name any.
    pub(super) in_force: BTreeSet<Hash>,
    /// Which records are shown, and why others are not.
    pub(super) completeness: Completeness,
}

/// Writes the whole reports from the first to the last that overlap the time asked for; `None` if
/// there are none.
pub(super) fn write(
    bag: &mut Bag,
    sheets: &mut Sheets,
    read: &Read<'_>,
    signer: &Signer,
    device: &Device,
    (from, to): (UnixMs, UnixMs),
    selection: Option<&Selection>,
) -> Result<Option<Log>, ExportError> {
    let id = device.id;
    let Some((first, end)) = reports::bounds(read, id, from.0, to.0)? else {
        return Ok(None);
    };
    let keys = Keys::of(read, signer, device)?;
    bag.put(
        &format!("data/keys/device-{id}.vkey"),
        line(keys.enrolled()),
    )?;
    keys.write(bag, read, signer, device, first)?;
    let under = format!("data/devices/{id}");
    let mut leaves = bag.file(&format!("{under}/leaves.jsonl"))?;
    sheets.device(id);
    let mut log = Log {
        shown: 0,
        asked: 0,
        withheld: 0,
        first,
        end,
        orders: BTreeSet::new(),
        in_force: BTreeSet::new(),
        completeness: Completeness {
            device: id,
            first,
            end,
            shown: Places::default(),
            not_selected: Places::default(),
            outside_time: Places::default(),
            erased: Places::default(),
        },
    };
    let (mut next, mut before) = (first, None);
    while next < end {
        let stored = reports::get(read, id, next)?.ok_or(ExportError::Missing {
            device: id,
            first: next,
        })?;
        let damaged = |why: &dyn std::fmt::Display| ExportError::Damaged {
            device: id,
            first: stored.first,
            why: why.to_string(),
        };
        let range = match before.take() {
            Some(range) => range,
            None => {
                let range =
                    CompactRange::from_bytes(&stored.range_before).map_err(|why| damaged(&why))?;
                let start = serde_json::to_string(&Start::of(&range))?;
                bag.put(&format!("{under}/start.json"), line(start))?;
                range
            }
        };
        let report = Kept::parse(&stored.bytes).map_err(|why| damaged(&why))?;
        let key = keys.at(report.checkpoint().size);
        let after = report.verify(key, &range).map_err(|why| damaged(&why))?;
        let (note, receipt) = cosigned(signer, &stored, &report, key, id)?;
        sheets.receipt(after.size(), &receipt);
        for (seq, leaf) in (report.first..).zip(report.leaves()) {
            let hash = leaf.hash();
            let KeptLeaf::Line { salt, line: text } = leaf else {
                log.withheld += 1;
                log.completeness.erased.push(seq);
                sheets.erased(seq);
                add(&mut leaves, &Leaf::Withheld { index: seq, hash })?;
                continue;
            };
            let record = Record::parse(text).map_err(|why| damaged(&why))?;
            let inside = from.0 <= record.at.0 && record.at.0 < to.0;
            let asked = inside && selection.is_none_or(|one| one.covers(id, &record));
            let takes = match selection {
                // What is said of the log itself is shown whenever it was: nothing after it can be
                // checked without it.
                None => {
                    inside || matches!(record.fact, Fact::KeyChanged(_) | Fact::LogContinues(_))
                }
                Some(_) => asked || is_binding(&record),
            };
            log.asked += u64::from(asked);
            let said = &mut log.completeness;
            match (takes, inside) {
                (true, _) => said.shown.push(seq),
                (false, true) => said.not_selected.push(seq),
                (false, false) => said.outside_time.push(seq),
            }
            let leaf = if takes {
                log.shown += 1;
                sheets.shown(id, hash, &record)?;
                log.orders.extend(record.order);
                if let Fact::OrderInForce(order) = &record.fact {
                    log.in_force.insert(order.digest);
                }
                Leaf::Shown {
                    index: seq,
                    salt: *salt,
                    line: String::from_utf8(text.clone()).map_err(|why| damaged(&why))?,
                }
            } else {
                log.withheld += 1;
                sheets.withheld(seq);
                Leaf::Withheld { index: seq, hash }
            };
            add(&mut leaves, &leaf)?;
        }
        let name = format!("{under}/checkpoints/{:020}.note", after.size());
        bag.put(&name, note)?;
        next = after.size();
        before = Some(after);
    }
    sheets.end_device(bag.close(leaves)?)?;
    if let Some(end) = broken_off(read, id)? {
        let end = line(serde_json::to_string(&end)?);
        bag.put(&format!("{under}/broken-off.json"), end)?;
    }
    Ok(Some(log))
}

/// By which incident the log was broken off, and where it goes on.
fn broken_off(read: &Read<'_>, log: DeviceId) -> Result<Option<BrokenOff>, ExportError> {
    let epoch = epochs::get(read, log)?.unwrap_or_default();
    let Some(number) = epoch.broken_by else {
        return Ok(None);
    };
    let Some(incident) = incidents::get(read, &number)? else {
        return Ok(None);
    };
    Ok(Some(BrokenOff {
        incident: number,
        kind: incident.kind.as_str().to_owned(),
        at: UnixMs(incident.at),
        detail: incident.detail,
        goes_on_in: epochs::after(read, log)?,
    }))
}

fn add(leaves: &mut BagFile, leaf: &Leaf) -> Result<(), ExportError> {
    leaves.write(line(serde_json::to_string(leaf)?).as_bytes())
}

/// The device's note with the collector's receipt under it, and that receipt.
pub(super) fn cosigned(
    signer: &Signer,
    stored: &StoredReport,
    report: &Kept,
    key: &VerifierKey,
    device: DeviceId,
) -> Result<(Vec<u8>, Receipt), ExportError> {
    let damaged = |why: &dyn std::fmt::Display| ExportError::Damaged {
        device,
        first: stored.first,
        why: why.to_string(),
    };
    let note = Note::parse(report.note()).map_err(|why| damaged(&why))?;
    if note.signatures().len() != 1 || !note.signatures().iter().all(|one| key.is_named_by(one)) {
        return Err(damaged(&"its note bears more than the device's signature"));
    }
    let receipt = signer.receipt(report.checkpoint(), stored.receipt);
    let cosigned = [report.note(), line(receipt.line()).as_bytes()].concat();
    Ok((cosigned, receipt))
}
