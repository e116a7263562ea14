//! The orders: the court's words beside what software does with them, and what was not monitored.

use proviso_rules::Order;
use proviso_rules::page::document::{Block, Court, ListOf, Section};

use super::{paragraph, section};
use crate::order_text::OrderText;
use crate::store::orders::StoredOrder;

/// How an order is called.
pub(in crate::export) fn name(stored: &StoredOrder) -> String {
    match OrderText::parse(&stored.bytes, stored.digest) {
        Ok(text) => format!("{}, version {}", text.id, text.version),
        Err(_) => format!("order with the SHA-256 {}", stored.digest),
    }
}

/// Each clause, word for word, beside the sentences of its rules.
pub(super) fn sections(orders: &[StoredOrder]) -> Vec<Section> {
    let mut sections = Vec::new();
    for stored in orders {
        let name = name(stored);
        let Ok(text) = OrderText::parse(&stored.bytes, stored.digest) else {
            let words =
                format!("{name} cannot be read by this program; it is in the bundle as it is.");
            sections.push(section("The order", vec![paragraph(&words)]));
            continue;
        };
        let order = Order::parse(&stored.bytes).ok();
        for (id, words) in text.clauses() {
            let rules = order.iter().flat_map(|order| order.rules());
            let says: Vec<String> = rules
                .filter(|rule| rule.clause == id)
                .map(|rule| {
                    format!(
                        "Rule {} ({}): {}",
                        rule.id,
                        rule.severity.as_str(),
                        rule.says
                    )
                })
                .collect();
            let blocks = if says.is_empty() {
                vec![paragraph("No rule checks this clause.")]
            } else {
                vec![list(None, says)]
            };
            sections.push(Section {
                heading: format!("Order {name}: clause {id}"),
                court: Some(Court {
                    label: "The court's words".to_owned(),
                    words: words.to_owned(),
                    beside: "What software checks".to_owned(),
                }),
                blocks,
            });
        }
    }
    sections
}

/// What was monitored, and what was not, as far as the orders say it.
pub(super) fn monitored(orders: &[StoredOrder]) -> Section {
    let mut blocks = Vec::new();
    for stored in orders {
        let Ok(order) = Order::parse(&stored.bytes) else {
            continue;
        };
        let kinds: Vec<String> = order
            .kinds()
            .iter()
            .map(|kind| kind.as_str().replace('_', " "))
            .collect();
        let mut parts = vec![paragraph(&format!(
            "Recorded, where a clause covers it: {}.",
            kinds.join(", ")
        ))];
        let exempt: Vec<String> = order
            .exempts()
            .iter()
            .map(|exempt| format!("{}: {}", exempt.who, exempt.says))
            .collect();
        if !exempt.is_empty() {
            parts.push(list(Some("Exempt, and not recorded:"), exempt));
        }
        let open: Vec<String> = order
            .not_checkable()
            .iter()
            .map(|part| format!("Clause {}: {} ({})", part.clause, part.part, part.why))
            .collect();
        if !open.is_empty() {
            parts.push(list(Some("What no software checks:"), open));
        }
        blocks.push(Block::Part {
            heading: format!("Order {}", name(stored)),
            blocks: parts,
        });
    }
    blocks.push(paragraph(
        "Only the computers in this bundle were monitored, and only while the agent ran on them under \
         an order in force.",
    ));
    section("What was monitored, and what was not", blocks)
}

fn list(intro: Option<&str>, items: Vec<String>) -> Block {
    Block::List {
        intro: intro.map(str::to_owned),
        kind: ListOf::Statements,
        items,
    }
}
