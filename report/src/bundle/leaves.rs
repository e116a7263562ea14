//! `leaves.jsonl` of a device: every record of a stretch of its log, shown or withheld.
//!
//! Promises: each line is read once, and hashed and understood before the next one. Of a line that is
//! understood the text is not kept.

use super::{Files, Leaf, Outcome, Places, needed};
use crate::device::DeviceId;
use crate::fact::Fact;
use crate::hash::Hash;
use crate::id;
use crate::merkle::leaf_hash;
use crate::record::Record;
use crate::salt::SALT;

/// What it holds.
pub(super) struct Leaves {
    /// In the order of the lines.
    pub(super) places: Vec<Place>,
    /// Those that are shown, up to the first that is no record.
    pub(super) records: Vec<Record>,
    /// Why that one is none.
    pub(super) fault: Option<String>,
}

/// A line of it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) index: u64,
    pub(super) hash: Hash,
    pub(super) what: What,
}

/// What stands at a place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Shown,
    /// A record about the log itself, which is shown whatever time is asked for.
    OfLog,
    Withheld,
}

impl Leaves {
    pub(super) fn read(files: &dyn Files, device: DeviceId) -> Result<Self, Outcome> {
        let path = format!("data/devices/{device}/leaves.jsonl");
        let bytes = needed(files, &path)?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Outcome::Fails(format!("{path} is not UTF-8")))?;
        let mut leaves = Self {
            places: Vec::new(),
            records: Vec::new(),
            fault: None,
        };
        let mut line = Vec::new();
        for (number, leaf) in (1_u64..).zip(text.lines()) {
            if let Some((index, salt)) = as_written(leaf, &mut line) {
                leaves.shown(index, &salt, &line);
                continue;
            }
            match serde_json::from_str(leaf) {
                Ok(Leaf::Shown { index, salt, line }) => {
                    leaves.shown(index, &salt, line.as_bytes());
                }
                Ok(Leaf::Withheld { index, hash }) => leaves.places.push(Place {
                    index,
                    hash,
                    what: What::Withheld,
                }),
                Err(error) => {
                    return Err(Outcome::Fails(format!("{path}, line {number}: {error}")));
                }
            }
        }
        Ok(leaves)
    }

    fn shown(&mut self, index: u64, salt: &[u8; SALT], line: &[u8]) {
        let what = match self.record(index, line) {
            Some(record) => {
                let what = match record.fact {
                    Fact::KeyChanged(_) | Fact::LogContinues(_) => What::OfLog,
                    _ => What::Shown,
                };
                self.records.push(record);
                what
            }
            None => What::Shown,
        };
        self.places.push(Place {
            index,
            hash: leaf_hash(salt, line),
            what,
        });
    }

    fn record(&mut self, index: u64, line: &[u8]) -> Option<Record> {
        if self.fault.is_some() {
            return None;
        }
        let fault = match Record::parse(line) {
            Ok(record) if record.seq == index => return Some(record),
            Ok(record) => format!("record {index} says that it is record {}", record.seq),
            Err(error) => format!("record {index}: {error}"),
        };
        self.fault = Some(fault);
        None
    }

    /// A change of keys is shown whenever it was. Records of one moment need not stand together: a
    /// history is read late. So a record that is withheld may be in order, and only the record itself
    /// could tell. One that is said to be erased is not asked for any more.
    pub(super) fn withheld(&self, erased: Option<&Places>) -> Outcome {
        let is_asked_for = |place: &Place| place.what == What::Shown;
        let places = &self.places;
        let from = places.iter().position(is_asked_for).unwrap_or(places.len());
        let to = places.iter().rposition(is_asked_for).unwrap_or(0);
        let inside = places.get(from..to).unwrap_or_default();
        let is_erased = |place: &Place| erased.is_some_and(|erased| erased.has(place.index));
        let withheld = |place: &&Place| place.what == What::Withheld && !is_erased(place);
        match inside.iter().find(withheld) {
            None => Outcome::Holds,
            Some(place) => Outcome::Unchecked(format!(
                "record {} is withheld although it lies between records of the time asked for; it may \
                 be about another time: ask for a bundle of a longer one",
                place.index
            )),
        }
    }
}

/// A leaf that is shown, written as collectors write it, without the work that any JSON would need:
/// nothing but quotes is escaped. `line` becomes its line. Of anything else it says nothing.
fn as_written(leaf: &str, line: &mut Vec<u8>) -> Option<(u64, [u8; SALT])> {
    let rest = leaf.strip_prefix(r#"{"index":"#)?;
    let (index, rest) = rest.split_at_checked(rest.find(',')?)?;
    let rest = rest.strip_prefix(r#","salt":""#)?;
    let (salt, rest) = rest.split_at_checked(2 * SALT)?;
    let escaped = rest.strip_prefix(r#"","line":""#)?.strip_suffix(r#""}"#)?;
    let is_number = index.bytes().all(|byte| byte.is_ascii_digit())
        && (index.len() == 1 || !index.starts_with('0'));
    if !is_number || !is_escaped(escaped.as_bytes()) {
        return None;
    }
    line.clear();
    line.resize(escaped.len(), 0);
    let mut end = 0;
    // Without a branch: every sixth letter or so is a backslash.
    for byte in escaped.bytes() {
        if let Some(place) = line.get_mut(end) {
            *place = byte;
        }
        end += usize::from(byte != b'\\');
    }
    line.truncate(end);
    Some((index.parse().ok()?, id::read_hex(salt)?))
}

/// Does each backslash stand before a quote, and each quote behind a backslash? Are there no control
/// characters?
fn is_escaped(text: &[u8]) -> bool {
    let (Some(first), Some(last)) = (text.first(), text.last()) else {
        return true;
    };
    let pairs = text.iter().zip(text.get(1..).unwrap_or_default());
    let is_wrong =
        |(before, byte): (&u8, &u8)| (*byte < b' ') | ((*byte == b'"') != (*before == b'\\'));
    let wrong = pairs.fold(false, |wrong, pair| wrong | is_wrong(pair));
    !wrong && *first >= b' ' && *first != b'"' && *last != b'\\'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(leaf: &str) -> Option<Leaf> {
        let mut line = vec![1; 3];
        let (index, salt) = as_written(leaf, &mut line)?;
        let line = String::from_utf8(line).unwrap();
        Some(Leaf::Shown { index, salt, line })
    }

    #[test]
    fn what_collectors_write_is_read_at_once() {
        let leaf = |line: &str| Leaf::Shown {
            index: 41,
            salt: [0xab; SALT],
            line: line.to_owned(),
        };
        for line in [
            "",
            "a",
            "\"",
            "{\"v\":1,\"f\":{\"caf\u{e9}\":\"\u{1F600}\"}}",
        ] {
            let text = serde_json::to_string(&leaf(line)).unwrap();
            assert_eq!(written(&text), Some(leaf(line)), "{text}");
        }
        // Rare enough to be read like any JSON.
        let text = serde_json::to_string(&leaf("a\\b")).unwrap();
        assert_eq!(written(&text), None);
        let text = serde_json::to_string(&leaf("a")).unwrap();
        for (from, to) in [
            ("41", "041"),
            ("41", "+41"),
            ("41", ""),
            ("41", "18446744073709551616"),
            ("abab", "ABab"),
            ("abab", "ab"),
            (r#""a""#, r#""a\""#),
            (r#""a""#, r#""\a""#),
            (r#""a""#, r#""a"b""#),
            (r#""a""#, r#"""a""#),
            (r#""a""#, "\"\ta\""),
            (r#""a""#, "\"a\t\""),
            (r#""a"}"#, r#""a","hash":null}"#),
            ("}", "} "),
        ] {
            let bent = text.replacen(from, to, 1);
            assert_ne!(bent, text);
            assert_eq!(written(&bent), None, "{bent}");
        }
    }

    proptest! {
        #[test]
        fn at_once_nothing_else_is_read(
            line in r#"([{}:,a-c0-9]|"|\\|\n|\PC){0,60}"#,
            bent in r#"[a-z"{}:,0-9\\]{0,3}"#,
            at in 0_usize..200,
            length in 0_usize..4,
        ) {
            let leaf = Leaf::Shown { index: 7, salt: [0x1b; SALT], line };
            let mut text = serde_json::to_string(&leaf).unwrap();
            if let Some(read) = written(&text) {
                prop_assert_eq!(read, leaf);
            }
            let at = at % text.len();
            let end = (at + length).min(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(end) {
                text.replace_range(at..end, &bent);
            }
            if let Some(read) = written(&text) {
                prop_assert_eq!(serde_json::from_str::<Leaf>(&text).ok(), Some(read), "{}", text);
            }
        }

        #[test]
        fn any_text_is_read_or_left(text in r"\PC{0,80}") {
            let _ = written(&text);
        }
    }
}
