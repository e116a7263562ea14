//! Faults of the file, of its tables and of the values in them.

use super::{Sample, one, with};

pub(super) const ALL: &[Sample] = &[
    one(
        "duplicate",
        &[(
            "text = '''No social networks.'''",
            "text = '''No.'''\n▸[[clause]]\nid = \"4\"\ntext = \"No.\"",
        )],
        "give each its own id",
    ),
    one(
        "empty-list",
        &[("count = 2", "count = ▸0")],
        "fill it or take it out",
    ),
    one(
        "file-name",
        &[("\"social.domains\"\nkind", "▸\"../social.domains\"\nkind")],
        "must be a path beside the order",
    ),
    one(
        "format",
        &[("\"proviso-order/1\"", "▸\"proviso-order/2\"")],
        "this version reads `proviso-order/1`",
    ),
    one(
        "hash",
        &[("sha256 = \"", "sha256 = ▸\"X")],
        "copy it again, whole",
    ),
    one(
        "hidden-character",
        &[("\"Solicitor\"", "\"Soli▸\u{200b}citor\"")],
        "take it out",
    ),
    one(
        "id",
        &[("id = \"4.a\"", "id = ▸\"4 a\"")],
        "must be 1 to 64 letters",
    ),
    one(
        "illustrative",
        &[("\"Private.\"", "▸\"ILLUSTRATIVE: private.\"")],
        "put the true ones in their place",
    ),
    one(
        "kept",
        &[(
            "contact = ",
            "kept = { years = 6, after = ▸\"ordre\" }\ncontact = ",
        )],
        "did you mean `order`?",
    ),
    one(
        "kept",
        &[("contact = ", "kept = ▸{ after = \"order\" }\ncontact = ")],
        "such as { years = 6, after = \"order\" }",
    ),
    one(
        "limit",
        &[("count = 2", "count = ▸3000000")],
        "make two lists of it",
    ),
    one(
        "limit",
        &[("format", "# ⟨x⟩×1050000\nformat")],
        "put long lists into files of their own",
    ),
    one(
        "list-kind",
        &[
            ("kind = \"domains\"", "kind = \"words\""),
            ("[[rule]]", "▸[[rule]]"),
        ],
        "needs a list of domains",
    ),
    one(
        "missing-key",
        &[
            ("[order]", "▸[order]"),
            ("court = \"Crown Court at Example\"\n", ""),
        ],
        "add it",
    ),
    with(
        "more",
        &[("on = [\"web_visit\"]", "on = [⟨\"x\", ⟩×501]")],
        "correct these first",
        &["unknown-kind"],
    ),
    with(
        "no-clause",
        &[
            ("format", "▸format"),
            (
                "[[clause]]\nid = \"4\"\ntext = '''No social networks.'''\n",
                "",
            ),
        ],
        "without one nothing may be recorded",
        &["unknown-clause"],
    ),
    one(
        "no-contact",
        &[
            ("[order]", "▸[order]"),
            ("contact = \"Robin Example\"\n", ""),
        ],
        "add `contact`",
    ),
    one(
        "replaces-nothing",
        &[("version = 1", "version = ▸2")],
        "add `replaces`",
    ),
    one("text", &[("\"Solicitor\"", "▸\"\"")], "fill it in"),
    one(
        "timezone",
        &[("\"Europe/London\"", "▸\"Europe/Londn\"")],
        "did you mean `Europe/London`?",
    ),
    one(
        "toml",
        &[("who = \"Solicitor\"", "who = ▸“Solicitor”")],
        "write straight ones",
    ),
    one(
        "type",
        &[("court = \"", "court = ▸3 # \"")],
        "must be text in quotes",
    ),
    one(
        "unchecked-clause",
        &[(
            "[[rule]]",
            "▸[[clause]]\nid = \"5\"\ntext = \"t\"\n[[rule]]",
        )],
        "give it a rule",
    ),
    one(
        "unknown-clause",
        &[
            ("[[rule]]", "▸[[rule]]"),
            ("clause = \"4\"", "clause = \"40\""),
            ("text = '''", "records = [\"device\"]\ntext = '''"),
        ],
        "did you mean `4`?",
    ),
    one(
        "unknown-effect",
        &[("\"suppress_content\"", "▸\"suppress_contents\"")],
        "did you mean `suppress_content`?",
    ),
    one(
        "unknown-key",
        &[("who = \"Solicitor\"", "who = \"Solicitor\"\n▸whom = \"x\"")],
        "did you mean `who`?",
    ),
    with(
        "unknown-list",
        &[
            ("[[rule]]", "▸[[rule]]"),
            ("host_in = \"social\"", "host_in = \"socials\""),
        ],
        "did you mean `social`?",
        &["unused-list"],
    ),
    one(
        "unknown-list-kind",
        &[("kind = \"domains\"", "kind = ▸\"domain\"")],
        "did you mean `domains`?",
    ),
    one(
        "unknown-place",
        &[("count = 2", "count = 2\nheld = ▸\"collectr\"")],
        "did you mean `collector`?",
    ),
    one(
        "unused-list",
        &[
            ("[lists.social]", "[lists.▸social]"),
            (
                "any = [{ host_in = \"social\" }]",
                "any = [{ host = \"x.com\" }]",
            ),
        ],
        "take it out",
    ),
    one(
        "updated-by",
        &[(
            "count = 2",
            "count = 2\nupdates = { by = ▸\"lists\", says = \"s\" }",
        )],
        "must be one person as allowed_signers names them",
    ),
    one(
        "utf-8",
        &[("\"Solicitor\"", "\"Solicitor▸\u{1}\"")],
        "save the order as UTF-8",
    ),
    one(
        "version",
        &[("version = 1", "version = ▸0")],
        "count versions from 1",
    ),
    one(
        "version",
        &[(
            "version = 1",
            "version = ▸1\nreplaces = { version = 1, sha256 = \"@part.domains\" }",
        )],
        "count versions up",
    ),
];
