//! From rows to sheets of A4.
//!
//! What belongs together stays on one sheet if it fits on any; else it is cut between rows. Where a
//! clause goes on to another sheet, its heading stands there again.

use krilla::tagging::Tag;
use proviso_rules::page::Document;
use proviso_rules::page::document::{Block, Court, Section};

use crate::PdfError;
use crate::face::{Faces, Run};
use crate::flow::{Chunk, Flow, Leaf, Row, SECTION, Tree, broken};

/// A4, in points.
pub(super) const WIDTH: f32 = 595.28;
pub(super) const HEIGHT: f32 = 841.89;
pub(super) const MARGIN: f32 = 50.0;
/// How wide a line can be.
pub(super) const MEASURE: f32 = WIDTH - 2.0 * MARGIN;
const TOP: f32 = 62.0;
const BOTTOM: f32 = HEIGHT - 56.0;
/// The court's words, beside what software does with them: how wide they are, and how wide if they
/// are many.
const LEFT: f32 = 158.0;
const LEFT_OF_MANY: f32 = 236.0;
const MANY: usize = 900;
const GAP: f32 = 22.0;
/// The height of a heading that stands on a sheet again.
const AGAIN: f32 = 30.0;

/// The page on sheets.
pub(super) struct Paper {
    pub(super) sheets: Vec<Sheet>,
    pub(super) tree: Vec<Tree>,
    /// How many leaves the tree has.
    pub(super) leaves: Leaf,
    /// Where each section begins: its heading, the sheet, and how far down.
    pub(super) outline: Vec<(String, usize, f32)>,
}

/// One sheet.
#[derive(Default)]
pub(super) struct Sheet {
    /// The heading of a clause that began on an earlier one.
    pub(super) again: Option<Run>,
    pub(super) rows: Vec<Placed>,
}

/// A row in its place.
pub(super) struct Placed {
    pub(super) x: f32,
    /// Its upper edge.
    pub(super) y: f32,
    pub(super) row: Row,
}

/// Puts the whole page on sheets.
pub(super) fn lay_out(page: &Document, faces: &Faces) -> Result<Paper, PdfError> {
    let mut press = Press {
        flow: Flow::new(faces),
        faces,
        paper: Paper {
            sheets: vec![Sheet::default()],
            tree: Vec::new(),
            leaves: 0,
            outline: Vec::new(),
        },
        at: Place {
            sheet: 0,
            y: TOP,
            fresh: true,
        },
    };
    for mark in &page.marks {
        let (rows, tree) = press.flow.block(&Block::Lead(mark.clone()), MEASURE)?;
        press.paper.tree.push(tree);
        press.chunk(rows, MARGIN, None)?;
    }
    let (title, tree) = press.flow.heading(1, &page.title, MEASURE)?;
    press.paper.tree.push(tree);
    let trees = press.column(title, &page.head, MEASURE, MARGIN, None)?;
    press.paper.tree.extend(trees);
    for section in &page.sections {
        press.section(section)?;
    }
    press.paper.leaves = press.flow.leaves();
    Ok(press.paper)
}

/// Where the next row goes.
#[derive(Clone, Copy)]
struct Place {
    sheet: usize,
    y: f32,
    /// Nothing stands above it on its sheet.
    fresh: bool,
}

struct Press<'a> {
    flow: Flow<'a>,
    faces: &'a Faces,
    paper: Paper,
    at: Place,
}

impl Press<'_> {
    fn section(&mut self, section: &Section) -> Result<(), PdfError> {
        let (heading, tree) = self.flow.heading(2, &section.heading, MEASURE)?;
        let mut trees = vec![tree];
        match &section.court {
            None => {
                let from = self.paper.sheets.len();
                let rows = self.rows_so_far();
                trees.extend(self.column(heading, &section.blocks, MEASURE, MARGIN, None)?);
                self.remember(&section.heading, from, rows);
            }
            Some(court) => trees.extend(self.clause(section, court, heading)?),
        }
        self.paper
            .tree
            .push(Tree::Group(Tag::Section.into(), trees));
        Ok(())
    }

    /// The court's words on the left, what software does with them on the right.
    fn clause(
        &mut self,
        section: &Section,
        court: &Court,
        heading: Chunk,
    ) -> Result<Vec<Tree>, PdfError> {
        let measure = if court.words.len() > MANY {
            LEFT_OF_MANY
        } else {
            LEFT
        };
        let (mut words, label) = self.flow.label(&court.label, measure)?;
        let (mut rows, quote) = self.flow.court(&court.words, measure)?;
        words.append(&mut rows);
        let left = Tree::Group(Tag::Div.into(), vec![label, quote]);

        let width = MEASURE - measure - GAP;
        let mut trees = Vec::new();
        let mut label = Chunk::new();
        if !section.blocks.is_empty() {
            let (rows, tree) = self.flow.label(&court.beside, width)?;
            label = rows;
            trees.push(tree);
        }
        let mut chunks = Vec::new();
        trees.extend(self.chunks(label, &section.blocks, width, &mut chunks)?);

        // The heading is never alone at the foot of a sheet.
        let first = |rows: &[Row]| height(rows.get(..end_of_group(rows, 0)).unwrap_or_default());
        let beside = chunks.first().map_or(0.0, |chunk| {
            let whole = height(chunk);
            if height(&heading) + whole <= self.room(false) {
                whole
            } else {
                first(chunk)
            }
        });
        let need = height(&heading) + first(&words).max(beside);
        if !self.at.fresh && self.at.y + need > BOTTOM {
            self.turn(None)?;
        }
        let (from, before) = (self.paper.sheets.len(), self.rows_so_far());
        self.put_all(heading, MARGIN);
        self.remember(&section.heading, from, before);

        let again = Some(section.heading.as_str());
        let start = self.at;
        self.chunk(words, MARGIN, again)?;
        let end = std::mem::replace(&mut self.at, start);
        for chunk in chunks {
            self.chunk(chunk, MARGIN + measure + GAP, again)?;
        }
        if (end.sheet, end.y) > (self.at.sheet, self.at.y) {
            self.at = end;
        }
        trees = vec![left, Tree::Group(Tag::Div.into(), trees)];
        Ok(trees)
    }

    /// Blocks one below the other, with `first` above them.
    fn column(
        &mut self,
        first: Chunk,
        blocks: &[Block],
        width: f32,
        x: f32,
        again: Option<&str>,
    ) -> Result<Vec<Tree>, PdfError> {
        let mut chunks = Vec::new();
        let trees = self.chunks(first, blocks, width, &mut chunks)?;
        for chunk in chunks {
            self.chunk(chunk, x, again)?;
        }
        Ok(trees)
    }

    /// What stays on one sheet: a heading or a paragraph with the block after it, or with the first row
    /// of a table; code with the paragraph before it; the places to sign with all of their section.
    fn chunks(
        &mut self,
        first: Chunk,
        blocks: &[Block],
        width: f32,
        chunks: &mut Vec<Chunk>,
    ) -> Result<Vec<Tree>, PdfError> {
        let mut trees = Vec::new();
        let signed = blocks
            .iter()
            .any(|block| matches!(block, Block::Signature { .. }));
        let mut open = first;
        let mut joins = true;
        for block in blocks {
            let (mut rows, tree) = self.flow.block(block, width)?;
            trees.push(tree);
            let belongs = matches!(
                block,
                Block::Code(_) | Block::Entries(_) | Block::List { intro: None, .. }
            );
            if belongs && let Some(last) = open.last_mut() {
                last.keep = true;
            }
            if !(joins || signed || belongs) {
                chunks.push(std::mem::take(&mut open));
            }
            if matches!(block, Block::Table { .. } | Block::Bars(_)) {
                let mut rest = rows.split_off(end_of_group(&rows, 0));
                open.append(&mut rows);
                while !rest.is_empty() {
                    chunks.push(std::mem::take(&mut open));
                    let next = rest.split_off(end_of_group(&rest, 0));
                    open = std::mem::replace(&mut rest, next);
                }
            }
            open.append(&mut rows);
            joins = matches!(block, Block::Paragraph(_));
        }
        if !open.is_empty() {
            chunks.push(open);
        }
        Ok(trees)
    }

    /// Puts rows on this sheet, or on the next one, or on several.
    fn chunk(&mut self, rows: Chunk, x: f32, again: Option<&str>) -> Result<(), PdfError> {
        if self.at.y + self.needs(&rows) > BOTTOM && height(&rows) <= self.room(again.is_some()) {
            self.turn(again)?;
        }
        let mut rows = rows;
        while !rows.is_empty() {
            let rest = rows.split_off(end_of_group(&rows, 0));
            if self.at.y + self.needs(&rows) > BOTTOM && !self.at.fresh {
                self.turn(again)?;
            }
            for row in rows {
                if self.at.y + row.height > BOTTOM && !self.at.fresh {
                    self.turn(again)?;
                }
                self.put(row, x);
            }
            rows = rest;
        }
        Ok(())
    }

    fn put_all(&mut self, rows: Chunk, x: f32) {
        for row in rows {
            self.put(row, x);
        }
    }

    fn put(&mut self, row: Row, x: f32) {
        if !self.at.fresh {
            self.at.y += row.before;
        }
        let y = self.at.y;
        self.at.y += row.height;
        self.at.fresh = false;
        if let Some(sheet) = self.paper.sheets.get_mut(self.at.sheet) {
            sheet.rows.push(Placed { x, y, row });
        }
    }

    /// Goes on to the next sheet, which another column may have begun.
    fn turn(&mut self, again: Option<&str>) -> Result<(), PdfError> {
        self.at.sheet += 1;
        self.at.fresh = true;
        self.at.y = TOP;
        if self.at.sheet == self.paper.sheets.len() {
            self.paper.sheets.push(Sheet::default());
        }
        if let Some(heading) = again {
            self.at.y += AGAIN;
            let words = format!("{heading}, continued");
            let run = broken(&words, SECTION, MEASURE, self.faces)?
                .into_iter()
                .next();
            if let Some(sheet) = self.paper.sheets.get_mut(self.at.sheet) {
                sheet.again = run;
            }
        }
        Ok(())
    }

    /// The height of rows where they would go now.
    fn needs(&self, rows: &[Row]) -> f32 {
        let before = rows.first().map_or(0.0, |row| row.before);
        height(rows) + if self.at.fresh { 0.0 } else { before }
    }

    /// How much goes on an empty sheet.
    fn room(&self, again: bool) -> f32 {
        BOTTOM - TOP - if again { AGAIN } else { 0.0 }
    }

    fn rows_so_far(&self) -> usize {
        self.paper.sheets.last().map_or(0, |sheet| sheet.rows.len())
    }

    /// Notes where a section began: on the sheet that was the last, behind so many rows, or at the
    /// top of the next.
    fn remember(&mut self, heading: &str, sheets: usize, rows: usize) {
        let before = sheets.saturating_sub(1);
        let place = |sheet: usize, row: usize| {
            let row = self.paper.sheets.get(sheet)?.rows.get(row)?;
            Some((sheet, row.y))
        };
        if let Some((sheet, y)) = place(before, rows).or_else(|| place(sheets, 0)) {
            self.paper.outline.push((heading.to_owned(), sheet, y));
        }
    }
}

/// Without the space above the first.
fn height(rows: &[Row]) -> f32 {
    let first = rows.first().map_or(0.0, |row| row.before);
    rows.iter().map(|row| row.before + row.height).sum::<f32>() - first
}

/// The end of the rows from `start` that stay together.
fn end_of_group(rows: &[Row], start: usize) -> usize {
    rows.iter()
        .skip(start)
        .position(|row| !row.keep)
        .map_or(rows.len(), |at| start + at + 1)
}
