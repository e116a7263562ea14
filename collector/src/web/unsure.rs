//! What could not be checked, in plain words.
//!
//! Promises: each count names the rule and the reason, and the page says that it is no word on
//! whether the rule was kept.

use std::collections::BTreeMap;

use jiff::civil::Date;
use maud::{Markup, html};

use crate::store::judged::{self, CannotTell};
use crate::store::{DeviceId, PersonId, Read, SqlError};

use super::words;

/// How far back the page of a person looks, in days.
const DAYS: i64 = 30;

/// The counts of a person on one day.
pub(super) fn of_day(
    read: &Read<'_>,
    person: &PersonId,
    day: Date,
) -> Result<Vec<(DeviceId, CannotTell)>, SqlError> {
    let day = day.to_string();
    judged::of_person(read, person, &day, &day)
}

/// The counts of a person in the last days.
pub(super) fn of_late(
    read: &Read<'_>,
    person: &PersonId,
    today: Date,
) -> Result<Vec<(DeviceId, CannotTell)>, SqlError> {
    let from = today
        .checked_sub(jiff::Span::new().days(DAYS))
        .unwrap_or(today);
    judged::of_person(read, person, &from.to_string(), &today.to_string())
}

/// What could not be checked on a day; nothing where everything could.
pub(super) fn on_day(counts: &[(DeviceId, CannotTell)]) -> Markup {
    section(counts, "What could not be checked")
}

/// The same of the last days.
pub(super) fn lately(counts: &[(DeviceId, CannotTell)]) -> Markup {
    section(
        counts,
        &format!("What could not be checked in the last {DAYS} days"),
    )
}

fn section(counts: &[(DeviceId, CannotTell)], title: &str) -> Markup {
    let mut sums: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for (_, one) in counts {
        let sum = sums.entry((&one.rule, &one.kind, &one.reason)).or_default();
        *sum = sum.saturating_add(one.count);
    }
    html! {
        @if !sums.is_empty() {
            section aria-labelledby="unsure" {
                h2 #unsure { (title) }
                p.quiet { "That is not a statement that these rules were kept." }
                ul.rows {
                    @for ((rule, kind, reason), count) in sums {
                        li { (sentence(rule, kind, reason, count)) }
                    }
                }
            }
        }
    }
}

fn sentence(rule: &str, kind: &str, reason: &str, count: u64) -> String {
    let were = if count == 1 { "was" } else { "were" };
    if reason == "not_kept" {
        let them = if count == 1 { "it" } else { "them" };
        return format!(
            "{} {were} not kept on the device: it could not be told whether rule {rule} covers {them}.",
            words::counted(count, "event")
        );
    }
    format!(
        "{} could not be checked by rule {rule}: {}.",
        words::counted(count, &unit(kind)),
        why(reason)
    )
}

/// One record of this kind.
fn unit(kind: &str) -> String {
    match kind {
        "web_visit" => "visit".to_owned(),
        "process_start" => "program start".to_owned(),
        "heartbeat" => "sign of life".to_owned(),
        other => format!("{} record", other.replace('_', " ")),
    }
}

fn why(reason: &str) -> String {
    match reason {
        "clock" => "the computer's clock could not be trusted then".to_owned(),
        "late" => "what belongs to it was no longer remembered when it came".to_owned(),
        "much" => "there was more of it than can be remembered or looked at".to_owned(),
        "encoding" => "the address is encoded too many times over".to_owned(),
        "awake" => "nothing tells whether the computer was on and awake".to_owned(),
        "part" => "whether another record counts to it cannot be told".to_owned(),
        "field:title" => "the page's title was missing".to_owned(),
        "field:private" => "it was not known whether the window was private".to_owned(),
        "field:sha256" => "the file's hash was missing".to_owned(),
        other => match other.strip_prefix("field:") {
            Some(field) => format!("the {} was missing", field.replace('_', " ")),
            None => other.replace('_', " "),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Hash;

    fn count(kind: &str, reason: &str, count: u64) -> (DeviceId, CannotTell) {
        let one = CannotTell {
            day: "2026-11-24".to_owned(),
            order: Hash([1; 32]),
            rule: "5.b".to_owned(),
            kind: kind.to_owned(),
            reason: reason.to_owned(),
            count,
        };
        (DeviceId([1; 16]), one)
    }

    #[test]
    fn counts_are_said_in_plain_words_and_never_as_compliance() {
        let page = on_day(&[
            count("web_visit", "field:title", 5),
            count("web_visit", "field:title", 7),
            count("device_added", "field:serial", 1),
            count("", "not_kept", 1),
        ])
        .into_string();
        for words in [
            "12 visits could not be checked by rule 5.b: the page's title was missing.",
            "1 device added record could not be checked by rule 5.b: the serial was missing.",
            "1 event was not kept on the device: it could not be told whether rule 5.b covers it.",
            "not a statement that these rules were kept",
        ] {
            assert!(page.contains(words), "{page}");
        }
        assert_eq!(on_day(&[]).into_string(), "");
    }
}
