//! Rules and clauses that take in everything of a kind that shows a life: an order must be
//! proportionate, so its author says why, or people look twice.

use proviso_report::fact::Kind;

use crate::judge::pattern;

use super::super::condition::{Condition, Field, Part};
use super::super::parts::Rule;
use super::super::sink::Sink;
use super::Draft;

/// Kinds that show a life if all of them are kept.
const BROAD: &[Kind] = &[
    Kind::WebVisit,
    Kind::ProcessStart,
    Kind::ProcessEnd,
    Kind::Search,
    Kind::Download,
    Kind::Foreground,
    Kind::FileChange,
    Kind::PhoneApp,
];

/// A rule that is wider than most clauses: its author must say why this one needs it.
pub(super) fn rule(rule: &Rule, sink: &mut Sink<'_>) {
    let wide = rule
        .on
        .iter()
        .find(|kind| BROAD.contains(kind) && takes_all(rule, **kind));
    match (wide, &rule.wide_because) {
        (Some(kind), None) => {
            let sentence = format!(
                "rule {} takes in every `{kind}`; narrow it by what clause {} is about, or say \
                 in `wide_because` why the clause needs it",
                rule.id, rule.clause
            );
            sink.fault_at(rule.place, "wide-rule", sentence);
        }
        (None, Some(_)) => {
            let sentence = format!(
                "rule {} takes in no more than it looks for; take `wide_because` out",
                rule.id
            );
            sink.warn_at(rule.place, "not-wide", sentence);
        }
        _ => {}
    }
}

fn takes_all(rule: &Rule, kind: Kind) -> bool {
    let among = rule.only.iter().filter_map(|only| only.among.as_ref());
    let any: Vec<&Condition> = rule.any.iter().filter(|one| one.looks_at(kind)).collect();
    let by_any = !any.is_empty() && any.iter().all(|one| narrows(one, kind));
    !by_any && !rule.all.iter().chain(among).any(|one| narrows(one, kind))
}

/// Is it about what the person did, and not only about where, when or how? What holds for all facts
/// of the kind narrows nothing.
fn narrows(condition: &Condition, kind: Kind) -> bool {
    condition.parts.iter().any(|part| match part {
        Part::Account(_) | Part::Browser(_) | Part::Transition(_) | Part::Private(false) => false,
        Part::Is { field, values } => !field.words(kind).is_some_and(|words| {
            let is_named = |word: &&str| values.iter().any(|one| one.eq_ignore_ascii_case(word));
            words.iter().all(is_named)
        }),
        Part::Under(folders) => !folders.iter().any(|folder| is_root(folder)),
        Part::Pattern { field, regex } => !takes_anything(*field, regex),
        _ => true,
    })
}

/// `/`, or all of a drive.
fn is_root(folder: &str) -> bool {
    let bare = folder.trim_end_matches(['/', '\\']);
    bare.is_empty() || (bare.len() == 2 && bare.ends_with(':'))
}

/// Does it match what says nothing?
fn takes_anything(field: Field, regex: &str) -> bool {
    let bare: &[&str] = match field {
        Field::Url => &["https://a.example/"],
        Field::Exe => &["/a", "C:\\b"],
        Field::Title | Field::Args | Field::Search => &["a", "0"],
    };
    // What cannot be compiled is refused elsewhere.
    let compiled = pattern::build(regex);
    compiled.is_ok_and(|compiled| bare.iter().all(|text| compiled.is_match(text.as_bytes())))
}

/// A clause that records a whole kind is right if the court's words are about that.
pub(super) fn records(draft: &Draft, sink: &mut Sink<'_>) {
    for clause in draft.clauses.iter().filter_map(|named| named.item.as_ref()) {
        for kind in clause.records.iter().filter(|kind| BROAD.contains(kind)) {
            let sentence = format!(
                "clause {} records every `{kind}`, whether a rule looks for it or not; keep it \
                 only if the court's words need all of them",
                clause.id
            );
            sink.warn_at(clause.place, "wide-records", sentence);
        }
    }
}
