//! Faults of what rules and exemptions look for.

use super::base::{END, marked_rule, rule};
use super::{Sample, one};

pub(super) const ALL: &[Sample] = &[
    one(
        "app",
        &[(
            END,
            rule!("on = [\"process_start\"]", "any = [{ app = [▸\"name=\"] }]"),
        )],
        "fill it in",
    ),
    one(
        "contradiction",
        &[(
            END,
            marked_rule!(
                "on = [\"device\"]",
                "all = [{ class = \"phone\" }, { class = \"storage\" }]"
            ),
        )],
        "correct one of them",
    ),
    one(
        "empty-condition",
        &[(END, rule!("on = [\"device\"]", "any = [▸{}]"))],
        "say what it looks for",
    ),
    one(
        "exempt-loose",
        &[
            ("[[exempt]]", "▸[[exempt]]"),
            (
                "match = { host = [\"solicitors.co.uk\"] }",
                "match = { app = [\"teams\"] }",
            ),
        ],
        "name a path in a folder of the system",
    ),
    one(
        "exempt-swallows",
        &[
            ("[[exempt]]", "▸[[exempt]]"),
            (
                END,
                rule!(
                    "on = [\"web_visit\"]",
                    "any = [{ host = \"a.solicitors.co.uk\" }]"
                ),
            ),
        ],
        "narrow one of them",
    ),
    one(
        "fold",
        &[(
            END,
            rule!(
                "on = [\"web_visit\"]",
                "any = [{ words = [\"meeting\"], fold = [▸\"leat\"] }]"
            ),
        )],
        "did you mean `leet`?",
    ),
    one(
        "folder",
        &[(
            END,
            rule!(
                "on = [\"file_change\"]",
                "any = [{ under = [▸\"Pictures\"] }]"
            ),
        )],
        "write it from the root",
    ),
    one(
        "host",
        &[(
            END,
            rule!(
                "on = [\"web_visit\"]",
                "any = [{ host = [▸\"https://a.example/\"] }]"
            ),
        )],
        "write",
    ),
    one(
        "innocent-word",
        &[(
            END,
            marked_rule!("on = [\"web_visit\"]", "any = [{ words = [\"essex\"] }]"),
        )],
        "narrow it, or show with a test",
    ),
    one(
        "limit",
        &[(
            END,
            rule!(
                "on = [\"device\"]",
                "any = ▸[⟨{ class = \"phone\" }, ⟩×201]"
            ),
        )],
        "it must have 1 to 200",
    ),
    one(
        "near",
        &[(
            END,
            rule!(
                "on = [\"web_visit\"]",
                "any = [{ near = { within_words = 3, a = ▸{ number = [3, 4], words = [\"yo\"] }, b = { words = [\"school\"] } } }]"
            ),
        )],
        "must have either",
    ),
    one(
        "never-holds",
        &[(
            END,
            marked_rule!(
                "on = [\"web_visit\"]",
                "any = [{ host = \"a.example\" }, { class = \"phone\" }]"
            ),
        )],
        "take it out",
    ),
    one(
        "never-matches",
        &[(
            END,
            marked_rule!(
                "on = [\"web_visit\", \"device\"]",
                "any = [{ host = \"a.example\" }]"
            ),
        )],
        "take it out of `on`",
    ),
    one(
        "pattern",
        &[(
            END,
            rule!(
                "on = [\"web_visit\"]",
                "any = [{ pattern = ▸'(', field = \"title\" }]"
            ),
        )],
        "correct it",
    ),
    one(
        "pattern-accent",
        &[(
            END,
            rule!(
                "on = [\"web_visit\"]",
                "any = [{ pattern = ▸'ecolé', field = \"title\" }]"
            ),
        )],
        "write `e`",
    ),
    one(
        "pattern-empty",
        &[(
            END,
            rule!(
                "on = [\"web_visit\"]",
                "any = [{ pattern = ▸'a*', field = \"title\" }]"
            ),
        )],
        "say what it looks for",
    ),
    one(
        "pattern-runs-on",
        &[(
            END,
            marked_rule!(
                "on = [\"web_visit\"]",
                "any = [{ pattern = 'meet.*me', field = \"title\" }]"
            ),
        )],
        "say how often at most",
    ),
    one(
        "pattern-short",
        &[(
            END,
            marked_rule!(
                "on = [\"web_visit\"]",
                "any = [{ pattern = 'sex', field = \"title\" }]"
            ),
        )],
        "set it between",
    ),
    one(
        "pattern-size",
        &[(
            END,
            rule!(
                "on = [\"web_visit\"]",
                "any = [{ pattern = ▸'xyza{2000}', field = \"title\" }]"
            ),
        )],
        "use shorter repetitions",
    ),
    one(
        "pattern-unicode",
        &[(
            END,
            rule!(
                "on = [\"web_visit\"]",
                "any = [{ pattern = ▸'\\pL{5}', field = \"title\" }]"
            ),
        )],
        "take the `u` flag or",
    ),
    one(
        "patterns-size",
        &[
            ("format", "▸format"),
            (
                END,
                rule!(
                    "on = [\"web_visit\"]",
                    "any = [⟨{ pattern = 'xyza{900}', field = \"title\" }, ⟩×12]"
                ),
            ),
        ],
        "or shorter repetitions",
    ),
    one(
        "short-word",
        &[(
            END,
            marked_rule!("on = [\"web_visit\"]", "any = [{ words = [\"x\"] }]"),
        )],
        "take a longer word",
    ),
    one(
        "unknown-browser",
        &[(
            END,
            marked_rule!(
                "on = [\"web_visit\"]",
                "any = [{ host = \"a.example\", browser = [\"firefx\"] }]"
            ),
        )],
        "did you mean `firefox`?",
    ),
    one(
        "unknown-field",
        &[(
            END,
            rule!(
                "on = [\"web_visit\"]",
                "any = [{ pattern = 'meeting', field = ▸\"titel\" }]"
            ),
        )],
        "did you mean `title`?",
    ),
    one(
        "unknown-transition",
        &[(
            END,
            rule!(
                "on = [\"web_visit\"]",
                "any = [{ host = \"a.example\", transition = ▸\"lnk\" }]"
            ),
        )],
        "did you mean `link`?",
    ),
    one(
        "unknown-word",
        &[(
            END,
            marked_rule!("on = [\"history_cleared\"]", "any = [{ how = \"al\" }]"),
        )],
        "did you mean `all`?",
    ),
    one(
        "word",
        &[(
            END,
            rule!("on = [\"web_visit\"]", "any = [{ words = [▸\"!?\"] }]"),
        )],
        "it would match nothing",
    ),
];
