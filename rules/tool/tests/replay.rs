//! `proviso order replay`, run as people run it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bag;

use std::path::PathBuf;
use std::process::{Command, Output};

use proviso_report::fact::WebVisit;
use proviso_report::{BootId, Hash, Method, Record};
use tempfile::TempDir;

use bag::NOW;

/// A folder with two versions of an order, and records.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.write("old.toml", &order(1, "facebook.com"));
        desk.write("new.toml", &order(2, "reddit.com"));
        let visits = [
            "facebook.com",
            "reddit.com",
            "www.reddit.com",
            "news.example",
        ];
        let lines: Vec<String> = (0..)
            .zip(visits)
            .map(|(seq, host)| line(seq, &format!("https://{host}/")))
            .collect();
        desk.write("records.jsonl", &lines.concat());
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// The exit code, and what it said on both ways.
    fn replay(&self, new: &str, records: &[&str]) -> (i32, String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = Command::new(env!("CARGO_BIN_EXE_proviso"))
            .args(["order", "replay", "--order", new, "--against", "old.toml"])
            .args(records)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }
}

fn order(version: u32, host: &str) -> String {
    format!(
        r#"format = "proviso-order/1"
[order]
id = "R-1"
version = {version}
court = "Court"
made = 2026-01-01
starts = 2026-01-01
timezone = "Europe/London"
[[clause]]
id = "4"
text = "No such sites."
records = ["web_visit"]
[[rule]]
id = "4.a"
clause = "4"
says = "Possible breach if the site is opened."
severity = "breach"
on = ["web_visit"]
any = [{{ host = ["{host}"] }}]
[[rule.test]]
event = {{ kind = "web_visit", url = "https://{host}/", at = "2026-04-01T20:00:00Z" }}
expect = "match"
[[rule.test]]
event = {{ kind = "web_visit", url = "https://a.example/", at = "2026-04-01T20:00:00Z" }}
expect = "no_match"
"#
    )
}

/// A record as a line.
fn line(seq: u64, url: &str) -> String {
    String::from_utf8(record(seq, url).to_line().unwrap()).unwrap() + "\n"
}

fn record(seq: u64, url: &str) -> Record {
    let visit = WebVisit {
        url: url.to_owned(),
        title: None,
        browser: "firefox".to_owned(),
        profile: None,
        transition: None,
        private: None,
    };
    Record {
        seq,
        at: NOW,
        noted: NOW,
        mono: 1_000,
        boot: BootId([1; 16]),
        account: None,
        clauses: vec!["4".to_owned()],
        methods: vec![Method::Agent],
        order: Some(Hash::of(order(1, "facebook.com").as_bytes())),
        receipt: None,
        fact: visit.into(),
    }
}

#[test]
fn what_changes_is_said_by_rule_with_examples() {
    let (code, said, err) = Desk::new().replay("new.toml", &["records.jsonl"]);
    assert_eq!(code, 1, "{said}{err}");
    assert_eq!(
        said,
        "Before: R-1 version 1. After: R-1 version 2.\n\
         4 records of 1 computer, judged by both as if each had been in force throughout.\n\
         Rule 4.a (clause 4): before 1, after 2, added 2, dropped 1; cannot tell before 0, after 0\n\
         \x20 dropped      2026-11-24T05:00:00.000Z web_visit, url: facebook.com (records.jsonl, record 0)\n\
         \x20 added        2026-11-24T05:00:00.000Z web_visit, url: reddit.com (records.jsonl, record 1)\n\
         \x20 added        2026-11-24T05:00:00.000Z web_visit, url: reddit.com (records.jsonl, record 2)\n\
         \n\
         Findings change in 1 rule.\n"
    );
}

#[test]
fn a_bundle_is_replayed_if_it_holds() {
    let desk = Desk::new();
    let records = [
        record(0, "https://reddit.com/"),
        record(1, "https://news.example/"),
    ];
    let bundle = bag::bundle("any", "P-0001", &records);
    let name = bundle.path().to_str().unwrap();
    let (code, said, err) = desk.replay("new.toml", &[name]);
    assert_eq!(code, 1, "{said}{err}");
    assert!(said.contains("2 records of 1 computer, "), "{said}");
    assert!(
        said.contains("web_visit, url: reddit.com (computer 0d0d"),
        "{said}"
    );
    // What does not hold is judged as far as it does, and it is said.
    std::fs::write(bundle.path().join("data/findings.jsonl"), "x").unwrap();
    let (code, said, _) = desk.replay("new.toml", &[name]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("does not hold as evidence (1 check failed, 1 log can be read)"),
        "{said}"
    );
}

#[test]
fn the_same_order_finds_the_same() {
    let desk = Desk::new();
    let (code, said, _) = {
        let text = std::fs::read_to_string(desk.path("records.jsonl")).unwrap();
        desk.write("copy.jsonl", &text);
        desk.replay("old.toml", &["records.jsonl", "copy.jsonl"])
    };
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("8 records of 2 computers"), "{said}");
    assert!(said.ends_with("No finding changes.\n"), "{said}");
}

#[test]
fn what_cannot_be_judged_is_never_passed_over() {
    let desk = Desk::new();
    let mut text = line(0, "https://news.example/");
    text += "{\"v\":1}\n\nnot a record\n";
    desk.write("bad.jsonl", &text);
    let (code, said, _) = desk.replay("new.toml", &["bad.jsonl"]);
    assert_eq!(code, 2, "{said}");
    for words in [
        "1 record of 1 computer",
        "Could not be judged: bad.jsonl:2:1: a record needs `seq`; add it.",
        "Could not be judged: bad.jsonl:4:2: this is not JSON: expected ident.",
        "No finding changes in what could be judged.",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // A folder that is no bundle.
    std::fs::create_dir(desk.path("empty")).unwrap();
    let (code, said, _) = desk.replay("new.toml", &["empty"]);
    assert!(
        code == 2 && said.contains("does not hold as evidence"),
        "{said}"
    );
    // Records or an order that are not there, and an order that is none.
    let (code, _, err) = desk.replay("new.toml", &["nowhere.jsonl"]);
    assert!(
        code == 2 && err.contains("cannot read nowhere.jsonl"),
        "{err}"
    );
    let (code, _, err) = desk.replay("nowhere.toml", &["records.jsonl"]);
    assert!(code == 2 && err.contains("cannot read"), "{err}");
    desk.write("new.toml", &order(0, "a.example"));
    let (code, _, err) = desk.replay("new.toml", &["records.jsonl"]);
    assert!(code == 2 && err.contains("new.toml has faults"), "{err}");
}

#[test]
fn records_that_are_missing_or_stand_there_twice_are_said() {
    let desk = Desk::new();
    let one = |seq| line(seq, "https://news.example/");
    for (text, words) in [
        (String::new(), "bad.jsonl holds no record."),
        ("\n \n".to_owned(), "bad.jsonl holds no record."),
        (
            one(0) + &one(4),
            "bad.jsonl:2: a gap of 3 records before the record 4.",
        ),
        (
            one(0) + &one(2),
            "bad.jsonl:2: a gap of 1 record before the record 2.",
        ),
        (
            one(7) + &one(7),
            "bad.jsonl:2: the record 7 stands there twice.",
        ),
        (
            one(7) + &one(3),
            "bad.jsonl:2: the record 3 comes after the record 7.",
        ),
    ] {
        desk.write("bad.jsonl", &text);
        let (code, said, err) = desk.replay("new.toml", &["bad.jsonl"]);
        assert_eq!(code, 2, "{said}{err}");
        assert!(
            said.contains(&format!("Could not be judged: {words}")),
            "{said}"
        );
    }
    // A log may begin in its middle.
    desk.write("bad.jsonl", &(one(7) + &one(8)));
    assert_eq!(desk.replay("new.toml", &["bad.jsonl"]).0, 0);
    let (code, _, err) = desk.replay("new.toml", &["bad.jsonl", "./bad.jsonl"]);
    assert!(
        code == 2 && err.contains("./bad.jsonl is named twice"),
        "{err}"
    );
}

#[test]
fn orders_that_look_mixed_up_are_said() {
    let desk = Desk::new();
    desk.write("old.toml", &order(3, "facebook.com"));
    let (_, _, err) = desk.replay("new.toml", &["records.jsonl"]);
    assert!(
        err.contains("warning: --order names version 2, and --against"),
        "{err}"
    );
    let replaces = |digest: Hash| {
        let line = format!("version = 4\nreplaces = {{ version = 3, sha256 = \"{digest}\" }}");
        order(4, "reddit.com").replacen("version = 4", &line, 1)
    };
    desk.write("new.toml", &replaces(Hash::of(b"another")));
    let (_, _, err) = desk.replay("new.toml", &["records.jsonl"]);
    assert!(err.contains("replaces another file than old.toml"), "{err}");
    desk.write(
        "new.toml",
        &replaces(Hash::of(order(3, "facebook.com").as_bytes())),
    );
    let (_, _, err) = desk.replay("new.toml", &["records.jsonl"]);
    assert!(!err.contains("replaces another"), "{err}");
}
