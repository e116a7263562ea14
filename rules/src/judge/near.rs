//! `near`: two things said close to each other in one search, in either order.
//!
//! A thing is a word or phrase, or a number with a unit behind it (`14 yo`, `14yo`, and `14.5 yo`, which
//! is 14: the fraction is no number of its own). The words
//! between them are counted as Unicode sets words apart (UAX 29). It is looked for only in what was
//! searched for, which is short.
//!
//! Bounded: an order has a budget of words in `near`, a longer text than [`NEAR_TEXT`] is not looked
//! at, no more than [`PLACES`] places of a side are, and all of a record is worth a share of steps
//! (see `effort.rs`). Then nobody can tell, unless it was found before.

use std::cell::OnceCell;

use unicode_segmentation::UnicodeSegmentation;

use crate::alike::Alike;
use crate::order::limits::NEAR_TEXT;
use crate::order::{Near, Said};
use crate::text::is_word;

use super::effort::{self, Share};
use super::found::{Atom, Disguise, Found};
use super::leet;
use super::words::{Phrase, is_edge};

/// The most places of one side.
const PLACES: usize = 4_000;
/// So many bytes of a text are one step for each phrase.
const STEP: usize = 64;
/// How many places where a word may stand are one step: most are passed quickly.
const DENSE: usize = 4;
/// The steps of noting what is near each other.
const PAIR: usize = 8;
/// More digits are no number that anybody means.
const DIGITS: usize = 9;
/// How many characters may stand between a number and its unit.
const BETWEEN: usize = 3;

/// A `near` of an order, ready to be looked for.
pub(crate) struct NearBy {
    atom: Atom,
    within: usize,
    sides: [Side; 2],
    leet: bool,
}

enum Side {
    Words(Vec<Phrase>),
    Number {
        from: u32,
        to: u32,
        units: Vec<Phrase>,
    },
}

/// Where a thing stands, and what to call it.
struct Span<'a> {
    start: usize,
    end: usize,
    shown: &'a str,
    /// Digits and signs stand for letters of it.
    signs: bool,
}

impl NearBy {
    pub(crate) fn new(atom: Atom, near: &Near, leet: bool) -> Self {
        Self {
            atom,
            within: usize::try_from(near.within_words).unwrap_or(usize::MAX),
            sides: [Side::new(&near.a), Side::new(&near.b)],
            leet,
        }
    }

    /// Looks in a text, and in the same with its look-alikes read.
    pub(crate) fn find(
        &self,
        field: &'static str,
        texts: &Texts<'_>,
        share: Share,
        found: &mut Found,
    ) {
        let Texts { text, plain, alike } = texts;
        let read = || alike.as_ref().map(|(_, read)| read.lower.as_str());
        if text.len() > NEAR_TEXT || read().is_some_and(|read| read.len() > NEAR_TEXT) {
            found.much(self.atom);
            return;
        }
        let signs = |span: &Span<'_>| {
            span.signs
                .then(|| Disguise::signs(text, span.start, span.end))?
        };
        self.find_in((field, share), plain, |_| true, signs, found);
        if let Some((alike, read)) = alike {
            let stands = |span: &Span<'_>| alike.is_as_it_reads(span.start, span.end);
            let written = |span: &Span<'_>| {
                if alike.is_disguised(span.start, span.end) {
                    Disguise::alike(alike, text, span.start, span.end)
                } else {
                    span.signs
                        .then(|| Disguise::signs(&alike.text, span.start, span.end))?
                }
            };
            self.find_in((field, share), read, stands, written, found);
        }
    }

    fn find_in(
        &self,
        (field, share): (&'static str, Share),
        text: &Lower,
        stands: impl Fn(&Span<'_>) -> bool,
        written: impl Fn(&Span<'_>) -> Option<Disguise>,
        found: &mut Found,
    ) {
        let [a, b] = &self.sides;
        let side = |side: &Side, found: &mut Found| {
            let steps = side.steps(text, self.leet);
            share.spend(self.atom, steps, found)
        };
        if !side(a, found) {
            return;
        }
        let (a, more_of_a) = places(a.spans(text, self.leet), &stands);
        if a.is_empty() || !side(b, found) {
            return;
        }
        let (mut by_start, more_of_b) = places(b.spans(text, self.leet), &stands);
        if by_start.is_empty() {
            return;
        }
        if more_of_a || more_of_b {
            found.much(self.atom);
        }
        by_start.sort_by_key(|span| (span.start, span.end));
        let mut by_end: Vec<&Span<'_>> = by_start.iter().collect();
        by_end.sort_by_key(|span| (span.end, span.start));
        let near = |end: usize, start: usize| {
            text.words_before(start)
                .saturating_sub(text.words_before(end))
                <= self.within
        };
        for a in &a {
            let next = by_start.partition_point(|b| b.start < a.end);
            let last = by_end.partition_point(|b| b.end <= a.start);
            let next = by_start.get(next).filter(|b| near(a.end, b.start));
            let last = last.checked_sub(1).and_then(|last| by_end.get(last));
            let last = last.copied().filter(|b| near(b.end, a.start));
            if let Some(b) = next.or(last) {
                if !share.spend(self.atom, PAIR, found) {
                    return;
                }
                for one in [a, b] {
                    found.add_as(self.atom, field, one.start, one.shown, written(one));
                }
            }
        }
    }
}

/// What was searched for, as every `near` looks at it.
pub(crate) struct Texts<'a> {
    text: &'a str,
    plain: Lower,
    /// The same with its look-alikes read.
    alike: Option<(&'a Alike, Lower)>,
}

impl<'a> Texts<'a> {
    /// Of a folded text.
    pub(crate) fn new(text: &'a str, alike: Option<&'a Alike>) -> Self {
        Self {
            text,
            plain: Lower::new(text),
            alike: alike.map(|alike| (alike, Lower::new(&alike.text))),
        }
    }
}

/// A text without capitals, and what each `near` would otherwise find out anew.
struct Lower {
    lower: String,
    /// Where words begin.
    words: OnceCell<Vec<usize>>,
    numbers: OnceCell<Vec<(usize, usize, u32)>>,
}

impl Lower {
    fn new(text: &str) -> Self {
        Self {
            lower: text.to_ascii_lowercase(),
            words: OnceCell::new(),
            numbers: OnceCell::new(),
        }
    }

    /// How many words begin before a place.
    fn words_before(&self, place: usize) -> usize {
        let begin = || {
            let words = self.lower.unicode_word_indices();
            words.map(|(at, _)| at).collect::<Vec<_>>()
        };
        let words = self.words.get_or_init(begin);
        words.partition_point(|at| *at < place)
    }

    fn numbers(&self) -> &[(usize, usize, u32)] {
        self.numbers.get_or_init(|| numbers(&self.lower).collect())
    }
}

/// The first places that stand, and whether there are more than are looked at.
fn places<'a>(
    spans: impl Iterator<Item = Span<'a>>,
    stands: impl Fn(&Span<'a>) -> bool,
) -> (Vec<Span<'a>>, bool) {
    let mut spans = spans.filter(stands);
    let places: Vec<Span<'a>> = spans.by_ref().take(PLACES).collect();
    (places, spans.next().is_some())
}

impl Side {
    fn new(said: &Said) -> Self {
        let phrases =
            |texts: &[String]| texts.iter().filter_map(|text| Phrase::new(text)).collect();
        match said {
            Said::Words(words) => Self::Words(phrases(words)),
            Said::Number { from, to, units } => Self::Number {
                from: *from,
                to: *to,
                units: phrases(units),
            },
        }
    }

    /// The steps that looking for it takes.
    fn steps(&self, text: &Lower, leet: bool) -> usize {
        let of_look = effort::of_look(&text.lower);
        match self {
            Self::Words(phrases) => {
                // A short word can be at each second byte of a dense text.
                let dense = |phrase: &Phrase| text.lower.len() / phrase.anchor().len().max(1);
                let steps = phrases.iter().map(|phrase| {
                    let looks = 2 + text.lower.len() / STEP + dense(phrase) * of_look / DENSE;
                    looks.saturating_mul(1 + usize::from(leet))
                });
                steps.fold(0, usize::saturating_add)
            }
            Self::Number { from, to, units } => {
                let numbers = text.numbers().iter();
                let fit = numbers.filter(|(_, _, number)| (*from..=*to).contains(number));
                let looks = fit.count().saturating_mul(units.len());
                looks.saturating_mul(of_look).saturating_add(2)
            }
        }
    }

    fn spans<'a>(&'a self, text: &'a Lower, leet: bool) -> Box<dyn Iterator<Item = Span<'a>> + 'a> {
        let numbers = || text.numbers().iter().copied();
        let text = text.lower.as_str();
        match self {
            Self::Words(phrases) => Box::new(phrases.iter().flat_map(move |phrase| {
                let signs = leet.then(|| leet::spans(phrase, text));
                let signs = signs.into_iter().flatten().map(|span| (span, true));
                let spans = phrase.spans(text).map(|span| (span, false));
                spans.chain(signs).map(|((start, end), signs)| Span {
                    start,
                    end,
                    shown: &phrase.text,
                    signs,
                })
            })),
            Self::Number { from, to, units } => Box::new(
                numbers()
                    .filter(|(_, _, number)| (*from..=*to).contains(number))
                    .filter_map(|(start, end, _)| {
                        let ends = units.iter().filter_map(|unit| unit_end(unit, text, end));
                        let end = ends.max()?;
                        Some(Span {
                            start,
                            end,
                            shown: text.get(start..end)?,
                            signs: false,
                        })
                    }),
            ),
        }
    }
}

/// Each number that begins where a word does: from, to, and which.
fn numbers(text: &str) -> impl Iterator<Item = (usize, usize, u32)> {
    let is_digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    (0..text.len())
        .filter(move |at| {
            let before = text
                .get(..*at)
                .and_then(|before| before.chars().next_back());
            let joined = before.is_some_and(|c| c.is_ascii_digit()) || is_fraction(text, *at);
            is_digit(*at) && !joined && is_start(text, *at)
        })
        .filter_map(move |start| {
            let digits = (start..text.len()).take_while(|at| is_digit(*at)).count();
            let end = start + digits;
            let number = text.get(start..end).filter(|_| digits <= DIGITS)?;
            let point = text.as_bytes().get(end) == Some(&b'.');
            let fraction = (end + 1..text.len()).take_while(|at| is_digit(*at)).count();
            let behind = if point && fraction > 0 {
                end + 1 + fraction
            } else {
                end
            };
            Some((start, behind, number.parse().ok()?))
        })
}

/// Does what begins here stand behind the point of a number?
fn is_fraction(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.strip_suffix('.'));
    before.is_some_and(|before| before.ends_with(|c: char| c.is_ascii_digit()))
}

fn is_start(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    before.is_none_or(|c| !is_word(c)) || is_edge(text, at)
}

/// Where a unit ends that stands behind a number, joined to it or not.
fn unit_end(unit: &Phrase, text: &str, number: usize) -> Option<usize> {
    let same = |word: &str, text: &[u8]| text == word.as_bytes();
    let rest = text.get(number..)?;
    let gaps = rest.char_indices().take_while(|(_, c)| !is_word(*c));
    let ends = gaps.map(|(at, c)| at + c.len_utf8()).take(BETWEEN);
    std::iter::once(0).chain(ends).find_map(|gap| {
        let (_, end) = unit.span_as(same, text, number, 0, number + gap)?;
        is_edge(text, end).then_some(end)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::fold;

    fn words(words: &[&str]) -> Said {
        Said::Words(words.iter().map(|word| (*word).to_owned()).collect())
    }

    fn age() -> Said {
        Said::Number {
            from: 8,
            to: 17,
            units: ["yo", "y/o", "year old", "years old", "year olds"]
                .map(str::to_owned)
                .to_vec(),
        }
    }

    fn look(near: &Near, text: &str, leet: bool) -> Found {
        let folded = fold(text);
        let mut found = Found::default();
        let by = NearBy::new(0, near, leet);
        let alike = Alike::of(&folded);
        let texts = Texts::new(&folded, alike.as_ref());
        by.find("search", &texts, Share::among(1), &mut found);
        found.sort();
        found
    }

    fn found(near: &Near, text: &str, leet: bool) -> Vec<String> {
        let found = look(near, text, leet);
        let mut matched = Vec::new();
        found.matched(0, &mut matched);
        matched.into_iter().map(|one| one.text).collect()
    }

    fn order(within_words: u32) -> Near {
        Near {
            within_words,
            a: age(),
            b: words(&["school", "meet up", "girl"]),
        }
    }

    #[test]
    fn two_things_close_to_each_other() {
        for (text, matched) in [
            ("14 yo girl", ["14 yo", "girl"]),
            ("14yo girl", ["14yo", "girl"]),
            ("14.5 yo girl", ["14.5 yo", "girl"]),
            ("14.5yo girl", ["14.5yo", "girl"]),
            ("girl, 14 years old", ["girl", "14 years old"]),
            ("meet-up with a nice 9 year old", ["meet up", "9 year old"]),
            ("17 y/o at my School", ["17 y/o", "school"]),
            (
                "14 уо gіrl",
                [
                    "14 yo (look-alike letters: \"14 уо\")",
                    "girl (look-alike letters: \"gіrl\")",
                ],
            ),
            ("１４ yo girl", ["14 yo", "girl"]),
            ("8 yo or 99 yo at school", ["8 yo", "school"]),
        ] {
            assert_eq!(found(&order(4), text, false), matched, "{text}");
        }
    }

    #[test]
    fn one_alone_or_far_away_is_nothing() {
        for text in [
            "14 yo",
            "girl school",
            "14 yo whisky and then a very long walk to school",
            "18 yo girl",
            "18.9 yo girl",
            "20.14 yo girl",
            "7 yo girl",
            "114 yo girl",
            "14 girl",
            "14 yodel girl",
            "a14 yo girl",
            "14 yo preschool",
            "99999999999999 yo girl",
            "",
        ] {
            assert_eq!(found(&order(4), text, false), [""; 0], "{text}");
        }
    }

    #[test]
    fn words_between_are_counted() {
        let text = "14 yo one two three girl";
        assert_eq!(found(&order(2), text, false), [""; 0]);
        assert_eq!(found(&order(3), text, false), ["14 yo", "girl"]);
        let text = "girl one two three 14 yo";
        assert_eq!(found(&order(2), text, false), [""; 0]);
        assert_eq!(found(&order(3), text, false), ["girl", "14 yo"]);
        assert_eq!(found(&order(0), "14 yo - girl", false), ["14 yo", "girl"]);
    }

    #[test]
    fn one_thing_is_not_near_itself() {
        let near = Near {
            within_words: 8,
            a: words(&["year 9", "school"]),
            b: words(&["9", "school"]),
        };
        assert_eq!(found(&near, "year 9", false), [""; 0]);
        assert_eq!(found(&near, "school", false), [""; 0]);
        assert_eq!(found(&near, "school school", false), ["school"]);
        assert_eq!(found(&near, "year 9 9", false), ["year 9", "9"]);
    }

    #[test]
    fn signs_are_letters_only_where_asked_for() {
        assert_eq!(found(&order(4), "14 yo 5ch00l", false), [""; 0]);
        assert_eq!(
            found(&order(4), "14 yo 5ch00l", true),
            ["14 yo", "school (signs for letters: \"5ch00l\")"]
        );
    }

    #[test]
    fn of_more_than_is_looked_at_nobody_can_tell() {
        let near = order(3);
        let is_much = |text: &str| look(&near, text, false).is_much(0);
        let whole = format!("14 yo girl {}", "-".repeat(NEAR_TEXT - 11));
        assert!(!is_much(&whole));
        assert_eq!(found(&near, &whole, false), ["14 yo", "girl"]);
        let longer = format!("{whole}-");
        assert!(is_much(&longer));
        assert_eq!(found(&near, &longer, false), [""; 0]);
    }

    #[test]
    fn no_more_places_are_looked_at_than_are_counted() {
        let side = || words(&["a a", "a a a", "a a a a", "a a a a a"]);
        let near = Near {
            within_words: 3,
            a: side(),
            b: side(),
        };
        let text = "a ".repeat(NEAR_TEXT / 2);
        let folded = Lower::new(&text);
        let by = NearBy::new(0, &near, false);
        let (spans, more) = places(by.sides[0].spans(&folded, false), |_| true);
        assert_eq!((spans.len(), more), (PLACES, true));
        assert!(look(&near, &text, false).is_much(0));
        assert!(!look(&near, "a a a a", false).is_much(0));
    }

    #[test]
    fn of_what_takes_long_nobody_can_tell() {
        let many: Vec<String> = (0..1_250).map(|n| format!("word{n} more")).collect();
        let near = Near {
            within_words: 3,
            a: Said::Words([many.clone(), vec!["b".to_owned()]].concat()),
            b: Said::Words(many),
        };
        let by = NearBy::new(0, &near, false);
        let look = |found: &mut Found, text: &str| {
            by.find("search", &Texts::new(text, None), Share::among(1), found);
        };
        let short = "b word7 more";
        let mut found = Found::default();
        look(&mut found, short);
        assert!(!found.is_much(0));
        let long = format!("{short} {}", "b ".repeat(NEAR_TEXT / 2 - 8));
        let looks = (1..1_000).find(|_| {
            look(&mut found, &long);
            found.is_much(0)
        });
        // Not at the first, and soon.
        assert!(
            looks.is_some_and(|looks| (1..10).contains(&looks)),
            "{looks:?}"
        );
        found.sort();
        assert!(found.has(0));
    }

    proptest! {
        /// Against the plain meaning, where all words are one letter.
        #[test]
        fn is_what_it_means(text in "[abc]( [abc]){0,8}", within in 0_u32..4) {
            let near = Near { within_words: within, a: words(&["a"]), b: words(&["b"]) };
            let all: Vec<&str> = text.split(' ').collect();
            let obvious = all.iter().enumerate().any(|(i, a)| {
                all.iter().enumerate().any(|(j, b)| {
                    *a == "a" && *b == "b" && i.abs_diff(j) <= within as usize + 1
                })
            });
            prop_assert_eq!(!found(&near, &text, false).is_empty(), obvious);
        }

        #[test]
        fn any_text_is_looked_at(text in "([\\PC0-9]|14|yo| ){0,20}", leet: bool) {
            found(&order(2), &text, leet);
        }
    }
}
