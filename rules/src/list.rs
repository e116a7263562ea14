//! Lists that an order pins by hash and count.
//!
//! One entry a line; blank lines and lines that begin with `#` are not counted. Entries of a list
//! of domains are in the browser's own spelling (see `domain.rs`), so that the list that was
//! signed is the list that is looked up. The bytes are never copied: they can be a mapped file.

mod app;
mod hash;
mod import;
mod pin;

use std::collections::BTreeSet;
use std::sync::Arc;

use proviso_report::Hash;

use crate::domain;
use crate::fault::Fault;
use crate::order::limits;
use crate::order::{ListKind, ListPin, word_fault};

pub(crate) use app::{App, Fit, Ran, is_writable, names_of, path_key};
pub use import::{ImportError, Imported, Importer, Reason, Report, Seen, Tally};
pub use pin::{PinError, PinLines};

/// The bytes of a list, wherever they are: owned, shared between orders, or mapped from a file.
pub type ListBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// U+FEFF, the byte-order mark, in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// The most faults that are said about one list.
const FAULTS: usize = 20;

/// One entry of a list.
pub(crate) struct Entry<'a> {
    /// Its line, from 1.
    pub(crate) line: u32,
    /// Where it begins in the bytes.
    pub(crate) start: usize,
    pub(crate) text: &'a [u8],
}

/// The entries of a list, in the order of its lines.
///
/// Some editors begin a file with a byte-order mark. It is part of no entry.
pub(crate) fn entries(bytes: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let mark = bytes.starts_with(MARK).then_some(MARK.len());
    lines(bytes, mark.unwrap_or_default())
        .zip(1_u32..)
        .filter_map(|((begin, whole), line)| {
            let tail = whole.trim_ascii_start();
            let text = tail.trim_ascii_end();
            if text.is_empty() || text.starts_with(b"#") {
                return None;
            }
            let indent = whole.len() - tail.len();
            Some(Entry {
                line,
                start: begin + indent,
                text,
            })
        })
}

/// Where each line begins, and its bytes without the end of the line. The first begins at `begin`.
fn lines(bytes: &[u8], mut begin: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let mut ends = memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]);
    std::iter::from_fn(move || {
        let end = ends.next()?;
        let line = (begin, bytes.get(begin..end)?);
        begin = end + 1;
        Some(line)
    })
}

impl ListKind {
    /// The most entries of such a list.
    #[must_use]
    pub const fn most_entries(self) -> u64 {
        match self {
            Self::Domains | Self::Hashes => limits::LIST_ENTRIES,
            Self::Words | Self::Apps => limits::SHORT_LIST_ENTRIES,
        }
    }

    /// The most bytes of such a list.
    #[must_use]
    pub const fn most_bytes(self) -> u64 {
        match self {
            Self::Domains | Self::Words | Self::Apps => limits::LIST_BYTES,
            // Of the most entries, each 64 digits and a line feed, and the comments at its head.
            Self::Hashes => limits::LIST_ENTRIES * 65 + (1 << 16),
        }
    }
}

/// How many entries a file would have as a list of this kind, and everything that is wrong with
/// them, entry by entry. For people who mend lists; `file` is how the faults name it.
#[must_use]
pub fn entry_faults(kind: ListKind, file: &str, bytes: &[u8]) -> (u64, Vec<Fault>) {
    let mut count = 0;
    let mut faults = Vec::new();
    for entry in entries(bytes) {
        count += 1;
        if let Err(sentence) = entry_fault(kind, entry.text) {
            faults.push(Fault {
                file: file.to_owned(),
                at: Some((entry.line, 1)),
                code: "list-entry",
                sentence,
            });
        }
    }
    (count, faults)
}

/// How many entries a list has that the other has not: those that the new one adds, and those of the
/// old one that it takes out.
#[must_use]
pub fn changed_entries(old: &[u8], new: &[u8]) -> (u64, u64) {
    let set = |bytes| -> BTreeSet<&[u8]> { entries(bytes).map(|entry| entry.text).collect() };
    let (old, new) = (set(old), set(new));
    let count = |one: &BTreeSet<_>, other| one.difference(other).count() as u64;
    (count(&new, &old), count(&old, &new))
}

/// Is the list the one that the order pins, and is every entry in it right?
pub(crate) fn check(pin: &ListPin, bytes: &[u8]) -> Vec<Fault> {
    let fault = |at, code, sentence| Fault {
        file: pin.file.clone(),
        at,
        code,
        sentence,
    };
    if bytes.len() as u64 > pin.kind.most_bytes() {
        let sentence = format!(
            "the list has {} bytes; {} is the most; make two lists of it",
            bytes.len(),
            pin.kind.most_bytes()
        );
        return vec![fault(None, "limit", sentence)];
    }
    let mut faults = Vec::new();
    let hash = Hash::of(bytes);
    if hash != pin.sha256 {
        let sentence = format!(
            "this is not the list that was signed: its SHA-256 is {hash}, and the order pins {}; \
             get the right file, or pin this one with `proviso list pin {}` and sign a new version \
             of the order",
            pin.sha256, pin.file
        );
        faults.push(fault(None, "list-hash", sentence));
    }
    let mut count = 0_u64;
    let mut wrong = 0_usize;
    for entry in entries(bytes) {
        count += 1;
        if let Err(reason) = entry_fault(pin.kind, entry.text) {
            wrong += 1;
            if wrong <= FAULTS {
                faults.push(fault(Some((entry.line, 1)), "list-entry", reason));
            }
        }
    }
    if wrong > FAULTS {
        let sentence = format!(
            "{} more entries of the list are wrong; mend these first",
            wrong - FAULTS
        );
        faults.push(fault(None, "list-entry", sentence));
    }
    if count != pin.count {
        let sentence = format!(
            "the list has {count} entries, and the order says {}; get the right file, or write \
             the count that `proviso list pin {}` prints",
            pin.count, pin.file
        );
        faults.push(fault(None, "list-count", sentence));
    }
    faults
}

/// Why it is no entry of such a list, as a sentence.
pub(crate) fn entry_fault(kind: ListKind, entry: &[u8]) -> Result<(), String> {
    let Ok(text) = std::str::from_utf8(entry) else {
        return Err("this entry is not UTF-8 text; save the list as UTF-8".to_owned());
    };
    match kind {
        ListKind::Domains => domain::check(text).map_err(|wrong| {
            let shown: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
            format!("`{shown}` {wrong}")
        }),
        ListKind::Words => word_fault(text),
        ListKind::Apps => App::parse(text).map(drop),
        ListKind::Hashes => hash::fault(text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pin(kind: ListKind, bytes: &[u8], count: u64) -> ListPin {
        ListPin {
            name: "x".to_owned(),
            file: "lists/x".to_owned(),
            kind,
            sha256: Hash::of(bytes),
            count,
            source: None,
            held: crate::order::Where::Device,
            updates: None,
            place: (1, 1),
        }
    }

    fn said(pin: &ListPin, bytes: &[u8]) -> Vec<String> {
        check(pin, bytes).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn comments_and_blank_lines_are_no_entries() {
        let bytes = b"# social\n\nfacebook.com\r\n  x.com \n#y.com\nz.com";
        let read: Vec<_> = entries(bytes)
            .map(|entry| (entry.line, entry.start, entry.text))
            .collect();
        assert_eq!(
            read,
            [
                (3, 10, &b"facebook.com"[..]),
                (4, 26, &b"x.com"[..]),
                (6, 40, &b"z.com"[..])
            ]
        );
        assert_eq!(said(&pin(ListKind::Domains, bytes, 3), bytes), [""; 0]);
    }

    #[test]
    fn a_byte_order_mark_is_part_of_no_entry() {
        let bytes = b"\xef\xbb\xbfa.com\nb.com\n";
        let read: Vec<_> = entries(bytes)
            .map(|entry| (entry.line, entry.start, entry.text))
            .collect();
        assert_eq!(read, [(1, 3, &b"a.com"[..]), (2, 9, &b"b.com"[..])]);
        assert_eq!(said(&pin(ListKind::Domains, bytes, 2), bytes), [""; 0]);
        let bytes = b"\xef\xbb\xbf# only a comment\n\xef\xbb\xbfb.com\n";
        let found = check(&pin(ListKind::Domains, bytes, 1), bytes);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].at, Some((2, 1)));
    }

    #[test]
    fn hash_and_count_are_faults_of_their_own() {
        let mut pin = pin(ListKind::Domains, b"abc", 2);
        pin.sha256 = Hash::of(b"abc");
        assert_eq!(
            said(&pin, b"a.com\n"),
            [
                "lists/x: this is not the list that was signed: its SHA-256 is \
                 9d91b1739830114a547f6d9474a26aea5da18addc6ecc5c23c87c613b1d11aed, and the order pins \
                 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad; get the right file, \
                 or pin this one with `proviso list pin lists/x` and sign a new version of the order \
                 [list-hash]",
                "lists/x: the list has 1 entries, and the order says 2; get the right file, or write \
                 the count that `proviso list pin lists/x` prints [list-count]"
            ]
        );
    }

    #[test]
    fn each_wrong_entry_has_its_line() {
        let bytes = b"a.com\nhttps://b.com/\n\xff\nco.uk\n";
        let found = check(&pin(ListKind::Domains, bytes, 4), bytes);
        let lines: Vec<_> = found.iter().map(|fault| fault.at).collect();
        assert_eq!(lines, [Some((2, 1)), Some((3, 1)), Some((4, 1))]);
        let bytes = b"school\n!?\n";
        let found = check(&pin(ListKind::Words, bytes, 2), bytes);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].at, Some((2, 1)));
    }

    #[test]
    fn many_wrong_entries_do_not_fill_the_screen() {
        let bytes = "!\n".repeat(100);
        let found = check(
            &pin(ListKind::Words, bytes.as_bytes(), 100),
            bytes.as_bytes(),
        );
        assert_eq!(found.len(), FAULTS + 1);
        assert_eq!(
            found[FAULTS].sentence,
            "80 more entries of the list are wrong; mend these first"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for entry in entries(&bytes) {
                prop_assert_eq!(&bytes[entry.start..entry.start + entry.text.len()], entry.text);
            }
            check(&pin(ListKind::Domains, &bytes, 1), &bytes);
        }
    }
}
