//! One rule of an order, as a part of its page.

use proviso_report::UnixMs;

use super::compose::one_or_more;
use super::document::{Block, ListOf};
use super::gloss::{approval, checked, condition, over, part, step, takes};
use super::words::{bare, clocks, hours, kinds, moment, one_of, severity, span};
use crate::order::{Condition, Expect, Only, Order, Rule, RuleTest, TestStep};

/// The rule with its examples.
pub(super) fn rule(order: &Order, rule: &Rule) -> Block {
    let heading = match &rule.name {
        Some(name) => format!("Rule {}: {name}", rule.id),
        None => format!("Rule {}", rule.id),
    };
    let mut blocks = vec![
        Block::Lead(rule.says.clone()),
        Block::paragraph(severity(rule.severity)),
    ];
    if !rule.on.is_empty() {
        blocks.push(Block::paragraph(format!(
            "It looks at: {}.",
            kinds(&rule.on)
        )));
    }
    if let Some(why) = &rule.wide_because {
        blocks.push(Block::paragraph(format!(
            "Why it looks at so much: {}.",
            bare(why)
        )));
    }
    blocks.extend(what_fits(order, rule));
    if let Some(one) = &rule.over {
        blocks.push(Block::paragraph(over(one, order)));
    }
    if !rule.approvals.is_empty() {
        let items = rule.approvals.iter().map(|one| approval(one, order));
        blocks.push(Block::list(
            format!("It never {} what is approved here:", takes(rule)),
            items.collect(),
        ));
    }
    if let Some(words) = checked(rule.checked) {
        blocks.push(Block::paragraph(words));
    }
    blocks.extend(tests(order, rule));
    Block::Part { heading, blocks }
}

/// Which facts fit the rule.
fn what_fits(order: &Order, rule: &Rule) -> Vec<Block> {
    let takes = takes(rule);
    let mut blocks = Vec::new();
    let mut say = |words: String, items: Vec<String>| blocks.push(Block::list(words, items));
    let conditions = |all: &[Condition]| -> Vec<String> {
        all.iter()
            .map(|one| format!("{}.", condition(one, order)))
            .collect()
    };
    // What was said before narrows what is said next.
    let mut start = format!("It {takes} them when");
    if !rule.any.is_empty() {
        say(one_or_more(&start, rule.any.len()), conditions(&rule.any));
        start = "And only when".to_owned();
    }
    if !rule.all.is_empty() {
        let which = if rule.all.len() == 1 {
            "this"
        } else {
            "each of these"
        };
        say(format!("{start} {which} is so:"), conditions(&rule.all));
        start = "And only when".to_owned();
    }
    if let Some(only) = &rule.only {
        let first = rule.any.is_empty() && rule.all.is_empty();
        let items = only
            .allow
            .iter()
            .map(|one| format!("{}.", part(one, order)));
        let words = allowed(order, only, takes, &start, first);
        say(words, items.collect());
        start = "And only when".to_owned();
    }
    if !rule.during.is_empty() {
        let words = match start.strip_suffix(" when") {
            Some(start) if start.starts_with("And") => format!("{start} at these times"),
            _ => format!("It {takes} them at these times"),
        };
        let items = rule.during.iter().map(|one| format!("{}.", hours(one)));
        say(format!("{words}, by {}:", clocks(order)), items.collect());
    } else if blocks.is_empty() && rule.over.is_some() && !rule.on.is_empty() {
        blocks.push(Block::paragraph(format!("It {takes} all of them.")));
    }
    if !rule.unless.is_empty() {
        let words = one_or_more("But not when", rule.unless.len());
        blocks.push(Block::list(words, conditions(&rule.unless)));
    }
    blocks
}

/// The sentence before what is allowed.
fn allowed(order: &Order, only: &Only, takes: &str, start: &str, first: bool) -> String {
    match &only.among {
        Some(among) => format!(
            "{start} {}, but not what is allowed here:",
            condition(among, order)
        ),
        None if first => format!("It {takes} all of them but what is allowed here:"),
        None => "But not what is allowed here:".to_owned(),
    }
}

fn tests(order: &Order, rule: &Rule) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (expect, kind, words) in [
        (
            Expect::Match,
            ListOf::Flagged,
            "It would flag, for example:",
        ),
        (Expect::NoMatch, ListOf::NotFlagged, "It would not flag:"),
        (Expect::CannotTell, ListOf::CannotTell, "It could not tell:"),
    ] {
        let items: Vec<String> = rule
            .tests
            .iter()
            .filter(|test| test.expect == expect)
            .map(|one| test(order, one))
            .collect();
        if !items.is_empty() {
            blocks.push(Block::List {
                intro: Some(words.to_owned()),
                kind,
                items,
            });
        }
    }
    blocks
}

fn test(order: &Order, test: &RuleTest) -> String {
    let mut said = Vec::new();
    let mut before: Option<UnixMs> = None;
    for run in runs(&test.steps) {
        let (on, at) = moment(order, before, run.first.at);
        let words = match (step(run.first), run.every) {
            (None, _) => format!("time passes until {at}"),
            (Some(words), None) => format!("{words}, {on} {at}"),
            (Some(words), Some(every)) => {
                let every = span(every);
                let every = every.strip_prefix("1 ").unwrap_or(&every);
                format!("{words}, {} times, one every {every}, from {at}", run.count)
            }
        };
        said.push(words);
        before = Some(run.last);
    }
    let mut line = said.join("; then ");
    for (list, entries) in &test.lists {
        line += &format!(", if the list `{list}` held {}", one_of(entries));
    }
    line + "."
}

/// Steps that are the same but for their time, and follow each other evenly.
struct Run<'a> {
    first: &'a TestStep,
    last: UnixMs,
    count: usize,
    /// How far apart they are; `None`: it is one step.
    every: Option<i64>,
}

fn runs(steps: &[TestStep]) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut rest = steps;
    while let [first, others @ ..] = rest {
        let (last, count, every) = even(first, others)
            .filter(|(_, count, _)| *count > 2)
            .map_or((first.at, 1, None), |(last, count, every)| {
                (last, count, Some(every))
            });
        runs.push(Run {
            first,
            last,
            count,
            every,
        });
        rest = rest.get(count..).unwrap_or_default();
    }
    runs
}

/// The last of the steps that are the same as the first and as far apart as the second, how many
/// they are, and how far apart.
fn even(first: &TestStep, others: &[TestStep]) -> Option<(UnixMs, usize, i64)> {
    first.fact.as_ref()?;
    let every = others.first()?.at.0.saturating_sub(first.at.0);
    let mut last = first.at;
    let mut count = 1;
    for one in others {
        let same = first.fact == one.fact && first.account == one.account;
        if !same || every <= 0 || one.at.0.saturating_sub(last.0) != every {
            break;
        }
        last = one.at;
        count += 1;
    }
    Some((last, count, every))
}
