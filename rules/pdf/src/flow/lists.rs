//! Lists: of terms with their meanings, of statements, of many short entries.

use krilla::tagging::{ListNumbering, Tag};
use proviso_rules::page::document::ListOf;

use super::lines::{bar, beside, space, together};
use super::{BODY, Chunk, Colour, Flow, INDENT, Leaf, STRONG, Tree};
use crate::PdfError;

/// What lies between two columns of entries.
const COLUMN: f32 = 14.0;
/// How wide a term is beside its meaning.
const TERM: f32 = 105.0;

impl Flow<'_> {
    pub(super) fn terms(
        &mut self,
        terms: &[(String, String)],
        width: f32,
    ) -> Result<(Chunk, Tree), PdfError> {
        let mut rows = Chunk::new();
        let mut items = Vec::new();
        for (term, meaning) in terms {
            let (left, term) = self.lines(term, STRONG, 0.0, TERM - INDENT)?;
            let (right, meaning) = self.lines(meaning, BODY, TERM, width - TERM)?;
            let mut some = beside(left, right);
            space(&mut some, 5.0);
            together(&mut some);
            rows.append(&mut some);
            items.push(item(term, meaning));
        }
        Ok((rows, Tree::Group(Tag::L(ListNumbering::None).into(), items)))
    }

    pub(super) fn list(
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
        for statement in items {
            let (dot, bullet) = self.lines("•", BODY, left, INDENT)?;
            let inner = left + INDENT;
            let (some, words) = self.lines(statement, BODY, inner, width - inner)?;
            let mut some = beside(dot, some);
            space(&mut some, 2.0);
            together(&mut some);
            rows.append(&mut some);
            entries.push(item(bullet, words));
        }
        trees.push(Tree::Group(Tag::L(ListNumbering::Disc).into(), entries));
        space(&mut rows, 6.0);
        if let Some(colour) = colour {
            bar(&mut rows, colour);
        }
        Ok((rows, Tree::Group(Tag::Div.into(), trees)))
    }

    /// In as many columns as fit, row by row, as they are heard.
    pub(super) fn entries(
        &mut self,
        entries: &[String],
        width: f32,
    ) -> Result<(Chunk, Tree), PdfError> {
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
}

/// An item with what stands before it.
pub(super) fn item(label: Leaf, body: Leaf) -> Tree {
    Tree::Group(
        Tag::LI.into(),
        vec![
            Tree::Group(Tag::Lbl.into(), vec![Tree::Leaf(label)]),
            Tree::Group(Tag::LBody.into(), vec![Tree::Leaf(body)]),
        ],
    )
}
