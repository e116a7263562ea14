//! What the person whom the order is about must know to live under it.
//!
//! Promises: what depends on the order comes from its file, and where the file says nothing, the page
//! says that it does. All else is true of this software under any order.

use super::document::{Block, Section};
use super::words::{all_of, bare, several};
use crate::order::{Kept, KeptAfter, KeptUnit, Order, Over};

/// The section.
pub(super) fn section(order: &Order) -> Section {
    let part = |heading: &str, blocks: Vec<Block>| Block::Part {
        heading: heading.to_owned(),
        blocks,
    };
    let mut blocks = vec![
        part("Who sees the records", seen(order)),
        part("How long the records are kept", kept(order)),
        part("Whom to ask, and how to complain", ask(order)),
        part("How to see that monitoring runs", running()),
        part("How to declare a device or an account", declare(order)),
        part("If something is opened by mistake", mistake()),
    ];
    if let Some(kilobytes) = order.notice().metered_kilobytes {
        blocks.push(part("What is sent over a phone's link", metered(kilobytes)));
    }
    Section {
        heading: "What the person must know".to_owned(),
        court: None,
        blocks,
    }
}

fn seen(order: &Order) -> Vec<Block> {
    let notice = order.notice();
    let responsible = match &notice.controller {
        Some(controller) => format!("Responsible for the records: {}.", bare(controller)),
        None => "The order file does not say who is responsible for the records.".to_owned(),
    };
    let mut blocks = vec![Block::Paragraph(responsible)];
    if notice.seen_by.is_empty() {
        blocks.push(Block::paragraph(
            "The order file does not say who sees the records. They are made for the offender \
             manager, for whoever supervises that work, and for forensic staff. What becomes evidence \
             is seen by the court and by both sides.",
        ));
    } else {
        let items = notice.seen_by.iter().map(|one| format!("{}.", bare(one)));
        blocks.push(Block::list(
            "These people see the records:",
            items.collect(),
        ));
    }
    blocks.push(Block::paragraph(
        "Where the records are collected it is written down who looked at them.",
    ));
    blocks
}

fn kept(order: &Order) -> Vec<Block> {
    let words = match order.notice().kept {
        Some(kept) => format!(
            "{} Whoever is responsible for them sees to that: where the records are collected, \
             software deletes none by itself.",
            how_long(kept)
        ),
        None => "The order file does not say how long the records are kept. Where they are \
                 collected, software deletes none by itself."
            .to_owned(),
    };
    vec![Block::Paragraph(words)]
}

fn metered(kilobytes: u32) -> Vec<Block> {
    vec![Block::Paragraph(format!(
        "Over a link that is paid for by the byte, such as a phone's, the computer sends at most {} a \
         day. What it holds back goes out on another day or another link; what shows a possible \
         breach goes out all the same.",
        several(u64::from(kilobytes), "kilobyte")
    ))]
}

fn how_long(kept: Kept) -> String {
    let unit = match kept.unit {
        KeptUnit::Years => "year",
        KeptUnit::Months => "month",
        KeptUnit::Days => "day",
    };
    let length = several(u64::from(kept.count), unit);
    match kept.after {
        KeptAfter::Record => format!("Each record is kept for {length} after it was made."),
        KeptAfter::Order => format!("The records are kept for {length} after the order has ended."),
    }
}

fn ask(order: &Order) -> Vec<Block> {
    let notice = order.notice();
    let contact = match &notice.contact {
        Some(contact) => format!(
            "With questions about the order and this page, ask: {}.",
            bare(contact)
        ),
        None => "The order file does not say whom to ask. The offender manager answers questions \
                 about this page."
            .to_owned(),
    };
    let complaints = match &notice.complaints {
        Some(how) => format!("To complain, or to have an error put right: {}.", bare(how)),
        None => {
            "The order file does not say how to complain or to have an error put right. Whoever \
                 answers questions can say it."
                .to_owned()
        }
    };
    vec![
        Block::Paragraph(contact),
        Block::paragraph("A solicitor can say what the order means for the person."),
        Block::Paragraph(complaints),
        Block::paragraph(
            "No record is ever changed, so that nobody can change one in secret. What people decide \
             about something that was flagged, and why, is kept beside it.",
        ),
    ]
}

fn running() -> Vec<Block> {
    vec![
        Block::paragraph("At any time, in a terminal on the computer:"),
        Block::Code("proviso-agent status".to_owned()),
        Block::paragraph(
            "It says whether monitoring is on and why, what was recorded in the last 24 hours, and \
             whether that reached the place where records are collected. Monitoring is never hidden.",
        ),
    ]
}

fn declare(order: &Order) -> Vec<Block> {
    let mut words = "Where the order asks for that, tell the offender manager in time: of a device \
                     its serial number, of an account its name. To connect or to use something does \
                     not declare it."
        .to_owned();
    let rules: Vec<String> = order
        .rules()
        .iter()
        .filter(|rule| matches!(rule.over, Some(Over::Grace { .. })))
        .map(|rule| rule.id.clone())
        .collect();
    match rules.as_slice() {
        [] => words += " No rule of this order waits for a declaration.",
        [one] => words += &format!(" Rule {one} says how long there is for it."),
        more => words += &format!(" Rules {} say how long there is for it.", all_of(more)),
    }
    vec![Block::Paragraph(words)]
}

fn mistake() -> Vec<Block> {
    vec![
        Block::paragraph(
            "Close it, and leave the history as it is. Write down what happened and when, and tell \
             the offender manager soon.",
        ),
        Block::paragraph(
            "What is flagged is not yet a breach. People decide that, and the person can first \
             explain what happened.",
        ),
    ]
}

#[cfg(test)]
mod tests;
