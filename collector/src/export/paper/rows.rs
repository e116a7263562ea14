//! Facts, findings, decisions and gaps, each a table of its own.

use std::collections::BTreeMap;

use proviso_report::bundle::{Decision, Finding};
use proviso_report::{DeviceId, UnixMs};
use proviso_rules::page::document::{Block, Section};

use super::{MOST_ROWS, paragraph, section, table};
use crate::export::Gone;
use crate::export::gathered::Gathered;
use crate::store::incidents::Incident;

/// Letters of a cell that are printed.
const LONGEST: usize = 400;

/// The records that findings are about, as they were observed.
pub(super) fn facts(gathered: &Gathered) -> Section {
    let mut blocks = vec![paragraph(
        "The records that findings are about, as the computer saw them. All other records are in \
         data/tables/records.csv.",
    )];
    let rows: Vec<Vec<String>> = gathered
        .facts
        .iter()
        .map(|fact| {
            let time = |at: Option<UnixMs>| at.map_or("unknown".to_owned(), |at| at.to_string());
            let account = fact.account.as_deref().unwrap_or("none named");
            vec![
                place(fact.device, fact.seq),
                format!(
                    "Device {}. Between {} and {}. Received {}.",
                    fact.at,
                    time(fact.bounds.lower),
                    time(fact.bounds.upper),
                    time(fact.received)
                ),
                format!("{} (account {})", cut(&fact.words), cut(account)),
                fact.leaf.to_string(),
            ]
        })
        .collect();
    if rows.is_empty() {
        blocks.push(paragraph("No record of this bundle has a finding."));
    } else {
        let head = ["Leaf index", "Times", "Record", "Leaf hash"];
        blocks.push(table(head, [13, 27, 40, 20], rows));
    }
    more(
        &mut blocks,
        left(gathered.more_facts),
        "data/tables/records.csv",
    );
    section("Facts behind the findings", blocks)
}

/// What software thinks.
pub(super) fn findings(findings: &[Finding]) -> Section {
    let mut blocks = vec![paragraph(
        "What software thinks of these records: possible breaches. No more than that.",
    )];
    let rows = findings.iter().take(MOST_ROWS).map(|one| {
        let matched: Vec<String> = one
            .matched
            .iter()
            .map(|part| format!("{}: {}", part.field, part.text))
            .collect();
        vec![
            place(one.device, one.seq),
            format!("{} (clause {})", one.rule, one.clause),
            one.severity.clone(),
            cut(&one.says),
            cut(&matched.join("; ")),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    if rows.is_empty() {
        blocks.push(paragraph(
            "Software found no possible breach in the records shown. That is no statement that there \
             was none.",
        ));
    } else {
        let head = [
            "Leaf index",
            "Rule",
            "Severity",
            "The rule says",
            "What matched",
        ];
        blocks.push(table(head, [13, 15, 10, 34, 28], rows));
    }
    more(
        &mut blocks,
        findings.len().saturating_sub(MOST_ROWS),
        "data/tables/findings.csv",
    );
    section("Findings of software", blocks)
}

/// What people said.
pub(super) fn decisions(decisions: &[Decision], findings: &[Finding]) -> Section {
    let places: BTreeMap<&str, String> = findings
        .iter()
        .map(|one| (one.id.as_str(), place(one.device, one.seq)))
        .collect();
    let rows = decisions.iter().take(MOST_ROWS).map(|one| {
        let place = places.get(one.finding.as_str()).cloned();
        vec![
            place.unwrap_or_default(),
            one.at.to_string(),
            cut(&one.by),
            one.verdict.replace('_', " "),
            cut(&one.reason),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let mut blocks = Vec::new();
    if rows.is_empty() {
        blocks.push(paragraph("Nobody has decided on any of these findings."));
    } else {
        let head = ["Leaf index", "When", "By", "Verdict", "Reason"];
        blocks.push(table(head, [13, 24, 12, 12, 39], rows));
    }
    more(
        &mut blocks,
        decisions.len().saturating_sub(MOST_ROWS),
        "data/tables/decisions.csv",
    );
    section("Decisions of people", blocks)
}

/// What was erased: when, by whom, under which rule. `None`: nothing.
pub(super) fn erased(erasures: &[Gone]) -> Option<Section> {
    if erasures.is_empty() {
        return None;
    }
    let rows = erasures.iter().take(MOST_ROWS).map(|gone| {
        let one = &gone.erasure;
        vec![
            one.at.to_string(),
            one.count().to_string(),
            cut(&one.rule),
            cut(&one.reason),
            cut(&format!(
                "{} asked, {} confirmed",
                one.asked_by, one.confirmed_by
            )),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let mut blocks = vec![
        paragraph(
            "Records of these logs whose text was erased, at any time, by the collector's clock. Their hashes are \
             still in their places, and nothing is said about what was in them, nor about what rules found in \
             them. Which they were, by number, is in data/erasures.jsonl.",
        ),
        table(
            ["When", "Records", "Rule", "Reason", "Who"],
            [22, 8, 22, 26, 22],
            rows,
        ),
    ];
    let over = erasures.len().saturating_sub(MOST_ROWS);
    more(&mut blocks, over, "data/erasures.jsonl");
    Some(section("What was erased", blocks))
}

/// What is missing, and what was wrong with the log itself.
pub(super) fn gaps(gathered: &Gathered, incidents: &[Incident]) -> Section {
    let rows = gathered.gaps.iter().map(|missing| {
        let gap = &missing.gap;
        let time = |at: Option<i64>| at.map_or("unknown".to_owned(), |at| UnixMs(at).to_string());
        vec![
            place(missing.device, missing.seq),
            missing.at.to_string(),
            format!("{} to {}", time(gap.from), time(gap.to)),
            cut(gap.source.as_deref().unwrap_or("all")),
            gap.count
                .map_or("unknown".to_owned(), |count| count.to_string()),
            cut(&gap.why()),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let mut blocks = Vec::new();
    if rows.is_empty() {
        blocks.push(paragraph("The records shown name no gap."));
    } else {
        let head = [
            "Leaf index",
            "Noted",
            "From and to",
            "Source",
            "Lost",
            "Why",
        ];
        blocks.push(table(head, [13, 22, 22, 9, 9, 25], rows));
    }
    more(
        &mut blocks,
        left(gathered.more_gaps),
        "data/tables/records.csv",
    );
    if !incidents.is_empty() {
        let shown = incidents.iter().take(MOST_ROWS).map(|one| {
            vec![
                UnixMs(one.at).to_string(),
                short(one.device),
                cut(&one.detail),
            ]
        });
        blocks.push(paragraph(
            "What was wrong with a log itself, at any time, by the collector's clock. It stands beside \
             the log, so it has no leaf index.",
        ));
        blocks.push(table(
            ["When", "Computer", "What"],
            [22, 13, 65],
            shown.collect(),
        ));
    }
    blocks.push(paragraph(
        "What is withheld, and what else points away from a breach, is in data/unused.csv.",
    ));
    section("Gaps", blocks)
}

fn left(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn more(blocks: &mut Vec<Block>, left: usize, file: &str) {
    if left > 0 {
        blocks.push(paragraph(&format!(
            "{left} more are in {file} and not printed here."
        )));
    }
}

/// Where a record stands: its place, and the beginning of the computer's id.
fn place(device: DeviceId, seq: u64) -> String {
    format!("{seq} (computer {})", short(device))
}

pub(super) fn short(device: DeviceId) -> String {
    device.to_string().chars().take(8).collect()
}

fn cut(words: &str) -> String {
    if words.chars().count() <= LONGEST {
        return words.to_owned();
    }
    let begun: String = words.chars().take(LONGEST).collect();
    format!("{begun}… (cut; whole in data/tables)")
}
