//! What a bundle holds of the ledger: a fresh checkpoint, cosigned if the witnesses answer in time,
//! and each entry that the bundle rests on with its proof.
//!
//! Promises: the checkpoint is made after the snapshot that the bundle comes from, so it covers
//! everything in it. Witnesses that do not answer are named in the README.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use proviso_report::bundle::{Earlier, LedgerAbout, ShownEntry};
use proviso_report::{DeviceId, VerifierKey};

use super::bag::Bag;
use super::{ExportError, line};
use crate::clock;
use crate::config::{self, Config};
use crate::data_dir::DataDir;
use crate::ledger::{self as signing, LedgerKey, Witnesses};
use crate::store::checkpoints::{self, Cosignature, StoredCheckpoint};
use crate::store::{Hash, PersonId, Read, SqlError, Store, StoreError, bundles, ledger};

/// How long witnesses have for the checkpoint of a bundle.
const ASKED: Duration = Duration::from_secs(5);
/// How often another process may be quicker with a later checkpoint.
const OVERTAKEN: u32 = 3;
/// Checkpoints of earlier bundles that a bundle proves to continue.
const EARLIER: u64 = 1_000;

/// Makes the checkpoints of bundles.
#[derive(Debug)]
pub(super) struct Notary {
    store: Store,
    key: Arc<LedgerKey>,
    witnesses: Witnesses,
    quorum: u64,
    stamper: Option<config::Timestamp>,
}

/// A checkpoint for one bundle.
pub(super) struct Covered {
    pub(super) checkpoint: StoredCheckpoint,
    cosignatures: Vec<Cosignature>,
    /// Witnesses that have not cosigned it.
    pub(super) silent: Vec<String>,
    pub(super) cosigned: usize,
}

/// What a bundle rests on, as far as the ledger speaks of it.
#[derive(Default)]
pub(super) struct Rests {
    /// Devices, with what was wrong with their logs.
    pub(super) devices: Vec<DeviceId>,
    /// Reports, from the first that begins at a place to before another.
    pub(super) reports: Vec<(DeviceId, u64, u64)>,
    /// Decisions, by id.
    pub(super) decisions: Vec<String>,
    /// Orders.
    pub(super) orders: BTreeSet<Hash>,
}

impl Notary {
    pub(super) fn open(data: &DataDir, store: Store) -> Result<Self, ExportError> {
        let config = Config::of(data)?;
        Ok(Self {
            witnesses: Witnesses::open(&config.witnesses, store.clone())?,
            key: Arc::new(data.ledger_key()?),
            quorum: config.ledger.quorum,
            stamper: config.timestamp,
            store,
        })
    }

    /// A checkpoint over everything that is entered now. May wait: not for async code.
    pub(super) fn checkpoint(&self) -> Result<Covered, ExportError> {
        let mut checkpoint = self.sign()?;
        if self.witnesses.keys().next().is_some() {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(ExportError::Threads)?;
            // Who was in time is in the store.
            let ask = |checkpoint: &StoredCheckpoint| {
                let asked =
                    async { tokio::time::timeout(ASKED, self.witnesses.offer(checkpoint)).await };
                runtime.block_on(asked).unwrap_or(false)
            };
            let mut left = OVERTAKEN;
            while ask(&checkpoint) && left > 0 {
                left -= 1;
                checkpoint = self.sign()?;
            }
        }
        let size = checkpoint.size;
        let cosignatures = self
            .store
            .read_blocking(|read| Ok::<_, StoreError>(checkpoints::cosignatures(read, size)?))?;
        let has = |key: &&VerifierKey| {
            let key = key.to_string();
            cosignatures.iter().any(|one| one.witness == key)
        };
        let (cosigned, silent): (Vec<_>, Vec<_>) = self.witnesses.keys().partition(has);
        Ok(Covered {
            cosigned: cosigned.len(),
            silent: silent.iter().map(|key| key.name().to_owned()).collect(),
            checkpoint,
            cosignatures,
        })
    }

    fn sign(&self) -> Result<StoredCheckpoint, ExportError> {
        let key = Arc::clone(&self.key);
        let signed = self.store.write_blocking("checkpoint", move |tx| {
            Ok::<_, StoreError>(signing::sign(tx, &key, clock::now())?)
        });
        Ok(signed?)
    }

    /// Writes the ledger's part of a bundle. The proofs come from a snapshot of their own, which is
    /// younger than the checkpoint.
    pub(super) fn write(
        &self,
        bag: &mut Bag,
        covered: &Covered,
        entries: &BTreeSet<u64>,
    ) -> Result<LedgerAbout, ExportError> {
        let size = covered.checkpoint.size;
        let mut note = covered.checkpoint.note.clone();
        for (number, key) in (1_u32..).zip(self.witnesses.keys()) {
            let text = key.to_string();
            bag.put(&format!("data/keys/witness-{number}.vkey"), line(&text))?;
            if let Some(one) = covered.cosignatures.iter().find(|one| one.witness == text) {
                note += &line(&one.line);
            }
        }
        bag.put("data/keys/ledger.vkey", line(self.key.verifier()))?;
        bag.put("data/ledger/checkpoint.note", note)?;
        self.store.read_blocking(|read| {
            let mut file = bag.file("data/ledger/entries.jsonl")?;
            for seq in entries.range(..size) {
                let missing = || ExportError::Entry(*seq);
                let entry = ledger::get(read, *seq)?.ok_or_else(missing)?;
                let shown = ShownEntry {
                    seq: *seq,
                    salt: HEXLOWER.encode(&entry.salt),
                    line: entry.line,
                    proof: ledger::inclusion(read, *seq, size)?.ok_or_else(missing)?,
                };
                file.write(line(serde_json::to_string(&shown)?).as_bytes())?;
            }
            bag.close(file)?;
            let mut earlier: BTreeSet<u64> = checkpoints::exported(read, size, EARLIER)?
                .into_iter()
                .collect();
            earlier.extend(self.stamp(bag, read, size)?);
            let mut file = bag.file("data/ledger/consistency.jsonl")?;
            for old in earlier {
                let earlier = Earlier {
                    size: old,
                    root: ledger::root(read, old)?,
                    proof: ledger::consistency(read, old, size)?.unwrap_or_default(),
                };
                file.write(line(serde_json::to_string(&earlier)?).as_bytes())?;
            }
            bag.close(file)
        })?;
        Ok(LedgerAbout {
            size,
            quorum: self.quorum,
        })
    }
}

impl Notary {
    /// The newest timestamp that there is; gives the size of the checkpoint that it is about.
    fn stamp(&self, bag: &mut Bag, read: &Read<'_>, size: u64) -> Result<Option<u64>, ExportError> {
        let Some((stamped, _, token)) = checkpoints::last_stamp(read, size)? else {
            return Ok(None);
        };
        let Some(checkpoint) = checkpoints::get(read, stamped)? else {
            return Ok(None);
        };
        bag.put("data/ledger/timestamp.note", checkpoint.note)?;
        bag.put("data/ledger/timestamp.tsr", token)?;
        if let Some(stamper) = &self.stamper {
            bag.put("data/keys/tsa.pem", signing::trusted(stamper)?)?;
        }
        Ok(Some(stamped).filter(|stamped| *stamped < size))
    }
}

/// The places of all entries that a bundle about a person rests on.
pub(super) fn entries(
    read: &Read<'_>,
    person: &PersonId,
    rests: &Rests,
) -> Result<BTreeSet<u64>, SqlError> {
    // How it began.
    let mut entries = BTreeSet::from([0]);
    for (device, first, end) in &rests.reports {
        entries.extend(read.query(
            "SELECT entry FROM report WHERE device = $1 AND first >= $2 AND first < $3 \
             AND entry IS NOT NULL",
            &[(&device.to_string()).into(), (*first).into(), (*end).into()],
            |row| row.count(0),
        )?);
        entries.extend(read.query(
            "SELECT entry FROM device WHERE id = $1 AND entry IS NOT NULL",
            &[(&device.to_string()).into()],
            |row| row.count(0),
        )?);
    }
    for decision in &rests.decisions {
        entries.extend(read.query(
            "SELECT entry FROM decision WHERE id = $1 AND entry IS NOT NULL",
            &[decision.into()],
            |row| row.count(0),
        )?);
    }
    for order in &rests.orders {
        entries.extend(read.query(
            "SELECT entry FROM orders WHERE digest = $1 AND entry IS NOT NULL \
             UNION SELECT entry FROM list_update WHERE order_digest = $1 AND entry IS NOT NULL",
            &[(&order.to_string()).into()],
            |row| row.count(0),
        )?);
    }
    for device in &rests.devices {
        entries.extend(read.query(
            "SELECT entry FROM incident WHERE person = $1 AND device = $2 AND entry IS NOT NULL",
            &[person.as_str().into(), (&device.to_string()).into()],
            |row| row.count(0),
        )?);
    }
    entries.extend(bundles::entries_of(read, person)?);
    Ok(entries)
}
