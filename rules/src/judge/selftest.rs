//! Runs the tests that stand in the order itself. An order that fails one is no order.
//!
//! Each test is a log of its own: the order comes into force, then step follows step, on a computer
//! that is on and awake all the time, but after and before steps that say otherwise. Where a step
//! only lets time pass, the agent says that it lives.
//!
//! A list that the collector holds back has in a test what the test fills it with, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use proviso_report::fact::{Heartbeat, OrderInForce, PowerWas};
use proviso_report::{BootId, Fact, UnixMs};

use crate::fault::{Fault, Faults};
use crate::list::{ListBytes, entry_fault};
use crate::order::{Expect, Part, Rule, RuleTest};

use super::compile::{OfLists, of_list, too_much};
use super::exempt::applying;
use super::found::Atom;
use super::over::Outcome;
use super::search::{Bounds, Search};
use super::{Event, Judge, Overlay, State, Step, left_out, withheld};

pub(super) fn run(judge: &Judge, of_lists: &OfLists) -> Result<(), Faults> {
    let mut faults = Vec::new();
    let rules = judge.order().rules().iter();
    for rule in rules.filter(|rule| !judge.left_out().contains(&rule.id)) {
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
    let lists = overlay(judge, test, of_lists)?;
    let overlay = lists
        .as_ref()
        .map(|(search, atoms)| Overlay { search, atoms });
    let outcome = outcome(judge, rule, test, overlay.as_ref());
    let (is, said) = match outcome {
        Outcome::Match(_) => (Expect::Match, "it matches".to_owned()),
        Outcome::CannotTell(why) => (Expect::CannotTell, format!("that cannot be told: {why}")),
        Outcome::Nothing => (Expect::NoMatch, "it does not".to_owned()),
    };
    if is == test.expect {
        return Ok(None);
    }
    let expected = match test.expect {
        Expect::Match => "matches",
        Expect::NoMatch => "does not match",
        Expect::CannotTell => "cannot be told",
    };
    let why = match is {
        Expect::NoMatch => kept_out(judge, test) + unfilled(judge, rule, test),
        Expect::Match | Expect::CannotTell => String::new(),
    };
    let sentence = format!(
        "this test expects that rule {} {expected}, and {said}{why}; correct the rule or the test",
        rule.id
    );
    Ok(Some(fault(test, "test-failed", sentence)))
}

/// What the rule makes of the whole test.
fn outcome(judge: &Judge, rule: &Rule, test: &RuleTest, overlay: Option<&Overlay<'_>>) -> Outcome {
    let start = test.steps.first().map_or(0, |step| step.at.0);
    let mut state = State::new();
    let begins = Fact::from(OrderInForce {
        id: judge.order().id().to_owned(),
        version: judge.order().version(),
        digest: judge.order().digest(),
    });
    state.pass(&step(0, UnixMs(start), (UnixMs(start), 0), None, &begins));
    let mut outcome = Outcome::Nothing;
    // What a heartbeat says: the time since the sign of life before, but for what it slept.
    let (mut noted, mut awake, mut rests) = (start, 0_u64, false);
    for (seq, one) in (1..).zip(&test.steps) {
        let passed = one.at.0.max(noted).abs_diff(noted);
        noted = noted.max(one.at.0);
        if !rests && !power(one.fact.as_ref(), &[PowerWas::On, PowerWas::Awake]) {
            awake = awake.saturating_add(passed);
        }
        rests = power(one.fact.as_ref(), &[PowerWas::Off, PowerWas::Asleep]);
        let mono = noted.abs_diff(start);
        let lives = Fact::from(Heartbeat {
            uncovered: BTreeMap::new(),
            suppressed: BTreeMap::new(),
            cannot_tell: BTreeMap::new(),
            awake_ms: awake,
            order: None,
        });
        let fact = one.fact.as_ref().unwrap_or(&lives);
        if matches!(fact, Fact::Heartbeat(_) | Fact::AgentStarted(_)) {
            awake = 0;
        }
        let step = step(
            seq,
            one.at,
            (UnixMs(noted), mono),
            one.account.as_deref(),
            fact,
        );
        let verdict = judge.follow_with(&mut state, &step, overlay);
        if let Some(hit) = verdict.hits.into_iter().find(|hit| hit.rule == rule.id) {
            return Outcome::Match(hit.matched);
        }
        let mut unknown = verdict.cannot_tell.iter();
        if let Some(one) = unknown.find(|one| one.rule == rule.id) {
            outcome = Outcome::CannotTell(one.why);
        }
    }
    outcome
}

/// Is it one of these changes of the power?
fn power(fact: Option<&Fact>, changes: &[PowerWas]) -> bool {
    matches!(fact, Some(Fact::Power(power)) if changes.contains(&power.change))
}

fn step<'a>(
    seq: u64,
    at: UnixMs,
    (noted, mono): (UnixMs, u64),
    account: Option<&'a str>,
    fact: &'a Fact,
) -> Step<'a> {
    Step {
        seq,
        at,
        noted,
        mono,
        boot: BootId([0; 16]),
        account,
        fact,
    }
}

/// A remark for who expected a match, if an exemption keeps a step out.
fn kept_out(judge: &Judge, test: &RuleTest) -> String {
    let exempt = test.steps.iter().find_map(|step| {
        let event = Event {
            at: step.at,
            account: step.account.as_deref(),
            fact: step.fact.as_ref()?,
        };
        let found = judge.look(&event, None);
        let (number, _) = applying(&judge.exempts, &judge.looked(&event, &found, None))?;
        judge.order().exempts().get(number)
    });
    exempt.map_or_else(String::new, |exempt| {
        format!(" (exemption {} keeps it out)", exempt.id)
    })
}

/// A remark for who expected a match by what is on a list of the collector's.
fn unfilled(judge: &Judge, rule: &Rule, test: &RuleTest) -> &'static str {
    let lists = left_out::parts(rule).filter_map(Part::list);
    let mut empty = lists.filter(|(name, _)| {
        withheld::names(judge.order()).any(|held| held == *name)
            && test.lists.iter().all(|(filled, _)| filled != name)
    });
    match empty.next() {
        Some(_) => " (a list that the collector holds is empty in a test that does not fill it)",
        None => "",
    }
}

/// A search for the lists of one test, if it has any. Those of the collector's are among them.
fn overlay(
    judge: &Judge,
    test: &RuleTest,
    of_lists: &OfLists,
) -> Result<Option<(Search, Vec<Atom>)>, Faults> {
    let filled = test.lists.iter();
    let filled = filled.map(|(name, entries)| (name.as_str(), entries.as_slice()));
    let is_filled = |name: &str| test.lists.iter().any(|(filled, _)| filled == name);
    let empty = withheld::names(judge.order()).filter(|name| !is_filled(name));
    let lists: Vec<(&str, ListBytes)> = filled
        .chain(empty.map(|name| (name, [].as_slice())))
        .map(|(name, entries)| -> (&str, ListBytes) { (name, Arc::new(entries.join("\n"))) })
        .collect();
    if lists.is_empty() {
        return Ok(None);
    }
    let mut atoms = Vec::new();
    let mut sources = Vec::new();
    for (name, bytes) in &lists {
        for (part, how, atom) in of_lists.get(*name).into_iter().flatten() {
            atoms.push(*atom);
            sources.extend(of_list(part, *how, bytes).map(|source| (*atom, source)));
        }
    }
    if atoms.is_empty() {
        return Ok(None);
    }
    let search = Search::build(sources, &Bounds::of(judge.order()))
        .map_err(|error| too_much(error.to_string()))?;
    Ok(Some((search, atoms)))
}

fn fault(test: &RuleTest, code: &'static str, sentence: String) -> Fault {
    Fault {
        file: "order.toml".to_owned(),
        at: Some(test.place),
        code,
        sentence,
    }
}
