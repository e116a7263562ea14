mod doubts;
mod logs;
mod long;
mod silent;
mod verbs;

use std::sync::Arc;

use proptest::prelude::*;
use proviso_report::bundle::Matched;
use proviso_report::fact::{ProcessEnd, ProcessStart, Transition, VisitsConfirmed, WebVisit};
use proviso_report::record::Method;

use super::*;
use crate::order::Severity;

/// An order with these exemptions, lists, clauses and rules.
fn order(body: &str) -> String {
    format!(
        "format = \"proviso-order/1\"\n[order]\nid = \"O\"\nversion = 1\ncourt = \"C\"\n\
         made = 2026-03-02\nstarts = 2026-03-02\ntimezone = \"Europe/London\"\n{body}"
    )
}

fn pin(name: &str, kind: &str, text: &str) -> String {
    format!(
        "[lists.{name}]\nfile = \"lists/{name}\"\nkind = \"{kind}\"\nsha256 = \"{}\"\ncount = {}\n",
        Hash::of(text.as_bytes()),
        text.lines().count()
    )
}

fn compile(text: &str, lists: &[&str]) -> Result<Judge, Faults> {
    let order = Order::parse(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    Judge::compile(order, Side::Collector, &mut |hash| {
        lists
            .iter()
            .find(|list| Hash::of(list.as_bytes()) == *hash)
            .map(|list| -> ListBytes { Arc::new((*list).to_owned()) })
    })
}

fn judge(text: &str, lists: &[&str]) -> Judge {
    compile(text, lists).unwrap_or_else(|faults| panic!("{faults}"))
}

/// A rule with the two tests that it must have, at the end of an order.
fn rule(id: &str, body: &str, yes: &str, no: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\nclause = \"1\"\nsays = \"s\"\n{body}\n\
         [[rule.test]]\nevent = {{ at = \"2026-04-01T20:00:00Z\", {yes} }}\nexpect = \"match\"\n\
         [[rule.test]]\nevent = {{ at = \"2026-04-01T20:00:00Z\", {no} }}\nexpect = \"no_match\"\n"
    )
}

const CLAUSE: &str = "[[clause]]\nid = \"1\"\ntext = \"t\"\n";

fn visit(url: &str) -> WebVisit {
    WebVisit {
        url: url.to_owned(),
        title: None,
        browser: "firefox".to_owned(),
        profile: None,
        transition: None,
        private: None,
    }
}

fn start(exe: &str, args: &[&str]) -> Fact {
    Fact::from(ProcessStart {
        exe: Some(exe.to_owned()),
        name: exe.rsplit('/').next().unwrap().to_owned(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        pid: 7,
        started: 0,
        parent: None,
        parent_exe: None,
        sha256: None,
        signer: None,
    })
}

fn event(fact: &Fact) -> Event<'_> {
    Event {
        at: "2026-04-01T20:00:00.000Z".parse().unwrap(),
        account: Some("alex"),
        fact,
    }
}

/// `rule: field=text, ...` for each hit.
fn said(judge: &Judge, fact: &Fact) -> Vec<String> {
    judge
        .judge(&event(fact))
        .iter()
        .map(|hit| {
            let matched: Vec<String> = hit
                .matched
                .iter()
                .map(|part| format!("{}={}", part.field, part.text))
                .collect();
            format!("{}: {}", hit.rule, matched.join(", "))
        })
        .collect()
}

fn said_of(judge: &Judge, url: &str) -> Vec<String> {
    said(judge, &Fact::from(visit(url)))
}

#[test]
fn the_order_of_the_demonstration_works() {
    let text = crate::order::tests::demonstration();
    let judge = judge(&text, &["facebook.com\n"]);
    assert_eq!(
        judge.judge(&event(&Fact::from(visit(
            "https://www.facebook.com/groups"
        )))),
        [Hit {
            rule: "4.a".to_owned(),
            clause: "4".to_owned(),
            severity: Severity::Breach,
            matched: vec![Matched {
                field: "url".to_owned(),
                text: "facebook.com".to_owned()
            }],
        }]
    );
    for url in [
        "https://notfacebook.com/",
        "https://facebook.com.evil.example/",
        "https://facebook.com@evil.example/",
        "https://news.example/?u=https://facebook.com/",
    ] {
        assert_eq!(said_of(&judge, url), [""; 0], "{url}");
    }
    let mut private = visit("https://news.example/");
    private.private = Some(true);
    assert_eq!(said(&judge, &private.into()), ["1.c: private=true"]);
    assert_eq!(
        said(&judge, &start("/usr/bin/shred", &[])),
        ["2.a: exe=shred, name=shred"]
    );
}

#[test]
fn scope_is_exemption_then_records_then_rules() {
    let text = crate::order::tests::demonstration();
    let judge = judge(&text, &["facebook.com\n"]);
    let scope = |fact: &Fact| judge.scope(&event(fact));
    let covered = |ids: &[&str]| Scope::Covered(ids.iter().map(|id| (*id).to_owned()).collect());
    assert_eq!(
        scope(&visit("https://news.example/").into()),
        covered(&["1"])
    );
    assert_eq!(
        scope(&visit("https://facebook.com/").into()),
        covered(&["1", "4"])
    );
    assert_eq!(
        scope(&visit("https://www.example-solicitors.co.uk/").into()),
        Scope::Exempt("E1".to_owned())
    );
    assert_eq!(scope(&start("/usr/bin/shred", &[])), covered(&["2"]));
    assert_eq!(scope(&start("/usr/bin/cat", &["shred"])), Scope::Uncovered);
}

#[test]
fn what_follows_a_record_is_not_judged() {
    let text = crate::order::tests::demonstration();
    let judge = judge(&text, &["facebook.com\n"]);
    let seen = Fact::from(VisitsConfirmed {
        method: Method::History,
        seqs: vec![1],
    });
    let ended = Fact::from(ProcessEnd {
        exe: Some("/usr/bin/shred".to_owned()),
        name: "shred".to_owned(),
        pid: 7,
        started: 0,
        start_seq: None,
    });
    for fact in [seen, ended] {
        assert_eq!(judge.scope(&event(&fact)), Scope::Uncovered);
        assert_eq!(judge.judge(&event(&fact)), []);
    }
}

#[test]
fn every_condition_finds_what_it_says() {
    let words = "grooming\n";
    let apps = "tor browser\n/opt/x/vpn\n";
    let web = "on = [\"web_visit\"]\nseverity = \"review\"";
    let run = "on = [\"process_start\"]\nseverity = \"breach\"";
    let no = "kind = \"web_visit\", url = \"https://z.example/\", title = \"\", account = \"alex\"";
    let idle = "kind = \"process_start\", exe = \"/bin/cat\"";
    let at = |url: &str| format!("kind = \"web_visit\", url = \"{url}\"");
    let text = [
        pin("words", "words", words),
        pin("apps", "apps", apps),
        CLAUSE.to_owned(),
        rule(
            "host",
            &format!("{web}\nany = [{{ host = [\"a.example\", \"b.example\"] }}]"),
            &at("https://x.b.example/"),
            no,
        ),
        rule(
            "url",
            &format!("{web}\nany = [{{ url_words = [\"year 9\", \"school\"] }}]"),
            &at("https://z.example/year-9?a=School"),
            no,
        ),
        rule(
            "words",
            &format!("{web}\nany = [{{ words = \"meet\" }}]"),
            "kind = \"web_visit\", url = \"https://z.example/\", title = \"MEET me\"",
            no,
        ),
        rule(
            "words_in",
            &format!("{web}\nany = [{{ words_in = \"words\" }}]"),
            &at("https://z.example/?q=Gr%C3%B6oming"),
            no,
        ),
        rule(
            "pattern",
            &format!("{web}\nany = [{{ pattern = '/v/[0-9]+', field = \"url\" }}]"),
            &at("https://z.example/V/12"),
            no,
        ),
        rule(
            "literal",
            &format!("{web}\nany = [{{ pattern = 'tube[0-9]+', field = \"title\" }}]"),
            "kind = \"web_visit\", url = \"https://z.example/\", title = \"My Tube99!\"",
            no,
        ),
        rule(
            "browser",
            &format!(
                "{web}\nwide_because = \"t\"\nall = [{{ browser = \"Chromium\" }}, \
                 {{ transition = [\"typed\", \"link\"] }}]"
            ),
            "kind = \"web_visit\", url = \"https://z.example/\", browser = \"chromium\", transition = \"typed\"",
            no,
        ),
        rule(
            "account",
            &format!("{web}\nwide_because = \"t\"\nall = [{{ account = \"sam\" }}]"),
            "kind = \"web_visit\", url = \"https://z.example/\", account = \"sam\"",
            no,
        ),
        rule(
            "app_in",
            &format!("{run}\nany = [{{ app_in = \"apps\" }}]"),
            "kind = \"process_start\", exe = \"/opt/x/vpn\"",
            idle,
        ),
        rule(
            "args",
            &format!("{run}\nany = [{{ app = \"chrome\", args_any = [\"--incognito\"] }}]"),
            "kind = \"process_start\", exe = \"/opt/chrome\", args = [\"chrome\", \"--incognito\"]",
            "kind = \"process_start\", exe = \"/opt/chrome\", args = [\"chrome\"]",
        ),
        rule(
            "exe",
            &format!(
                "{run}\nany = [{{ pattern = '^/tmp/', field = \"exe\" }}, {{ pattern = 'https?://', field = \"args\" }}]"
            ),
            "kind = \"process_start\", exe = \"/tmp/a\"",
            idle,
        ),
    ];
    let judge = judge(&order(&text.concat()), &[words, apps]);

    assert_eq!(
        said_of(&judge, "https://b.example/"),
        ["host: url=b.example"]
    );
    assert_eq!(
        said_of(&judge, "https://z.example/year-9?a=School"),
        ["url: url=year 9, url=school"]
    );
    assert_eq!(said_of(&judge, "https://school.example/"), [""; 0]);
    let mut titled = visit("https://z.example/meet");
    titled.title = Some("École: school, MEET, tube12 and tube13".to_owned());
    assert_eq!(
        said(&judge, &titled.into()),
        ["words: title=meet, url=meet", "literal: title=tube12"]
    );
    assert_eq!(
        said_of(&judge, "https://z.example/?q=Gr%C3%B6oming"),
        ["words_in: url=grooming"]
    );
    assert_eq!(
        said_of(&judge, "https://z.example/V/12"),
        ["pattern: url=/v/12"]
    );
    let mut typed = visit("https://z.example/");
    typed.transition = Some(Transition::Typed);
    assert_eq!(said(&judge, &typed.clone().into()), [""; 0]);
    typed.browser = "chromium".to_owned();
    assert_eq!(
        said(&judge, &typed.into()),
        ["browser: browser=chromium, transition=typed"]
    );
    assert_eq!(
        said(&judge, &start("/opt/x/VPN", &[])),
        ["app_in: exe=/opt/x/VPN"]
    );
    assert_eq!(
        said(&judge, &start("/opt/chrome", &["chrome", "--Incognito"])),
        ["args: exe=chrome, name=chrome, args=--Incognito"]
    );
    assert_eq!(
        said(&judge, &start("/tmp/a", &["a", "HTTP://x"])),
        ["exe: exe=/tmp/, args=http://"]
    );
}

#[test]
fn unless_and_exemptions_keep_rules_out() {
    let exempts = "[[exempt]]\nid = \"E1\"\nwho = \"w\"\nsays = \"s\"\nmatch = { host = \"law.example\" }\neffect = \"suppress_content\"\nstarts = 2026-04-01\nends = 2026-04-01\n\
        [[exempt]]\nid = \"E2\"\nwho = \"w\"\nsays = \"s\"\nmatch = { host = \"work.example\", account = \"other\" }\neffect = \"no_alert\"\n";
    let text = [
        exempts.to_owned(),
        CLAUSE.to_owned(),
        rule(
            "1.a",
            "on = [\"web_visit\"]\nseverity = \"breach\"\nwide_because = \"w\"\nany = [{ pattern = 'https://', field = \"url\" }]\nunless = [{ host = \"ok.example\", transition = \"subframe\" }]",
            "kind = \"web_visit\", url = \"https://z.example/\", account = \"sam\"",
            "kind = \"web_visit\", url = \"https://ok.example/\", transition = \"subframe\"",
        ),
    ];
    let judge = judge(&order(&text.concat()), &[]);
    assert_eq!(said_of(&judge, "https://z.example/"), ["1.a: url=https://"]);
    // Nobody can tell how the person came there.
    assert_eq!(said_of(&judge, "https://ok.example/"), [""; 0]);
    assert_eq!(said_of(&judge, "https://law.example/"), [""; 0]);
    assert_eq!(said_of(&judge, "https://a.work.example/"), [""; 0]);

    // What no rule may match no clause covers.
    let work = Fact::from(visit("https://work.example/"));
    assert_eq!(judge.scope(&event(&work)), Scope::Uncovered);
    let fact = Fact::from(visit("https://z.example/"));
    let other = Event {
        account: Some("other"),
        ..event(&fact)
    };
    assert_eq!(judge.judge(&other), []);

    // An exemption with days holds on those days, in the order's zone: one hour before UTC's.
    let law = Fact::from(visit("https://law.example/"));
    for (at, scope) in [
        (
            "2026-03-31T22:59:59.999Z",
            Scope::Covered(vec!["1".to_owned()]),
        ),
        ("2026-03-31T23:00:00.000Z", Scope::Exempt("E1".to_owned())),
        ("2026-04-01T22:59:59.999Z", Scope::Exempt("E1".to_owned())),
        (
            "2026-04-01T23:00:00.000Z",
            Scope::Covered(vec!["1".to_owned()]),
        ),
    ] {
        let event = Event {
            at: at.parse().unwrap(),
            ..event(&law)
        };
        assert_eq!(judge.scope(&event), scope, "{at}");
    }
}

const SOCIAL: &str = "facebook.com\n";

fn social(tests: &str) -> String {
    order(&format!(
        "{}{CLAUSE}[[rule]]\nid = \"1.a\"\nclause = \"1\"\nsays = \"s\"\nseverity = \"breach\"\n\
         on = [\"web_visit\"]\nany = [{{ host_in = \"social\" }}]\n{tests}",
        pin("social", "domains", SOCIAL)
    ))
}

fn test_of(url: &str, more: &str, expect: &str) -> String {
    format!(
        "[[rule.test]]\nevent = {{ kind = \"web_visit\", url = \"{url}\", at = \"2026-04-01T20:00:00Z\" }}\n\
         {more}expect = \"{expect}\"\n"
    )
}

#[test]
fn an_order_that_fails_its_own_tests_is_none() {
    let text = social(
        &[
            test_of("https://facebook.com/", "", "match"),
            test_of("https://facebook.com/", "", "no_match"),
            test_of("https://x.example/", "", "match"),
        ]
        .concat(),
    );
    let Err(faults) = compile(&text, &[SOCIAL]) else {
        panic!("it must not compile");
    };
    assert_eq!(
        faults.to_string(),
        "order.toml:27:1: this test expects that rule 1.a does not match, and it matches; correct \
         the rule or the test [test-failed]\n\
         order.toml:30:1: this test expects that rule 1.a matches, and it does not; correct the \
         rule or the test [test-failed]"
    );
}

#[test]
fn a_tests_own_lists_stand_in_for_the_pinned_ones() {
    let own = "lists = { social = [\"x.example.org\"] }\n";
    let text = social(
        &[
            test_of("https://x.example.org/", own, "match"),
            test_of("https://facebook.com/", own, "no_match"),
            test_of(
                "https://facebook.com/",
                "lists = { social = [] }\n",
                "no_match",
            ),
        ]
        .concat(),
    );
    judge(&text, &[SOCIAL]);
    let text = text.replacen("x.example.org\"]", "X.example.org\"]", 1);
    let Err(faults) = compile(&text, &[SOCIAL]) else {
        panic!("it must not compile");
    };
    assert_eq!(faults.all()[0].code, "list-entry");
}

#[test]
fn a_list_must_be_here_and_be_the_pinned_one() {
    let text = social(
        &[
            test_of("https://facebook.com/", "", "match"),
            test_of("https://x.example/", "", "no_match"),
        ]
        .concat(),
    );
    let order = || Order::parse(text.as_bytes()).unwrap();
    let codes = |bytes: Option<&'static str>| -> Vec<&'static str> {
        let mut give = |_: &Hash| bytes.map(|text| -> ListBytes { Arc::new(text.to_owned()) });
        match Judge::compile(order(), Side::Collector, &mut give) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.all().iter().map(|fault| fault.code).collect(),
        }
    };
    assert_eq!(codes(Some(SOCIAL)), [""; 0]);
    assert_eq!(codes(None), ["list-missing"]);
    assert_eq!(codes(Some("facebook.org\n")), ["list-hash"]);
    assert_eq!(codes(Some("a.com\nb.com\n")), ["list-hash", "list-count"]);
}

#[test]
fn a_judge_is_shared_between_threads() {
    const fn shared<T: Send + Sync>() {}
    shared::<Judge>();
}

#[test]
fn finding_ids_are_pinned() {
    let id = finding_id(DeviceId([7; 16]), 41, &Hash::of(b"order"), "4.a");
    assert_eq!(
        data_encoding::HEXLOWER.encode(&id),
        "fe2e55c04cc8dfe91080c2bb480c8e75"
    );
}

/// What the rule of `naive_order` means, said plainly.
fn naive(hosts: &[String], words: &[String], url: &str) -> bool {
    let Ok(parsed) = url::Url::parse(url) else {
        return false;
    };
    let host = parsed.host_str().unwrap_or_default();
    let on_list = hosts
        .iter()
        .any(|entry| host == entry || host.ends_with(&format!(".{entry}")));
    let tail = &url[url.find(host).unwrap() + host.len()..];
    let spoken = tail
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| words.iter().any(|other| other == word));
    on_list || spoken
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn judges_as_plainly_as_it_can_be_said(
        hosts in prop::collection::btree_set("[ab]{1,2}(\\.[ab]{1,2}){0,1}\\.example", 1..12),
        words in prop::collection::btree_set("[ab]{1,3}", 1..6),
        urls in prop::collection::vec(
            "https://[ab]{1,2}(\\.[ab]{1,2}){0,2}\\.example/[ab/?=&-]{0,10}", 1..20),
    ) {
        let hosts: Vec<String> = hosts.into_iter().collect();
        let words: Vec<String> = words.into_iter().collect();
        let list = format!("{}\n", hosts.join("\n"));
        let text = order(&format!(
            "{}{CLAUSE}{}",
            pin("l", "domains", &list),
            rule(
                "1.a",
                &format!(
                    "on = [\"web_visit\"]\nseverity = \"review\"\nany = [{{ host_in = \"l\" }}, {{ url_words = {words:?} }}]"
                ),
                &format!("kind = \"web_visit\", url = \"https://{}/\"", hosts[0]),
                "kind = \"web_visit\", url = \"https://z.example/\"",
            )
        ));
        let judge = judge(&text, &[list.as_str()]);
        for url in urls {
            let hits = judge.judge(&event(&Fact::from(visit(&url)))).len();
            prop_assert_eq!(hits == 1, naive(&hosts, &words, &url), "{}", url);
        }
    }
}
