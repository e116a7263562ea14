//! A JSON object as it stands in a text: each key and each value at its place.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A key and its value.
pub(crate) struct Entry<'t> {
    pub(crate) key: String,
    /// Where the key begins, in bytes.
    pub(crate) key_at: usize,
    /// The value as it is written.
    pub(crate) value: &'t str,
    /// Where it begins, in bytes.
    pub(crate) value_at: usize,
}

/// The entries in the order of the text; a key that stands there twice is there twice.
pub(crate) fn entries(text: &str) -> Result<Vec<Entry<'_>>, serde_json::Error> {
    let Raw(entries) = serde_json::from_str(text)?;
    let entries = entries.into_iter().map(|(key, value)| {
        let (key, value) = (key.get(), value.get());
        Ok(Entry {
            key: serde_json::from_str(key)?,
            key_at: place(text, key),
            value,
            value_at: place(text, value),
        })
    });
    entries.collect()
}

/// Where a part of a text begins in it.
fn place(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

struct Raw<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'t> Deserialize<'t> for Raw<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Read)
    }
}

struct Read;

impl<'t> Visitor<'t> for Read {
    type Value = Raw<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'t>>(self, mut map: M) -> Result<Raw<'t>, M::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_stand_where_they_stand() {
        let text = r#" { "a" : 1, "b\u0063":{"a":"é"},"é":[ 1 ],"a":"" } "#;
        let entries = entries(text).unwrap();
        let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(keys, ["a", "bc", "é", "a"]);
        let values: Vec<&str> = entries.iter().map(|entry| entry.value).collect();
        assert_eq!(values, ["1", r#"{"a":"é"}"#, "[ 1 ]", r#""""#]);
        for entry in &entries {
            assert!(text[entry.value_at..].starts_with(entry.value));
            assert!(text[entry.key_at..].starts_with('"'));
        }
        assert_eq!(entries[3].key_at, text.rfind("\"a\"").unwrap());
        for bad in ["", "1", "[]", "{", "{}x", "{\"a\"}", "{\"\\ud800\":1}"] {
            assert!(super::entries(bad).is_err(), "{bad}");
        }
    }
}
