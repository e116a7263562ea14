//! The page before it has a form: what it says, in which order, and nothing of how it looks.
//!
//! It is made once from the order, so that text, HTML and paper cannot say different things. A
//! writer puts each string out whole and in this order; it may add marks (a bullet, a line at the
//! side) and repeat headings for finding one's way, but no words of its own.

/// A whole page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What stands above everything: why nobody may sign this page or use it. Empty if they may.
    pub marks: Vec<String>,
    /// Its name, and the heading of the highest level.
    pub title: String,
    /// What each sheet of paper carries: which order it is a part of, and in short the marks.
    pub sheet: String,
    /// What stands before the first section.
    pub head: Vec<Block>,
    /// Its sections.
    pub sections: Vec<Section>,
}

/// The language of all that software adds to an order.
pub const LANGUAGE: &str = "en-GB";

/// A heading of the second level, and what stands below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// The court's own words, if the section is about some.
    pub court: Option<Court>,
    /// What stands below, or on the right of the court's words.
    pub blocks: Vec<Block>,
}

/// The court's own words. They stand on the left of what software does with them, and are marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Court {
    /// What stands above them.
    pub label: String,
    /// The words, line by line as in the order.
    pub words: String,
    /// What stands above the blocks beside them, if there are any.
    pub beside: String,
}

/// One piece of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(String),
    /// The sentence that matters most in its part.
    Lead(String),
    /// What a machine must read letter by letter: a hash, a command.
    Code(String),
    /// Words and what they mean.
    Terms(Vec<(String, String)>),
    /// Several of a kind. Without an introduction it belongs to the paragraph before it.
    List {
        /// The sentence before it.
        intro: Option<String>,
        /// What the items are.
        kind: ListOf,
        /// At least one.
        items: Vec<String>,
    },
    /// What is on a list, in columns: short, and many. It belongs to the paragraph before it.
    Entries(Vec<String>),
    /// A heading of the third level, and what stands below it.
    Part {
        /// The heading.
        heading: String,
        /// What stands below.
        blocks: Vec<Self>,
    },
    /// A place where somebody signs on paper.
    Signature {
        /// Who signs.
        heading: String,
        /// What that person writes, each with a line to write on.
        lines: Vec<String>,
    },
    /// Rows of cells below their names.
    Table {
        /// The name of each column.
        head: Vec<String>,
        /// How wide each column is, as a share of all.
        shares: Vec<u16>,
        /// As many cells as there are columns, in each row.
        rows: Vec<Vec<String>>,
        /// What is drawn below each row; none: nothing. It shows nothing that the cells do not say.
        strips: Vec<Vec<Part>>,
    },
    /// A chart of bars.
    Bars(Vec<Bars>),
}

/// One line of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bars {
    /// What it is about.
    pub label: String,
    /// How long the bar is.
    pub count: u64,
    /// The same in words.
    pub words: String,
}

/// A part of a strip that shows how a day went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it begins, in thousandths of the strip.
    pub from: u16,
    /// Where it ends.
    pub to: u16,
    /// What it stands for.
    pub stands: Stands,
}

/// How a computer stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Monitored.
    Monitored,
    /// Switched off or asleep.
    Off,
    /// Not watched, and nothing explains it.
    Dark,
    /// Nobody was to watch.
    Outside,
}

/// What the items of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOf {
    /// Statements.
    Statements,
    /// Examples that a rule would flag.
    Flagged,
    /// Examples that a rule would not flag.
    NotFlagged,
    /// Examples of which a rule could not tell.
    CannotTell,
}

impl Block {
    /// A paragraph.
    pub(super) fn paragraph(words: impl Into<String>) -> Self {
        Self::Paragraph(words.into())
    }

    /// Statements below a sentence.
    pub(super) fn list(intro: impl Into<String>, items: Vec<String>) -> Self {
        Self::List {
            intro: Some(intro.into()),
            kind: ListOf::Statements,
            items,
        }
    }
}

impl Document {
    /// The same page with other words.
    #[must_use]
    pub fn map_words(mut self, map: &dyn Fn(&str) -> String) -> Self {
        let each = |words: &mut String| *words = map(words);
        self.marks.iter_mut().for_each(each);
        each(&mut self.title);
        each(&mut self.sheet);
        self.head.iter_mut().for_each(|block| block.each(&each));
        for section in &mut self.sections {
            each(&mut section.heading);
            if let Some(court) = &mut section.court {
                each(&mut court.label);
                each(&mut court.words);
                each(&mut court.beside);
            }
            section
                .blocks
                .iter_mut()
                .for_each(|block| block.each(&each));
        }
        self
    }
}

impl Block {
    fn each(&mut self, each: &dyn Fn(&mut String)) {
        match self {
            Self::Paragraph(words) | Self::Lead(words) | Self::Code(words) => each(words),
            Self::Terms(terms) => {
                for (term, meaning) in terms {
                    each(term);
                    each(meaning);
                }
            }
            Self::Entries(entries) => entries.iter_mut().for_each(each),
            Self::List { intro, items, .. } => {
                intro.iter_mut().chain(items).for_each(each);
            }
            Self::Part { heading, blocks } => {
                each(heading);
                blocks.iter_mut().for_each(|block| block.each(each));
            }
            Self::Signature { heading, lines } => {
                each(heading);
                lines.iter_mut().for_each(each);
            }
            Self::Table { head, rows, .. } => {
                head.iter_mut()
                    .chain(rows.iter_mut().flatten())
                    .for_each(each);
            }
            Self::Bars(bars) => {
                for one in bars {
                    each(&mut one.label);
                    each(&mut one.words);
                }
            }
        }
    }
}
