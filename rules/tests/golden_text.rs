//! The corpus of texts: titles and addresses in many scripts, disguised and honest, searches and
//! look-alike hosts, and what one order's rules find in each.
//!
//! When this fails, findings have changed. If that is meant, the number in `engine.rs` is raised
//! with it (see `golden.rs`).

use proviso_report::bundle::Matched;
use proviso_report::fact::WebVisit;
use proviso_report::{Fact, UnixMs};
use proviso_rules::{Event, Judge, Order, Side};

const ORDER: &str = include_str!("golden/text.toml");
/// A title or an address a line, and after ` => ` what is found in it.
const TEXTS: &str = include_str!("golden/text.txt");

#[test]
fn words_are_found_as_before() {
    let order = Order::parse(ORDER.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    let judge = Judge::compile(order, Side::Collector, &mut |_| None)
        .unwrap_or_else(|faults| panic!("{faults}"));
    let mut said = 0;
    for line in TEXTS.lines().filter(|line| !line.starts_with('#')) {
        let (text, expected) = line.split_once(" =>").unwrap();
        assert_eq!(found(&judge, text), expected.trim(), "{text}");
        said += 1;
    }
    assert!(said > 50, "the corpus is not here");
}

fn found(judge: &Judge, text: &str) -> String {
    let (url, title) = if text.starts_with("http") {
        (text, None)
    } else {
        ("https://n.example/", Some(text.to_owned()))
    };
    let fact = Fact::from(WebVisit {
        url: url.to_owned(),
        title,
        browser: String::new(),
        profile: None,
        transition: None,
        private: None,
    });
    let event = Event {
        at: UnixMs(0),
        account: None,
        fact: &fact,
    };
    let hits = judge.judge(&event);
    let shown = |rule: &str, part: &Matched| match (rule, part.field.as_str()) {
        ("1.w", _) => part.text.clone(),
        (_, field) => format!("{rule} {field}={}", part.text),
    };
    let all = hits.iter().flat_map(|hit| {
        let matched = hit.matched.iter();
        matched.map(move |part| shown(&hit.rule, part))
    });
    all.collect::<Vec<String>>().join(", ")
}
