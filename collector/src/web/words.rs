//! Times, counts and severities in words.
//!
//! Promises: every time names its zone; what software found is a possible breach at most.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_report::coverage::Total;

pub(super) use crate::digest::midnight;
use crate::store::casework::AlertState;
use crate::store::staff::Role;

/// For whoever is in no register.
pub(super) const NOBODY: &str = "Somebody not in the register";

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A moment in full: `Tue 24 Nov 2026, 11:19:17 GMT`.
pub(super) fn full(at: i64, zone: &TimeZone) -> String {
    formatted(at, zone, "%a %-d %b %Y, %H:%M:%S %Z")
}

/// The time of day of a moment: `11:19:17 GMT`.
pub(super) fn clock(at: i64, zone: &TimeZone) -> Markup {
    let machine = Timestamp::from_millisecond(at).map(|at| at.to_string());
    html! { time datetime=[machine.ok()] { (formatted(at, zone, "%H:%M:%S %Z")) } }
}

/// The day of a moment.
pub(super) fn date(at: i64, zone: &TimeZone) -> Date {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned_datetime(zone.clone()).date()
}

/// A moment for people and machines.
pub(super) fn moment(at: i64, zone: &TimeZone) -> Markup {
    let machine = Timestamp::from_millisecond(at).map(|at| at.to_string());
    html! { time datetime=[machine.ok()] { (full(at, zone)) } }
}

/// The name of a zone.
pub(super) fn zone_name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("UTC")
}

/// How long before `now`: `3 minutes ago`.
pub(super) fn ago(at: i64, now: i64) -> String {
    let passed = now.saturating_sub(at);
    if passed < -MINUTE {
        return "in the future by this clock".to_owned();
    }
    match span(passed) {
        None => "just now".to_owned(),
        Some(span) => format!("{span} ago"),
    }
}

/// How long something lasts: `for 3 minutes`, with the moment for machines and for whoever points at it.
pub(super) fn lasting(since: i64, now: i64) -> Markup {
    let machine = Timestamp::from_millisecond(since).map(|at| at.to_string());
    html! { time datetime=[machine.ok()] { (waiting_for(since, now)) } }
}

/// How long something waits: `for 3 minutes`.
pub(super) fn waiting_for(since: i64, now: i64) -> String {
    match span(now.saturating_sub(since)) {
        None => "for less than a minute".to_owned(),
        Some(span) => format!("for {span}"),
    }
}

/// A length of time in its largest unit; none below a minute.
pub(super) fn span(millis: i64) -> Option<String> {
    let (count, unit) = match millis {
        ..MINUTE => return None,
        MINUTE..HOUR => (millis / MINUTE, "minute"),
        HOUR..DAY => (millis / HOUR, "hour"),
        _ => (millis / DAY, "day"),
    };
    Some(counted(count, unit))
}

/// `1 alert`, `2 alerts`.
pub(super) fn counted(count: impl Into<i128>, unit: &str) -> String {
    let count: i128 = count.into();
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{s}")
}

/// `1 possible breach`, `2 possible breaches`.
pub(super) fn possible_breaches(count: u64) -> String {
    match count {
        1 => "1 possible breach".to_owned(),
        _ => format!("{count} possible breaches"),
    }
}

/// A rule by its sentence, or by its number where there is none.
pub(super) fn rule(says: Option<&str>, held: bool, number: &str) -> String {
    match (says, held) {
        (Some(says), _) => says.to_owned(),
        (None, true) => format!("Rule {number}"),
        (None, false) => format!("Rule {number} of an order that is not held here"),
    }
}

/// What somebody does here, in words.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Manager => "offender manager",
        Role::Supervisor => "supervisor",
        Role::Examiner => "forensic examiner",
        Role::Administrator => "administrator",
        Role::Auditor => "auditor",
        Role::Partner => "partner",
    }
}

/// A severity as a label.
pub(super) fn severity(severity: &str) -> &'static str {
    match severity {
        "urgent" => "Urgent: possible breach",
        "breach" => "Possible breach",
        "review" => "For review",
        _ => "Logged",
    }
}

/// A severity as a label that counts.
pub(super) fn severity_count(severity: &str, count: u64) -> String {
    match severity {
        "urgent" => format!("{count} urgent"),
        "breach" => possible_breaches(count),
        _ => format!("{count} for review"),
    }
}

/// Where an alert stands.
pub(super) fn state(state: AlertState) -> &'static str {
    match state {
        AlertState::Open => "waiting for a person",
        AlertState::Acknowledged => "somebody is looking into it",
        AlertState::Decided => "decided",
    }
}

fn formatted(at: i64, zone: &TimeZone, format: &str) -> String {
    match Timestamp::from_millisecond(at) {
        Ok(at) => at
            .to_zoned_datetime(zone.clone())
            .strftime(format)
            .to_string(),
        Err(_) => format!("{at} ms after 1970, which no calendar holds"),
    }
}

/// How long of each, of a time that was watched.
pub(super) fn watched(total: &Total) -> String {
    let mut parts = Vec::new();
    let said = total.lengths();
    for (words, ms, said) in [
        ("monitored", total.monitored, said.monitored),
        ("off", total.off, said.off),
        ("dark", total.dark, said.dark),
        ("no order", total.no_order, said.no_order),
        ("not begun", total.not_yet, said.not_yet),
    ] {
        if ms > 0 {
            parts.push(format!("{words} {said}"));
        }
    }
    if parts.is_empty() {
        return "not come yet".to_owned();
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_name_their_zone() {
        let london = TimeZone::get("Europe/London").unwrap();
        assert_eq!(
            full(1_764_000_000_000, &london),
            "Mon 24 Nov 2025, 16:00:00 GMT"
        );
        assert_eq!(
            full(1_780_000_000_000, &london),
            "Thu 28 May 2026, 21:26:40 BST"
        );
        assert_eq!(date(1_780_000_000_000, &london).to_string(), "2026-05-28");
        assert!(full(i64::MAX, &london).contains("no calendar"));
    }

    #[test]
    fn lengths_are_in_their_largest_unit() {
        assert_eq!(ago(0, 59_999), "just now");
        assert_eq!(ago(0, 60_000), "1 minute ago");
        assert_eq!(ago(0, 7_200_000), "2 hours ago");
        assert_eq!(ago(0, 49 * HOUR), "2 days ago");
        assert_eq!(ago(10 * MINUTE, 0), "in the future by this clock");
    }
}
