//! GNOME's settings, in the file that `dconf` keeps of an account (a GVDB table).
//!
//! A head of 24 bytes leads to a table: its size word, its number of buckets, a filter, the buckets,
//! and items of 24 bytes. An item names its parent, so a key is found by its parts. Promises: any
//! bytes are read without fault and in bounded time. Refuses: to give any key that was not asked for.

use std::ops::Range;

const ITEM: usize = 24;
/// Where an item says what it is: `v`, a value.
const TYPE: usize = 14;
/// `dconf` itself has some hundred.
const MAX_ITEMS: usize = 65_536;
const MAX_DEPTH: usize = 16;
const MAX_TEXT: usize = 1024;
/// Of an item without a parent.
const NO_PARENT: u32 = u32::MAX;

/// What a key holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Number(i32),
}

/// What the key of this name holds, if it is text or a number.
pub(super) fn value(file: &[u8], key: &str) -> Option<Value> {
    if file.get(..8)? != b"GVariant" || word(file, 8)? != 0 {
        return None;
    }
    let table = file.get(range(file, 16)?)?;
    let filter = usize::try_from(word(table, 0)? & 0x07ff_ffff).ok()?;
    let buckets = usize::try_from(word(table, 4)?).ok()?;
    let before = filter
        .checked_add(buckets)?
        .checked_mul(4)?
        .checked_add(8)?;
    let (items, _) = table.get(before..)?.as_chunks::<ITEM>();
    let items = items.get(..items.len().min(MAX_ITEMS))?;
    let mut numbers = 0..items.len();
    let found = numbers.find(|&at| {
        let holds = items.get(at).is_some_and(|item| item[TYPE] == b'v');
        holds && is_key(file, items, at, key)
    })?;
    variant(file.get(range(items.get(found)?, 16)?)?)
}

/// Is this the item of that key? Its last part stands in it, those before in its parents.
fn is_key(file: &[u8], items: &[[u8; ITEM]], mut at: usize, key: &str) -> bool {
    let mut left = key.as_bytes();
    for _ in 0..MAX_DEPTH {
        let Some((parent, part)) = items
            .get(at)
            .and_then(|item| Some((word(item, 4)?, part(file, item)?)))
        else {
            return false;
        };
        let Some(before) = left.strip_suffix(part) else {
            return false;
        };
        left = before;
        if parent == NO_PARENT {
            return left.is_empty();
        }
        let Ok(parent) = usize::try_from(parent) else {
            return false;
        };
        at = parent;
    }
    false
}

fn part<'f>(file: &'f [u8], item: &[u8]) -> Option<&'f [u8]> {
    let start = usize::try_from(word(item, 8)?).ok()?;
    let length = usize::from(u16::from_le_bytes(item.get(12..14)?.try_into().ok()?));
    file.get(start..start.checked_add(length)?)
}

/// What is in it, a zero, and its type.
fn variant(bytes: &[u8]) -> Option<Value> {
    if let Some(text) = bytes.strip_suffix(b"\0\0s") {
        let text = std::str::from_utf8(text.get(..text.len().min(MAX_TEXT))?).ok()?;
        return Some(Value::Text(text.to_owned()));
    }
    let number = bytes.strip_suffix(b"\0i")?;
    Some(Value::Number(i32::from_le_bytes(number.try_into().ok()?)))
}

/// Start and end.
fn range(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let start = usize::try_from(word(bytes, at)?).ok()?;
    let end = usize::try_from(word(bytes, at.checked_add(4)?)?).ok()?;
    Some(start..end)
}

/// The file is in one order on every machine that GNOME runs on; one in the other order is not read.
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;
    use proptest::prelude::*;

    use super::*;

    /// As `dconf compile` wrote it.
    const FILE: &str = "\
        R1ZhcmlhbnQAAAAAAAAAABgAAABUAQAAAAAAKAsAAAAAAAAAAAAAAAMAAAAEAAAABQAAAAYAAAAH\
        AAAACAAAAAgAAAAKAAAACwAAAHIJVWkDAAAAVAEAAAUAdgBgAQAAYwEAACnt6P8JAAAAYwEAAAQA\
        dgBoAQAAcwEAABBQ7f8JAAAAcwEAAAQAdgB4AQAAfgEAALC3JDAGAAAAfgEAAAYATACEAQAAiAEA\
        ANS1AgD/////iAEAAAEATACMAQAAlAEAAF4xvO8HAAAAlAEAAAQAdgCYAQAAoQEAAEtQkAsEAAAA\
        oQEAAAQATACoAQAArAEAABki+TEIAAAArAEAAAYATAC0AQAAwAEAAOg31ZIEAAAAwAEAAAcATADI\
        AQAAzAEAAMuQjN0HAAAAzAEAAAYATADUAQAA3AEAAIhv3RkHAAAA3AEAAA4AdgDwAQAACAIAAG90\
        aGVyAAAAAAAAAAEAYmhvc3QAMTAuMC4wLjIAAHNwb3J0ADgEAAAAaWdub21lLwAAAAAvAAAABgAA\
        AAgAAABtb2RlbWFudWFsAABzb3JnLwAAAAMAAABwcm94eS8AAAoAAAAFAAAACQAAAHN5c3RlbS8A\
        BwAAAHNvY2tzLwAAAQAAAAIAAABhdXRvY29uZmlnLXVybAAAAAAAAGh0dHA6Ly93cGFkLmV4YW1w\
        bGUveAAAcw==";

    fn file() -> Vec<u8> {
        BASE64.decode(FILE.as_bytes()).unwrap()
    }

    #[test]
    fn a_file_of_dconf_is_read() {
        let file = file();
        let text = |text: &str| Some(Value::Text(text.into()));
        assert_eq!(value(&file, "/system/proxy/mode"), text("manual"));
        assert_eq!(value(&file, "/system/proxy/socks/host"), text("10.0.0.2"));
        let url = value(&file, "/system/proxy/autoconfig-url");
        assert_eq!(url, text("http://wpad.example/x"));
        let port = value(&file, "/system/proxy/socks/port");
        assert_eq!(port, Some(Value::Number(1080)));
        for other in [
            "/system/proxy/http/host",
            "mode",
            "",
            "/org/gnome/other",
            "/system/proxy/",
        ] {
            assert_eq!(value(&file, other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            value(&bytes, "/system/proxy/mode");
        }

        #[test]
        fn a_damaged_file_is_read(changes in proptest::collection::vec((8..520_usize, any::<u8>()), 1..6), cut in 0..=520_usize) {
            let mut file = file();
            for (at, byte) in changes {
                file[at] = byte;
            }
            file.truncate(cut);
            value(&file, "/system/proxy/mode");
            value(&file, "/system/proxy/socks/port");
        }
    }
}
