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

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,20}") {
            let once = fold(&text).to_lowercase();
            prop_assert_eq!(fold(&once).to_lowercase(), once.clone());
        }
    }
}
