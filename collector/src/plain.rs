//! Texts that others chose, on a terminal and in a table.
//!
//! Promises: nothing in such a text moves a cursor, colours a line or turns the direction of what stands beside it;
//! what would is shown as its code. Letters of every script stay as they are.

use std::borrow::Cow;

/// The text with what would act on a terminal as its code: `\u{202e}`. Lines and tabs stay.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if acts(letter) {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

/// The beginning of a text on one line, of so many letters at most; where something is left out it says so.
#[must_use]
pub fn beginning(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        None => line,
        Some((end, _)) => line[..end].to_owned() + " \u{2026}",
    }
}

/// Control characters, line ends that no line has, and marks that turn the direction of reading.
fn acts(letter: char) -> bool {
    let turns = matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    turns || (letter.is_control() && !matches!(letter, '\n' | '\t'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_acts_is_shown_and_what_is_read_stays() {
        assert_eq!(
            plain("gpj\u{202e}exe\u{1b}[2J\r\u{9b}"),
            "gpj\\u{202e}exe\\u{1b}[2J\\u{d}\\u{9b}"
        );
        for kept in [
            "",
            "Zo\u{eb} \u{d8}re\n\tline",
            "\u{645}\u{6cc}\u{200c}\u{62e}",
            "\u{1f469}\u{200d}\u{1f692}",
        ] {
            assert!(matches!(plain(kept), Cow::Borrowed(text) if text == kept));
        }
    }

    #[test]
    fn a_beginning_is_one_line_and_says_that_more_follows() {
        assert_eq!(beginning(" one\n\ttwo ", 7), "one two");
        assert_eq!(beginning("one two three", 7), "one two \u{2026}");
        assert_eq!(beginning("\u{e9}\u{e9}\u{e9}", 2), "\u{e9}\u{e9} \u{2026}");
        assert_eq!(beginning("", 2), "");
    }

    proptest! {
        #[test]
        fn nothing_that_acts_is_left(text in "\\PC{0,8}[\u{0}-\u{1f}\u{7f}-\u{9f}\u{202a}-\u{202e}\u{2066}-\u{2069}]{0,8}") {
            prop_assert!(!plain(&text).contains(acts));
        }
    }
}
