//! Logs of devices: they only grow, and notices and incidents go nowhere.

use super::*;

#[test]
fn a_log_moves_on_only_from_the_size_it_has() {
    let fixture = Fixture::new(None);
    assert!(fixture.append(0, vec![1]).unwrap());
    assert!(!fixture.append(0, vec![2]).unwrap());
    assert!(!fixture.append(5, vec![3]).unwrap());
    assert!(fixture.append(10, vec![4]).unwrap());
    let device = look(&fixture.store, |read| devices::get(read, fixture.device))
        .unwrap()
        .unwrap();
    assert_eq!((device.size, device.last_contact), (20, Some(1_000)));
    let stored = look(&fixture.store, |read| {
        reports::run(read, fixture.device, 0, 99)
    })
    .unwrap();
    assert_eq!(
        stored
            .iter()
            .map(|one| one.bytes.clone())
            .collect::<Vec<_>>(),
        [[1], [4]]
    );
}

#[test]
fn a_day_is_the_reports_that_overlap_it() {
    let fixture = Fixture::new(None);
    for first in [0, 10, 20] {
        assert!(fixture.append(first, vec![0]).unwrap());
    }
    let firsts = |from, to| -> Vec<u64> {
        look(&fixture.store, |read| {
            reports::overlapping(read, fixture.device, from, to, 10)
        })
        .unwrap()
        .iter()
        .map(|one| one.first)
        .collect()
    };
    assert_eq!(firsts(99, 100), [0]);
    assert_eq!(firsts(100, 200), [10]);
    assert_eq!(firsts(50, 201), [0, 10, 20]);
    assert_eq!(firsts(300, 400), [0; 0]);
    let covering = |seq| {
        look(&fixture.store, |read| {
            reports::covering(read, fixture.device, seq)
        })
        .unwrap()
        .map(|one| one.first)
    };
    assert_eq!(
        (covering(19), covering(29), covering(30)),
        (Some(10), Some(20), None)
    );
    let since = |seq, limit| -> Vec<u64> {
        let found = look(&fixture.store, |read| {
            reports::since(read, fixture.device, seq, limit)
        });
        found.unwrap().iter().map(|one| one.first).collect()
    };
    assert_eq!(since(0, 2), [0, 10]);
    assert_eq!(since(19, 10), [10, 20]);
    assert_eq!(since(40, 10), [20]);
}

#[test]
fn a_notice_is_replaced_by_its_report_and_never_doubled() {
    let fixture = Fixture::new(None);
    let mut changes = fixture.store.changes();
    let put = |proof| {
        let finding = finding(fixture.device, &fixture.person, proof);
        let channels = ["mail".to_owned()];
        fixture
            .store
            .write_blocking("finding", move |tx| -> Result<(), StoreError> {
                Ok(findings::put(tx, &finding, &channels)?)
            })
            .unwrap();
    };
    put(Proof::Unproven);
    put(Proof::Proven);
    put(Proof::Unproven);
    let all = look(&fixture.store, |read| {
        findings::of_person(read, &fixture.person, 0, 100)
    })
    .unwrap();
    assert_eq!(
        all.iter().map(|one| one.proof).collect::<Vec<_>>(),
        [Proof::Proven]
    );
    let outbox = look(&fixture.store, |read| {
        read.query("SELECT id FROM outbox", &[], |row| row.text(0))
    });
    assert_eq!(outbox.unwrap(), [format!("{}:mail", FindingId([4; 16]))]);
    // One for the notice, one for its proof, none for a notice that comes late.
    assert_eq!((0..3).filter(|_| changes.try_recv().is_ok()).count(), 2);
}

#[test]
fn a_notice_that_no_report_confirms_is_marked_not_removed() {
    let fixture = Fixture::new(None);
    let finding = finding(fixture.device, &fixture.person, Proof::Unproven);
    let (id, device) = (finding.id, fixture.device);
    fixture
        .store
        .write_blocking("contradict", move |tx| -> Result<(), StoreError> {
            findings::put(tx, &finding, &[])?;
            findings::contradict(tx, device, 3)?;
            assert_eq!(findings::get(tx, id)?.unwrap().proof, Proof::Unproven);
            findings::contradict(tx, device, 4)?;
            assert_eq!(findings::get(tx, id)?.unwrap().proof, Proof::Contradicted);
            Ok(())
        })
        .unwrap();
}

#[test]
fn no_incident_is_left_out_only_bytes_are() {
    let fixture = Fixture::new(None);
    let incident = |n: u8| Incident {
        device: fixture.device,
        person: fixture.person.clone(),
        at: n.into(),
        kind: IncidentKind::Fork,
        detail: "two histories".to_owned(),
        bytes: Some(vec![n]),
    };
    let all: Vec<_> = (0..100).map(incident).collect();
    fixture
        .store
        .write_blocking("incidents", move |tx| -> Result<(), StoreError> {
            for incident in all.iter().chain(&all) {
                incidents::put(tx, incident, None)?;
            }
            Ok(())
        })
        .unwrap();
    let kept = look(&fixture.store, |read| {
        incidents::of_person(read, &fixture.person)
    });
    let kept = kept.unwrap();
    assert_eq!(kept.len(), 100);
    assert_eq!(kept.iter().filter(|one| one.bytes.is_some()).count(), 64);
}

#[test]
fn a_clock_that_jumped_ahead_and_back_delays_no_alert() {
    const YEAR: i64 = 365 * 24 * 60 * 60_000;
    let fixture = Fixture::new(None);
    let finding = finding(fixture.device, &fixture.person, Proof::Proven);
    let now = finding.made;
    fixture
        .store
        .write_blocking("outbox", move |tx| -> Result<(), StoreError> {
            let ahead = Finding {
                made: now + YEAR,
                ..finding
            };
            findings::put(tx, &ahead, &["mail".to_owned()])?;
            assert_eq!(outbox::next_due(tx, "mail", now)?, Some(now));
            let claimed = outbox::claim(tx, "mail", now, 9, |_| now + outbox::LONGEST_PAUSE)?;
            assert_eq!(claimed.len(), 1);
            // The longest pause is still a pause.
            let again = now + outbox::LONGEST_PAUSE;
            assert_eq!(outbox::next_due(tx, "mail", now)?, Some(again));
            assert!(outbox::claim(tx, "mail", now, 9, |_| now)?.is_empty());
            Ok(())
        })
        .unwrap();
}
