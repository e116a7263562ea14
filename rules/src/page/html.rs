//! The page as HTML: for screens of any size, for screen readers, and for a printer.
//!
//! Promises: WCAG 2.2 AA; headings in order; it can be read at 320 pixels and at 200 % without
//! scrolling sideways; on paper no rule is torn apart that fits on one sheet, and each sheet says
//! of which order and which clause it is.
//!
//! Refuses: scripts, and anything from elsewhere. Each string goes through [`escape`], and none
//! into an attribute.

use super::document::{Block, Court, Document, LANGUAGE, ListOf, Section};

/// The style sheet. Everything in it is below `.proviso-order`, the sheets of paper apart.
pub const STYLE: &str = include_str!("style.css");

/// A page of its own.
pub(super) fn page(page: &Document) -> String {
    let title = escape(&page.title);
    let mut out = Writer::new(1);
    out.push(&format!(
        "<!DOCTYPE html>\n<html lang=\"{LANGUAGE}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{}</style>\n</head>\n\
         <body class=\"proviso-order\">\n\
         <a class=\"skip\" href=\"#order-sections\">Skip the contents</a>\n",
        running_head(&page.sheet)
    ));
    out.head(page);
    out.push("<main id=\"order-sections\">\n");
    out.sections(&page.sections);
    out.push("</main>\n</body>\n</html>\n");
    out.text
}

/// A part of another page.
pub(super) fn fragment(page: &Document) -> String {
    let mut out = Writer::new(2);
    out.push(&format!(
        "<article class=\"proviso-order\" lang=\"{LANGUAGE}\" aria-labelledby=\"order-title\">\n"
    ));
    out.head(page);
    out.sections(&page.sections);
    out.push("</article>\n");
    out.text
}

/// Puts the name of the order on each sheet of paper.
fn running_head(sheet: &str) -> String {
    let sheet: String = sheet
        .chars()
        .map(|c| match c {
            ' ' | ',' => c.to_string(),
            c if c.is_ascii_alphanumeric() => c.to_string(),
            c => format!("\\{:06x}", u32::from(c)),
        })
        .collect();
    format!("@page {{ @top-left {{ content: \"{sheet}\"; }} }}\n")
}

/// Text that no browser takes for markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// HTML as it grows.
struct Writer {
    text: String,
    /// The level of the title.
    top: usize,
}

impl Writer {
    const fn new(top: usize) -> Self {
        Self {
            text: String::new(),
            top,
        }
    }

    fn push(&mut self, markup: &str) {
        self.text.push_str(markup);
    }

    /// An element with one line of text.
    fn element(&mut self, start: &str, words: &str, end: &str) {
        self.push(&format!("<{start}>{}</{end}>\n", escape(words)));
    }

    fn head(&mut self, page: &Document) {
        self.push("<header>\n");
        for mark in &page.marks {
            self.element("p class=\"mark\"", mark, "p");
        }
        let level = self.top;
        self.element(
            &format!("h{level} id=\"order-title\""),
            &page.title,
            &format!("h{level}"),
        );
        self.blocks(&page.head);
        self.push("</header>\n<nav aria-label=\"Contents\">\n<ul>\n");
        for (number, section) in page.sections.iter().enumerate() {
            self.push(&format!(
                "<li><a href=\"#order-{number}\">{}</a></li>\n",
                escape(&section.heading)
            ));
        }
        self.push("</ul>\n</nav>\n");
    }

    fn sections(&mut self, sections: &[Section]) {
        let level = self.top + 1;
        for (number, section) in sections.iter().enumerate() {
            let signed = |block: &Block| matches!(block, Block::Signature { .. });
            let class = if section.court.is_some() {
                " class=\"clause\""
            } else if section.blocks.iter().any(signed) {
                " class=\"signing\""
            } else {
                ""
            };
            self.push(&format!(
                "<section{class} aria-labelledby=\"order-{number}\">\n"
            ));
            self.element(
                &format!("h{level} id=\"order-{number}\""),
                &section.heading,
                &format!("h{level}"),
            );
            match &section.court {
                Some(court) => self.beside(court, &section.blocks),
                None => self.blocks(&section.blocks),
            }
            self.push("</section>\n");
        }
    }

    /// The court's words on the left, what software does with them on the right.
    fn beside(&mut self, court: &Court, blocks: &[Block]) {
        self.push("<div class=\"sides\">\n<div class=\"court\">\n");
        self.element("p class=\"label\"", &court.label, "p");
        self.push("<blockquote dir=\"auto\">\n");
        for paragraph in paragraphs(&court.words) {
            let lines: Vec<String> = paragraph.iter().map(|line| indented(line)).collect();
            self.push(&format!("<p>{}</p>\n", lines.join("<br>\n")));
        }
        self.push("</blockquote>\n</div>\n<div class=\"checks\">\n");
        if !blocks.is_empty() {
            self.element("p class=\"label\"", &court.beside, "p");
        }
        self.blocks(blocks);
        self.push("</div>\n</div>\n");
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph(words) => self.element("p", words, "p"),
            Block::Lead(words) => self.element("p class=\"lead\"", words, "p"),
            Block::Code(words) => {
                self.push(&format!(
                    "<p class=\"code\"><code>{}</code></p>\n",
                    escape(words)
                ));
            }
            Block::Terms(terms) => {
                self.push("<dl>\n");
                for (term, meaning) in terms {
                    self.push("<div>\n");
                    self.element("dt", term, "dt");
                    self.element("dd", meaning, "dd");
                    self.push("</div>\n");
                }
                self.push("</dl>\n");
            }
            Block::List { intro, kind, items } => self.list(intro.as_deref(), *kind, items),
            Block::Entries(entries) => {
                self.push("<ul class=\"entries\">\n");
                for entry in entries {
                    self.element("li", entry, "li");
                }
                self.push("</ul>\n");
            }
            Block::Part { heading, blocks } => {
                let level = self.top + 2;
                self.push("<div class=\"part\">\n");
                self.element(&format!("h{level}"), heading, &format!("h{level}"));
                self.blocks(blocks);
                self.push("</div>\n");
            }
            Block::Signature { heading, lines } => {
                let level = self.top + 2;
                self.push("<div class=\"signature\">\n");
                self.element(&format!("h{level}"), heading, &format!("h{level}"));
                for line in lines {
                    self.push(&format!(
                        "<p><span>{}:</span><span class=\"line\"></span></p>\n",
                        escape(line)
                    ));
                }
                self.push("</div>\n");
            }
            Block::Table { head, rows, .. } => self.table(head, rows),
            Block::Bars(bars) => {
                let items: Vec<String> = bars
                    .iter()
                    .map(|one| format!("{}: {}", one.label, one.words))
                    .collect();
                self.list(None, ListOf::Statements, &items);
            }
        }
    }

    fn table(&mut self, head: &[String], rows: &[Vec<String>]) {
        self.push("<table>\n<thead>\n<tr>\n");
        for name in head {
            self.element("th scope=\"col\"", name, "th");
        }
        self.push("</tr>\n</thead>\n<tbody>\n");
        for row in rows {
            self.push("<tr>\n");
            for cell in row {
                self.element("td", cell, "td");
            }
            self.push("</tr>\n");
        }
        self.push("</tbody>\n</table>\n");
    }

    fn list(&mut self, intro: Option<&str>, kind: ListOf, items: &[String]) {
        let class = match kind {
            ListOf::Statements => "list",
            ListOf::Flagged => "list flagged",
            ListOf::NotFlagged => "list not-flagged",
            ListOf::CannotTell => "list cannot-tell",
        };
        self.push(&format!("<div class=\"{class}\">\n"));
        if let Some(intro) = intro {
            self.element("p", intro, "p");
        }
        self.push("<ul>\n");
        for item in items {
            self.element("li", item, "li");
        }
        self.push("</ul>\n</div>\n");
    }
}

/// A line that begins as far from the margin as in its text: browsers leave plain spaces out.
fn indented(line: &str) -> String {
    let words = line.trim_start();
    let spaces = line.chars().take_while(|c| c.is_whitespace());
    let mut out: String = spaces
        .map(|c| {
            if c == '\t' {
                "&nbsp;&nbsp;&nbsp;&nbsp;"
            } else {
                "&nbsp;"
            }
        })
        .collect();
    out.push_str(&escape(words));
    out
}

/// The lines of a text, apart where a line is empty.
fn paragraphs(text: &str) -> Vec<Vec<&str>> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines
        .split(|line| line.is_empty())
        .filter(|lines| !lines.is_empty())
        .map(<[&str]>::to_vec)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_how_far_they_are_set_in() {
        let text = "\nYou must not:\n  (a) go <there>;\n\t(b) stay.  \n\nNor:\n\n";
        let shown: Vec<Vec<String>> = paragraphs(text)
            .iter()
            .map(|lines| lines.iter().map(|line| indented(line)).collect())
            .collect();
        assert_eq!(
            shown,
            [
                vec![
                    "You must not:",
                    "&nbsp;&nbsp;(a) go &lt;there&gt;;",
                    "&nbsp;&nbsp;&nbsp;&nbsp;(b) stay."
                ],
                vec!["Nor:"]
            ]
        );
    }
}
