//! Blacking out words.
//!
//! Promises: a word that is to be blacked out is in the result no more, whatever the case of its letters and
//! however their accents are written, alone or inside of another word; what stands in its place says nothing of
//! how long it was.

use unicode_normalization::UnicodeNormalization as _;

/// What stands in the place of a word.
const BLACK: &str = "█████";

/// Words that one extract blacks out at most.
pub(super) const MOST: usize = 100;

/// The words of a field, one a line.
pub(super) fn words(field: &str) -> Vec<String> {
    let lines = field.lines().map(str::trim);
    let mut words: Vec<String> = lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    // A name before a part of it, or the rest of the name would stay.
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.dedup();
    words
}

/// The text without these words.
pub(super) fn out(text: &str, words: &[String]) -> String {
    let letters: Vec<char> = text.nfc().collect();
    let folded: Vec<char> = letters.iter().copied().map(fold).collect();
    let mut black = vec![false; letters.len()];
    for word in words {
        let word: Vec<char> = word.nfc().map(fold).collect();
        if word.is_empty() {
            continue;
        }
        for (start, window) in folded.windows(word.len()).enumerate() {
            if window == word {
                for mark in black.iter_mut().skip(start).take(word.len()) {
                    *mark = true;
                }
            }
        }
    }
    let mut out = String::with_capacity(text.len());
    let mut before = false;
    for (letter, black) in letters.iter().zip(black) {
        match (black, before) {
            (true, false) => out.push_str(BLACK),
            (true, true) => {}
            (false, _) => out.push(*letter),
        }
        before = black;
    }
    out
}

/// Letters that differ in case alone are the same.
fn fold(letter: char) -> char {
    let mut lower = letter.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_goes_wherever_it_stands_and_however_it_is_written() {
        let black = |text: &str, field: &str| out(text, &words(field));
        assert_eq!(
            black("Mrs SMITH and smithy", "smith"),
            "Mrs █████ and █████y"
        );
        assert_eq!(
            black("aaa", "aa"),
            "█████",
            "overlapping places go together"
        );
        assert_eq!(black("Jo Bloggs, Jo", "Jo\nJo Bloggs\n"), "█████, █████");
        assert_eq!(black("Łódź łÓDŹ", "łódź"), "█████ █████");
        assert_eq!(black("Zoe\u{308} ZOË", "zoë"), "█████ █████");
        assert_eq!(black("Zoë", "ZOE\u{308}"), "█████");
        assert_eq!(black("nothing", " \n\n"), "nothing");
    }

    proptest! {
        #[test]
        fn nothing_of_a_word_is_left(text in ".{0,60}", word in "[a-zA-Z0-9é ]{1,4}") {
            let list = words(&word);
            let after = out(&text, &list);
            let folded: String = after.chars().map(fold).collect();
            for word in list {
                let word: String = word.chars().map(fold).collect();
                prop_assert!(!folded.contains(&word), "{after}");
            }
        }
    }
}
