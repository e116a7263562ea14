//! What the person says about a record, for whoever looks at it.
//!
//! Promises: in the person's own words and apart from facts and findings; what is not looked through is
//! said. Refuses: explanations about records of another device, and those that nobody wrote in the
//! account that the record is of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_report::{DeviceId, Fact, Record};

use crate::digest::{self, view};
use crate::store::reports::{self, StoredReport};
use crate::store::{PersonId, Read, SqlError};

use super::records::decode;
use super::words;
use super::zones::{self, Own, Zones};

/// Reports of a device that are looked through: of one day, and of what the index does not know yet.
const REPORTS: u64 = 5_000;

/// What was said about one record.
#[derive(Default)]
pub(super) struct Said {
    /// Each with the zone that its device had then.
    records: Vec<(Record, Option<Arc<Own>>)>,
    /// There are more reports than were looked through.
    cut: bool,
}

/// Looks for it in what came after the record in the log, whatever the clock said then: the index knows on which
/// days. What the index does not know is looked through.
pub(super) fn about(
    read: &Read<'_>,
    person: &PersonId,
    (device, seq): (DeviceId, u64),
) -> Result<Said, SqlError> {
    let (known, behind) = match view::explained(read, person, (device, seq))? {
        None => (BTreeSet::new(), seq),
        Some(explained) => (explained.days, explained.until.max(seq)),
    };
    let mut stored: BTreeMap<u64, StoredReport> = BTreeMap::new();
    let mut cut = false;
    for day in known {
        let Some((from, to)) = anywhere(day) else {
            continue;
        };
        let of_day = reports::overlapping(read, device, from, to, REPORTS)?;
        cut |= of_day.len() as u64 >= REPORTS;
        stored.extend(of_day.into_iter().map(|report| (report.first, report)));
    }
    let of_rest = reports::since(read, device, behind, REPORTS)?;
    cut |= of_rest.len() as u64 >= REPORTS;
    stored.extend(of_rest.into_iter().map(|report| (report.first, report)));
    let mut said = Said {
        records: Vec::new(),
        cut,
    };
    let zones = Zones::of(read, device)?;
    // Whole reports from before the record explain nothing of it.
    for report in stored.values().filter(|one| one.first + one.count > seq) {
        // What cannot be read is said where the records themselves are shown.
        let Ok((records, _)) = decode(report) else {
            continue;
        };
        let about = records.into_iter().filter(|record| {
            record.seq > seq
                && matches!(&record.fact, Fact::Explanation(words) if words.seqs.contains(&seq))
        });
        let about = about.map(|record| {
            let own = zones.at(record.seq);
            (record, own)
        });
        said.records.extend(about);
    }
    Ok(said)
}

/// From before a day begins anywhere on earth until after it has ended everywhere.
fn anywhere(day: Date) -> Option<(i64, i64)> {
    const ZONES: i64 = 26 * 60 * 60_000;
    let (from, to) = digest::span(day, &TimeZone::UTC)?;
    Some((from.saturating_sub(ZONES), to.saturating_add(ZONES)))
}

impl Said {
    /// Whether the person says that it was an accident.
    pub(super) fn accident(&self) -> bool {
        let mut facts = self.records.iter().map(|(record, _)| &record.fact);
        facts.any(|fact| matches!(fact, Fact::Explanation(said) if said.accident == Some(true)))
    }

    /// A part of the page of the record, in whose account it happened.
    pub(super) fn section(&self, account: Option<&str>, zone: &TimeZone) -> Markup {
        let all = self.records.iter();
        let said: Vec<_> = all
            .filter(|(record, _)| record.account.as_deref() == account)
            .collect();
        html! {
            section #said data-live aria-labelledby="says" {
                h2 #says { "What the person says" }
                @if said.is_empty() {
                    p.empty { "The person has not said anything about this record." }
                }
                @for (record, own) in said { (one(record, own.as_deref(), zone)) }
                @if self.cut {
                    p.quiet {
                        "So many reports came afterwards that not all were looked through: the person \
                         may have said more. The days' pages show it."
                    }
                }
            }
        }
    }
}

fn one(record: &Record, own: Option<&Own>, zone: &TimeZone) -> Markup {
    html! {
        @if let Fact::Explanation(said) = &record.fact {
            @if said.accident == Some(true) {
                p { "The person says that it was an accident." }
            }
            @if !said.text.is_empty() { blockquote { (said.text) } }
            p.quiet {
                "Said " (words::moment(record.at.0, zone)) (zones::by_its_clock(record.at.0, zone, own))
                ", record " (record.seq) " of its log."
            }
        }
    }
}
