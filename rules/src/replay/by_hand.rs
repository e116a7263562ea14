//! A line that is no record, for whoever wrote it by hand: where it is wrong, in which way, and which
//! name was meant.
//!
//! The first thing that is wrong, in the order of the text; what is missing comes last. The sentence
//! names what stands there, so it is for whoever asks, never for a log.

use proviso_report::fact::Kind;
use proviso_report::{BootId, Hash, Method, Record, RecordError, UnixMs};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{Entry, entries};
use crate::order::{nearest, shown};
use crate::written::wrong;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoRecord {
    /// Where, in characters from 1.
    pub column: usize,
    /// What, and what to do, as a sentence without its stop.
    pub sentence: String,
}

/// The keys of a record, and whether each record has it.
const KEYS: &[(&str, bool)] = &[
    ("v", true),
    ("seq", true),
    ("at", true),
    ("noted", true),
    ("mono", true),
    ("boot", true),
    ("kind", true),
    ("account", false),
    ("clauses", true),
    ("methods", true),
    ("order", false),
    ("receipt", false),
    ("f", true),
];

/// Reads a line, or says why it is no record.
pub fn read_line(line: &[u8]) -> Result<Record, NoRecord> {
    Record::parse(line).map_err(|error| {
        let (at, sentence) = match std::str::from_utf8(line) {
            Ok(text) => of_text(text, &error).unwrap_or_else(|| (0, error.to_string())),
            Err(bad) => (
                bad.valid_up_to(),
                "this is not text in UTF-8; save the file as UTF-8".to_owned(),
            ),
        };
        let before = line.get(..at).unwrap_or(line);
        NoRecord {
            column: String::from_utf8_lossy(before).chars().count() + 1,
            sentence,
        }
    })
}

/// The byte at which it is wrong, and in which way. `None`: the error says it all.
fn of_text(text: &str, error: &RecordError) -> Option<(usize, String)> {
    match error {
        RecordError::Form(_) => {}
        RecordError::Fact(error) => {
            let entries = entries(text).ok()?;
            let fields = entries.iter().find(|entry| entry.key == "f")?;
            let wrong = wrong(error.kind, fields.value, error)?;
            let within = wrong.at.map_or(0, |(_, at)| at);
            return Some((fields.value_at.saturating_add(within), wrong.sentence));
        }
        _ => return None,
    }
    let all = match entries(text) {
        Ok(all) => all,
        Err(error) if error.is_data() => {
            let sentence = "a record is an object: {\"v\":1,\"seq\":0,…}";
            return Some((0, sentence.to_owned()));
        }
        Err(error) => {
            let said = error.to_string();
            let said = said.split(" at line ").next().unwrap_or(&said);
            let at = error.column().saturating_sub(1);
            return Some((at, format!("this is not JSON: {said}")));
        }
    };
    for (number, entry) in all.iter().enumerate() {
        let before = all.get(..number).unwrap_or_default();
        if before.iter().any(|one| one.key == entry.key) {
            let sentence = format!("`{}` stands there twice; take one out", shown(&entry.key));
            return Some((entry.key_at, sentence));
        }
        if let Some(wrong) = of_entry(entry, &all) {
            return Some(wrong);
        }
    }
    let (missing, _) = KEYS
        .iter()
        .find(|(key, needed)| *needed && all.iter().all(|entry| entry.key != *key))?;
    Some((0, format!("a record needs `{missing}`; add it")))
}

fn of_entry(entry: &Entry<'_>, all: &[Entry<'_>]) -> Option<(usize, String)> {
    let Entry { key, value, .. } = entry;
    let must = |holds: bool, what: &str| (!holds).then(|| format!("`{key}` must be {what}"));
    let wrong = match key.as_str() {
        "v" => must(is::<u8>(value), "1"),
        "seq" | "mono" => must(is::<u64>(value), "a whole number, not below 0"),
        "at" | "noted" => must(
            is::<UnixMs>(value),
            "a time in UTC like \"2026-04-01T19:00:00.000Z\"",
        ),
        "boot" => must(is::<BootId>(value), "32 lower-case hex digits"),
        "kind" => {
            let names = Kind::ALL.iter().map(|kind| kind.as_str());
            word(value, "kind", names)
        }
        "account" => must(is::<Option<String>>(value), "text"),
        "clauses" => must(is::<Vec<String>>(value), "a list of clauses: [\"4\"]"),
        "methods" => match serde_json::from_str::<Vec<&RawValue>>(value) {
            Err(_) => must(false, "a list of methods: [\"extension\"]"),
            Ok(methods) => methods.iter().find_map(|method| {
                let names = Method::ALL.iter().map(|method| method.as_str());
                word(method.get(), "method", names)
            }),
        },
        "order" | "receipt" => must(is::<Option<Hash>>(value), "64 lower-case hex digits"),
        "f" => None,
        _ => return Some((entry.key_at, unknown(key, all))),
    };
    wrong.map(|sentence| (entry.value_at, sentence))
}

/// Is it how such a value is written?
fn is<'t, T: Deserialize<'t>>(value: &'t str) -> bool {
    serde_json::from_str::<T>(value).is_ok()
}

/// What is wrong with a word that must be one of these.
fn word<'n>(
    value: &str,
    what: &str,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Option<String> {
    let word: String = serde_json::from_str(value).unwrap_or_default();
    if names.clone().any(|name| name == word) {
        return None;
    }
    let near = nearest(&word, names);
    Some(format!("there is no {what} `{}`; {near}", shown(&word)))
}

fn unknown(key: &str, all: &[Entry<'_>]) -> String {
    let kind = all.iter().find(|entry| entry.key == "kind");
    let kind = kind.and_then(|entry| serde_json::from_str::<Kind>(entry.value).ok());
    match kind.filter(|kind| kind.fields().contains(&key)) {
        Some(kind) => format!("`{key}` is a field of a {kind}: write it into `f`"),
        None => {
            let near = nearest(key, KEYS.iter().map(|(key, _)| *key));
            format!("a record has no `{}`; {near}", shown(key))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINE: &str = concat!(
        r#"{"v":1,"seq":0,"at":"2026-04-01T19:00:00.000Z","noted":"2026-04-01T19:00:00.000Z","#,
        r#""mono":1000,"boot":"01010101010101010101010101010101","kind":"web_visit","#,
        r#""account":"é","clauses":["4"],"methods":["extension"],"#,
        r#""order":"0000000000000000000000000000000000000000000000000000000000000000","#,
        r#""receipt":"0000000000000000000000000000000000000000000000000000000000000000","#,
        r#""f":{"url":"https://a.example/","browser":"firefox","transition":"link"}}"#,
    );

    /// What is wrong once one part of the line is another, and where it says so: in front of this.
    fn said(from: &str, to: &str) -> (String, String) {
        let line = LINE.replacen(from, to, 1);
        assert_ne!(line, LINE, "{from}");
        let NoRecord { column, sentence } = read_line(line.as_bytes()).unwrap_err();
        let there = line.chars().skip(column - 1).take(7).collect();
        (there, sentence)
    }

    #[test]
    fn the_keys_are_those_of_a_record() {
        let record = read_line(LINE.as_bytes()).unwrap();
        let line = String::from_utf8(record.to_line().unwrap()).unwrap();
        let keys: Vec<String> = entries(&line)
            .unwrap()
            .into_iter()
            .map(|entry| entry.key)
            .collect();
        assert!(KEYS.iter().map(|(key, _)| *key).eq(keys));
        for (key, needed) in KEYS {
            let all = entries(LINE).unwrap();
            let rest = all.iter().filter(|entry| entry.key != *key);
            let rest: Vec<String> = rest
                .map(|entry| format!("\"{}\":{}", entry.key, entry.value))
                .collect();
            let line = format!("{{{}}}", rest.join(","));
            let error = read_line(line.as_bytes()).err().map(|error| error.sentence);
            let missing = needed.then(|| format!("a record needs `{key}`; add it"));
            let of_order = "a web_visit record names no order that it was made under".to_owned();
            assert_eq!(
                error,
                if *key == "order" {
                    Some(of_order)
                } else {
                    missing
                }
            );
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place_and_the_name_that_was_meant() {
        for (from, to, there, sentence) in [
            (
                "\"mono\"",
                "\"mone\"",
                "\"mone\":",
                "a record has no `mone`; did you mean `mono`?",
            ),
            (
                "web_visit",
                "web_vist",
                "\"web_vi",
                "there is no kind `web_vist`; did you mean `web_visit`?",
            ),
            (
                "extension",
                "extention",
                "[\"exten",
                "there is no method `extention`; did you mean `extension`?",
            ),
            (
                "\"4\"],",
                "\"4\"],\"url\":1,",
                "\"url\":1",
                "`url` is a field of a web_visit: write it into `f`",
            ),
            (
                "\"seq\":0",
                "\"seq\":\"0\"",
                "\"0\",\"at",
                "`seq` must be a whole number, not below 0",
            ),
            (
                "2026-04-01T19:00:00.000Z",
                "2026-04-01",
                "\"2026-0",
                "`at` must be a time in UTC like \"2026-04-01T19:00:00.000Z\"",
            ),
            (
                "0101\",\"k",
                "01\",\"k",
                "\"010101",
                "`boot` must be 32 lower-case hex digits",
            ),
            (
                "[\"4\"]",
                "\"4\"",
                "\"4\",\"me",
                "`clauses` must be a list of clauses: [\"4\"]",
            ),
            (
                "\"f\":",
                "\"seq\":0,\"f\":",
                "\"seq\":0",
                "`seq` stands there twice; take one out",
            ),
            (
                "\"url\"",
                "\"ulr\"",
                "\"ulr\":\"",
                "a web_visit has no `ulr`; did you mean `url`?",
            ),
            (
                "\"url\":\"https://a.example/\",",
                "",
                "{\"brows",
                "a web_visit needs `url`; add it",
            ),
            (
                "\"link\"",
                "\"linked\"",
                "\"linked",
                "`transition` cannot be `linked`; did you mean `link`?",
            ),
            (
                "\"link\"",
                "\"link\",\"private\":\"yes\"",
                "\"yes\"}}",
                "`private` must be true or false",
            ),
            ("\"firefox\"", "7", "7,\"tran", "`browser` must be text"),
            (
                "\"v\":1,",
                "\"v\":1;",
                ";\"seq\":",
                "this is not JSON: expected `,` or `}`",
            ),
        ] {
            assert_eq!(
                said(from, to),
                (there.to_owned(), sentence.to_owned()),
                "{to}"
            );
        }
        for line in ["7", "[1]"] {
            assert_eq!(
                read_line(line.as_bytes()).unwrap_err().sentence,
                "a record is an object: {\"v\":1,\"seq\":0,…}"
            );
        }
        let error = read_line(b"{\"v\":1,\"\xff\"").unwrap_err();
        assert_eq!(error.column, 9);
    }

    proptest! {
        /// Whatever stands there, it is a record or there is a place in it that is wrong.
        #[test]
        fn each_line_is_a_record_or_told(
            at in 0_usize..LINE.len(), len in 0_usize..40, put in "[\"{}\\[\\]:,a-z0é]{0,4}",
        ) {
            let from = LINE.floor_char_boundary(at);
            let to = LINE.floor_char_boundary((at + len).min(LINE.len()));
            let line = format!("{}{put}{}", &LINE[..from], &LINE[to..]);
            match read_line(line.as_bytes()) {
                Ok(record) => prop_assert_eq!(Ok(record), Record::parse(line.as_bytes())),
                Err(NoRecord { column, sentence }) => {
                    prop_assert!((1..=line.chars().count() + 1).contains(&column));
                    prop_assert!(!sentence.is_empty());
                }
            }
        }
    }
}
