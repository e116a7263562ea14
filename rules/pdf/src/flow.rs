//! From blocks to rows: lines broken to a width, with the tags that say what they are.
//!
//! A row is what is never torn apart. Rows know nothing of sheets. `lines` breaks words, `lists` and
//! `tables` set what has columns; the rest is here.

mod lines;
mod lists;
mod tables;

use std::num::NonZeroU16;

use krilla::tagging::{Tag, TagKind};
use proviso_rules::page::document::{Block, Stands};

use crate::PdfError;
use crate::face::{Faces, Run, Which};

pub(super) use lines::broken;
use lines::{bar, space, together};

/// How letters look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) which: Which,
    pub(super) size: f32,
    pub(super) leading: f32,
}

impl Style {
    const fn new(which: Which, size: f32, leading: f32) -> Self {
        Self {
            which,
            size,
            leading,
        }
    }
}

pub(super) const TITLE: Style = Style::new(Which::Bold, 19.0, 24.0);
pub(super) const SECTION: Style = Style::new(Which::Bold, 14.0, 18.0);
const PART: Style = Style::new(Which::Bold, 11.0, 14.0);
const BODY: Style = Style::new(Which::Plain, 10.0, 14.0);
const STRONG: Style = Style::new(Which::Bold, 10.0, 14.0);
const LABEL: Style = Style::new(Which::Bold, 8.5, 12.0);
const COURT: Style = Style::new(Which::Court, 10.5, 15.0);
const CODE: Style = Style::new(Which::Code, 8.5, 14.0);
pub(super) const SHEET: Style = Style::new(Which::Plain, 7.5, 10.0);

const INDENT: f32 = 12.0;
/// How far a space sets in a line of the court's words.
const SPACE: f32 = 3.0;

/// A line of words, or of several columns of words, on one height.
#[derive(Debug)]
pub(super) struct Row {
    /// Space above, unless it is the first on its sheet.
    pub(super) before: f32,
    pub(super) height: f32,
    /// The next row must be on the same sheet.
    pub(super) keep: bool,
    pub(super) marks: Vec<Mark>,
    pub(super) bar: Option<Bar>,
}

/// A line at the left side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
    pub(super) colour: Colour,
    /// It goes on from the row before.
    pub(super) joined: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Colour {
    Court,
    Flagged,
    NotFlagged,
    CannotTell,
}

/// Something on a row.
#[derive(Debug)]
pub(super) enum Mark {
    /// Words, with their leaf of the tree.
    Words {
        x: f32,
        style: Style,
        run: Run,
        leaf: Leaf,
    },
    /// A line to write on.
    Blank { from: f32, to: f32 },
    /// A line across the sheet, above the row.
    Over { to: f32 },
    /// A thin line above the row of a table.
    Rule { to: f32 },
    /// A bar of a chart.
    Filled { from: f32, to: f32 },
    /// The ground on which the parts of a strip stand.
    Ground { to: f32 },
    /// A part of a strip.
    Part { from: f32, to: f32, stands: Stands },
}

impl Mark {
    const fn x(&self) -> f32 {
        match self {
            Self::Words { x, .. } => *x,
            Self::Blank { from, .. } | Self::Filled { from, .. } | Self::Part { from, .. } => *from,
            Self::Over { .. } | Self::Rule { .. } | Self::Ground { .. } => 0.0,
        }
    }
}

/// A place in the tree of tags, to which what is drawn belongs.
pub(super) type Leaf = usize;

/// What the page is made of, for those who hear it.
#[derive(Debug)]
pub(super) enum Tree {
    Group(TagKind, Vec<Self>),
    Leaf(Leaf),
}

/// Rows that stay on one sheet if they fit on any.
pub(super) type Chunk = Vec<Row>;

/// Makes rows and leaves.
pub(super) struct Flow<'a> {
    faces: &'a Faces,
    leaves: Leaf,
}

impl<'a> Flow<'a> {
    pub(super) const fn new(faces: &'a Faces) -> Self {
        Self { faces, leaves: 0 }
    }

    /// How many leaves there are.
    pub(super) const fn leaves(&self) -> Leaf {
        self.leaves
    }

    /// A heading.
    pub(super) fn heading(
        &mut self,
        level: u16,
        words: &str,
        width: f32,
    ) -> Result<(Chunk, Tree), PdfError> {
        let (style, before) = match level {
            1 => (TITLE, 0.0),
            2 => (SECTION, 22.0),
            _ => (PART, 14.0),
        };
        let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
        let tag = Tag::Hn(level, Some(words.to_owned()));
        let (mut rows, tree) = self.tagged(tag, words, style, 0.0, width)?;
        space(&mut rows, before);
        if before > 20.0
            && let Some(first) = rows.first_mut()
        {
            first.marks.push(Mark::Over { to: width });
        }
        for row in &mut rows {
            row.keep = true;
        }
        Ok((rows, tree))
    }

    /// A small line above a column.
    pub(super) fn label(&mut self, words: &str, width: f32) -> Result<(Chunk, Tree), PdfError> {
        let (mut rows, tree) = self.tagged(Tag::P, words, LABEL, 0.0, width)?;
        space(&mut rows, 4.0);
        for row in &mut rows {
            row.keep = true;
        }
        Ok((rows, tree))
    }

    /// The court's words, line by line, with a bar at their side. Each row may be alone.
    pub(super) fn court(&mut self, words: &str, width: f32) -> Result<(Chunk, Tree), PdfError> {
        let mut rows = Chunk::new();
        let mut paragraphs = Vec::new();
        for paragraph in words.trim_end().split("\n\n") {
            let lines: Vec<&str> = paragraph
                .lines()
                .filter(|line| !line.trim().is_empty())
                .collect();
            let mut leaves = Vec::new();
            for (at, line) in lines.iter().enumerate() {
                let indent = INDENT + (set_in(line) * SPACE).min(width / 3.0);
                let (mut some, leaf) = self.lines(line, COURT, indent, width - indent)?;
                space(&mut some, if at == 0 { 6.0 } else { 0.0 });
                rows.append(&mut some);
                leaves.push(Tree::Leaf(leaf));
            }
            if !leaves.is_empty() {
                paragraphs.push(Tree::Group(Tag::P.into(), leaves));
            }
        }
        bar(&mut rows, Colour::Court);
        Ok((rows, Tree::Group(Tag::BlockQuote.into(), paragraphs)))
    }

    /// Any block: rows that belong together, and their tag.
    pub(super) fn block(&mut self, block: &Block, width: f32) -> Result<(Chunk, Tree), PdfError> {
        match block {
            Block::Paragraph(words) => self.paragraph(words, BODY, width),
            Block::Lead(words) => self.paragraph(words, STRONG, width),
            Block::Code(words) => {
                let (mut rows, leaf) = self.lines(words, CODE, 0.0, width)?;
                space(&mut rows, 2.0);
                let code = Tree::Group(Tag::Code.into(), vec![Tree::Leaf(leaf)]);
                Ok((rows, Tree::Group(Tag::P.into(), vec![code])))
            }
            Block::Terms(terms) => self.terms(terms, width),
            Block::List { intro, kind, items } => self.list(intro.as_deref(), *kind, items, width),
            Block::Entries(entries) => self.entries(entries, width),
            Block::Part { heading, blocks } => {
                let (mut rows, heading) = self.heading(3, heading, width)?;
                let mut trees = vec![heading];
                for block in blocks {
                    let (mut some, tree) = self.block(block, width)?;
                    if matches!(block, Block::Code(_) | Block::Entries(_))
                        && let Some(last) = rows.last_mut()
                    {
                        last.keep = true;
                    }
                    rows.append(&mut some);
                    trees.push(tree);
                }
                Ok((rows, Tree::Group(Tag::Section.into(), trees)))
            }
            Block::Signature { heading, lines } => self.signature(heading, lines, width),
            Block::Table {
                head,
                shares,
                rows,
                strips,
            } => self.table(head, shares, (rows, strips), width),
            Block::Bars(bars) => self.bars(bars, width),
        }
    }

    fn paragraph(
        &mut self,
        words: &str,
        style: Style,
        width: f32,
    ) -> Result<(Chunk, Tree), PdfError> {
        let (mut rows, tree) = self.tagged(Tag::P, words, style, 0.0, width)?;
        space(&mut rows, 5.0);
        Ok((rows, tree))
    }

    fn signature(
        &mut self,
        heading: &str,
        lines: &[String],
        width: f32,
    ) -> Result<(Chunk, Tree), PdfError> {
        let (mut rows, heading) = self.heading(3, heading, width)?;
        let mut trees = vec![heading];
        for line in lines {
            let (mut some, tree) = self.tagged(Tag::P, &format!("{line}:"), BODY, 0.0, width)?;
            space(&mut some, 14.0);
            if let Some(last) = some.last_mut() {
                last.marks.push(Mark::Blank {
                    from: 80.0,
                    to: width.min(380.0),
                });
            }
            rows.append(&mut some);
            trees.push(tree);
        }
        together(&mut rows);
        Ok((rows, Tree::Group(Tag::Section.into(), trees)))
    }
}

/// How many spaces a line begins with.
fn set_in(line: &str) -> f32 {
    let spaces = line.chars().take_while(|c| c.is_whitespace());
    spaces.map(|c| if c == '\t' { 4.0 } else { 1.0 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_set_in_as_far_as_in_their_text() {
        for (line, spaces) in [("You must", 0), ("  (a) go", 2), ("\t (b)", 5), ("", 0)] {
            assert_eq!(
                format!("{:.0}", set_in(line).abs()),
                spaces.to_string(),
                "{line}"
            );
        }
    }
}
