use proptest::prelude::*;

use super::*;
use crate::device::DeviceId;

fn entry(event: impl Into<Event>) -> Entry {
    Entry {
        seq: 41,
        at: UnixMs(1_795_496_400_123),
        event: event.into(),
    }
}

/// One of each kind, with the bytes that it must have.
fn pinned() -> Vec<(Entry, String)> {
    let (one, two) = (Hash([1; 32]), Hash([2; 32]));
    let device = DeviceId([0x0a; 16]);
    let person = "0b".repeat(16);
    let (h1, h2, d, p) = (
        "01".repeat(32),
        "02".repeat(32),
        "0a".repeat(16),
        person.clone(),
    );
    let at = UnixMs(1_795_496_400_000);
    let of = |event: Event, kind: &str, fields: String| {
        let line = format!(
            "{{\"v\":1,\"seq\":41,\"at\":\"2026-11-24T05:00:00.123Z\",\"kind\":\"{kind}\",\"f\":{{{fields}}}}}"
        );
        (entry(event), line)
    };
    vec![
        of(
            Began { reports: 1, orders: 2, list_updates: 3, decisions: 4, accesses: 5, incidents: 6, devices: 7 }.into(),
            "began",
            r#""reports":1,"orders":2,"list_updates":3,"decisions":4,"accesses":5,"incidents":6,"devices":7"#.to_owned(),
        ),
        of(
            Receipt { device, size: 9, root: one, time: 1_795_496_400 }.into(),
            "receipt",
            format!(r#""device":"{d}","size":9,"root":"{h1}","time":1795496400"#),
        ),
        of(
            OrderPut { digest: one, id: "SHPO-1".into(), version: 2, person: person.clone(), what: OrderWhat::Put }.into(),
            "order",
            format!(r#""digest":"{h1}","id":"SHPO-1","version":2,"person":"{p}","what":"put""#),
        ),
        of(
            ListUpdate { order: one, list: "known".into(), number: 3, sha256: two }.into(),
            "list_update",
            format!(r#""order":"{h1}","list":"known","number":3,"sha256":"{h2}""#),
        ),
        of(
            Decision { id: "d".into(), finding: "f".into(), verdict: "no_breach".into(), staff: "s".into(), at, reason: one }.into(),
            "decision",
            format!(r#""id":"d","finding":"f","verdict":"no_breach","staff":"s","at":"2026-11-24T05:00:00.000Z","reason":"{h1}""#),
        ),
        of(
            Access { id: "a".into(), staff: "s".into(), action: "saw_day".into(), person: Some(person.clone()), at, on: one }.into(),
            "access",
            format!(r#""id":"a","staff":"s","action":"saw_day","person":"{p}","at":"2026-11-24T05:00:00.000Z","on":"{h1}""#),
        ),
        of(
            Export { manifest: one, person: person.clone(), staff: "s".into(), purpose: "court".into(), size: 40 }.into(),
            "export",
            format!(r#""manifest":"{h1}","person":"{p}","staff":"s","purpose":"court","size":40"#),
        ),
        of(
            Erasure { id: "e".into(), person: person.clone(), staff: "s".into(), confirmed: "c".into(), what: "records".into(), rule: "retention".into(), certificate: one }.into(),
            "erasure",
            format!(r#""id":"e","person":"{p}","staff":"s","confirmed":"c","what":"records","rule":"retention","certificate":"{h1}""#),
        ),
        of(
            Incident { id: "i".into(), kind: "fork".into(), device: Some(device), detail: two }.into(),
            "incident",
            format!(r#""id":"i","kind":"fork","device":"{d}","detail":"{h2}""#),
        ),
        of(
            DeviceChange { device, person, what: DeviceWhat::Epoch, key: Some(one), size: Some(0), follows: Some(DeviceId([1; 16])) }.into(),
            "device",
            format!(r#""device":"{d}","person":"{p}","what":"epoch","key":"{h1}","size":0,"follows":"{}""#, "01".repeat(16)),
        ),
    ]
}

#[test]
fn each_kind_is_these_bytes() {
    let pinned = pinned();
    assert_eq!(pinned.len(), Kind::ALL.len());
    for ((entry, line), kind) in pinned.iter().zip(Kind::ALL) {
        assert_eq!(entry.event.kind(), *kind);
        assert_eq!(entry.to_line().as_deref(), Ok(line.as_str()));
        assert_eq!(Entry::parse(line).as_ref(), Ok(entry));
    }
}

#[test]
fn a_leaf_and_a_checkpoint_are_these_bytes() {
    let mut bytes = vec![0];
    bytes.extend([7; SALT]);
    bytes.extend(b"line");
    assert_eq!(leaf(&[7; SALT], "line"), Hash::of(&bytes));
    assert_eq!(
        checkpoint("a.example", 5, Hash([1; 32])).body(),
        "a.example/ledger\n5\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"
    );
}

#[test]
fn another_spelling_is_refused() {
    for (_, line) in pinned() {
        for wrong in [
            line.replace("\"v\":1", "\"v\":2"),
            line.replace("\"seq\":41", "\"seq\": 41"),
            line.replace("\"seq\":41", "\"seq\":041"),
            line.replace(".123Z", "Z"),
            line.replace("\"f\":{", "\"f\":{\"x\":1,"),
            line.replace("\"kind\":\"", "\"kind\":\"x"),
            line.replace("}}", "}} "),
            line.replace("}}", "},\"x\":1}"),
            format!("{line}\n"),
            line[..line.len() - 1].to_owned(),
        ] {
            assert!(Entry::parse(&wrong).is_err(), "{wrong}");
        }
    }
    let long = entry(Export {
        manifest: Hash([1; 32]),
        person: String::new(),
        staff: String::new(),
        purpose: "x".repeat(MAX_ENTRY),
        size: 1,
    });
    assert!(matches!(long.to_line(), Err(EntryError::TooLong(_))));
}

proptest! {
    #[test]
    fn any_text_is_an_entry_or_a_fault(text in "\\PC{0,200}", at in 0_usize..400, with in any::<char>()) {
        let _refused = Entry::parse(&text);
        for (_, line) in pinned() {
            let mut bent: Vec<char> = line.chars().collect();
            if let Some(place) = bent.get_mut(at) {
                *place = with;
            }
            let bent: String = bent.into_iter().collect();
            if let Ok(entry) = Entry::parse(&bent) {
                prop_assert_eq!(entry.to_line().ok(), Some(bent));
            }
        }
    }

    #[test]
    fn any_words_come_back(words in "\\PC{0,100}", size in any::<u64>()) {
        let written = entry(Export {
            manifest: Hash([1; 32]),
            person: words.clone(),
            staff: words.clone(),
            purpose: words,
            size,
        });
        let line = written.to_line().unwrap();
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(Entry::parse(&line), Ok(written));
    }
}
