use proviso_report::fact::ListInForce;

use super::*;
use crate::order::ListUpdate;
use crate::signature::UPDATE_NAMESPACE;
use crate::signature::tests::sign_for;

const NEW: &str = "facebook.com\nnew.example\n";

fn order_text() -> String {
    demonstration().replacen(
        "source = \"chosen by hand\"",
        "updates = { by = \"police:om\", says = \"New networks may be added.\" }",
        1,
    )
}

fn order() -> Order {
    Order::parse(order_text().as_bytes()).unwrap()
}

fn statement() -> String {
    let from = "2026-11-24T04:00:00Z";
    ListUpdate::text(&order(), "social", None, NEW.as_bytes(), from, None).unwrap()
}

/// The order begins, a page that is not listed yet, the update, the page again.
fn records() -> Vec<Record> {
    let order = order();
    let counts = ListInForce {
        list: "social".into(),
        number: 1,
        sha256: Hash::of(NEW.as_bytes()),
    };
    let page = || visit("https://new.example/", false);
    let facts = [begins(&order), page(), counts.into(), page()];
    let mut records: Vec<Record> = (0..)
        .zip(facts)
        .map(|(seq, fact)| record(seq, fact, order.digest()))
        .collect();
    records[3].clauses.push("4".into());
    records
}

fn judge() -> Judge {
    let update = ListUpdate::parse(statement().as_bytes()).unwrap();
    compiled(update.tried_on(order()), &[LIST, NEW])
}

/// What is found in one record by itself, with the new list.
fn found(record: &Record) -> String {
    let judge = judge();
    let hits = judge.judge(&crate::Event {
        at: record.at,
        account: record.account.as_deref(),
        fact: &record.fact,
    });
    findings(&judge, record.seq, hits)
}

fn file(name: &str) -> String {
    format!("data/orders/{}/updates/1/{name}", order().digest())
}

fn bundle_of(records: &[Record]) -> Memory {
    let lines = found(&records[3]);
    assert_eq!(lines.lines().count(), 1);
    let mut files = bundle_with(&order_text(), records, None, &lines);
    let [court, police] = keys();
    let update = statement();
    let (signature, _) = sign_for(UPDATE_NAMESPACE, &police, "police:om", update.as_bytes());
    let (stranger, _) = sign_for(UPDATE_NAMESPACE, &court, "court:clerk", update.as_bytes());
    files.put(&file("update.toml"), update);
    files.put(&file("update.sig"), signature);
    files.put("other.sig", stranger);
    files.put(&file("put.txt"), format!("{NOW}\n"));
    files.put(&file("list"), NEW);
    files
}

#[test]
fn each_record_is_judged_by_the_lists_of_its_place() {
    let files = bundle_of(&records());
    assert_eq!(files.faults(), Vec::<String>::new());
    let said: Vec<String> = check(&files, &verify(&files))
        .into_iter()
        .map(|one| one.what)
        .collect();
    let says = |words: &str| said.iter().any(|one| one.contains(words));
    assert!(
        says("update 1 of the list `social` (2 entries"),
        "{said:#?}"
    );
    assert!(
        says("from record 2 on (2026-11-24T05:00:00.000Z) update 1 of the list `social` counts"),
        "{said:#?}"
    );
    let text = String::from_utf8(files.0["data/findings.jsonl"].clone()).unwrap();
    assert!(
        text.contains(&format!(",\"basis\":\"{}\"}}", judge().basis())),
        "{text}"
    );
}

#[test]
fn a_finding_that_rests_on_other_lists_is_found() {
    let mut files = bundle_of(&records());
    // The page before the update, as if the new list had counted then.
    let early = found(&records()[1]);
    let both = early + &String::from_utf8(files.0["data/findings.jsonl"].clone()).unwrap();
    files.put("data/findings.jsonl", both);
    files.has_one_fault("each finding follows", "FAILS");
    let basis = format!(",\"basis\":\"{}\"", judge().basis());
    let files = bundle_of(&records()).edited("data/findings.jsonl", &basis, "");
    files.has_one_fault("each finding follows", "FAILS: finding");
}

#[test]
fn what_the_order_does_not_allow_fails() {
    let mut files = bundle_of(&records());
    let stranger = files.0["other.sig"].clone();
    files.put(&file("update.sig"), stranger);
    let faults = files.faults();
    assert!(
        faults[0]
            .contains("FAILS: the update is signed by court:clerk, and the order lets police:om"),
        "{faults:#?}"
    );
    let faults = bundle_of(&records())
        .edited(&file("update.toml"), "number = 1", "number = 2")
        .faults();
    assert!(
        faults[0].contains("FAILS") && faults[0].contains("changed after"),
        "{faults:#?}"
    );
    let mut early = records();
    early[2].at = UnixMs(NOW.0 - 2 * 3_600_000);
    bundle_of(&early).has_one_fault(
        "update 1 of the list",
        "FAILS: the update does not count before",
    );
}

#[test]
fn what_is_missing_is_unchecked() {
    for name in ["update.toml", "update.sig", "put.txt", "list"] {
        let faults = bundle_of(&records()).without(&file(name)).faults();
        assert!(!faults.is_empty(), "{name}");
        for fault in faults {
            assert!(fault.contains("UNCHECKED"), "{name}: {fault}");
        }
    }
    let files = bundle_of(&records()).edited(&file("list"), "new", "old");
    let faults = files.faults();
    assert!(
        faults[0].contains("is not the list that the update names"),
        "{faults:#?}"
    );
}

#[test]
fn an_update_that_is_not_shown_leaves_unchecked_what_may_rest_on_it() {
    let records = records();
    let mut files = bundle_of(&records);
    let lines = found(&records[3]);
    let mut less = bundle_with(&order_text(), &records, Some(2), &lines);
    std::mem::swap(&mut files.0, &mut less.0);
    for (path, bytes) in less.0 {
        files.0.entry(path).or_insert(bytes);
    }
    let faults = files.faults();
    assert!(!faults.is_empty());
    for fault in faults {
        assert!(fault.contains("UNCHECKED"), "{fault}");
        assert!(fault.contains("record 2"), "{fault}");
    }
}
