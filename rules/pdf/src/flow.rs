//! From blocks to rows: lines broken to a width, with the tags that say what they are.
//!
//! A row is what is never torn apart. Rows know nothing of sheets.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use krilla::tagging::{ListNumbering, TableHeaderScope, Tag, TagKind};
use proviso_rules::page::document::{Bars, Block, ListOf};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::PdfError;
use crate::face::{Faces, Run, Which};

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
const CELL: Style = Style::new(Which::Plain, 8.0, 11.0);
const CELL_HEAD: Style = Style::new(Which::Bold, 8.0, 11.0);
pub(super) const SHEET: Style = Style::new(Which::Plain, 7.5, 10.0);

const INDENT: f32 = 12.0;
/// How far a space sets in a line of the court's words.
const SPACE: f32 = 3.0;
/// What lies between two columns of entries.
const COLUMN: f32 = 14.0;
/// How wide a term is beside its meaning.
const TERM: f32 = 105.0;
/// Between columns of a table.
const BETWEEN: f32 = 7.0;
/// Of a line with a bar: where the bar begins, and how much is left for words behind it.
const BAR_FROM: f32 = 70.0;
const BAR_WORDS: f32 = 130.0;

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
}

impl Mark {
    const fn x(&self) -> f32 {
        match self {
            Self::Words { x, .. } => *x,
            Self::Blank { from, .. } | Self::Filled { from, .. } => *from,
            Self::Over { .. } | Self::Rule { .. } => 0.0,
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
            Block::Table { head, shares, rows } => self.table(head, shares, rows, width),
            Block::Bars(bars) => self.bars(bars, width),
        }
    }

    /// A row of cells is never torn apart if it fits on any sheet; the first row follows the head.
    fn table(
        &mut self,
        head: &[String],
        shares: &[u16],
        rows: &[Vec<String>],
        width: f32,
    ) -> Result<(Chunk, Tree), PdfError> {
        let whole: f32 = shares.iter().copied().map(f32::from).sum();
        let mut right = 0.0;
        let mut columns = Vec::new();
        for share in shares {
            let wide = width * f32::from(*share) / whole.max(1.0);
            columns.push((right, (wide - BETWEEN).max(BETWEEN)));
            right += wide;
        }
        let mut chunk = Chunk::new();
        let mut trees = Vec::new();
        for (at, cells) in std::iter::once(head)
            .chain(rows.iter().map(Vec::as_slice))
            .enumerate()
        {
            let mut all = Chunk::new();
            let mut tags = Vec::new();
            for (cell, (x, wide)) in cells.iter().zip(&columns) {
                let (style, tag): (_, TagKind) = if at == 0 {
                    (CELL_HEAD, Tag::TH(TableHeaderScope::Column).into())
                } else {
                    (CELL, Tag::TD.into())
                };
                let (some, leaf) = self.lines(cell, style, *x, *wide)?;
                all = beside(all, some);
                tags.push(Tree::Group(tag, vec![Tree::Leaf(leaf)]));
            }
            space(&mut all, 4.0);
            together(&mut all);
            if let Some(first) = all.first_mut() {
                first.marks.push(Mark::Rule { to: width });
            }
            if at == 0 {
                for row in &mut all {
                    row.keep = true;
                }
            }
            chunk.append(&mut all);
            trees.push(Tree::Group(Tag::TR.into(), tags));
        }
        Ok((chunk, Tree::Group(Tag::Table.into(), trees)))
    }

    /// The longest bar is as wide as there is room; what it stands for is said in words behind it.
    fn bars(&mut self, bars: &[Bars], width: f32) -> Result<(Chunk, Tree), PdfError> {
        let most = bars.iter().map(|one| one.count).max().unwrap_or(0).max(1);
        let room = width - BAR_FROM - BAR_WORDS;
        let mut chunk = Chunk::new();
        let mut items = Vec::new();
        for one in bars {
            #[expect(clippy::cast_precision_loss, reason = "a bar need not be exact")]
            let wide = room * (one.count as f32 / most as f32);
            let (left, label) = self.lines(&one.label, CELL, 0.0, BAR_FROM - 4.0)?;
            let from = BAR_FROM + wide + 6.0;
            let (words, meaning) = self.lines(&one.words, CELL, from, width - from)?;
            let mut some = beside(left, words);
            if let Some(first) = some.first_mut()
                && one.count > 0
            {
                let to = BAR_FROM + wide.max(1.0);
                first.marks.push(Mark::Filled { from: BAR_FROM, to });
            }
            space(&mut some, 2.0);
            together(&mut some);
            chunk.append(&mut some);
            items.push(Tree::Group(
                Tag::LI.into(),
                vec![
                    Tree::Group(Tag::Lbl.into(), vec![Tree::Leaf(label)]),
                    Tree::Group(Tag::LBody.into(), vec![Tree::Leaf(meaning)]),
                ],
            ));
        }
        Ok((
            chunk,
            Tree::Group(Tag::L(ListNumbering::None).into(), items),
        ))
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

    fn terms(&mut self, terms: &[(String, String)], width: f32) -> Result<(Chunk, Tree), PdfError> {
        let mut rows = Chunk::new();
        let mut items = Vec::new();
        for (term, meaning) in terms {
            let (left, term) = self.lines(term, STRONG, 0.0, TERM - INDENT)?;
            let (right, meaning) = self.lines(meaning, BODY, TERM, width - TERM)?;
            let mut some = beside(left, right);
            space(&mut some, 5.0);
            together(&mut some);
            rows.append(&mut some);
            items.push(Tree::Group(
                Tag::LI.into(),
                vec![
                    Tree::Group(Tag::Lbl.into(), vec![Tree::Leaf(term)]),
                    Tree::Group(Tag::LBody.into(), vec![Tree::Leaf(meaning)]),
                ],
            ));
        }
        Ok((rows, Tree::Group(Tag::L(ListNumbering::None).into(), items)))
    }

    fn list(
        &mut self,
        intro: Option<&str>,
        kind: ListOf,
        items: &[String],
        width: f32,
    ) -> Result<(Chunk, Tree), PdfError> {
        let (style, colour) = match kind {
            ListOf::Statements => (BODY, None),
            ListOf::Flagged => (STRONG, Some(Colour::Flagged)),
            ListOf::NotFlagged => (STRONG, Some(Colour::NotFlagged)),
            ListOf::CannotTell => (STRONG, Some(Colour::CannotTell)),
        };
        let left = if colour.is_some() { INDENT } else { 0.0 };
        let mut rows = Chunk::new();
        let mut trees = Vec::new();
        if let Some(intro) = intro {
            let (mut some, tree) = self.tagged(Tag::P, intro, style, left, width - left)?;
            for row in &mut some {
                row.keep = true;
            }
            rows.append(&mut some);
            trees.push(tree);
        }
        let mut entries = Vec::new();
        for item in items {
            let (dot, bullet) = self.lines("•", BODY, left, INDENT)?;
            let inner = left + INDENT;
            let (some, words) = self.lines(item, BODY, inner, width - inner)?;
            let mut some = beside(dot, some);
            space(&mut some, 2.0);
            together(&mut some);
            rows.append(&mut some);
            entries.push(Tree::Group(
                Tag::LI.into(),
                vec![
                    Tree::Group(Tag::Lbl.into(), vec![Tree::Leaf(bullet)]),
                    Tree::Group(Tag::LBody.into(), vec![Tree::Leaf(words)]),
                ],
            ));
        }
        trees.push(Tree::Group(Tag::L(ListNumbering::Disc).into(), entries));
        space(&mut rows, 6.0);
        if let Some(colour) = colour {
            bar(&mut rows, colour);
        }
        Ok((rows, Tree::Group(Tag::Div.into(), trees)))
    }

    /// In as many columns as fit, row by row, as they are heard.
    fn entries(&mut self, entries: &[String], width: f32) -> Result<(Chunk, Tree), PdfError> {
        let face = self.faces.get(BODY.which);
        let mut widest = 0.0_f32;
        for entry in entries {
            widest = widest.max(face.run(entry)?.width * BODY.size);
        }
        let fits = |columns: &&u8| {
            let columns = f32::from(**columns);
            (widest + COLUMN) * columns - COLUMN <= width - INDENT
        };
        let columns = [4_u8, 3, 2].iter().find(fits).copied().unwrap_or(1);
        let step = (width - INDENT + COLUMN) / f32::from(columns);
        let mut rows = Chunk::new();
        let mut items = Vec::new();
        for some in entries.chunks(columns.into()) {
            let mut row = Chunk::new();
            let mut x = INDENT;
            for entry in some {
                let (cell, leaf) = self.lines(entry, BODY, x, step - COLUMN)?;
                row = beside(row, cell);
                let body = Tree::Group(Tag::LBody.into(), vec![Tree::Leaf(leaf)]);
                items.push(Tree::Group(Tag::LI.into(), vec![body]));
                x += step;
            }
            together(&mut row);
            rows.append(&mut row);
        }
        space(&mut rows, 3.0);
        Ok((rows, Tree::Group(Tag::L(ListNumbering::None).into(), items)))
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

    /// Lines with one tag around them.
    fn tagged(
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
    fn lines(
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
pub(super) fn broken(
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
fn beside(left: Chunk, right: Chunk) -> Chunk {
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

fn space(rows: &mut Chunk, before: f32) {
    if let Some(first) = rows.first_mut() {
        first.before = before;
    }
}

fn together(rows: &mut Chunk) {
    let count = rows.len();
    for row in rows.iter_mut().take(count.saturating_sub(1)) {
        row.keep = true;
    }
}

fn bar(rows: &mut Chunk, colour: Colour) {
    for (at, row) in rows.iter_mut().enumerate() {
        row.bar = Some(Bar {
            colour,
            joined: at > 0,
        });
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
