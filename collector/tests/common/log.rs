//! A device's log made on the spot: real records, real signatures, stored as ingest stores them.

use proviso_collector::signing::{self, Signer};
use proviso_collector::store::devices::{self, Device, DeviceState, Registered};
use proviso_collector::store::reports::{self, StoredReport};
use proviso_collector::store::{DeviceId, Hash, PersonId, Store, StoreError};
use proviso_report::fact::WebVisit;
use proviso_report::{
    BootId, CompactRange, Fact, Method, Record, ReportBuilder, Seed, SigningKey, UnixMs,
    checkpoint_note,
};

/// A device and the log that it has written so far.
pub(crate) struct Log {
    pub(crate) device: DeviceId,
    order: Hash,
    key: SigningKey,
    range: CompactRange,
}

impl Log {
    /// Enrols a computer of somebody.
    pub(crate) fn enrol(store: &Store, number: u8, person: &PersonId, order: Hash) -> Self {
        let key = SigningKey::from_pkcs8(&signing::new_key().unwrap()).unwrap();
        let device = Device {
            id: DeviceId([number; 16]),
            person: person.clone(),
            log_key: key.public(),
            cert_spki: [number; 32],
            state: DeviceState::Active,
            enrolled: 1,
            agent_version: "0.1.0".to_owned(),
            platform: "linux x86_64".to_owned(),
            size: 0,
            root: CompactRange::new().root(),
            range: CompactRange::new().to_bytes(),
            last_contact: None,
            order: Some(order),
        };
        let registered = Registered {
            host: format!("laptop-{number}"),
            accounts: vec!["alex".to_owned()],
        };
        let id = device.id;
        store
            .write_blocking("enrol", move |tx| {
                Ok::<_, StoreError>(devices::add(tx, &device, &registered)?)
            })
            .unwrap();
        Self {
            device: id,
            order,
            key,
            range: CompactRange::new(),
        }
    }

    /// Where the next record will stand.
    pub(crate) fn next(&self) -> u64 {
        self.range.size()
    }

    /// A record of `fact` at the next place but `ahead`.
    pub(crate) fn record(
        &self,
        ahead: u64,
        at: i64,
        clause: &str,
        fact: impl Into<Fact>,
    ) -> Record {
        let fact = fact.into();
        let life = fact.kind().is_life_sign();
        Record {
            seq: self.next() + ahead,
            at: UnixMs(at),
            noted: UnixMs(at + 20),
            mono: at.saturating_sub(1_700_000_000_000).unsigned_abs(),
            boot: BootId([1; 16]),
            account: (!life).then(|| "alex".to_owned()),
            clauses: if life {
                vec![]
            } else {
                vec![clause.to_owned()]
            },
            methods: vec![if life {
                Method::Agent
            } else {
                Method::Extension
            }],
            order: (!life).then_some(self.order),
            receipt: None,
            fact,
        }
    }

    /// Signs a report of these records and stores it, received at `received`.
    pub(crate) fn report(
        &mut self,
        store: &Store,
        signer: &Signer,
        records: &[Record],
        received: i64,
    ) {
        let origin = signer.origin(self.device);
        let seed = Seed::new([self.next() as u8; 32]);
        let mut builder = ReportBuilder::new(self.device, &self.range, seed);
        for record in records {
            builder.push(&record.to_line().unwrap()).unwrap();
        }
        let unsigned = builder.finish(&origin).unwrap();
        let key = proviso_report::VerifierKey::ed25519(&origin, self.key.public()).unwrap();
        let signature = self.key.sign(unsigned.checkpoint().body().as_bytes());
        let note = checkpoint_note(unsigned.checkpoint(), &key, signature);
        let times = || records.iter().map(|record| record.at.0);
        let stored = StoredReport {
            device: self.device,
            first: self.next(),
            count: records.len() as u64,
            bytes: unsigned.sign_with(&note).unwrap(),
            received,
            receipt: received.unsigned_abs() / 1_000,
            min_at: times().min().unwrap(),
            max_at: times().max().unwrap(),
            range_before: self.range.to_bytes(),
            not_before: Some(received.unsigned_abs() / 1_000 - 3_600),
        };
        let after = unsigned.after().clone();
        self.range = after.clone();
        store
            .write_blocking("report", move |tx| -> Result<(), StoreError> {
                let (root, range) = (after.root(), after.to_bytes());
                let fits = devices::advance(
                    tx,
                    stored.device,
                    stored.first,
                    after.size(),
                    &root,
                    &range,
                    stored.received,
                )?;
                assert!(fits);
                Ok(reports::add(tx, &stored)?)
            })
            .unwrap();
    }
}

/// A visit.
pub(crate) fn visit(url: &str, title: &str) -> WebVisit {
    WebVisit {
        url: url.to_owned(),
        title: Some(title.to_owned()),
        browser: "firefox".to_owned(),
        profile: None,
        transition: None,
        private: Some(false),
    }
}
