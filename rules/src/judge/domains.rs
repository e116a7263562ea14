//! Which lists a host is on: one table for all lists of an order, one chain of probes a host.
//!
//! The table holds offsets into the bytes of the lists, never copies: 12 bytes an entry. It can
//! only be asked, not walked through: no order of its slots can reach a finding.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;

use crate::list::{ListBytes, entries};

/// Fixed: entries come from signed lists, and hosts are only looked up.
const SEED: u64 = 0x7072_6f76_6973_6f31;

/// Domains, and which sources have each.
pub(crate) struct Domains {
    sources: Vec<Source>,
    slots: Vec<Slot>,
    /// Sources that have a domain, in ascending order; slots name a set by its place here.
    sets: Vec<Box<[u16]>>,
    hasher: FixedState,
}

struct Source {
    bytes: ListBytes,
    /// Where its bytes begin when all sources are laid end to end.
    base: u32,
}

/// One domain. Its text is in the first source of its set.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// Where its text begins, all sources laid end to end.
    start: u32,
    /// 0: the slot is empty.
    len: u8,
    /// Bits of the hash, so that most wrong slots are passed without a look at the text.
    tag: u8,
    set: u16,
}

/// There is more than the table can number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lists of this order are too long together; make them shorter")]
pub(crate) struct TooMuch;

impl Domains {
    /// A table of all entries of all sources. What is no entry is left out.
    pub(crate) fn build(bytes: Vec<ListBytes>) -> Result<Self, TooMuch> {
        let mut sources = Vec::with_capacity(bytes.len());
        let mut base = 0_u32;
        let mut count = 0_usize;
        for bytes in bytes {
            let list = (*bytes).as_ref();
            let len = u32::try_from(list.len()).map_err(|_| TooMuch)?;
            count += entries(list).count();
            sources.push(Source { bytes, base });
            base = base.checked_add(len).ok_or(TooMuch)?;
        }
        let mut domains = Self {
            sources,
            slots: Vec::new(),
            sets: Vec::new(),
            hasher: FixedState::with_seed(SEED),
        };
        if count > 0 {
            domains.fill(count)?;
        }
        Ok(domains)
    }

    /// The sources that have the host or a domain above it, each with the entry that it has: the
    /// longest. Sources come in the order of their longest entries.
    pub(crate) fn find(&self, host: &str, mut found: impl FnMut(usize, &str)) {
        if self.slots.is_empty() {
            return;
        }
        let mut suffix = host;
        loop {
            let Some((_, above)) = suffix.split_once('.') else {
                return;
            };
            if let Some(slot) = self.probe(suffix.as_bytes()) {
                for source in &self.sets[usize::from(slot.set)] {
                    found(usize::from(*source), suffix);
                }
            }
            suffix = above;
        }
    }

    fn fill(&mut self, count: usize) -> Result<(), TooMuch> {
        // Two thirds full.
        let slots = count.checked_add(count / 2 + 1).ok_or(TooMuch)?;
        u32::try_from(slots).map_err(|_| TooMuch)?;
        self.slots = vec![Slot::default(); slots];
        let mut unions = Unions::default();
        for number in 0..self.sources.len() {
            let id = u16::try_from(number).map_err(|_| TooMuch)?;
            let alone = unions.intern(&mut self.sets, vec![id])?;
            let bytes = self.sources[number].bytes.clone();
            let base = self.sources[number].base;
            for entry in entries((*bytes).as_ref()) {
                let Ok(len) = u8::try_from(entry.text.len()) else {
                    continue;
                };
                let (at, tag) = self.place(entry.text);
                let at = self.seat(at, tag, entry.text);
                let slot = self.slots[at];
                if slot.len == 0 {
                    let start = u32::try_from(entry.start).map_err(|_| TooMuch)?;
                    let start = base.checked_add(start).ok_or(TooMuch)?;
                    self.slots[at] = Slot {
                        start,
                        len,
                        tag,
                        set: alone,
                    };
                } else {
                    self.slots[at].set = unions.with(&mut self.sets, slot.set, id)?;
                }
            }
        }
        Ok(())
    }

    fn probe(&self, suffix: &[u8]) -> Option<Slot> {
        let (at, tag) = self.place(suffix);
        let slot = self.slots[self.seat(at, tag, suffix)];
        (slot.len > 0).then_some(slot)
    }

    /// Where the search for a text begins, and its tag.
    fn place(&self, text: &[u8]) -> (usize, u8) {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(text);
        let hash = hasher.finish();
        let tag = hash.to_le_bytes()[0];
        let at = ((hash >> 32) * self.slots.len() as u64) >> 32;
        // Smaller than the number of slots, which fits.
        (usize::try_from(at).unwrap_or_default(), tag)
    }

    /// The slot of a text, or the empty one where it belongs. There is always an empty one.
    fn seat(&self, mut at: usize, tag: u8, text: &[u8]) -> usize {
        loop {
            let slot = self.slots[at];
            if slot.len == 0
                || (slot.tag == tag
                    && usize::from(slot.len) == text.len()
                    && self.text(slot) == Some(text))
            {
                return at;
            }
            at += 1;
            if at == self.slots.len() {
                at = 0;
            }
        }
    }

    fn text(&self, slot: Slot) -> Option<&[u8]> {
        let first = self.sets.get(usize::from(slot.set))?.first()?;
        let source = self.sources.get(usize::from(*first))?;
        let start = slot.start.checked_sub(source.base)? as usize;
        (*source.bytes)
            .as_ref()
            .get(start..start + usize::from(slot.len))
    }
}

/// Gives each distinct set of sources one number.
#[derive(Default)]
struct Unions {
    numbers: BTreeMap<Vec<u16>, u16>,
    steps: BTreeMap<(u16, u16), u16>,
}

impl Unions {
    fn intern(&mut self, sets: &mut Vec<Box<[u16]>>, set: Vec<u16>) -> Result<u16, TooMuch> {
        if let Some(number) = self.numbers.get(&set) {
            return Ok(*number);
        }
        let number = u16::try_from(sets.len()).map_err(|_| TooMuch)?;
        sets.push(set.clone().into_boxed_slice());
        self.numbers.insert(set, number);
        Ok(number)
    }

    /// The set with one more source, which comes after all that are in it.
    fn with(&mut self, sets: &mut Vec<Box<[u16]>>, set: u16, source: u16) -> Result<u16, TooMuch> {
        if let Some(number) = self.steps.get(&(set, source)) {
            return Ok(*number);
        }
        let mut wider = sets[usize::from(set)].to_vec();
        // The same domain can stand in one list twice.
        if wider.last() != Some(&source) {
            wider.push(source);
        }
        let number = self.intern(sets, wider)?;
        self.steps.insert((set, source), number);
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    fn domains(lists: &[&[&str]]) -> Domains {
        let bytes = lists
            .iter()
            .map(|list| -> ListBytes { Arc::new(list.join("\n")) })
            .collect();
        Domains::build(bytes).unwrap()
    }

    fn found(domains: &Domains, host: &str) -> Vec<(usize, String)> {
        let mut all = Vec::new();
        domains.find(host, |source, entry| all.push((source, entry.to_owned())));
        all
    }

    #[test]
    fn labels_are_whole() {
        let domains = domains(&[&["facebook.com", "bbc.co.uk"]]);
        for host in ["facebook.com", "www.facebook.com", "a.b.facebook.com"] {
            assert_eq!(found(&domains, host), [(0, "facebook.com".to_owned())]);
        }
        for host in [
            "notfacebook.com",
            "facebook.com.evil.example",
            "facebook.co",
            "com",
            "co.uk",
            "",
            ".",
            "facebook.com.",
        ] {
            assert_eq!(found(&domains, host), [], "{host}");
        }
    }

    #[test]
    fn every_list_is_named_with_its_own_entry() {
        let domains = domains(&[
            &["a.com", "x.com"],
            &["b.a.com", "a.com", "a.com"],
            &["a.com"],
        ]);
        let entry = |source, text: &str| (source, text.to_owned());
        assert_eq!(
            found(&domains, "c.b.a.com"),
            [
                entry(1, "b.a.com"),
                entry(0, "a.com"),
                entry(1, "a.com"),
                entry(2, "a.com")
            ]
        );
        assert_eq!(found(&domains, "x.com"), [entry(0, "x.com")]);
    }

    #[test]
    fn nothing_is_on_no_list() {
        assert_eq!(found(&domains(&[]), "a.com"), []);
        assert_eq!(found(&domains(&[&[]]), "a.com"), []);
    }

    #[test]
    fn an_entry_takes_twelve_bytes_beside_its_text() {
        assert_eq!(size_of::<Slot>(), 8);
        let list: Vec<String> = (0..3_000).map(|n| format!("d{n}.example")).collect();
        let list: Vec<&str> = list.iter().map(String::as_str).collect();
        let domains = domains(&[&list]);
        assert!(domains.slots.capacity() * size_of::<Slot>() <= 3_000 * 12 + 8);
    }

    /// What "is on the list" means, as plainly as it can be said.
    fn obvious(list: &[&str], host: &str) -> bool {
        list.iter()
            .any(|entry| host == *entry || host.ends_with(&format!(".{entry}")))
    }

    proptest! {
        #[test]
        fn is_what_it_means(
            lists in prop::collection::vec(
                prop::collection::vec("[ab]{1,2}(\\.[ab]{1,2}){1,3}", 0..20), 1..4),
            host in "[ab]{1,2}(\\.[ab]{1,2}){0,5}",
        ) {
            let lists: Vec<Vec<&str>> = lists
                .iter()
                .map(|list| list.iter().map(String::as_str).collect())
                .collect();
            let slices: Vec<&[&str]> = lists.iter().map(Vec::as_slice).collect();
            let table = domains(&slices);
            let found = found(&table, &host);
            for (number, list) in lists.iter().enumerate() {
                let mine: Vec<&String> = found
                    .iter()
                    .filter(|(source, _)| *source == number)
                    .map(|(_, entry)| entry)
                    .collect();
                prop_assert_eq!(!mine.is_empty(), obvious(list, &host));
                for entry in mine {
                    prop_assert!(list.contains(&entry.as_str()));
                }
            }
        }
    }
}
