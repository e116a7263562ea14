//! One order, many facts, and everything that the judge makes of them, word for word.
//!
//! When this fails, findings have changed. If that is meant: raise the number in `engine.rs`, so
//! that nobody compares new findings with old ones, and pin the new answers here with their new
//! name.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::sync::Arc;

use proviso_report::{BootId, Fact, Hash, Kind, UnixMs};
use proviso_rules::{ENGINE, Event, Hit, Judge, ListBytes, Order, Scope, Side, State, Step};

const ORDER: &str = include_str!("golden/order.toml");
const FACTS: &str = include_str!("golden/facts.jsonl");
const FINDINGS: &str = include_str!("golden/findings.txt");
const LISTS: [&str; 4] = [
    include_str!("golden/lists/social"),
    include_str!("golden/lists/shared"),
    include_str!("golden/lists/terms"),
    include_str!("golden/lists/wipers"),
];

/// The engine, and the digest of all its findings. They change together or not at all.
const PINNED: (&str, &str) = (
    "proviso-engine/2+tz2026f+url2.5.8+idna1.1.0+icu2.4.0+psl2.1.247+regex1.13.2+confusables18.0.0+engines1+unicode18.0.0-17.0.0-17.0.0",
    "b3a5a086cdc40b33dc0242fc78086e4f6de3de449e4791ed668ff31595f8ae6a",
);

#[test]
fn findings_are_those_of_the_engine() {
    let findings = findings();
    for (number, (now, then)) in findings.lines().zip(FINDINGS.lines()).enumerate() {
        assert_eq!(
            now,
            then,
            "fact {}: {}",
            number + 1,
            FACTS.lines().nth(number).unwrap()
        );
    }
    assert_eq!(findings, FINDINGS);
    let digest = Hash::of(findings.as_bytes()).to_string();
    assert_eq!((ENGINE, digest.as_str()), PINNED);
}

/// A line for each fact, as records of one log: its number, may it be recorded, what matched, and
/// of which rules nobody can tell.
fn findings() -> String {
    let judge = judge();
    let mut state = State::new();
    let mut text = String::new();
    for (number, line) in (1_u64..).zip(FACTS.lines()) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let kind = Kind::parse(line["kind"].as_str().unwrap()).unwrap();
        let fact = Fact::parse(kind, &line["f"].to_string()).unwrap();
        let event = Event {
            at: line["at"].as_str().unwrap().parse::<UnixMs>().unwrap(),
            account: line["account"].as_str(),
            fact: &fact,
        };
        let scope = match judge.scope(&event) {
            Scope::Covered(clauses) => clauses.join(" "),
            Scope::Exempt(id) => format!("exempt {id}"),
            Scope::Uncovered => "-".to_owned(),
        };
        let step = Step {
            seq: number,
            at: event.at,
            noted: event.at,
            mono: number * 1_000,
            boot: BootId([0; 16]),
            account: event.account,
            fact: &fact,
        };
        let verdict = judge.follow(&mut state, &step);
        let hits = verdict.hits.iter().map(shown);
        let unknown = verdict.cannot_tell.iter();
        let unknown = unknown.map(|one| format!("{} cannot tell: {}", one.rule, one.why));
        let said: Vec<String> = hits.chain(unknown).collect();
        let line = format!("{number} [{scope}] {}", said.join("; "));
        let line = line.trim_end();
        writeln!(text, "{line}").unwrap();
    }
    text
}

fn shown(hit: &Hit) -> String {
    let matched: Vec<String> = hit
        .matched
        .iter()
        .map(|part| format!("{}={}", part.field, part.text))
        .collect();
    format!(
        "{} {} {}",
        hit.rule,
        hit.severity.as_str(),
        matched.join(", ")
    )
}

fn judge() -> Judge {
    let order = Order::parse(ORDER.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    let judge = Judge::compile(order, Side::Collector, &mut |hash| {
        LISTS
            .iter()
            .find(|list| Hash::of(list.as_bytes()) == *hash)
            .map(|list| -> ListBytes { Arc::new(*list) })
    });
    judge.unwrap_or_else(|faults| panic!("{faults}"))
}
