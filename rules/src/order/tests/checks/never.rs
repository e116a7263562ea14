//! What can never be, and what is checked where.

use super::*;

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
