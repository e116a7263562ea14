//! One device in the list: when it was heard, what it runs, which order it holds, what is wrong with it.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::store::caseload::Standing;
use crate::store::signs::{Tamper, TamperKind};

use super::super::stuck::Stuck;
use super::super::{layout, overview, words};

/// Signs of tampering in a row; the audit of the day has all.
const MOST: usize = 3;

/// Whether a device does what it should, apart from what it saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Behind {
    /// It holds another order than the one in force, or none.
    pub(super) order: bool,
    /// It runs an older agent than others.
    pub(super) version: bool,
}

impl Behind {
    /// Of a device, where the newest version seen anywhere is `newest`.
    pub(super) fn of(standing: &Standing, newest: Option<[u64; 3]>) -> Self {
        let held = standing.held.map(|(digest, _)| digest);
        let current = standing.current.map(|(digest, _)| digest);
        let version = parts(&standing.version);
        Self {
            // What has said nothing yet is silent, not behind.
            order: standing.said.is_some() && held != current,
            version: matches!((version, newest), (Some(own), Some(newest)) if own < newest),
        }
    }
}

/// The newest of these versions.
pub(super) fn newest(versions: &[String]) -> Option<[u64; 3]> {
    versions.iter().filter_map(|text| parts(text)).max()
}

/// `1.2.3`, or `1.2.3-beta` as `1.2.3`; nothing else is compared.
fn parts(version: &str) -> Option<[u64; 3]> {
    let plain = version.split(['-', '+']).next()?;
    let numbers: Vec<u64> = plain
        .split('.')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    numbers.try_into().ok()
}

/// When it was heard last.
pub(super) fn contact(
    standing: &Standing,
    stuck: Option<Stuck>,
    zone: &TimeZone,
    now: i64,
) -> Markup {
    html! {
        @match standing.heard {
            None => {
                (layout::tag("review", "Never heard")) " Enrolled " (words::moment(standing.enrolled, zone)) "."
            }
            Some(at) => {
                @if now - at > overview::SILENT { (layout::tag("review", "Silent")) " " }
                (words::ago(at, now)) ", " (words::moment(at, zone)) "."
            }
        }
        @if let Some(stuck) = stuck { " " span.lapse { (stuck.short(now)) "." } }
    }
}

/// What it runs.
pub(super) fn version(standing: &Standing, behind: Behind) -> Markup {
    html! {
        (standing.version)
        @if behind.version { " " (layout::tag("review", "Behind")) }
        @if standing.said.is_none() { " " span.quiet { "as at enrolment" } }
    }
}

/// Which order it holds, against the one in force.
pub(super) fn order(standing: &Standing, behind: Behind) -> Markup {
    html! {
        @match (standing.said, standing.held, standing.current) {
            (None, _, Some((_, current))) => {
                "Version " (current) " is in force. " span.quiet { "It has not said yet what it holds." }
            }
            (None, _, None) => "None in force.",
            (Some(_), None, None) => "None in force, none held.",
            (Some(_), None, Some((_, current))) => {
                (layout::tag("review", "Holds none")) " Version " (current) " is in force."
            }
            (Some(_), Some((_, held)), _) if !behind.order => {
                @if let Some(held) = held { "Version " (held) ", the one in force." } @else { "The one in force." }
            }
            (Some(_), Some((_, held)), current) => {
                (layout::tag("review", "Another one")) " Holds "
                @if let Some(held) = held { "version " (held) } @else { "an order that is not this person's" }
                "; " @match current {
                    Some((_, current)) => { "version " (current) " is in force." }
                    None => "none is in force.",
                }
            }
        }
    }
}

/// Signs that somebody tampered, newest first.
pub(super) fn tampered(all: &[&Tamper], zone: &TimeZone) -> Markup {
    html! {
        @for one in all.iter().take(MOST) {
            span.lapse {
                (layout::tag("urgent", name(one.kind))) " "
                @if !one.part.is_empty() { (one.part) ", " }
                (words::moment(one.at, zone)) ". "
            }
        }
        @if let Some((rest, first)) = all.len().checked_sub(MOST + 1).zip(all.first()) {
            a href={ "/person/" (first.person) "/day?day=" (words::date(first.at, zone)) } {
                "And " (rest + 1) " more"
            }
            ". "
        }
    }
}

/// How somebody tampered, in words.
pub(super) const fn name(kind: TamperKind) -> &'static str {
    match kind {
        TamperKind::Altered => "Agent altered",
        TamperKind::Traced => "Debugger on the agent",
        TamperKind::Blocked => "Collector blocked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{DeviceId, Hash, PersonId};

    fn standing(version: &str, held: Option<u8>, current: Option<u8>) -> Standing {
        Standing {
            device: DeviceId([1; 16]),
            person: PersonId::from_random([1; 16]),
            host: None,
            enrolled: 0,
            heard: Some(1),
            version: version.to_owned(),
            said: Some(1),
            held: held.map(|one| (Hash([one; 32]), None)),
            current: current.map(|one| (Hash([one; 32]), 1)),
        }
    }

    #[test]
    fn versions_are_numbers_and_not_texts() {
        let versions = ["0.9.1", "0.10.0", "odd", "0.10", "0.10.0-beta"].map(str::to_owned);
        let newest = newest(&versions);
        assert_eq!(newest, Some([0, 10, 0]));
        let behind = |version| Behind::of(&standing(version, None, None), newest).version;
        assert!(behind("0.9.1") && behind("0.2.99"));
        assert!(!behind("0.10.0") && !behind("0.11.0") && !behind("odd"));
    }

    #[test]
    fn a_device_without_the_order_in_force_is_behind_and_one_that_said_nothing_is_not() {
        let behind = |held, current| Behind::of(&standing("1.0.0", held, current), None).order;
        assert!(behind(None, Some(1)) && behind(Some(2), Some(1)) && behind(Some(2), None));
        assert!(!behind(Some(1), Some(1)) && !behind(None, None));
        let mut silent = standing("1.0.0", None, Some(1));
        silent.said = None;
        assert!(!Behind::of(&silent, None).order);
    }
}
