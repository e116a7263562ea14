//! Text as words and patterns see it: percent-decoded, without case, accents and what nobody sees.
//!
//! Only marks that decorate go: the accents of Latin, Greek and Cyrillic, the points of Arabic and
//! Hebrew. In Hindi, Thai or Japanese a mark is a vowel or another consonant, and stays.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Text with its escapes decoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded<'a> {
    pub(crate) text: Cow<'a, str>,
    /// There is another layer of escapes below those that were decoded: what the text says is not
    /// known.
    pub(crate) more: bool,
}

/// Characters that show nothing, or that turn the direction of what follows.
pub(crate) const fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Has it characters that show nothing, or that turn the direction of what follows? They are taken
/// away before words are looked for; that somebody put them there can matter.
pub(crate) fn has_hidden(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(is_ignorable)
}

/// Is it a part of a word: a letter, a digit, or a mark on one?
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || (!c.is_ascii() && is_combining_mark(c))
}

/// A mark that does not change which word it is: an accent, a vowel point of Arabic, Hebrew or
/// Syriac, or the stroke that draws an Arabic word out.
fn is_decoration(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}'..='\u{5c2}' | '\u{5c4}'..='\u{5c5}' | '\u{5c7}'
            | '\u{610}'..='\u{61a}'
            | '\u{640}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}' | '\u{6e7}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}'
            | '\u{711}'
            | '\u{730}'..='\u{74a}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    )
}

/// Takes away what does not change the meaning of a word: compatibility forms, accents, case, and
/// characters that nobody sees.
///
/// ASCII is given back as it is, in its own case: those who search ignore the case of ASCII, and
/// most text need not be copied.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    for run in text
        .as_bytes()
        .chunk_by(|a, b| a.is_ascii() == b.is_ascii())
    {
        // A run ends where a character does.
        let run = std::str::from_utf8(run).unwrap_or_default();
        if run.is_ascii() {
            folded.extend(run.chars().map(|c| c.to_ascii_lowercase()));
        } else {
            fold_run(run, &mut folded);
        }
    }
    Cow::Owned(folded)
}

/// Folds characters that are not ASCII. What ASCII stands before or behind them changes nothing.
fn fold_run(run: &str, folded: &mut String) {
    folded.extend(
        run.nfkd()
            .filter(|c| !is_decoration(*c) && !is_ignorable(*c))
            // By way of upper case: it makes `ss` of `ß` and one sigma of two.
            .flat_map(char::to_lowercase)
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
            .nfkd()
            .filter(|c| !is_decoration(*c)),
    );
}

/// Decodes `%41` in both of two layers and no more. In a query `+` is a space.
///
/// What is no UTF-8 becomes U+FFFD.
pub(crate) fn decode(text: &str, plus_is_space: bool) -> Decoded<'_> {
    let once = decode_once(text, plus_is_space);
    if !has_escape(&once) {
        return Decoded {
            text: once,
            more: false,
        };
    }
    let twice = decode_once(&once, false).into_owned();
    Decoded {
        more: has_escape(&twice),
        text: Cow::Owned(twice),
    }
}

fn decode_once(text: &str, plus_is_space: bool) -> Cow<'_, str> {
    let plus = plus_is_space && text.contains('+');
    if !plus && !has_escape(text) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let between = |out: &mut Vec<u8>, run: &str| {
        out.extend_from_slice(run.as_bytes());
        if plus {
            let from = out.len() - run.len();
            for byte in out.iter_mut().skip(from).filter(|byte| **byte == b'+') {
                *byte = b' ';
            }
        }
    };
    // From one escape to the next.
    let mut from = 0;
    for (at, _) in text.match_indices('%') {
        if let Some(byte) = escape(text.as_bytes(), at) {
            between(&mut out, text.get(from..at).unwrap_or_default());
            out.push(byte);
            from = at + 3;
        }
    }
    between(&mut out, text.get(from..).unwrap_or_default());
    Cow::Owned(match String::from_utf8(out) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

fn has_escape(text: &str) -> bool {
    text.match_indices('%')
        .any(|(at, _)| escape(text.as_bytes(), at).is_some())
}

/// The byte that `%XX` at this place means.
fn escape(bytes: &[u8], at: usize) -> Option<u8> {
    let [b'%', high, low, ..] = bytes.get(at..)? else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accents_case_and_forms_go() {
        for (text, folded) in [
            ("École", "ecole"),
            ("STRAẞE straße", "strasse strasse"),
            ("ＡＢＣ", "abc"),
            ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
            ("İstanbul ıı", "istanbul ii"),
            ("scho\u{200b}ol\u{ad}", "school"),
            ("ﬁn", "fin"),
            ("日本", "日本"),
            ("School", "School"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn only_marks_that_decorate_go() {
        for (text, folded) in [
            ("مَدْرَسَة", "مدرسة"),
            ("مـــدرسة", "مدرسة"),
            ("أطفال", "اطفال"),
            ("יַלְדָּה", "ילדה"),
            ("мой ё", "мои е"),
            ("Ὀδυσσεύς", "οδυσσευσ"),
            // Vowels, tones and voiced sounds tell words apart.
            ("बच्ची", "बच्ची"),
            ("เด็ก", "เด็ก"),
            ("ﾊﾞｽ", "ハ\u{3099}ス"),
            ("バス", "ハ\u{3099}ス"),
            ("ハス", "ハス"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn what_nobody_sees_is_noticed() {
        for yes in ["scho\u{200b}ol", "a\u{202e}b", "\u{feff}a", "a\u{ad}b"] {
            assert!(has_hidden(yes), "{yes:?}");
        }
        for no in ["school", "école", "私の学校", ""] {
            assert!(!has_hidden(no), "{no:?}");
        }
    }

    #[test]
    fn two_layers_of_escapes_and_no_more() {
        for (text, plus, decoded, more) in [
            ("/a%20b", false, "/a b", false),
            ("/%2541", false, "/A", false),
            ("/%252541", false, "/%41", true),
            ("/%25254", false, "/%4", false),
            ("/100%", false, "/100%", false),
            ("a+b", true, "a b", false),
            ("a+b", false, "a+b", false),
            ("a%2Bb", true, "a+b", false),
            ("%C3%A9%ff%4", false, "é\u{fffd}%4", false),
        ] {
            let text = decode(text, plus);
            assert_eq!((text.text.as_ref(), text.more), (decoded, more));
        }
        assert!(matches!(
            decode("/plain", true).text,
            Cow::Borrowed("/plain")
        ));
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,20}") {
            let once = fold(&text).to_lowercase();
            prop_assert_eq!(fold(&once).to_lowercase(), once.clone());
        }

        /// Folded run by run it is what it is folded whole.
        #[test]
        fn runs_are_folded_as_the_whole(text in "([a-zA-Z ]|\\PC|\u{301}|\u{345}){0,20}") {
            let mut whole = String::new();
            fold_run(&text, &mut whole);
            prop_assert_eq!(fold(&text).to_ascii_lowercase(), whole);
        }

        /// `more` says that a third layer would change the text, and nothing else does.
        #[test]
        fn what_is_not_whole_is_said(text in "([%0-9a-fA-F+é]|%25|%2541){0,12}") {
            let twice = decode(&text, true);
            prop_assert_eq!(decode_once(&twice.text, false) != twice.text, twice.more);
        }

        #[test]
        fn nothing_hidden_is_left(text in "\\PC{0,20}", hidden in "[\u{200b}\u{202e}\u{ad}\u{2066}]{0,2}") {
            let text = format!("{text}{hidden}{text}");
            prop_assert!(!has_hidden(&fold(&text)));
        }
    }
}
