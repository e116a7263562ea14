//! The corpus of programs: entries of lists of programs and of hashes, and which programs each of
//! them describes.
//!
//! When this fails, findings have changed. If that is meant, the number in `engine.rs` is raised
//! with it (see `golden.rs`).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::sync::Arc;

use proviso_report::fact::ProcessStart;
use proviso_report::{BootId, Fact, Hash, Kind, UnixMs};
use proviso_rules::{Event, Judge, ListBytes, Order, Side, State, Step, Why};

/// Programs, one a line: path, short name, what their file holds, signer; `-` is unknown. After an
/// empty line entries, each with the numbers of the programs that it describes.
const CORPUS: &str = include_str!("golden/programs.txt");

#[test]
fn programs_are_found_as_before() {
    let lines = CORPUS.lines().filter(|line| !line.starts_with('#'));
    let lines: Vec<&str> = lines.collect();
    let end = lines.iter().position(|line| line.is_empty()).unwrap();
    let programs: Vec<Fact> = lines[..end].iter().map(|line| program(line)).collect();
    let entries = &lines[end + 1..];
    assert!(
        programs.len() >= 10 && entries.len() >= 20,
        "the corpus is not here"
    );
    let mut now = String::new();
    for line in entries {
        let (entry, _) = line.split_once(" =>").unwrap();
        // Hashes stand in the corpus as what they are of.
        let entry = hashed(entry);
        let found = found(&judge("apps", "app_in", &entry, "shred"), &programs);
        writeln!(now, "{} =>{found}", line.split_once(" =>").unwrap().0).unwrap();
    }
    assert_eq!(now.trim_end(), entries.join("\n"));
}

#[test]
fn a_list_of_hashes_finds_the_files_that_are_on_it() {
    let file = |kind, fields: &str| {
        let sha256 = format!("\"sha256\": \"{}\"", Hash::of(b"two"));
        Fact::parse(kind, &format!("{{{fields}, {sha256}}}")).unwrap()
    };
    let programs = [
        program("/tmp/a | a | one | -"),
        program("/tmp/b | b | two | -"),
        file(Kind::FileChange, "\"change\": \"seen\", \"path\": \"/x\""),
        file(Kind::Download, "\"browser\": \"firefox\""),
        program("/tmp/c | c | - | -"),
    ];
    let (one, two) = (Hash::of(b"one"), Hash::of(b"two"));
    let known = Hash::of(b"shred").to_string();
    for (list, expected) in [
        (format!("{one}\n"), " 1"),
        (format!("# Known\n{two}\n{one}\n"), " 1 2 3 4"),
        (format!("{}\n", Hash::of(b"three")), ""),
    ] {
        let judge = judge("hashes", "sha256_in", list.trim_end(), &known);
        assert_eq!(found(&judge, &programs), expected, "{list}");
        // Of the last one the record does not have the hash: that is not "no".
        let step = Step {
            seq: 1,
            at: UnixMs(0),
            noted: UnixMs(0),
            mono: 0,
            boot: BootId([0; 16]),
            account: None,
            fact: &programs[4],
        };
        let verdict = judge.follow(&mut State::new(), &step);
        let why: Vec<_> = verdict.cannot_tell.iter().map(|one| one.why).collect();
        assert_eq!((verdict.hits.len(), why), (0, vec![Why::Field("sha256")]));
    }
}

/// `SHA(x)` stands for the hash of `x`.
fn hashed(entry: &str) -> String {
    match entry.split_once("SHA(") {
        Some((before, rest)) => {
            let (text, after) = rest.split_once(')').unwrap();
            format!("{before}{}{after}", Hash::of(text.as_bytes()))
        }
        None => entry.to_owned(),
    }
}

fn program(line: &str) -> Fact {
    let fields: Vec<&str> = line.split(" | ").collect();
    let known = |at: usize| Some(fields[at]).filter(|text| *text != "-");
    Fact::from(ProcessStart {
        exe: known(0).map(str::to_owned),
        name: fields[1].to_owned(),
        args: Vec::new(),
        pid: 7,
        started: 0,
        parent: None,
        parent_exe: None,
        sha256: known(2).map(|text| Hash::of(text.as_bytes())),
        signer: known(3).map(str::to_owned),
    })
}

/// A judge with this list. Its tests run with a list of `usual`.
fn judge(kind: &str, key: &str, list: &str, usual: &str) -> Judge {
    let count = list.lines().filter(|line| !line.starts_with('#')).count();
    let test = |text: &str, expect: &str| {
        format!(
            "[[rule.test]]\nevent = {{ kind = \"process_start\", at = \"2026-05-01T12:00:00Z\", \
             exe = \"/usr/bin/{text}\", sha256 = \"{}\" }}\nlists = {{ l = [\"{usual}\"] }}\n\
             expect = \"{expect}\"\n",
            Hash::of(text.as_bytes())
        )
    };
    let on = match kind {
        "hashes" => "\"process_start\", \"file_change\", \"download\"",
        _ => "\"process_start\"",
    };
    let order = format!(
        "format = \"proviso-order/1\"\n[order]\nid = \"GOLDEN-3\"\nversion = 1\ncourt = \"C\"\n\
         made = 2026-03-02\nstarts = 2026-03-02\ntimezone = \"Europe/London\"\n\
         [lists.l]\nfile = \"l\"\nkind = \"{kind}\"\nsha256 = \"{}\"\ncount = {count}\n\
         [[clause]]\nid = \"1\"\ntext = \"t\"\n[[rule]]\nid = \"1.a\"\nclause = \"1\"\n\
         says = \"s\"\nseverity = \"breach\"\non = [{on}]\n\
         any = [{{ {key} = \"l\" }}]\n{}{}",
        Hash::of(list.as_bytes()),
        test("shred", "match"),
        test("cat", "no_match"),
    );
    let order = Order::parse(order.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    let list: ListBytes = Arc::new(list.to_owned());
    Judge::compile(order, Side::Collector, &mut |_| Some(list.clone()))
        .unwrap_or_else(|faults| panic!("{faults}"))
}

/// The numbers of those that it finds.
fn found(judge: &Judge, programs: &[Fact]) -> String {
    let mut numbers = String::new();
    for (number, fact) in (1..).zip(programs) {
        let event = Event {
            at: UnixMs(0),
            account: None,
            fact,
        };
        if !judge.judge(&event).is_empty() {
            write!(numbers, " {number}").unwrap();
        }
    }
    numbers
}
