//! Letters written as digits and signs: `5ch00l` for `school`. Only where a condition asks for it.
//!
//! Bounded, so that little is found by chance: these nine substitutions and no others, in words of
//! five letters or more, of which two at least stand in the text as themselves.

use std::cell::Cell;

use crate::text::is_word;

use super::needles::{Done, Needles, Stands};
use super::search::BuildError;
use super::words::{self, Phrase};

/// What stands for which letter.
const SIGNS: [(u8, u8); 9] = [
    (b'0', b'o'),
    (b'1', b'i'),
    (b'1', b'l'),
    (b'3', b'e'),
    (b'4', b'a'),
    (b'5', b's'),
    (b'7', b't'),
    (b'@', b'a'),
    (b'$', b's'),
];
/// Shorter words are found in numbers by chance, and so are not looked for.
pub(crate) const SHORTEST: usize = 5;
/// How many letters of a word must be written as they are.
const LEFT: usize = 2;

/// Looks for phrases whose letters are written as signs.
pub(crate) struct Leet {
    words: Needles,
    /// For each needle, the phrase by its number, and which of its words is searched for.
    needles: Vec<(usize, usize)>,
}

impl Leet {
    /// `None`: none of the phrases has a word that can be written so.
    pub(crate) fn build<'a>(
        phrases: impl Iterator<Item = (usize, &'a Phrase)>,
    ) -> Result<Option<Self>, BuildError> {
        let (mut needles, mut texts) = (Vec::new(), Vec::new());
        for (number, phrase) in phrases {
            if let Some((anchor, word)) = phrase.longest(can_be_written) {
                needles.push((number, anchor));
                texts.push((read(word).into_bytes(), Stands::Anywhere));
            }
        }
        if needles.is_empty() {
            return Ok(None);
        }
        let words = Needles::build(&texts)?;
        Ok(Some(Self { words, needles }))
    }

    /// Gives the number of each phrase that may stand in a folded text with letters written as signs,
    /// and what says from where to where it stands there. Nothing before `from` counts. `enough` says
    /// whether that was enough of this phrase: it is not looked for again in this text.
    pub(crate) fn find(
        &self,
        text: &str,
        from: usize,
        mut enough: impl FnMut(usize, &dyn Fn(&Phrase) -> Option<(usize, usize)>) -> bool,
    ) {
        if !has_signs(text) {
            return;
        }
        let read = read(text);
        let (mut done, mut all_done) = (Done::default(), Done::default());
        for place in self.words.find(&read) {
            if all_done.has(place.written) {
                continue;
            }
            let mut all = !place.within;
            for needle in place.needles {
                if !done.has(*needle)
                    && let Some(&(number, anchor)) = self.needles.get(*needle)
                {
                    let span = |phrase: &Phrase| span_at(phrase, text, from, anchor, place.start);
                    done.set(*needle, enough(number, &span));
                    all &= done.has(*needle);
                }
            }
            all_done.set(place.written, all);
        }
    }
}

/// Each place of a folded text where a phrase stands with letters written as signs.
pub(crate) fn spans(phrase: &Phrase, text: &str) -> Vec<(usize, usize)> {
    let Some((anchor, word)) = phrase.longest(can_be_written).filter(|_| has_signs(text)) else {
        return Vec::new();
    };
    // Each place where it may stand, one in the other too.
    let (text_read, word) = (read(text), read(word));
    let mut spans = Vec::new();
    let mut from = 0;
    while let Some(at) = text_read.get(from..).and_then(|rest| rest.find(&word)) {
        spans.extend(span_at(phrase, text, 0, anchor, from + at));
        from += at
            + text_read[from + at..]
                .chars()
                .next()
                .map_or(1, char::len_utf8);
    }
    spans
}

/// From where to where the phrase stands so, with this word of it at this place.
fn span_at(
    phrase: &Phrase,
    text: &str,
    from: usize,
    anchor: usize,
    at: usize,
) -> Option<(usize, usize)> {
    // As it is: what the search for plain words finds.
    let as_it_is = Cell::new(true);
    let same = |word: &str, written: &[u8]| {
        let plain = word.as_bytes().eq_ignore_ascii_case(written);
        let same = plain || (can_be_written(word) && is_written_as(word, written));
        as_it_is.set(as_it_is.get() && (plain || !same));
        same
    };
    let (start, end) = phrase.span_as(same, text, from, anchor, at)?;
    let edges = is_edge(text, from, start, Side::Start) && is_edge(text, from, end, Side::End);
    (edges && !as_it_is.get()).then_some((start, end))
}

fn has_signs(text: &str) -> bool {
    text.bytes().any(|byte| READ[usize::from(byte)].is_sign)
}

/// Long enough, and with a letter that there is a sign for.
fn can_be_written(word: &str) -> bool {
    let has_sign = |byte: u8| SIGNS.iter().any(|(_, letter)| *letter == byte);
    word.bytes().any(has_sign)
        && word
            .chars()
            .filter(|c| c.is_alphabetic())
            .nth(SHORTEST - 1)
            .is_some()
}

/// A text with one letter for everything that can mean it, each in its place: `1` and `l` are `i`.
fn read(text: &str) -> String {
    let read = text.bytes().map(|byte| READ[usize::from(byte)].letter);
    // One ASCII byte for another: it stays UTF-8.
    String::from_utf8(read.collect()).unwrap_or_default()
}

/// How a byte is read.
#[derive(Clone, Copy)]
struct Reading {
    letter: u8,
    is_sign: bool,
}

/// For each byte.
static READ: [Reading; 256] = {
    let mut table = [Reading {
        letter: 0,
        is_sign: false,
    }; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "it is below 256")]
        let letter = (byte as u8).to_ascii_lowercase();
        table[byte].letter = if letter == b'l' { b'i' } else { letter };
        byte += 1;
    }
    // Backwards, so that of two letters the first is taken.
    let mut at = SIGNS.len();
    while at > 0 {
        at -= 1;
        let (sign, letter) = SIGNS[at];
        table[sign as usize] = Reading {
            letter,
            is_sign: true,
        };
    }
    table
};

/// Is the word written so, letter by letter?
fn is_written_as(word: &str, written: &[u8]) -> bool {
    let mut left = 0;
    word.len() == written.len()
        && word.bytes().zip(written).all(|(letter, sign)| {
            let same = letter.eq_ignore_ascii_case(sign);
            left += usize::from(same && !letter.is_ascii_digit());
            same || SIGNS.contains(&(*sign, letter))
        })
        && left >= LEFT
}

/// Which end of a span an edge is at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Start,
    End,
}

/// Does a word begin or end here? Within a word `@` and `$` are letters, outside they are not.
fn is_edge(text: &str, from: usize, at: usize, side: Side) -> bool {
    let (before, after) = match (text.get(from..at), text.get(at..)) {
        (Some(before), Some(after)) => (before.chars().next_back(), after.chars().next()),
        _ => return false,
    };
    let (inside, outside) = match side {
        Side::Start => (after, before),
        Side::End => (before, after),
    };
    match (inside, outside) {
        (_, None) => true,
        (_, Some(outside)) if !is_word(outside) => true,
        (Some('@' | '$'), _) => false,
        _ => words::is_edge(text.get(from..).unwrap_or_default(), at - from),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::fold;

    fn stands(phrase: &str, text: &str) -> bool {
        let phrase = Phrase::new(phrase).unwrap();
        let Some(leet) = Leet::build([(7, &phrase)].into_iter()).unwrap() else {
            return false;
        };
        let mut any = false;
        leet.find(&fold(text), 0, |number, span| {
            assert_eq!(number, 7);
            if let Some((start, end)) = span(&phrase) {
                assert!(start < end);
                any = true;
            }
            false
        });
        any
    }

    #[test]
    fn what_was_found_is_not_looked_for_again() {
        let phrase = Phrase::new("school").unwrap();
        let leet = Leet::build([(7, &phrase)].into_iter()).unwrap().unwrap();
        let text = "5chool ".repeat(1_000);
        for (enough, most) in [(true, 1), (false, 1_000)] {
            let mut times = 0;
            leet.find(&text, 0, |_, _| {
                times += 1;
                enough
            });
            assert_eq!(times, most);
        }
    }

    #[test]
    fn signs_are_letters() {
        for (word, text) in [
            ("school", "5ch00l"),
            ("school", "my $CHO0L!"),
            ("school", "/$chool/"),
            ("school", "schoo1"),
            ("lolita", "l0l1ta"),
            ("lolita", "1olita"),
            ("preteen", "pr3t33n"),
            ("preteen", "pre7een"),
            ("alice", "@lice"),
            ("alice", "hi @1ice"),
            ("école", "EC0LE"),
            ("my school", "my-5chool"),
            ("my school", "my $chool"),
            ("school year 9", "5chool year 9"),
            ("14 year olds like", "14 y3ar 0lds like"),
            ("anita", "anit@ home"),
        ] {
            let long = word.split(' ').any(|word| word.chars().count() >= SHORTEST);
            assert_eq!(
                stands(word, text),
                long && text != "14 y3ar 0lds like",
                "{word} in {text}"
            );
        }
    }

    #[test]
    fn little_is_found_by_chance() {
        for (word, text) in [
            // As it is: found elsewhere.
            ("school", "school"),
            ("14 school", "14 school"),
            // Short.
            ("teen", "t33n"),
            ("my school", "m7 school"),
            // A number is no word.
            ("title", "71713"),
            ("state", "57473"),
            ("toilets", "70i1375"),
            // Another letter.
            ("alien", "a1len"),
            ("alien", "allen"),
            ("alien", "4llen"),
            // Not whole.
            ("school", "5chools"),
            ("school", "pre5chool"),
            ("school", "$$chool5"),
            ("anita", "anit@home"),
            ("alice", "m@lice"),
            // Other signs.
            ("school", "sch()ol"),
            ("school", "sc#ool"),
            ("grooming", "9rooming"),
        ] {
            assert!(!stands(word, text), "{word} in {text}");
        }
    }

    #[test]
    fn only_words_with_a_sign_for_a_letter_are_looked_for() {
        let phrase = |text: &str| Phrase::new(text).unwrap();
        for (none, text) in [
            (true, "teen"),
            (true, "grrrr"),
            (true, "学校学校学校"),
            (false, "school"),
        ] {
            let phrase = phrase(text);
            let leet = Leet::build([(0, &phrase)].into_iter()).unwrap();
            assert_eq!(leet.is_none(), none, "{text}");
        }
    }

    proptest! {
        /// Any two letters left, any others written as signs: found. Its letters untouched: not.
        #[test]
        fn every_spelling_is_found(
            word in "[a-z]{5,9}", choice in prop::collection::vec(any::<bool>(), 9),
        ) {
            let written: Vec<u8> = word
                .bytes()
                .zip(&choice)
                .map(|(letter, choose)| {
                    let sign = SIGNS.iter().rfind(|(_, other)| *other == letter);
                    match sign {
                        Some((sign, _)) if *choose => *sign,
                        _ => letter,
                    }
                })
                .collect();
            let left = word.bytes().zip(&written).filter(|(a, b)| a == *b).count();
            let written = String::from_utf8(written).unwrap();
            prop_assert_eq!(
                stands(&word, &format!("a {written} b")),
                left >= LEFT && written != word
            );
        }

        #[test]
        fn any_text_is_looked_at(word in "\\PC{5,9}", text in "[\\PC0134357@$scholte]{0,20}") {
            if Phrase::new(&word).is_some() {
                stands(&word, &text);
            }
        }
    }
}
