use std::sync::Arc;

use proviso_report::fact::{Heartbeat, OrderInForce, WebVisit};
use proviso_report::{BootId, Method};

use super::*;
use crate::order::Order;
use crate::{ListBytes, Side};

/// 2026-11-24T05:00:00Z.
const NOW: UnixMs = UnixMs(1_795_496_400_000);

/// An order with these rules, all of them about clause 1.
fn judge(version: u64, rules: &str) -> Judge {
    let text = format!(
        "format = \"proviso-order/1\"\n[order]\nid = \"R-1\"\nversion = {version}\n\
         court = \"Court\"\nmade = 2026-01-01\nstarts = 2036-01-01\n\
         timezone = \"Europe/London\"\n[[clause]]\nid = \"1\"\ntext = 'x'\n\
         records = [\"web_visit\"]\n{rules}"
    );
    let order = Order::parse(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    let none = &mut |_: &Hash| -> Option<ListBytes> { Some(Arc::new("")) };
    Judge::compile(order, Side::Collector, none).unwrap_or_else(|faults| panic!("{faults}"))
}

/// A rule that finds these hosts.
fn hosts(id: &str, severity: &str, hosts: &str) -> String {
    let test = |host: &str, expect: &str| {
        format!(
            "[[rule.test]]\nevent = {{ kind = \"web_visit\", url = \"https://{host}/\", \
             at = \"2026-04-01T20:00:00Z\" }}\nexpect = \"{expect}\"\n"
        )
    };
    let first = hosts.split('"').nth(1).unwrap();
    format!(
        "[[rule]]\nid = \"{id}\"\nclause = \"1\"\nsays = \"x\"\nseverity = \"{severity}\"\n\
         on = [\"web_visit\"]\nany = [{{ host = [{hosts}] }}]\n{}{}",
        test(first, "match"),
        test("nowhere.example", "no_match"),
    )
}

fn visit(url: &str) -> Fact {
    WebVisit {
        url: url.to_owned(),
        title: None,
        browser: "firefox".to_owned(),
        profile: None,
        transition: None,
        private: None,
    }
    .into()
}

fn record(seq: u64, order: Hash, fact: Fact) -> Record {
    let life = fact.kind().is_life_sign();
    Record {
        seq,
        at: NOW.plus(1_000),
        noted: NOW.plus(1_000),
        mono: 1_000 + seq,
        boot: BootId([1; 16]),
        account: None,
        clauses: if life { vec![] } else { vec!["1".to_owned()] },
        methods: vec![Method::Agent],
        order: (!life).then_some(order),
        receipt: None,
        fact,
    }
}

fn compare(old: &Judge, new: &Judge, facts: &[Fact]) -> Comparison {
    let mut replay = Replay::new(old, new);
    for (seq, fact) in (0..).zip(facts) {
        replay.record(&record(seq, old.order().digest(), fact.clone()));
    }
    replay.finish()
}

/// Rule, before, after, added, dropped.
type Counts<'a> = (&'a str, Option<u64>, Option<u64>, u64, u64);

fn counts(found: &Comparison) -> Vec<Counts<'_>> {
    let found_of = |tally: Option<Tally>| tally.map(|tally| tally.found);
    found
        .rules
        .iter()
        .map(|one| {
            let (before, after) = (found_of(one.before), found_of(one.after));
            (&*one.rule, before, after, one.added, one.dropped)
        })
        .collect()
}

#[test]
fn an_order_alone_adds_all_that_it_finds() {
    let new = judge(1, &hosts("1.a", "breach", "\"a.example\""));
    let mut replay = Replay::alone(&new);
    for (seq, host) in (0..).zip(["a", "b", "a"]) {
        let visit = visit(&format!("https://{host}.example/"));
        replay.record(&record(seq, new.order().digest(), visit));
    }
    let found = replay.finish();
    assert_eq!(counts(&found), [("1.a", None, Some(2), 2, 0)]);
    let seqs: Vec<u64> = found.rules[0].examples.iter().map(|one| one.seq).collect();
    assert_eq!(seqs, [0, 2]);
}

#[test]
fn what_is_added_and_dropped_is_counted_by_rule() {
    let old = judge(
        1,
        &[
            hosts("1.a", "breach", "\"a.example\", \"b.example\""),
            hosts("1.b", "review", "\"d.example\""),
        ]
        .concat(),
    );
    let new = judge(
        2,
        &[
            hosts("1.c", "log", "\"a.example\""),
            hosts("1.a", "breach", "\"b.example\", \"c.example\""),
        ]
        .concat(),
    );
    let facts: Vec<Fact> = ["a", "b", "c", "c", "d", "e"]
        .map(|host| visit(&format!("https://{host}.example/")))
        .into();
    let found = compare(&old, &new, &facts);
    assert_eq!(found.records, 6);
    assert!(found.differs() && found.other_orders.is_empty());
    assert_eq!(
        counts(&found),
        [
            ("1.c", None, Some(1), 1, 0),
            ("1.a", Some(2), Some(3), 2, 1),
            ("1.b", Some(1), None, 0, 1),
        ]
    );
    let shown: Vec<_> = found.rules[1]
        .examples
        .iter()
        .map(|one| (one.change, one.seq, one.matched[0].text.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            (Change::Dropped, 0, "a.example"),
            (Change::Added, 2, "c.example"),
            (Change::Added, 3, "c.example"),
        ]
    );
}

#[test]
fn the_same_rules_find_the_same() {
    let rule = hosts("1.a", "breach", "\"a.example\"");
    let (old, new) = (judge(1, &rule), judge(2, &rule));
    let found = compare(
        &old,
        &new,
        &[visit("https://a.example/"), visit("https://b.example/")],
    );
    assert_eq!(counts(&found), [("1.a", Some(1), Some(1), 0, 0)]);
    assert!(!found.differs());
    // A finding that becomes more serious is a difference; one that was never made is none.
    let graver = judge(2, &hosts("1.a", "urgent", "\"a.example\""));
    let found = compare(&old, &graver, &[visit("https://a.example/")]);
    assert!(found.differs() && found.rules[0].regraded());
    assert_eq!(found.rules[0].kept(), 1);
    assert!(!compare(&old, &graver, &[visit("https://b.example/")]).differs());
}

#[test]
fn examples_are_few() {
    let old = judge(1, &hosts("1.a", "breach", "\"b.example\""));
    let new = judge(2, &hosts("1.a", "breach", "\"a.example\""));
    let facts = vec![visit("https://a.example/"); 50];
    let found = compare(&old, &new, &facts);
    assert_eq!(found.rules[0].added, 50);
    assert_eq!(found.rules[0].examples.len(), EXAMPLES);
}

#[test]
fn what_cannot_be_judged_is_counted() {
    let old = judge(1, &hosts("1.a", "breach", "\"a.example\""));
    let new = judge(2, &hosts("1.a", "breach", "\"a.example\""));
    let beat = |count: u64| -> Fact {
        Heartbeat {
            uncovered: [("web_visit".to_owned(), count)].into(),
            suppressed: BTreeMap::new(),
            cannot_tell: BTreeMap::new(),
            awake_ms: 0,
            order: None,
        }
        .into()
    };
    let other = Hash::of(b"another order");
    let mut replay = Replay::new(&old, &new);
    replay.record(&record(0, other, beat(2)));
    let in_force = OrderInForce {
        id: "R-1".to_owned(),
        version: 1,
        digest: old.order().digest(),
    };
    replay.record(&record(1, other, in_force.into()));
    replay.record(&record(2, other, beat(3)));
    replay.record(&record(3, other, visit("https://a.example/")));
    replay.next_log();
    replay.record(&record(0, other, beat(4)));
    let found = replay.finish();
    assert_eq!(found.records, 5);
    assert_eq!(found.without_order, 3);
    assert_eq!(found.other_orders, [(other, 1)].into());
    assert_eq!(found.uncovered, [("web_visit".to_owned(), 9)].into());
    assert_eq!(counts(&found), [("1.a", Some(1), Some(1), 0, 0)]);
}

#[test]
fn each_order_takes_the_log_for_its_own() {
    let silence = "[[rule]]\nid = \"1.s\"\nclause = \"1\"\nsays = \"x\"\nseverity = \"review\"\n\
        silence = { longer_than = \"15m\" }\n\
        [[rule.test]]\nevents = [{ kind = \"clock\", at = \"2026-04-01T20:00:00Z\" }, \
        { kind = \"clock\", at = \"2026-04-01T20:16:00Z\" }]\nexpect = \"match\"\n\
        [[rule.test]]\nevents = [{ kind = \"clock\", at = \"2026-04-01T20:00:00Z\" }, \
        { kind = \"clock\", at = \"2026-04-01T20:14:00Z\" }]\nexpect = \"no_match\"\n";
    let rule = hosts("1.a", "breach", "\"a.example\"");
    let old = judge(1, &rule);
    let new = judge(2, &[rule.as_str(), silence].concat());
    let beat = |seq: u64, minute: u64| {
        let alive = Heartbeat {
            uncovered: BTreeMap::new(),
            suppressed: BTreeMap::new(),
            cannot_tell: BTreeMap::new(),
            awake_ms: 20 * 60_000,
            order: None,
        };
        let mono = minute * 60_000;
        Record {
            mono,
            noted: NOW.plus(mono as i64),
            ..record(seq, old.order().digest(), alive.into())
        }
    };
    let in_force = |seq: u64| {
        let fact = OrderInForce {
            id: "R-1".to_owned(),
            version: 1,
            digest: old.order().digest(),
        };
        Record {
            mono: 0,
            noted: NOW,
            ..record(seq, old.order().digest(), fact.into())
        }
    };
    // From its beginning, with the order of that time; then from its middle.
    let mut replay = Replay::new(&old, &new);
    for record in [in_force(0), beat(1, 1), beat(2, 21)] {
        replay.record(&record);
    }
    replay.next_log();
    for record in [beat(7, 1), in_force(8), beat(9, 21)] {
        replay.record(&record);
    }
    let found = replay.finish();
    assert_eq!(found.without_order, 1);
    let silent = &found.rules[1];
    assert_eq!((silent.before, silent.added), (None, 2), "{silent:#?}");
    let places: Vec<_> = silent
        .examples
        .iter()
        .map(|one| (one.log, one.seq))
        .collect();
    assert_eq!(places, [(0, 2), (1, 9)]);
}

#[test]
fn a_silence_counts_from_the_first_record_that_names_an_order() {
    let test = |minute: u8, expect: &str| {
        format!(
            "[[rule.test]]\nevents = [\n\
             {{ kind = \"clock\", at = \"2036-04-01T20:00:00Z\" }},\n\
             {{ kind = \"clock\", at = \"2036-04-01T20:{minute}:00Z\" }},\n]\n\
             expect = \"{expect}\"\n"
        )
    };
    let rules = format!(
        "[[rule]]\nid = \"1.s\"\nclause = \"1\"\nsays = \"x\"\nseverity = \"review\"\n\
         silence = {{ longer_than = \"15m\" }}\n{}{}{}",
        test(16, "match"),
        test(14, "no_match"),
        hosts("1.a", "breach", "\"a.example\"")
    );
    let (old, new) = (judge(1, &rules), judge(2, &rules));
    let beat = |seq: u64, minutes: i64| {
        let fact = Heartbeat {
            uncovered: BTreeMap::new(),
            suppressed: BTreeMap::new(),
            cannot_tell: BTreeMap::new(),
            awake_ms: minutes.unsigned_abs() * 60_000,
            order: None,
        };
        let at = NOW.plus(minutes * 60_000);
        Record {
            at,
            noted: at,
            mono: 1_000 + minutes.unsigned_abs() * 60_000,
            order: Some(Hash::of(b"another order")),
            ..record(seq, old.order().digest(), fact.into())
        }
    };
    for first in [0, 1] {
        let mut replay = Replay::new(&old, &new);
        replay.record(&beat(first, 0));
        replay.record(&beat(first + 1, 60));
        let found = replay.finish();
        assert_eq!(found.without_order, 0);
        assert_eq!(
            counts(&found)[0],
            ("1.s", Some(1), Some(1), 0, 0),
            "{first}"
        );
    }
}
