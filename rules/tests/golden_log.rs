//! One log, followed record by record: what rules over time find in it, and when they cannot tell.
//!
//! When this fails, findings have changed. If that is meant, the number in `engine.rs` is raised
//! with it (see `golden.rs`).

use proviso_report::fact::OrderInForce;
use proviso_report::{Fact, Kind, UnixMs};
use proviso_rules::{Judge, Order, Side, State, Step};

const ORDER: &str = include_str!("golden/log.toml");
const LOG: &str = include_str!("golden/log.jsonl");
const FINDINGS: &str = include_str!("golden/log.txt");

#[test]
fn logs_are_followed_as_before() {
    let order = Order::parse(ORDER.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    let judge = Judge::compile(order, Side::Collector, &mut |_| None)
        .unwrap_or_else(|faults| panic!("{faults}"));
    let mut state = State::new();
    let begins = Fact::from(OrderInForce {
        id: judge.order().id().to_owned(),
        version: judge.order().version(),
        digest: judge.order().digest(),
    });
    let mut said = String::new();
    for (seq, line) in (0..).zip(LOG.lines()) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| line[key].as_str().unwrap();
        let kind = Kind::parse(text("kind")).unwrap();
        let fact = Fact::parse(kind, &line["f"].to_string()).unwrap();
        let step = Step {
            seq,
            at: text("at").parse::<UnixMs>().unwrap(),
            noted: text("noted").parse::<UnixMs>().unwrap(),
            mono: line["mono"].as_u64().unwrap(),
            boot: text("boot").parse().unwrap(),
            account: None,
            fact: &fact,
        };
        if seq == 0 {
            state.pass(&Step {
                fact: &begins,
                ..step
            });
        }
        let verdict = judge.follow(&mut state, &step);
        for hit in verdict.hits {
            let parts = hit.matched.iter();
            let parts: Vec<String> = parts
                .map(|part| format!("{}={}", part.field, part.text))
                .collect();
            said += &format!("{seq} {}: {}\n", hit.rule, parts.join(", "));
        }
        for one in verdict.cannot_tell {
            said += &format!("{seq} {}: cannot tell: {}\n", one.rule, one.why);
        }
    }
    assert_eq!(said, FINDINGS);
}
