//! Days and hours: what never holds while the order is in force, and hours that are said twice.

use jiff::civil::Date;
use proviso_report::UnixMs;

use super::super::parts::{Place, Rule};
use super::super::read::Head;
use super::super::sink::Sink;
use super::super::verbs::{Hours, Suspension};
use super::Draft;

/// Seconds of a day, and of a week.
const DAY: u32 = 86_400;
const WEEK: u32 = 7 * DAY;

pub(super) fn all(draft: &Draft, head: Option<&Head>, sink: &mut Sink<'_>) {
    for exempt in draft.exempts() {
        let what = format!("exemption {}", exempt.id);
        inside(
            head,
            &what,
            (exempt.starts, exempt.ends),
            exempt.place,
            sink,
        );
        twice(&exempt.within, &what, "within", exempt.place, sink);
    }
    for suspension in draft.suspensions.iter().flatten() {
        let days = (Some(suspension.from), suspension.to);
        inside(head, "this suspension", days, suspension.place, sink);
    }
    overlap(draft, sink);
    for rule in draft.rules() {
        if let Some(head) = head {
            tests(rule, head, sink);
        }
        twice(
            &rule.during,
            &format!("rule {}", rule.id),
            "during",
            rule.place,
            sink,
        );
        for approval in &rule.approvals {
            let what = format!("approval {}", approval.id);
            let days = (approval.starts, approval.ends);
            inside(head, &what, days, approval.place, sink);
            if approval.ends.is_none() {
                let sentence = format!(
                    "{what} has no end and holds as long as the order; give it `ends` if it was \
                     approved for a time"
                );
                sink.warn_at(approval.place, "approval-open", sentence);
            }
        }
    }
}

/// Whoever ends one of two that overlap would not know that the other still holds.
fn overlap(draft: &Draft, sink: &mut Sink<'_>) {
    let all: Vec<&Suspension> = draft.suspensions.iter().flatten().collect();
    for (number, one) in all.iter().enumerate() {
        let before = |from: Date, to: Option<Date>| to.is_none_or(|to| from <= to);
        let earlier = all.iter().take(number);
        if let Some(other) = earlier
            .into_iter()
            .find(|other| before(one.from, other.to) && before(other.from, one.to))
        {
            let sentence = format!(
                "this suspension and that of line {} hold on the same day; make one of them, or \
                 correct their days",
                other.place.0
            );
            sink.fault_at(one.place, "suspensions-overlap", sentence);
        }
    }
}

/// What happens outside the term is never judged: such a test shows nothing.
fn tests(rule: &Rule, head: &Head, sink: &mut Sink<'_>) {
    let start = head.zone.start_of(head.starts);
    let end = head.ends.map(|day| head.zone.end_of(day));
    for test in &rule.tests {
        let outside = |at: UnixMs| at < start || end.is_some_and(|end| at >= end);
        if test.steps.iter().any(|step| outside(step.at)) {
            let sentence = format!(
                "rule {}: an event of this test lies outside the order's term, when nothing is \
                 judged; give it a time at which the order is in force",
                rule.id
            );
            sink.warn_at(test.place, "test-outside-term", sentence);
        }
    }
}

fn inside(
    head: Option<&Head>,
    what: &str,
    (from, to): (Option<Date>, Option<Date>),
    place: Place,
    sink: &mut Sink<'_>,
) {
    let Some(head) = head else { return };
    let late = from.zip(head.ends).is_some_and(|(from, ends)| from > ends);
    if late || to.is_some_and(|to| to < head.starts) {
        let sentence = format!(
            "{what} never holds while the order is in force; correct its days or take it out"
        );
        sink.fault_at(place, "outside-term", sentence);
    }
}

/// Hours that lie in other hours of the same array say nothing.
fn twice(hours: &[Hours], what: &str, key: &str, place: Place, sink: &mut Sink<'_>) {
    let spans: Vec<Vec<(u32, u32)>> = hours.iter().map(spans).collect();
    for (number, inner) in spans.iter().enumerate() {
        let held = spans.iter().enumerate().any(|(other, outer)| {
            // Of two that are the same the second is the one too many.
            let counts = other < number || (other > number && outer != inner);
            counts && inner.iter().all(|span| lies_in(*span, outer))
        });
        if held {
            let sentence = format!(
                "{what}: span {} of `{key}` lies in another one and changes nothing; take it out \
                 or correct it",
                number + 1
            );
            sink.warn_at(place, "hours-twice", sentence);
        }
    }
}

/// From when to when in the week, in seconds from Monday's midnight; joined, and sorted.
fn spans(hours: &Hours) -> Vec<(u32, u32)> {
    let second = |time: jiff::civil::Time| {
        let part = |part: i8| u32::from(part.unsigned_abs());
        part(time.hour()) * 3_600 + part(time.minute()) * 60 + part(time.second())
    };
    let (from, to) = (second(hours.from), second(hours.to));
    let length = if from < to {
        to - from
    } else {
        to + DAY - from
    };
    let mut spans = Vec::new();
    for day in &hours.days {
        let start = u32::from(day.to_monday_zero_offset().unsigned_abs()) * DAY + from;
        let end = start + length;
        spans.push((start, end.min(WEEK)));
        if end > WEEK {
            spans.push((0, end - WEEK));
        }
    }
    spans.sort_unstable();
    let mut joined: Vec<(u32, u32)> = Vec::new();
    for (start, end) in spans {
        match joined.last_mut() {
            Some((_, last)) if start <= *last => *last = end.max(*last),
            _ => joined.push((start, end)),
        }
    }
    joined
}

fn lies_in((from, to): (u32, u32), spans: &[(u32, u32)]) -> bool {
    spans
        .iter()
        .any(|(start, end)| *start <= from && to <= *end)
}
