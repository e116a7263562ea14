//! Reads `only` and approvals: what is allowed.

use super::check::Named;
use super::read_clause::in_order;
use super::read_condition::{allowed, approval_match, condition};
use super::shape::Section;
use super::sink::Sink;
use super::verbs::{Approval, Only};

/// `only`; `Some(None)`: there is none.
pub(super) fn only(rule: &mut Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Option<Only>> {
    let Some(value) = rule.get("only") else {
        return Some(None);
    };
    let mut section = Section::of("`only`", value, sink)?;
    let among = section.get("among").map(|value| {
        let section = Section::of("`among`", value, sink)?;
        condition(section, sink)
    });
    let allow = allowed(section, sink);
    let among = match among {
        None => None,
        Some(among) => Some(among?),
    };
    Some(Some(Only {
        among,
        allow: allow?,
    }))
}

/// `[[rule.approval]]`.
pub(super) fn approval(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Named<Approval> {
    let place = section.place(sink);
    let id = section.id(sink, "id");
    let says = section.text(sink, "says");
    let matches = section
        .need(sink, "match")
        .and_then(|value| Section::of("`match`", value, sink))
        .and_then(|inner| approval_match(inner, sink));
    let starts = section.date_opt(sink, "starts");
    let ends = section.date_opt(sink, "ends");
    in_order(&section, "the approval", "ends", starts, ends, sink);
    section.finish(sink);
    Named::new(id, place, |id| {
        Some(Approval {
            id,
            says: says?,
            matches: matches?,
            starts,
            ends,
            place,
        })
    })
}
