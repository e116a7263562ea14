//! Words and phrases in folded text: whole ones only, so that `sex` is not in `Middlesex`.
//!
//! A phrase is a run of words with one to three other characters between them: `year 9` is in
//! `year-9` and in `year_9`. An edge of a word is where a letter or digit has no neighbour of its
//! kind; in scripts without spaces, where Unicode's word breaks (UAX 29) put one.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use unicode_segmentation::UnicodeSegmentation;

use crate::alike::read_word;
use crate::text::{fold, is_word};

/// How many characters that are no letters may stand between two words of a phrase.
const BETWEEN: usize = 3;
/// How many phrases may be searched for by one word before a rarer one is taken.
const TOGETHER: usize = 32;
/// How far around an edge the text is looked at.
const AROUND: usize = 16;

/// A word or phrase, ready to be looked for.
#[derive(Debug)]
pub(crate) struct Phrase {
    /// As the order or list has it.
    pub(crate) text: Box<str>,
    /// Its words, folded.
    words: Vec<Box<str>>,
    /// The word that is searched for: the longest.
    anchor: usize,
}

impl Phrase {
    /// `None` if there is no letter or digit in it.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let folded = fold(text).to_lowercase();
        let words: Vec<Box<str>> = folded
            .split(|c: char| !is_word(c))
            .filter(|word| !word.is_empty())
            .map(Box::from)
            .collect();
        Some(Self {
            text: Box::from(text),
            anchor: longest(&words)?,
            words,
        })
    }

    /// What to search for. Each place where it stands must be shown to [`span_at`](Self::span_at).
    pub(crate) fn anchor(&self) -> &str {
        &self.words[self.anchor]
    }

    /// The same phrase as it reads when look-alike letters are read as Latin ones (see `alike.rs`).
    /// `None`: it reads as it is.
    pub(crate) fn alike(&self) -> Option<Self> {
        let read: Vec<Option<String>> = self.words.iter().map(|word| read_word(word)).collect();
        if read.iter().all(Option::is_none) {
            return None;
        }
        let words: Vec<Box<str>> = read
            .into_iter()
            .zip(&self.words)
            .map(|(read, word)| read.map_or_else(|| word.clone(), Box::from))
            .collect();
        Some(Self {
            text: self.text.clone(),
            anchor: longest(&words)?,
            words,
        })
    }

    /// The longest of its words that `wanted` takes, and its place.
    pub(crate) fn longest(&self, wanted: impl Fn(&str) -> bool) -> Option<(usize, &str)> {
        self.words
            .iter()
            .map(AsRef::as_ref)
            .enumerate()
            .filter(|(_, word)| wanted(word))
            .max_by_key(|(_, word)| word.len())
    }

    /// From where to where the phrase stands in the text, as whole words, with its anchor at this
    /// place. `text` is folded; the case of ASCII does not matter. Nothing before `from` counts.
    pub(crate) fn span_at(&self, text: &str, from: usize, start: usize) -> Option<(usize, usize)> {
        let same = |word: &str, text: &[u8]| text.eq_ignore_ascii_case(word.as_bytes());
        let (start, end) = self.span_as(same, text, from, self.anchor, start)?;
        let text = text.get(from..)?;
        (is_edge(text, start - from) && is_edge(text, end - from)).then_some((start, end))
    }

    /// Each place where it stands so in a folded text without capitals.
    pub(crate) fn spans<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        text.match_indices(self.anchor())
            .filter_map(|(at, _)| self.span_at(text, 0, at))
    }

    /// The same where `same` says which bytes are a word, the word of this number is the anchor,
    /// and edges are not looked at.
    pub(crate) fn span_as(
        &self,
        same: impl Fn(&str, &[u8]) -> bool,
        text: &str,
        from: usize,
        anchor: usize,
        at: usize,
    ) -> Option<(usize, usize)> {
        let (before, rest) = self.words.split_at_checked(anchor)?;
        let (word, after) = rest.split_first()?;
        let mut start = at;
        let mut end = at.checked_add(word.len())?;
        if start < from || !same(word, text.as_bytes().get(start..end)?) {
            return None;
        }
        for word in after {
            let rest = text.get(end..)?;
            let gap = gaps(rest.chars()).find(|gap| {
                rest.as_bytes()
                    .get(*gap..gap + word.len())
                    .is_some_and(|text| same(word, text))
            })?;
            end += gap + word.len();
        }
        for word in before.iter().rev() {
            let rest = text.get(from..start)?;
            let gap = gaps(rest.chars().rev()).find(|gap| {
                let end = rest.len() - gap;
                end.checked_sub(word.len())
                    .and_then(|start| rest.as_bytes().get(start..end))
                    .is_some_and(|text| same(word, text))
            })?;
            start -= gap + word.len();
        }
        Some((start, end))
    }
}

/// Phrases that are searched for by a word that many have are searched for by the rarest of their
/// own: in a list of schools nearly all end in `school`, and each would be tried wherever it stands.
pub(crate) fn spread(phrases: Vec<&mut Phrase>) {
    let mut counts: BTreeMap<Box<str>, usize> = BTreeMap::new();
    for phrase in &phrases {
        for word in &phrase.words {
            *counts.entry(word.clone()).or_default() += 1;
        }
    }
    for phrase in phrases {
        let count = |word: &str| counts.get(word).copied().unwrap_or_default();
        if count(phrase.anchor()) > TOGETHER {
            let words = phrase.words.iter().enumerate();
            let rarest = words.min_by_key(|(_, word)| (count(word), Reverse(word.len())));
            phrase.anchor = rarest.map_or(phrase.anchor, |(at, _)| at);
        }
    }
}

/// The first of the longest.
fn longest(words: &[Box<str>]) -> Option<usize> {
    (0..words.len())
        .rev()
        .max_by_key(|at| words.get(*at).map(|word| word.len()))
}

/// The lengths in bytes of one, two and three characters between words, if there are so many.
fn gaps(chars: impl Iterator<Item = char>) -> impl Iterator<Item = usize> {
    chars
        .take(BETWEEN)
        .take_while(|c| !is_word(*c))
        .scan(0, |length, c| {
            *length += c.len_utf8();
            Some(*length)
        })
}

/// Does a word begin or end here?
pub(super) fn is_edge(text: &str, at: usize) -> bool {
    let Some((before, after)) = text.split_at_checked(at) else {
        return false;
    };
    let (Some(last), Some(first)) = (before.chars().next_back(), after.chars().next()) else {
        return true;
    };
    if !is_word(last) || !is_word(first) {
        return true;
    }
    if last.is_ascii() && first.is_ascii() {
        return false;
    }
    let start = before
        .char_indices()
        .rev()
        .take(AROUND)
        .last()
        .map_or(0, |(start, _)| start);
    let end = after
        .char_indices()
        .nth(AROUND)
        .map_or(after.len(), |(end, _)| end);
    text.get(start..at + end).is_some_and(|around| {
        around
            .split_word_bound_indices()
            .any(|(edge, _)| start + edge == at)
    })
}

#[cfg(test)]
mod scripts;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Searches as the judge does, one place after the other.
    pub(super) fn stands(phrase: &str, text: &str) -> bool {
        let phrase = Phrase::new(phrase).unwrap();
        let text = fold(text);
        (0..text.len()).any(|at| phrase.span_at(&text, 0, at).is_some())
    }

    #[test]
    fn words_are_whole() {
        for (word, text) in [
            ("sex", "sex"),
            ("sex", "/watch/sex-tape"),
            ("sex", "a_sex_b"),
            ("sex", "SEX!"),
            ("child", "the child's"),
            ("école", "l'ECOLE"),
            ("ecole", "École"),
            ("year 9", "Year 9 class"),
            ("year 9", "/year-9/"),
            ("year 9", "year_9"),
            ("y/o", "14 y/o"),
            ("14 yo girl", "q=14 yo  girl"),
            ("学校", "私の学校は"),
            ("straße", "STRASSE"),
        ] {
            assert!(stands(word, text), "{word} in {text}");
        }
        for (word, text) in [
            ("sex", "Middlesex"),
            ("sex", "sextant"),
            ("sex", "sex2"),
            ("year 9", "year 99"),
            ("year 9", "year9"),
            ("year 9", "9 year"),
            ("year 9", "year    9"),
            ("year 9", "leapyear 9"),
            ("école", "écoles"),
            ("анал", "анализ"),
        ] {
            assert!(!stands(word, text), "{word} in {text}");
        }
    }

    #[test]
    fn what_comes_before_the_path_does_not_count() {
        let phrase = Phrase::new("my school").unwrap();
        let text = "https://my.school/my-school";
        let at = |n: usize| text.match_indices("school").nth(n).unwrap().0;
        assert_eq!(phrase.span_at(text, 17, at(0)), None);
        assert_eq!(phrase.span_at(text, 17, at(1)), Some((18, 27)));
        // Half of the phrase in the host is not the phrase.
        let phrase = Phrase::new("school my").unwrap();
        assert_eq!(phrase.span_at(text, 17, at(0)), None);
    }

    #[test]
    fn what_has_no_letters_is_no_phrase() {
        assert!(Phrase::new("?!").is_none());
        assert!(Phrase::new("").is_none());
    }

    proptest! {
        /// Against the plain meaning for ASCII: a word with no letter or digit beside it.
        #[test]
        fn is_what_it_means(word in "[ab1]{1,2}", text in "[abAB1 ._-]{0,12}") {
            let text = text.to_lowercase();
            let obvious = text
                .split(|c: char| !c.is_ascii_alphanumeric())
                .any(|other| other == word);
            prop_assert_eq!(stands(&word, &text), obvious);
        }

        #[test]
        fn any_place_in_any_text_is_looked_at(
            word in "\\PC{1,6}", text in "\\PC{0,20}", from in 0_usize..30, at in 0_usize..30,
        ) {
            if let Some(phrase) = Phrase::new(&word) {
                phrase.span_at(&text, from, at);
            }
        }
    }
}
