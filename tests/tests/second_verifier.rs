//! `tests/verifier/verify.py`, which shares nothing with us but docs/evidence.md, and our own verifier
//! say the same of a real bundle and of every tampered copy.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use proviso_report::bundle::{COMPLETENESS, Check, ERASURES, Outcome};
use proviso_tests::collector::MANAGER;
use proviso_tests::erasure::{RULE, SECOND, erased};
use proviso_tests::process::{done, output};
use proviso_tests::scene::Scene;
use proviso_tests::tamper::{Memory, bundles, tampered};

/// What `verify.py` calls a check, and words of ours that only that check has.
const NAMES: [(&str, &str); 36] = [
    ("log.erasures", "what was erased"),
    ("bag.declaration", "bagit.txt names a bag"),
    ("bag.payload", "files has the hash that the bag names"),
    ("bag.tags", "the bag's own files"),
    ("about", "bundle.json says what was exported"),
    ("collector.key", "the collector's key can be read"),
    ("seal", "the collector signed this bundle"),
    ("log.key", ": its key can be read"),
    ("log.keys", "named under the key before it"),
    ("log.checkpoints", "signed by the device and received"),
    ("log.roots", "lead to the roots"),
    ("log.withheld", "no record is withheld"),
    ("log.follows", "its log was broken off"),
    ("log.follows", "it is said where its log goes on"),
    ("log.follows", "its log goes on where"),
    ("log.complete", "is shown or withheld by number"),
    ("log.complete", "it is said which records are withheld"),
    ("log.records", "each record stands at its place"),
    ("order.named", "is the one that the records name"),
    ("order.read", "…: it can be read"),
    ("order.signed", "…: it is signed by"),
    ("order.lists", "…: the lists beside it"),
    ("order.update", "is one that the order allows"),
    (
        "order.held_counts",
        "which only the collector holds, counts",
    ),
    ("findings", "the findings can be read"),
    ("ledger.checkpoint", "the ledger: the collector signed"),
    ("ledger.checkpoint", "the ledger: it is part"),
    ("ledger.entries", "the ledger: each of the"),
    ("ledger.earlier", "the ledger: it continues"),
    ("ledger.receipts", "the ledger: every receipt"),
    ("ledger.decisions", "the ledger: every decision"),
    ("ledger.orders", "the ledger: every order"),
    ("ledger.erasures", "the ledger: every erasure"),
    ("ledger.stamp", "the ledger: a time-stamping authority"),
    ("order.list_counts", "of the list `"),
    ("ledger.witnesses", "the ledger: "),
];

/// What is worst of each check: 0 holds, 1 could not be made, 2 fails. What holds is left out, for one
/// of the two does not say it of everything.
type Said = BTreeMap<String, u8>;

fn ours(checks: &[Check]) -> Said {
    let mut said = Said::new();
    for check in checks {
        let mut names = NAMES.iter().filter(|(_, words)| check.what.contains(words));
        let worst = match check.outcome {
            Outcome::Holds => continue,
            Outcome::Unchecked(_) => 1,
            Outcome::Fails(_) => 2,
        };
        // What only a judge can say has no name here.
        if let Some((name, _)) = names.next() {
            let known = said.entry((*name).to_owned()).or_default();
            *known = worst.max(*known);
        }
    }
    said
}

/// By bundle.
fn theirs(text: &str) -> BTreeMap<PathBuf, Said> {
    let mut all: BTreeMap<PathBuf, Said> = BTreeMap::new();
    let mut bundle = PathBuf::new();
    for line in text.lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let (worst, name) = match parts[..] {
            ["bundle", path] => {
                bundle = path.into();
                all.insert(bundle.clone(), Said::new());
                continue;
            }
            ["NOT CHECKED", name, ..] => (1, name),
            ["FAILS", name, ..] => (2, name),
            _ => continue,
        };
        let said = all.get_mut(&bundle).unwrap();
        let known = said.entry(name.to_owned()).or_default();
        *known = worst.max(*known);
    }
    all
}

/// Python with the packages that `requirements.txt` pins, made once and kept beside our own programs.
fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let wanted = root.join("verifier/requirements.txt");
    let own = std::env::current_exe().unwrap();
    let folder = own.ancestors().nth(3).unwrap().join("second-verifier");
    let (python, done_with) = (folder.join("bin/python"), folder.join("requirements.txt"));
    if std::fs::read(&done_with).ok() == Some(std::fs::read(&wanted).unwrap()) {
        return python;
    }
    let made = done(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    if let Err(error) = made {
        panic!("apt-get install python3-venv, and run this again: {error:#}");
    }
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet", "-r"])
        .arg(&wanted);
    if let Err(error) = done(&mut install) {
        panic!("pip could not install what tests/verifier/requirements.txt names: {error:#}");
    }
    std::fs::copy(&wanted, &done_with).unwrap();
    python
}

/// The exit code, and everything said.
fn second(bundles: &[PathBuf]) -> (i32, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("verifier/verify.py");
    let said = output(Command::new(python()).arg(script).args(bundles)).unwrap();
    let errors = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(errors, "");
    (
        said.status.code().unwrap(),
        String::from_utf8(said.stdout).unwrap(),
    )
}

#[test]
fn both_verifiers_say_the_same() {
    let scene = Scene::new().unwrap();
    let (whole, other) = bundles(&scene).unwrap();
    let folder = scene.dir().join("copies");
    let put = |number: usize, bundle: &Memory| {
        let path = folder.join(number.to_string());
        bundle.write(&path).unwrap();
        path
    };
    let good = put(0, &whole);
    let (code, words) = second(std::slice::from_ref(&good));
    assert_eq!(code, 0, "{words}");
    for (name, _) in NAMES.iter().filter(|(name, _)| !name.starts_with("ledger")) {
        let seen = words.contains(&format!("holds\t{name}\t"));
        let rare = [
            "log.follows",
            "log.withheld",
            "log.complete",
            "log.erasures",
            "order.update",
            "order.list_counts",
            "order.held_counts",
        ]
        .contains(name);
        assert!(seen || rare, "{name}\n{words}");
    }
    let bagit = Command::new(python())
        .args(["-m", "bagit", "--validate", "--quiet"])
        .arg(&good)
        .status();
    assert!(bagit.unwrap().success(), "bagit refuses the bag");

    agree(tampered(&whole, &other), &put);
}

#[test]
fn both_verifiers_say_the_same_of_records_that_were_erased() {
    let mut scene = Scene::new().unwrap();
    let (whole, erased) = erased(&mut scene).unwrap();
    let folder = scene.dir().join("copies");
    let put = |number: usize, bundle: &Memory| {
        let path = folder.join(number.to_string());
        bundle.write(&path).unwrap();
        path
    };
    for check in erased.checks() {
        assert_eq!(check.outcome, Outcome::Holds, "{}", check.what);
    }
    let (code, words) = second(&[put(0, &erased)]);
    assert_eq!(code, 0, "{words}");
    for name in [
        "log.erasures",
        "log.complete",
        "log.withheld",
        "ledger.erasures",
    ] {
        assert!(
            words.contains(&format!("holds\t{name}\t")),
            "{name}\n{words}"
        );
    }
    let mut copies = tampered(&erased, &whole);
    let about = [
        "data/erasures",
        "data/completeness",
        "data/devices",
        "data/ledger",
    ];
    copies.retain(|(how, _)| about.iter().any(|path| how.starts_with(path)));
    let text = |path: &str| String::from_utf8(erased.0[path].clone()).unwrap();
    let (erasures, complete) = (text(ERASURES), text(COMPLETENESS));
    let mut bend = |how: &str, path: &str, new: String| {
        let mut bent = erased.clone();
        bent.0.insert(path.to_owned(), new.into());
        assert_ne!(bent, erased, "{how}");
        copies.push((how.to_owned(), bent.mended()));
    };
    bend("by one alone", ERASURES, erasures.replace(SECOND, MANAGER));
    bend(
        "under another rule",
        ERASURES,
        erasures.replace(RULE, "No rule"),
    );
    bend(
        "nothing was erased",
        ERASURES,
        erasures.replace("[[", "[[9").replace("]]", "99]]"),
    );
    bend("twice", ERASURES, erasures.repeat(2));
    bend(
        "of another time",
        COMPLETENESS,
        complete.replace("\"erased\"", "\"outside_time\""),
    );
    bend("not said", COMPLETENESS, {
        let (before, _) = complete.split_once(",\"erased\"").unwrap();
        format!("{before}}}\n")
    });
    // A record that is simply not there, and not named.
    let path = erased
        .0
        .keys()
        .find(|path| path.ends_with("/leaves.jsonl"))
        .unwrap()
        .clone();
    let leaves = text(&path);
    let hash = leaves
        .lines()
        .find(|line| line.contains("\"hash\""))
        .unwrap();
    bend("left out", &path, leaves.replace(&format!("{hash}\n"), ""));
    agree(copies, &put);
}

/// Of each copy both say the same, and neither lets it pass.
#[track_caller]
fn agree(copies: Vec<(String, Memory)>, put: &dyn Fn(usize, &Memory) -> PathBuf) {
    let copies: Vec<(String, Memory, PathBuf)> = (1..)
        .zip(copies)
        .map(|(number, (how, bent))| {
            let path = put(number, &bent);
            (how, bent, path)
        })
        .collect();
    let paths: Vec<PathBuf> = copies.iter().map(|(_, _, path)| path.clone()).collect();
    let (code, words) = second(&paths);
    assert_eq!(code, 1);
    let theirs = theirs(&words);
    let mut apart = Vec::new();
    for (how, bent, path) in &copies {
        let ours = ours(&bent.checks());
        let theirs = &theirs[path];
        if theirs.is_empty() {
            apart.push(format!("{how}: the second verifier lets it pass"));
        }
        if ours != *theirs {
            apart.push(format!(
                "{how}:\n    ours   {ours:?}\n    theirs {theirs:?}"
            ));
        }
    }
    assert!(apart.is_empty(), "{}", apart.join("\n"));
}
