//! Devices that talk and whose log does not go on.
//!
//! Promises: such a device is never shown as one with nothing to see: contact alone is no record.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::store::overview::LogSeen;

use super::{layout, words};

/// A device that talks states itself each minute; this long without a stored report is no delay.
const QUIET: i64 = 5 * 60_000;

/// Why a log does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stuck {
    /// It is refused since then, Unix milliseconds.
    Refused(i64),
    /// Nothing of it came, though the device was heard from.
    NoRecords {
        /// Since when, Unix milliseconds.
        since: i64,
        /// Until when the device was heard from.
        heard: i64,
    },
}

impl Stuck {
    /// Of a device in service that was last heard from at `heard`.
    pub(super) fn of(log: LogSeen, heard: i64) -> Option<Self> {
        let since = log.stored;
        match log.refused {
            Some(at) => Some(Self::Refused(at)),
            None if heard.saturating_sub(since) >= QUIET => Some(Self::NoRecords { since, heard }),
            None => None,
        }
    }

    /// In a few words, for lists.
    pub(super) fn short(self, now: i64) -> Markup {
        html! {
            @match self {
                Self::Refused(since) => { (layout::tag("urgent", "Log refused")) " " (words::lasting(since, now)) }
                Self::NoRecords { since, .. } => {
                    (layout::tag("review", "No records")) " " (words::lasting(since, now))
                }
            }
        }
    }

    /// In words.
    pub(super) fn words(self, zone: &TimeZone, now: i64) -> Markup {
        html! {
            @match self {
                Self::Refused(since) => {
                    (layout::tag("urgent", "Log refused")) " Its log is refused since "
                    (words::moment(since, zone)) ": ask for the computer. "
                }
                Self::NoRecords { since, heard } if now.saturating_sub(heard) < QUIET => {
                    (layout::tag("review", "No records")) " Connected, but sends no records since "
                    (words::moment(since, zone)) ": ask for the computer. "
                }
                Self::NoRecords { since, heard } => {
                    (layout::tag("review", "No records")) " It was connected until "
                    (words::moment(heard, zone)) ", but sent no records since "
                    (words::moment(since, zone)) ": ask for the computer. "
                }
            }
        }
    }
}
