//! Which of the kinds in browsers' databases are wanted. What is not is not even looked at.

use proviso_report::fact::Kind;

use crate::source::Wanted;

/// All that browsers' databases tell.
pub(in crate::source) const KINDS: &[Kind] = &[
    Kind::WebVisit,
    Kind::Search,
    Kind::Download,
    Kind::Foreground,
    Kind::HistoryCleared,
    Kind::BrowserFound,
];

/// Those that are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wants {
    /// Pages.
    pub(super) visits: bool,
    /// Words sent to search engines.
    pub(super) searches: bool,
    /// Files fetched.
    pub(super) downloads: bool,
    /// For how long pages were in front.
    pub(super) foreground: bool,
    /// What is gone.
    pub(super) cleared: bool,
    /// New browsers and profiles.
    pub(super) found: bool,
}

impl Wants {
    /// What is wanted now.
    pub(super) fn of(wanted: &Wanted) -> Self {
        Self {
            visits: wanted.wants(Kind::WebVisit),
            searches: wanted.wants(Kind::Search),
            downloads: wanted.wants(Kind::Download),
            foreground: wanted.wants(Kind::Foreground),
            cleared: wanted.wants(Kind::HistoryCleared),
            found: wanted.wants(Kind::BrowserFound),
        }
    }

    /// Must databases be read, or is it enough to know which there are?
    pub(super) const fn reads(self) -> bool {
        self.reads_visits() || self.reads_beside()
    }

    /// Are the rows of visits read?
    pub(super) const fn reads_visits(self) -> bool {
        self.visits || self.searches
    }

    /// Is more read than the rows of visits?
    pub(super) const fn reads_beside(self) -> bool {
        self.downloads || self.foreground || self.cleared
    }
}
