//! Faults of days and hours.

use super::base::{END, rule};
use super::{Sample, one};

pub(super) const ALL: &[Sample] = &[
    one(
        "ends-before-start",
        &[("ends = 2031-03-02", "ends = ▸2025-03-02")],
        "correct one of them",
    ),
    one(
        "ends-before-start",
        &[(
            "effect = ",
            "starts = 2026-06-01\nends = ▸2026-05-01\neffect = ",
        )],
        "correct one of them",
    ),
    one(
        "hours",
        &[(
            "on = [\"web_visit\"]",
            "on = [\"web_visit\"]\nduring = [▸{ days = \"every\", from = 20:00:00, to = 20:00:00 }]",
        )],
        "for the whole day leave `during` out",
    ),
    one(
        "hours-twice",
        &[
            ("[[rule]]", "▸[[rule]]"),
            (
                "on = [\"web_visit\"]",
                "on = [\"web_visit\"]\nduring = [{ days = \"every\", from = 20:00:00, to = 22:00:00 }, { days = \"mon\", from = 20:00:00, to = 21:00:00 }]",
            ),
        ],
        "take it out or correct it",
    ),
    one(
        "length",
        &[(
            END,
            rule!(
                "on = [\"device\"]",
                "all = [{ class = \"phone\" }]",
                "threshold = { count = 2, within = ▸\"1 hour\" }"
            ),
        )],
        "such as \"30m\"",
    ),
    one(
        "outside-term",
        &[
            ("[[exempt]]", "▸[[exempt]]"),
            ("effect = ", "ends = 2025-06-01\neffect = "),
        ],
        "correct its days or take it out",
    ),
    one(
        "timezone-place",
        &[("\"Europe/London\"", "▸\"EST\"")],
        "name the place, like America/New_York",
    ),
    one(
        "starts-before-made",
        &[("starts = 2026-03-02", "starts = ▸2026-02-02")],
        "correct one of the days",
    ),
    one(
        "suspensions-overlap",
        &[(
            "[[rule]]",
            "[[suspension]]\nfrom = 2026-06-01\nto = 2026-06-30\nsays = \"s\"\n▸[[suspension]]\nfrom = 2026-06-30\nto = 2026-07-30\nsays = \"s\"\n[[rule]]",
        )],
        "make one of them, or correct their days",
    ),
    one(
        "unknown-day",
        &[(
            "on = [\"web_visit\"]",
            "on = [\"web_visit\"]\nduring = [{ days = ▸\"evry\", from = 20:00:00, to = 22:00:00 }]",
        )],
        "did you mean `every`?",
    ),
];
