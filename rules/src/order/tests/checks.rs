//! Every static check points at what it is for: one bad order for each.

use super::language::WHOLE;
use super::*;

/// The order of the whole language with one place changed: its faults, or its warnings.
fn said(edits: &[(&str, &str)]) -> Vec<String> {
    let mut text = WHOLE.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let said = match Order::parse(text.as_bytes()) {
        Ok(order) => order.warnings().to_vec(),
        Err(faults) => faults.all().to_vec(),
    };
    for one in &said {
        assert!(Code::of(one.code).is_some(), "{one}");
        assert!(one.at.is_some(), "{one}");
    }
    said.iter().map(ToString::to_string).collect()
}

/// Edits, and the code that they bring.
type Case<'c> = (&'c [(&'c str, &'c str)], &'c str);

#[track_caller]
fn each(cases: &[Case<'_>]) {
    let mut wrong = Vec::new();
    for (edits, code) in cases {
        let found = said(edits);
        let refuses = Code::of(code).map(|code| code.refuses);
        let mut named = found
            .iter()
            .filter(|one| one.ends_with(&format!("[{code}]")));
        // A warning is there beside those of the good order; a fault alone shows what it is.
        if named.next().is_none() || (refuses == Some(true) && found.len() > 5) {
            wrong.push(format!("{edits:?}: expected {code}, found {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_whole_language_has_four_warnings_and_no_fault() {
    let codes: Vec<String> = said(&[])
        .iter()
        .map(|one| one.rsplit(' ').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        codes,
        [
            "[replaces-nothing]",
            "[short-word]",
            "[wide-records]",
            "[wide-records]"
        ]
    );
}

#[test]
fn shapes_of_verbs() {
    each(&[
        (&[("to = 06:00:00", "to = 06:00:00.5")], "type"),
        (&[("to = 06:00:00", "to = \"06:00\"")], "type"),
        (&[("to = 06:00:00", "to = 23:00:00")], "hours"),
        (&[("days = \"every\"", "days = \"evry\"")], "unknown-day"),
        (
            &[("days = \"every\"", "days = [\"mon\", \"mon-fri\"]")],
            "duplicate",
        ),
        (&[("within = \"30m\"", "within = \"30 minutes\"")], "length"),
        (&[("per = \"local_day\"", "per = \"day\"")], "unknown-span"),
        (&[("more_than = 20", "more_than = 0")], "type"),
        (&[("count = 3, within", "count = 1, within")], "type"),
        (&[("days = 3, of", "days = 400, of")], "type"),
        (&[("of = \"serial\"", "of = \"seriel\"")], "unknown-field"),
        (
            &[("longer_than = \"15m\"", "longer = \"15m\"")],
            "unknown-key",
        ),
        (
            &[(
                "silence = {",
                "threshold = { count = 2, within = \"1h\" }\nsilence = {",
            )],
            "two-verbs",
        ),
        (
            &[("silence = {", "on = [\"web_visit\"]\nsilence = {")],
            "verb-alone",
        ),
        (
            &[(
                "sequence = {",
                "any = [{ host = \"a.example\" }]\nsequence = {",
            )],
            "verb-alone",
        ),
        (
            &[("where = \"collector\"", "where = \"server\"")],
            "unknown-place",
        ),
        (
            &[("held = \"collector\"", "held = \"server\"")],
            "unknown-place",
        ),
        (&[("by = \"police:lists", "by = \"lists")], "updated-by"),
        (
            &[(
                "host = [\"web.whatsapp.com\"], app",
                "hots = [\"web.whatsapp.com\"], app",
            )],
            "unknown-key",
        ),
        (
            &[("match = { interface = \"wg-freight0\" }", "match = {}")],
            "empty-condition",
        ),
        (&[("within_words = 8", "within_words = 800")], "type"),
        (&[("number = [8, 17]", "number = [17, 8]")], "near"),
        (
            &[("units = [\"yo\", \"years old\"]", "words = [\"yo\"]")],
            "near",
        ),
        (&[("fold = \"leet\"", "fold = \"case\"")], "fold"),
        (
            &[("tethered = true }", "tethered = true, fold = \"leet\" }")],
            "fold",
        ),
        (&[("\"~/Pictures\"", "\"Pictures\"")], "folder"),
        (&[("\"~/Pictures\"", "\"/media/../etc\"")], "folder"),
        (
            &[("how = [\"all\", \"rows\"]", "how = [\"al\", \"rows\"]")],
            "unknown-word",
        ),
        (
            &[(
                "records = [\"history_cleared\"",
                "records = [\"history_clear\"",
            )],
            "unknown-kind",
        ),
        (
            &[("interface_type = [\"tun\"", "interfacetype = [\"tun\"")],
            "unknown-key",
        ),
        (
            &[("says = \"Suspended by", "sais = \"Suspended by")],
            "missing-key",
        ),
    ]);
}

#[test]
fn shapes_of_tests() {
    each(&[
        (&[("kind = \"clock\"", "kind = \"clok\"")], "unknown-kind"),
        (
            &[("{ kind = \"clock\", at", "{ kind = \"clock\", ms = 3, at")],
            "unknown-key",
        ),
        (
            &[("kind = \"heartbeat\",", "kind = \"heartbeat\", awake = 3,")],
            "unknown-key",
        ),
        (&[("change = \"off\"", "change = \"of\"")], "test-event"),
        (
            &[(
                "generate = { kind = \"search\"",
                "generate = { kind = \"clock\"",
            )],
            "test-event",
        ),
        (&[("count = 21", "count = 2001")], "type"),
        (&[("every = \"1m\", ms", "every = \"1x\", ms")], "length"),
        (
            &[(
                "from = \"2026-06-01T23:01:00+01:00\"",
                "from = \"9999-12-30T22:00:00Z\"",
            )],
            "time",
        ),
        (
            &[(
                "generate = { kind = \"search\"",
                "event = { kind = \"search\", text = \"a\", at = \"2026-06-01T09:00:00Z\" }\ngenerate = { kind = \"search\"",
            )],
            "two-events",
        ),
        (
            &[("expect = \"cannot_tell\"", "expect = \"unknown\"")],
            "unknown-expectation",
        ),
    ]);
    let long = format!("text = \"{}\", engine", "x".repeat(limits::GENERATED_BYTES));
    each(&[(&[("text = \"a\", engine", long.as_str())], "limit")]);
}

#[test]
fn a_test_may_say_little_about_each_kind() {
    let least = |kind: Kind| match kind {
        Kind::WebVisit => "url = \"https://a.example/\"",
        Kind::VisitsConfirmed => "method = \"history\", seqs = [1]",
        Kind::Search => "text = \"a\"",
        Kind::Foreground => "ms = 1",
        Kind::HistoryCleared => "how = \"all\"",
        Kind::BrowserSetting => "setting = \"sync\", value = \"on\"",
        Kind::Package | Kind::AccountChange => "change = \"added\", name = \"a\"",
        Kind::ToolFound => "class = \"vpn\", state = \"used\"",
        Kind::FileChange => "change = \"seen\", path = \"/a\"",
        Kind::Device | Kind::Session => "change = \"added\"",
        Kind::PhoneApp => "package = \"a\"",
        Kind::NetworkInterface => "change = \"added\", interface = \"wg0\"",
        Kind::NetworkSetting => "setting = \"proxy\"",
        Kind::NetworkJoined => "network = \"a\"",
        Kind::AgentStarted => "previous = \"killed\"",
        Kind::Gap => "cause = \"off\"",
        Kind::SourceFailed | Kind::SourceRestored => "source = \"a\"",
        Kind::OrderInForce => {
            "id = \"O\", version = 1, digest = \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""
        }
        Kind::ListInForce => {
            "list = \"a\", number = 1, sha256 = \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""
        }
        Kind::Declaration => "id = \"a\"",
        Kind::Power => "change = \"on\"",
        Kind::ClockStepped => "by_ms = 1",
        Kind::ZoneChanged => "to = \"UTC\"",
        Kind::AgentAltered => "part = \"program\"",
        Kind::CollectorBlocked => "how = \"hosts\"",
        Kind::Heartbeat => "cannot_tell = { \"1.a\" = 2 }",
        _ => "",
    };
    for kind in Kind::ALL {
        let fields = least(*kind);
        let comma = if fields.is_empty() { "" } else { "," };
        let event = format!(
            "event = {{ kind = \"{kind}\", at = \"2026-05-01T12:00:00Z\"{comma} {fields} }}\nexpect = \"no_match\"\n[[rule.test]]\n\
             event = {{ kind = \"agent_altered\", part"
        );
        let found = said(&[("event = { kind = \"agent_altered\", part", &event)]);
        assert_eq!(found, said(&[]), "{kind}");
    }
}

#[test]
fn what_can_never_be() {
    each(&[
        (&[("of = \"serial\"", "of = \"network\"")], "grace-field"),
        (
            &[(
                "on = [\"foreground\"]",
                "on = [\"foreground\", \"web_visit\"]",
            )],
            "quota-time",
        ),
        (&[("more_than = \"4h\"", "more_than = 120")], "quota-count"),
        (
            &[(
                "change = \"added\" },\n  { host_in",
                "change = \"created\" },\n  { host_in",
            )],
            "unknown-word",
        ),
        (
            &[(
                "match = { interface = \"wg-freight0\" }",
                "match = { serial = \"a\" }",
            )],
            "never-holds",
        ),
        (
            &[("account = [\"work\"], host", "class = [\"phone\"], host")],
            "never-holds",
        ),
        (
            &[(
                "all = [{ class = \"storage\", change = \"added\" }]",
                "all = [{ class = \"storage\" }, { class = \"phone\" }]",
            )],
            "contradiction",
        ),
        (
            &[(
                "all = [{ class = \"storage\", change = \"added\" }]",
                "all = [{ class = \"storage\", change = \"added\" }]\nunless = [{ class = [\"Storage\", \"phone\"] }]",
            )],
            "contradiction",
        ),
        (
            &[(
                "serial = [\"4C530001230514116283\"] }",
                "class = [\"storage\"] }",
            )],
            "contradiction",
        ),
        (
            &[(
                "starts = 2026-07-07\nends = 2026-12-31",
                "ends = 2026-01-31",
            )],
            "outside-term",
        ),
        (
            &[("from = 2030-07-01", "from = 2032-07-01")],
            "outside-term",
        ),
        (
            &[(
                "effect = \"no_alert\"",
                "effect = \"no_alert\"\nstarts = 2032-01-01",
            )],
            "outside-term",
        ),
        (
            &[("to = 2026-07-31", "to = 2026-06-30")],
            "ends-before-start",
        ),
        (
            &[("from = 2030-07-01", "from = 2026-07-31")],
            "suspensions-overlap",
        ),
        (&[("to = 2026-07-31\n", "")], "suspensions-overlap"),
        (
            &[(
                "id = \"A-2026-07\"",
                "id = \"A-2026-07\"\nstarts = 2027-01-01",
            )],
            "toml",
        ),
    ]);
}

#[test]
fn what_is_checked_where() {
    each(&[
        (&[("where = \"collector\"\n", "")], "collector-list"),
        (
            &[
                (
                    "match = { host = [\"example-freight.co.uk\"], app",
                    "match = { host_in = \"vpn\", app",
                ),
                ("count = 60\n", "count = 60\nheld = \"collector\"\n"),
            ],
            "collector-list",
        ),
        (
            &[(
                "records = [\"file_change\", \"download\"]\n",
                "records = [\"download\"]\n",
            )],
            "collector-unseen",
        ),
        (
            &[("then = \"1.a\"", "then = \"7.a\"")],
            "collector-sequence",
        ),
        (&[("then = \"1.a\"", "then = \"1.x\"")], "unknown-rule"),
        (&[("then = \"1.a\"", "then = \"1.b\"")], "sequence-rule"),
        (&[("then = \"1.a\"", "then = \"2.a\"")], "sequence-rule"),
        (&[("then = \"1.a\"", "then = \"5.b\"")], "words-severity"),
    ]);
}

#[test]
fn what_is_too_wide_or_says_nothing() {
    let second = "[[rule]]\nid = \"1.c\"\nclause = \"1\"\nsays = \"s\"\nseverity = \"review\"\n\
        on = [\"history_cleared\"]\nany = [{ how = \"rows\" }]\n[[rule.test]]\n\
        event = { kind = \"history_cleared\", how = \"rows\", at = \"2026-04-01T20:00:00Z\" }\n\
        expect = \"match\"\n[[rule.test]]\n\
        event = { kind = \"history_cleared\", how = \"all\", at = \"2026-04-01T20:00:00Z\" }\n\
        expect = \"no_match\"\n\n[[clause]]\nid = \"2\"";
    each(&[
        (
            &[("wide_because = \"The clause forbids", "# \"")],
            "wide-rule",
        ),
        (
            &[
                ("among = { host_in = \"vpn\" }, account", "account"),
                ("by = \"police", "by = \"police"),
            ],
            "wide-rule",
        ),
        (
            &[(
                "quota = { more_than = 20",
                "wide_because = \"x\"\nquota = { more_than = 20",
            )],
            "not-wide",
        ),
        (&[("ends = 2026-12-31\n", "")], "approval-open"),
        (&[("[[clause]]\nid = \"2\"", second)], "rule-covered"),
        (
            &[(
                "during = [{ days = \"every\", from = 23:00:00, to = 06:00:00 }]",
                "during = [{ days = \"every\", from = 23:00:00, to = 06:00:00 }, { days = \"mon\", from = 01:00:00, to = 02:00:00 }]",
            )],
            "hours-twice",
        ),
        (
            &[(
                "{ days = [\"sat\", \"wed\"], from = 20:00:00, to = 02:00:00 }",
                "{ days = [\"fri\", \"mon-thu\"], from = 08:00:00, to = 18:00:00 }",
            )],
            "hours-twice",
        ),
        (
            &[(
                "{ search_words = [\"meet me\"], fold",
                "{ search_words = [\"me\"], fold",
            )],
            "short-word",
        ),
        (
            &[("search_words = [\"meet me\"]", "search_words = [\"x\"]")],
            "short-word",
        ),
        (&[("meet.?me", "meet.*me")], "pattern-runs-on"),
        (&[("meet.?me", "me")], "pattern-short"),
        (
            &[(
                "search_words = [\"meet me\"]",
                "search_words = [\"meet the\"]",
            )],
            "innocent-word",
        ),
        (
            &[(
                "severity = \"review\"\non = [\"search\", \"web_visit\"]",
                "severity = \"breach\"\non = [\"search\", \"web_visit\"]",
            )],
            "words-severity",
        ),
    ]);
}

/// In `fold = ["leet"]` only words of five letters are read.
#[test]
fn a_word_that_is_not_read_in_signs_is_said() {
    for (word, warned) in [("meet me", true), ("meet", true), ("meeting me", false)] {
        let words = format!("search_words = [\"{word}\"]");
        let found = said(&[("search_words = [\"meet me\"]", &words)]);
        let said = format!("`{word}` has no word of 5 letters, and shorter ones are not read");
        let is = found.iter().any(|one| one.contains(&said));
        assert_eq!(is, warned, "{word}: {found:#?}");
    }
}

#[test]
fn a_test_outside_the_term_is_said() {
    for start in ["2026-06-01", "2026-03-02"] {
        let day = format!("made = 2026-03-02\nstarts = {start}");
        let found = said(&[("made = 2026-03-02\nstarts = 2026-03-02", &day)]);
        let is = found.iter().any(|one| one.ends_with("[test-outside-term]"));
        assert_eq!(is, start == "2026-06-01", "{found:#?}");
    }
}

#[test]
fn words_are_words_wherever_they_stand() {
    for condition in [
        "{ search_words = [\"meet me\"] }",
        "{ search_words_in = \"talk\" }",
        "{ pattern = \"meet.?me\", field = \"search\" }",
        "{ looks_like = [\"bank.example\"] }",
        "{ words = \"meet me\", host = \"a.example\" }",
    ] {
        let found = said(&[(
            "{ tethered = true },",
            &format!("{condition}, {{ tethered = true }},"),
        )]);
        // The rule itself, and the sequence that follows it.
        let refused = found.iter().filter(|one| one.ends_with("[words-severity]"));
        let near = if condition.contains("search") { 1 } else { 2 };
        assert!(refused.count() >= near, "{condition}: {found:#?}");
    }
}

/// A pattern that spells words is one that looks for words, and so is a rule that spares words.
#[test]
fn words_are_words_in_addresses_and_exceptions() {
    for (rule, refused) in [
        (
            "any = [{ pattern = '[?&]q=.{0,9}schoolgirl', field = \"url\" }]",
            true,
        ),
        (
            "any = [{ pattern = '^https://a\\.example/jordan99(/|$)', field = \"url\" }]",
            false,
        ),
        (
            "any = [{ host = [\"a.example\"] }]\nunless = [{ words = [\"homework\"] }]",
            true,
        ),
        (
            "any = [{ host = [\"a.example\"] }]\nunless = [{ host = [\"b.a.example\"] }]",
            false,
        ),
    ] {
        assert_eq!(
            added(rule).contains(&"words-severity".to_owned()),
            refused,
            "{rule}"
        );
    }
}

/// What holds for every fact of the kind narrows nothing.
#[test]
fn what_narrows_nothing_is_wide() {
    for (rule, wide) in [
        ("all = [{ pattern = '^https?://', field = \"url\" }]", true),
        (
            "all = [{ pattern = '^https?://x', field = \"url\" }]",
            false,
        ),
        (
            "on = [\"search\"]\nall = [{ typed = [\"true\", \"false\"] }]",
            true,
        ),
        ("on = [\"search\"]\nall = [{ typed = [\"true\"] }]", false),
        ("on = [\"file_change\"]\nall = [{ under = [\"/\"] }]", true),
        ("on = [\"file_change\"]\nall = [{ under = ['D:\\'] }]", true),
        (
            "on = [\"file_change\"]\nall = [{ under = [\"/media\"] }]",
            false,
        ),
    ] {
        assert_eq!(
            added(rule).contains(&"wide-rule".to_owned()),
            wide,
            "{rule}"
        );
    }
}

/// The codes of a good order with one more rule, of which only what it looks for is said.
fn added(rule: &str) -> Vec<String> {
    let on = if rule.starts_with("on") {
        ""
    } else {
        "on = [\"web_visit\"]\n"
    };
    let text = format!(
        "{WHOLE}\n[[rule]]\nid = \"1.new\"\nclause = \"1\"\nsays = \"s\"\nseverity = \"breach\"\n{on}{rule}\n"
    );
    let faults = Order::parse(text.as_bytes()).unwrap_err();
    let faults = faults.all().iter().map(|fault| fault.code.to_owned());
    faults.collect()
}

/// What keeps nothing must be sure of what it is about.
#[test]
fn loose_exemptions_are_warned_of() {
    let effect = ("effect = \"no_alert\"", "effect = \"suppress_content\"");
    each(&[(&[effect], "exempt-loose")]);
    let folder = ("app = [\"Teams\"]", "under = [\"~/Work\"]");
    each(&[(&[effect, folder], "exempt-loose")]);
    for sure in [
        "app = [\"/usr/bin/teams\"]",
        "app = [\"name=teams; signer=Example Ltd\"]",
        "under = [\"/srv/work\"]",
    ] {
        let found = said(&[effect, ("app = [\"Teams\"]", sure)]);
        assert!(
            !found.iter().any(|one| one.ends_with("[exempt-loose]")),
            "{sure}"
        );
    }
}

#[test]
fn approvals_have_ids_of_their_own() {
    let again = "[[rule.approval]]\nid = \"A-2026-07\"\nsays = \"s\"\nends = 2026-12-31\n\
                 match = { interface = \"x\" }\n[[rule.approval]]\nid = \"A-2026-07\"";
    each(&[(
        &[("[[rule.approval]]\nid = \"A-2026-07\"", again)],
        "duplicate",
    )]);
}

#[test]
fn generated_events_are_bounded_over_all_tests() {
    let test = "[[rule.test]]\ngenerate = { kind = \"search\", count = 2000, from = \"2026-06-01T09:00:00Z\", every = \"1m\", text = \"a\" }\nexpect = \"match\"\n";
    let many = format!("{WHOLE}{}", test.repeat(11));
    let faults = Order::parse(many.as_bytes()).unwrap_err();
    assert_eq!(faults.all()[0].code, "limit", "{faults}");
}

#[test]
fn what_tests_show_to_patterns_is_bounded() {
    let order = |states: usize, test: &str| {
        format!(
            "format = \"proviso-order/1\"\n[order]\nid = \"O\"\nversion = 1\ncourt = \"C\"\n\
             made = 2026-01-01\nstarts = 2026-01-01\ntimezone = \"Europe/London\"\n\
             [[clause]]\nid = \"1\"\ntext = 'Words.'\n[[rule]]\nid = \"1.a\"\nclause = \"1\"\n\
             says = \"Words.\"\nseverity = \"review\"\non = [\"search\"]\n\
             any = [{}]\n{test}[[rule.test]]\n\
             event = {{ kind = \"search\", text = \"b\", at = \"2026-06-01T09:00:00Z\" }}\n\
             expect = \"no_match\"\n",
            vec!["{ pattern = 'xyza{900}', field = \"search\" }"; states / 900].join(", ")
        )
    };
    let generated = |count: usize| {
        format!(
            "[[rule.test]]\ngenerate = {{ kind = \"search\", count = {count}, \
             from = \"2026-06-01T09:00:00Z\", every = \"1m\", text = \"{}\" }}\n\
             expect = \"match\"\n",
            "a".repeat(1_800)
        )
    };
    let codes = |text: &str| match Order::parse(text.as_bytes()) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.all().iter().map(|fault| fault.code).collect(),
    };
    assert_eq!(codes(&order(900, &generated(500))), [""; 0]);
    assert_eq!(codes(&order(9_000, &generated(500))), ["limit"]);
}
