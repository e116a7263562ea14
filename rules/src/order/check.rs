//! What only the order as a whole can show: names that lead nowhere, clauses that nothing checks,
//! rules that nothing proves.

mod cover;
mod loose;
mod pattern;
mod place;
mod rule;
mod said;
mod sequence;
mod term;
mod wide;

pub(crate) use cover::{by_name, covered};

use std::collections::BTreeSet;

use crate::judge::steps;

use super::condition::Part;
use super::limits;
use super::parts::{Clause, Exempt, Expect, ListPin, NotCheckable, Place, Rule};
use super::read::Head;
use super::sink::{Sink, nearest};
use super::verbs::Suspension;

/// Something with an id that was read, as far as it could be.
pub(super) struct Named<T> {
    pub(super) id: Option<String>,
    pub(super) place: Place,
    /// `None`: there is a fault in it, which is taken down already.
    pub(super) item: Option<T>,
}

impl<T> Named<T> {
    pub(super) fn new(
        id: Option<String>,
        place: Place,
        build: impl FnOnce(String) -> Option<T>,
    ) -> Self {
        Self {
            item: id.clone().and_then(build),
            id,
            place,
        }
    }
}

/// All sections of an order as they were read.
pub(super) struct Draft {
    pub(super) lists: Vec<Named<ListPin>>,
    pub(super) exempts: Vec<Named<Exempt>>,
    pub(super) clauses: Vec<Named<Clause>>,
    pub(super) rules: Vec<Named<Rule>>,
    pub(super) not_checkable: Vec<Named<NotCheckable>>,
    /// `None`: there is a fault in it.
    pub(super) suspensions: Vec<Option<Suspension>>,
}

/// The same when nothing is missing.
pub(super) struct Whole {
    pub(super) lists: Vec<ListPin>,
    pub(super) exempts: Vec<Exempt>,
    pub(super) clauses: Vec<Clause>,
    pub(super) rules: Vec<Rule>,
    pub(super) not_checkable: Vec<NotCheckable>,
    pub(super) suspensions: Vec<Suspension>,
}

impl Draft {
    /// The rules that could be read.
    fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter_map(|named| named.item.as_ref())
    }

    /// The exemptions that could be read.
    fn exempts(&self) -> impl Iterator<Item = &Exempt> {
        self.exempts.iter().filter_map(|named| named.item.as_ref())
    }

    pub(super) fn whole(self) -> Option<Whole> {
        Some(Whole {
            lists: items(self.lists)?,
            exempts: items(self.exempts)?,
            clauses: items(self.clauses)?,
            rules: items(self.rules)?,
            not_checkable: items(self.not_checkable)?,
            suspensions: self.suspensions.into_iter().collect::<Option<_>>()?,
        })
    }
}

fn items<T>(named: Vec<Named<T>>) -> Option<Vec<T>> {
    named.into_iter().map(|named| named.item).collect()
}

pub(super) fn all(draft: &Draft, head: Option<&Head>, sink: &mut Sink<'_>) {
    sizes(draft, sink);
    duplicates(&draft.clauses, "clause", sink);
    duplicates(&draft.rules, "rule", sink);
    duplicates(&draft.exempts, "exemption", sink);
    approvals_twice(draft, sink);
    for rule in draft.rules() {
        clause_exists(
            draft,
            &rule.clause,
            &format!("rule {}", rule.id),
            rule.place,
            sink,
        );
        rule::all(rule, sink);
        tests(draft, rule, sink);
        for part in parts(rule) {
            list_exists(draft, part, rule.place, sink);
        }
        wide::rule(rule, sink);
    }
    for part in draft
        .not_checkable
        .iter()
        .filter_map(|named| named.item.as_ref())
    {
        let what = "this [[not_machine_checkable]]";
        clause_exists(draft, &part.clause, what, part.place, sink);
    }
    for exempt in draft.exempts() {
        for part in &exempt.matches {
            list_exists(draft, part, exempt.place, sink);
        }
    }
    place::all(draft, sink);
    sequence::all(draft, sink);
    term::all(draft, head, sink);
    cover::all(draft, head, sink);
    loose::all(draft, sink);
    wide::records(draft, sink);
    // With a rule missing nobody can say what the others leave out.
    if draft.rules.iter().all(|rule| rule.item.is_some()) {
        unchecked_clauses(draft, sink);
        if draft.exempts.iter().all(|exempt| exempt.item.is_some()) {
            unused_lists(draft, sink);
        }
    }
}

fn sizes(draft: &Draft, sink: &mut Sink<'_>) {
    let rules = || draft.rules();
    let tests: usize = rules().map(|rule| rule.tests.len()).sum();
    let steps: usize = rules()
        .flat_map(|rule| &rule.tests)
        .map(|test| test.steps.len())
        .sum();
    let near = rules().flat_map(parts).map(|part| match part {
        Part::Near(near) => near.a.texts().len() + near.b.texts().len(),
        _ => 0,
    });
    let near: usize = near.sum();
    let exempts = draft.exempts().flat_map(|exempt| &exempt.matches);
    let patterns: Vec<&str> = rules()
        .flat_map(parts)
        .chain(exempts)
        .filter_map(|part| match part {
            Part::Pattern { regex, .. } => Some(regex.as_str()),
            _ => None,
        })
        .collect();
    let states = patterns.iter().filter_map(|regex| steps::states(regex));
    let states = states.fold(0, usize::saturating_add);
    if states > limits::ALL_PATTERN_STATES {
        let sentence = format!(
            "the patterns of the order have {states} states together; {} is the most; use fewer \
             patterns, or shorter repetitions",
            limits::ALL_PATTERN_STATES
        );
        sink.fault_at((1, 1), "patterns-size", sentence);
    }
    if test_bytes(draft).saturating_mul(states) > limits::TEST_WORK {
        let sentence = "the tests of the order hold too much text for its patterns: they are run \
                        whenever it is compiled; generate fewer steps, or shorter ones";
        sink.fault_at((1, 1), "limit", sentence);
    }
    for (count, most, what) in [
        (draft.clauses.len(), limits::RULES, "clauses"),
        (draft.rules.len(), limits::RULES, "rules"),
        (draft.exempts.len(), limits::RULES, "exemptions"),
        (
            draft.not_checkable.len(),
            limits::RULES,
            "[[not_machine_checkable]]",
        ),
        (tests, limits::TESTS, "tests"),
        (steps, limits::ALL_STEPS, "steps in its tests"),
        (patterns.len(), limits::PATTERNS, "patterns"),
        (near, limits::NEAR_PHRASES, "words and units in `near`"),
    ] {
        if count > most {
            let sentence =
                format!("the order has {count} {what}; {most} is the most; make them fewer");
            sink.fault_at((1, 1), "limit", sentence);
        }
    }
    if draft.clauses.is_empty() {
        let sentence = "the order has no [[clause]]; without one nothing may be recorded";
        sink.fault_at((1, 1), "no-clause", sentence);
    }
}

/// How much text the tests show to patterns, about.
fn test_bytes(draft: &Draft) -> usize {
    let tests = draft.rules().flat_map(|rule| &rule.tests);
    let facts = tests
        .flat_map(|test| &test.steps)
        .filter_map(|step| step.fact.as_ref());
    facts
        .map(|fact| fact.to_json().map_or(0, |json| json.len()))
        .fold(0, usize::saturating_add)
}

fn duplicates<T>(named: &[Named<T>], what: &str, sink: &mut Sink<'_>) {
    let mut seen = BTreeSet::new();
    for one in named {
        if let Some(id) = &one.id
            && !seen.insert(id)
        {
            let sentence = format!("there is a {what} {id} already; give each its own id");
            sink.fault_at(one.place, "duplicate", sentence);
        }
    }
}

/// Officers know an approval by its number alone.
fn approvals_twice(draft: &Draft, sink: &mut Sink<'_>) {
    let mut seen = BTreeSet::new();
    for approval in draft.rules().flat_map(|rule| &rule.approvals) {
        if !seen.insert(&approval.id) {
            let sentence = format!(
                "there is an approval {} already; give each its own id",
                approval.id
            );
            sink.fault_at(approval.place, "duplicate", sentence);
        }
    }
}

fn clause_exists(draft: &Draft, clause: &str, what: &str, place: Place, sink: &mut Sink<'_>) {
    let ids = || {
        draft
            .clauses
            .iter()
            .filter_map(|clause| clause.id.as_deref())
    };
    // With an unreadable id among them it may be there.
    if draft.clauses.iter().any(|clause| clause.id.is_none()) || ids().any(|id| id == clause) {
        return;
    }
    let near = nearest(clause, ids());
    let sentence =
        format!("{what} belongs to clause {clause}, which the order does not have; {near}");
    sink.fault_at(place, "unknown-clause", sentence);
}

fn list_exists(draft: &Draft, part: &Part, place: Place, sink: &mut Sink<'_>) {
    let Some((name, kind)) = part.list() else {
        return;
    };
    let found = draft
        .lists
        .iter()
        .find(|list| list.id.as_deref() == Some(name));
    let Some(list) = found else {
        let near = nearest(
            name,
            draft.lists.iter().filter_map(|list| list.id.as_deref()),
        );
        let sentence = format!(
            "`{} = \"{name}\"` names a list that the order does not pin; {near}",
            part.key()
        );
        sink.fault_at(place, "unknown-list", sentence);
        return;
    };
    if let Some(list) = &list.item
        && list.kind != kind
    {
        let sentence = format!(
            "`{}` needs a list of {}, and `{name}` is one of {}",
            part.key(),
            kind.as_str(),
            list.kind.as_str()
        );
        sink.fault_at(place, "list-kind", sentence);
    }
}

fn tests(draft: &Draft, rule: &Rule, sink: &mut Sink<'_>) {
    for (expect, word) in [(Expect::Match, "match"), (Expect::NoMatch, "no_match")] {
        if !rule.tests.iter().any(|test| test.expect == expect) {
            let sentence = format!(
                "rule {} has no test that expects \"{word}\"; add a [[rule.test]]",
                rule.id
            );
            sink.fault_at(rule.place, "missing-test", sentence);
        }
    }
    for test in &rule.tests {
        for (name, _) in &test.lists {
            if !draft
                .lists
                .iter()
                .any(|list| list.id.as_ref() == Some(name))
            {
                let near = nearest(
                    name,
                    draft.lists.iter().filter_map(|list| list.id.as_deref()),
                );
                let sentence = format!(
                    "this test fills a list that the order does not pin: `{}`; {near}",
                    super::name::shown(name)
                );
                sink.fault_at(test.place, "unknown-list", sentence);
            }
        }
    }
}

fn unchecked_clauses(draft: &Draft, sink: &mut Sink<'_>) {
    for clause in draft.clauses.iter().filter_map(|named| named.item.as_ref()) {
        let id = &clause.id;
        let checked = draft
            .rules
            .iter()
            .any(|rule| rule.item.as_ref().is_some_and(|rule| rule.clause == *id));
        let said = draft
            .not_checkable
            .iter()
            .any(|part| part.id.as_ref() == Some(id));
        if !checked && !said && clause.records.is_empty() {
            let sentence = format!(
                "nothing checks clause {id}: give it a rule, or say under \
                 [[not_machine_checkable]] why there is none"
            );
            sink.fault_at(clause.place, "unchecked-clause", sentence);
        }
    }
}

fn unused_lists(draft: &Draft, sink: &mut Sink<'_>) {
    let used: BTreeSet<&str> = draft
        .rules()
        .flat_map(parts)
        .chain(draft.exempts().flat_map(|exempt| &exempt.matches))
        .filter_map(|part| part.list().map(|(name, _)| name))
        .collect();
    for list in &draft.lists {
        if let Some(name) = list.id.as_deref()
            && !used.contains(name)
        {
            let sentence = format!("no rule and no exemption uses the list `{name}`; take it out");
            sink.fault_at(list.place, "unused-list", sentence);
        }
    }
}

/// Every part of every condition of a rule.
fn parts(rule: &Rule) -> impl Iterator<Item = &Part> {
    let only = rule.only.iter();
    rule.any
        .iter()
        .chain(&rule.all)
        .chain(&rule.unless)
        .chain(only.clone().filter_map(|only| only.among.as_ref()))
        .flat_map(|condition| &condition.parts)
        .chain(only.flat_map(|only| &only.allow))
        .chain(rule.approvals.iter().flat_map(|approval| &approval.matches))
}
