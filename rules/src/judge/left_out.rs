//! Which rules a side does not check.
//!
//! A device never has what is the collector's. Whoever verifies a bundle may lack lists that must
//! not be handed on: what needs one is left out and said, not guessed at.

use crate::order::{Condition, Order, Over, Part, Rule, Where};

use super::Side;

/// Their ids, in the order of the file. `is_here`: is there a list of this name?
pub(super) fn of(order: &Order, side: Side, is_here: impl Fn(&str) -> bool) -> Vec<String> {
    let lacks_list = |rule: &Rule| {
        let mut lists = parts(rule).filter_map(Part::list);
        lists.any(|(name, _)| !is_here(name))
    };
    let mut out: Vec<bool> = order
        .rules()
        .iter()
        .map(|rule| match side {
            Side::Device => rule.checked == Where::Collector || lacks_list(rule),
            Side::Verifier => lacks_list(rule),
            Side::Collector => false,
        })
        .collect();
    // What is made of a rule that is left out is left out too.
    loop {
        let is_out = |out: &[bool], id: &str| {
            let mut rules = order.rules().iter().zip(out);
            rules.any(|(rule, out)| *out && rule.id == id)
        };
        let next: Vec<bool> = order
            .rules()
            .iter()
            .zip(&out)
            .map(|(rule, already)| match &rule.over {
                Some(Over::Sequence { first, then, .. }) => {
                    *already || is_out(&out, first) || is_out(&out, then)
                }
                _ => *already,
            })
            .collect();
        if next == out {
            break;
        }
        out = next;
    }
    let rules = order.rules().iter().zip(out);
    rules
        .filter(|(_, out)| *out)
        .map(|(rule, _)| rule.id.clone())
        .collect()
}

/// Every part that a rule has anywhere.
pub(super) fn parts(rule: &Rule) -> impl Iterator<Item = &Part> {
    let only = rule.only.iter();
    let among = only.clone().filter_map(|only| only.among.as_ref());
    let conditions = rule.any.iter().chain(&rule.all).chain(&rule.unless);
    let in_conditions = conditions
        .chain(among)
        .flat_map(|condition: &Condition| &condition.parts);
    in_conditions
        .chain(only.flat_map(|only| &only.allow))
        .chain(rule.approvals.iter().flat_map(|one| &one.matches))
}
