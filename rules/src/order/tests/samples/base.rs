//! Files that are right, for samples to edit.

use proviso_report::Hash;

use super::MARK;

/// Stands in an edit for a byte that is in no UTF-8 text.
pub(super) const BROKEN: u8 = 0x01;

/// The lists beside the order.
pub(super) const LISTS: &[(&str, &str)] = &[
    ("social.domains", "facebook.com\nx.com\n"),
    ("part.domains", "x.com\n"),
    ("bad.domains", "facebook.com\n▸https://x.com/\n"),
    ("talk.words", "meet me\nessex\n"),
];

const ORDER: &str = r#"format = "proviso-order/1"
[order]
id = "O-1"
version = 1
court = "Crown Court at Example"
made = 2026-03-01
starts = 2026-03-02
ends = 2031-03-02
timezone = "Europe/London"
contact = "Robin Example"

[[exempt]]
id = "E1"
who = "Solicitor"
says = "Private."
match = { host = ["solicitors.co.uk"] }
effect = "suppress_content"

[lists.social]
file = "social.domains"
kind = "domains"
sha256 = "@social.domains"
count = 2

[[clause]]
id = "4"
text = '''No social networks.'''

[[rule]]
id = "4.a"
clause = "4"
says = "Possible breach."
severity = "breach"
on = ["web_visit"]
any = [{ host_in = "social" }]
[[rule.test]]
event = { kind = "web_visit", url = "https://facebook.com/", at = "2026-04-01T20:00:00Z" }
expect = "match"
[[rule.test]]
event = { kind = "web_visit", url = "https://b.example/", at = "2026-04-01T20:00:00Z" }
expect = "no_match"
"#;

const UPDATE: &str = r#"format = "proviso-list-update/1"
order = "O-1"
list = "social"
number = 1
previous = "@social.domains"
sha256 = "@part.domains"
count = 1
from = 2026-08-20T00:00:00Z
"#;

pub(super) fn order() -> String {
    written(ORDER)
}

pub(super) fn update() -> String {
    written(UPDATE)
}

/// A list of that name, without the mark.
pub(super) fn list(name: &str) -> Option<String> {
    let (_, text) = LISTS.iter().find(|(file, _)| *file == name)?;
    Some(text.replace(MARK, ""))
}

/// With `@FILE` written as that file's hash, and `⟨text⟩×N` as that text N times.
pub(super) fn written(text: &str) -> String {
    let mut text = text.to_owned();
    for (file, _) in LISTS {
        let hash = Hash::of(list(file).unwrap().as_bytes()).to_string();
        text = text.replace(&format!("@{file}"), &hash);
    }
    while let Some((before, rest)) = text.split_once('⟨') {
        let (inner, rest) = rest.split_once("⟩×").unwrap();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (times, rest) = rest.split_at(digits);
        text = format!("{before}{}{rest}", inner.repeat(times.parse().unwrap()));
    }
    text
}

/// The end of the good order, and behind it a rule that says only what follows its severity.
macro_rules! rule {
    ($($line:literal),+) => {
        concat!(
            "expect = \"no_match\"\n[[rule]]\nid = \"4.b\"\nclause = \"4\"\nsays = \"s\"\n",
            "severity = \"review\"\n", $($line, "\n",)+
            "[[rule.test]]\nevent = { kind = \"clock\", at = \"2026-04-01T20:00:00Z\" }\n",
            "expect = \"match\"\n",
            "[[rule.test]]\nevent = { kind = \"clock\", at = \"2026-04-01T20:00:00Z\" }\n",
            "expect = \"no_match\"\n"
        )
    };
}

/// The same with the mark at the rule.
macro_rules! marked_rule {
    ($($line:literal),+) => {
        concat!(
            "expect = \"no_match\"\n▸[[rule]]\nid = \"4.b\"\nclause = \"4\"\nsays = \"s\"\n",
            "severity = \"review\"\n", $($line, "\n",)+
            "[[rule.test]]\nevent = { kind = \"clock\", at = \"2026-04-01T20:00:00Z\" }\n",
            "expect = \"match\"\n",
            "[[rule.test]]\nevent = { kind = \"clock\", at = \"2026-04-01T20:00:00Z\" }\n",
            "expect = \"no_match\"\n"
        )
    };
}

pub(super) use {marked_rule, rule};

/// What those take the place of.
pub(super) const END: &str = "expect = \"no_match\"\n";
