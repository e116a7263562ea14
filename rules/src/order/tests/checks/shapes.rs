//! What is wrong by itself: keys, words and values.

use super::*;

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
fn approvals_have_ids_of_their_own() {
    let again = "[[rule.approval]]\nid = \"A-2026-07\"\nsays = \"s\"\nends = 2026-12-31\n\
                 match = { interface = \"x\" }\n[[rule.approval]]\nid = \"A-2026-07\"";
    each(&[(
        &[("[[rule.approval]]\nid = \"A-2026-07\"", again)],
        "duplicate",
    )]);
}
