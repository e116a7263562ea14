//! The lists of an order, as its annex: what is on each of them, or why that does not stand here.
//!
//! Promises: of a list that is shown, every entry of the file that the order fixes by its hash is
//! there, in its order, and nothing else. Refuses: to show a list that must never reach the person's
//! computer, for the person is given the page, and to show a file that is not the one that the order
//! fixes. What does not depend on the file does not change with it.

use super::Lists;
use super::document::{Block, Section};
use super::gloss::program;
use super::words::bare;
use crate::list;
use crate::order::{ListKind, ListPin, Order, Where, is_hidden};

/// How the annex is called where others point to it.
pub(super) const NAME: &str = "Annex A";
/// The most entries of a list that is shown in full.
pub(super) const MOST: u64 = 200;

/// Of one list: where a reader finds what is on it. It stands in brackets behind the list's name.
pub(super) fn pointer(pin: &ListPin) -> String {
    match shown(pin) {
        Shown::Whole => format!("listed in {NAME}"),
        Shown::Long => format!("too long to show, see {NAME}"),
        Shown::Withheld => format!("not shown, see {NAME}"),
    }
}

/// How much of a list stands on the page: for that the order alone counts.
enum Shown {
    Whole,
    Long,
    Withheld,
}

fn shown(pin: &ListPin) -> Shown {
    match pin.held {
        Where::Collector => Shown::Withheld,
        Where::Device if pin.count > MOST => Shown::Long,
        Where::Device => Shown::Whole,
    }
}

/// The annex; none if the order has no list.
pub(super) fn annex(order: &Order, lists: Lists<'_>) -> Option<Section> {
    let pins = order.lists();
    (!pins.is_empty()).then(|| Section {
        heading: format!("{NAME}: the lists"),
        court: None,
        blocks: pins.iter().map(|pin| part(order, pin, lists)).collect(),
    })
}

fn part(order: &Order, pin: &ListPin, lists: Lists<'_>) -> Block {
    let what = match pin.kind {
        ListKind::Domains => "sites, each with everything below it",
        ListKind::Words => "words and phrases",
        ListKind::Apps => "programs",
        ListKind::Hashes => "fingerprints of files",
    };
    let entries = if pin.count == 1 { "entry" } else { "entries" };
    let mut blocks = vec![Block::paragraph(format!(
        "It has {} {entries}: {what}.",
        pin.count
    ))];
    let mut say = |words: String| blocks.push(Block::Paragraph(words));
    if let Some(source) = &pin.source {
        say(format!("It comes from: {}.", bare(source)));
    }
    if let Some(updates) = &pin.updates {
        say(format!(
            "It can change without a new order. {}. Whoever changes it signs as {}.",
            bare(&updates.says),
            updates.by
        ));
    }
    say(format!("The SHA-256 of its file {} is", pin.file));
    blocks.push(Block::Code(pin.sha256.to_string()));
    blocks.extend(content(order, pin, lists));
    Block::Part {
        heading: format!("List {}", pin.name),
        blocks,
    }
}

/// What is on it.
fn content(order: &Order, pin: &ListPin, lists: Lists<'_>) -> Vec<Block> {
    let words = match shown(pin) {
        Shown::Whole => match entries(pin, lists) {
            Some(entries) => {
                let all = match entries.len() {
                    1 => "The one entry:".to_owned(),
                    count => format!("All of its {count} entries:"),
                };
                return vec![Block::paragraph(all), Block::Entries(entries)];
            }
            None => "What is on it cannot be shown: its file is not beside the order, or is not the \
                     list that the order fixes."
                .to_owned(),
        },
        Shown::Long => format!(
            "A list of more than {MOST} entries is not printed here. {} Whoever is given it can \
             compare the SHA-256 of its file with the one above.",
            match &order.notice().contact {
                Some(contact) => format!("To see all of it, ask: {}.", bare(contact)),
                None => "To see all of it, ask the offender manager.".to_owned(),
            }
        ),
        Shown::Withheld => "The order says that it is held only where the records are collected, and \
                            never goes to the person's computer. So what is on it is not shown here: \
                            the person is given this page too."
            .to_owned(),
    };
    vec![Block::Paragraph(words)]
}

/// All of them, if they are those that the order fixes.
fn entries(pin: &ListPin, lists: Lists<'_>) -> Option<Vec<String>> {
    let bytes = lists(&pin.sha256)?;
    let bytes = (*bytes).as_ref();
    if !list::check(pin, bytes).is_empty() {
        return None;
    }
    list::entries(bytes)
        .map(|entry| {
            let text = std::str::from_utf8(entry.text).ok()?;
            Some(match pin.kind {
                ListKind::Apps => visible(&program(text)),
                ListKind::Domains | ListKind::Words | ListKind::Hashes => visible(text),
            })
        })
        .collect()
}

/// With a name for each letter that nobody could see.
fn visible(entry: &str) -> String {
    let mut out = String::with_capacity(entry.len());
    for c in entry.chars() {
        if is_hidden(c) || c.is_control() {
            out += &format!("[U+{:04X}]", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests;
