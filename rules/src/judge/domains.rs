//! Which lists a host is on: one table for all lists of an order, one chain of probes a host.
//!
//! The table holds offsets into the bytes of the lists, never copies: 12 bytes an entry. It can
//! only be asked, not walked through: no order of its slots can reach a finding.
//!
//! Promises: what a host costs depends neither on how many entries there are nor on how long the
//! host is. Refuses lists whose entries were chosen to crowd one place of the table.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;

use crate::domain;
use crate::list::ListBytes;

use super::laid::{self, BuildError, Laid, RUN};

/// Fixed: the same lists make the same table everywhere.
const SEED: u64 = 0x7072_6f76_6973_6f31;

/// Domains, and which sources have each.
pub(crate) struct Domains {
    sources: Laid,
    slots: Vec<Slot>,
    sets: Sets,
    hasher: FixedState,
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

impl Domains {
    /// A table of all entries of all sources. What is no entry is left out.
    pub(crate) fn build(bytes: Vec<ListBytes>) -> Result<Self, BuildError> {
        let (sources, slots) = Laid::of(bytes)?;
        let mut domains = Self {
            sources,
            slots: vec![Slot::default(); slots],
            sets: Sets::default(),
            hasher: FixedState::with_seed(SEED),
        };
        domains.fill()?;
        Ok(domains)
    }

    /// The sources that have the host or a domain above it, each once, with the longest entry that
    /// it has. Longer entries come first.
    pub(crate) fn find(&self, host: &str, mut found: impl FnMut(usize, &str)) {
        if self.slots.is_empty() {
            return;
        }
        let mut seen = Vec::new();
        let mut suffix = host;
        while let Some((_, above)) = suffix.split_once('.') {
            // No entry is longer, and a host can be as long as a record.
            if suffix.len() <= domain::MAX_HOST
                && let Some(slot) = self.probe(suffix.as_bytes())
            {
                seen.resize(self.sources.len(), false);
                for source in self.sets.sources(slot.set) {
                    let source = usize::from(source);
                    if !std::mem::replace(&mut seen[source], true) {
                        found(source, suffix);
                    }
                }
            }
            suffix = above;
        }
    }

    fn fill(&mut self) -> Result<(), BuildError> {
        let mut unions = Unions::default();
        let lists: Vec<_> = self.sources.lists().collect::<Result<_, _>>()?;
        for (id, list) in lists {
            let mut alone = None;
            for entry in list.entries() {
                let (text, start, len) = entry?;
                let (at, tag) = self.place(text);
                let at = self.seat(at, tag, text).ok_or(BuildError::Crowded)?;
                let slot = self.slots[at];
                if slot.len == 0 {
                    let set = match alone {
                        Some(set) => set,
                        None => *alone.insert(self.sets.add(None, id)?),
                    };
                    self.slots[at] = Slot {
                        start,
                        len,
                        tag,
                        set,
                    };
                } else {
                    self.slots[at].set = unions.with(&mut self.sets, slot.set, id)?;
                }
            }
        }
        if self.longest_run() > RUN {
            return Err(BuildError::Crowded);
        }
        Ok(())
    }

    fn probe(&self, suffix: &[u8]) -> Option<Slot> {
        let (at, tag) = self.place(suffix);
        let slot = self.slots[self.seat(at, tag, suffix)?];
        (slot.len > 0).then_some(slot)
    }

    /// Where the search for a text begins, and its tag.
    fn place(&self, text: &[u8]) -> (usize, u8) {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(text);
        laid::place(hasher.finish(), self.slots.len())
    }

    /// The slot of a text, or the empty one where it belongs. `None`: neither is near.
    fn seat(&self, mut at: usize, tag: u8, text: &[u8]) -> Option<usize> {
        for _ in 0..=RUN {
            let slot = self.slots[at];
            if slot.len == 0
                || (slot.tag == tag
                    && usize::from(slot.len) == text.len()
                    && self.text(slot) == Some(text))
            {
                return Some(at);
            }
            at += 1;
            if at == self.slots.len() {
                at = 0;
            }
        }
        None
    }

    fn text(&self, slot: Slot) -> Option<&[u8]> {
        self.sources
            .text(self.sets.first(slot.set)?, slot.start, slot.len)
    }

    fn longest_run(&self) -> usize {
        let runs = self.slots.split(|slot| slot.len == 0).map(<[Slot]>::len);
        runs.max().unwrap_or_default()
    }
}

/// Sets of sources, each by its number. A set is a smaller one and one source more, so that a
/// domain on ten thousand lists takes ten thousand steps and not their square.
#[derive(Default)]
struct Sets(Vec<Set>);

struct Set {
    last: u16,
    /// The set without `last`.
    rest: Option<u16>,
    first: u16,
}

impl Sets {
    fn add(&mut self, rest: Option<u16>, last: u16) -> Result<u16, BuildError> {
        let number = u16::try_from(self.0.len()).map_err(|_| BuildError::TooMuch)?;
        let first = rest.and_then(|set| self.first(set)).unwrap_or(last);
        self.0.push(Set { last, rest, first });
        Ok(number)
    }

    /// From the last to the first.
    fn sources(&self, set: u16) -> impl Iterator<Item = u16> {
        let get = |set: u16| self.0.get(usize::from(set));
        let sets = std::iter::successors(get(set), move |set| get(set.rest?));
        sets.map(|set| set.last)
    }

    fn first(&self, set: u16) -> Option<u16> {
        Some(self.0.get(usize::from(set))?.first)
    }
}

/// Gives each distinct set of sources one number.
#[derive(Default)]
struct Unions(BTreeMap<(u16, u16), u16>);

impl Unions {
    /// The set with one more source, which comes after all that are in it.
    fn with(&mut self, sets: &mut Sets, set: u16, source: u16) -> Result<u16, BuildError> {
        // The same domain can stand in one list twice.
        if sets.sources(set).next() == Some(source) {
            return Ok(set);
        }
        if let Some(number) = self.0.get(&(set, source)) {
            return Ok(*number);
        }
        let number = sets.add(Some(set), source)?;
        self.0.insert((set, source), number);
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
            [entry(1, "b.a.com"), entry(2, "a.com"), entry(0, "a.com")]
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

    #[test]
    fn entries_chosen_to_crowd_the_table_are_refused() {
        let mut probe = domains(&[&["a.com"]]);
        probe.slots.resize(100, Slot::default());
        // All of them begin in one hundredth of any table.
        let crowd: Vec<String> = (0..)
            .map(|n| format!("{n}.com"))
            .filter(|name| probe.place(name.as_bytes()).0 == 7)
            .take(4 * RUN)
            .collect();
        let built = Domains::build(vec![Arc::new(crowd.join("\n"))]);
        assert_eq!(built.err(), Some(BuildError::Crowded));
        let honest: Vec<String> = (0..100_000).map(|n| format!("{n}.com")).collect();
        let honest = Domains::build(vec![Arc::new(honest.join("\n"))]).unwrap();
        assert!(honest.longest_run() < RUN / 4);
    }

    #[test]
    fn a_domain_on_many_lists_takes_no_more_than_they_do() {
        let lists = vec![&["a.com", "b.com"][..]; 2_000];
        let domains = domains(&lists);
        assert_eq!(domains.sets.0.len(), lists.len());
        let found: Vec<usize> = found(&domains, "x.a.com")
            .into_iter()
            .map(|(source, _)| source)
            .collect();
        assert!(found.into_iter().rev().eq(0..lists.len()));
    }

    #[test]
    fn a_host_as_long_as_a_record_is_looked_up_by_its_end() {
        let domains = domains(&[&["a.com"]]);
        let host = format!("{}a.com", "a.".repeat(30_000));
        assert_eq!(found(&domains, &host), [(0, "a.com".to_owned())]);
    }

    /// What "is on the list" means, as plainly as it can be said.
    fn obvious<'l>(list: &[&'l str], host: &str) -> Option<&'l str> {
        list.iter()
            .filter(|entry| host == **entry || host.ends_with(&format!(".{entry}")))
            .copied()
            .max_by_key(|entry| entry.len())
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
                let mine: Vec<&str> = found
                    .iter()
                    .filter(|(source, _)| *source == number)
                    .map(|(_, entry)| entry.as_str())
                    .collect();
                prop_assert_eq!(mine, Vec::from_iter(obvious(list, &host)));
            }
        }
    }
}
