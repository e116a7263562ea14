//! What a further version of an order may be and do; suspension; and lists that stay at the
//! collector.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::path::{Path, PathBuf};

use proviso_report::Hash;
use proviso_report::fact::Fact;
use proviso_tests::agent::Computer;
use proviso_tests::extension::Extension;
use proviso_tests::held::{records, wait_for_record};
use proviso_tests::order::{self, Terms};
use proviso_tests::process::output;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

const SUSPENDED: &str = r#"
[[suspension]]
from = @DAY@
says = "Suspended by the Crown Court pending appeal."
"#;

fn says(computer: &Computer, words: &str) {
    until(&format!("status to say {words:?}"), PATIENCE, || {
        // Lines are broken between words.
        let status = computer.status()?;
        let status: Vec<&str> = status.split_whitespace().collect();
        Ok(status.join(" ").contains(words).then_some(()))
    })
    .unwrap();
}

/// Writes and signs a version of the usual order; `replaces`: what it takes the place of.
fn version(scene: &Scene, number: u32, more: &str, replaces: Option<(u32, Hash)>) -> PathBuf {
    let terms = Terms {
        version: number,
        ..Terms::default()
    };
    let dir = scene.dir().join(format!("version-{number}"));
    let order = order::write_with(&dir, terms, more).unwrap();
    if let Some((version, sha256)) = replaces {
        let text = std::fs::read_to_string(&order).unwrap();
        let head = "timezone = \"Europe/London\"\n";
        let replaces =
            format!("{head}replaces = {{ version = {version}, sha256 = \"{sha256}\" }}\n");
        assert!(text.contains(head));
        std::fs::write(&order, text.replacen(head, &replaces, 1)).unwrap();
    }
    scene.signers.sign_as_both(&order).unwrap();
    order
}

fn digest(order: &Path) -> Hash {
    Hash::of(&std::fs::read(order).unwrap())
}

#[test]
fn a_suspended_order_records_nothing_until_a_further_version() {
    let scene = Scene::new().unwrap();
    scene.collector.add_person(PERSON).unwrap();
    let one = version(&scene, 1, "", None);
    scene.collector.put_order(PERSON, &one).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000f1").unwrap();

    let two = version(&scene, 2, SUSPENDED, Some((1, digest(&one))));
    let said = scene.collector.put_order(PERSON, &two).unwrap();
    assert!(said.contains("suspended until a further version"), "{said}");
    says(
        &computer,
        "Monitoring is OFF: the court order is suspended until a further version",
    );
    wait_for_record(
        &scene.collector,
        "the end of version 1",
        |held| matches!(&held.record.fact, Fact::OrderEnded(order) if order.version == 1),
    )
    .unwrap();
    extension
        .visit("https://www.facebook.com/suspended", PATIENCE)
        .unwrap();
    extension.all_taken(PATIENCE).unwrap();

    // It says that it takes the place of another version 2.
    let other = version(&scene, 3, "", Some((2, digest(&one))));
    let mut put = scene
        .collector
        .command(&["order", "put", "--person", PERSON])
        .unwrap();
    let refused = output(put.arg(&other)).unwrap();
    let why = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && why.contains("takes the place of SHPO-2026-000123 version 2"),
        "{why}"
    );

    let three = version(&scene, 3, "", Some((2, digest(&two))));
    scene.collector.put_order(PERSON, &three).unwrap();
    wait_for_record(
        &scene.collector,
        "version 3",
        |held| matches!(&held.record.fact, Fact::OrderInForce(order) if order.version == 3),
    )
    .unwrap();
    let after = "https://www.facebook.com/after";
    extension.visit(after, PATIENCE).unwrap();
    let visit = wait_for_record(&scene.collector, after, |held| held.is_visit_of(after)).unwrap();
    assert_eq!(visit.record.order, Some(digest(&three)));
    let mut visits = records(&scene.collector).unwrap();
    visits.retain(|held| held.visit().is_some());
    assert_eq!(
        visits.len(),
        1,
        "nothing while it was suspended: {visits:?}"
    );
}

#[test]
fn a_list_of_the_collectors_never_reaches_a_device() {
    let scene = Scene::new().unwrap();
    scene.collector.add_person(PERSON).unwrap();
    let list = "withheld-name.example\n";
    let more = format!(
        r#"
[lists.withheld]
file = "lists/withheld.domains"
kind = "domains"
sha256 = "{}"
count = 1
source = "chosen by hand"
held = "collector"

[[rule]]
id = "1.d"
clause = "1"
says = "Possible breach if a site of the list is opened that only the collector holds."
severity = "breach"
on = ["web_visit"]
any = [{{ host_in = "withheld" }}]
where = "collector"
[[rule.test]]
event = {{ kind = "web_visit", url = "https://listed.example/", at = "@DAY@T20:00:00Z" }}
expect = "match"
lists = {{ withheld = ["listed.example"] }}
[[rule.test]]
event = {{ kind = "web_visit", url = "https://other.example/", at = "@DAY@T20:00:00Z" }}
expect = "no_match"
"#,
        Hash::of(list.as_bytes())
    );
    let order = order::write_with(&scene.dir().join("order"), Terms::default(), &more).unwrap();
    std::fs::write(order.with_file_name("lists").join("withheld.domains"), list).unwrap();
    scene.signers.sign_as_both(&order).unwrap();
    scene.collector.put_order(PERSON, &order).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    // It has the order and judges by it without the list.
    computer.start_recording().unwrap();
    let files = files_with(&computer.state(), b"facebook.com");
    assert!(!files.is_empty(), "the device's own list is here");
    let files = files_with(&computer.state(), b"withheld-name");
    assert!(files.is_empty(), "{files:?}");

    let mut extension = Extension::start(&computer, "00000000000000f2").unwrap();
    extension
        .visit("https://withheld-name.example/", PATIENCE)
        .unwrap();
    scene
        .collector
        .wait_for_finding("of the collector's list", |one| one.rule == "1.d")
        .unwrap();
    let status = computer.status().unwrap();
    assert!(!status.contains("rule 1.d)"), "not found here: {status}");
}

/// The files below a folder that hold these bytes.
fn files_with(dir: &Path, wanted: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files_with(&entry.path(), wanted));
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path()).unwrap();
            if bytes.windows(wanted.len()).any(|part| part == wanted) {
                found.push(entry.path());
            }
        }
    }
    found
}
