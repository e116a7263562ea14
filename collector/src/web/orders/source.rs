//! What is wrong with an order, on its page: on top, and beside the lines.

use std::collections::BTreeMap;

use maud::{Markup, html};
use proviso_rules::Fault as Wrong;

use super::super::fault;
use super::super::govuk::Errors;
use super::checked::Checked;

/// The name by which faults call the order itself.
const ORDER: &str = "order.toml";

/// Lines before and after one with a fault.
const AROUND: usize = 2;

/// Characters of a line that are shown.
const WIDE: usize = 200;

/// Lines with faults that are shown.
const LINES: usize = 100;

/// All faults, for the top of the page.
pub(super) fn add_faults(checked: &Checked, errors: &mut Errors) {
    for wrong in &checked.faults {
        let place = match wrong.at {
            Some((line, column)) if wrong.file == ORDER => {
                format!("Line {line}, column {column}: ")
            }
            Some((line, _)) => format!("{}, line {line}: ", wrong.file),
            None if wrong.file == ORDER => String::new(),
            None => format!("{}: ", wrong.file),
        };
        let sentence = fault::sentence(&format!("{place}{}", wrong.sentence));
        errors.add(anchor(wrong), sentence);
    }
}

/// What should be looked at before anybody signs.
pub(super) fn warnings(checked: &Checked) -> Markup {
    html! {
        @if !checked.warnings.is_empty() {
            section aria-labelledby="look" {
                h2 #look { "Look at this before anybody signs" }
                ul.govuk-list.govuk-list--bullet {
                    @for one in &checked.warnings {
                        li {
                            @if let Some((line, _)) = one.at { "Line " (line) ": " }
                            (fault::sentence(&one.sentence))
                        }
                    }
                }
            }
        }
    }
}

/// The lines that have faults, each with what is wrong and a few lines around it.
pub(super) fn lines(checked: &Checked, text: &str) -> Markup {
    let own = checked.faults.iter().filter(|one| one.file == ORDER);
    lines_of(own, "order", text)
}

/// The same of any file; `what` is what it is called.
pub(super) fn lines_of<'w>(
    faults: impl Iterator<Item = &'w Wrong>,
    what: &str,
    text: &str,
) -> Markup {
    let mut by_line: BTreeMap<usize, Vec<&Wrong>> = BTreeMap::new();
    for wrong in faults {
        if let Some((line, _)) = wrong.at {
            by_line.entry(line as usize).or_default().push(wrong);
        }
    }
    let left = by_line.len().saturating_sub(LINES);
    let mut shown: BTreeMap<usize, &str> = BTreeMap::new();
    let all: Vec<&str> = text.lines().collect();
    for line in by_line.keys().take(LINES) {
        for near in line.saturating_sub(AROUND)..=line.saturating_add(AROUND) {
            let found = near.checked_sub(1).and_then(|at| all.get(at));
            if let Some(text) = found {
                shown.insert(near, text);
            }
        }
    }
    html! {
        @if !shown.is_empty() {
            section aria-labelledby="lines" {
                h2 #lines { "The lines that are wrong" }
                div.pv-scroll tabindex="0" {
                    table.govuk-table.source {
                        caption.govuk-visually-hidden { "Lines of the " (what) " with what is wrong about them" }
                        thead { tr { th scope="col" { "Line" } th scope="col" { "What it says, and what is wrong" } } }
                        tbody {
                            @for (number, line) in &shown {
                                tr id={ "line-" (number) } {
                                    th scope="row" { (number) }
                                    td {
                                        code { (cut(line)) }
                                        @for wrong in by_line.get(number).into_iter().flatten() {
                                            p.fault.govuk-error-message {
                                                @if let Some((_, column)) = wrong.at { "Column " (column) ": " }
                                                (fault::sentence(&wrong.sentence)) " (" (wrong.code) ")"
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                @if left > 0 { p.quiet { (left) " more lines are wrong: mend these first." } }
            }
        }
    }
}

/// Where on the page a fault is shown.
fn anchor(wrong: &Wrong) -> String {
    match wrong.at {
        Some((line, _)) if wrong.file == ORDER => format!("line-{line}"),
        _ if wrong.file == ORDER => "text".to_owned(),
        _ => "lists".to_owned(),
    }
}

fn cut(line: &str) -> String {
    let mut letters = line.chars();
    let text: String = letters.by_ref().take(WIDE).collect();
    match letters.next() {
        None => text,
        Some(_) => text + "…",
    }
}
