//! Many needles looked for in one text at once.
//!
//! Most texts have none of them in them. A gate tells so at a third of what the automaton takes,
//! and where it opens, the automaton begins.
//!
//! Promises: every place of a needle that stands [`Anywhere`](Stands::Anywhere) is given, and of a
//! [`Whole`](Stands::Whole) one every place where it may stand as a word, and no other: which are
//! given depends on no other needle. Refuses needles of which too many could end at one place of a text: what
//! a text takes is its length and no more than a constant for each of its bytes.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use super::gate::Gate;

/// Up to this many bytes of needles their automaton is a table: twice as fast, ten times the memory.
const TABLE: usize = 16 << 10;

/// The most bytes of needles: their automaton takes thirty times as much while it is made.
const MOST_BYTES: usize = 1 << 20;
/// The most different needles that can end at one place, one at the end of the other: each of them
/// takes time at each such place.
const MOST_AT_ONCE: usize = 16;
/// The most needles that are written alike.
const MOST_ALIKE: usize = 2_000;

/// Why needles cannot be looked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error("the words of this order are too many together; use fewer")]
    TooMuch,
    #[error(
        "more than {MOST_AT_ONCE} words or patterns of this order would be tried at one place of a \
         text, because one ends with the other; use fewer of them"
    )]
    Crowded,
    #[error(
        "more than {MOST_ALIKE} phrases or patterns of this order would be tried at one place of a \
         text, because they have the same word; use fewer of them"
    )]
    Alike,
}

/// Where a needle counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stands {
    /// Only where words begin and end: no ASCII letter or digit is next to one of its own.
    Whole,
    /// Anywhere.
    Anywhere,
}

/// Texts to look for, without regard to the case of ASCII.
pub(crate) struct Needles {
    automaton: AhoCorasick,
    gate: Gate,
    /// For each text that the automaton looks for, the needles that are written so.
    alike: Vec<Alike>,
}

/// Needles that are written alike.
#[derive(Default)]
struct Alike {
    /// Those that can stand anywhere come first.
    needles: Vec<usize>,
    /// How many of them those are.
    anywhere: usize,
}

/// Where needles stand in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place<'n> {
    /// What all of them are written as, by its number.
    pub(crate) written: usize,
    /// Their numbers.
    pub(crate) needles: &'n [usize],
    /// Others are written so too, and do not count here: this is a part of a word.
    pub(crate) within: bool,
    /// Where they begin.
    pub(crate) start: usize,
}

/// Needles that need no second look in one text: a finding says a thing once, and texts are written
/// by the person.
#[derive(Default)]
pub(crate) struct Done(Vec<u64>);

impl Needles {
    /// Needles have their places in `texts` for numbers; none of them may be empty.
    pub(crate) fn build(texts: &[(Vec<u8>, Stands)]) -> Result<Self, BuildError> {
        let bytes: usize = texts.iter().map(|(text, _)| text.len()).sum();
        if bytes > MOST_BYTES {
            return Err(BuildError::TooMuch);
        }
        let mut numbers: BTreeMap<Vec<u8>, Alike> = BTreeMap::new();
        for (number, (text, stands)) in texts.iter().enumerate() {
            let alike = numbers.entry(text.to_ascii_lowercase()).or_default();
            alike.add(number, *stands);
            if alike.needles.len() > MOST_ALIKE {
                return Err(BuildError::Alike);
            }
        }
        let (written, alike): (Vec<Vec<u8>>, Vec<Alike>) = numbers.into_iter().unzip();
        if most_at_once(&written) > MOST_AT_ONCE {
            return Err(BuildError::Crowded);
        }
        let kind = if bytes <= TABLE {
            AhoCorasickKind::DFA
        } else {
            AhoCorasickKind::ContiguousNFA
        };
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .kind(Some(kind))
            .build(&written)
            .map_err(|_| BuildError::TooMuch)?;
        let mut gate = Gate::default();
        for (text, stands) in texts {
            gate.add(text, *stands);
        }
        Ok(Self {
            automaton,
            gate,
            alike,
        })
    }

    /// The needles that stand in the text, in the order of their ends. Allocates nothing when there
    /// is none.
    pub(crate) fn find<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Place<'t>> + 't {
        self.gate
            .first(text.as_bytes())
            .map(|from| Input::new(text).span(from..text.len()))
            .into_iter()
            .flat_map(|input| self.automaton.find_overlapping_iter(input))
            .filter_map(|place| {
                let written = place.pattern().as_usize();
                let alike = self.alike.get(written)?;
                let within = alike.needles.len() > alike.anywhere
                    && !is_whole(text.as_bytes(), place.start(), place.end());
                let counting = if within {
                    alike.anywhere
                } else {
                    alike.needles.len()
                };
                Some(Place {
                    written,
                    needles: alike.needles.get(..counting)?,
                    within,
                    start: place.start(),
                })
            })
    }
}

impl Alike {
    fn add(&mut self, number: usize, stands: Stands) {
        match stands {
            Stands::Anywhere => {
                self.needles.insert(self.anywhere, number);
                self.anywhere += 1;
            }
            Stands::Whole => self.needles.push(number),
        }
    }
}

/// Is no ASCII letter or digit at the edges of this part next to one of its own?
fn is_whole(text: &[u8], start: usize, end: usize) -> bool {
    let is_word = |at: Option<usize>| {
        let byte = at.and_then(|at| text.get(at));
        byte.is_some_and(u8::is_ascii_alphanumeric)
    };
    let joined = |at: usize| is_word(at.checked_sub(1)) && is_word(Some(at));
    !joined(start) && !joined(end)
}

impl Done {
    pub(crate) fn has(&self, needle: usize) -> bool {
        let bits = self.0.get(needle / 64).copied();
        bits.is_some_and(|bits| bits >> (needle % 64) & 1 == 1)
    }

    pub(crate) fn set(&mut self, needle: usize, done: bool) {
        if self.0.len() <= needle / 64 {
            self.0.resize(needle / 64 + 1, 0);
        }
        self.0[needle / 64] |= u64::from(done) << (needle % 64);
    }
}

/// How many of these can end at one place of a text.
fn most_at_once(texts: &[Vec<u8>]) -> usize {
    let mut backwards: Vec<Vec<u8>> = texts
        .iter()
        .map(|text| text.iter().rev().copied().collect())
        .collect();
    backwards.sort_unstable();
    // Each begins with the one before it on the stack.
    let mut stack: Vec<&[u8]> = Vec::new();
    let mut most = 0;
    for text in &backwards {
        while stack.pop_if(|shorter| !text.starts_with(shorter)).is_some() {}
        stack.push(text);
        most = most.max(stack.len());
    }
    most
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::judge::words::Phrase;
    use crate::text::fold;

    fn places(needles: &[(Vec<u8>, Stands)], text: &str) -> Vec<(usize, usize)> {
        let found = Needles::build(needles).unwrap();
        let places = found.find(text).flat_map(|place| {
            let needles = place.needles.iter();
            needles.map(move |needle| (*needle, place.start))
        });
        places.collect()
    }

    fn whole(word: &str) -> (Vec<u8>, Stands) {
        (word.as_bytes().to_vec(), Stands::Whole)
    }

    fn anywhere(word: &str) -> (Vec<u8>, Stands) {
        (word.as_bytes().to_vec(), Stands::Anywhere)
    }

    #[test]
    fn needles_come_in_the_order_of_their_ends() {
        let needles = [whole("cat"), anywhere("at-h"), whole("the"), anywhere("he")];
        assert_eq!(
            places(&needles, "The cat-house: the Cat"),
            [(2, 0), (3, 1), (0, 4), (1, 5), (2, 15), (3, 16), (0, 19)]
        );
        assert_eq!(places(&needles, "a category"), []);
        assert_eq!(places(&[], "a text"), []);
    }

    #[test]
    fn needles_that_end_alike_are_counted() {
        let needles = ["a", "ba", "cba", "cb", "xba", "b"].map(|text| text.as_bytes().to_vec());
        // `a`, `ba`, and either of `cba` and `xba`.
        assert_eq!(most_at_once(&needles), 3);
        assert_eq!(most_at_once(&[]), 0);
        let nested =
            |count: usize| -> Vec<_> { (1..=count).map(|n| whole(&"a".repeat(n))).collect() };
        assert!(Needles::build(&nested(MOST_AT_ONCE)).is_ok());
        assert!(matches!(
            Needles::build(&nested(MOST_AT_ONCE + 1)),
            Err(BuildError::Crowded)
        ));
        let alike = vec![whole("school"); MOST_ALIKE];
        assert!(Needles::build(&alike).is_ok());
        let one_more = [&alike[..], &[whole("School")]].concat();
        assert!(matches!(Needles::build(&one_more), Err(BuildError::Alike)));
        let long = [whole(&"a".repeat(MOST_BYTES + 1))];
        assert!(matches!(Needles::build(&long), Err(BuildError::TooMuch)));
    }

    #[test]
    fn most_addresses_do_not_get_past_the_gate() {
        let mut gate = Gate::default();
        for n in 0..500_u32 {
            let word = format!("w{:x}", n.wrapping_mul(0x9e37_79b1));
            gate.add(word.as_bytes(), Stands::Whole);
            gate.add(format!("item-{n}").as_bytes(), Stands::Anywhere);
        }
        let through = (0..1_000_u32)
            .map(|n| {
                let noise = n.wrapping_mul(0x85eb_ca77);
                format!("https://www.example.com/news/world/{noise:x}?q={n}&when={noise}&s=a-b_c")
            })
            .filter(|url| gate.first(url.as_bytes()).is_some())
            .count();
        assert!(through < 20, "{through}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Every place that counts is given, and no other.
        #[test]
        fn no_needle_is_missed(
            needles in prop::collection::vec(
                ("([abA1é学-]{1,4}|[ab]{5,7})", prop::sample::select(vec![Stands::Whole, Stands::Anywhere])),
                1..6,
            ),
            text in "[abAB1é学. -]{0,80}",
        ) {
            let needles: Vec<(Vec<u8>, Stands)> = needles
                .into_iter()
                .map(|(needle, stands)| (needle.to_lowercase().into_bytes(), stands))
                .collect();
            let given = places(&needles, &text);
            let word = |byte: &u8| byte.is_ascii_alphanumeric();
            for (number, (needle, stands)) in needles.iter().enumerate() {
                for at in 0..text.len() {
                    let end = at + needle.len();
                    let here = text
                        .as_bytes()
                        .get(at..end)
                        .is_some_and(|here| here.eq_ignore_ascii_case(needle));
                    let joined = |one: Option<&u8>, other: Option<&u8>| {
                        one.is_some_and(word) && other.is_some_and(word)
                    };
                    let bytes = text.as_bytes();
                    let stands_whole = here
                        && !joined(bytes[..at].last(), needle.first())
                        && !joined(needle.last(), bytes[end..].first());
                    let counts = here && (*stands == Stands::Anywhere || stands_whole);
                    prop_assert_eq!(given.contains(&(number, at)), counts, "{}", at);
                }
            }
        }

        /// What phrases call whole is what the gate takes for whole.
        #[test]
        fn no_phrase_is_missed(
            phrase in "[ab1éя学ö]{1,3}([ -.][ab1学]{1,3})?",
            head in "([ab1]{0,3}:)?",
            text in "[abAB1éяö学’. _-]{0,40}",
        ) {
            let from = head.len();
            let text = format!("{head}{}", fold(&text));
            if let Some(phrase) = Phrase::new(&phrase) {
                let given = places(&[whole(phrase.anchor())], &text);
                for at in 0..text.len() {
                    if phrase.span_at(&text, from, at).is_some() {
                        prop_assert!(given.contains(&(0, at)), "{at}");
                    }
                }
            }
        }
    }
}
