//! What the person says about a record, for whoever looks at it.
//!
//! Promises: in the person's own words and apart from facts and findings; what is not looked through is
//! said. Refuses: explanations about records of another device, and those that nobody wrote in the
//! account that the record is of.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_report::{DeviceId, Fact, Record};

use crate::store::reports;
use crate::store::{Read, SqlError};

use super::records::decode;
use super::words;

/// Reports of a device that are looked through.
const REPORTS: u64 = 5_000;

/// What was said about one record.
#[derive(Default)]
pub(super) struct Said {
    records: Vec<Record>,
    /// There are more reports than were looked through.
    cut: bool,
}

/// Looks for it in what came after the record in the log: a clock may have been set back since.
pub(super) fn about(read: &Read<'_>, device: DeviceId, seq: u64) -> Result<Said, SqlError> {
    let stored = reports::since(read, device, seq, REPORTS)?;
    let mut said = Said {
        records: Vec::new(),
        cut: stored.len() as u64 >= REPORTS,
    };
    for report in stored {
        // What cannot be read is said where the records themselves are shown.
        let Ok((records, _)) = decode(&report) else {
            continue;
        };
        said.records.extend(records.into_iter().filter(|record| {
            record.seq > seq
                && matches!(&record.fact, Fact::Explanation(words) if words.seqs.contains(&seq))
        }));
    }
    Ok(said)
}

impl Said {
    /// Whether the person says that it was an accident.
    pub(super) fn accident(&self) -> bool {
        let mut facts = self.records.iter().map(|record| &record.fact);
        facts.any(|fact| matches!(fact, Fact::Explanation(said) if said.accident == Some(true)))
    }

    /// A part of the page of the record, in whose account it happened.
    pub(super) fn section(&self, account: Option<&str>, zone: &TimeZone) -> Markup {
        let own = |record: &&Record| record.account.as_deref() == account;
        let said: Vec<&Record> = self.records.iter().filter(own).collect();
        html! {
            section #said data-live aria-labelledby="says" {
                h2 #says { "What the person says" }
                @if said.is_empty() {
                    p.empty { "The person has not said anything about this record." }
                }
                @for record in said { (one(record, zone)) }
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

fn one(record: &Record, zone: &TimeZone) -> Markup {
    html! {
        @if let Fact::Explanation(said) = &record.fact {
            @if said.accident == Some(true) {
                p { "The person says that it was an accident." }
            }
            @if !said.text.is_empty() { blockquote { (said.text) } }
            p.quiet {
                "Said " (words::moment(record.at.0, zone)) " by the device's clock, record "
                (record.seq) " of its log."
            }
        }
    }
}
