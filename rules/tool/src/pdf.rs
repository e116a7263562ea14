//! The reading page on paper: a tagged PDF (PDF/UA-1) that a screen reader can follow.
//!
//! Promises: the words of the page in their order, in fonts that the file carries; the same page
//! gives the same bytes. A rule that fits on one sheet is not torn apart, and each sheet says of
//! which order and which clause it is.
//!
//! Refuses: letters that its fonts lack and scripts that run from right to left. It says so rather
//! than leave something out of what people sign.

mod draw;
mod face;
mod flow;
mod paper;

use krilla::error::KrillaError;
use proviso_rules::page::Document;

use face::Faces;

/// The page cannot be written as a PDF.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PdfError {
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
            KrillaError::Validation(faults) => Self::Write(format!("{faults:?}")),
            other => Self::Write(other.to_string()),
        }
    }
}

/// The page as the bytes of a PDF file.
pub(crate) fn write(page: &Document) -> Result<Vec<u8>, PdfError> {
    let faces = Faces::new()?;
    let paper = paper::lay_out(page, &faces)?;
    draw::draw(page, &paper, &faces)
}
