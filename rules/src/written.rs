//! What is wrong with the fields of a fact that somebody wrote by hand, and which name or value was
//! meant: in a test of an order, or in a record that an order is tried on.
//!
//! It names what stands there, so it is for whoever wrote it, never for a log.

use proviso_report::fact::{Fact, FactError, FieldFault, Kind};

use crate::json;
use crate::order::{nearest, shown};

/// A fault of a fact's fields.
pub(crate) struct Wrong {
    /// The field, and the byte of the object at which it is wrong; `None`: one is missing.
    pub(crate) at: Option<(String, usize)>,
    /// What is wrong and what to do, as a sentence without its stop.
    pub(crate) sentence: String,
}

/// Why these fields, a JSON object, are not those of the kind.
pub(crate) fn wrong(kind: Kind, fields: &str, error: &FactError) -> Option<Wrong> {
    let entries = json::entries(fields).ok()?;
    let known = kind.fields();
    if let FieldFault::Missing(field) = &error.fault {
        let sentence = format!("a {kind} needs `{field}`; add it");
        return Some(Wrong { at: None, sentence });
    }
    // It is seen at the end of what is wrong.
    let mut before = entries.iter().rev();
    let entry = before.find(|one| one.key_at < error.byte)?;
    let name = shown(&entry.key);
    let mut at = entry.key_at;
    let sentence = match &error.fault {
        FieldFault::Twice(_) => format!("`{name}` stands there twice; take one out"),
        _ if !known.contains(&entry.key.as_str()) => {
            let near = nearest(&entry.key, known.iter().copied());
            format!("a {kind} has no `{name}`; {near}")
        }
        FieldFault::Word(words) => {
            at = entry.value_at;
            let word: String = serde_json::from_str(entry.value).unwrap_or_default();
            let near = nearest(&word, words.iter().map(String::as_str));
            format!("`{name}` cannot be `{}`; {near}", shown(&word))
        }
        _ => {
            at = entry.value_at;
            match needs(kind, fields, entry) {
                Some(what) => format!("`{name}` must be {what}"),
                None => format!("`{name}` does not hold what it must hold"),
            }
        }
    };
    Some(Wrong {
        at: Some((entry.key.clone(), at)),
        sentence,
    })
}

/// Values of each sort, and the sort.
const SORTS: &[(&str, &str)] = &[
    ("\"\"", "text"),
    ("-1", "a whole number"),
    ("0", "a whole number, not below 0"),
    ("true", "true or false"),
    ("[\"\"]", "a list of text"),
    ("[0]", "a list of whole numbers, not below 0"),
    (
        "\"0000000000000000000000000000000000000000000000000000000000000000\"",
        "64 lower-case hex digits",
    ),
    (
        "\"00000000000000000000000000000000\"",
        "32 lower-case hex digits",
    ),
];

/// What a field must hold, found by trying: the first sort of value that is taken there.
fn needs(kind: Kind, fields: &str, entry: &json::Entry<'_>) -> Option<&'static str> {
    let before = fields.get(..entry.value_at)?;
    let behind = fields.get(entry.value_at.checked_add(entry.value.len())?..)?;
    let sort = SORTS.iter().find(|(value, _)| {
        let tried = format!("{before}{value}{behind}");
        match Fact::parse(kind, &tried) {
            Ok(_) => true,
            // Another field is wrong, or one is missing: this one was passed.
            Err(error) => error.byte > before.len().saturating_add(value.len()),
        }
    });
    sort.map(|(_, what)| *what)
}
