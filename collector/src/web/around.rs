//! The record behind an alert, and ten minutes before and after it.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_report::{Bounds, Fact};

use crate::store::erasures::{self, Gone};
use crate::store::findings::Finding;
use crate::store::reports::{self, StoredReport};
use crate::store::{Read, SqlError};

use super::records::{self, CONFIRMED, Gathered, Held};
use super::{facts, words, zones};

const MINUTE: i64 = 60_000;

/// Half of the time that is shown.
const HALF: i64 = 10 * MINUTE;

/// Records shown on either side of the alert's own.
const SIDE: usize = 40;

/// What stands around a finding.
pub(super) struct Around {
    /// The report that holds its record.
    pub(super) report: Option<StoredReport>,
    /// What was erased of that on which it rests.
    pub(super) gone: Option<Gone>,
    /// Its record, if the report can be read.
    own: Option<Held>,
    /// The others.
    others: Gathered,
}

/// Reads it.
pub(super) fn gather(read: &Read<'_>, finding: &Finding) -> Result<Around, SqlError> {
    let span = (
        finding.at.saturating_sub(HALF),
        finding.at.saturating_add(HALF),
    );
    let until = finding.at.saturating_add(CONFIRMED);
    let mut others = records::gather(read, &[finding.device], span, until)?;
    let is_own = |held: &Held| held.record.seq == finding.seq;
    let report = reports::covering(read, finding.device, finding.seq)?;
    let about = (&finding.person, finding.device, finding.seq);
    let gone = erasures::of_finding(read, finding.id, about)?;
    let own = match others.records.iter().position(is_own) {
        Some(at) => Some(others.records.remove(at)),
        None => None,
    };
    others
        .records
        .retain(|held| !matches!(held.record.fact, Fact::Heartbeat(_)));
    Ok(Around {
        report,
        gone,
        own,
        others,
    })
}

impl Around {
    /// Between which moments of this collector its record was written. The report says so, whatever is left of it.
    pub(super) fn bounds(&self) -> Option<Bounds> {
        let report = self.report.as_ref()?;
        Some(Bounds::of_seconds(report.not_before, Some(report.receipt)))
    }

    /// Whether its record was erased.
    pub(super) fn is_erased(&self) -> bool {
        self.gone.as_ref().is_some_and(|gone| gone.record)
    }

    /// How many others were erased of the reports that were looked at.
    pub(super) fn erased(&self) -> usize {
        (self.others.erased).saturating_sub(usize::from(self.is_erased()))
    }

    /// Its record, if the report can be read.
    pub(super) fn own(&self) -> Option<&Held> {
        self.own.as_ref()
    }

    /// Those around it.
    pub(super) fn others(&self) -> &[Held] {
        &self.others.records
    }

    /// In whose account its record happened.
    pub(super) fn account(&self) -> Option<&str> {
        self.own.as_ref()?.record.account.as_deref()
    }

    /// What the record states.
    pub(super) fn in_full(&self, zone: &TimeZone) -> Markup {
        html! {
            @if let Some(own) = &self.own { (facts::in_full(own, zone)) }
        }
    }

    /// The ten minutes.
    pub(super) fn section(
        &self,
        finding: &Finding,
        (zone, days): (&TimeZone, &TimeZone),
    ) -> Markup {
        let (before, after): (Vec<_>, Vec<_>) = self
            .others
            .records
            .iter()
            .partition(|held| (held.record.at.0, held.record.seq) < (finding.at, finding.seq));
        let early = before.len().saturating_sub(SIDE);
        let late = after.len().saturating_sub(SIDE);
        let erased = self.erased();
        html! {
            section #around data-live aria-labelledby="minutes" {
                h2 #minutes { "Ten minutes before and after" }
                @for sentence in &self.others.unreadable { p.fault { (sentence) } }
                @if self.is_erased() { p.note { "The record of this alert itself was erased." } }
                @if erased > 0 {
                    p.note {
                        (words::counted(erased as i128, "other record")) " that came together with those of these \
                         minutes " (if erased == 1 { "was" } else { "were" }) " erased. Of which time is not known any \
                         more."
                    }
                }
                @if self.others.records.is_empty() {
                    p.empty {
                        "No other record of these minutes is held. That is not a statement that \
                         nothing else happened."
                    }
                } @else {
                    @if early > 0 { p.quiet { (words::counted(early as i128, "earlier record")) " not shown." } }
                    ol.records {
                        @for held in before.iter().skip(early) { (row(held, zone, false)) }
                        @if let Some(own) = &self.own { (row(own, zone, true)) }
                        @for held in after.iter().take(SIDE) { (row(held, zone, false)) }
                    }
                    @if late > 0 { p.quiet { (words::counted(late as i128, "later record")) " not shown." } }
                }
                p { a href=(self.day(finding, days)) { "The whole day" } }
            }
        }
    }

    fn day(&self, finding: &Finding, zone: &TimeZone) -> String {
        let day = words::date(finding.at, zone);
        format!("/person/{}/day?day={day}", finding.person)
    }
}

/// One record as a line of a list.
pub(super) fn row(held: &Held, zone: &TimeZone, own: bool) -> Markup {
    html! {
        li.own[own] {
            span.time {
                (words::clock(held.record.at.0, zone))
                (zones::beside(held.record.at.0, zone, held.own.as_deref()))
            }
            div {
                div.fact { @if own { b { "This alert" } " " } (facts::brief(&held.record)) }
                p.quiet { (facts::known(held)) }
                p.quiet { (facts::times(held, zone)) }
            }
        }
    }
}
