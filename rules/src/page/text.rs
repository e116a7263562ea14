//! The page as plain text, for a terminal and for reading without any program.
//!
//! Promises: no line is longer than 80 columns, words that are longer themselves apart. The court's
//! words are marked with `|` and keep their lines.

use unicode_segmentation::UnicodeSegmentation as _;

use super::document::{Block, Document};

const WIDTH: usize = 80;
/// What lies between two columns of entries.
const GAP: usize = 3;

/// The whole page, ended by one line feed.
pub(super) fn write(page: &Document) -> String {
    let mut out = Writer::new();
    for mark in &page.marks {
        out.gap();
        out.paragraph(0, mark);
    }
    out.heading(&page.title, '=');
    out.spaced(0, &page.head);
    for section in &page.sections {
        out.heading(&section.heading, '-');
        if let Some(court) = &section.court {
            out.paragraph(2, &court.label);
            out.quoted(&court.words);
            if !section.blocks.is_empty() {
                out.gap();
                out.paragraph(2, &court.beside);
            }
        }
        out.spaced(2, &section.blocks);
    }
    out.finish()
}

/// Text as it grows.
struct Writer(String);

impl Writer {
    const fn new() -> Self {
        Self(String::new())
    }

    fn finish(self) -> String {
        let mut text = self.0.trim_end().to_owned();
        text.push('\n');
        text
    }

    /// Blocks with an empty line before each that does not belong to the one before it.
    fn spaced(&mut self, indent: usize, blocks: &[Block]) {
        for block in blocks {
            let belongs = matches!(
                block,
                Block::Code(_) | Block::Entries(_) | Block::List { intro: None, .. }
            );
            if !belongs {
                self.gap();
            }
            self.block(indent, block);
        }
    }

    fn block(&mut self, indent: usize, block: &Block) {
        match block {
            Block::Paragraph(words) | Block::Lead(words) => self.paragraph(indent, words),
            Block::Code(words) => self.line(indent + 4, words),
            Block::Terms(terms) => {
                for (term, meaning) in terms {
                    self.paragraph(indent, term);
                    self.paragraph(indent + 4, meaning);
                }
            }
            Block::List { intro, items, .. } => {
                if let Some(intro) = intro {
                    self.paragraph(indent, intro);
                }
                for item in items {
                    self.item(indent + 2, item);
                }
            }
            Block::Entries(entries) => self.entries(indent + 4, entries),
            Block::Part { heading, blocks } => {
                self.gap();
                self.paragraph(indent, heading);
                for block in blocks {
                    self.block(indent + 2, block);
                }
                self.gap();
            }
            Block::Table { head, rows, .. } => {
                for row in rows {
                    let named = head.iter().zip(row);
                    let cells: Vec<String> = named
                        .map(|(name, cell)| format!("{name}: {cell}"))
                        .collect();
                    self.item(indent + 2, &cells.join("; "));
                }
            }
            Block::Bars(bars) => {
                for one in bars {
                    self.item(indent + 2, &format!("{}: {}", one.label, one.words));
                }
            }
            Block::Signature { heading, lines } => {
                self.gap();
                self.paragraph(indent, heading);
                let label = lines.iter().map(|line| columns(line)).max().unwrap_or(0);
                for line in lines {
                    let space = label - columns(line) + 2;
                    let start = format!("{line}:{:space$}", "");
                    let rest = WIDTH.saturating_sub(indent + 2 + columns(&start));
                    self.gap();
                    self.line(indent + 2, &format!("{start}{}", "_".repeat(rest)));
                }
                self.gap();
            }
        }
    }

    fn heading(&mut self, words: &str, underline: char) {
        self.gap();
        self.line(0, words);
        let under = underline.to_string().repeat(columns(words).min(WIDTH));
        self.line(0, &under);
        self.gap();
    }

    /// One empty line, however often it is asked for.
    fn gap(&mut self) {
        if !self.0.is_empty() && !self.0.ends_with("\n\n") {
            self.0.push('\n');
        }
    }

    /// A line as it is.
    fn line(&mut self, indent: usize, words: &str) {
        let line = format!("{:indent$}{words}", "");
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }

    fn paragraph(&mut self, indent: usize, words: &str) {
        self.wrap(&" ".repeat(indent), &" ".repeat(indent), words);
    }

    fn item(&mut self, indent: usize, words: &str) {
        let first = format!("{:indent$}- ", "");
        self.wrap(&first, &" ".repeat(indent + 2), words);
    }

    /// In as many columns as fit, line by line.
    fn entries(&mut self, indent: usize, entries: &[String]) {
        let widest = entries.iter().map(|one| columns(one)).max().unwrap_or(0);
        let fit = (WIDTH.saturating_sub(indent) + GAP) / (widest + GAP);
        for some in entries.chunks(fit.max(1)) {
            match some {
                [one] => self.wrap(&" ".repeat(indent), &" ".repeat(indent + 2), one),
                more => {
                    let cells = more.iter().map(|one| {
                        let space = widest + GAP - columns(one);
                        format!("{one}{:space$}", "")
                    });
                    self.line(indent, &cells.collect::<String>());
                }
            }
        }
    }

    /// Somebody's own words, line by line, marked.
    fn quoted(&mut self, words: &str) {
        let lines = words.trim_end().lines();
        for line in lines.skip_while(|line| line.trim().is_empty()) {
            let spaces = line.chars().take_while(|c| c.is_whitespace());
            let indent: usize = spaces.map(|c| if c == '\t' { 4 } else { 1 }).sum();
            let start = format!("  | {:1$}", "", indent.min(WIDTH / 2));
            self.wrap(&start, &start, line);
        }
    }

    fn wrap(&mut self, first: &str, others: &str, words: &str) {
        let mut line = first.to_owned();
        let mut empty = true;
        for word in words.split_whitespace() {
            if !empty && columns(&line) + 1 + columns(word) > WIDTH {
                self.line(0, &line);
                others.clone_into(&mut line);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        self.line(0, &line);
    }
}

/// As many as a reader counts letters.
fn columns(text: &str) -> usize {
    text.graphemes(true).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_lines_keep_how_far_they_are_set_in() {
        let mut writer = Writer::new();
        writer.quoted("\nYou must not:\n  (a) go;\n\n\t(b) stay.\n\n");
        assert_eq!(
            writer.finish(),
            "  | You must not:\n  |   (a) go;\n  |\n  |     (b) stay.\n"
        );
    }

    #[test]
    fn wide_letters_and_long_words_stay_whole() {
        let mut writer = Writer::new();
        let long = "x".repeat(100);
        writer.paragraph(2, &format!("é {long} é"));
        assert_eq!(writer.finish(), format!("  é\n  {long}\n  é\n"));
    }
}
