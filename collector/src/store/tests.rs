//! The store's promises, one test each: this file has what they begin with.

mod file;
mod logs;
mod secrets;

use std::path::{Path, PathBuf};

use super::devices::{Device, DeviceState, Registered};
use super::findings::{Finding, Proof};
use super::incidents::{Incident, IncidentKind};
use super::people::Person;
use super::reports::StoredReport;
use super::tokens::{Grant, Spent};
use super::*;

struct Fixture {
    dir: tempfile::TempDir,
    store: Store,
    device: DeviceId,
    person: PersonId,
}

impl Fixture {
    fn new(pages: Option<u32>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        Store::create(&path).unwrap();
        let (person, device) = (PersonId::from_random([7; 16]), DeviceId([1; 16]));
        let store = Store::open_limited(&path, pages).unwrap();
        let (whose, id) = (person.clone(), device);
        store
            .write_blocking("fixture", move |tx| -> Result<(), StoreError> {
                people::add(tx, &somebody(&whose))?;
                devices::add(tx, &some_device(id, &whose), &registered())?;
                Ok(())
            })
            .unwrap();
        Self {
            dir,
            store,
            device,
            person,
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("store.db")
    }

    fn append(&self, first: u64, bytes: Vec<u8>) -> Result<bool, StoreError> {
        let report = report(self.device, first, bytes);
        self.store
            .write_blocking("append", move |tx| append(tx, &report))
    }
}

fn somebody(id: &PersonId) -> Person {
    Person {
        id: id.clone(),
        pseudonym: "P-TEST".to_owned(),
        created: 1,
        name: "Alex Example".to_owned(),
        note: String::new(),
    }
}

fn some_device(id: DeviceId, person: &PersonId) -> Device {
    Device {
        id,
        person: person.clone(),
        log_key: [2; 32],
        cert_spki: [3; 32],
        state: DeviceState::Active,
        enrolled: 5,
        agent_version: "0.1.0".to_owned(),
        platform: "linux".to_owned(),
        size: 0,
        root: Hash::of(b""),
        range: vec![],
        last_contact: None,
        order: None,
    }
}

fn registered() -> Registered {
    Registered {
        host: "alexs-laptop".to_owned(),
        accounts: vec!["alex".to_owned()],
    }
}

fn report(device: DeviceId, first: u64, bytes: Vec<u8>) -> StoredReport {
    StoredReport {
        device,
        first,
        count: 10,
        bytes,
        received: 1_000,
        receipt: 1,
        min_at: i64::try_from(first).unwrap() * 10,
        max_at: i64::try_from(first).unwrap() * 10 + 99,
        range_before: vec![],
        not_before: None,
    }
}

fn append(tx: &Tx<'_>, report: &StoredReport) -> Result<bool, StoreError> {
    let size = report.first + report.count;
    let fits = devices::advance(
        tx,
        report.device,
        report.first,
        size,
        &Hash::of(b"x"),
        &[9],
        1_000,
    )?;
    if fits {
        reports::add(tx, report)?;
        tx.announce(Change::Contact {
            device: report.device,
        });
    }
    Ok(fits)
}

fn finding(device: DeviceId, person: &PersonId, proof: Proof) -> Finding {
    Finding {
        id: FindingId([4; 16]),
        device,
        person: person.clone(),
        seq: 3,
        at: 50,
        rule: "4.a".to_owned(),
        clause: "4".to_owned(),
        severity: "breach".to_owned(),
        matched: "[]".to_owned(),
        engine: "e".to_owned(),
        order: Hash::of(b"order"),
        basis: None,
        made: 60,
        proof,
    }
}

fn look<T>(
    store: &Store,
    look: impl FnOnce(&Read<'_>) -> Result<T, SqlError>,
) -> Result<T, StoreError> {
    store.read_blocking(|read| Ok(look(read)?))
}
