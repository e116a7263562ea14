//! What a report says of the agent itself, on its way into the store: version, order, time zone, tampering.

use proviso_report::{Fact, Record};

use crate::store::devices::Device;
use crate::store::signs::{self, Said, Tamper, TamperKind};
use crate::store::zones;
use crate::store::{SqlError, Tx};

/// Follows the records of a report that is stored in this transaction.
pub(super) fn follow(
    tx: &Tx<'_>,
    device: &Device,
    records: &[Record],
    now: i64,
) -> Result<(), SqlError> {
    let mut said: Option<(Said, bool)> = None;
    for record in records {
        if let Some(zone) = zones::Said::by(record) {
            zones::put(tx, device.id, &zone)?;
        }
        let latest = || Said {
            device: device.id,
            at: record.at.0,
            version: None,
            order: None,
        };
        match &record.fact {
            Fact::AgentStarted(started) => {
                let (said, _) = said.get_or_insert_with(|| (latest(), false));
                said.version = Some(started.version.clone());
                said.at = record.at.0;
            }
            Fact::Heartbeat(beat) => {
                let (said, told) = said.get_or_insert_with(|| (latest(), true));
                (said.order, said.at, *told) = (beat.order, record.at.0, true);
            }
            other => {
                if let Some((kind, part)) = tampering(other) {
                    let tamper = Tamper {
                        device: device.id,
                        person: device.person.clone(),
                        kind,
                        part: part.to_owned(),
                        seq: record.seq,
                        at: record.at.0,
                        known: now,
                    };
                    signs::put_tamper(tx, &tamper)?;
                }
            }
        }
    }
    match said {
        Some((said, beat)) => signs::set_said(tx, &said, beat),
        None => Ok(()),
    }
}

fn tampering(fact: &Fact) -> Option<(TamperKind, &str)> {
    match fact {
        Fact::AgentAltered(altered) => Some((TamperKind::Altered, &altered.part)),
        Fact::AgentTraced(_) => Some((TamperKind::Traced, "")),
        Fact::CollectorBlocked(blocked) => Some((TamperKind::Blocked, &blocked.how)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proviso_report::fact::{AgentAltered, AgentStarted, Heartbeat, PreviousEnd, ZoneChanged};
    use proviso_report::{BootId, Method, UnixMs};

    use super::*;
    use crate::store::devices::{self, DeviceState, Registered};
    use crate::store::people::{self, Person};
    use crate::store::{DeviceId, Hash, PersonId, Store, StoreError};

    fn record(seq: u64, fact: impl Into<Fact>) -> Record {
        let at = i64::try_from(seq).unwrap() * 60_000;
        Record {
            seq,
            at: UnixMs(at),
            noted: UnixMs(at),
            mono: seq,
            boot: BootId([1; 16]),
            account: None,
            clauses: vec![],
            methods: vec![Method::Agent],
            order: None,
            receipt: None,
            fact: fact.into(),
        }
    }

    fn beat(order: Option<Hash>) -> Heartbeat {
        Heartbeat {
            uncovered: [].into(),
            suppressed: [].into(),
            cannot_tell: [].into(),
            awake_ms: 60_000,
            order,
        }
    }

    fn started(version: &str) -> AgentStarted {
        AgentStarted {
            version: version.to_owned(),
            engine: "e".to_owned(),
            platform: "linux".to_owned(),
            sources: vec![],
            previous: PreviousEnd::First,
            zone: None,
        }
    }

    fn device(person: &PersonId) -> Device {
        Device {
            id: DeviceId([1; 16]),
            person: person.clone(),
            log_key: [2; 32],
            cert_spki: [1; 32],
            state: DeviceState::Active,
            enrolled: 1,
            agent_version: "0.1.0".to_owned(),
            platform: "linux".to_owned(),
            size: 0,
            root: Hash::of(b""),
            range: vec![],
            last_contact: None,
            order: None,
        }
    }

    #[test]
    fn the_latest_version_and_order_are_kept_and_every_sign_of_tampering() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        Store::create(&path).unwrap();
        let store = Store::open(&path).unwrap();
        let person = Person {
            id: PersonId::from_random([1; 16]),
            pseudonym: "P-1".to_owned(),
            created: 1,
            name: "A".to_owned(),
            note: String::new(),
        };
        let (device, whose) = (device(&person.id), person.id.clone());
        let altered = |part: &str| AgentAltered {
            part: part.to_owned(),
            detail: "what it says in words".to_owned(),
        };
        let zoned = AgentStarted {
            zone: Some("Europe/London".to_owned()),
            ..started("0.2.0")
        };
        let first = [
            record(0, zoned),
            record(1, beat(Some(Hash([1; 32])))),
            record(2, altered("program")),
            record(3, beat(Some(Hash([2; 32])))),
        ];
        // One that only starts says nothing of an order; one without an order says that there is none.
        let second = [
            record(4, started("0.3.0")),
            record(
                5,
                ZoneChanged {
                    from: Some("Europe/London".to_owned()),
                    to: "Asia/Tokyo".to_owned(),
                },
            ),
            record(6, altered(&"x".repeat(99))),
        ];
        let third = [record(7, beat(None))];
        let own = device.clone();
        let mut said = Vec::new();
        store
            .write_blocking("test", move |tx| -> Result<(), StoreError> {
                people::add(tx, &person)?;
                let registered = Registered {
                    host: "h".to_owned(),
                    accounts: vec![],
                };
                Ok(devices::add(tx, &own, &registered)?)
            })
            .unwrap();
        for records in [first.to_vec(), second.to_vec(), third.to_vec()] {
            let own = device.clone();
            let latest = store
                .write_blocking("test", move |tx| -> Result<_, StoreError> {
                    // A report that is taken again says nothing new.
                    follow(tx, &own, &records, 77)?;
                    follow(tx, &own, &records, 77)?;
                    Ok(signs::said(tx, own.id)?)
                })
                .unwrap()
                .unwrap();
            said.push((latest.version.unwrap(), latest.order, latest.at));
        }
        let wanted = [
            ("0.2.0".to_owned(), Some(Hash([2; 32])), 180_000),
            ("0.3.0".to_owned(), Some(Hash([2; 32])), 240_000),
            ("0.3.0".to_owned(), None, 420_000),
        ];
        assert_eq!(said, wanted);
        let tampered = store
            .read_blocking(|read| Ok::<_, StoreError>(signs::tampered(read, &whose, 0, 10)?))
            .unwrap();
        let tampered: Vec<_> = tampered
            .iter()
            .map(|one| (one.seq, one.kind, one.part.len(), one.known))
            .collect();
        let wanted = [
            (6, TamperKind::Altered, 40, 77),
            (2, TamperKind::Altered, 7, 77),
        ];
        assert_eq!(tampered, wanted);
        let zones = store
            .read_blocking(|read| Ok::<_, StoreError>(zones::of_device(read, DeviceId([1; 16]))?))
            .unwrap();
        let zones: Vec<_> = zones
            .iter()
            .map(|since| (since.seq, since.zone.as_str()))
            .collect();
        assert_eq!(zones, [(0, "Europe/London"), (5, "Asia/Tokyo")]);
    }
}
