//! Records in words, and the reports that hold them.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::store::findings::Finding;
use crate::store::reports::{self, StoredReport};
use crate::store::{Read, SqlError};

/// The record of a finding.
pub(super) struct Around {
    /// The report that holds it.
    pub(super) report: Option<StoredReport>,
    /// The record itself.
    pub(super) own: Option<std::convert::Infallible>,
    /// Why there is none.
    pub(super) missing: Option<&'static str>,
}

pub(super) fn gather(read: &Read<'_>, finding: &Finding) -> Result<Around, SqlError> {
    Ok(Around {
        report: reports::covering(read, finding.device, finding.seq)?,
        own: None,
        missing: None,
    })
}

pub(super) fn in_full(record: &std::convert::Infallible, _zone: &TimeZone) -> Markup {
    match *record {}
}

pub(super) fn around(_around: &Around, _finding: &Finding, _zone: &TimeZone) -> Markup {
    html! {}
}
