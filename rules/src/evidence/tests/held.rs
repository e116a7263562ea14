use proviso_report::bundle::HeldUpdate;

use super::*;
use crate::order::{ListUpdate, ListVersion};
use crate::signature::UPDATE_NAMESPACE;
use crate::signature::tests::sign_for;

const OLD: &str = "known.example\n";
const NEW: &str = "known.example\nnew.example\n";
const LISTS: &[&str] = &[LIST, OLD, NEW];
const FILE: &str = "data/devices/0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d/lists.jsonl";
/// Before the receipts, which are of the first second after 1970 began.
const TAKEN: &str = "1970-01-01T00:00:00.500Z\n";

fn order_text() -> String {
    let kept = format!(
        r#"
[lists.kept]
file = "lists/kept.domains"
kind = "domains"
sha256 = "{}"
count = 1
held = "collector"
updates = {{ by = "police:om", says = "The police may add sites." }}

[[rule]]
id = "1.z"
clause = "1"
says = "Possible breach if a page of the list is opened."
severity = "breach"
where = "collector"
on = ["web_visit"]
any = [{{ host_in = "kept" }}]
[[rule.test]]
event = {{ kind = "web_visit", url = "https://made-up.example/", at = "2026-03-03T20:00:00Z" }}
expect = "match"
lists = {{ kept = ["made-up.example"] }}
[[rule.test]]
event = {{ kind = "web_visit", url = "https://other.example/", at = "2026-03-03T20:00:00Z" }}
expect = "no_match"
lists = {{ kept = ["made-up.example"] }}
"#,
        Hash::of(OLD.as_bytes())
    );
    demonstration() + &kept
}

fn order() -> Order {
    Order::parse(order_text().as_bytes()).unwrap()
}

fn statement() -> String {
    let from = "1970-01-01T00:00:00Z";
    ListUpdate::text(&order(), "kept", None, NEW.as_bytes(), from, None).unwrap()
}

/// The order begins, a page that is not listed yet; then the update counts: the page again, and a
/// private window, which devices find themselves.
fn records() -> Vec<Record> {
    let order = order();
    let page = || visit("https://new.example/", false);
    let facts = [
        begins(&order),
        page(),
        page(),
        visit("https://news.example/", true),
    ];
    (0..)
        .zip(facts)
        .map(|(seq, fact)| record(seq, fact, order.digest()))
        .collect()
}

/// As the collector found it.
fn found(records: &[Record]) -> String {
    let update = ListUpdate::parse(statement().as_bytes()).unwrap();
    let (before, after) = (
        compiled(order(), LISTS),
        compiled(update.tried_on(order()), LISTS),
    );
    let mut held = HeldLists::default();
    held.add(order().digest(), "kept", update.version(), 2)
        .unwrap();
    let (mut lines, mut state) = (String::new(), State::new());
    for record in records {
        let followed = state.follow(record, &held, |basis| match basis.lists.get("kept") {
            None => Some(&before),
            Some(version) => (*version == update.version()).then_some(&after),
        });
        let Followed::Judged { basis, verdict } = followed else {
            continue;
        };
        let by = if basis.lists.is_empty() {
            &before
        } else {
            &after
        };
        lines += &findings(by, record.seq, verdict.hits);
    }
    lines
}

fn said(from: u64) -> HeldUpdate {
    let ListVersion { number, sha256 } =
        ListUpdate::parse(statement().as_bytes()).unwrap().version();
    HeldUpdate {
        order: order().digest(),
        list: "kept".to_owned(),
        number,
        sha256,
        from,
    }
}

fn file(name: &str) -> String {
    format!("data/orders/{}/updates/1/{name}", order().digest())
}

/// The collector took two records, the update, and two more.
fn bundle_from(from: u64) -> Memory {
    let records = records();
    let mut files = bundle_with(&order_text(), &records, None, &found(&records));
    let mut first = Memory::default();
    log(&mut first, &records[..2], None);
    let checkpoint = format!("data/devices/{DEVICE}/checkpoints/{:020}.note", 2);
    files.put(&checkpoint, first.0[&checkpoint].clone());
    let [_, police] = keys();
    let update = statement();
    let (signature, _) = sign_for(UPDATE_NAMESPACE, &police, "police:om", update.as_bytes());
    files.put(&file("update.toml"), update);
    files.put(&file("update.sig"), signature);
    files.put(&file("put.txt"), TAKEN);
    files.put(FILE, serde_json::to_string(&said(from)).unwrap() + "\n");
    files
}

/// The same for somebody who was shown the lists.
fn whole() -> Memory {
    let mut files = bundle_from(2);
    let list = format!("lists/{}", Hash::of(OLD.as_bytes()));
    files.put(&format!("data/orders/{}/{list}", order().digest()), OLD);
    files.put(&file("list"), NEW);
    files
}

#[test]
fn each_record_is_judged_by_the_lists_of_its_place() {
    let files = whole();
    assert_eq!(files.faults(), Vec::<String>::new());
    let text = String::from_utf8(files.0["data/findings.jsonl"].clone()).unwrap();
    let all: Vec<Finding> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let all: Vec<_> = all
        .iter()
        .map(|one| (one.seq, one.rule.as_str(), one.basis.is_some()))
        .collect();
    assert_eq!(all, [(2, "1.z", true), (3, "1.c", true)]);
    let said: Vec<String> = check(&files, &verify(&files))
        .into_iter()
        .map(|one| one.what)
        .collect();
    let words =
        "from record 2 on update 1 of the list `kept`, which only the collector holds, counts";
    assert!(said.iter().any(|one| one.contains(words)), "{said:#?}");
}

#[test]
fn without_the_list_all_else_is_checked() {
    let faults = bundle_from(2).faults();
    assert_eq!(faults.len(), 2, "{faults:#?}");
    assert!(
        faults[0].contains("each of its rules can be checked UNCHECKED"),
        "{faults:#?}"
    );
    assert!(
        faults[1].contains("of rule 1.z, whose lists are only with the collector"),
        "{faults:#?}"
    );
    // What devices find rests on the same lists, and is held to them.
    let text = String::from_utf8(bundle_from(2).0["data/findings.jsonl"].clone()).unwrap();
    let last: Finding = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let basis = format!(",\"basis\":\"{}\"", last.basis.unwrap());
    let line = text.lines().last().unwrap();
    let bent = bundle_from(2).edited("data/findings.jsonl", line, &line.replace(&basis, ""));
    let faults = bent.faults();
    assert!(
        faults.iter().any(|one| one.contains("FAILS: finding")),
        "{faults:#?}"
    );
}

#[test]
fn another_place_is_found() {
    // Not where the collector stood, and beyond the log.
    for (from, words) in [
        (1, "never held just the records before it"),
        (3, "never held just the records before it"),
        (4, "and the records end before 4"),
        (u64::MAX, "and the records end before 4"),
    ] {
        let moved = format!("\"from\":{from}");
        let faults = whole().edited(FILE, "\"from\":2", &moved).faults();
        assert!(
            faults[0].contains("FAILS") && faults[0].contains(words),
            "{faults:#?}"
        );
    }
    // Where it stood at another time: the findings give it away.
    let faults = whole().edited(FILE, "\"from\":2", "\"from\":0").faults();
    assert!(
        faults
            .iter()
            .any(|one| one.contains("FAILS: rule 1.z matches record 1"))
            || faults.iter().any(|one| one.contains("FAILS: finding")),
        "{faults:#?}"
    );
    let faults = whole().without(FILE).faults();
    assert!(
        faults.iter().any(|one| one.contains("FAILS: finding")),
        "{faults:#?}"
    );
}

#[test]
fn lines_are_in_order_and_are_about_lists_that_no_device_holds() {
    let line = serde_json::to_string(&said(2)).unwrap() + "\n";
    let twice = whole().edited(FILE, &line, &(line.clone() + &line));
    let faults = twice.faults();
    assert!(
        faults[0].contains("line 2: update 1 of the list `kept` comes after update 1"),
        "{faults:#?}"
    );
    for (from, to) in [("\"from\"", "\"form\""), ("}", ",\"more\":1}"), ("{", "[")] {
        let faults = whole().edited(FILE, from, to).faults();
        assert!(
            faults[0].contains("stand at places of its log FAILS") && faults[0].contains("line 1"),
            "{faults:#?}"
        );
    }
    let faults = whole().edited(FILE, "\"kept\"", "\"social\"").faults();
    assert!(
        faults[0].contains("FAILS: devices hold the list"),
        "{faults:#?}"
    );
    let order = order().digest().to_string();
    let faults = whole()
        .edited(FILE, &order, &Hash([9; 32]).to_string())
        .faults();
    assert!(
        faults[0].contains("UNCHECKED: its order 0909"),
        "{faults:#?}"
    );
}

#[test]
fn an_update_that_is_missing_or_comes_too_early_is_found() {
    for name in ["update.toml", "update.sig", "put.txt"] {
        let faults = whole().without(&file(name)).faults();
        assert!(
            faults
                .iter()
                .any(|one| one.contains("UNCHECKED: the bundle has no such update")),
            "{name}: {faults:#?}"
        );
    }
    let mut early = whole();
    early.put(&file("put.txt"), "1969-12-31T23:59:59.000Z\n");
    let faults = early.faults();
    assert!(
        faults[0].contains("FAILS: the update does not count before 1970-01-01T00:00:00.000Z"),
        "{faults:#?}"
    );
    // Records that the collector had by its receipts before it took the update.
    let mut late = whole();
    late.put(&file("put.txt"), "1970-01-01T00:00:02.000Z\n");
    late.has_one_fault(
        "which only the collector holds",
        "UNCHECKED: by its receipt the collector had the first 4 records before",
    );
    let mut forged = whole();
    let bent = statement().replace("number = 1", "number = 2");
    forged.put(&file("update.toml"), bent);
    let faults = forged.faults();
    assert!(faults[0].contains("FAILS"), "{faults:#?}");
}
