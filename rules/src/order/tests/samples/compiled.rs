//! Faults and warnings that only an order with its lists shows, or its own tests.

use super::{Sample, one};

/// Another rule of clause 4, which looks for another list.
const SECOND: (&str, &str) = (
    "count = 2\n",
    "count = 2\n[lists.part]\nfile = \"part.domains\"\nkind = \"domains\"\nsha256 = \"@part.domains\"\ncount = 1\n",
);

pub(super) const ALL: &[Sample] = &[
    one(
        "list-missing",
        &[("file = \"social.domains\"", "file = \"gone.domains\"")],
        "put the file whose SHA-256 is",
    ),
    one(
        "list-hash",
        &[("\"@social.domains\"", "\"@part.domains\"")],
        "pin this one with `proviso list pin social.domains`",
    ),
    one(
        "list-count",
        &[("count = 2", "count = 3")],
        "the count that `proviso list pin social.domains` prints",
    ),
    one(
        "list-entry",
        &[
            ("file = \"social.domains\"", "file = \"bad.domains\""),
            ("\"@social.domains\"", "\"@bad.domains\""),
        ],
        "write the host alone",
    ),
    one(
        "collector-entry",
        &[
            ("count = 2\n", "count = 2\nheld = \"collector\"\n"),
            ("text = '''No", "records = [\"web_visit\"]\ntext = '''No"),
            (
                "on = [\"web_visit\"]",
                "where = \"collector\"\non = [\"web_visit\"]",
            ),
            ("[[rule.test]]", "▸[[rule.test]]"),
        ],
        "take made-up entries",
    ),
    one(
        "test-failed",
        &[
            ("https://b.example/", "https://x.com/"),
            (
                "\n[[rule.test]]\nevent = { kind = \"web_visit\", url = \"https://x",
                "\n▸[[rule.test]]\nevent = { kind = \"web_visit\", url = \"https://x",
            ),
        ],
        "correct the rule or the test",
    ),
    one(
        "essential-sites",
        &[
            ("[[rule]]", "▸[[rule]]"),
            (
                "any = [{ host_in = \"social\" }]",
                "any = [{ host_in = \"social\" }, { host = \"samaritans.org\" }]",
            ),
        ],
        "take them out with `unless`",
    ),
    one(
        "innocent-word",
        &[
            (
                "file = \"social.domains\"\nkind = \"domains\"",
                "file = \"talk.words\"\nkind = \"words\"",
            ),
            ("@social.domains", "@talk.words"),
            ("severity = \"breach\"", "severity = \"review\""),
            ("host_in", "words_in"),
            (
                "url = \"https://facebook.com/\"",
                "url = \"https://a.example/\", title = \"meet me\"",
            ),
            (
                "url = \"https://b.example/\"",
                "url = \"https://b.example/\", title = \"x\"",
            ),
        ],
        "show with a test that expects",
    ),
    one(
        "rule-covered",
        &[
            SECOND,
            (
                "[[rule]]\n",
                "[[rule]]\nid = \"4.b\"\nclause = \"4\"\nsays = \"s\"\nseverity = \"breach\"\non = [\"web_visit\"]\nany = [{ host_in = \"social\" }]\n\
                 [[rule.test]]\nevent = { kind = \"web_visit\", url = \"https://x.com/\", at = \"2026-04-01T20:00:00Z\" }\nexpect = \"match\"\n\
                 [[rule.test]]\nevent = { kind = \"web_visit\", url = \"https://b.example/\", at = \"2026-04-01T20:00:00Z\" }\nexpect = \"no_match\"\n\n▸[[rule]]\n",
            ),
            (
                "id = \"4.a\"\nclause = \"4\"\nsays = \"Possible breach.\"\nseverity = \"breach\"\non = [\"web_visit\"]\nany = [{ host_in = \"social\" }]",
                "id = \"4.a\"\nclause = \"4\"\nsays = \"Possible breach.\"\nseverity = \"breach\"\non = [\"web_visit\"]\nany = [{ host_in = \"part\" }]",
            ),
            ("https://facebook.com/", "https://x.com/"),
        ],
        "take it out, or make it more serious",
    ),
];
