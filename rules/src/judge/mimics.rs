//! Hosts that look like a listed host and are another: `faceb00k.com`, `fаcebook.com` with a
//! Cyrillic а, `rnastodon.social`.
//!
//! Two hosts look alike when their skeletons are the same (Unicode UTS 39, with case and accents
//! away). At the start of a label `i` is also `l`, because its capital looks so; elsewhere it is
//! not, or `mail` would look like `mall`. A `1` in the host can be either. Nothing else is guessed,
//! so a slip of the keyboard is not found. What looks like a listed host never counts as the listed host, and what is on the
//! list does not look like it.
//!
//! The table holds offsets into the bytes of the lists, 12 bytes an entry, and is only there if an
//! order asks for it.

use std::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;
use idna::punycode;

use crate::alike::Alike;
use crate::domain::MAX_HOST;
use crate::list::ListBytes;
use crate::text::fold;

use super::laid::{self, BuildError, Laid, RUN};

/// Fixed: entries come from signed lists, and hosts are only looked up.
const SEED: u64 = 0x7072_6f76_6973_6f32;

/// What a `1` looks like by UTS 39.
const ONE: char = 'l';

/// Listed hosts by what they look like.
#[derive(Default)]
pub(crate) struct Mimics {
    sources: Laid,
    slots: Vec<Slot>,
}

/// The first entry of a source that has its skeleton.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// Where it begins, all sources laid end to end.
    start: u32,
    /// 0: the slot is empty.
    len: u8,
    /// Bits of the hash, so that most wrong slots are passed without a look at the text.
    tag: u8,
    source: u16,
}

impl Mimics {
    /// A table of all entries of all sources.
    pub(crate) fn build(bytes: Vec<ListBytes>) -> Result<Self, BuildError> {
        let (sources, slots) = Laid::of(bytes)?;
        let mut mimics = Self {
            sources,
            slots: vec![Slot::default(); slots],
        };
        mimics.fill()?;
        Ok(mimics)
    }

    /// Does no condition ask?
    pub(crate) const fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The sources of which the host looks like an entry, or like something below one, each with
    /// one such entry, the longest. The host must not be on them: ask that first, of `domains.rs`.
    pub(crate) fn find(&self, host: &str, mut found: impl FnMut(usize, &str)) {
        if self.is_empty() || host.len() > MAX_HOST {
            return;
        }
        let mut skeleton = String::with_capacity(2 * host.len());
        let mut seen: Vec<u16> = Vec::new();
        // Most hosts have no `1`, and read in one way.
        for one in [ONE, 'i']
            .into_iter()
            .take(1 + usize::from(host.contains('1')))
        {
            skeleton.clear();
            push_skeleton(host, one, &mut skeleton);
            let mut suffix = skeleton.as_str();
            while let Some((_, above)) = suffix.split_once('.') {
                self.probe(suffix, |slot, entry| {
                    if !seen.contains(&slot.source) {
                        seen.push(slot.source);
                        found(usize::from(slot.source), entry);
                    }
                });
                suffix = above;
            }
        }
    }

    fn fill(&mut self) -> Result<(), BuildError> {
        let (mut skeleton, mut other) = (String::new(), String::new());
        let lists: Vec<_> = self.sources.lists().collect::<Result<_, _>>()?;
        for (id, list) in lists {
            for entry in list.entries() {
                let (text, start, len) = entry?;
                let Ok(text) = std::str::from_utf8(text) else {
                    continue;
                };
                skeleton.clear();
                push_skeleton(text, ONE, &mut skeleton);
                let (at, tag) = self.place(&skeleton);
                if let Some(free) = self.seat(at, tag, id, &skeleton, &mut other)? {
                    self.slots[free] = Slot {
                        start,
                        len,
                        tag,
                        source: id,
                    };
                }
            }
        }
        Ok(())
    }

    /// The empty slot for a skeleton of a source. `None`: the source has an entry that looks the
    /// same, and one is enough.
    fn seat(
        &self,
        mut at: usize,
        tag: u8,
        source: u16,
        skeleton: &str,
        other: &mut String,
    ) -> Result<Option<usize>, BuildError> {
        for _ in 0..RUN {
            let slot = self.slots[at];
            if slot.len == 0 {
                return Ok(Some(at));
            }
            if slot.source == source && slot.tag == tag && self.is(slot, skeleton, other) {
                return Ok(None);
            }
            at = self.next(at);
        }
        Err(BuildError::Crowded)
    }

    /// Each source's entry with this skeleton.
    fn probe(&self, skeleton: &str, mut found: impl FnMut(Slot, &str)) {
        let mut other = String::new();
        let (mut at, tag) = self.place(skeleton);
        // No entry sits further from its place.
        for _ in 0..RUN {
            let Some(slot) = self.slots.get(at).filter(|slot| slot.len > 0) else {
                return;
            };
            if slot.tag == tag && self.is(*slot, skeleton, &mut other) {
                found(*slot, self.text(*slot));
            }
            at = self.next(at);
        }
    }

    fn is(&self, slot: Slot, skeleton: &str, other: &mut String) -> bool {
        other.clear();
        push_skeleton(self.text(slot), ONE, other);
        other == skeleton
    }

    fn text(&self, slot: Slot) -> &str {
        let text = self.sources.text(slot.source, slot.start, slot.len);
        text.and_then(|text| std::str::from_utf8(text).ok())
            .unwrap_or_default()
    }

    /// Where the search for a skeleton begins, and its tag.
    fn place(&self, skeleton: &str) -> (usize, u8) {
        let mut hasher = FixedState::with_seed(SEED).build_hasher();
        hasher.write(skeleton.as_bytes());
        laid::place(hasher.finish(), self.slots.len())
    }

    const fn next(&self, at: usize) -> usize {
        if at + 1 < self.slots.len() { at + 1 } else { 0 }
    }
}

/// Adds what a host looks like, label by label, a `1` in it read as `one`.
fn push_skeleton(host: &str, one: char, into: &mut String) {
    for (number, label) in host.split('.').enumerate() {
        if number > 0 {
            into.push('.');
        }
        let unicode = label
            .strip_prefix("xn--")
            .and_then(punycode::decode_to_string);
        match unicode {
            None => push_label(label, one, into),
            Some(unicode) => {
                let folded = fold(&unicode);
                let read = Alike::of(&folded).map(|alike| alike.text);
                push_label(read.as_deref().unwrap_or(&folded), one, into);
            }
        }
    }
}

fn push_label(label: &str, one: char, into: &mut String) {
    // A label has no dot in it, whatever it was decoded from.
    let letters = label.chars().filter(|c| *c != '.');
    for (number, c) in letters.enumerate() {
        match c.to_ascii_lowercase() {
            '0' => into.push('o'),
            '1' | 'i' if number == 0 => into.push('l'),
            '1' => into.push(one),
            'm' => into.push_str("rn"),
            'w' => into.push_str("vv"),
            c => into.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    fn mimics(lists: &[&[&str]]) -> Mimics {
        let bytes = lists
            .iter()
            .map(|list| -> ListBytes { Arc::new(list.join("\n")) })
            .collect();
        Mimics::build(bytes).unwrap()
    }

    fn found(mimics: &Mimics, host: &str) -> Vec<(usize, String)> {
        let host = idna::domain_to_ascii(host).unwrap();
        let mut all = Vec::new();
        mimics.find(&host, |source, entry| all.push((source, entry.to_owned())));
        all
    }

    #[test]
    fn what_looks_like_an_entry_is_found() {
        let mimics = mimics(&[&[
            "facebook.com",
            "instagram.com",
            "mastodon.social",
            "paypal.com",
            "tiktok.com",
            "twitter.com",
            "xn--bcher-kva.example",
            "x.com",
        ]]);
        for (host, entry) in [
            // Digits for letters.
            ("faceb00k.com", "facebook.com"),
            ("www.faceb0ok.com", "facebook.com"),
            ("1nstagram.com", "instagram.com"),
            ("t1ktok.com", "tiktok.com"),
            ("paypa1.com", "paypal.com"),
            // As capitals look.
            ("lnstagram.com", "instagram.com"),
            // Two letters for one.
            ("rnastodon.social", "mastodon.social"),
            ("tvvitter.com", "twitter.com"),
            // Cyrillic, Greek, Latin with strokes and accents.
            ("fасеbооk.com", "facebook.com"),
            ("login.fаcebook.com", "facebook.com"),
            ("faceboοk.com", "facebook.com"),
            ("fácébøøk.com", "facebook.com"),
            ("іnstаgrаm.com", "instagram.com"),
            ("х.com", "x.com"),
            // An entry that is not ASCII.
            ("bücher.example", "xn--bcher-kva.example"),
            ("bucher.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(found(&mimics, host), [(0, entry.to_owned())], "{host}");
        }
    }

    #[test]
    fn slips_and_other_hosts_are_not() {
        let mimics = mimics(&[&["facebook.com", "instagram.com", "mall.example"]]);
        for host in [
            "facbook.com",
            "facebok.com",
            "faceboook.com",
            "facebook.net",
            "notfaceb00k.com",
            "faceb00k.com.evil.example",
            "face-book.com",
            "mail.example",
            "com",
            "c0m",
            "localhost",
        ] {
            assert_eq!(found(&mimics, host), [], "{host}");
        }
        assert_eq!(found(&Mimics::default(), "faceb00k.com"), []);
    }

    #[test]
    fn each_source_answers_for_itself() {
        let mimics = mimics(&[
            &["a1.example", "al.example", "b.al.example"],
            &["ai.example", "c.example"],
        ]);
        let entry = |source, text: &str| (source, text.to_owned());
        assert_eq!(
            found(&mimics, "b.a1.example"),
            [entry(0, "b.al.example"), entry(1, "ai.example")]
        );
        // Of entries that look alike the first of the list is named.
        assert_eq!(found(&mimics, "xx.al.example"), [entry(0, "a1.example")]);
    }

    #[test]
    fn entries_that_all_look_alike_take_no_time() {
        let list: Vec<String> = (0..1_u32 << 14)
            .map(|n| {
                let name: String = (0..14)
                    .map(|bit| if n >> bit & 1 == 0 { 'l' } else { '1' })
                    .collect();
                format!("{name}.example")
            })
            .collect();
        let list: Vec<&str> = list.iter().map(String::as_str).collect();
        let mimics = mimics(&[&list]);
        let used = mimics.slots.iter().filter(|slot| slot.len > 0).count();
        assert_eq!(used, 1);
        assert_eq!(size_of::<Slot>(), 8);
    }

    proptest! {
        /// Against the plain meaning: a suffix by labels whose skeleton is that of an entry.
        #[test]
        fn is_what_it_means(
            list in prop::collection::vec("[ilmw10rnv]{1,3}(\\.[ilo0]{1,2}){1,2}", 1..12),
            host in "[ilmw10rnv]{1,3}(\\.[ilo0]{1,2}){0,3}",
        ) {
            let list: Vec<&str> = list.iter().map(String::as_str).collect();
            let skeleton = |host: &str, one: char| {
                let mut text = String::new();
                push_skeleton(host, one, &mut text);
                text
            };
            let mut all = Vec::new();
            mimics(&[&list]).find(&host, |_, entry| all.push(entry.to_owned()));
            let mut obvious = None;
            for one in ['l', 'i'] {
                let mut rest = host.as_str();
                while obvious.is_none() && rest.contains('.') {
                    let looks = skeleton(rest, one);
                    obvious = list.iter().find(|entry| skeleton(entry, ONE) == looks);
                    rest = rest.split_once('.').unwrap().1;
                }
            }
            prop_assert_eq!(all.first().map(String::as_str), obvious.copied());
        }

        #[test]
        fn any_host_is_read(host in "(xn--)?[a-z0-9.-]{0,20}", list in "[a-z.\\n-]{0,40}") {
            let list: Vec<&str> = list.lines().collect();
            mimics(&[&list]).find(&host, |_, _| {});
        }
    }
}
