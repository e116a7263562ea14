mod checks;
mod language;
mod samples;

use proptest::prelude::*;

use super::*;
use crate::judge::steps;

/// A small order that is right. Tests break it in one place each.
const GOOD: &str = r#"format = "proviso-order/1"
[order]
id = "SHPO-2026-000123"
version = 2
court = "Crown Court at Example"
made = 2026-03-01
starts = 2026-03-02
ends = 2031-03-02
timezone = "Europe/London"

[[exempt]]
id = "E1"
who = "Solicitor"
says = "Private."
match = { host = ["solicitors.co.uk"] }
effect = "suppress_content"

[lists.social]
file = "lists/social.domains"
kind = "domains"
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
count = 2

[[clause]]
id = "4"
text = '''No social networks.'''

[[rule]]
id = "4.a"
clause = "4"
says = "Possible breach."
severity = "breach"
on = ["web_visit"]
any = [{ host_in = "social" }, { host = "a.example", private = true }]
unless = [{ transition = ["subframe"] }]
[[rule.test]]
event = { kind = "web_visit", url = "https://facebook.com/", at = "2026-04-01T20:00:00+01:00" }
lists = { social = ["facebook.com"] }
expect = "match"
[[rule.test]]
event = { kind = "web_visit", url = "https://b.example/", account = "sam", at = 2026-04-01T20:00:00Z }
expect = "no_match"

[[not_machine_checkable]]
clause = "4"
part = "on other devices"
why = "the officer asks"
"#;

fn faults(text: &str) -> Vec<String> {
    match Order::parse(text.as_bytes()) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.all().iter().map(ToString::to_string).collect(),
    }
}

/// The good order with one place changed.
fn broken(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replacen(from, to, 1)
}

#[test]
fn a_good_order_is_read_whole() {
    let order = Order::parse(GOOD.as_bytes()).unwrap();
    assert_eq!(order.id(), "SHPO-2026-000123");
    assert_eq!(order.version(), 2);
    assert_eq!(order.digest(), Hash::of(GOOD.as_bytes()));
    assert_eq!(order.kinds(), [Kind::WebVisit]);
    assert_eq!(order.timezone(), "Europe/London");
    assert_eq!(order.clauses()[0].text, "No social networks.");
    let rule = &order.rules()[0];
    assert_eq!(
        rule.any[1].parts,
        [
            Part::Host(vec!["a.example".to_owned()]),
            Part::Private(true)
        ]
    );
    assert_eq!(
        rule.tests[0].steps[0].at.to_string(),
        "2026-04-01T19:00:00.000Z"
    );
    assert_eq!(
        rule.tests[0].lists,
        [("social".to_owned(), vec!["facebook.com".to_owned()])]
    );
    assert_eq!(rule.tests[1].steps[0].account.as_deref(), Some("sam"));
    assert_eq!(rule.tests[1].expect, Expect::NoMatch);
    assert_eq!(order.not_checkable()[0].part, "on other devices");
}

#[test]
fn the_order_of_the_demonstration_is_read() {
    let text = demonstration();
    let order = Order::parse(text.as_bytes()).unwrap();
    assert_eq!(order.kinds(), [Kind::WebVisit, Kind::ProcessStart]);
}

/// `tests/order/order.toml` with its blanks filled in.
pub(crate) fn demonstration() -> String {
    let mut text = include_str!("../../../tests/order/order.toml").to_owned();
    for (blank, value) in [
        ("@VERSION@", "1"),
        ("@STARTS@", "2026-03-02"),
        ("@ENDS@", "2027-03-02"),
        ("@DAY@", "2026-03-03"),
        ("@COUNT:social@", "1"),
        ("@COUNT:blocked@", "1"),
    ] {
        text = text.replace(blank, value);
    }
    let hash = Hash::of(b"facebook.com\n").to_string();
    for list in ["social", "blocked"] {
        text = text.replace(&format!("@SHA256:{list}@"), &hash);
    }
    text
}

#[test]
fn each_fault_has_its_place_and_its_code() {
    let mut wrong = Vec::new();
    for (from, to, place, code) in [
        ("proviso-order/1", "proviso-order/9", "1:10", "format"),
        ("version = 2", "version = -1", "4:11", "type"),
        ("version = 2", "version = 0", "4:11", "version"),
        ("court = ", "cuort = \"x\"\ncourt = ", "5:1", "unknown-key"),
        ("made = 2026-03-01\n", "", "2:1", "missing-key"),
        (
            "ends = 2031-03-02",
            "ends = 2026-03-01",
            "8:8",
            "ends-before-start",
        ),
        (
            "starts = 2026-03-02",
            "starts = 2026-02-28",
            "7:10",
            "starts-before-made",
        ),
        ("ends = 2031-03-02", "ends = \"2031-03-02\"", "8:8", "type"),
        ("Europe/London", "Europe/Londn", "9:12", "timezone"),
        ("Europe/London", "europe/london", "9:12", "timezone"),
        ("Europe/London", "/etc/localtime", "9:12", "timezone"),
        ("solicitors.co.uk", "co.uk", "15:19", "host"),
        (
            "suppress_content",
            "supress_content",
            "16:10",
            "unknown-effect",
        ),
        (
            "lists/social.domains",
            "../social.domains",
            "19:8",
            "file-name",
        ),
        ("\"domains\"", "\"domain\"", "20:8", "unknown-list-kind"),
        ("ba7816bf", "BA7816BF", "21:10", "hash"),
        ("count = 2", "count = 0", "22:9", "empty-list"),
        ("No social networks.", " ", "26:8", "text"),
        (
            "No social",
            "No \u{202e}social",
            "26:14",
            "hidden-character",
        ),
        ("id = \"4.a\"", "id = \"4 a\"", "29:6", "id"),
        (
            "clause = \"4\"\nsays",
            "clause = \"5\"\nsays",
            "28:1",
            "unknown-clause",
        ),
        ("\"breach\"", "\"breech\"", "32:12", "unknown-severity"),
        ("[\"web_visit\"]", "[\"web_vist\"]", "33:7", "unknown-kind"),
        (
            "[\"web_visit\"]",
            "[\"process_end\"]",
            "28:1",
            "never-matches",
        ),
        (
            "[\"web_visit\"]",
            "[\"web_visit\", \"process_start\"]",
            "28:1",
            "never-matches",
        ),
        (
            "host_in = \"social\"",
            "host_in = \"socal\"",
            "28:1",
            "unknown-list",
        ),
        (
            "host_in = \"social\"",
            "app_in = \"social\"",
            "28:1",
            "list-kind",
        ),
        (
            "host_in = \"social\"",
            "hosts_in = \"social\"",
            "34:10",
            "unknown-key",
        ),
        ("private = true", "private = \"yes\"", "34:64", "type"),
        ("private = true", "words = \"x\"", "28:1", "words-severity"),
        ("private = true", "app = \"x\"", "28:1", "never-holds"),
        ("private = true", "pattern = 'x'", "34:32", "missing-key"),
        (
            "private = true",
            "pattern = '(', field = \"url\"",
            "34:64",
            "pattern",
        ),
        (
            "private = true",
            "pattern = '(?u)\\w', field = \"url\"",
            "34:64",
            "pattern-unicode",
        ),
        (
            "private = true",
            "pattern = 'x*', field = \"url\"",
            "34:64",
            "pattern-empty",
        ),
        (
            "private = true",
            "pattern = 'é', field = \"url\"",
            "34:64",
            "pattern-accent",
        ),
        (
            "private = true",
            "pattern = 'x{1000}{1000}', field = \"url\"",
            "34:64",
            "pattern-size",
        ),
        ("private = true", "during = 1", "34:54", "unknown-key"),
        (
            "[\"subframe\"]",
            "[\"iframe\"]",
            "35:27",
            "unknown-transition",
        ),
        (
            "expect = \"no_match\"",
            "expect = \"match\"",
            "28:1",
            "missing-test",
        ),
        (
            "expect = \"match\"",
            "expect = \"yes\"",
            "39:10",
            "unknown-expectation",
        ),
        ("{ social = [", "{ socil = [", "36:1", "unknown-list"),
        ("+01:00", "", "37:67", "time"),
        ("account = \"sam\"", "private = 1", "41:69", "test-event"),
        (
            "account = \"sam\"",
            "acount = \"sam\"",
            "41:59",
            "unknown-key",
        ),
        ("why =", "wy =", "44:1", "missing-key"),
        ("version = 2", "version = ", "4:11", "toml"),
    ] {
        let found = faults(&broken(from, to));
        let expected = format!("order.toml:{place}: ");
        let said =
            |fault: &String| fault.starts_with(&expected) && fault.ends_with(&format!("[{code}]"));
        if !found.iter().any(said) {
            wrong.push(format!("{to}: expected {place} {code}, found {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sentences_name_what_was_meant() {
    let found = faults(&broken("court = ", "cuort = \"x\"\ncourt = "));
    assert_eq!(
        found,
        ["order.toml:5:1: [order] has no key `cuort`; did you mean `court`? [unknown-key]"]
    );
    let found = faults(&broken("Europe/London", "Europe/Londn"));
    assert!(
        found[0].contains("did you mean `Europe/London`?"),
        "{found:?}"
    );
}

#[test]
fn all_faults_are_said_at_once() {
    let text = broken("version = 2", "version = -1")
        .replace("made = 2026-03-01\n", "")
        .replace("\"breach\"", "\"breech\"")
        .replace("why =", "wy =");
    assert_eq!(faults(&text).len(), 5, "{:#?}", faults(&text));
}

#[test]
fn names_that_stand_twice_are_refused() {
    let clause = "[[clause]]\nid = \"4\"\ntext = \"x\"\n";
    let found = faults(&format!("{GOOD}{clause}"));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].ends_with("[duplicate]"));
}

#[test]
fn a_clause_that_nothing_checks_is_refused() {
    let clause = "[[clause]]\nid = \"5\"\ntext = \"x\"\n";
    let found = faults(&format!("{GOOD}{clause}"));
    assert_eq!(
        found,
        [
            "order.toml:48:1: nothing checks clause 5: give it a rule, or say under \
             [[not_machine_checkable]] why there is none [unchecked-clause]"
        ]
    );
    let recorded = format!("{GOOD}{clause}records = [\"process_start\"]\n");
    assert_eq!(faults(&recorded), Vec::<String>::new());
}

#[test]
fn an_unused_list_is_refused() {
    let text = broken("{ host_in = \"social\" }, ", "");
    assert!(
        faults(&text)[0].ends_with("[unused-list]"),
        "{:?}",
        faults(&text)
    );
}

#[test]
fn an_exemption_that_swallows_a_rule_is_refused() {
    let narrow = broken("{ host_in = \"social\" }, ", "")
        .replace("social = [\"facebook.com\"]", "")
        .replace(
            "[\"solicitors.co.uk\"]",
            "[\"solicitors.co.uk\"], host_in = \"social\"",
        );
    assert_eq!(faults(&narrow), Vec::<String>::new());
    let swallowed = narrow.replace("[\"solicitors.co.uk\"]", "[\"example.org\", \"a.example\"]");
    assert_eq!(faults(&swallowed).len(), 1, "{:#?}", faults(&swallowed));
    assert!(faults(&swallowed)[0].ends_with("[exempt-swallows]"));
    // For a part of the time it may.
    let dated = swallowed.replace("effect =", "ends = 2026-05-01\neffect =");
    assert_eq!(faults(&dated), Vec::<String>::new());
}

#[test]
fn sizes_have_limits() {
    let long = format!("{GOOD}#{}\n", "x".repeat(limits::ORDER_BYTES));
    assert!(faults(&long)[0].ends_with("[limit]"));
    let many: String = (0..=limits::RULES)
        .map(|n| format!("[[clause]]\nid = \"c{n}\"\ntext = \"x\"\nrecords = [\"web_visit\"]\n"))
        .collect();
    let found = faults(&format!("{GOOD}{many}"));
    assert!(found[0].ends_with("[limit]"), "{found:#?}");
}

#[test]
fn patterns_have_a_budget_alone_and_together() {
    let with = |patterns: &[&str]| {
        let condition = |regex: &&str| format!("{{ pattern = '{regex}', field = \"url\" }}");
        let conditions: Vec<String> = patterns.iter().map(condition).collect();
        faults(&broken(
            "{ host = \"a.example\", private = true }",
            &conditions.join(", "),
        ))
    };
    for large in [
        ".*a.{1000}c",
        "[ab]*a[ab]{997}c",
        "(?:[ab]{30}c){40}",
        "x{1000}{1000}{1000}{1000}{1000}{1000}{1000}{1000}",
    ] {
        let found = with(&[large]);
        assert!(
            found.len() == 1
                && found[0].contains("use shorter repetitions")
                && found[0].ends_with("[pattern-size]"),
            "{large}: {found:?}"
        );
    }
    // The one and the other side of both limits.
    let most = "[01]*0[01]{996}2";
    assert_eq!(steps::states(most), Some(limits::PATTERN_STATES));
    let many = vec![most; limits::ALL_PATTERN_STATES / limits::PATTERN_STATES];
    assert_eq!(with(&many), [""; 0]);
    let found = with(&[&many[..], &["2"]].concat());
    assert!(
        found.len() == 1 && found[0].ends_with("[patterns-size]"),
        "{found:?}"
    );
}

#[test]
fn what_is_no_text_is_refused_at_its_place() {
    let found = Order::parse(b"a = 1\nb = \"\xff\"").unwrap_err();
    assert_eq!(found.all()[0].at, Some((2, 6)));
    assert_eq!(found.all()[0].code, "utf-8");
}

#[test]
fn a_program_is_described_as_in_a_list() {
    let with = |app: &str| {
        broken(
            "match = { host = [\"solicitors.co.uk\"] }",
            &format!("match = {{ app = [\"{app}\"] }}"),
        )
    };
    for good in ["teams", "/usr/bin/teams", "name=teams; in=home"] {
        assert_eq!(faults(&with(good)), [""; 0], "{good}");
    }
    for (wrong, words) in [
        ("nmae=teams", "did you mean `name`?"),
        ("bin/teams", "is no whole path"),
    ] {
        let faults = faults(&with(wrong));
        assert!(
            faults[0].contains(words) && faults[0].ends_with("[app]"),
            "{faults:?}"
        );
    }
}

#[test]
fn the_term_is_counted_in_the_orders_zone() {
    let ms = |text: &str| text.parse::<UnixMs>().unwrap();
    let order = Order::parse(GOOD.as_bytes()).unwrap();
    let start = ms("2026-03-02T00:00:00.000Z");
    let end = ms("2031-03-03T00:00:00.000Z");
    assert_eq!(order.term(start.plus(-1)), Term::NotYet(start));
    assert_eq!(order.term(start), Term::InForce(Some(end)));
    assert_eq!(order.term(end.plus(-1)), Term::InForce(Some(end)));
    assert_eq!(order.term(end), Term::Ended(end));

    // In summer the day begins an hour before UTC's.
    let summer = broken("starts = 2026-03-02", "starts = 2026-07-01");
    let order = Order::parse(summer.as_bytes()).unwrap();
    let start = ms("2026-06-30T23:00:00.000Z");
    assert_eq!(order.term(start.plus(-1)), Term::NotYet(start));

    // A midnight that the clocks skip: the day begins at one.
    let skipped = broken("starts = 2026-03-02", "starts = 2026-09-06")
        .replace("Europe/London", "America/Santiago")
        .replace("ends = 2031-03-02\n", "");
    let order = Order::parse(skipped.as_bytes()).unwrap();
    let start = ms("2026-09-06T04:00:00.000Z");
    assert_eq!(order.term(start.plus(-1)), Term::NotYet(start));
    assert_eq!(order.term(start), Term::InForce(None));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = Order::parse(text.as_bytes());
    }

    #[test]
    fn any_cut_of_a_good_order_is_read_or_refused(
        at in 0..GOOD.len(),
        junk in prop::collection::vec(any::<u8>(), 0..4),
        keep in any::<bool>(),
    ) {
        let mut bytes = GOOD.as_bytes().to_vec();
        if !keep {
            bytes.truncate(at);
        }
        let place = at.min(bytes.len());
        bytes.splice(place..place, junk);
        let _ = Order::parse(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Lines of an order that is right in another sequence, or gone, or twice: it is read, or each
    /// fault has a place and a code that the table explains.
    #[test]
    fn a_bent_order_is_read_or_its_faults_have_places(
        moves in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..3_u8), 1..6),
    ) {
        let mut lines: Vec<&str> = language::WHOLE.lines().collect();
        for (from, to, how) in moves {
            let (from, to) = (from.index(lines.len()), to.index(lines.len()));
            match how {
                0 => lines.swap(from, to),
                1 => { lines.remove(from); }
                _ => lines.insert(to, lines[from]),
            }
        }
        if let Err(faults) = Order::parse(lines.join("\n").as_bytes()) {
            for fault in faults.all() {
                prop_assert!(fault.at.is_some() || fault.code == "more", "{fault}");
                prop_assert!(Code::of(fault.code).is_some_and(|code| code.refuses), "{fault}");
            }
        }
    }

    #[test]
    fn any_bytes_in_the_whole_language_are_read_or_refused(
        at in any::<prop::sample::Index>(),
        junk in prop::collection::vec(any::<u8>(), 0..6),
        gone in 0..40_usize,
    ) {
        let mut bytes = language::WHOLE.as_bytes().to_vec();
        let at = at.index(bytes.len());
        let end = bytes.len().min(at + gone);
        bytes.splice(at..end, junk);
        let _ = Order::parse(&bytes);
    }
}
