//! A record in one line of words.

use std::fmt::Write as _;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::TableError;
use crate::fact::{Fact, Kind};

/// What a fact states, as one line: its kind, then its fields with their names, in the order of the
/// record: `web visit: url https://example.org/, browser firefox`. What is no text is written as JSON.
pub fn words(fact: &Fact) -> Result<String, TableError> {
    of_fields(fact.kind(), &fact.to_json()?)
}

/// From the fields as JSON.
pub(super) fn of_fields(kind: Kind, fields: &str) -> Result<String, TableError> {
    let mut words = kind.as_str().replace('_', " ");
    serde_json::Deserializer::from_str(fields).deserialize_map(Fields(&mut words))?;
    Ok(words)
}

/// Writes each field as it comes, so that their order stays.
struct Fields<'a>(&'a mut String);

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the fields of a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut between = ": ";
        while let Some((name, value)) = map.next_entry::<&str, &RawValue>()? {
            let text = serde_json::from_str::<String>(value.get());
            let text = text.as_deref().unwrap_or_else(|_| value.get());
            // Writing to a string cannot fail.
            let _written = write!(self.0, "{between}{} ", name.replace('_', " "));
            // One record, one line.
            self.0
                .extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
            between = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Gap, GapCause, VisitsConfirmed, WebVisit};
    use crate::record::Method;

    #[test]
    fn are_one_line_in_the_order_of_the_record() {
        let visit = WebVisit {
            url: "https://a.example/?q=\"1\"".to_owned(),
            title: Some("Two\nlines".to_owned()),
            browser: "firefox".to_owned(),
            profile: None,
            transition: None,
            private: Some(false),
        };
        assert_eq!(
            words(&visit.into()).unwrap(),
            "web visit: url https://a.example/?q=\"1\", title Two lines, browser firefox, private false"
        );
        let gap = Gap {
            cause: GapCause::DiskFull,
            source: None,
            count: Some(3),
            from: None,
            to: None,
            detail: "full".to_owned(),
        };
        assert_eq!(
            words(&gap.into()).unwrap(),
            "gap: cause disk_full, count 3, detail full"
        );
        let confirmed = VisitsConfirmed {
            method: Method::History,
            seqs: vec![3, 4],
        };
        assert_eq!(
            words(&confirmed.into()).unwrap(),
            "visits confirmed: method history, seqs [3,4]"
        );
    }
}
