//! Rules and exemptions that leave others nothing to do. Only what can be seen for certain: without
//! its entries a list is covered by nothing but itself.

use super::super::condition::{Condition, Part};
use super::super::parts::{Exempt, Rule};
use super::super::read::Head;
use super::super::sink::Sink;
use super::super::verbs::Where;
use super::Draft;

pub(super) fn all(draft: &Draft, head: Option<&Head>, sink: &mut Sink<'_>) {
    let rules: Vec<&Rule> = draft.rules().collect();
    for exempt in draft.exempts() {
        if !head.is_some_and(|head| always(exempt, head)) {
            continue;
        }
        for rule in rules.iter().filter(|rule| swallows(exempt, rule)) {
            let sentence = format!(
                "exemption {} keeps out everything that rule {} looks for; narrow one of them",
                exempt.id, rule.id
            );
            sink.fault_at(exempt.place, "exempt-swallows", sentence);
        }
    }
    for rule in &rules {
        if contradicts(rule) {
            let sentence = format!(
                "rule {} can never match: what it looks for excludes itself, or is all taken out \
                 by `unless` or allowed by `only`; correct one of them",
                rule.id
            );
            sink.fault_at(rule.place, "contradiction", sentence);
        }
    }
    for (rule, sentence) in covered(&rules, &mut by_name) {
        sink.warn_at(rule.place, "rule-covered", sentence);
    }
}

/// Are all hosts of the second part among those of the first?
pub(crate) type Hosts<'h> = dyn FnMut(&Part, &Part) -> bool + 'h;

/// The rules that match nothing that another one does not match already, each with a sentence.
pub(crate) fn covered<'r>(rules: &[&'r Rule], hosts: &mut Hosts<'_>) -> Vec<(&'r Rule, String)> {
    let mut found = Vec::new();
    // Of two that are the same the second is the one too many.
    for (number, rule) in rules.iter().enumerate() {
        let wider = rules.iter().enumerate().find(|(other, wide)| {
            *other != number
                && takes_in(wide, rule, hosts)
                && (*other < number || !takes_in(rule, wide, hosts))
        });
        if let Some((_, wider)) = wider {
            let sentence = format!(
                "rule {} matches nothing that rule {} of the same clause does not match already; \
                 take it out, or make it more serious",
                rule.id, wider.id
            );
            found.push((*rule, sentence));
        }
    }
    found
}

/// As far as it can be seen without entries of lists.
pub(crate) fn by_name(wide: &Part, narrow: &Part) -> bool {
    match (wide, narrow) {
        (Part::Host(wide), Part::Host(narrow)) => narrow
            .iter()
            .all(|host| wide.iter().any(|wide| is_below(host, wide))),
        _ => false,
    }
}

/// Does it hold as long as the order?
fn always(exempt: &Exempt, head: &Head) -> bool {
    let starts = exempt.starts.is_none_or(|starts| starts <= head.starts);
    let ends = match (exempt.ends, head.ends) {
        (None, _) => true,
        (Some(ends), Some(last)) => ends >= last,
        (Some(_), None) => false,
    };
    starts && ends && exempt.within.is_empty()
}

/// Can the rule match nothing that the exemption lets through?
fn swallows(exempt: &Exempt, rule: &Rule) -> bool {
    let inside = |condition: &Condition| {
        condition.parts.iter().any(|part| {
            exempt
                .matches
                .iter()
                .filter(is_whole)
                .any(|wide| covers(wide, part, &mut by_name))
        })
    };
    // A program elsewhere and a file that was moved are not exempt.
    fn is_whole(part: &&Part) -> bool {
        !matches!(part, Part::App(_) | Part::AppIn(_) | Part::Under(_))
    }
    let any = !rule.any.is_empty() && rule.any.iter().all(inside);
    let among = rule.only.iter().filter_map(|only| only.among.as_ref());
    any || rule.all.iter().chain(among).any(inside)
}

/// Can no fact fit it?
fn contradicts(rule: &Rule) -> bool {
    ways(rule).all(|way| {
        let parts = || way.iter().flat_map(|one| &one.parts);
        let apart = parts().any(|one| parts().any(|other| exclude(one, other)));
        let allowed = rule
            .only
            .iter()
            .flat_map(|only| &only.allow)
            .any(|wide| parts().any(|narrow| covers(wide, narrow, &mut by_name)));
        apart || allowed || implies_one(&way, &rule.unless, &mut by_name)
    })
}

/// Does whatever fits `narrow` fit `wide` too, with nothing lost?
fn takes_in(wide: &Rule, narrow: &Rule, hosts: &mut Hosts<'_>) -> bool {
    wide.clause == narrow.clause
        && wide.severity >= narrow.severity
        && (wide.checked == Where::Device || narrow.checked == Where::Collector)
        && narrow.on.iter().all(|kind| wide.on.contains(kind))
        // What is counted over time matches at other moments than the facts.
        && wide.over == narrow.over
        && !wide.on.is_empty()
        && (wide.during.is_empty() || wide.during == narrow.during)
        && (wide.only.is_none() || wide.only == narrow.only)
        && wide.approvals.is_empty()
        && wide.unless.iter().all(|one| narrow.unless.contains(one))
        && ways(narrow).all(|way| {
            wide.all.iter().all(|one| implies(&way, one, hosts))
                && (wide.any.is_empty() || implies_one(&way, &wide.any, hosts))
        })
}

/// Each way in which a fact can fit: one of `any` with each of `all`.
fn ways(rule: &Rule) -> impl Iterator<Item = Vec<&Condition>> {
    let among = rule.only.iter().filter_map(|only| only.among.as_ref());
    let all: Vec<&Condition> = rule.all.iter().chain(among).collect();
    let alone = rule.any.is_empty().then(|| all.clone());
    rule.any
        .iter()
        .map(move |one| all.iter().copied().chain([one]).collect())
        .chain(alone)
}

fn implies_one(way: &[&Condition], conditions: &[Condition], hosts: &mut Hosts<'_>) -> bool {
    conditions.iter().any(|one| implies(way, one, hosts))
}

/// Does the condition hold whenever each of these does?
fn implies(way: &[&Condition], condition: &Condition, hosts: &mut Hosts<'_>) -> bool {
    condition.parts.iter().all(|wide| {
        way.iter().any(|one| {
            // Words found through substitutions are not found without.
            let folded = condition.leet || !one.leet || !wide.is_words();
            folded && one.parts.iter().any(|narrow| covers(wide, narrow, hosts))
        })
    })
}

/// Does whatever makes `narrow` hold make `wide` hold too?
fn covers(wide: &Part, narrow: &Part, hosts: &mut Hosts<'_>) -> bool {
    if wide == narrow {
        return true;
    }
    let within = |wide: &[String], narrow: &[String]| {
        narrow
            .iter()
            .all(|one| wide.iter().any(|other| other.eq_ignore_ascii_case(one)))
    };
    match (wide, narrow) {
        (Part::Host(_) | Part::HostIn(_), Part::Host(_) | Part::HostIn(_)) => hosts(wide, narrow),
        (Part::App(wide), Part::App(narrow))
        | (Part::Browser(wide), Part::Browser(narrow))
        | (Part::Words(wide), Part::Words(narrow) | Part::UrlWords(narrow))
        | (Part::UrlWords(wide), Part::UrlWords(narrow))
        | (Part::SearchWords(wide), Part::SearchWords(narrow)) => within(wide, narrow),
        (Part::ArgsAny(wide), Part::ArgsAny(narrow))
        | (Part::Account(wide), Part::Account(narrow))
        | (Part::LooksLike(wide), Part::LooksLike(narrow))
        | (Part::Under(wide), Part::Under(narrow)) => narrow.iter().all(|one| wide.contains(one)),
        (Part::Transition(wide), Part::Transition(narrow)) => {
            narrow.iter().all(|one| wide.contains(one))
        }
        (
            Part::Is {
                field: wide_field,
                values: wide,
            },
            Part::Is { field, values },
        ) => wide_field == field && within(wide, values),
        _ => false,
    }
}

/// Can no fact make both hold? A field holds one word.
fn exclude(one: &Part, other: &Part) -> bool {
    let apart = |one: &[String], other: &[String]| {
        !one.iter()
            .any(|a| other.iter().any(|b| a.eq_ignore_ascii_case(b)))
    };
    match (one, other) {
        (Part::Private(one), Part::Private(other)) => one != other,
        (Part::Browser(one), Part::Browser(other)) => apart(one, other),
        (Part::Account(one), Part::Account(other)) => apart(one, other),
        (Part::Transition(one), Part::Transition(other)) => {
            !one.iter().any(|way| other.contains(way))
        }
        (
            Part::Is {
                field: one_field,
                values: one,
            },
            Part::Is { field, values },
        ) => one_field == field && apart(one, values),
        _ => false,
    }
}

fn is_below(host: &str, wide: &str) -> bool {
    host.strip_suffix(wide)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
