//! Text as words and patterns see it: percent-decoded, without case, accents and what nobody sees.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

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

/// Takes away what does not change the meaning of a word: compatibility forms, accents, case, and
/// characters that nobody sees.
///
/// ASCII is given back as it is, in its own case: those who search ignore the case of ASCII, and
/// most text need not be copied.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.nfkd()
            .filter(|c| !is_combining_mark(*c) && !is_ignorable(*c))
            // By way of upper case: it makes `ss` of `ß` and one sigma of two.
            .flat_map(char::to_lowercase)
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
            .nfkd()
            .filter(|c| !is_combining_mark(*c))
            .collect(),
    )
}

/// Decodes `%41` in both of two layers and no more. In a query `+` is a space.
///
/// What is no UTF-8 becomes U+FFFD.
pub(crate) fn decode(text: &str, plus_is_space: bool) -> Cow<'_, str> {
    let once = decode_once(text, plus_is_space);
    if !has_escape(&once) {
        return once;
    }
    Cow::Owned(decode_once(&once, false).into_owned())
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
    fn two_layers_of_escapes_and_no_more() {
        assert_eq!(decode("/a%20b", false), "/a b");
        assert_eq!(decode("/%2541", false), "/A");
        assert_eq!(decode("/%252541", false), "/%41");
        assert_eq!(decode("a+b", true), "a b");
        assert_eq!(decode("a+b", false), "a+b");
        assert_eq!(decode("a%2Bb", true), "a+b");
        assert_eq!(decode("%C3%A9%ff%4", false), "é\u{fffd}%4");
        assert!(matches!(decode("/plain", true), Cow::Borrowed("/plain")));
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,20}") {
            let once = fold(&text).to_lowercase();
            prop_assert_eq!(fold(&once).to_lowercase(), once.clone());
        }

        #[test]
        fn decoding_never_panics(text in "[%0-9a-fA-F+é]{0,30}") {
            decode(&text, true);
        }
    }
}
