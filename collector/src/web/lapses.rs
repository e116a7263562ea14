//! Lapses: what is wrong with watching a device, in words.
//!
//! Promises: what is over stays in sight for its day, and says that it is over.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_report::coverage::length;

use crate::store::conditions::{Condition, ConditionKind};

use super::{layout, words};

/// Of one person; the person's page of the day has all.
const MOST: usize = 4;

/// What lasts, and what was over today: the former first.
pub(super) fn of_late(all: &[Condition], zone: &TimeZone, now: i64) -> Markup {
    let mut sorted: Vec<_> = all.iter().collect();
    sorted.sort_by_key(|one| {
        (
            one.cleared.is_some(),
            one.kind,
            std::cmp::Reverse(one.since),
        )
    });
    let rest = sorted.len().saturating_sub(MOST);
    html! {
        @for one in sorted.iter().take(MOST) { span.lapse { (line(one, zone, now)) } " " }
        @if let (true, Some(first)) = (rest > 0, sorted.first()) {
            span.lapse {
                a href={ "/person/" (first.person) "/day" } { "And " (rest) " more of today" }
                ". "
            }
        }
    }
}

fn line(one: &Condition, zone: &TimeZone, now: i64) -> Markup {
    let over = one.cleared.is_some();
    html! {
        (layout::tag(weight(one), name(one.kind, over))) " "
        @if !one.source.is_empty() { (one.source) " " }
        @match one.until {
            Some(until) => {
                (words::moment(one.since, zone)) " to " (words::moment(until, zone)) " ("
                (length(until.abs_diff(one.since))) "), over."
            }
            None => { "since " (words::moment(one.since, zone)) " (" (words::ago(one.since, now)) ")." }
        }
    }
}

pub(super) const fn name(kind: ConditionKind, over: bool) -> &'static str {
    match (kind, over) {
        (ConditionKind::Killed, _) => "Agent killed",
        (ConditionKind::Stopped, false) => "Agent stopped",
        (ConditionKind::Stopped, true) => "Agent was stopped",
        (ConditionKind::DiskFull, false) => "Disk full",
        (ConditionKind::DiskFull, true) => "Disk was full",
        (ConditionKind::SourceFailed, false) => "Source fails",
        (ConditionKind::SourceFailed, true) => "Source failed",
        (ConditionKind::Dark, _) => "Dark",
    }
}

const fn weight(one: &Condition) -> &'static str {
    match (one.kind, one.cleared) {
        (ConditionKind::Killed, _) | (ConditionKind::Stopped, None) => "urgent",
        _ => "review",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{DeviceId, PersonId};

    fn condition(kind: ConditionKind, since: i64, until: Option<i64>) -> Condition {
        Condition {
            device: DeviceId([1; 16]),
            person: PersonId::from_random([1; 16]),
            kind,
            source: String::new(),
            seq: 1,
            since,
            until,
            known: since,
            cleared: until,
        }
    }

    #[test]
    fn what_lasts_stands_before_what_is_over() {
        let hour = 3_600_000;
        let all = [
            condition(ConditionKind::Killed, hour, Some(2 * hour)),
            condition(ConditionKind::Stopped, 3 * hour, None),
        ];
        let page = of_late(&all, &TimeZone::UTC, 4 * hour).into_string();
        let place = |words: &str| {
            page.find(words)
                .unwrap_or_else(|| panic!("{words}: {page}"))
        };
        assert!(place("Agent stopped") < place("Agent killed"));
        assert!(place("1 hour ago") < place("(1 h 0 min), over."));
        let many = vec![all[0].clone(); MOST + 2];
        let page = of_late(&many, &TimeZone::UTC, 4 * hour).into_string();
        assert!(page.contains("And 2 more of today"), "{page}");
        assert_eq!(of_late(&[], &TimeZone::UTC, 0).into_string(), "");
    }
}
