//! Which hashes are on a list.
//!
//! A list whose entries stand in ascending order with nothing between them, as `proviso list import`
//! writes it, is searched where it is: however many orders share its bytes, nothing is copied. Of any
//! other list a sorted table is made, 32 bytes an entry.

use proviso_report::Hash;

use crate::list::{ListBytes, entries};

/// 64 digits and the end of the line.
const LINE: usize = 65;

/// The hashes of one list. It can only be asked.
pub(crate) struct Hashes(Form);

enum Form {
    /// Lines of the list itself from this byte on, in ascending order.
    Lines(ListBytes, usize),
    /// Ascending.
    Table(Box<[[u8; 32]]>),
}

impl Hashes {
    /// Of a list. What is no entry is left out.
    pub(crate) fn new(bytes: ListBytes) -> Self {
        let list = (*bytes).as_ref();
        if let Some(start) = sorted_from(list) {
            return Self(Form::Lines(bytes, start));
        }
        let mut table: Vec<[u8; 32]> = entries(list)
            .filter_map(|entry| std::str::from_utf8(entry.text).ok()?.parse().ok())
            .map(|hash: Hash| hash.0)
            .collect();
        table.sort_unstable();
        table.dedup();
        Self(Form::Table(table.into_boxed_slice()))
    }

    /// Is it on the list?
    pub(crate) fn has(&self, hash: &Hash) -> bool {
        match &self.0 {
            Form::Table(table) => table.binary_search(&hash.0).is_ok(),
            Form::Lines(bytes, start) => {
                let list = (**bytes).as_ref();
                let lines = list.get(*start..).unwrap_or_default();
                let text = hash.to_string();
                has_line(lines, text.as_bytes())
            }
        }
    }
}

/// Where the entries begin, if they are ascending lines of one length up to the end.
fn sorted_from(list: &[u8]) -> Option<usize> {
    let start = entries(list).next()?.start;
    let lines = list.get(start..)?;
    let (lines, rest) = lines.as_chunks::<LINE>();
    let mut last: Option<&[u8]> = None;
    for line in lines {
        let (text, end) = line.split_last_chunk::<1>()?;
        if end != b"\n" || !is_hex(text) || last.is_some_and(|last| last >= text) {
            return None;
        }
        last = Some(text);
    }
    rest.is_empty().then_some(start)
}

fn is_hex(text: &[u8]) -> bool {
    text.iter()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn has_line(lines: &[u8], text: &[u8]) -> bool {
    let (lines, _) = lines.as_chunks::<LINE>();
    lines
        .binary_search_by(|line| line.get(..LINE - 1).unwrap_or_default().cmp(text))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Hashes {
        Hashes::new(Arc::new(text.to_owned()))
    }

    fn lines(hashes: &[Hash]) -> String {
        hashes.iter().map(|hash| format!("{hash}\n")).collect()
    }

    #[test]
    fn a_sorted_list_is_searched_where_it_is() {
        let mut hashes: Vec<Hash> = (0..100_u8).map(|n| Hash::of(&[n])).collect();
        hashes.sort_unstable_by_key(|hash| hash.0);
        let sorted = lines(&hashes);
        for text in [sorted.clone(), format!("# Known\n\n{sorted}")] {
            let known = of(&text);
            assert!(matches!(known.0, Form::Lines(..)), "{text}");
            assert!(hashes.iter().all(|hash| known.has(hash)));
            assert!(!known.has(&Hash::of(b"other")));
            assert!(!known.has(&Hash([0; 32])) && !known.has(&Hash([0xff; 32])));
        }
        let first = hashes[0];
        for text in [
            sorted.trim_end().to_owned(),
            sorted.replace('\n', "\r\n"),
            format!("{sorted}# End\n"),
            format!("{first}\n{sorted}"),
            lines(&hashes.iter().rev().copied().collect::<Vec<_>>()),
        ] {
            let known = of(&text);
            assert!(matches!(known.0, Form::Table(_)), "{text}");
            assert!(hashes.iter().all(|hash| known.has(hash)));
            assert!(!known.has(&Hash::of(b"other")));
        }
    }

    #[test]
    fn nothing_is_on_an_empty_list() {
        for text in ["", "# none\n", "zz\n"] {
            assert!(!of(text).has(&Hash([0; 32])), "{text}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_know_the_same(
            numbers in prop::collection::vec(any::<[u8; 2]>(), 0..40),
            asked in prop::collection::vec(any::<[u8; 2]>(), 0..40),
            sorted in any::<bool>(),
        ) {
            let mut hashes: Vec<Hash> = numbers.iter().map(|n| Hash::of(n)).collect();
            if sorted {
                hashes.sort_unstable_by_key(|hash| hash.0);
                hashes.dedup();
            }
            let known = of(&lines(&hashes));
            for n in asked.iter().chain(&numbers) {
                prop_assert_eq!(known.has(&Hash::of(n)), numbers.contains(n));
            }
        }

        #[test]
        fn any_bytes_are_a_list(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let known = Hashes::new(Arc::new(bytes));
            known.has(&Hash([0; 32]));
        }
    }
}
