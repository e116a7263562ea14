//! Findings that rest on more than one record: made again where all are shown, and never said to be
//! wrong where some are not.

use super::*;

const FILE: &str = "data/findings.jsonl";
const OVER_TIME: &str = "no finding is missing of rules that look at more than one record";
const FOLLOWS: &str = "each finding follows";
const COMPLETE: &str = "every record that is shown and that a rule matches has its finding";

fn order() -> String {
    demonstration()
        + r#"
[[rule]]
id = "4.b"
clause = "4"
says = "Possible breach if a chat is opened twice within ten minutes."
severity = "breach"
on = ["web_visit"]
any = [{ host = ["chat.example"] }]
threshold = { count = 2, within = "10m" }
[[rule.test]]
events = [
    { kind = "web_visit", url = "https://chat.example/", at = "2026-03-03T20:00:00Z" },
    { kind = "web_visit", url = "https://chat.example/", at = "2026-03-03T20:05:00Z" },
]
expect = "match"
[[rule.test]]
event = { kind = "web_visit", url = "https://chat.example/", at = "2026-03-03T20:00:00Z" }
expect = "no_match"

[[rule]]
id = "1.d"
clause = "1"
says = "Possible breach if the computer was on and nothing was recorded for a quarter of an hour."
severity = "breach"
silence = { longer_than = "15m" }
[[rule.test]]
events = [
    { kind = "clock", at = "2026-03-03T20:00:00Z" },
    { kind = "clock", at = "2026-03-03T20:16:00Z" },
]
expect = "match"
[[rule.test]]
events = [
    { kind = "clock", at = "2026-03-03T20:00:00Z" },
    { kind = "clock", at = "2026-03-03T20:14:00Z" },
]
expect = "no_match"
"#
}

fn beat(awake_ms: u64) -> Fact {
    Heartbeat {
        uncovered: BTreeMap::new(),
        suppressed: BTreeMap::new(),
        cannot_tell: BTreeMap::new(),
        awake_ms,
        order: None,
    }
    .into()
}

/// The order begins, two visits of the chat, two signs of life with twenty minutes between them.
fn log() -> Vec<Record> {
    let order = Order::parse(order().as_bytes()).unwrap();
    let digest = order.digest();
    let chat = || visit("https://chat.example/", false);
    let facts = [
        (0, begins(&order)),
        (1_000, chat()),
        (2_000, chat()),
        (3_000, beat(3_000)),
        (1_203_000, beat(1_200_000)),
    ];
    let mut records = Vec::new();
    for (seq, (ms, fact)) in (0..).zip(facts) {
        let mut one = record(seq, fact, digest);
        one.at = NOW.plus(ms);
        one.noted = one.at;
        one.mono = ms.unsigned_abs() + 1;
        if one.order.is_some() {
            // By the records of clause 1, and by a rule of clause 4.
            one.clauses.push("4".into());
        }
        records.push(one);
    }
    records
}

fn bundle(withheld: Option<u64>) -> Memory {
    bundle_under(&order(), &log(), withheld)
}

#[track_caller]
fn has(files: &Memory, wanted: &[(&str, &str)]) {
    let faults = files.faults();
    assert_eq!(faults.len(), wanted.len(), "{faults:#?}");
    for (fault, (what, outcome)) in faults.iter().zip(wanted) {
        assert!(
            fault.starts_with(what) && fault.contains(outcome),
            "{faults:#?}"
        );
    }
}

#[test]
fn a_whole_log_is_followed_and_its_signs_of_life_are_judged() {
    let files = bundle(None);
    has(&files, &[]);
    let text = String::from_utf8(files.0[FILE].clone()).unwrap();
    let found: Vec<(u64, String)> = text
        .lines()
        .map(|line| serde_json::from_str::<Finding>(line).unwrap())
        .map(|one| (one.seq, one.rule))
        .collect();
    assert_eq!(found, [(2, "4.b".to_owned()), (4, "1.d".to_owned())]);
    let said = check(&files, &verify(&files));
    assert!(said.iter().any(|check| check.what == OVER_TIME));
    for line in text.lines() {
        let line = format!("{line}\n");
        has(&files.edited(FILE, &line, ""), &[(COMPLETE, "FAILS: rule")]);
    }
    let wrong = files.edited(FILE, "\"severity\":\"breach\"", "\"severity\":\"log\"");
    has(&wrong, &[(FOLLOWS, "FAILS: finding")]);
}

#[test]
fn what_rests_on_a_record_that_is_not_shown_is_unchecked() {
    // One of the two visits.
    has(
        &bundle(Some(1)),
        &[
            (
                FOLLOWS,
                "which looks at more than one record, and record 1 is not shown",
            ),
            (OVER_TIME, "UNCHECKED: record 1 of device"),
        ],
    );
    // The record that says which order is in force.
    let without = bundle(Some(0));
    has(
        &without,
        &[
            (FOLLOWS, "UNCHECKED: finding"),
            (OVER_TIME, "UNCHECKED: record 0 of device"),
        ],
    );
    // Two visits are enough, though there may have been a third: it is not said to be missing.
    let text = String::from_utf8(without.0[FILE].clone()).unwrap();
    let less = text.lines().skip(1).map(|line| format!("{line}\n"));
    let mut without_threshold = without.clone();
    without_threshold.put(FILE, less.collect::<String>());
    has(
        &without_threshold,
        &[
            (FOLLOWS, "UNCHECKED: finding"),
            (OVER_TIME, "would match rule 4.b"),
        ],
    );
    // A rule that looks at one record is compared as ever.
    let digest = Hash::of(order().as_bytes());
    let mut records = log();
    let mut last = record(5, visit("https://www.facebook.com/", false), digest);
    last.clauses.push("4".into());
    records.push(last);
    let files = bundle_under(&order(), &records, Some(0));
    let text = String::from_utf8(files.0[FILE].clone()).unwrap();
    let last = text.lines().last().unwrap().to_owned() + "\n";
    let faults = files.edited(FILE, &last, "").faults();
    assert!(
        faults
            .iter()
            .any(|fault| fault.contains("FAILS: rule 4.a matches record 5")),
        "{faults:#?}"
    );
}

/// The log with two heartbeats more.
fn log_with_more_beats() -> Vec<Record> {
    let digest = Hash::of(order().as_bytes());
    let mut records = log();
    for (seq, ms) in [(5, 1_204_000), (6, 1_205_000)] {
        let mut one = record(seq, beat(1_200_000), digest);
        one.at = NOW.plus(ms);
        one.noted = one.at;
        one.mono = ms.unsigned_abs() + 1;
        records.push(one);
    }
    records
}

#[test]
fn a_choice_does_not_claim_what_rests_on_records_that_it_hides() {
    let records = log_with_more_beats();
    let files = bundle_under(&order(), &records, Some(5));
    has(&files, &[(OVER_TIME, "UNCHECKED: record 5 of device")]);
    let chosen = |files: &Memory| {
        let choice = "\"],\"selection\":{\"clauses\":[\"4\"]}}";
        files.edited("data/bundle.json", "\"]}", choice)
    };
    let choice = chosen(&files);
    has(&choice, &[]);
    let said = check(&choice, &verify(&choice));
    let not_claimed = |check: &Check| {
        check
            .what
            .contains("it does not claim that no finding is missing")
            && check.what.contains("record 5 of device")
    };
    assert!(said.iter().any(not_claimed), "{said:#?}");
    // What it does claim is held against it.
    let text = String::from_utf8(files.0[FILE].clone()).unwrap();
    let first = text.lines().next().unwrap().to_owned() + "\n";
    has(
        &choice.edited(FILE, &first, ""),
        &[(COMPLETE, "FAILS: rule")],
    );
    // A finding that is there and rests on what is hidden is unchecked.
    has(
        &chosen(&bundle(Some(1))),
        &[(
            FOLLOWS,
            "which looks at more than one record, and record 1 is not shown",
        )],
    );
}

#[test]
fn what_rests_on_records_that_were_erased_is_not_claimed() {
    let records = log_with_more_beats();
    let erased = |place: u64, end: u64, said: &str| {
        let mut files = bundle_under(&order(), &records, Some(place));
        files.put(
            "data/completeness.jsonl",
            format!(
                "{{\"device\":\"{DEVICE}\",\"first\":0,\"end\":{end},\"shown\":[],\"not_selected\":[],\
                 \"outside_time\":[],\"erased\":{said}}}\n"
            ),
        );
        files
    };
    let files = erased(5, 7, "[[5,5]]");
    has(&files, &[]);
    let claims = |check: &Check| check.what.contains("not chosen or were erased");
    assert!(check(&files, &verify(&files)).iter().any(claims));
    // One that is not there and that nobody says was erased.
    let silent = erased(5, 7, "[]");
    has(&silent, &[(OVER_TIME, "UNCHECKED: record 5 of device")]);
    // A finding that is there and rests on what is gone is unchecked.
    let rests = erased(1, 7, "[[1,1]]");
    let faults = rests.faults();
    assert!(
        faults.iter().any(|fault| fault.starts_with(FOLLOWS)
            && fault.contains("UNCHECKED: finding")
            && fault.contains("record 1 is not shown")),
        "{faults:#?}"
    );
}

#[test]
fn rules_whose_lists_stay_at_the_collector_are_said_to_be_unchecked() {
    let rule = "any = [{ host_in = \"social\" }, { host_in = \"blocked\" }]";
    let list = "source = \"generated, for size\"";
    let text = order();
    assert!(text.contains(rule) && text.contains(list));
    let text = text
        .replace(list, &format!("{list}\nheld = \"collector\""))
        .replace(rule, &format!("{rule}\nwhere = \"collector\""))
        .replace("www.facebook.com", "made-up.example")
        .replace(
            "/groups\", at = \"2026-03-03T20:00:00Z\" }",
            "/groups\", at = \"2026-03-03T20:00:00Z\" }\nlists = { social = [\"made-up.example\"] }",
        );
    let digest = Hash::of(text.as_bytes());
    let mut records = vec![record(0, visit("https://www.facebook.com/", false), digest)];
    // By every record of the kind; whether by that rule too only the collector can say.
    records[0].clauses = vec!["1".into()];
    let files = bundle_under(&text, &records, None);
    has(&files, &[]);
    // Both lists are the same bytes here, and neither is handed on.
    let list = format!("data/orders/{digest}/lists/{}", Hash::of(LIST.as_bytes()));
    let faults = files.without(&list).faults();
    assert!(
        faults.iter().all(|fault| fault.contains("UNCHECKED")),
        "{faults:#?}"
    );
}
