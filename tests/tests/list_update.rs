//! A list is updated without a new order, by whom the order names: from the record on that says so it
//! counts, on the device, at the collector and for whoever verifies the bundle.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

use proviso_report::fact::Fact;
use proviso_tests::extension::Extension;
use proviso_tests::held::wait_for_record;
use proviso_tests::order::{self, COURT, LISTS, POLICE, Terms};
use proviso_tests::process::{done, output};
use proviso_tests::programs::program;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::PATIENCE;

const NEW: &str = "new-network.example";

/// The usual order, which lets somebody update the list of social networks.
fn put_order(scene: &Scene) -> PathBuf {
    let order = order::write(&scene.dir().join("order"), Terms::default()).unwrap();
    let text = std::fs::read_to_string(&order).unwrap();
    let updates =
        format!("updates = {{ by = \"{LISTS}\", says = \"New networks may be added.\" }}\n");
    let edited = text.replace(
        "source = \"chosen by hand\"\n",
        &format!("source = \"chosen by hand\"\n{updates}"),
    );
    assert_ne!(edited, text);
    std::fs::write(&order, edited).unwrap();
    for principal in [COURT, POLICE] {
        scene.signers.sign(&order, principal).unwrap();
    }
    scene.collector.put_order(PERSON, &order).unwrap();
    order
}

/// The statement that one host more is on the list, and the new list.
fn update(order: &Path) -> (PathBuf, PathBuf) {
    let folder = order.parent().unwrap();
    let old = std::fs::read_to_string(folder.join("lists/social.domains")).unwrap();
    let list = folder.join("social-2.domains");
    let mut lines: Vec<&str> = old.lines().chain([NEW]).collect();
    lines.sort_unstable();
    std::fs::write(&list, lines.join("\n") + "\n").unwrap();
    let mut write = Command::new(program("proviso").unwrap());
    write
        .args(["list", "update", "social", "--order"])
        .arg(order);
    write.arg("--new").arg(&list);
    write.args(["--from", "2026-01-01T00:00:00Z"]);
    let file = folder.join("social-2.toml");
    std::fs::write(&file, done(&mut write).unwrap()).unwrap();
    (file, list)
}

fn take(scene: &Scene, file: &Path, list: &Path) -> std::process::Output {
    let mut command = scene
        .collector
        .command(&["order", "update-list", "--person", PERSON])
        .unwrap();
    command.arg("--new").arg(list).arg(file);
    output(&mut command).unwrap()
}

fn visit(scene: &Scene, extension: &mut Extension, url: &str) {
    extension.visit(url, PATIENCE).unwrap();
    extension.all_taken(PATIENCE).unwrap();
    wait_for_record(&scene.collector, url, |held| held.is_visit_of(url)).unwrap();
}

#[test]
fn an_updated_list_counts_from_the_record_on_that_says_so() {
    let scene = Scene::new().unwrap();
    scene.collector.add_person(PERSON).unwrap();
    let order = put_order(&scene);
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000e1").unwrap();
    let (before, after, later) = (
        format!("https://{NEW}/before"),
        format!("https://{NEW}/after"),
        format!("https://{NEW}/later"),
    );
    visit(&scene, &mut extension, &before);

    let (file, list) = update(&order);
    let mut signature = file.clone().into_os_string();
    signature.push(".sig");
    scene.signers.sign_update(&file, POLICE).unwrap();
    let refused = take(&scene, &file, &list);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "{words}");
    assert!(
        words.contains(&format!("lets {LISTS} update this list")),
        "{words}"
    );
    std::fs::remove_file(&signature).unwrap();
    scene.signers.sign_update(&file, LISTS).unwrap();
    let taken = take(&scene, &file, &list);
    let words = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert!(taken.status.success(), "{words}");

    let counts = wait_for_record(&scene.collector, "the update in force", |held| {
        matches!(&held.record.fact, Fact::ListInForce(one) if one.list == "social" && one.number == 1)
    })
    .unwrap();
    visit(&scene, &mut extension, &after);
    computer.kill().unwrap();
    computer.start_quickly().unwrap();
    visit(&scene, &mut extension, &later);
    let found = scene
        .collector
        .wait_for_finding("by the new list", |one| one.rule == "4.a")
        .unwrap();
    assert!(found.seq > counts.record.seq, "{found:?}");
    assert!(found.matched.contains(NEW), "{found:?}");
    let status = computer.status().unwrap();
    assert!(status.contains("rule 4.a)"), "found here too: {status}");
    computer.stop().unwrap();
    wait_for_record(&scene.collector, "the end of the agent", |held| {
        matches!(held.record.fact, Fact::AgentStopped(_))
    })
    .unwrap();
    let all = scene.collector.findings().unwrap();
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all.iter().all(|one| one.proof == "proven"), "{all:?}");

    let bundle = scene.dir().join("bundle");
    scene.collector.export(PERSON, &bundle).unwrap();
    let mut verify = Command::new(program("proviso").unwrap());
    let said = output(verify.arg("verify").arg(&bundle)).unwrap();
    let words = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success(), "{words}");
    assert!(
        words.contains("update 1 of the list `social` counts"),
        "{words}"
    );
    let findings = std::fs::read_to_string(bundle.join("data/findings.jsonl")).unwrap();
    assert_eq!(findings.matches("\"basis\":").count(), 2, "{findings}");
}
