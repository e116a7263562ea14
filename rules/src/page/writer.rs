//! Lines of at most 80 columns.

use unicode_segmentation::UnicodeSegmentation as _;

const WIDTH: usize = 80;

/// Text as it grows.
pub(super) struct Writer(String);

impl Writer {
    pub(super) const fn new() -> Self {
        Self(String::new())
    }

    /// Everything, ended by one line feed.
    pub(super) fn text(self) -> String {
        let mut text = self.0.trim_end().to_owned();
        text.push('\n');
        text
    }

    pub(super) fn title(&mut self, words: &str) {
        self.line(0, words);
        self.line(0, &"=".repeat(columns(words).min(WIDTH)));
        self.gap();
    }

    pub(super) fn heading(&mut self, words: &str) {
        self.gap();
        self.line(0, words);
        self.line(0, &"-".repeat(columns(words).min(WIDTH)));
        self.gap();
    }

    /// One empty line, however often it is asked for.
    pub(super) fn gap(&mut self) {
        if !self.0.is_empty() && !self.0.ends_with("\n\n") {
            self.0.push('\n');
        }
    }

    /// A line as it is.
    pub(super) fn line(&mut self, indent: usize, words: &str) {
        let line = format!("{:indent$}{words}", "");
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }

    pub(super) fn paragraph(&mut self, indent: usize, words: &str) {
        self.wrap(&" ".repeat(indent), &" ".repeat(indent), words);
    }

    pub(super) fn item(&mut self, indent: usize, words: &str) {
        let first = format!("{:indent$}- ", "");
        self.wrap(&first, &" ".repeat(indent + 2), words);
    }

    /// Somebody's own words, line by line, marked.
    pub(super) fn quoted(&mut self, words: &str) {
        for line in words.trim().lines() {
            self.wrap("  | ", "  | ", line);
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
