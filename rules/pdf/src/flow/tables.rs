//! Tables and charts.

use krilla::tagging::{ListNumbering, TableHeaderScope, Tag, TagKind};
use proviso_rules::page::document::{Bars, Part};

use super::lines::{beside, space, together};
use super::lists::item;
use super::{Chunk, Flow, Mark, Row, Style, Tree};
use crate::PdfError;
use crate::face::Which;

const CELL: Style = Style::new(Which::Plain, 8.0, 11.0);
const CELL_HEAD: Style = Style::new(Which::Bold, 8.0, 11.0);
/// Between columns of a table.
const BETWEEN: f32 = 7.0;
/// Of a line with a bar: where the bar begins, and how much is left for words behind it.
const BAR_FROM: f32 = 70.0;
const BAR_WORDS: f32 = 130.0;
/// The height of a strip, and the least width of a part of one.
const STRIP: f32 = 15.0;
const LEAST: f32 = 1.0;

impl Flow<'_> {
    /// A row of cells is never torn apart if it fits on any sheet, nor from its strip; the first row
    /// follows the head.
    pub(super) fn table(
        &mut self,
        head: &[String],
        shares: &[u16],
        (rows, strips): (&[Vec<String>], &[Vec<Part>]),
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
            if let Some(strip) = at.checked_sub(1).and_then(|at| strips.get(at)) {
                all.push(drawn(strip, width));
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
    pub(super) fn bars(&mut self, bars: &[Bars], width: f32) -> Result<(Chunk, Tree), PdfError> {
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
            items.push(item(label, meaning));
        }
        Ok((
            chunk,
            Tree::Group(Tag::L(ListNumbering::None).into(), items),
        ))
    }
}

/// A row without words.
fn drawn(strip: &[Part], width: f32) -> Row {
    let place = |thousandths: u16| width * f32::from(thousandths.min(1_000)) / 1_000.0;
    let marks = strip.iter().map(|part| {
        let from = place(part.from);
        Mark::Part {
            from,
            to: place(part.to).max((from + LEAST).min(width)),
            stands: part.stands,
        }
    });
    Row {
        before: 0.0,
        height: STRIP,
        keep: false,
        marks: std::iter::once(Mark::Ground { to: width })
            .chain(marks)
            .collect(),
        bar: None,
    }
}
