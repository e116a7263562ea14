//! Disclosure in part: one exhibit, one kind, some numbers; the rest stays as hashes, and the bundle
//! says by number what it withholds.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use proviso_collector::store::casework::{self, AlertState, Decision};
use proviso_collector::store::incidents::{self, Incident, IncidentKind};
use proviso_collector::store::{FindingId, Store, StoreError, findings, staff};
use proviso_report::Kind;
use proviso_report::bundle::{About, Completeness, Leaf, is_binding};
use proviso_report::record::Record;
use proviso_tests::collector::MANAGER;
use proviso_tests::extension::Extension;
use proviso_tests::held::wait_for_record;
use proviso_tests::process::{done, output};
use proviso_tests::programs::program;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::PATIENCE;

const BREACH: &str = "https://www.facebook.com/groups";
const OTHERS: [&str; 3] = [
    "https://news.example/monday",
    "https://news.example/tuesday",
    "https://news.example/wednesday",
];

const REASON: &str = "He had permission of the 7391st kind.";
const INCIDENT: &str = "Record 7391 names an order of another time.";

struct Exported {
    dir: PathBuf,
    about: About,
    completeness: Completeness,
    shown: Vec<Record>,
}

impl Exported {
    fn visits(&self) -> usize {
        let visit = |record: &&Record| record.kind() == Kind::WebVisit;
        self.shown.iter().filter(visit).count()
    }
}

fn export(scene: &Scene, name: &str, words: &[&str]) -> Exported {
    let dir = scene.dir().join(name);
    let mut command = scene
        .collector
        .command(&["export", "--person", PERSON])
        .unwrap();
    done(command.args(words).arg("--out").arg(&dir)).unwrap();
    let read = |path: &str| std::fs::read_to_string(dir.join(path)).unwrap();
    let about: About = serde_json::from_str(&read("data/bundle.json")).unwrap();
    let completeness: Completeness =
        serde_json::from_str(read("data/completeness.jsonl").trim()).unwrap();
    let leaves = read(&format!(
        "data/devices/{}/leaves.jsonl",
        completeness.device
    ));
    let shown = leaves
        .lines()
        .filter_map(|line| match serde_json::from_str(line).unwrap() {
            Leaf::Shown { line, .. } => Some(Record::parse(line.as_bytes()).unwrap()),
            Leaf::Withheld { .. } => None,
        });
    Exported {
        shown: shown.collect(),
        about,
        completeness,
        dir,
    }
}

fn verify(dir: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(program("proviso").unwrap());
    let said = output(command.arg("verify").arg(dir)).unwrap();
    (said.status.code(), String::from_utf8(said.stdout).unwrap())
}

/// The files of the bundle that hold these words, however their lines are broken.
fn holding(bundle: &Path, words: &str) -> Vec<String> {
    let together = |text: &str| text.split_whitespace().collect::<String>();
    let words = together(words);
    let mut found = Vec::new();
    let mut waiting = vec![bundle.to_owned()];
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if together(&text(&path)).contains(&words) {
                let name = path.strip_prefix(bundle).unwrap();
                found.push(name.to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// A file as its reader sees it.
fn text(path: &Path) -> String {
    if path.extension().is_some_and(|end| end == "pdf") {
        return done(Command::new("pdftotext").arg("-raw").arg(path).arg("-")).unwrap();
    }
    String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()
}

fn recorded() -> Scene {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000d1").unwrap();
    for url in [OTHERS[0], BREACH, OTHERS[1], OTHERS[2]] {
        extension.visit(url, PATIENCE).unwrap();
    }
    wait_for_record(&scene.collector, "the last visit", |held| {
        held.is_visit_of(OTHERS[2])
    })
    .unwrap();
    computer.stop().unwrap();
    wait_for_record(&scene.collector, "the end of the agent", |held| {
        held.record.kind() == Kind::AgentStopped
    })
    .unwrap();
    scene
}

fn finding(scene: &Scene) -> (String, u64) {
    let store = scene.collector.store().unwrap();
    let row = store.query_row(
        "SELECT id, seq FROM finding WHERE rule = '4.a'",
        [],
        |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())),
    );
    row.unwrap()
}

#[test]
fn one_exhibit_is_shown_and_the_rest_stays_hashes() {
    let scene = recorded();
    let (id, seq) = finding(&scene);
    let words = [
        "--finding",
        &id,
        "--exhibit",
        "JB/1",
        "--purpose",
        "Hearing",
    ];
    let exhibit = export(&scene, "exhibit", &words);
    assert_eq!(exhibit.visits(), 1);
    assert!(exhibit.completeness.shown.has(seq));
    let others = |record: &&Record| record.seq != seq;
    assert!(exhibit.shown.iter().filter(others).all(is_binding));
    let began = |record: &Record| record.kind() == Kind::OrderInForce;
    assert!(exhibit.shown.iter().any(began), "its order is bound");
    assert!(exhibit.completeness.not_selected.count() >= 3);
    assert!(exhibit.completeness.outside_time.is_empty());
    assert!(!holding(&exhibit.dir, BREACH).is_empty());
    for url in OTHERS {
        assert_eq!(holding(&exhibit.dir, url), [""; 0], "{url}");
    }
    let selection = exhibit.about.selection.unwrap();
    assert_eq!(selection.exhibit.as_deref(), Some("JB/1"));
    // Whoever signs the statement says that it is a part, and of what.
    let statement = text(&exhibit.dir.join("data/statement.txt"));
    let finding = format!("of the findings: {id}");
    for words in [
        "for the purpose of Hearing",
        "JB/1/1 ",
        "It does not show all",
        &finding,
    ] {
        assert!(statement.contains(words), "{words}\n{statement}");
    }
    assert_eq!(selection.findings[0].finding, id);
    let mode = std::fs::metadata(&exhibit.dir)
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o077, 0, "nobody else looks into it: {mode:o}");
    let (code, said) = verify(&exhibit.dir);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("VERIFIED") && said.contains("This is a choice of records"),
        "{said}"
    );
    assert!(
        said.contains("exhibit: JB/1") && said.contains("were not chosen"),
        "{said}"
    );
    let readme = std::fs::read_to_string(exhibit.dir.join("data/README.txt")).unwrap();
    assert!(readme.contains("Chosen:     only records"), "{readme}");

    // Who says that less is withheld than is, or that there was no choice, is caught.
    for (path, from, to) in [
        (
            "data/completeness.jsonl",
            "\"not_selected\":[[",
            "\"not_selected\":[[9999,9999],[",
        ),
        (
            "data/bundle.json",
            "\"exhibit\":\"JB/1\"",
            "\"exhibit\":\"JB/2\"",
        ),
    ] {
        let path = exhibit.dir.join(path);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        assert_eq!(verify(&exhibit.dir).0, Some(1), "{to}");
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(verify(&exhibit.dir).0, Some(0));
}

/// A person decides on the finding, and something is wrong with the log: each in words that stand
/// nowhere else.
fn talked_about(scene: &Scene, finding: &str) {
    let finding: FindingId = finding.parse().unwrap();
    let store = Store::open(&scene.collector.store_file()).unwrap();
    let wrote = store.write_blocking("test", move |tx| {
        let about = findings::get(tx, finding)?.unwrap();
        let staff = staff::by_name(tx, MANAGER)?.unwrap();
        let decision = Decision {
            id: "decision-7391".to_owned(),
            finding,
            staff: staff.id,
            at: about.made,
            verdict: "no_breach".to_owned(),
            reason: REASON.to_owned(),
        };
        casework::decide(tx, &decision, AlertState::Acknowledged)?;
        let incident = Incident {
            device: about.device,
            person: about.person,
            at: about.made,
            kind: IncidentKind::OutsideTerm,
            detail: INCIDENT.to_owned(),
            bytes: None,
        };
        incidents::put(tx, &incident, None)?;
        Ok::<_, StoreError>(())
    });
    wrote.unwrap();
    store.close();
}

#[test]
fn no_file_holds_words_of_what_was_not_chosen() {
    let scene = recorded();
    let (finding, seq) = finding(&scene);
    talked_about(&scene, &finding);
    let hidden = [
        OTHERS[0],
        OTHERS[2],
        BREACH,
        &finding,
        "decision-7391",
        REASON,
        INCIDENT,
    ];

    // All of it is found where nothing was chosen, on paper too.
    let span = ["--from", "2020-01-01", "--to", "2040-01-01"];
    let whole = export(&scene, "whole", &span);
    for words in hidden {
        assert_ne!(holding(&whole.dir, words), [""; 0], "{words}");
    }
    for words in [BREACH, REASON, INCIDENT] {
        let found = holding(&whole.dir, words);
        assert!(found.contains(&"data/report.pdf".to_owned()), "{found:?}");
    }

    let next = seq + 1;
    let records = format!("{}:{next}-{next}", whole.completeness.device);
    let one = export(&scene, "one", &["--records", &records]);
    assert_ne!(holding(&one.dir, OTHERS[1]), [""; 0]);
    for words in hidden {
        let mut found = holding(&one.dir, words);
        // The court's order names this page in a test of its own.
        found.retain(|file| words != BREACH || !file.ends_with("/order.toml"));
        assert_eq!(found, [""; 0], "{words}");
    }
    // That something is wrong with the log is said all the same.
    for file in ["data/README.txt", "data/report.pdf"] {
        let found = holding(&one.dir, IncidentKind::OutsideTerm.words());
        assert!(found.contains(&file.to_owned()), "{found:?}");
    }
    let (code, said) = verify(&one.dir);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn records_are_chosen_by_kind_by_clause_and_by_number() {
    let scene = recorded();
    let (_, seq) = finding(&scene);
    let visits = export(&scene, "visits", &["--kind", "web_visit"]);
    assert_eq!(visits.visits(), 4);
    let is_asked = |record: &Record| is_binding(record) || record.kind() == Kind::WebVisit;
    assert!(visits.shown.iter().all(is_asked));
    // No time was named, so it is that of the records and no more.
    let (from, to) = (visits.about.from, visits.about.to);
    let times = || visits.shown.iter().map(|record| record.at);
    assert!(times().all(|at| (from..to).contains(&at)));
    assert_eq!(
        times().min(),
        Some(from),
        "the agent's start is the first record, and shown"
    );
    assert!(to <= visits.about.exported_at, "{to}");
    let (code, said) = verify(&visits.dir);
    assert_eq!(code, Some(0), "{said}");

    let clause = export(&scene, "clause", &["--clause", "4", "--kind", "web_visit"]);
    let under = |record: &Record| is_binding(record) || record.clauses.contains(&"4".to_owned());
    assert!(clause.shown.iter().all(under));
    assert_eq!(verify(&clause.dir).0, Some(0));

    let device = clause.completeness.device.to_string();
    let next = format!("{device}:{}-{}", seq + 1, seq + 1);
    let number = export(&scene, "number", &["--records", &next]);
    assert!(number.completeness.shown.has(seq + 1) && !number.completeness.shown.has(seq));
    // The finding is about a record that is not shown, so it is not handed over either.
    let findings = std::fs::read_to_string(number.dir.join("data/findings.jsonl")).unwrap();
    assert_eq!(findings, "");
    let (code, said) = verify(&number.dir);
    assert_eq!(code, Some(0), "{said}");

    let refused = |words: &[&str]| {
        let mut command = scene
            .collector
            .command(&["export", "--person", PERSON])
            .unwrap();
        let out = scene.dir().join("refused");
        let said = output(command.args(words).arg("--out").arg(&out)).unwrap();
        assert!(!said.status.success() && !out.exists(), "{words:?}");
        String::from_utf8(said.stderr).unwrap()
    };
    assert!(refused(&["--finding", &"0a".repeat(16)]).contains("there is no finding"));
    assert!(refused(&["--device", &"0a".repeat(16)]).contains("none of this person's"));
    assert!(refused(&["--records", &format!("{device}:9-3")]).contains("name the first"));
    assert!(refused(&["--kind", "visit"]).contains("web_visit"));
    for nothing in [
        ["--clause", "99"],
        ["--records", &format!("{device}:900-901")],
    ] {
        assert!(
            refused(&nothing).contains("no record of that time"),
            "{nothing:?}"
        );
    }
    assert!(refused(&["--exhibit", "JB/1"]).contains("required"));
}
