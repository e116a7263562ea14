//! Bundles of logs of which records were erased.

use super::*;

const STATED: &str = r#""first":3,"end":8,"shown":[[3,4],[6,6]],"not_selected":[],"outside_time":[[7,7]],"erased":[[5,5]]}"#;

fn line(places: &str) -> String {
    format!(
        concat!(
            r#"{{"id":"00aa","at":"2026-11-24T05:00:00.123Z","asked_by":"morgan","#,
            r#""confirmed_by":"kim","person":"p","rule":"plan 3","reason":"Over.","records":[{{"device":"{0}","places":{1}}}],"findings":1}}"#
        ),
        DEVICE, places
    )
}

/// Record 5 is a hash.
fn erased(statement: &str, erasures: &str) -> Memory {
    let files = bundle_without(5);
    let path = format!("data/devices/{DEVICE}/leaves.jsonl");
    let mut lines = files.text(&path);
    // The last is of another time, as in the other bundle.
    let last = lines.lines().last().unwrap().to_owned();
    let leaf: Leaf = serde_json::from_str(&last).unwrap();
    let withheld = Leaf::Withheld {
        index: 7,
        hash: leaf.hash(),
    };
    lines = lines.replace(&last, &serde_json::to_string(&withheld).unwrap());
    let mut files = files.with(&path, &lines);
    files.put(
        COMPLETENESS,
        format!("{{\"device\":\"{DEVICE}\",{statement}\n"),
    );
    if !erasures.is_empty() {
        files.put(ERASURES, format!("{erasures}\n"));
    }
    files.bagged()
}

#[test]
fn a_record_that_was_erased_leaves_nothing_unchecked() {
    let files = erased(STATED, &line("[[5,5]]"));
    assert_eq!(faults(&files), Vec::<String>::new());
    let verified = verify(&files);
    let says = |words: &str| {
        verified
            .checks
            .iter()
            .any(|check| check.what.contains(words))
    };
    assert!(says("; 1 were erased"));
    assert!(says(
        "what was erased at 2026-11-24T05:00:00.123Z: 1 records, under the rule \"plan 3\"; morgan asked \
         for it and kim confirmed it (erasure 00aa)"
    ));
    assert_eq!(verified.logs[&DEVICE].erased.runs(), [[5, 5]]);
    // What was erased before the bundle begins does not matter here.
    assert_eq!(
        faults(&erased(STATED, &line("[[1,1],[5,5]]"))),
        Vec::<String>::new()
    );
}

#[test]
fn what_was_erased_is_said_twice_and_the_same() {
    for erasures in [String::new(), line("[[6,6]]"), line("[[5,6]]"), line("[]")] {
        let faults = faults(&erased(STATED, &erasures));
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains("do not say of the same"), "{faults:?}");
    }
    let hidden = STATED
        .replace(r#","erased":[[5,5]]"#, "")
        .replace("[[7,7]]", "[[5,5],[7,7]]");
    for (statement, erasures, says) in [
        // Somebody says that it is of another time.
        (hidden.as_str(), line("[[5,5]]"), "do not say of the same"),
        // Nothing is said of it.
        (
            &STATED.replace("[[5,5]]", "[]"),
            String::new(),
            "says nothing of record 5",
        ),
        (STATED, line("[[4,5],[5,6]]"), "erasures.jsonl, line 1"),
        (STATED, "{}".to_owned(), "erasures.jsonl, line 1"),
        (STATED, "x".to_owned(), "erasures.jsonl, line 1"),
        (
            STATED,
            format!(
                "{}\n{}",
                line("[[5,5]]"),
                line("[[5,5]]").replace("00aa", "00ab")
            ),
            "says twice that record 5",
        ),
        (
            STATED,
            format!("{}\n{}", line("[[5,5]]"), line("[]")),
            "there twice",
        ),
        (
            STATED,
            line("[[5,5]]").replace("kim", "morgan"),
            "one person alone",
        ),
        (
            STATED,
            line("[[5,5]]").replace("\"p\"", "\"q\""),
            "records of q",
        ),
    ] {
        let faults = faults(&erased(statement, &erasures));
        assert!(
            faults.iter().any(|one| one.contains(says)),
            "{says}: {faults:?}"
        );
    }
    // Where something was erased, it is said what is with every record.
    let mut silent = erased(STATED, &line("[[5,5]]"));
    silent.0.remove(COMPLETENESS);
    let faults = faults(&silent.bagged());
    assert!(
        faults
            .iter()
            .any(|one| one.contains("completeness.jsonl is missing")),
        "{faults:?}"
    );
}

#[test]
fn a_log_without_records_has_none_that_were_erased() {
    let all: Vec<Erasure> = vec![serde_json::from_str(&line("[[36,37]]")).unwrap()];
    for (first, end) in [(37, 37), (0, 0), (38, 37)] {
        assert_eq!(
            erasures::within(&all, DEVICE, (first, end)),
            Ok(Places::default())
        );
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[\\[\\]{}:,\"0-9a-z\n]{0,80}", places in "[\\[\\],0-9]{0,20}") {
        for text in [text, line(&places)] {
            let mut files = Memory(BTreeMap::new());
            files.put(ERASURES, text);
            if let Ok(all) = erasures::read(&files) {
                let _runs = erasures::within(&all, DEVICE, (3, 8));
            }
        }
    }

    #[test]
    fn places_of_many_erasures_are_joined(
        sets in proptest::collection::vec(proptest::collection::btree_set(0_u64..40, 0..12), 0..4),
        first in 0_u64..40,
        more in 0_u64..40,
    ) {
        let all: Vec<Erasure> = sets
            .iter()
            .map(|set| {
                let text = serde_json::to_string(&set.iter().copied().collect::<Places>()).unwrap();
                serde_json::from_str(&line(&text)).unwrap()
            })
            .collect();
        let end = first + more;
        let inside: Vec<u64> =
            sets.iter().flatten().copied().filter(|place| (first..end).contains(place)).collect();
        let once: BTreeSet<u64> = inside.iter().copied().collect();
        match erasures::within(&all, DEVICE, (first, end)) {
            Ok(places) => {
                proptest::prop_assert_eq!(once.len(), inside.len());
                proptest::prop_assert_eq!(places, once.into_iter().collect::<Places>());
            }
            Err(_) => proptest::prop_assert!(once.len() < inside.len()),
        }
    }
}

#[test]
fn an_erasure_is_these_bytes() {
    let one = Erasure {
        id: "00aa".into(),
        at: UnixMs(1_795_496_400_123),
        asked_by: "morgan".into(),
        confirmed_by: "kim".into(),
        person: "p".into(),
        rule: "plan 3".into(),
        reason: "Over.".into(),
        records: vec![Erased {
            device: DEVICE,
            places: [5].into_iter().collect(),
        }],
        findings: 1,
        whole: false,
    };
    assert_eq!(serde_json::to_string(&one).unwrap(), line("[[5,5]]"));
    let whole = Erasure {
        whole: true,
        ..one.clone()
    };
    let all = line("[[5,5]]").replace("\"findings\":1", "\"findings\":1,\"whole\":true");
    assert_eq!(serde_json::to_string(&whole).unwrap(), all);
    assert_eq!(serde_json::from_str::<Erasure>(&all).unwrap(), whole);
    assert_eq!(
        serde_json::from_str::<Erasure>(&line("[[5,5]]")).unwrap(),
        one
    );
    assert!(serde_json::from_str::<Erasure>(&line("[[5,5]]").replace("rule", "rules")).is_err());
}
