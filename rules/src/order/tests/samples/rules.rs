//! Faults of rules as a whole, and of clauses.

use super::base::{END, marked_rule, rule};
use super::{Sample, one};

pub(super) const ALL: &[Sample] = &[
    one(
        "approval-open",
        &[(
            END,
            rule!(
                "on = [\"device\"]",
                "any = [{ class = \"phone\" }]",
                "▸[[rule.approval]]",
                "id = \"A-1\"",
                "says = \"s\"",
                "match = { serial = \"x\" }"
            ),
        )],
        "give it `ends`",
    ),
    one(
        "collector-list",
        &[
            ("count = 2", "count = 2\nheld = \"collector\""),
            ("[[rule]]", "▸[[rule]]"),
        ],
        "give the rule `where = \"collector\"`",
    ),
    one(
        "collector-sequence",
        &[
            (
                "on = [\"web_visit\"]\n",
                "on = [\"web_visit\"]\nwhere = \"collector\"\n",
            ),
            ("text = '''", "records = [\"device\"]\ntext = '''"),
            (
                END,
                rule!(
                    "on = [\"web_visit\"]",
                    "any = [{ host = \"b.example\" }]",
                    "[[rule.test]]",
                    "event = { kind = \"clock\", at = \"2026-04-01T20:00:00Z\" }",
                    "expect = \"match\"",
                    "[[rule.test]]",
                    "event = { kind = \"clock\", at = \"2026-04-01T20:00:00Z\" }",
                    "expect = \"no_match\"",
                    "▸[[rule]]",
                    "id = \"4.c\"",
                    "clause = \"4\"",
                    "says = \"s\"",
                    "severity = \"review\"",
                    "sequence = { first = \"4.b\", then = \"4.a\", within = \"1h\" }"
                ),
            ),
        ],
        "give it `where = \"collector\"` too",
    ),
    one(
        "collector-unseen",
        &[
            ("[[rule]]", "▸[[rule]]"),
            (
                "on = [\"web_visit\"]\n",
                "on = [\"web_visit\"]\nwhere = \"collector\"\n",
            ),
        ],
        "add the kind to `records`",
    ),
    one(
        "grace-field",
        &[(
            END,
            marked_rule!(
                "on = [\"device\"]",
                "all = [{ class = \"phone\" }]",
                "grace = { days = 3, of = \"network\" }"
            ),
        )],
        "take another field",
    ),
    one(
        "missing-test",
        &[
            ("[[rule]]", "▸[[rule]]"),
            ("expect = \"match\"", "expect = \"no_match\""),
        ],
        "add a [[rule.test]]",
    ),
    one(
        "not-wide",
        &[(
            END,
            marked_rule!(
                "on = [\"device\"]",
                "any = [{ class = \"phone\" }]",
                "wide_because = \"x\""
            ),
        )],
        "take `wide_because` out",
    ),
    one(
        "quota-count",
        &[(
            END,
            marked_rule!(
                "on = [\"foreground\"]",
                "all = [{ host = \"a.example\" }]",
                "quota = { more_than = 120, per = \"local_day\" }"
            ),
        )],
        "if a time is meant, write it",
    ),
    one(
        "quota-time",
        &[(
            END,
            marked_rule!(
                "on = [\"device\"]",
                "all = [{ class = \"phone\" }]",
                "quota = { more_than = \"4h\", per = \"local_day\" }"
            ),
        )],
        "count facts with a whole number",
    ),
    one(
        "rule-covered",
        &[(
            END,
            marked_rule!("on = [\"web_visit\"]", "any = [{ host_in = \"social\" }]"),
        )],
        "take it out, or make it more serious",
    ),
    one(
        "sequence-rule",
        &[(
            END,
            marked_rule!("sequence = { first = \"4.a\", then = \"4.a\", within = \"1h\" }"),
        )],
        "count its matches with a `threshold`",
    ),
    one(
        "two-verbs",
        &[(
            END,
            rule!(
                "on = [\"device\"]",
                "all = [{ class = \"phone\" }]",
                "threshold = ▸{ count = 2, within = \"1h\" }",
                "quota = { more_than = 2, per = \"local_day\" }"
            ),
        )],
        "make a rule of its own",
    ),
    one(
        "unknown-kind",
        &[("on = [\"web_visit\"]", "on = [▸\"web_visits\"]")],
        "did you mean `web_visit`?",
    ),
    one(
        "unknown-rule",
        &[(
            END,
            marked_rule!("sequence = { first = \"4.a\", then = \"4.x\", within = \"1h\" }"),
        )],
        "did you mean",
    ),
    one(
        "unknown-severity",
        &[("severity = \"breach\"", "severity = ▸\"breech\"")],
        "did you mean `breach`?",
    ),
    one(
        "unknown-span",
        &[(
            END,
            rule!(
                "on = [\"device\"]",
                "all = [{ class = \"phone\" }]",
                "quota = { more_than = 2, per = ▸\"local_dy\" }"
            ),
        )],
        "did you mean `local_day`?",
    ),
    one(
        "verb-alone",
        &[(
            END,
            rule!(
                "on = ▸[\"web_visit\"]",
                "silence = { longer_than = \"1h\" }"
            ),
        )],
        "take `on` out",
    ),
    one(
        "wide-records",
        &[
            ("[[clause]]", "▸[[clause]]"),
            ("text = '''", "records = [\"search\"]\ntext = '''"),
        ],
        "only if the court's words need all of them",
    ),
    one(
        "wide-rule",
        &[(END, marked_rule!("on = [\"search\"]"))],
        "say in `wide_because` why",
    ),
    one(
        "words-severity",
        &[
            ("[[rule]]", "▸[[rule]]"),
            (
                "any = [{ host_in = \"social\" }]",
                "any = [{ host_in = \"social\", words = [\"meeting\"] }]",
            ),
        ],
        "make its severity \"review\"",
    ),
];
