//! Fonts: which glyphs a text needs, and how wide it is.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::UnicodeBuffer;

use crate::PdfError;

/// The fonts of a page.
pub(super) struct Faces {
    plain: Face,
    bold: Face,
    court: Face,
    code: Face,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Plain,
    Bold,
    /// The court's words.
    Court,
    Code,
}

/// A font, for measuring and for the file.
pub(super) struct Face {
    pub(super) font: Font,
    shapes: rustybuzz::Face<'static>,
    units: f32,
}

/// A run of text, ready to be drawn. Widths are in parts of the size of the letters.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) glyphs: Vec<KrillaGlyph>,
    pub(super) width: f32,
}

impl Faces {
    pub(super) fn new() -> Result<Self, PdfError> {
        Ok(Self {
            plain: Face::new(dejavu::sans_condensed::regular())?,
            bold: Face::new(dejavu::sans_condensed::bold())?,
            court: Face::new(dejavu::serif_condensed::regular())?,
            code: Face::new(dejavu::sans_mono::regular())?,
        })
    }

    /// Can every one of them show this letter, and would somebody see it?
    pub(super) fn show(&self, c: char) -> bool {
        let faces = [&self.plain, &self.bold, &self.court, &self.code];
        !runs_leftwards(c)
            && !c.is_control()
            && !is_unseen(c)
            && faces
                .iter()
                .all(|face| face.shapes.glyph_index(c).is_some())
    }

    pub(super) const fn get(&self, which: Which) -> &Face {
        match which {
            Which::Plain => &self.plain,
            Which::Bold => &self.bold,
            Which::Court => &self.court,
            Which::Code => &self.code,
        }
    }
}

impl Face {
    fn new(bytes: &'static [u8]) -> Result<Self, PdfError> {
        let font = Font::new(bytes.into(), 0).ok_or(PdfError::Font)?;
        let shapes = rustybuzz::Face::from_slice(bytes, 0).ok_or(PdfError::Font)?;
        let units = font.units_per_em();
        Ok(Self {
            font,
            shapes,
            units,
        })
    }

    /// The glyphs of one line, from left to right.
    pub(super) fn run(&self, text: &str) -> Result<Run, PdfError> {
        if let Some(c) = text.chars().find(|c| runs_leftwards(*c)) {
            return Err(PdfError::RightToLeft(c));
        }
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(rustybuzz::Direction::LeftToRight);
        let shaped = rustybuzz::shape(&self.shapes, &[], buffer);
        let infos = shaped.glyph_infos();
        let mut glyphs = Vec::with_capacity(infos.len());
        let mut width = 0.0;
        for (at, (info, place)) in infos.iter().zip(shaped.glyph_positions()).enumerate() {
            let start = usize::try_from(info.cluster).unwrap_or(text.len());
            // A cluster ends where the next one begins.
            let end = infos
                .iter()
                .skip(at)
                .map(|next| usize::try_from(next.cluster).unwrap_or(text.len()))
                .find(|next| *next > start)
                .unwrap_or(text.len());
            if info.glyph_id == 0 {
                let missing = text.get(start..).and_then(|rest| rest.chars().next());
                return Err(PdfError::NoGlyph(missing.unwrap_or('\u{fffd}')));
            }
            let advance = self.part_of_size(place.x_advance);
            width += advance;
            glyphs.push(KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                advance,
                self.part_of_size(place.x_offset),
                self.part_of_size(place.y_offset),
                self.part_of_size(place.y_advance),
                start..end,
                None,
            ));
        }
        Ok(Run {
            text: text.to_owned(),
            glyphs,
            width,
        })
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "glyphs are some thousand units wide"
    )]
    fn part_of_size(&self, units: i32) -> f32 {
        units as f32 / self.units
    }
}

/// Letters that leave no mark, or that mean something only to those who agreed on it.
const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{e000}'..='\u{f8ff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{10ffff}'
    )
}

/// Letters of scripts that run from right to left.
const fn runs_leftwards(c: char) -> bool {
    matches!(
        c,
        '\u{590}'..='\u{8ff}'
            | '\u{fb1d}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefe}'
            | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_greek_and_cyrillic_have_glyphs() {
        let faces = Faces::new().unwrap();
        for which in [Which::Plain, Which::Bold, Which::Court, Which::Code] {
            for text in [
                "The quick brown fox, £5 (50 %) – “it’s” … §4 “ŵŷ” ß æ ø å ł ğ ı e\u{301}",
                "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία",
                "Съешь ещё этих мягких французских булок, їжак ґ Ђурђевак",
            ] {
                let run = faces.get(which).run(text).unwrap();
                assert!(run.width > 1.0);
                let last = run.glyphs.last().unwrap();
                assert_eq!(last.text_range.end, text.len());
            }
        }
    }

    #[test]
    fn what_cannot_be_shown_is_said() {
        let faces = Faces::new().unwrap();
        let face = faces.get(Which::Plain);
        assert!(matches!(face.run("ok 日本"), Err(PdfError::NoGlyph('日'))));
        assert!(matches!(
            face.run("ok שלום"),
            Err(PdfError::RightToLeft('ש'))
        ));
        assert!(matches!(face.run("مرحبا"), Err(PdfError::RightToLeft('م'))));
    }
}
