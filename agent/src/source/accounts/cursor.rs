//! Which accounts are known: the source's cursor. By marks, and by name only where a name was told.

use std::collections::BTreeSet;

use proviso_report::fact::Change;
use serde::{Deserialize, Serialize};

use super::list::Humans;
use crate::source::bounded::mark;

const FORMAT: u8 = 1;

/// What is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cursor {
    format: u8,
    /// Marks of all of them.
    known: BTreeSet<String>,
    /// Those that were told to have come.
    told: BTreeSet<String>,
}

impl Cursor {
    /// Are accounts missing that were known before?
    pub(super) fn lacks_any_of(&self, before: Option<&Self>) -> bool {
        before.is_some_and(|before| !before.known.is_subset(&self.known))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Only strings and numbers: there is nothing in it that cannot be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// `None` when the bytes are something else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let cursor: Self = serde_json::from_slice(bytes).ok()?;
        (cursor.format == FORMAT).then_some(cursor)
    }
}

/// What changed since `known`, and what is known now. Without a `known` nothing did.
pub(super) fn compare(
    known: Option<&Cursor>,
    humans: &Humans,
    monitored: &[String],
) -> (Vec<(Change, String)>, Cursor) {
    let of = |name: &str| mark(&[name]);
    let mut changes = Vec::new();
    let mut told = BTreeSet::new();
    if let Some(known) = known {
        let named = known.told.iter().chain(monitored);
        let gone =
            named.filter(|name| known.known.contains(&of(name)) && !humans.0.contains(*name));
        let gone: BTreeSet<&String> = gone.collect();
        changes.extend(gone.into_iter().map(|name| (Change::Removed, name.clone())));
        for name in &humans.0 {
            if !known.known.contains(&of(name)) {
                changes.push((Change::Added, name.clone()));
                told.insert(name.clone());
            } else if known.told.contains(name) {
                told.insert(name.clone());
            }
        }
    }
    let next = Cursor {
        format: FORMAT,
        known: humans.0.iter().map(|name| of(name)).collect(),
        told,
    };
    (changes, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn humans(names: &[&str]) -> Humans {
        Humans(names.iter().map(|&name| name.to_owned()).collect())
    }

    fn monitored() -> Vec<String> {
        vec!["alex".to_owned()]
    }

    #[test]
    fn who_was_there_is_never_named_and_who_comes_is() {
        let (changes, first) = compare(None, &humans(&["alex", "bea"]), &monitored());
        assert_eq!(changes, []);
        assert!(!String::from_utf8(first.to_bytes()).unwrap().contains("bea"));
        let now = humans(&["alex", "eve"]);
        let (changes, second) = compare(Some(&first), &now, &monitored());
        assert_eq!(changes, [(Change::Added, "eve".to_owned())]);
        assert!(second.lacks_any_of(Some(&first)));
        let (changes, third) = compare(Some(&second), &now, &monitored());
        assert_eq!((changes, &third), (vec![], &second));
        let (changes, _) = compare(Some(&third), &humans(&[]), &monitored());
        let gone = ["alex", "eve"].map(|name| (Change::Removed, name.to_owned()));
        assert_eq!(changes, gone);
    }

    #[test]
    fn bytes_are_pinned() {
        let (_, cursor) = compare(None, &humans(&["alex"]), &monitored());
        let (_, cursor) = compare(Some(&cursor), &humans(&["alex", "eve"]), &monitored());
        let text = r#"{"format":1,"known":["4135aa9dc1b842a653dea846","85262adf74518bbb70c7cb94"],"told":["eve"]}"#;
        assert_eq!(String::from_utf8(cursor.to_bytes()).unwrap(), text);
        assert_eq!(Cursor::from_bytes(text.as_bytes()), Some(cursor));
        for wrong in [
            "",
            "{}",
            &text.replace(":1", ":2"),
            &text.replace("told", "tell"),
        ] {
            assert_eq!(Cursor::from_bytes(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
