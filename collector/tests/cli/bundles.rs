//! `export`: bundles that hold, and what a forger or a reader would find.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::process::Command;

use proviso_collector::store::casework::{self, AlertState, Decision};
use proviso_collector::store::findings::{self, Finding, Proof};
use proviso_collector::store::people::Person;
use proviso_collector::store::staff::{self, Role, Staff};
use proviso_collector::store::{FindingId, Hash, Store, StoreError};
use proviso_report::bundle::{self, Files, Outcome};
use proviso_report::fact::AgentStopped;
use proviso_report::tables;
use proviso_rules::evidence;

use crate::log::{Log, visit};
use crate::world::World;

/// 2026-06-01T10:00:00Z.
pub(crate) const MORNING: i64 = 1_780_308_000_000;
const MINUTE: i64 = 60_000;

struct Folder(PathBuf);

impl Files for Folder {
    fn list(&self) -> Result<Vec<String>, String> {
        let (mut found, mut waiting) = (Vec::new(), vec![self.0.clone()]);
        while let Some(dir) = waiting.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    let inside = path.strip_prefix(&self.0).unwrap();
                    found.push(inside.to_str().unwrap().to_owned());
                }
            }
        }
        Ok(found)
    }

    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        Ok(std::fs::read(self.0.join(path)).ok().map(Cow::Owned))
    }
}

/// Three reports of two visits each, an hour apart; a forbidden one in the second, decided.
pub(crate) fn filled() -> (World, Person, Log) {
    let world = World::new();
    let (person, order) = world.ordered("Alex Example");
    let (store, signer) = (world.store(), world.data().signer().unwrap());
    let mut log = Log::enrol(&store, 7, &person.id, order);
    for hour in 0..3 {
        let at = MORNING + hour * 60 * MINUTE;
        let host = if hour == 1 {
            "www.facebook.com"
        } else {
            "news.example"
        };
        let records = [
            log.record(
                0,
                at,
                "4",
                visit(&format!("https://{host}/{hour}"), "Title"),
            ),
            log.record(
                1,
                at + MINUTE,
                "4",
                AgentStopped {
                    reason: "asked".to_owned(),
                    shutdown: None,
                },
            ),
        ];
        log.report(&store, &signer, &records, at + 2 * MINUTE);
    }
    find(&store, &person, log.device, order);
    store.close();
    (world, person, log)
}

fn find(store: &Store, person: &Person, device: proviso_report::DeviceId, order: Hash) {
    let one = Finding {
        id: FindingId(proviso_rules::finding_id(device, 2, &order, "4.a")),
        device,
        person: person.id.clone(),
        seq: 2,
        at: MORNING + 60 * MINUTE,
        rule: "4.a".to_owned(),
        clause: "4".to_owned(),
        severity: "breach".to_owned(),
        matched: r#"[{"field":"url","text":"facebook.com"}]"#.to_owned(),
        engine: proviso_rules::ENGINE.to_owned(),
        order,
        basis: None,
        made: MORNING + 62 * MINUTE,
        proof: Proof::Proven,
    };
    let announced = Finding {
        id: FindingId([9; 16]),
        seq: 99,
        proof: Proof::Unproven,
        ..one.clone()
    };
    let somebody = Staff::new(
        "staff-1".to_owned(),
        "morgan".to_owned(),
        String::new(),
        Role::Manager,
    );
    let decision = Decision {
        id: "0001".to_owned(),
        finding: one.id,
        staff: "staff-1".to_owned(),
        at: MORNING + 90 * MINUTE,
        verdict: "no_breach".to_owned(),
        reason: "He had permission.".to_owned(),
    };
    store
        .write_blocking("find", move |tx| -> Result<(), StoreError> {
            findings::put(tx, &one, &[])?;
            findings::put(tx, &announced, &[])?;
            staff::add(tx, &somebody)?;
            casework::decide(tx, &decision, AlertState::Decided)?;
            Ok(())
        })
        .unwrap();
}

pub(crate) fn export(world: &World, from: &str, to: &str, out: &Path) -> String {
    let words = [
        "export", "--person", "P-0001", "--from", from, "--to", to, "--out",
    ];
    world.ok(&[&words[..], &[out.to_str().unwrap()]].concat())
}

/// Logs, receipts, orders and signatures, whatever comes of them.
pub(crate) fn verified(out: &Path) -> bundle::Verified {
    bundle::verify(&Folder(out.to_owned()))
}

/// As `proviso verify` checks it: logs, receipts, orders, signatures, and the findings judged anew.
pub(crate) fn holds(out: &Path) -> bundle::Verified {
    let files = Folder(out.to_owned());
    let verified = bundle::verify(&files);
    let judged = evidence::check(&files, &verified);
    let tables = tables::check(&files, &verified);
    assert_eq!(tables.len(), 7);
    for check in verified.checks.iter().chain(&judged).chain(&tables) {
        assert_eq!(check.outcome, Outcome::Holds, "{}", check.what);
    }
    verified
}

#[test]
fn a_bundle_of_everything_holds() {
    let (world, _, log) = filled();
    let out = world.path("bundle");
    let said = export(&world, "2026-06-01", "2026-06-02", &out);
    assert!(said.contains("midnight, Europe/London"), "{said}");
    assert!(
        said.contains("6 records of P-0001 on 1 computers"),
        "{said}"
    );
    let verified = holds(&out);
    let found = &verified.logs[&log.device];
    assert_eq!((found.first, found.end, found.withheld), (0, 6, 0));
    assert_eq!(found.received.len(), 3);
    let about = verified.about.unwrap();
    assert_eq!(
        (about.person.as_str(), about.collector.as_str()),
        ("P-0001", "a.example")
    );
    // Midnight in London is an hour earlier in summer.
    assert_eq!(about.from.to_string(), "2026-05-31T23:00:00.000Z");

    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let findings = read("data/findings.jsonl");
    assert_eq!(findings.lines().count(), 1);
    let finding: bundle::Finding = serde_json::from_str(findings.trim()).unwrap();
    assert_eq!(
        finding.says,
        "Possible breach if a listed social network is opened."
    );
    assert_eq!(finding.matched[0].text, "facebook.com");
    let decisions = read("data/decisions.jsonl");
    assert!(
        decisions.contains(r#""by":"morgan","verdict":"no_breach","reason":"He had permission.""#)
    );
    let readme = read("data/README.txt");
    assert!(readme.contains("proviso verify FOLDER") && readme.contains("a.example/collector+"));
    assert!(readme.contains("ANNOUNCED, NOT CONFIRMED") && readme.contains(&"09".repeat(16)));
    let digest = finding.order;
    let order = format!("data/orders/{digest}");
    assert_eq!(
        Hash::of(read(&format!("{order}/order.toml")).as_bytes()),
        digest
    );
    let list = Hash::of(crate::world::LIST.as_bytes());
    assert_eq!(read(&format!("{order}/lists/{list}")), crate::world::LIST);
    assert!(read(&format!("{order}/signatures/2.sig")).contains("BEGIN SSH SIGNATURE"));
    assert!(read(&format!("{order}/put.txt")).ends_with("Z\n"));
    let all = Folder(out.clone());
    for path in all.list().unwrap() {
        let bytes = all.read(&path).unwrap().unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("Alex Example"), "{path} names the person");
    }
}

#[test]
fn records_around_the_time_asked_for_are_hashes_only() {
    let (world, _, log) = filled();
    let out = world.path("bundle");
    // The second visit alone; its report holds one more record, a minute later.
    export(&world, "2026-06-01T11:00:00Z", "2026-06-01T11:01:00Z", &out);
    let verified = holds(&out);
    let found = &verified.logs[&log.device];
    assert_eq!((found.first, found.end, found.withheld), (2, 4, 1));
    assert_eq!(found.records.len(), 1);
    let leaves = format!("data/devices/{}/leaves.jsonl", log.device);
    let text = std::fs::read_to_string(out.join(leaves)).unwrap();
    assert!(!text.contains("asked"), "{text}");
}

#[test]
fn a_time_without_records_is_said() {
    let (world, _, _) = filled();
    let out = world.path("bundle");
    export(&world, "2026-07-01", "2026-07-02", &out);
    assert!(holds(&out).logs.is_empty());
    let readme = std::fs::read_to_string(out.join("data/README.txt")).unwrap();
    assert!(readme.contains("no record of this time"), "{readme}");
    assert!(
        readme.contains("does not mean that nothing happened"),
        "{readme}"
    );
}

#[test]
fn nothing_is_overwritten_and_a_wrong_time_is_a_sentence() {
    let (world, _, _) = filled();
    let out = world.path("bundle");
    std::fs::create_dir(&out).unwrap();
    let out = out.to_str().unwrap();
    let export = |from: &str, to: &str| {
        world.refused(&[
            "export",
            "--person",
            "Alex Example",
            "--from",
            from,
            "--to",
            to,
            "--out",
            out,
        ])
    };
    assert!(export("2026-06-01", "2026-06-02").contains("exists"));
    assert!(export("yesterday", "2026-06-02").contains("write 2026-11-24"));
    assert!(export("2026-06-02", "2026-06-02").contains("ends before it begins"));
    assert_eq!(std::fs::read_dir(out).unwrap().count(), 0);
}

#[test]
fn a_damaged_report_stops_the_export() {
    let (world, _, _) = filled();
    world
        .store()
        .write_blocking("damage", |tx| -> Result<(), StoreError> {
            let bytes = tx.first("SELECT bytes FROM report WHERE first = 2", &[], |row| {
                row.bytes(0)
            })?;
            let mut bytes = bytes.unwrap();
            let middle = bytes.len() / 3;
            bytes[middle] ^= 1;
            tx.execute(
                "UPDATE report SET bytes = $1 WHERE first = 2",
                &[(&bytes).into()],
            )?;
            Ok(())
        })
        .unwrap();
    let out = world.path("bundle");
    let why = world.refused(&[
        "export",
        "--person",
        "P-0001",
        "--from",
        "2026-06-01",
        "--to",
        "2026-06-02",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(
        why.contains("record 2") && why.contains("restore it from a backup"),
        "{why}"
    );
    assert!(!out.exists());
    let left = std::fs::read_dir(world.dir.path()).unwrap();
    let left = left.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with(".proviso-bundle")
    });
    assert_eq!(left.count(), 0);
}

/// Tools of others: `sha256sum`, Python's bagit and csv modules, CASE's validator.
#[test]
fn tools_that_are_not_ours_take_the_bag() {
    let (world, _, _) = filled();
    let out = world.path("bundle");
    export(&world, "2026-06-01", "2026-06-02", &out);
    for manifest in ["manifest-sha256.txt", "tagmanifest-sha256.txt"] {
        let checked = Command::new("sha256sum")
            .args(["--check", "--strict", "--quiet", manifest])
            .current_dir(&out)
            .status();
        assert!(checked.unwrap().success(), "{manifest}");
    }
    let Some(python) = crate::python::found() else {
        return;
    };
    python.run(&["-m", "bagit", "--validate", out.to_str().unwrap()]);
    python.run(&["-c", include_str!("tables.py"), out.to_str().unwrap()]);
    python.case_validate(&out.join("data/tables/case.jsonld"));
}
