//! What the tests of an order may hold.

use super::*;

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
        Kind::CapReached => "cap = \"memory\"",
        Kind::KeyChanged => "reason = \"boot\"",
        Kind::LogContinues => "cause = \"fork\"",
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
fn a_rule_can_be_on_each_kind() {
    for kind in Kind::ALL {
        let found = said(&[("on = [\"agent_altered\"]", &format!("on = [\"{kind}\"]"))]);
        let is_unknown = found.iter().any(|one| one.ends_with("[unknown-kind]"));
        assert!(!is_unknown, "{kind}: {found:#?}");
    }
    let found = said(&[("on = [\"agent_altered\"]", "on = [\"agent_alter\"]")]);
    assert!(found[0].ends_with("[unknown-kind]"), "{found:#?}");
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
