use super::*;
use crate::store::cases::Stage;
use crate::store::conditions;
use crate::store::devices::{self, Device};
use crate::store::judged::{self, Kept};
use crate::store::updates::{self, StoredUpdate};
use crate::store::{
    DeviceId, Hash, Store, cases, erasures, findings, holds, log_keys, reports, rulings,
};

#[test]
fn a_store_of_the_first_version_is_brought_up_with_all_that_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let session = Session::writer(&path, true).unwrap();
    session.run(FIRST).unwrap();
    session
        .run(
            "INSERT INTO person VALUES ('00000000000000000000000000000001', 'P-1', 1);
             INSERT INTO device VALUES ('01010101010101010101010101010101',
             '00000000000000000000000000000001', zeroblob(32), zeroblob(32), 'active', 1, '',
             '', 12, zeroblob(32), x'09', NULL, NULL);",
        )
        .unwrap();
    drop(session);

    let store = Store::open(&path).unwrap();
    let look = |size| {
        let id = DeviceId([1; 16]);
        let read = store.read_blocking(|read| {
            let kept = judged::state(read, id, size, "engine")?;
            Ok::<_, StoreError>((devices::get(read, id)?, kept))
        });
        read.unwrap()
    };
    let (Some(Device { size: 12, .. }), kept) = look(12) else {
        panic!("the device is not there");
    };
    assert_eq!(kept, Kept::Nothing, "its log was not followed");
    store.close();
    drop(store);
    assert_eq!(
        Session::writer(&path, false)
            .unwrap()
            .look(version)
            .unwrap(),
        Some(VERSION.to_owned())
    );
    assert!(Store::open(&path).is_ok(), "a second time");
}

#[test]
fn a_store_of_the_second_version_keeps_its_updates_as_those_of_devices() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let session = Session::writer(&path, true).unwrap();
    session.run(FIRST).unwrap();
    session.run(SECOND).unwrap();
    let order = Hash([1; 32]);
    session
        .run(
            "INSERT INTO list_update VALUES (replace(hex(zeroblob(32)), '00', '01'), 0, 'social',
             1, replace(hex(zeroblob(32)), '00', '02'), x'09', x'08', 7);",
        )
        .unwrap();
    drop(session);

    let store = Store::open(&path).unwrap();
    let kept = store
        .read_blocking(|read| Ok::<_, StoreError>(updates::of_order(read, &order)?))
        .unwrap();
    let wanted = StoredUpdate {
        order,
        list: "social".to_owned(),
        number: 1,
        sha256: Hash([2; 32]),
        bytes: vec![9],
        signature: vec![8],
        put: 7,
        held: false,
    };
    assert_eq!(kept, [wanted]);
    let counting =
        store.read_blocking(|read| Ok::<_, StoreError>(updates::held_of(read, DeviceId([1; 16]))?));
    assert_eq!(counting.unwrap(), []);
}

#[test]
fn each_version_is_brought_up_and_a_later_one_is_left_alone() {
    for done in 0..=STEPS.len() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let session = Session::writer(&path, true).unwrap();
        session.run(FIRST).unwrap();
        for (from, step) in &STEPS[..done] {
            assert!(is_of(&session.look(version).unwrap(), from));
            session.run(step).unwrap();
        }
        drop(session);
        let store = Store::open(&path).unwrap();
        let keys = store.read_blocking(|read| {
            Ok::<_, StoreError>(log_keys::of_device(read, DeviceId([1; 16]))?)
        });
        assert_eq!(keys.unwrap(), []);
        let erased = store.read_blocking(|read| {
            let person = "00000000000000000000000000000001".parse().unwrap();
            let held = holds::of_person(read, &person)?;
            Ok::<_, StoreError>((erasures::of_person(read, &person)?, held))
        });
        assert_eq!(erased.unwrap(), (Vec::new(), Vec::new()));
        store.close();
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let session = Session::writer(&path, true).unwrap();
    create(&session).unwrap();
    let later = "UPDATE meta SET value = '99' WHERE key = 'schema'";
    session.run(later).unwrap();
    drop(session);
    assert!(matches!(
        Store::open(&path),
        Err(StoreError::Version { .. })
    ));
}

#[test]
fn reports_of_before_have_no_lower_bound_and_devices_no_conditions() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let session = Session::writer(&path, true).unwrap();
    for step in [FIRST, SECOND, LEDGER, HELD, LOG_KEYS] {
        session.run(step).unwrap();
    }
    session
        .run(
            "INSERT INTO person VALUES ('00000000000000000000000000000001', 'P-1', 1);
             INSERT INTO device (id, person, log_key, cert_spki, state, enrolled, agent_version,
             platform, size, root, range) VALUES ('01010101010101010101010101010101',
             '00000000000000000000000000000001', zeroblob(32), zeroblob(32), 'active', 1, '',
             '', 1, zeroblob(32), x'09');
             INSERT INTO report (device, first, count, bytes, received, receipt, min_at, max_at,
             range_before) VALUES ('01010101010101010101010101010101', 0, 1, x'00', 5, 6, 7, 8,
             x'00');",
        )
        .unwrap();
    drop(session);
    let store = Store::open(&path).unwrap();
    let id = DeviceId([1; 16]);
    let (report, last, conditions) = store
        .read_blocking(|read| {
            Ok::<_, StoreError>((
                reports::last(read, id)?,
                conditions::last(read, id)?,
                conditions::of_person(
                    read,
                    &"00000000000000000000000000000001".parse().unwrap(),
                    0,
                )?,
            ))
        })
        .unwrap();
    let report = report.unwrap();
    assert_eq!((report.receipt, report.not_before), (6, None));
    assert_eq!((last, conditions), (None, vec![]));
}

#[test]
fn findings_of_before_quote_what_they_quoted_and_nothing_is_on_hold() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let session = Session::writer(&path, true).unwrap();
    for step in [FIRST, SECOND, LEDGER, HELD, LOG_KEYS, LIFE] {
        session.run(step).unwrap();
    }
    session
        .run(
            "INSERT INTO person VALUES ('00000000000000000000000000000001', 'P-1', 1);
             INSERT INTO device (id, person, log_key, cert_spki, state, enrolled, agent_version,
             platform, size, root, range) VALUES ('01010101010101010101010101010101',
             '00000000000000000000000000000001', zeroblob(32), zeroblob(32), 'active', 1, '',
             '', 1, zeroblob(32), x'09');
             INSERT INTO finding (id, device, person, seq, at, rule, clause, severity, matched,
             engine, order_digest, made, proof) VALUES (replace(hex(zeroblob(16)), '00', '02'),
             '01010101010101010101010101010101', '00000000000000000000000000000001', 0, 5, '4.a',
             '4', 'breach', '[1]', 'engine', replace(hex(zeroblob(32)), '00', '03'), 6, 'proven');",
        )
        .unwrap();
    drop(session);
    let store = Store::open(&path).unwrap();
    let read = store.read_blocking(|read| {
        let person = "00000000000000000000000000000001".parse().unwrap();
        let found = findings::of_person(read, &person, 0, 9)?;
        let waiting = erasures::waiting(read, 0)?;
        let erased = findings::erased(read, &person)?;
        let held = holds::of_person(read, &person)?;
        Ok::<_, StoreError>((
            found,
            erased.len(),
            waiting,
            held,
            erasures::uncleaned(read)?,
        ))
    });
    let (found, erased, waiting, held, uncleaned) = read.unwrap();
    assert_eq!((found.len(), found[0].matched.as_str()), (1, "[1]"));
    assert_eq!(
        (erased, waiting, held, uncleaned),
        (0, Vec::new(), Vec::new(), 0)
    );
}

#[test]
fn what_waited_before_there_were_cases_lies_in_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let session = Session::writer(&path, true).unwrap();
    for step in [FIRST, SECOND, LEDGER, HELD, LOG_KEYS, LIFE, ERASURES, KEYS] {
        session.run(step).unwrap();
    }
    session
        .run(
            "INSERT INTO person (id, pseudonym, created) VALUES ('00000000000000000000000000000001', 'P-1', 1);
             INSERT INTO staff (id, name, hash, failed) VALUES ('m', 'm', '', 0);
             INSERT INTO device (id, person, log_key, cert_spki, state, enrolled, agent_version,
             platform, size, root, range) VALUES ('01010101010101010101010101010101',
             '00000000000000000000000000000001', zeroblob(32), zeroblob(32), 'active', 1, '',
             '', 1, zeroblob(32), x'09');
             INSERT INTO finding (id, device, person, seq, at, rule, clause, severity, matched, engine,
             order_digest, made, proof) SELECT replace(hex(zeroblob(16)), '00', n),
             '01010101010101010101010101010101', '00000000000000000000000000000001', 0, 5, '4.a', '4',
             s, '[1]', 'engine', replace(hex(zeroblob(32)), '00', '03'), 6, 'proven'
             FROM (SELECT '02' AS n, 'review' AS s UNION SELECT '03', 'urgent' UNION SELECT '04', 'breach');
             INSERT INTO alert SELECT id, person, made, 'open' FROM finding;
             UPDATE alert SET state = 'decided' WHERE finding LIKE '04%';
             INSERT INTO decision (id, finding, staff, at, verdict, reason) SELECT v, id, 'm', v, v, ''
             FROM finding JOIN (SELECT 1 AS v UNION SELECT 2) ON id LIKE '04%';
             INSERT INTO condition (device, person, kind, source, seq, since, known)
             SELECT device, person, 'killed', '', 1, at, 9 FROM finding LIMIT 1;
             INSERT INTO incident (id, device, person, at, kind, detail)
             SELECT 'i', device, person, 9, 'fork', '' FROM finding LIMIT 1;",
        )
        .unwrap();
    drop(session);
    let store = Store::open(&path).unwrap();
    let (cases, judged, lasting) = store
        .read_blocking(|read| {
            let person = "00000000000000000000000000000001".parse().unwrap();
            let cases = cases::of_person(read, &person, 9, 0)?;
            let killed = cases.iter().find(|one| one.subject == "killed").unwrap();
            let lasting = cases::lasting(read, &killed.id)?;
            Ok::<_, StoreError>((cases, rulings::verdicts(read, "4.a")?, lasting))
        })
        .unwrap();
    let lines: Vec<_> = cases
        .iter()
        .map(|one| (one.subject.as_str(), one.stage, one.waiting, one.total))
        .collect();
    assert_eq!(
        lines,
        [
            ("4", Stage::Waits, [1, 0, 1], 2),
            ("fork", Stage::Waits, [0, 1, 0], 1),
            ("killed", Stage::Waits, [0, 1, 0], 1),
            ("4", Stage::Done, [0, 0, 0], 1),
        ]
    );
    assert!(cases[0].lead.unwrap().to_string().starts_with("03"));
    assert_eq!((judged.len(), judged[0].verdict.as_str()), (1, "2"));
    assert_eq!(lasting, (1, None));
}

#[test]
fn what_was_decided_anew_before_waits_for_nobody_to_agree() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let session = Session::writer(&path, true).unwrap();
    session.run(FIRST).unwrap();
    for (_, step) in STEPS.iter().take_while(|(from, _)| *from != "12") {
        session.run(step).unwrap();
    }
    // Of each kind of case one that was decided anew and one that was not, all of them counted as waiting.
    session
        .run(
            "INSERT INTO person (id, pseudonym, created) VALUES ('00000000000000000000000000000001', 'P-1', 1);
             INSERT INTO staff (id, name, hash, failed) VALUES ('m', 'm', '', 0);
             INSERT INTO device (id, person, log_key, cert_spki, state, enrolled, agent_version,
             platform, size, root, range) VALUES ('01010101010101010101010101010101',
             '00000000000000000000000000000001', zeroblob(32), zeroblob(32), 'active', 1, '',
             '', 1, zeroblob(32), x'09');
             INSERT INTO finding (id, device, person, seq, at, rule, clause, severity, matched, engine,
             order_digest, made, proof) SELECT replace(hex(zeroblob(16)), '00', n),
             '01010101010101010101010101010101', '00000000000000000000000000000001', 0, 5, '4.a', '4',
             'breach', '[1]', 'engine', replace(hex(zeroblob(32)), '00', '03'), 6, 'proven'
             FROM (SELECT '02' AS n UNION SELECT '03');
             INSERT INTO casefile (id, person, kind, subject, device, stage, rank, opened, latest,
             first_at, last_at, urgent, breach, review, unheeded, unheeded_since, total, unsigned,
             snoozed, lead) SELECT c, '00000000000000000000000000000001', k, '4', '', 1, 1, 1, 1, 1, 1,
             0, 0, 0, 0, NULL, 1, 1, 0, '' FROM (SELECT 'anew' AS c, 'finding' AS k
             UNION SELECT 'stands', 'finding' UNION SELECT 'dark anew', 'condition'
             UNION SELECT 'dark', 'condition');
             INSERT INTO ruling (id, casefile, staff, at, verdict, reason, part, review, wanted, alerts)
             SELECT id || 1, id, 'm', 1, 'recall', '', '', '', 1, 1 FROM casefile;
             INSERT INTO ruling (id, casefile, staff, at, verdict, reason, part, review, wanted, alerts)
             SELECT id || 2, id, 'm', 2, 'visit', '', '', '', 0, 1 FROM casefile WHERE id LIKE '%anew';
             INSERT INTO decision (id, finding, staff, at, verdict, reason)
             SELECT 'a1', id, 'm', 1, 'recall', '' FROM finding WHERE id LIKE '02%' UNION
             SELECT 'a2', id, 'm', 2, 'visit', '' FROM finding WHERE id LIKE '02%' UNION
             SELECT 's1', id, 'm', 1, 'recall', '' FROM finding WHERE id LIKE '03%';
             INSERT INTO ruled (decision, ruling) VALUES ('a1', 'anew1'), ('a2', 'anew2'),
             ('s1', 'stands1');",
        )
        .unwrap();
    drop(session);
    let store = Store::open(&path).unwrap();
    for (case, stage, unsigned) in [
        ("anew", Stage::Done, 0),
        ("stands", Stage::SignOff, 1),
        ("dark anew", Stage::Done, 0),
        ("dark", Stage::SignOff, 1),
    ] {
        let (found, said) = store
            .read_blocking(|read| {
                Ok::<_, StoreError>((cases::get(read, case)?, rulings::of_case(read, case)?))
            })
            .unwrap();
        let found = found.unwrap();
        assert_eq!((found.stage, found.unsigned), (stage, unsigned), "{case}");
        assert_eq!(said[0].superseded.is_some(), unsigned == 0, "{case}");
    }
}
