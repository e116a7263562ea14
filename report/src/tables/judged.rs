//! Findings and decisions as tables, apart from the records and apart from each other.

use super::csv;
use crate::bundle::{Decision, Finding, Matched};

/// `findings.csv` of these findings, which is what software thinks.
#[must_use]
pub fn findings(all: &[Finding]) -> Vec<u8> {
    const COLUMNS: [&str; 11] = [
        "finding",
        "device",
        "leaf_index",
        "rule",
        "clause",
        "severity",
        "says",
        "matched",
        "engine",
        "order",
        "basis",
    ];
    let mut to = Vec::new();
    csv::row(COLUMNS, &mut to);
    for one in all {
        let matched = |part: &Matched| format!("{}: {}", part.field, part.text);
        let matched: Vec<String> = one.matched.iter().map(matched).collect();
        let cells: [&str; COLUMNS.len()] = [
            &one.id,
            &one.device.to_string(),
            &one.seq.to_string(),
            &one.rule,
            &one.clause,
            &one.severity,
            &one.says,
            &matched.join("; "),
            &one.engine,
            &one.order.to_string(),
            &one.basis.map(|basis| basis.to_string()).unwrap_or_default(),
        ];
        csv::row(cells, &mut to);
    }
    to
}

/// `decisions.csv` of these decisions, which is what people said.
#[must_use]
pub fn decisions(all: &[Decision]) -> Vec<u8> {
    const COLUMNS: [&str; 6] = ["decision", "finding", "at", "by", "verdict", "reason"];
    let mut to = Vec::new();
    csv::row(COLUMNS, &mut to);
    for one in all {
        let cells: [&str; COLUMNS.len()] = [
            &one.id,
            &one.finding,
            &one.at.to_string(),
            &one.by,
            &one.verdict,
            &one.reason,
        ];
        csv::row(cells, &mut to);
    }
    to
}
