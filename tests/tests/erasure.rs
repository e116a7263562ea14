//! Erasure in part: the text of records goes from every file of the store, the log still verifies, and
//! every later bundle says what was erased, when, by whom and under which rule.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use proviso_collector::clock;
use proviso_collector::data_dir::DataDir;
use proviso_collector::erasure as erasing;
use proviso_collector::store::casework::{self, AlertState, Decision};
use proviso_collector::store::vault::{Vault, VaultError};
use proviso_collector::store::{FindingId, Store, StoreError, findings, sealed, staff};
use proviso_report::bundle::{Completeness, Erasure};
use proviso_report::{Kind, UnixMs};
use proviso_tests::agent::Computer;
use proviso_tests::collector::{MANAGER, PASSWORD};
use proviso_tests::erasure::{
    RULE, SECOND, Said, ask, asked, confirm, holding, second_person, typing,
};
use proviso_tests::extension::Extension;
use proviso_tests::held::{records, visits, wait_for_record};
use proviso_tests::process::{done, output};
use proviso_tests::programs::program;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::PATIENCE;

const BREACH: &str = "https://www.facebook.com/groups/7391";
const GONE: &str = "https://news.example/a-very-particular-page";
const KEPT: &str = "https://news.example/another-page";

/// Three visits are held; the agent has stopped, and the collector still serves.
fn recorded() -> (Scene, Computer) {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    second_person(&scene.collector).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000f1").unwrap();
    for url in [BREACH, GONE, KEPT] {
        extension.visit(url, PATIENCE).unwrap();
    }
    extension.all_taken(PATIENCE).unwrap();
    computer.stop().unwrap();
    wait_for_record(&scene.collector, "the end of the agent", |held| {
        held.record.kind() == Kind::AgentStopped
    })
    .unwrap();
    assert_eq!(visits(&scene.collector).unwrap().len(), 3);
    (scene, computer)
}

/// Runs a command of the collector that asks for no password.
fn run(scene: &Scene, words: &[&str]) -> Said {
    typing(&mut scene.collector.command(words).unwrap(), "").unwrap()
}

fn confirmed(scene: &Scene, id: &str, staff: &str, more: &[&str]) -> Said {
    let mut command = confirm(&scene.collector, id, staff).unwrap();
    typing(command.args(more), PASSWORD).unwrap()
}

fn verify(dir: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(program("proviso").unwrap());
    let said = output(command.arg("verify").arg(dir)).unwrap();
    (said.status.code(), String::from_utf8(said.stdout).unwrap())
}

/// The number of a record as commands take it, and its place.
fn number(scene: &Scene, url: &str) -> (String, u64) {
    let all = records(&scene.collector).unwrap();
    let one = all.into_iter().find(|held| held.is_visit_of(url)).unwrap();
    let seq = one.record.seq;
    (format!("{}:{seq}-{seq}", one.device), seq)
}

/// The bytes of the stored report that has a record.
fn report_of(store: &Path, seq: u64) -> Vec<u8> {
    let store = rusqlite::Connection::open(store).unwrap();
    let sql = "SELECT bytes FROM report WHERE first <= ?1 ORDER BY first DESC LIMIT 1";
    store
        .query_row(sql, [i64::try_from(seq).unwrap()], |row| row.get(0))
        .unwrap()
}

/// The stored reports as they lie there, each with its place.
fn reports(store: &Path) -> Vec<(String, Vec<u8>)> {
    let store = rusqlite::Connection::open(store).unwrap();
    let mut found = store
        .prepare("SELECT device, first, bytes FROM report")
        .unwrap();
    let rows = found.query_map([], |row| {
        let device: String = row.get(0)?;
        let place = sealed::report(
            device.parse().unwrap(),
            row.get::<_, i64>(1)?.unsigned_abs(),
        );
        Ok((place, row.get(2)?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Neither a text nor any part of what this report was sealed to is in any file.
#[track_caller]
fn is_gone(data: &Path, text: &str, report: &[u8]) {
    for part in [text.as_bytes(), &report[37..69], &report[73..105]] {
        assert_eq!(holding(data, part).unwrap(), Vec::<PathBuf>::new());
    }
}

/// A person says of every finding that it was no breach.
fn decided(scene: &Scene) {
    let store = Store::open(&scene.collector.store_file()).unwrap();
    let wrote = store.write_blocking("test", move |tx| {
        let sql = "SELECT finding FROM alert WHERE state <> 'decided'";
        let all: Vec<FindingId> = tx.query(sql, &[], |row| row.parsed(0))?;
        let staff = staff::by_name(tx, MANAGER)?.unwrap();
        for (number, finding) in all.into_iter().enumerate() {
            let decision = Decision {
                id: format!("decision-{number}"),
                finding,
                staff: staff.id.clone(),
                at: findings::get(tx, finding)?.unwrap().made,
                verdict: "no_breach".to_owned(),
                reason: "Permitted.".to_owned(),
            };
            casework::decide(tx, &decision, AlertState::Decided)?;
        }
        Ok::<_, StoreError>(())
    });
    wrote.unwrap();
    store.close();
}

#[test]
fn what_two_people_erase_is_gone_and_the_log_still_verifies() {
    let (mut scene, mut computer) = recorded();
    let (gone, seq) = number(&scene, GONE);
    let data = scene.collector.data().to_owned();
    let before = report_of(&scene.collector.store_file(), seq);
    assert!(!holding(&data, &before[37..69]).unwrap().is_empty());

    // It is asked for while the collector serves, and not done then, nor by one person alone.
    let id = asked(&scene.collector, &["--records", &gone]).unwrap();
    assert!(run(&scene, &["erase", "list"]).words.contains(&id));
    let refused = |said: Said, why: &str| {
        assert!(
            !said.done && said.words.contains(why),
            "{why}: {}",
            said.words
        );
    };
    refused(confirmed(&scene, &id, SECOND, &[]), "stop it first");
    scene.collector.stop().unwrap();
    refused(
        confirmed(&scene, &id, MANAGER, &[]),
        "somebody else must confirm",
    );
    let wrong = typing(
        &mut confirm(&scene.collector, &id, SECOND).unwrap(),
        "wrong",
    );
    refused(wrong.unwrap(), "do not fit");
    refused(
        confirmed(&scene, "00ff", SECOND, &[]),
        "nobody asked for an erasure 00ff",
    );
    let hold = ["--person", PERSON, "--staff", MANAGER, "--reason", "Appeal"];
    assert!(run(&scene, &[&["retention", "hold"], &hold[..]].concat()).done);
    refused(confirmed(&scene, &id, SECOND, &[]), "on hold");
    assert_eq!(report_of(&scene.collector.store_file(), seq), before);
    assert_eq!(visits(&scene.collector).unwrap().len(), 3);
    let mut release = scene
        .collector
        .command(&[&["retention", "release"], &hold[..]].concat());
    assert!(typing(release.as_mut().unwrap(), PASSWORD).unwrap().done);

    let certificate = scene.dir().join("certificate.txt");
    let path = certificate.to_str().unwrap();
    let said = confirmed(&scene, &id, SECOND, &["--certificate", path]);
    assert!(
        said.done && said.words.contains("1 records of"),
        "{}",
        said.words
    );
    is_gone(&data, GONE, &before);
    let left = visits(&scene.collector).unwrap();
    assert!(left.contains_key(BREACH) && left.contains_key(KEPT) && !left.contains_key(GONE));
    let text = std::fs::read_to_string(&certificate).unwrap();
    for words in [
        "CERTIFICATE OF DESTRUCTION",
        &format!("Asked by:     {MANAGER}\nConfirmed by: {SECOND}\nRule:         {RULE}\n"),
        &format!("{seq} to {seq}"),
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let note = std::fs::read_to_string(scene.dir().join("certificate.txt.note")).unwrap();
    assert!(
        note.contains("/erasure/") && note.contains("/collector "),
        "{note}"
    );
    refused(
        confirmed(&scene, &id, SECOND, &[]),
        "nothing is left to confirm",
    );

    let bundle = scene.dir().join("bundle");
    scene.collector.export(PERSON, &bundle).unwrap();
    let read = |path: &str| std::fs::read_to_string(bundle.join(path)).unwrap();
    let erasure: Erasure = serde_json::from_str(read("data/erasures.jsonl").trim()).unwrap();
    assert_eq!(
        (erasure.asked_by.as_str(), erasure.confirmed_by.as_str()),
        (MANAGER, SECOND)
    );
    assert_eq!((erasure.rule.as_str(), erasure.count()), (RULE, 1));
    assert!(erasure.records[0].places.has(seq));
    let complete = read("data/completeness.jsonl");
    let complete: Completeness = serde_json::from_str(complete.trim()).unwrap();
    assert!(complete.erased.has(seq) && complete.erased.count() == 1);
    assert!(
        read("data/unused.csv").contains(&format!("erased,{},{seq},{seq},1,", complete.device))
    );
    assert!(read("data/README.txt").contains("WHAT WAS ERASED"));
    let paper = Command::new("pdftotext")
        .arg("-raw")
        .arg(bundle.join("data/report.pdf"))
        .arg("-")
        .output()
        .unwrap();
    let paper = String::from_utf8(paper.stdout).unwrap();
    let (_, erased) = paper.split_once("What was erased").unwrap();
    assert!(erased.contains(RULE) && erased.contains(MANAGER), "{paper}");
    assert_eq!(
        holding(&bundle, GONE.as_bytes()).unwrap(),
        Vec::<PathBuf>::new()
    );
    let (code, said) = verify(&bundle);
    assert_eq!(code, Some(0), "{said}");
    let words = format!(
        "1 records, under the rule \"{RULE}\"; {MANAGER} asked for it and {SECOND} confirmed it"
    );
    assert!(
        said.contains(&words) && said.contains("erased: 1"),
        "{said}"
    );
    // Nobody can say less was erased than was.
    std::fs::remove_file(bundle.join("data/erasures.jsonl")).unwrap();
    assert_eq!(verify(&bundle).0, Some(1));

    // The store is as its ledger says, and the collector goes on.
    let said = run(&scene, &["ledger", "check"]);
    assert!(said.done, "{}", said.words);
    scene.collector.serve().unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000f2").unwrap();
    let more = "https://news.example/afterwards";
    extension.visit(more, PATIENCE).unwrap();
    wait_for_record(&scene.collector, more, |held| held.is_visit_of(more)).unwrap();
    let later = scene.dir().join("later");
    scene.collector.export(PERSON, &later).unwrap();
    let (code, said) = verify(&later);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn what_is_undecided_or_an_exhibit_stays_and_then_all_of_a_person_goes() {
    let (mut scene, _computer) = recorded();
    let refused = |scene: &Scene, which: &[&str], why: &str| {
        let said = ask(&scene.collector, which).unwrap();
        assert!(
            !said.done && said.words.contains(why),
            "{why}: {}",
            said.words
        );
    };
    let (breach, seq) = number(&scene, BREACH);
    refused(&scene, &["--records", &breach], "nobody has decided");
    refused(&scene, &["--kind", "web_visit"], "nobody has decided");
    refused(&scene, &["--everything"], "nobody has decided");
    refused(&scene, &["--kind", "heartbeat"], "no record fits");
    refused(
        &scene,
        &["--before", "2020-01-01T00:00:00Z"],
        "no record fits",
    );
    refused(&scene, &[], "required");
    decided(&scene);

    let (kept, _) = number(&scene, KEPT);
    let mut export = scene
        .collector
        .command(&["export", "--person", PERSON])
        .unwrap();
    let exhibit = scene.dir().join("exhibit");
    export
        .args(["--records", &kept, "--exhibit", "JB/1", "--out"])
        .arg(exhibit);
    done(&mut export).unwrap();
    refused(&scene, &["--everything"], "is part of the exhibit JB/1");
    let mut release = scene.collector.command(&[
        "retention",
        "release",
        "--exhibit",
        "JB/1",
        "--person",
        PERSON,
        "--staff",
        MANAGER,
        "--reason",
        "The appeal is over.",
    ]);
    let said = typing(release.as_mut().unwrap(), PASSWORD).unwrap();
    assert!(said.done, "{}", said.words);

    // One that is withdrawn is not done.
    let withdrawn = asked(&scene.collector, &["--everything"]).unwrap();
    let mut withdraw = scene
        .collector
        .command(&["erase", "withdraw", &withdrawn, "--staff", SECOND]);
    assert!(typing(withdraw.as_mut().unwrap(), PASSWORD).unwrap().done);
    let id = asked(&scene.collector, &["--everything"]).unwrap();
    let store = scene.collector.store_file();
    let before = report_of(&store, seq);
    scene.collector.stop().unwrap();
    let said = confirmed(&scene, &withdrawn, SECOND, &[]);
    assert!(
        !said.done && said.words.contains("this was taken back by"),
        "{}",
        said.words
    );

    let backup = scene.dir().join("backup.db");
    std::fs::copy(&store, &backup).unwrap();

    // As one that is killed after it erased and before it cleaned: the collector does that as it starts.
    let data = DataDir::open(scene.collector.data()).unwrap();
    let alone = Store::open_alone(&store).unwrap();
    let (which, signer) = (id.clone(), data.signer().unwrap());
    let erased = alone.write_blocking("erase", move |tx| {
        let by = staff::by_name(tx, SECOND)?.unwrap();
        Ok::<_, anyhow::Error>(erasing::confirm(
            tx,
            &signer,
            &which,
            &by,
            UnixMs(clock::now()),
        )?)
    });
    alone.close();
    assert_eq!(erased.unwrap().count(), 3);
    let certificate = scene.dir().join("certificate.txt");
    let certify = [
        "erase",
        "certificate",
        &id,
        "--out",
        certificate.to_str().unwrap(),
    ];
    let said = run(&scene, &certify);
    assert!(
        !said.done && said.words.contains("may still hold"),
        "{}",
        said.words
    );
    scene.collector.serve().unwrap();
    for text in [BREACH, GONE, KEPT] {
        is_gone(scene.collector.data(), text, &before);
    }
    assert!(run(&scene, &certify).done);
    assert_eq!(visits(&scene.collector).unwrap().len(), 0);

    // The key is gone with it: a backup of the store gives nothing away any more.
    let vault = Vault::beside(&store);
    let lost = reports(&backup);
    assert!(lost.len() > 1);
    for (place, bytes) in lost {
        let why = vault.open(&place, bytes).unwrap_err();
        assert!(matches!(why, VaultError::Missing(_)), "{why}");
    }
    for (place, bytes) in reports(&store) {
        vault.open(&place, bytes).unwrap();
    }
    let text = std::fs::read_to_string(&certificate).unwrap();
    assert!(text.contains("The key under which it was sealed"), "{text}");

    // That something was found, and what a person said of it, is known here; a bundle has neither.
    assert!(
        scene
            .collector
            .findings()
            .unwrap()
            .iter()
            .all(|found| found.matched == "[]")
    );
    let bundle = scene.dir().join("bundle");
    scene.collector.export(PERSON, &bundle).unwrap();
    for file in ["data/findings.jsonl", "data/decisions.jsonl"] {
        assert_eq!(
            std::fs::read_to_string(bundle.join(file)).unwrap(),
            "",
            "{file}"
        );
    }
    let (code, said) = verify(&bundle);
    assert_eq!(code, Some(0), "{said}");
    let said = run(&scene, &["ledger", "check"]);
    assert!(said.done, "{}", said.words);
}

#[test]
fn a_kill_at_any_moment_leaves_all_or_nothing_and_the_rest_is_done_later() {
    let (mut scene, _computer) = recorded();
    let (gone, seq) = number(&scene, GONE);
    let id = asked(&scene.collector, &["--records", &gone]).unwrap();
    scene.collector.stop().unwrap();
    let store = scene.collector.store_file();
    let (data, kept) = (scene.collector.data().to_owned(), scene.dir().join("kept"));
    let copy =
        |from: &Path, to: &Path| done(Command::new("cp").arg("-a").arg(from).arg(to)).unwrap();
    copy(&data, &kept);
    let before = report_of(&store, seq);
    let began = Instant::now();
    let said = confirmed(&scene, &id, SECOND, &[]);
    assert!(said.done, "{}", said.words);
    let whole = began.elapsed();

    for tenths in [3_u32, 5, 6, 7, 8, 9, 10] {
        std::fs::remove_dir_all(&data).unwrap();
        copy(&kept, &data);
        killed(&scene, &id, whole * tenths / 10);
        let erased = report_of(&store, seq) != before;
        let said = run(&scene, &["ledger", "check"]);
        assert!(said.done, "after {tenths} tenths: {}", said.words);
        let waits = run(&scene, &["erase", "list"]).words.contains(&id);
        assert_ne!(erased, waits, "after {tenths} tenths");
        if erased {
            let said = run(&scene, &["retention", "clean"]);
            assert!(said.done, "{}", said.words);
        } else {
            let said = confirmed(&scene, &id, SECOND, &[]);
            assert!(said.done, "{}", said.words);
        }
        is_gone(&data, GONE, &before);
        let certificate = scene.dir().join(format!("certificate-{tenths}"));
        let said = run(
            &scene,
            &[
                "erase",
                "certificate",
                &id,
                "--out",
                certificate.to_str().unwrap(),
            ],
        );
        assert!(said.done, "{}", said.words);
    }
}

/// Confirms it, and kills the command after that long. No event outside tells how far it is.
fn killed(scene: &Scene, id: &str, after: Duration) {
    use std::io::Write as _;
    let mut command = confirm(&scene.collector, id, SECOND).unwrap();
    let silent = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = silent.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_is_due_for_review_is_listed_and_nothing_is_erased_by_itself() {
    let (mut scene, _computer) = recorded();
    scene.collector.stop().unwrap();
    let due = |class: &str| {
        let file = scene.collector.data().join("collector.toml");
        std::fs::write(file, format!("[[retention]]\n{class}\n")).unwrap();
        let said = run(&scene, &["retention", "due"]);
        assert!(said.done, "{}", said.words);
        said.words
    };
    let now = due("kind = \"web_visit\"\nreview_after_days = 0");
    assert!(
        now.contains("web_visit: 3 records to review after 0 days, the oldest of"),
        "{now}"
    );
    assert!(due("review_after_days = 365").contains("Nothing is due"));
    assert!(due("clause = \"none\"\nreview_after_days = 0").contains("Nothing is due"));
    let hold = ["--person", PERSON, "--staff", MANAGER, "--reason", "Appeal"];
    assert!(run(&scene, &[&["retention", "hold"], &hold[..]].concat()).done);
    let held = due("review_after_days = 0");
    assert!(held.contains(&format!("; on hold by {MANAGER}")), "{held}");
    assert_eq!(visits(&scene.collector).unwrap().len(), 3);
}
