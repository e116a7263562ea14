//! The whole way on the manager's screen: an alert comes by itself, the case says what and why, the
//! manager decides, and what is exported verifies.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::process::Command;

use proviso_tests::process::done;
use proviso_tests::programs::program;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::PATIENCE;

#[test]
fn an_alert_is_seen_understood_decided_and_exported() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let computer = scene.computer(PERSON).unwrap();
    let mut office = scene.office().unwrap();
    let page = &mut office.browser;
    page.open(&scene.collector.url("/")).unwrap();
    page.wait_for("Nothing is waiting for a person", PATIENCE)
        .unwrap();
    page.wait_for("Live: ", PATIENCE).unwrap();
    page.eval("window.same = true").unwrap();

    let mut chromium = computer.chromium(&scene.sites).unwrap();
    computer.wait_for_extension("chromium").unwrap();
    chromium.open("https://news.example/before").unwrap();
    chromium.open("https://www.facebook.com/groups").unwrap();
    let text = page.wait_for("1 waiting for a decision", PATIENCE).unwrap();
    assert!(text.contains(PERSON), "{text}");
    assert_eq!(
        page.eval("window.same").unwrap(),
        true,
        "the page was loaded anew"
    );

    page.press(".what").unwrap();
    for words in [
        "without the prior written approval",
        // The clause in the court's words, the rule's sentence, what matched, the minutes around it.
        "Using any social networking site",
        "Possible breach if a listed social network is opened.",
        "facebook.com",
        "news.example/before",
    ] {
        page.wait_for(words, PATIENCE).unwrap();
    }
    // The receipt: when it was durably held.
    let text = page.text().unwrap();
    assert!(text.to_lowercase().contains("receipt"), "{text}");

    page.type_into("#reason", "Asked by telephone; he had opened a link.")
        .unwrap();
    page.press("input[value=no_action]").unwrap();
    page.press("#decision form button").unwrap();
    page.wait_for("Asked by telephone; he had opened a link.", PATIENCE)
        .unwrap();
    page.open(&scene.collector.url("/")).unwrap();
    page.wait_for("Nothing is waiting for a person", PATIENCE)
        .unwrap();
    chromium.close().unwrap();

    let bundle = scene.dir().join("bundle");
    scene.collector.export(PERSON, &bundle).unwrap();
    let said = done(
        Command::new(program("proviso").unwrap())
            .arg("verify")
            .arg(&bundle),
    )
    .unwrap();
    println!("{said}");
    let decisions = std::fs::read_to_string(bundle.join("data/decisions.jsonl")).unwrap();
    assert!(decisions.contains("he had opened a link"), "{decisions}");
    // The activity names nobody.
    for file in ["data/bundle.json", "data/findings.jsonl"] {
        let text = std::fs::read_to_string(bundle.join(file)).unwrap();
        assert!(!text.contains(PERSON), "{file} names the person");
    }
}

#[test]
fn a_bundle_that_was_changed_does_not_verify() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let mut extension =
        proviso_tests::extension::Extension::start(&computer, "00000000000000e1").unwrap();
    extension
        .visit("https://www.facebook.com/groups", PATIENCE)
        .unwrap();
    scene
        .collector
        .wait_for_finding("to export", |found| found.proof == "proven")
        .unwrap();
    let bundle = scene.dir().join("bundle");
    scene.collector.export(PERSON, &bundle).unwrap();
    let verify = |dir: &std::path::Path| {
        let mut command = Command::new(program("proviso").unwrap());
        let said = proviso_tests::process::output(command.arg("verify").arg(dir)).unwrap();
        (said.status.code(), String::from_utf8(said.stdout).unwrap())
    };
    let (code, said) = verify(&bundle);
    assert_eq!(code, Some(0), "{said}");

    // Everything but the first byte of evidence is as it was.
    let leaves = find(&bundle, "leaves.jsonl");
    let text = std::fs::read_to_string(&leaves).unwrap();
    std::fs::write(
        &leaves,
        text.replace("facebook.com/groups", "facebook.com/gruops"),
    )
    .unwrap();
    let (code, said) = verify(&bundle);
    assert_eq!(code, Some(1), "{said}");
    std::fs::write(&leaves, &text).unwrap();
    assert_eq!(verify(&bundle).0, Some(0));

    // A missing key is no proof of anything.
    std::fs::remove_file(bundle.join("data/keys/collector.vkey")).unwrap();
    let (code, said) = verify(&bundle);
    assert_ne!(code, Some(0), "{said}");
    assert_eq!(verify(&scene.dir().join("nothing")).0, Some(2));
}

fn find(folder: &std::path::Path, name: &str) -> std::path::PathBuf {
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.file_name().is_some_and(|found| found == name) {
                return path;
            }
        }
    }
    panic!("there is no {name}")
}
