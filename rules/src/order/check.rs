//! What only the order as a whole can show: names that lead nowhere, clauses that nothing checks,
//! rules that nothing proves.

use std::collections::BTreeSet;

use proviso_report::fact::Kind;

use super::condition::{Condition, Part};
use super::limits;
use super::parts::{Clause, Exempt, Expect, ListPin, NotCheckable, Place, Rule, Severity};
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
    for rule in draft.rules.iter().filter_map(|named| named.item.as_ref()) {
        clause_exists(
            draft,
            &rule.clause,
            &format!("rule {}", rule.id),
            rule.place,
            sink,
        );
        conditions(rule, sink);
        tests(draft, rule, sink);
        for part in parts(rule) {
            list_exists(draft, part, rule.place, sink);
        }
    }
    for part in draft
        .not_checkable
        .iter()
        .filter_map(|named| named.item.as_ref())
    {
        let what = "this [[not_machine_checkable]]";
        clause_exists(draft, &part.clause, what, part.place, sink);
    }
    for exempt in draft.exempts.iter().filter_map(|named| named.item.as_ref()) {
        for part in &exempt.matches {
            list_exists(draft, part, exempt.place, sink);
        }
        exemption(draft, exempt, head, sink);
    }
    // With a rule missing nobody can say what the others leave out.
    if draft.rules.iter().all(|rule| rule.item.is_some()) {
        unchecked_clauses(draft, sink);
        if draft.exempts.iter().all(|exempt| exempt.item.is_some()) {
            unused_lists(draft, sink);
        }
    }
}

fn sizes(draft: &Draft, sink: &mut Sink<'_>) {
    let rules = || draft.rules.iter().filter_map(|named| named.item.as_ref());
    let tests: usize = rules().map(|rule| rule.tests.len()).sum();
    let steps: usize = rules()
        .flat_map(|rule| &rule.tests)
        .map(|test| test.steps.len())
        .sum();
    let patterns = rules()
        .flat_map(parts)
        .filter(|part| matches!(part, Part::Pattern { .. }))
        .count();
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
        (patterns, limits::PATTERNS, "patterns"),
    ] {
        if count > most {
            let sentence = format!("the order has {count} {what}; {most} is the most");
            sink.fault_at((1, 1), "limit", sentence);
        }
    }
    if draft.clauses.is_empty() {
        let sentence = "the order has no [[clause]]; without one nothing may be recorded";
        sink.fault_at((1, 1), "no-clause", sentence);
    }
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

fn conditions(rule: &Rule, sink: &mut Sink<'_>) {
    let id = &rule.id;
    let looks = !rule.any.is_empty()
        || !rule.all.is_empty()
        || rule.only.is_some()
        || !rule.during.is_empty()
        || rule.over.is_some();
    if !looks {
        let sentence = format!(
            "rule {id} looks for nothing; give it `any`, `all`, `only`, `during` or something \
             that it counts"
        );
        sink.fault_at(rule.place, "no-condition", sentence);
    }
    for approval in &rule.approvals {
        if approval.ends.is_none() {
            let sentence = format!(
                "approval {} has no end; give it `ends`, or leave it so if it holds as long as \
                 the order",
                approval.id
            );
            sink.warn_at(approval.place, "approval-open", sentence);
        }
    }
    let words = rule
        .any
        .iter()
        .chain(&rule.all)
        .flat_map(|one| &one.parts)
        .any(Part::is_words);
    if words && rule.severity > Severity::Review {
        let sentence = format!(
            "rule {id} looks for words, and what words mean only a person can say; \
             make its severity \"review\""
        );
        sink.fault_at(rule.place, "words-severity", sentence);
    }
    for condition in rule.any.iter().chain(&rule.all).chain(&rule.unless) {
        if !rule.on.iter().any(|kind| condition.looks_at(*kind)) {
            let sentence = format!(
                "rule {id}: a condition with {} can hold for no kind that `on` names",
                keys(condition)
            );
            sink.fault_at(rule.place, "never-holds", sentence);
        }
    }
    for kind in rule.on.iter().filter(|kind| !can_match(rule, **kind)) {
        let sentence = format!(
            "rule {id} is on `{kind}`, and its conditions can never hold for one; take it out of `on`"
        );
        sink.fault_at(rule.place, "never-matches", sentence);
    }
}

fn can_match(rule: &Rule, kind: Kind) -> bool {
    let all = rule.all.iter().all(|condition| condition.looks_at(kind));
    let any = rule.any.is_empty() || rule.any.iter().any(|condition| condition.looks_at(kind));
    all && any
}

fn keys(condition: &Condition) -> String {
    let keys: Vec<String> = condition
        .parts
        .iter()
        .map(|part| format!("`{}`", part.key()))
        .collect();
    keys.join(" and ")
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

fn exemption(draft: &Draft, exempt: &Exempt, head: Option<&Head>, sink: &mut Sink<'_>) {
    let Some(head) = head else { return };
    let id = &exempt.id;
    let late = exempt
        .starts
        .zip(head.ends)
        .is_some_and(|(starts, ends)| starts > ends);
    if late || exempt.ends.is_some_and(|ends| ends < head.starts) {
        let sentence = format!("exemption {id} never holds while the order is in force");
        sink.fault_at(exempt.place, "exempt-never", sentence);
    }
    let always = exempt.starts.is_none_or(|starts| starts <= head.starts)
        && match (exempt.ends, head.ends) {
            (None, _) => true,
            (Some(ends), Some(last)) => ends >= last,
            (Some(_), None) => false,
        };
    if !always {
        return;
    }
    for rule in draft.rules.iter().filter_map(|named| named.item.as_ref()) {
        if swallows(exempt, rule) {
            let sentence = format!(
                "exemption {id} keeps out everything that rule {} looks for; narrow one of them",
                rule.id
            );
            sink.fault_at(exempt.place, "exempt-swallows", sentence);
        }
    }
}

/// Can the rule match nothing that the exemption lets through? Only what can be seen for certain.
fn swallows(exempt: &Exempt, rule: &Rule) -> bool {
    let inside = |condition: &Condition| {
        condition
            .parts
            .iter()
            .any(|part| exempt.matches.iter().any(|wide| covers(wide, part)))
    };
    let any = !rule.any.is_empty() && rule.any.iter().all(inside);
    any || rule.all.iter().any(inside)
}

/// Does whatever makes `narrow` hold make `wide` hold too?
fn covers(wide: &Part, narrow: &Part) -> bool {
    let within = |wide: &[String], narrow: &[String]| {
        narrow
            .iter()
            .all(|one| wide.iter().any(|other| other.eq_ignore_ascii_case(one)))
    };
    match (wide, narrow) {
        (Part::Host(wide), Part::Host(narrow)) => narrow
            .iter()
            .all(|host| wide.iter().any(|wide| is_below(host, wide))),
        (Part::HostIn(wide), Part::HostIn(narrow)) | (Part::AppIn(wide), Part::AppIn(narrow)) => {
            wide == narrow
        }
        (Part::App(wide), Part::App(narrow)) => within(wide, narrow),
        (Part::Account(wide), Part::Account(narrow)) => narrow.iter().all(|one| wide.contains(one)),
        _ => false,
    }
}

fn is_below(host: &str, wide: &str) -> bool {
    host.strip_suffix(wide)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
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
    let rules = draft.rules.iter().filter_map(|named| named.item.as_ref());
    let exempts = draft.exempts.iter().filter_map(|named| named.item.as_ref());
    let used: BTreeSet<&str> = rules
        .flat_map(parts)
        .chain(exempts.flat_map(|exempt| &exempt.matches))
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
