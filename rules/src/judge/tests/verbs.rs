//! Verbs that look at one fact, by the tests of an order; and which side checks what. Those that count
//! over time are in `over/` and `logs.rs`.

use super::*;
use crate::Why;

const KNOWN: &str = "aa00000000000000000000000000000000000000000000000000000000000000\n";

fn text() -> String {
    let hash = Hash::of(KNOWN.as_bytes()).to_string();
    include_str!("verbs.toml").replace("sha256 = \"@\"", &format!("sha256 = \"{hash}\""))
}

fn of_side(side: Side, lists: &[&str]) -> Result<Judge, Faults> {
    let order = Order::parse(text().as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    Judge::compile(order, side, &mut |hash| {
        lists
            .iter()
            .find(|list| Hash::of(list.as_bytes()) == *hash)
            .map(|list| -> ListBytes { Arc::new((*list).to_owned()) })
    })
}

#[test]
fn every_verb_does_what_its_tests_say() {
    let judge = of_side(Side::Collector, &[KNOWN]).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(judge.left_out(), [""; 0]);
}

#[test]
fn each_side_has_what_is_its_own() {
    let left_out = |side, lists: &[&str]| {
        of_side(side, lists)
            .map(|judge| judge.left_out().to_vec())
            .map_err(|faults| faults.all()[0].code)
    };
    let known = || Ok(vec!["known".to_owned()]);
    // A device is never given the list, even if it is there.
    assert_eq!(left_out(Side::Device, &[KNOWN]), known());
    assert_eq!(left_out(Side::Device, &[]), known());
    assert_eq!(left_out(Side::Verifier, &[]), known());
    assert_eq!(left_out(Side::Verifier, &[KNOWN]), Ok(Vec::new()));
    assert_eq!(left_out(Side::Collector, &[]), Err("list-missing"));
}

#[test]
fn what_cannot_be_told_covers_nothing_and_is_said() {
    let judge = of_side(Side::Device, &[]).unwrap_or_else(|faults| panic!("{faults}"));
    let unknown = Fact::from(ProcessStart {
        exe: None,
        name: "x".to_owned(),
        args: Vec::new(),
        pid: 1,
        started: 0,
        parent: None,
        parent_exe: None,
        sha256: None,
        signer: None,
    });
    let event = event(&unknown);
    assert_eq!(judge.scope(&event), Scope::Uncovered);
    assert_eq!(
        judge.cannot_tell(&event),
        [CannotTell {
            rule: "apps".to_owned(),
            why: Why::Field("exe"),
        }]
    );
    let told = start("/bin/cat", &[]);
    assert_eq!(judge.cannot_tell(&super::event(&told)), []);
}

/// The true entries of a list that the collector holds back must not be in the order.
#[test]
fn no_test_names_what_the_collector_holds_back() {
    let (secret, made_up) = ("ab".repeat(32), "cd".repeat(32));
    let list = format!("{secret}\n");
    let pin = pin("known", "hashes", &list).trim_end().to_owned() + "\nheld = \"collector\"\n";
    let clause = CLAUSE.replace("text", "records = [\"download\"]\ntext");
    let with = |hash: &str, fill: &str| {
        let rule = rule(
            "1.a",
            "severity = \"urgent\"\non = [\"download\"]\nany = [{ sha256_in = \"known\" }]\nwhere = \"collector\"",
            &format!("kind = \"download\", sha256 = \"{hash}\""),
            "kind = \"download\", sha256 = \"ef00000000000000000000000000000000000000000000000000000000000000\"",
        );
        let filled = format!("{fill}expect = \"match\"");
        order(&format!(
            "{pin}{clause}{}",
            rule.replace("expect = \"match\"", &filled)
        ))
    };
    let fill = |hash: &str| format!("lists = {{ known = [\"{hash}\"] }}\n");
    let said = |text: &str| {
        let faults = compile(text, &[&list]).err().unwrap();
        let codes = faults.all().iter().map(|fault| fault.code);
        assert!(!faults.to_string().contains(&secret), "{faults}");
        codes.collect::<Vec<_>>()
    };
    assert_eq!(said(&with(&secret, "")), ["collector-entry"]);
    assert_eq!(said(&with(&secret, &fill(&secret))), ["collector-entry"]);
    assert_eq!(said(&with(&made_up, &fill(&secret))), ["collector-entry"]);
    // The true list is not looked at.
    assert_eq!(said(&with(&made_up, "")), ["test-failed"]);
    let judge = judge(&with(&made_up, &fill(&made_up)), &[&list]);
    let fact = Fact::from(proviso_report::fact::Download {
        url: None,
        path: None,
        bytes: None,
        sha256: Some(secret.parse().unwrap()),
        mime: None,
        browser: "firefox".to_owned(),
        profile: None,
    });
    let event = Event {
        at: UnixMs(1_775_073_600_000),
        account: None,
        fact: &fact,
    };
    assert_eq!(
        judge.judge(&event).len(),
        1,
        "records are held against the true list"
    );
}

/// A forbidden thing that is called or put like an exempt one is not exempt.
#[test]
fn nobody_makes_an_exemption_alone() {
    let exempt = "[[exempt]]\nid = \"E\"\nwho = \"w\"\nsays = \"s\"\nmatch = { under = [\"~/Work\"], app = [\"teams\"] }\neffect = \"suppress_content\"\n";
    let tor = "ab".repeat(32);
    let apps = format!(
        "on = [\"process_start\"]\nseverity = \"breach\"\nany = [{{ app = [\"sha256={tor}\"] }}]"
    );
    let start = |exe: &str| {
        format!("kind = \"process_start\", name = \"teams\", exe = \"{exe}\", sha256 = \"{tor}\"")
    };
    let files = "on = [\"file_change\"]\nseverity = \"breach\"\nany = [{ under = [\"/media\", \"~/Work\"] }]";
    let moved = |from: &str, to: &str| {
        format!("kind = \"file_change\", change = \"renamed\", from = \"{from}\", path = \"{to}\"")
    };
    let front = |more: &str| {
        format!(
            "kind = \"foreground\", ms = 1000, name = \"teams\", exe = \"/usr/bin/teams\"{more}"
        )
    };
    let body = [
        rule(
            "1.a",
            &apps,
            &start("/home/alex/teams"),
            &start("/usr/bin/teams"),
        ),
        rule(
            "1.b",
            files,
            &moved("/home/alex/Work/a.jpg", "/media/stick/a.jpg"),
            &moved("/home/alex/Work/a.jpg", "/home/alex/Work/b.jpg"),
        ),
        rule(
            "1.c",
            files,
            &moved("/media/stick/a.jpg", "/home/alex/Work/a.jpg"),
            "kind = \"file_change\", change = \"seen\", path = \"/home/alex/Work/b.jpg\"",
        ),
        rule(
            "1.d",
            "on = [\"foreground\"]\nseverity = \"breach\"\nany = [{ host = [\"a.example\"] }, { app = [\"teams\"] }]",
            &front(", url = \"https://a.example/\""),
            &front(""),
        ),
    ];
    judge(&order(&format!("{exempt}{CLAUSE}{}", body.concat())), &[]);
}
