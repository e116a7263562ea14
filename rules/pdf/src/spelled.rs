//! Letters that cannot be shown, by their numbers: `[U+65E5]`.
//!
//! Promises: whatever a page says, there is a PDF of it, and every letter of the page is in it, or its
//! number.

use proviso_rules::page::Document;

use crate::face::Faces;
use crate::{PdfError, write};

/// The page as the bytes of a PDF file, with numbers in place of letters that the fonts lack, or that
/// nobody would see.
pub fn write_spelled(page: &Document) -> Result<Vec<u8>, PdfError> {
    let faces = Faces::new()?;
    let spelled = page
        .clone()
        .map_words(&|words| spell(words, |c| faces.show(c)));
    match write(&spelled) {
        // Letters can be there alone and not beside each other.
        Err(PdfError::NoGlyph(_) | PdfError::RightToLeft(_)) => {
            let plain = |c: char| c == '\n' || c == ' ' || c.is_ascii_graphic();
            write(&spelled.map_words(&|words| spell(words, plain)))
        }
        done => done,
    }
}

fn spell(words: &str, shown: impl Fn(char) -> bool) -> String {
    let mut spelled = String::with_capacity(words.len());
    for c in words.chars() {
        if shown(c) || c == '\n' {
            spelled.push(c);
        } else if c.is_whitespace() {
            spelled.push(' ');
        } else {
            spelled += &format!("[U+{:04X}]", u32::from(c));
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proviso_rules::page::document::{Bars, Block, Section};

    use super::*;

    fn page(words: &str) -> Document {
        let cells = vec![words.to_owned(), "b".to_owned()];
        Document {
            marks: vec![],
            title: "Title".to_owned(),
            sheet: words.to_owned(),
            head: vec![Block::Bars(vec![Bars {
                label: words.to_owned(),
                count: 3,
                words: words.to_owned(),
            }])],
            sections: vec![Section {
                heading: "Heading".to_owned(),
                court: None,
                blocks: vec![Block::Table {
                    head: vec!["One".to_owned(), "Two".to_owned()],
                    shares: vec![1, 3],
                    rows: vec![cells; 3],
                    strips: Vec::new(),
                }],
            }],
        }
    }

    #[test]
    fn what_cannot_be_shown_is_named_by_its_number() {
        let faces = Faces::new().unwrap();
        let spelled = |words: &str| spell(words, |c| faces.show(c));
        assert_eq!(
            spelled("a\u{65e5}\u{5d0}\tb\u{202e}"),
            "a[U+65E5][U+05D0] b[U+202E]"
        );
        assert_eq!(spelled("caf\u{e9} \u{439}"), "caf\u{e9} \u{439}");
        assert!(write(&page("\u{65e5}")).is_err());
        assert!(
            write_spelled(&page("\u{65e5}"))
                .unwrap()
                .starts_with(b"%PDF-1.7")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn there_is_a_pdf_of_every_page(words in any::<String>()) {
            prop_assert!(write_spelled(&page(&words)).unwrap().starts_with(b"%PDF-1.7"));
        }
    }
}
