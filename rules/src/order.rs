//! The order: what the court ordered, and how software checks it.
//!
//! A file is read in two steps: its shape (TOML, with the place of every value), then an [`Order`]
//! that cannot be wrong. All faults are said at once, each with line, column and what to do.
//!
//! Promises: an `Order` has a clause for each rule and something for each clause; each rule has a
//! test that must match and one that must not; every list, kind and time zone that it names exists.
//! What only the lists and the tests themselves can show is checked by
//! [`Judge::compile`](crate::Judge::compile).
//!
//! Refuses: unknown keys, kinds and words, rules made of words that are more than `review`, text that
//! does not show what it holds, and anything over its [`limits`].

mod broken;
mod browsers;
mod check;
mod codes;
mod condition;
mod fact_field;
mod illustrative;
pub mod limits;
mod name;
mod notice;
mod parts;
mod read;
mod read_clause;
mod read_condition;
mod read_event;
mod read_hours;
mod read_list;
mod read_near;
mod read_only;
mod read_over;
mod read_pattern;
mod read_rule;
mod read_test;
mod shape;
mod sink;
mod update;
mod verbs;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use proviso_report::fact::Kind;
use proviso_report::{Hash, UnixMs};

use crate::fault::{Fault, Faults};

pub use browsers::BROWSERS;
pub(crate) use check::{by_name, covered};
pub use codes::{CODES, Code};
pub(crate) use condition::TRANSITIONS;
pub use condition::{Condition, Field, Part};
pub use fact_field::FactField;
pub(crate) use name::{
    file as file_name_fault, id as id_fault, is_hidden, line as line_fault, shown,
};
pub use notice::{Kept, KeptAfter, KeptUnit, Notice};
pub use parts::{
    Clause, Effect, Exempt, Expect, ListKind, ListPin, NotCheckable, Place, Replaces, Rule,
    RuleTest, SealedCopy, Severity, TestStep,
};
pub(crate) use read_condition::word_fault;
pub(crate) use sink::nearest;
pub use update::{AuthorisedUpdate, ListUpdate, ListVersion, MissingUpdate, UpdateError, Updates};
pub use verbs::{
    Amount, Approval, Hours, Near, Only, Over, Per, Said, Span, Suspension, UpdatedBy, Where,
};

/// An order that is whole and means something. Its lists and tests are checked when it is compiled.
#[derive(Clone, Debug)]
pub struct Order {
    digest: Hash,
    /// See [`Order::basis`].
    basis: Hash,
    id: String,
    version: u64,
    court: String,
    made: Date,
    starts: Date,
    ends: Option<Date>,
    zone: Zone,
    sealed_copy: Option<SealedCopy>,
    replaces: Option<Replaces>,
    notice: Notice,
    lists: Vec<ListPin>,
    exempts: Vec<Exempt>,
    clauses: Vec<Clause>,
    rules: Vec<Rule>,
    not_checkable: Vec<NotCheckable>,
    suspensions: Vec<Suspension>,
    illustrative: bool,
    warnings: Vec<Fault>,
}

/// Is an order in force at some moment?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// It starts at this moment.
    NotYet(UnixMs),
    /// Yes; it ends or is suspended at this moment, or with a further order.
    InForce(Option<UnixMs>),
    /// It is suspended until this moment, or until a further version.
    Suspended(Option<UnixMs>),
    /// It ended at this moment.
    Ended(UnixMs),
}

impl Order {
    /// Reads an order file. All faults are said at once, each with its line and column.
    pub fn parse(bytes: &[u8]) -> Result<Self, Faults> {
        read::order(bytes)
    }

    /// SHA-256 of the file: what records name and signatures bind.
    #[must_use]
    pub const fn digest(&self) -> Hash {
        self.digest
    }

    /// The court's reference.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its version; of two orders with one id the higher counts.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Which court made it.
    #[must_use]
    pub fn court(&self) -> &str {
        &self.court
    }

    /// The day on which the court made it.
    #[must_use]
    pub const fn made(&self) -> Date {
        self.made
    }

    /// Its first day.
    #[must_use]
    pub const fn starts(&self) -> Date {
        self.starts
    }

    /// Its last day; `None`: until a further order.
    #[must_use]
    pub const fn ends(&self) -> Option<Date> {
        self.ends
    }

    /// The name of the time zone in which its days are counted: `Europe/London`.
    #[must_use]
    pub fn timezone(&self) -> &str {
        &self.zone.name
    }

    /// That zone, from the bundled database.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone.zone
    }

    /// The paper that this file puts into a machine's words. Where they differ, the paper counts.
    #[must_use]
    pub const fn sealed_copy(&self) -> Option<&SealedCopy> {
        self.sealed_copy.as_ref()
    }

    /// The version of the file that this one takes the place of.
    #[must_use]
    pub const fn replaces(&self) -> Option<&Replaces> {
        self.replaces.as_ref()
    }

    /// What it says for the person whom it is about.
    #[must_use]
    pub const fn notice(&self) -> &Notice {
        &self.notice
    }

    /// Is it in force then? From the start of its first day to the end of its last, in its zone.
    #[must_use]
    pub fn term(&self, at: UnixMs) -> Term {
        let start = self.zone.start_of(self.starts);
        if at < start {
            return Term::NotYet(start);
        }
        let end = self.ends.map(|day| self.zone.end_of(day));
        if let Some(end) = end.filter(|end| at >= *end) {
            return Term::Ended(end);
        }
        let spans = self.suspensions.iter().map(|one| {
            let over = one.to.map(|day| self.zone.end_of(day));
            (self.zone.start_of(one.from), over)
        });
        let mut next = end;
        for (from, over) in spans {
            if at < from {
                next = Some(next.map_or(from, |next| next.min(from)));
            } else if over.is_none_or(|over| at < over) {
                return Term::Suspended(over);
            }
        }
        Term::InForce(next)
    }

    /// The lists it pins, in the order of the file; or after [`Order::updated`] those that took their
    /// places.
    #[must_use]
    pub fn lists(&self) -> &[ListPin] {
        &self.lists
    }

    /// Its exemptions, in the order of the file.
    #[must_use]
    pub fn exempts(&self) -> &[Exempt] {
        &self.exempts
    }

    /// Its clauses, in the order of the file.
    #[must_use]
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// Its rules, in the order of the file.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What it says out loud that no software checks, in the order of the file.
    #[must_use]
    pub fn not_checkable(&self) -> &[NotCheckable] {
        &self.not_checkable
    }

    /// The times in which it is suspended, in the order of the file.
    #[must_use]
    pub fn suspensions(&self) -> &[Suspension] {
        &self.suspensions
    }

    /// What is not wrong and should be looked at before anybody signs, in the order of places.
    #[must_use]
    pub fn warnings(&self) -> &[Fault] {
        &self.warnings
    }

    /// The kinds of facts about the person that some clause can cover: all that sources may look at.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        Kind::ALL
            .iter()
            .copied()
            .filter(|kind| !kind.is_life_sign())
            .filter(|kind| {
                self.clauses
                    .iter()
                    .any(|clause| clause.records.contains(kind))
                    || self.rules.iter().any(|rule| rule.on.contains(kind))
            })
            .collect()
    }

    /// From when to when these days last; `None`: without end on that side.
    pub(crate) fn span_of(
        &self,
        starts: Option<Date>,
        ends: Option<Date>,
    ) -> (Option<UnixMs>, Option<UnixMs>) {
        (
            starts.map(|day| self.zone.start_of(day)),
            ends.map(|day| self.zone.end_of(day)),
        )
    }
}

/// A time zone of the bundled database, with the name that the order gives it.
#[derive(Clone, Debug)]
struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// The first moment of a day.
    fn start_of(&self, day: Date) -> UnixMs {
        match self.zone.to_timestamp(day.at(0, 0, 0, 0)) {
            Ok(start) => UnixMs(start.as_millisecond()),
            // Only the last hours of the year 9999 have no such moment.
            Err(_) => UnixMs(i64::MAX),
        }
    }

    /// The first moment after a day.
    fn end_of(&self, day: Date) -> UnixMs {
        match day.tomorrow() {
            Ok(next) => self.start_of(next),
            Err(_) => UnixMs(i64::MAX),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
