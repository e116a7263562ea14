//! What is too wide, says nothing, or rests on words.

use super::*;

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
