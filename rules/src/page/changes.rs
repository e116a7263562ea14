//! What a version of an order has changed, in the words of its page.
//!
//! Promises: whatever the page says of the order, of its clauses, rules, exemptions and lists is
//! compared with what the page of the other version says, line by line, so that nothing which stands on
//! one of them only is passed over. Line breaks and the order of things do not count. Refuses: to show what is on lists that the page does
//! not show.

use super::document::{Block, Section};
use super::rule::rule;
use super::{Lists, annex, compose, person};
use crate::order::Order;

/// A part of a page that has a name of its own.
struct Piece {
    /// `Rule 4.a`.
    name: String,
    lines: Vec<String>,
}

/// The section.
pub(super) fn section(before: &Order, now: &Order, lists: Lists<'_>) -> Section {
    let mut blocks = vec![
        Block::paragraph(format!(
            "This version is compared with version {} of order {}. The SHA-256 of that file is",
            before.version(),
            before.id()
        )),
        Block::Code(before.digest().to_string()),
    ];
    if let Some(other) = now.replaces().filter(|one| one.sha256 != before.digest()) {
        blocks.push(Block::paragraph(format!(
            "That is not the file whose place this version takes: the SHA-256 of that one is {}.",
            other.sha256
        )));
    }
    let (old, new) = (pieces(before, lists), pieces(now, lists));
    let first = blocks.len();
    for piece in &new {
        let was = old.iter().find(|one| one.name == piece.name);
        blocks.extend(match was {
            None => Some(part(
                &piece.name,
                "is new",
                [("It says:", piece.lines.clone())],
            )),
            Some(was) => changed(was, piece),
        });
    }
    for piece in &old {
        if new.iter().all(|one| one.name != piece.name) {
            let all = [("It said:", piece.lines.clone())];
            blocks.push(part(&piece.name, "is taken out", all));
        }
    }
    if blocks.len() == first {
        blocks.push(Block::paragraph(
            "Both pages say the same of the order, of its clauses, rules, exemptions and lists.",
        ));
    }
    Section {
        heading: format!("What has changed since version {}", before.version()),
        court: None,
        blocks,
    }
}

impl Piece {
    fn new(name: impl Into<String>, blocks: &[Block]) -> Self {
        let mut lines = Vec::new();
        said(blocks, &mut lines);
        Self {
            name: name.into(),
            lines,
        }
    }

    /// The lines that the other has not.
    fn without(&self, other: &Self) -> Vec<String> {
        let mut rest = other.lines.clone();
        let mut lines = self.lines.clone();
        // A line that stands there twice and once in the other stands there once more.
        lines.retain(|line| match rest.iter().position(|one| one == line) {
            Some(at) => {
                rest.swap_remove(at);
                false
            }
            None => true,
        });
        lines
    }
}

/// What is different in a piece that both have.
fn changed(was: &Piece, is: &Piece) -> Option<Block> {
    let (gone, new) = (was.without(is), is.without(was));
    (!gone.is_empty() || !new.is_empty()).then(|| {
        let words = [("No longer there:", gone), ("There instead:", new)];
        part(&is.name, "has changed", words)
    })
}

fn part<const N: usize>(name: &str, what: &str, lists: [(&str, Vec<String>); N]) -> Block {
    let lists = lists.into_iter().filter(|(_, lines)| !lines.is_empty());
    Block::Part {
        heading: format!("{name} {what}"),
        blocks: lists
            .map(|(intro, lines)| Block::list(intro, lines))
            .collect(),
    }
}

/// All that the page of an order says of it, but its number and what is so under every order.
fn pieces(order: &Order, lists: Lists<'_>) -> Vec<Piece> {
    let head = [compose::terms(order), compose::paper(order)].concat();
    let mut pieces = vec![
        Piece::new("The head of the order", &head),
        Piece::new("What may be recorded", &compose::recorded(order).blocks),
        Piece::new("What the person must know", &person::section(order).blocks),
    ];
    if !order.suspensions().is_empty() {
        let suspended = compose::suspended(order);
        pieces.push(Piece::new("The suspension", &suspended.blocks));
    }
    for clause in order.clauses() {
        let words = format!("The court's words: {}", flat(&clause.text));
        let mut blocks = vec![Block::Paragraph(words)];
        blocks.extend(compose::whole(clause));
        blocks.extend(compose::unchecked(order, clause));
        pieces.push(Piece::new(format!("Clause {}", clause.id), &blocks));
    }
    for one in order.rules() {
        let below = format!("It belongs to clause {}.", one.clause);
        let blocks = [rule(order, one), Block::Paragraph(below)];
        pieces.push(Piece::new(format!("Rule {}", one.id), &blocks));
    }
    for exempt in order.exempts() {
        let block = compose::exempt(order, exempt);
        pieces.push(Piece::new(format!("Exemption {}", exempt.id), &[block]));
    }
    let annex = annex::annex(order, lists).map(|annex| annex.blocks);
    for (pin, block) in order.lists().iter().zip(annex.into_iter().flatten()) {
        pieces.push(Piece::new(format!("List {}", pin.name), &[block]));
    }
    pieces
}

/// The lines of blocks, each of which says by itself what it says.
fn said(blocks: &[Block], lines: &mut Vec<String>) {
    for (number, block) in blocks.iter().enumerate() {
        let next = blocks.get(number.saturating_add(1));
        match (block, next) {
            // How many there are is said above, and what they are below.
            (Block::Paragraph(_), Some(Block::Entries(_))) => {}
            (Block::Paragraph(words), Some(Block::Code(code))) => {
                lines.push(format!("{words} {code}"));
            }
            (Block::Paragraph(words) | Block::Lead(words), _) => lines.push(words.clone()),
            (Block::Entries(entries), _) => {
                lines.extend(entries.iter().map(|entry| format!("On it: {entry}")));
            }
            (Block::List { intro, items, .. }, _) => {
                let intro = intro.as_deref().unwrap_or_default();
                let each = items.iter().map(|item| flat(&format!("{intro} {item}")));
                lines.extend(each);
            }
            (Block::Part { heading, blocks }, _) => {
                lines.push(heading.clone());
                said(blocks, lines);
            }
            (Block::Terms(terms), _) => {
                let each = terms
                    .iter()
                    .map(|(term, meaning)| format!("{term}: {meaning}"));
                lines.extend(each);
            }
            // It belongs to the paragraph before it, or an order has none.
            (
                Block::Code(_) | Block::Table { .. } | Block::Bars(_) | Block::Signature { .. },
                _,
            ) => {}
        }
    }
}

/// On one line.
fn flat(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
