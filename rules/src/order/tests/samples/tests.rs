//! Faults of the tests in an order.

use super::{Sample, one};

pub(super) const ALL: &[Sample] = &[
    one(
        "limit",
        &[(
            "event = { kind = \"web_visit\", url = \"https://b.example/\", at = \"2026-04-01T20:00:00Z\" }",
            "generate = ▸{ kind = \"web_visit\", url = \"https://b.example/⟨x⟩×3000\", from = \"2026-04-01T20:00:00Z\", every = \"1m\", count = 2 }",
        )],
        "make it shorter",
    ),
    one(
        "missing-key",
        &[(
            "[[rule.test]]\nevent = { kind = \"web_visit\", url = \"https://b.example/\", at = \"2026-04-01T20:00:00Z\" }",
            "▸[[rule.test]]",
        )],
        "add one of them",
    ),
    one(
        "test-event",
        &[(
            "event = { kind = \"web_visit\", url = \"https://b.example/\", at = \"2026-04-01T20:00:00Z\" }",
            "event = { kind = \"web_visit\", url = \"https://b.example/\", transition = ▸\"lnk\", at = \"2026-04-01T20:00:00Z\" }",
        )],
        "`transition` cannot be `lnk`; did you mean `link`?",
    ),
    one(
        "test-outside-term",
        &[(
            "[[rule.test]]\nevent = { kind = \"web_visit\", url = \"https://b.example/\", at = \"2026-04-01T20:00:00Z\" }",
            "▸[[rule.test]]\nevent = { kind = \"web_visit\", url = \"https://b.example/\", at = \"2036-04-01T20:00:00Z\" }",
        )],
        "give it a time at which the order is in force",
    ),
    one(
        "time",
        &[(
            "event = { kind = \"web_visit\", url = \"https://b.example/\", at = \"2026-04-01T20:00:00Z\" }",
            "event = { kind = \"web_visit\", url = \"https://b.example/\", at = ▸\"x2026-04-01T20:00:00Z\" }",
        )],
        "2026-",
    ),
    one(
        "two-events",
        &[(
            "[[rule.test]]\nevent = { kind = \"web_visit\", url = \"https://b.example/\", at = \"2026-04-01T20:00:00Z\" }",
            "▸[[rule.test]]\nevent = { kind = \"web_visit\", url = \"https://b.example/\", at = \"2026-04-01T20:00:00Z\" }\nevents = [{ kind = \"web_visit\", url = \"https://b.example/\", at = \"2026-04-01T20:00:00Z\" }]",
        )],
        "make a test of each",
    ),
    one(
        "unknown-expectation",
        &[("\"no_match\"", "▸\"nomatch\"")],
        "did you mean `no_match`?",
    ),
    one(
        "unknown-kind",
        &[(
            "event = { kind = \"web_visit\", url = \"https://b.example/\", at = \"2026-04-01T20:00:00Z\" }",
            "event = { kind = ▸\"web_vist\", url = \"https://b.example/\", at = \"2026-04-01T20:00:00Z\" }",
        )],
        "did you mean `web_visit`?",
    ),
    one(
        "unknown-list",
        &[(
            "[[rule.test]]\nevent = { kind = \"web_visit\", url = \"https://b.example/\", at = \"2026-04-01T20:00:00Z\" }",
            "▸[[rule.test]]\nlists = { socials = [\"a.example\"] }\nevent = { kind = \"web_visit\", url = \"https://b.example/\", at = \"2026-04-01T20:00:00Z\" }",
        )],
        "did you mean `social`?",
    ),
];
