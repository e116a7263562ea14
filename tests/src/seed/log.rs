//! The log of one device, signed by its own key and stored as ingest stores it.

use anyhow::{Context, bail};
use proviso_collector::signing::Signer;
use proviso_collector::store::devices::{self, Device, DeviceState, Registered};
use proviso_collector::store::findings::{self, Finding, Proof};
use proviso_collector::store::reports::{self, StoredReport};
use proviso_collector::store::{DeviceId, FindingId, PersonId, Store, StoreError};
use proviso_report::{
    CompactRange, Fact, Hash, Record, ReportBuilder, Seed, SigningKey, VerifierKey, checkpoint_note,
};
use proviso_rules::{ENGINE, finding_id};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::chance::Chance;
use super::life::{self, Habits};

const DAY: i64 = 86_400_000;
/// Days whose reports share one transaction.
const AT_ONCE: i64 = 90;
/// Of so many visits to one site one is a possible breach.
const FOUND: u64 = 8;

/// A device and what it needs to go on.
pub(super) struct Log {
    id: DeviceId,
    person: PersonId,
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
        store: &Store,
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
        store.write_blocking("seed a device", move |tx| {
            Ok::<_, StoreError>(devices::add(tx, &device, &registered)?)
        })?;
        Ok(Self {
            id,
            person: person.clone(),
            key,
            verifier,
            range,
            habits,
            chance,
        })
    }

    /// Its days from `midnight` on, about `count` records each.
    pub(super) fn live(
        &mut self,
        store: &Store,
        midnight: i64,
        days: i64,
        count: u64,
    ) -> anyhow::Result<Stored> {
        let mut stored = Stored::default();
        let mut day = 0;
        while day < days {
            let end = (day + AT_ONCE).min(days);
            let mut batch = Vec::new();
            for day in day..end {
                // Some days are long and some are short.
                let count = count / 2 + self.chance.below(count + 1);
                let at = (midnight + day * DAY, self.range.size());
                let records = life::day(&mut self.chance, &self.habits, at, count);
                if !records.is_empty() {
                    batch.push(self.report(&records)?);
                }
            }
            let (records, findings): (Vec<_>, Vec<_>) = batch
                .iter()
                .map(|(report, _, found)| (report.count, found.len() as u64))
                .unzip();
            stored.records += records.iter().sum::<u64>();
            stored.findings += findings.iter().sum::<u64>();
            stored.reports += batch.len() as u64;
            store.write_blocking("seed records", move |tx| -> anyhow::Result<()> {
                for (report, after, found) in batch {
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
                    for finding in found {
                        findings::put(tx, &finding, &[])?;
                    }
                }
                Ok(())
            })?;
            day = end;
        }
        Ok(stored)
    }

    /// Signs a report of these records, with what is found in them.
    fn report(
        &mut self,
        records: &[Record],
    ) -> anyhow::Result<(StoredReport, CompactRange, Vec<Finding>)> {
        let seed = Seed::new(self.chance.bytes());
        let mut builder = ReportBuilder::new(self.id, &self.range, seed);
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
            device: self.id,
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
        let after = unsigned.after().clone();
        self.range = after.clone();
        let mut found = Vec::new();
        for record in records {
            found.extend(self.find(record, received)?);
        }
        Ok((stored, after, found))
    }

    fn find(&mut self, record: &Record, made: i64) -> anyhow::Result<Option<Finding>> {
        let Fact::WebVisit(visit) = &record.fact else {
            return Ok(None);
        };
        if !visit.url.starts_with("https://www.social.example/") || self.chance.below(FOUND) > 0 {
            return Ok(None);
        }
        let (rule, severity) = match self.chance.below(20) {
            0 => ("3.c", "urgent"),
            1..6 => ("3.b", "review"),
            6..10 => ("3.d", "log"),
            _ => ("3.a", "breach"),
        };
        let order = self.habits.order.0;
        let matched = serde_json::json!([{"field": "url", "text": "social.example"}]);
        Ok(Some(Finding {
            id: FindingId(finding_id(self.id, record.seq, &order, rule)),
            device: self.id,
            person: self.person.clone(),
            seq: record.seq,
            at: record.at.0,
            rule: rule.to_owned(),
            clause: "3".to_owned(),
            severity: severity.to_owned(),
            matched: matched.to_string(),
            engine: ENGINE.to_owned(),
            order,
            basis: None,
            made,
            proof: Proof::Proven,
        }))
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
