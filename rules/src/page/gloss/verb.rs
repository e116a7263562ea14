//! The verbs of a rule beside its conditions, in words: what is allowed, when, and what is counted
//! or waited for over time.

use super::{field, part};
use crate::order::{Amount, Approval, Near, Order, Over, Per, Rule, Said, Where};
use crate::page::words::{bare, clocks, quoted, several, span, term};

/// What a rule does with the facts that fit it: most flag them, some count or note them first.
pub(in crate::page) const fn takes(rule: &Rule) -> &'static str {
    match &rule.over {
        None | Some(Over::Sequence { .. } | Over::Silence { .. }) => "flags",
        Some(Over::Quota { .. } | Over::Threshold { .. }) => "counts",
        Some(Over::Grace { .. }) => "notes",
    }
}

/// What is counted or waited for.
pub(in crate::page) fn over(over: &Over, order: &Order) -> String {
    let clocks = clocks(order);
    match over {
        Over::Quota { more_than, per } => {
            let per = match per {
                Per::LocalDay => "one day, from midnight to midnight",
                Per::LocalWeek => "one week, from Monday to Sunday",
            };
            match more_than {
                Amount::Time(time) => format!(
                    "It adds up how long they last. It flags when that is more than {} in {per}, by \
                     {clocks}.",
                    span(time.ms())
                ),
                Amount::Count(count) => format!(
                    "It flags when there are more than {count} of them in {per}, by {clocks}."
                ),
            }
        }
        Over::Threshold { count, within } => format!(
            "It flags when there are {count} or more of them within {}.",
            span(within.ms())
        ),
        Over::Sequence {
            first,
            then,
            within,
        } => format!(
            "It flags when rule {first} finds something and rule {then} finds something after that, \
             within {}.",
            span(within.ms())
        ),
        Over::Silence { longer_than } => format!(
            "It flags when the computer was on and the monitoring program wrote nothing for more \
             than {}.",
            span(longer_than.ms())
        ),
        Over::Grace { days, of } => format!(
            "The person has {}, to the same hour by {clocks}, to declare each of them to the \
             offender manager by its {}. It flags what is not declared by then.",
            several(u64::from(*days), "day"),
            field::noun(*of)
        ),
    }
}

/// What an officer allowed.
pub(in crate::page) fn approval(approval: &Approval, order: &Order) -> String {
    let when: Vec<String> = approval
        .matches
        .iter()
        .map(|one| part(one, order))
        .collect();
    format!(
        "{}: {}. This holds {}, when {}.",
        approval.id,
        bare(&approval.says),
        term(approval.starts, approval.ends),
        when.join(", and ")
    )
}

/// Where a rule is checked, if that is not everywhere.
pub(in crate::page) const fn checked(place: Where) -> Option<&'static str> {
    match place {
        Where::Device => None,
        Where::Collector => Some(
            "It is checked only where the records are collected, and never on the person's \
             computer.",
        ),
    }
}

/// Two things close to each other.
pub(super) fn near(near: &Near) -> String {
    let between = match near.within_words {
        0 => "with no word between them".to_owned(),
        count => format!(
            "with at most {} between them",
            several(u64::from(count), "word")
        ),
    };
    format!(
        "what was searched for has two things, in either order and {between}: {}, and {}",
        said(&near.a),
        said(&near.b)
    )
}

fn said(said: &Said) -> String {
    match said {
        Said::Words(words) => format!("the words {}", quoted(words)),
        Said::Number { from, to, units } => {
            format!(
                "a number from {from} to {to} with {} after it",
                quoted(units)
            )
        }
    }
}
