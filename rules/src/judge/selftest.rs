//! Runs the tests that stand in the order itself. An order that fails one is no order.

use std::sync::Arc;

use crate::fault::{Fault, Faults};
use crate::list::{ListBytes, entry_fault};
use crate::order::{Expect, Rule, RuleTest};

use super::compile::{OfLists, of_list, too_much};
use super::found::Atom;
use super::search::Search;
use super::{Event, Judge, Overlay};

pub(super) fn run(judge: &Judge, of_lists: &OfLists) -> Result<(), Faults> {
    let mut faults = Vec::new();
    for rule in judge.order().rules() {
        for test in &rule.tests {
            faults.extend(list_faults(test, of_lists));
            faults.extend(failure(judge, rule, test, of_lists)?);
        }
    }
    Faults::none(faults)
}

/// Entries that could not stand in the list itself prove nothing.
fn list_faults(test: &RuleTest, of_lists: &OfLists) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, entries) in &test.lists {
        let ways = of_lists.get(name).and_then(|ways| ways.first());
        let Some((_, kind)) = ways.and_then(|(part, _, _)| part.list()) else {
            continue;
        };
        for entry in entries {
            if let Err(reason) = entry_fault(kind, entry.as_bytes()) {
                faults.push(fault(
                    test,
                    "list-entry",
                    format!("in list `{name}`: {reason}"),
                ));
            }
        }
    }
    faults
}

fn failure(
    judge: &Judge,
    rule: &Rule,
    test: &RuleTest,
    of_lists: &OfLists,
) -> Result<Option<Fault>, Faults> {
    let Some((step, fact)) = test
        .steps
        .iter()
        .find_map(|step| Some((step, step.fact.as_ref()?)))
    else {
        return Ok(None);
    };
    let event = Event {
        at: step.at,
        account: step.account.as_deref(),
        fact,
    };
    let hits = if test.lists.is_empty() {
        judge.judge(&event)
    } else {
        let (search, atoms) = overlay(test, of_lists)?;
        let overlay = Overlay {
            search: &search,
            atoms: &atoms,
        };
        judge.judge_with(&event, Some(&overlay))
    };
    let matches = hits.iter().any(|hit| hit.rule == rule.id);
    if matches == (test.expect == Expect::Match) {
        return Ok(None);
    }
    let sentence = if matches {
        format!(
            "this test expects that rule {} does not match, and it matches; correct the rule or \
             the test",
            rule.id
        )
    } else {
        let why = match judge.exemption(&event, &judge.look(&event, None)) {
            Some((number, _)) => format!(
                " (exemption {} keeps it out)",
                judge.order().exempts()[number].id
            ),
            None => String::new(),
        };
        format!(
            "this test expects that rule {} matches, and it does not{why}; correct the rule or \
             the test",
            rule.id
        )
    };
    Ok(Some(fault(test, "test-failed", sentence)))
}

/// A search for the lists of one test.
fn overlay(test: &RuleTest, of_lists: &OfLists) -> Result<(Search, Vec<Atom>), Faults> {
    let lists: Vec<(&str, ListBytes)> = test
        .lists
        .iter()
        .map(|(name, entries)| -> (&str, ListBytes) { (name, Arc::new(entries.join("\n"))) })
        .collect();
    let mut atoms = Vec::new();
    let mut sources = Vec::new();
    for (name, bytes) in &lists {
        for (part, leet, atom) in of_lists.get(*name).into_iter().flatten() {
            atoms.push(*atom);
            sources.extend(of_list(part, *leet, bytes).map(|source| (*atom, source)));
        }
    }
    let search = Search::build(sources).map_err(|error| too_much(error.to_string()))?;
    Ok((search, atoms))
}

fn fault(test: &RuleTest, code: &'static str, sentence: String) -> Fault {
    Fault {
        file: "order.toml".to_owned(),
        at: Some(test.place),
        code,
        sentence,
    }
}
