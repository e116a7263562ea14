//! Words broken into lines, and what is done with lines: side by side, apart, together.

use std::collections::BTreeMap;

use krilla::tagging::TagKind;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Bar, Chunk, Colour, Flow, Leaf, Mark, Row, Style, Tree};
use crate::PdfError;
use crate::face::{Faces, Run};

impl Flow<'_> {
    /// Lines with one tag around them.
    pub(super) fn tagged(
        &mut self,
        tag: impl Into<TagKind>,
        words: &str,
        style: Style,
        x: f32,
        width: f32,
    ) -> Result<(Chunk, Tree), PdfError> {
        let (rows, leaf) = self.lines(words, style, x, width)?;
        Ok((rows, Tree::Group(tag.into(), vec![Tree::Leaf(leaf)])))
    }

    /// Words broken into lines. The first and the last two lines stay together.
    pub(super) fn lines(
        &mut self,
        words: &str,
        style: Style,
        x: f32,
        width: f32,
    ) -> Result<(Chunk, Leaf), PdfError> {
        let leaf = self.leaves;
        self.leaves += 1;
        let lines = broken(words, style, width, self.faces)?;
        let count = lines.len();
        let rows = lines
            .into_iter()
            .enumerate()
            .map(|(at, run)| Row {
                before: 0.0,
                height: style.leading,
                keep: at + 1 < count && (at == 0 || at + 2 == count),
                marks: vec![Mark::Words {
                    x,
                    style,
                    run,
                    leaf,
                }],
                bar: None,
            })
            .collect();
        Ok((rows, leaf))
    }
}

/// Words as lines of at most this width. Each line but the last ends in the space that it breaks
/// at, so that those who hear the page hear two words.
pub(crate) fn broken(
    words: &str,
    style: Style,
    width: f32,
    faces: &Faces,
) -> Result<Vec<Run>, PdfError> {
    let face = faces.get(style.which);
    let limit = width / style.size;
    let space = face.run(" ")?.width;
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0.0;
    // Addresses and hashes are long and have few different letters.
    let mut known: BTreeMap<&str, f32> = BTreeMap::new();
    for word in words.split_whitespace() {
        let wide = face.run(word)?.width;
        if !line.is_empty() && used + space + wide > limit {
            line.push(' ');
            lines.push(std::mem::take(&mut line));
            used = 0.0;
        }
        if !line.is_empty() {
            line.push(' ');
            used += space;
        }
        if wide <= limit {
            line.push_str(word);
            used += wide;
            continue;
        }
        // Longer than a line: broken anywhere, without a hyphen that is not in the word.
        for letter in word.graphemes(true) {
            let wide = match known.get(letter) {
                Some(wide) => *wide,
                None => {
                    let wide = face.run(letter)?.width;
                    known.insert(letter, wide);
                    wide
                }
            };
            if !line.is_empty() && used + wide > limit {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            line.push_str(letter);
            used += wide;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines.iter().map(|line| face.run(line)).collect()
}

/// Two columns of rows of one height, row by row.
pub(super) fn beside(left: Chunk, right: Chunk) -> Chunk {
    let (mut longer, shorter) = if left.len() > right.len() {
        (left, right)
    } else {
        (right, left)
    };
    for (row, other) in longer.iter_mut().zip(shorter) {
        row.height = row.height.max(other.height);
        row.marks.extend(other.marks);
        row.marks
            .sort_by(|one, other| one.x().total_cmp(&other.x()));
    }
    longer
}

pub(super) fn space(rows: &mut Chunk, before: f32) {
    if let Some(first) = rows.first_mut() {
        first.before = before;
    }
}

pub(super) fn together(rows: &mut Chunk) {
    let count = rows.len();
    for row in rows.iter_mut().take(count.saturating_sub(1)) {
        row.keep = true;
    }
}

pub(super) fn bar(rows: &mut Chunk, colour: Colour) {
    for (at, row) in rows.iter_mut().enumerate() {
        row.bar = Some(Bar {
            colour,
            joined: at > 0,
        });
    }
}
