//! The log of one device, signed by its own key and stored as ingest stores it.

use anyhow::{Context, bail};
use proviso_collector::judging::Memory;
use proviso_collector::signing::Signer;
use proviso_collector::store::devices::{self, Device, DeviceState, Registered};
use proviso_collector::store::reports::{self, StoredReport};
use proviso_collector::store::{DeviceId, PersonId, Store, StoreError, findings, judged};
use proviso_report::{
    CompactRange, Hash, Record, ReportBuilder, Seed, SigningKey, VerifierKey, checkpoint_note,
};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::chance::Chance;
use super::life::{self, Habits};
use super::ordered::Judges;

const DAY: i64 = 86_400_000;
/// Days whose reports share one transaction.
const AT_ONCE: i64 = 90;
/// A device and what it needs to go on.
pub(super) struct Log {
    device: Device,
    memory: Memory,
    key: SigningKey,
    verifier: VerifierKey,
    range: CompactRange,
    habits: Habits,
    chance: Chance,
}

/// What was stored of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stored {
    /// Records.
    pub(super) records: u64,
    /// Reports.
    pub(super) reports: u64,
    /// Possible breaches.
    pub(super) findings: u64,
}

impl Log {
    /// Enters a computer of somebody.
    pub(super) fn enrol(
        (store, judges): (&Store, &Judges),
        signer: &Signer,
        (person, number): (&PersonId, u64),
        (habits, mut chance): (Habits, Chance),
        enrolled: i64,
    ) -> anyhow::Result<Self> {
        let id = DeviceId(chance.bytes());
        let key = key(chance.bytes())?;
        let verifier = VerifierKey::ed25519(&signer.origin(id), key.public())?;
        let range = CompactRange::new();
        let device = Device {
            id,
            person: person.clone(),
            log_key: key.public(),
            cert_spki: chance.bytes(),
            state: DeviceState::Active,
            enrolled,
            agent_version: "0.1.0".to_owned(),
            platform: "linux x86_64".to_owned(),
            size: 0,
            root: range.root(),
            range: range.to_bytes(),
            last_contact: Some(enrolled),
            order: Some(habits.order.0),
        };
        let registered = Registered {
            host: format!("laptop-{number}"),
            accounts: vec![habits.account.clone()],
        };
        let row = device.clone();
        store.write_blocking("seed a device", move |tx| {
            Ok::<_, StoreError>(devices::add(tx, &row, &registered)?)
        })?;
        Ok(Self {
            memory: judges.memory(&device)?,
            device,
            key,
            verifier,
            range,
            habits,
            chance,
        })
    }

    /// Its days from `midnight` on, about `count` records each.
    pub(super) fn live(
        mut self,
        (store, judges): (&Store, &Judges),
        midnight: i64,
        days: i64,
        count: u64,
    ) -> anyhow::Result<Stored> {
        let mut stored = Stored::default();
        let mut day = 0;
        while day < days {
            let end = (day + AT_ONCE).min(days);
            let mut batch = Vec::new();
            let mut state = self.memory.state.clone();
            for day in day..end {
                // Some days are long and some are short.
                let count = count / 2 + self.chance.below(count + 1);
                let at = (midnight + day * DAY, self.range.size());
                let records = life::day(&mut self.chance, &self.habits, at, count);
                if !records.is_empty() {
                    let (report, after) = self.report(&records)?;
                    let by = (&self.device, self.habits.order.0);
                    let judged = judges.follow(by, &mut state, &records, report.received)?;
                    stored.records += report.count;
                    stored.findings += judged.findings.len() as u64;
                    batch.push((report, after, judged));
                }
            }
            stored.reports += batch.len() as u64;
            let (memory, unwritten) = self.memory.goes_on(state)?;
            self.memory = memory;
            let device = self.device.clone();
            store.write_blocking("seed records", move |tx| -> anyhow::Result<()> {
                for (report, after, judged) in batch {
                    let moved = devices::advance(
                        tx,
                        report.device,
                        report.first,
                        after.size(),
                        &after.root(),
                        &after.to_bytes(),
                        report.received,
                    )?;
                    if !moved {
                        bail!("the log of {} does not stand where it did", report.device);
                    }
                    reports::add(tx, &report)?;
                    for finding in &judged.findings {
                        findings::put(tx, finding, &[])?;
                    }
                    for count in &judged.cannot_tell {
                        judged::add(tx, device.id, &device.person, count)?;
                    }
                }
                Ok(unwritten.write(tx, &device)?)
            })?;
            day = end;
        }
        Ok(stored)
    }

    /// Signs a report of these records. Gives where the log then stands, too.
    fn report(&mut self, records: &[Record]) -> anyhow::Result<(StoredReport, CompactRange)> {
        let id = self.device.id;
        let seed = Seed::new(self.chance.bytes());
        let mut builder = ReportBuilder::new(id, &self.range, seed);
        for record in records {
            builder.push(&record.to_line()?)?;
        }
        let unsigned = builder.finish(self.verifier.name())?;
        let signature = self.key.sign(unsigned.checkpoint().body().as_bytes());
        let note = checkpoint_note(unsigned.checkpoint(), &self.verifier, signature);
        let times = || records.iter().map(|record| record.at.0);
        let newest = times().max().context("a report without records")?;
        let received = newest + 60_000;
        let stored = StoredReport {
            device: id,
            first: self.range.size(),
            count: records.len() as u64,
            bytes: unsigned.sign_with(&note)?,
            received,
            receipt: received.unsigned_abs() / 1_000,
            min_at: times().min().context("a report without records")?,
            max_at: newest,
            range_before: self.range.to_bytes(),
            not_before: None,
        };
        self.range = unsigned.after().clone();
        Ok((stored, self.range.clone()))
    }
}

/// A key by its seed: the same each time, which no key of a device may be.
fn key(seed: [u8; 32]) -> anyhow::Result<SigningKey> {
    let Ok(pair) = Ed25519KeyPair::from_seed_unchecked(&seed) else {
        bail!("this is no seed of a key");
    };
    // PKCS#8 version 2: Ed25519, the private half, the public half.
    let head = [
        0x30, 0x51, 0x02, 0x01, 0x01, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    let public = pair.public_key().as_ref();
    let der = [&head[..], &seed, &[0x81, 0x21, 0x00], public].concat();
    Ok(SigningKey::from_pkcs8(&der)?)
}

/// The hash of an order's text.
#[must_use]
pub(super) fn digest(text: &str) -> Hash {
    Hash::of(text.as_bytes())
}
