//! A page on paper: a tagged PDF (PDF/UA-1) that a screen reader can follow. For the reading page of an
//! order, and for the report of an evidence bundle.
//!
//! Promises: the words of the page in their order, in fonts that the file carries; the same page
//! gives the same bytes. A rule that fits on one sheet is not torn apart, and each sheet says of
//! which order and which clause it is.
//!
//! Refuses: letters that its fonts lack and scripts that run from right to left. It says so rather
//! than leave something out of what people sign. Where what is written is not for signing,
//! [`write_spelled`] names such letters by their numbers instead.

#![forbid(unsafe_code)]

mod draw;
mod face;
mod flow;
mod paper;
mod spelled;

use krilla::configure::ValidationError;
use krilla::error::KrillaError;
use proviso_rules::page::Document;

use face::Faces;

pub use spelled::write_spelled;

/// The page cannot be written as a PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The fonts lack a letter.
    #[error(
        "the letters of the PDF have no `{0}` (U+{code:04X}): write the page as HTML and print that",
        code = u32::from(*.0)
    )]
    NoGlyph(char),
    /// The lines would have to run the other way.
    #[error(
        "`{0}` (U+{code:04X}) is written from right to left, which the PDF cannot show: write the \
         page as HTML and print that",
        code = u32::from(*.0)
    )]
    RightToLeft(char),
    /// A font that this program carries cannot be read.
    #[error("a font of this program is damaged: install it again")]
    Font,
    /// The writer of the file gave up.
    #[error("the PDF cannot be written ({0}): write the page as HTML and print that")]
    Write(String),
}

impl From<KrillaError> for PdfError {
    fn from(error: KrillaError) -> Self {
        match error {
            KrillaError::Validation(faults) => {
                let letter = faults.iter().find_map(|(fault, _)| match fault {
                    ValidationError::InvalidCodepointMapping(_, _, letter, _)
                    | ValidationError::UnicodePrivateArea(_, _, letter, _) => Some(*letter),
                    _ => None,
                });
                match letter {
                    // A glyph that nobody could search or hear is none.
                    Some(letter) => Self::NoGlyph(letter),
                    None => Self::Write("it would not be accessible to all".to_owned()),
                }
            }
            other => Self::Write(other.to_string()),
        }
    }
}

/// The page as the bytes of a PDF file.
pub fn write(page: &Document) -> Result<Vec<u8>, PdfError> {
    let faces = Faces::new()?;
    let paper = paper::lay_out(page, &faces)?;
    draw::draw(page, &paper, &faces)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proviso_rules::page::document::{Block, Court, ListOf, Section};

    use super::flow::{TITLE, broken};
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_page_is_written_or_refused(
            words in "[a-z]\\PC{0,12}",
            lines in "[a-z][a-z\n (]{0,40}",
        ) {
            let list = Block::List {
                intro: None,
                kind: ListOf::CannotTell,
                items: vec![words.clone(), lines.clone()],
            };
            let page = Document {
                marks: vec![words.clone()],
                title: lines.clone(),
                sheet: lines.clone(),
                head: vec![Block::Paragraph(words.clone()), Block::Code(lines.clone())],
                sections: vec![Section {
                    heading: words.clone(),
                    court: Some(Court {
                        label: String::new(),
                        words: lines.repeat(9),
                        beside: words.clone(),
                    }),
                    blocks: vec![
                        Block::Part { heading: words.clone(), blocks: vec![list; 3] },
                        Block::Entries(vec![words.clone(), lines.clone(), words.clone()]),
                        Block::Terms(vec![(lines, words)]),
                    ],
                }],
            };
            match write(&page) {
                Ok(pdf) => prop_assert!(pdf.starts_with(b"%PDF-1.7")),
                Err(PdfError::NoGlyph(_) | PdfError::RightToLeft(_)) => {}
                Err(error) => prop_assert!(false, "{error}"),
            }
        }

        #[test]
        fn lines_hold_every_letter_and_fit(words in "[a-zA-Zéя /.-]{0,200}", width in 40_u16..500) {
            let faces = Faces::new().unwrap();
            let width = f32::from(width);
            let lines = broken(&words, TITLE, width, &faces).unwrap();
            let letters = |text: &str| text.split_whitespace().collect::<String>();
            let all: String = lines.iter().map(|line| letters(&line.text)).collect();
            prop_assert_eq!(all, letters(&words));
            for line in lines {
                let run = faces.get(TITLE.which).run(line.text.trim_end()).unwrap();
                // Letters of one word may stand a little closer or wider than alone.
                prop_assert!(run.width * TITLE.size <= width * 1.05, "{:?}", run.text);
            }
        }
    }
}
