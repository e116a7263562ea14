//! From sheets to the bytes of a file, with the tree of tags beside what is drawn.

use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{Metadata, TextDirection};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TagGroup, TagTree,
};
use krilla::{Document, SerializeSettings};
use proviso_rules::page::{
    self,
    document::{LANGUAGE, Stands},
};

use crate::PdfError;
use crate::face::{Faces, Run};
use crate::flow::{Colour, Leaf, Mark, SECTION, SHEET, Style, Tree, broken};
use crate::paper::{HEIGHT, MARGIN, MEASURE, Paper, Placed, Sheet, WIDTH};

/// How wide the bar beside the court's words is.
const BAR: f32 = 2.5;
/// Above and below a strip.
const ABOVE: f32 = 1.0;
const BELOW: f32 = 4.0;
/// The baseline of what each sheet carries at its head and at its foot.
const HEAD: f32 = 34.0;
const FOOT: f32 = HEIGHT - 30.0;

/// Draws all sheets.
pub(super) fn draw(
    page: &page::Document,
    paper: &Paper,
    faces: &Faces,
) -> Result<Vec<u8>, PdfError> {
    let configuration = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| PdfError::Write(format!("{error:?}")))?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        enable_tagging: true,
        ..SerializeSettings::default()
    });
    document.set_metadata(
        Metadata::new()
            .title(page.title.clone())
            .language(LANGUAGE.to_owned())
            .text_direction(TextDirection::LeftToRight),
    );
    let mut pen = Pen {
        faces,
        leaves: vec![Vec::new(); paper.leaves],
    };
    let count = paper.sheets.len();
    for (number, sheet) in paper.sheets.iter().enumerate() {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT)
            .ok_or_else(|| PdfError::Write("no such size of paper".to_owned()))?;
        let mut drawn = document.start_page_with(settings);
        let mut surface = drawn.surface();
        pen.around(&mut surface, page, sheet, number + 1, count)?;
        for placed in &sheet.rows {
            pen.row(&mut surface, placed);
        }
        surface.finish();
        drawn.finish();
    }
    let mut tree = TagTree::new().with_lang(Some(LANGUAGE.to_owned()));
    for one in &paper.tree {
        for node in nodes(one, &pen.leaves) {
            tree.push(node);
        }
    }
    document.set_tag_tree(tree);
    let mut outline = Outline::new();
    for (heading, sheet, y) in &paper.outline {
        let place = XyzDestination::new(*sheet, Point::from_xy(MARGIN, (y - 12.0).max(0.0)));
        outline.push_child(OutlineNode::new(heading.clone(), place));
    }
    document.set_outline(outline);
    Ok(document.finish()?)
}

/// The tree with what was drawn for its leaves.
fn nodes(tree: &Tree, leaves: &[Vec<Identifier>]) -> Vec<Node> {
    match tree {
        Tree::Leaf(leaf) => leaves
            .get(*leaf)
            .into_iter()
            .flatten()
            .map(|drawn| Node::Leaf(*drawn))
            .collect(),
        Tree::Group(tag, children) => {
            let children = children.iter().flat_map(|child| nodes(child, leaves));
            vec![Node::Group(TagGroup::with_children(
                tag.clone(),
                children.collect(),
            ))]
        }
    }
}

/// Draws, and keeps what was drawn for each leaf.
struct Pen<'a> {
    faces: &'a Faces,
    leaves: Vec<Vec<Identifier>>,
}

impl Pen<'_> {
    /// What is on a sheet beside the page's own words.
    fn around(
        &self,
        surface: &mut Surface<'_>,
        page: &page::Document,
        sheet: &Sheet,
        number: usize,
        count: usize,
    ) -> Result<(), PdfError> {
        let head = Artifact::with_kind(ArtifactType::Header);
        surface.start_tagged(ContentTag::Artifact(head));
        for (line, run) in broken(&page.sheet, SHEET, MEASURE, self.faces)?
            .iter()
            .enumerate()
        {
            #[expect(clippy::cast_precision_loss, reason = "two lines, or three")]
            let down = line as f32 * SHEET.leading;
            self.words(surface, MARGIN, HEAD + down, SHEET, run);
        }
        surface.end_tagged();

        let words = format!("Page {number} of {count}");
        let run = self.faces.get(SHEET.which).run(&words)?;
        let foot = Artifact::with_kind(ArtifactType::PageNumber);
        surface.start_tagged(ContentTag::Artifact(foot));
        let x = WIDTH - MARGIN - run.width * SHEET.size;
        self.words(surface, x, FOOT, SHEET, &run);
        surface.end_tagged();

        if let Some(run) = &sheet.again {
            let again = Artifact::with_kind(ArtifactType::Header);
            surface.start_tagged(ContentTag::Artifact(again));
            self.words(surface, MARGIN, HEAD + 40.0, SECTION, run);
            surface.end_tagged();
        }
        Ok(())
    }

    fn row(&mut self, surface: &mut Surface<'_>, placed: &Placed) {
        let (x, y, row) = (placed.x, placed.y, &placed.row);
        if let Some(bar) = row.bar {
            // Rows of the same list are drawn one after the other: the bar goes through.
            let up = if bar.joined { row.before } else { 0.0 };
            let colour = match bar.colour {
                Colour::Court => rgb::Color::new(11, 79, 138),
                Colour::Flagged => rgb::Color::new(154, 59, 0),
                Colour::NotFlagged => rgb::Color::new(31, 107, 69),
                Colour::CannotTell => rgb::Color::new(90, 90, 90),
            };
            line(surface, (x, y - up, BAR, row.height + up), colour);
        }
        for mark in &row.marks {
            match mark {
                Mark::Words {
                    x: right,
                    style,
                    run,
                    leaf,
                } => {
                    let drawn = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
                    let base = y + style.leading / 2.0 + style.size * 0.36;
                    self.words(surface, x + right, base, *style, run);
                    surface.end_tagged();
                    self.keep(*leaf, drawn);
                }
                Mark::Blank { from, to } => {
                    let place = (x + from, y + row.height - 3.0, to - from, 0.7);
                    line(surface, place, rgb::Color::new(27, 27, 27));
                }
                Mark::Rule { to } => {
                    line(
                        surface,
                        (x, y - 2.0, *to, 0.3),
                        rgb::Color::new(120, 120, 120),
                    );
                }
                Mark::Filled { from, to } => {
                    let place = (x + from, y + 2.0, to - from, row.height - 4.0);
                    line(surface, place, rgb::Color::new(11, 79, 138));
                }
                Mark::Ground { to } => {
                    let place = (x, y + ABOVE, *to, row.height - ABOVE - BELOW);
                    line(surface, place, rgb::Color::new(236, 239, 242));
                }
                Mark::Part { from, to, stands } => {
                    let (colour, share) = look(*stands);
                    let high = (row.height - ABOVE - BELOW) * share;
                    let top = y + row.height - BELOW - high;
                    line(surface, (x + from, top, to - from, high), colour);
                }
                Mark::Over { to } => {
                    line(surface, (x, y - 8.0, *to, 1.0), rgb::Color::new(27, 27, 27));
                }
            }
        }
    }

    fn keep(&mut self, leaf: Leaf, drawn: Identifier) {
        if let Some(all) = self.leaves.get_mut(leaf) {
            all.push(drawn);
        }
    }

    fn words(&self, surface: &mut Surface<'_>, x: f32, y: f32, style: Style, run: &Run) {
        surface.set_fill(Some(fill(rgb::Color::new(27, 27, 27))));
        surface.draw_glyphs(
            Point::from_xy(x, y),
            &run.glyphs,
            self.faces.get(style.which).font.clone(),
            &run.text,
            style.size,
            false,
        );
    }
}

/// Told apart by height too: not everybody sees colours, and not every printer has them.
fn look(stands: Stands) -> (rgb::Color, f32) {
    match stands {
        Stands::Monitored => (rgb::Color::new(47, 125, 79), 0.65),
        Stands::Off => (rgb::Color::new(154, 167, 179), 0.35),
        Stands::Dark => (rgb::Color::new(166, 30, 30), 1.0),
        Stands::Outside => (rgb::Color::new(81, 96, 110), 0.1),
    }
}

/// A filled box that says nothing: left, top, width, height.
fn line(surface: &mut Surface<'_>, place: (f32, f32, f32, f32), colour: rgb::Color) {
    let (x, y, width, height) = place;
    let Some(rect) = Rect::from_xywh(x, y, width, height) else {
        return;
    };
    let mut path = PathBuilder::new();
    path.push_rect(rect);
    if let Some(path) = path.finish() {
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(
            ArtifactType::Layout,
        )));
        surface.set_fill(Some(fill(colour)));
        surface.draw_path(&path);
        surface.end_tagged();
    }
}

fn fill(colour: rgb::Color) -> Fill {
    Fill {
        paint: colour.into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }
}
