//! `report.pdf` and `statement.txt` in a bundle, read by programs of others (`qpdf`, `pdftotext`).

use std::path::Path;
use std::process::Command;

use proviso_collector::store::FindingId;
use proviso_collector::store::StoreError;
use proviso_collector::store::findings::{self, Finding, Proof};

use crate::bundles::{MORNING, export, filled, holds};
use crate::log::{Log, visit};
use crate::world::World;

/// What a program says, which must end well.
fn said(program: &str, words: &[&str]) -> String {
    let ended = Command::new(program).args(words).output().unwrap();
    let why = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{program}: {why}");
    String::from_utf8(ended.stdout).unwrap()
}

/// The words of the report, on one line.
pub(crate) fn words(bundle: &Path) -> String {
    let pdf = bundle.join("data/report.pdf");
    said("qpdf", &["--check", pdf.to_str().unwrap()]);
    let text = said("pdftotext", &["-raw", pdf.to_str().unwrap(), "-"]);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_report_tells_facts_findings_and_decisions_apart() {
    let (world, _, log) = filled();
    let out = world.path("bundle");
    export(&world, "2026-06-01", "2026-06-02", &out);
    let words = words(&out);
    let device = log.device.to_string();
    let place = format!("2 (computer {})", &device[..8]);
    for part in [
        "Evidence report on P-0001",
        "6 shown, 0 withheld",
        "The court's words",
        "What was monitored, and what was not",
        "2026-06-01 6 records, 1 with a finding",
        "P-0001/1",
        "Possible breach if a listed social network is opened.",
        "no breach",
        "He had permission.",
        "Known limits",
        "sha256sum -c manifest-sha256.txt",
        "Page 1 of",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
    // The fact, the finding and the decision, each in a section of its own.
    let heads = [
        "Facts behind the findings",
        "Findings of software",
        "Decisions of people",
        "Gaps",
    ];
    let at: Vec<usize> = heads.iter().map(|head| words.find(head).unwrap()).collect();
    assert!(at.is_sorted(), "{at:?}");
    for (from, to) in at.iter().zip(&at[1..]) {
        let section = &words[*from..*to];
        assert!(section.contains(&place[..2]), "{place}\n{section}");
    }
    let about = said("pdfinfo", &[out.join("data/report.pdf").to_str().unwrap()]);
    assert!(
        about.contains("Tagged:          yes") && about.contains("(A4)"),
        "{about}"
    );

    let statement = std::fs::read_to_string(out.join("data/statement.txt")).unwrap();
    assert!(statement.starts_with("DRAFT. NOT A STATEMENT"));
    assert!(
        statement.contains("It shows 6 records of 1 computer(s).")
            && statement.contains("[........]")
    );
    let leaves = std::fs::read(out.join(format!("data/devices/{device}/leaves.jsonl"))).unwrap();
    let hash = proviso_report::Hash::of(&leaves).to_string();
    assert!(
        statement.contains(&hash) && words.contains(&hash[..40]),
        "{words}"
    );

    // The digest on the cover is that of the manifest without the report.
    let manifest = std::fs::read_to_string(out.join("manifest-sha256.txt")).unwrap();
    let others = manifest
        .lines()
        .filter(|line| !line.ends_with(" data/report.pdf"));
    let others: String = others.map(|line| format!("{line}\n")).collect();
    let digest = proviso_report::Hash::of(others.as_bytes()).to_string();
    assert!(words.contains(&digest), "{digest}\n{words}");
}

#[test]
fn a_report_of_nothing_says_so() {
    let (world, _, _) = filled();
    let out = world.path("bundle");
    export(&world, "2026-07-01", "2026-07-02", &out);
    let words = words(&out);
    for part in [
        "0 shown, 0 withheld",
        "No record of this bundle has a finding.",
        "That is no statement that there was none.",
        "Nobody has decided",
        "2026-07-01 no record",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
}

#[test]
fn four_hundred_findings_and_addresses_of_any_length_fit() {
    let world = World::new();
    let (person, order) = world.ordered("Alex Example");
    let (store, signer) = (world.store(), world.data().signer().unwrap());
    let mut log = Log::enrol(&store, 7, &person.id, order);
    let mut found = Vec::new();
    for part in 0..4_u64 {
        let records: Vec<_> = (0..100)
            .map(|number| {
                let url = format!(
                    "https://www.facebook.com/{part}/{number}/{}",
                    "long".repeat(80)
                );
                let at = MORNING + i64::try_from(part * 100 + number).unwrap() * 1_000;
                log.record(
                    number,
                    at,
                    "4",
                    visit(&url, "\u{65e5}\u{672c} \u{5d0} =1+1"),
                )
            })
            .collect();
        for record in &records {
            found.push(Finding {
                id: FindingId(proviso_rules::finding_id(
                    log.device, record.seq, &order, "4.a",
                )),
                device: log.device,
                person: person.id.clone(),
                seq: record.seq,
                at: record.at.0,
                rule: "4.a".to_owned(),
                clause: "4".to_owned(),
                severity: "breach".to_owned(),
                matched: r#"[{"field":"url","text":"facebook.com"}]"#.to_owned(),
                engine: proviso_rules::ENGINE.to_owned(),
                order,
                basis: None,
                made: record.at.0,
                proof: Proof::Proven,
            });
        }
        log.report(&store, &signer, &records, MORNING + 1_000_000);
    }
    store
        .write_blocking("find", move |tx| -> Result<(), StoreError> {
            for one in &found {
                findings::put(tx, one, &[])?;
            }
            Ok(())
        })
        .unwrap();
    store.close();
    let out = world.path("bundle");
    export(&world, "2026-06-01", "2026-06-02", &out);
    holds(&out);
    let words = words(&out);
    assert!(
        words.contains("400 possible breaches found by software"),
        "{words}"
    );
    assert!(
        words.contains("399 (computer") && words.contains("[U+65E5]"),
        "{words}"
    );
}
