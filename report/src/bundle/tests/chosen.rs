//! Bundles of chosen records: what they say is withheld is held against the log.

use super::*;

const ALL: &str =
    r#"{"first":3,"end":8,"shown":[[3,4],[6,6]],"not_selected":[[5,5]],"outside_time":[[7,7]]}"#;

/// Records 3 to 7; 3, 4 and 6 are shown.
fn chosen(selection: &str, statement: &str) -> Memory {
    let mut files = bundle();
    let path = format!("data/devices/{DEVICE}/leaves.jsonl");
    let lines = files.text(&path);
    let lines = lines.lines().map(|line| {
        let leaf: Leaf = serde_json::from_str(line).unwrap();
        let leaf = match leaf.index() {
            5 => Leaf::Withheld {
                index: 5,
                hash: leaf.hash(),
            },
            _ => leaf,
        };
        serde_json::to_string(&leaf).unwrap() + "\n"
    });
    let lines: String = lines.collect();
    files.put(&path, lines);
    if !statement.is_empty() {
        let head = format!(r#"{{"device":"{DEVICE}","#);
        files.put(COMPLETENESS, statement.replacen('{', &head, 1) + "\n");
    }
    let about = files.text("data/bundle.json");
    let end = about.strip_suffix('}').unwrap();
    files.put(
        "data/bundle.json",
        format!(r#"{end},"selection":{selection}}}"#),
    );
    files.bagged()
}

fn by_number() -> String {
    let run = |first, last| format!(r#"{{"device":"{DEVICE}","first":{first},"last":{last}}}"#);
    format!(r#"{{"records":[{},{}]}}"#, run(0, 4), run(6, 6))
}

#[test]
fn what_was_not_chosen_is_withheld_by_number_and_the_bundle_holds() {
    let files = chosen(&by_number(), ALL);
    let verified = verify(&files);
    assert!(verified.holds(), "{:#?}", verified.checks);
    assert_eq!(verified.logs[&DEVICE].withheld, 2);
    assert!(verified.chosen().is_some());
    let said = verified.checks.iter().any(|check| {
        check.what.contains(
            "every record from 3 to 7 is shown or withheld by number: 3 are shown, 1 were not chosen, \
             1 are of another time",
        )
    });
    assert!(said, "{:#?}", verified.checks);
}

#[test]
fn a_choice_without_its_statement_fails() {
    assert_eq!(
        faults(&chosen(&by_number(), "")),
        ["fails: data/completeness.jsonl is missing"]
    );
}

#[test]
fn a_statement_that_the_log_does_not_bear_out_fails() {
    for (from, to, why) in [
        ("[[3,4],[6,6]]", "[[3,4]]", "says nothing of record 6"),
        ("[[7,7]]", "[[6,7]]", "two things of record 6"),
        ("[[5,5]]", "[]", "says nothing of record 5"),
        ("[[7,7]]", "[]", "records up to 8"),
        ("[[7,7]]", "[[7,9]]", "records up to 8"),
        (r#""end":8"#, r#""end":9"#, "speaks of records 3"),
        (r#""first":3"#, r#""first":2"#, "speaks of records 2"),
        ("[[3,4],[6,6]]", "[[4,3]]", "line 1"),
        (r#""end":8"#, r#""end":8,"more":1"#, "line 1"),
    ] {
        assert!(ALL.contains(from), "{from}");
        let faults = faults(&chosen(&by_number(), &ALL.replacen(from, to, 1)));
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(
            faults[0].starts_with("fails: ") && faults[0].contains(why),
            "{to}: {faults:?}"
        );
    }
    // The same numbers, said of the wrong records.
    let swapped = ALL.replacen("[[3,4],[6,6]]", "[[3,5]]", 1).replacen(
        "\"not_selected\":[[5,5]]",
        "\"not_selected\":[[6,6]]",
        1,
    );
    assert!(faults(&chosen(&by_number(), &swapped))[0].contains("says of other records"));
    let other = format!(
        "{}\n",
        ALL.replacen('{', &format!(r#"{{"device":"{}","#, "0e".repeat(16)), 1)
    );
    let mut files = chosen(&by_number(), ALL);
    let both = files.text(COMPLETENESS) + &other;
    files.put(COMPLETENESS, both);
    assert!(faults(&files.bagged())[0].contains("does not speak of each device"));
}

#[test]
fn what_the_choice_does_not_cover_is_not_shown() {
    let kinds = r#"{"kinds":["web_visit"]}"#;
    assert_eq!(
        faults(&chosen(kinds, ALL)),
        ["fails: record 3 is shown, and bundle.json does not say that it was asked for"]
    );
    let clause = r#"{"clauses":["4"]}"#;
    assert_eq!(faults(&chosen(clause, ALL)).len(), 1);
}

#[test]
fn what_was_chosen_by_number_is_not_left_out() {
    let all = by_number().replacen(r#""last":4"#, r#""last":5"#, 1);
    assert_eq!(
        faults(&chosen(&all, ALL)),
        ["fails: record 5 is said not to be chosen, and bundle.json says that it was"]
    );
    // Of its kind nobody can say it: it is a hash.
    let some = all.replacen('{', r#"{"kinds":["agent_stopped"],"#, 1);
    assert_eq!(faults(&chosen(&some, ALL)), Vec::<String>::new());
}

#[test]
fn all_records_of_a_time_may_have_the_statement() {
    let whole = bundle();
    let statement = format!(
        r#"{{"device":"{DEVICE}","first":3,"end":8,"shown":[[3,6]],"not_selected":[],"outside_time":[[7,7]]}}"#
    );
    let stated = whole
        .clone()
        .with(COMPLETENESS, &(statement.clone() + "\n"));
    assert_eq!(faults(&stated.bagged()), Vec::<String>::new());
    let bent = statement
        .replacen(r#""not_selected":[]"#, r#""not_selected":[[7,7]]"#, 1)
        .replacen(r#""outside_time":[[7,7]]"#, r#""outside_time":[]"#, 1);
    let bent = whole.with(COMPLETENESS, &(bent + "\n"));
    assert!(faults(&bent.bagged())[0].contains("names no choice"));
}

#[test]
fn a_choice_is_these_bytes() {
    let selection = Selection {
        clauses: vec!["4".into()],
        kinds: vec![crate::Kind::WebVisit],
        devices: vec![DEVICE],
        records: vec![Numbers {
            device: DEVICE,
            first: 3,
            last: 9,
        }],
        findings: vec![OfFinding {
            finding: "ab".into(),
            device: DEVICE,
            places: [5].into_iter().collect(),
        }],
        exhibit: Some("JB/1".into()),
        purpose: Some("Hearing".into()),
    };
    let id = DEVICE.to_string();
    let text = format!(
        concat!(
            r#"{{"clauses":["4"],"kinds":["web_visit"],"devices":["{0}"],"#,
            r#""records":[{{"device":"{0}","first":3,"last":9}}],"#,
            r#""findings":[{{"finding":"ab","device":"{0}","places":[[5,5]]}}],"#,
            r#""exhibit":"JB/1","purpose":"Hearing"}}"#
        ),
        id
    );
    assert_eq!(serde_json::to_string(&selection).unwrap(), text);
    assert_eq!(serde_json::from_str::<Selection>(&text).unwrap(), selection);
    assert_eq!(
        serde_json::from_str::<Selection>("{}").unwrap(),
        Selection::default()
    );
    for wrong in [
        text.replace("web_visit", "web_visits"),
        text.replace("exhibit", "exhibits"),
        text.replace("\"first\":3", "\"first\":-3"),
    ] {
        assert!(
            serde_json::from_str::<Selection>(&wrong).is_err(),
            "{wrong}"
        );
    }
    assert!(selection.concerns(DEVICE) && !selection.concerns(DeviceId([1; 16])));
    assert!(!selection.is_too_long());
    let many = Selection {
        clauses: vec!["4".into(); MAX_CHOSEN + 1],
        ..selection
    };
    assert!(many.is_too_long());
}

#[test]
fn a_choice_of_too_many_things_is_not_checked() {
    let runs = format!(r#"{{"device":"{DEVICE}","first":0,"last":9}},"#).repeat(MAX_CHOSEN);
    let many = format!(r#"{{"records":[{runs}{{"device":"{DEVICE}","first":0,"last":9}}]}}"#);
    let faults = faults(&chosen(&many, ALL));
    assert!(
        faults[0].starts_with("unchecked: ") && faults[0].contains("over 1000"),
        "{faults:?}"
    );
}
