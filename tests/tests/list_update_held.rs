//! A list that only the collector holds is updated without a new order: it counts for all records that
//! come in from then on, no computer gets anything of it, and whoever verifies the bundle sees from
//! which record on it counted.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proviso_report::Hash;
use proviso_tests::agent::Computer;
use proviso_tests::extension::Extension;
use proviso_tests::held::wait_for_record;
use proviso_tests::order::{self, LISTS, Terms};
use proviso_tests::process::{done, output};
use proviso_tests::programs::program;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::PATIENCE;

const OLD: &str = "kept-known.example\n";
/// One host that is visited, and one that nobody ever names.
const NEW: &str = "kept-known.example\nkept-new.example\nkept-unseen.example\n";
const NEWER: &str = "kept-known.example\nkept-unseen.example\n";

fn put_order(scene: &Scene) -> PathBuf {
    let folder = scene.dir().join("order");
    let updates = format!(r#"updates = {{ by = "{LISTS}", says = "Sites may be added." }}"#);
    let more = order::kept_list(OLD, &updates);
    let order = order::write_with(&folder, Terms::default(), &more).unwrap();
    std::fs::write(folder.join("lists/kept.domains"), OLD).unwrap();
    scene.signers.sign_as_both(&order).unwrap();
    scene.collector.put_order(PERSON, &order).unwrap();
    order
}

/// A signed statement that this list takes the place of the one before it.
fn update(
    scene: &Scene,
    order: &Path,
    (name, entries): (&str, &str),
    (from, after): (&str, Option<&Path>),
) -> (PathBuf, PathBuf) {
    let folder = order.parent().unwrap();
    let list = folder.join(format!("{name}.domains"));
    std::fs::write(&list, entries).unwrap();
    let mut write = Command::new(program("proviso").unwrap());
    write
        .args(["list", "update", "kept", "--order"])
        .arg(order)
        .arg("--new")
        .arg(&list)
        .args(["--from", from]);
    if let Some(after) = after {
        write.arg("--after").arg(after);
    }
    let file = folder.join(format!("{name}.toml"));
    std::fs::write(&file, done(&mut write).unwrap()).unwrap();
    scene.signers.sign_update(&file, LISTS).unwrap();
    (file, list)
}

fn take(scene: &Scene, (file, list): &(PathBuf, PathBuf)) -> Output {
    let mut command = scene
        .collector
        .command(&["order", "update-list", "--person", PERSON])
        .unwrap();
    command.arg("--new").arg(list).arg(file);
    output(&mut command).unwrap()
}

fn taken(scene: &Scene, update: &(PathBuf, PathBuf)) {
    let taken = take(scene, update);
    let words = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert!(taken.status.success(), "{words}");
    let words = String::from_utf8_lossy(&taken.stdout).into_owned();
    assert!(
        words.contains("No computer gets it: it counts for all records of 1 computers"),
        "{words}"
    );
}

fn refused(scene: &Scene, update: &(PathBuf, PathBuf), why: &str) {
    let refused = take(scene, update);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "{words}");
    assert!(words.contains(why), "{words}");
}

/// Opens a page; its place in the log.
fn visit(scene: &Scene, extension: &mut Extension, url: &str) -> u64 {
    extension.visit(url, PATIENCE).unwrap();
    extension.all_taken(PATIENCE).unwrap();
    let held = wait_for_record(&scene.collector, url, |held| held.is_visit_of(url)).unwrap();
    held.record.seq
}

/// What was found by the rule of the list, by place.
fn found(scene: &Scene) -> Vec<(u64, String)> {
    let all = scene.collector.findings().unwrap();
    let mut found: Vec<_> = all
        .into_iter()
        .filter(|one| one.rule == "1.z" && one.proof == "proven")
        .map(|one| (one.seq, one.matched))
        .collect();
    found.sort();
    found
}

fn places(scene: &Scene) -> Vec<u64> {
    found(scene).into_iter().map(|(seq, _)| seq).collect()
}

/// Every file below a folder, by its path within.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    found
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|one| one == text.as_bytes())
}

/// Nothing of the new lists is there: neither an entry, nor their hashes.
fn knows_nothing(computer: &Computer) {
    let files = files(&computer.state());
    assert!(!files.is_empty());
    for (name, bytes) in files {
        for text in [
            "kept-unseen".to_owned(),
            Hash::of(NEW.as_bytes()).to_string(),
            Hash::of(NEWER.as_bytes()).to_string(),
        ] {
            assert!(!holds(&bytes, &text), "{text} is in {name}");
        }
    }
}

fn verified(bundle: &Path) -> (Option<i32>, String) {
    let mut verify = Command::new(program("proviso").unwrap());
    let said = output(verify.arg("verify").arg(bundle)).unwrap();
    let words = String::from_utf8_lossy(&said.stdout).into_owned();
    (said.status.code(), words)
}

#[test]
fn an_updated_list_of_the_collector_counts_from_what_comes_in_next() {
    let mut scene = Scene::new().unwrap();
    scene.collector.add_person(PERSON).unwrap();
    let order = put_order(&scene);
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000e2").unwrap();
    let known = visit(&scene, &mut extension, "https://kept-known.example/");
    let before = visit(&scene, &mut extension, "https://kept-new.example/before");
    let old = found(&scene);
    assert_eq!(places(&scene), [known]);

    let early = update(
        &scene,
        &order,
        ("early", NEW),
        ("2095-01-01T00:00:00Z", None),
    );
    refused(&scene, &early, "put it then");
    let first = update(
        &scene,
        &order,
        ("first", NEW),
        ("2026-01-01T00:00:00Z", None),
    );
    taken(&scene, &first);
    refused(
        &scene,
        &first,
        "this is update 1 of the list `kept`, and 2 is the next",
    );
    let after = visit(&scene, &mut extension, "https://kept-new.example/after");
    assert_eq!(places(&scene), [known, after]);
    scene.collector.kill().unwrap();
    scene.collector.serve().unwrap();
    let later = visit(&scene, &mut extension, "https://kept-new.example/later");
    assert_eq!(places(&scene), [known, after, later]);
    assert_eq!(found(&scene)[..1], old, "what was found stays");

    // The host is off the list again.
    let second = update(
        &scene,
        &order,
        ("second", NEWER),
        ("2026-01-02T00:00:00Z", Some(&first.0)),
    );
    taken(&scene, &second);
    let last = visit(&scene, &mut extension, "https://kept-new.example/last");
    assert!(last > later);
    assert_eq!(places(&scene), [known, after, later]);
    knows_nothing(&computer);
    computer.stop().unwrap();
    knows_nothing(&computer);

    let bundle = scene.dir().join("bundle");
    scene.collector.export(PERSON, &bundle).unwrap();
    let (code, words) = verified(&bundle);
    // What only the list itself could show is said to be unchecked.
    assert_eq!(code, Some(2), "{words}");
    assert!(
        words.contains("none fails") && words.contains("whose lists are only with the collector"),
        "{words}"
    );
    // Whoever is given the lists sees that their rules found just that.
    let given = scene.dir().join("given");
    std::fs::create_dir(&given).unwrap();
    let mut verify = Command::new(program("proviso").unwrap());
    verify.arg("verify").arg(&bundle);
    for (name, entries) in [("old", OLD), ("new", NEW), ("newer", NEWER)] {
        let list = given.join(name);
        std::fs::write(&list, entries).unwrap();
        verify.arg("--list").arg(&list);
    }
    let said = output(&mut verify).unwrap();
    let words = String::from_utf8_lossy(&said.stdout).into_owned();
    assert_eq!(said.status.code(), Some(0), "{words}");
    let (_, words) = verified(&bundle);
    let all = files(&bundle);
    let is_lists = |name: &str| name.ends_with("lists.jsonl");
    let lists = all.iter().find(|(name, _)| is_lists(name)).unwrap();
    let path = bundle.join(&lists.0);
    let text = String::from_utf8(lists.1.clone()).unwrap();
    let from: Vec<u64> = text
        .lines()
        .map(|line| {
            let (_, from) = line.split_once("\"from\":").unwrap();
            from.trim_end_matches('}').parse().unwrap()
        })
        .collect();
    let [one, two] = from[..] else {
        panic!("{text}");
    };
    assert!(before < one && one <= after, "{before} {one} {after}");
    assert!(later < two && two <= last, "{later} {two} {last}");
    for (number, from) in [(1, one), (2, two)] {
        let counts = format!(
            "from record {from} on update {number} of the list `kept`, which only the collector holds, \
             counts"
        );
        assert!(words.contains(&counts), "{words}");
    }
    for (name, bytes) in &all {
        assert!(
            !holds(bytes, "kept-unseen"),
            "an entry of the list is in {name}"
        );
    }

    // What somebody bends afterwards is found.
    let bent = text.replacen(&format!("\"from\":{one}"), "\"from\":0", 1);
    assert_ne!(bent, text);
    std::fs::write(&path, bent).unwrap();
    let (code, words) = verified(&bundle);
    assert_eq!(code, Some(1), "{words}");
    std::fs::remove_file(&path).unwrap();
    let (code, words) = verified(&bundle);
    assert_eq!(code, Some(1), "{words}");
    std::fs::write(&path, &text).unwrap();
    assert_eq!(verified(&bundle).0, Some(2));
    let update = all.iter().find(|(name, _)| name.ends_with("update.toml"));
    std::fs::remove_file(bundle.join(&update.unwrap().0)).unwrap();
    let (code, words) = verified(&bundle);
    assert_eq!(code, Some(1), "{words}");
}
