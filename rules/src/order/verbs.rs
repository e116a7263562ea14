//! The verbs of a rule beside `any`, `all` and `unless`: what is allowed, when, and what is counted
//! over time.

use jiff::civil::{Date, Time, Weekday};

use super::condition::{Condition, Part};
use super::fact_field::FactField;
use super::parts::Place;

/// Where a rule is checked, or a list held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Where {
    /// On the device, and again at the collector.
    #[default]
    Device,
    /// At the collector only: nothing of it may ever reach a device.
    Collector,
}

impl Where {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::Device, Self::Collector];

    /// The word in order files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Collector => "collector",
        }
    }
}

/// `only`: of what lies among something, all but what is allowed matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Only {
    /// What the allow-list is about; `None`: everything that the rule is on.
    pub among: Option<Condition>,
    /// What is allowed: one of these is enough. At least one.
    pub allow: Vec<Part>,
}

/// Hours of some days of the week, by the clocks of the order's zone. Hours that run past midnight
/// belong to the day on which they begin; a clock change makes them longer or shorter and nothing
/// else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// The days on which they begin, Monday first, each once. At least one.
    pub days: Vec<Weekday>,
    /// When they begin.
    pub from: Time,
    /// The first moment after them. Not `from`; before it: on the next day.
    pub to: Time,
}

/// A length of time, in milliseconds; more than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub(super) i64);

impl Span {
    /// In milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }
}

/// What a rule counts or waits for over time. A rule has at most one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// `quota`: matches once in each day or week, when there is more than so much in it.
    Quota {
        /// How much is allowed.
        more_than: Amount,
        /// In what.
        per: Per,
    },
    /// `threshold`: matches when so many facts lie within a time.
    Threshold {
        /// How many; 2 or more.
        count: u32,
        /// Within which time.
        within: Span,
    },
    /// `sequence`: matches when one rule matches and then another.
    Sequence {
        /// The rule that comes first.
        first: String,
        /// The rule that comes then.
        then: String,
        /// How soon.
        within: Span,
    },
    /// `silence`: matches when the computer was on and the agent wrote nothing for longer.
    Silence {
        /// For how long that is allowed.
        longer_than: Span,
    },
    /// `grace`: matches when what the rule's conditions found was not declared in time.
    Grace {
        /// So many days later, at the same hour by the order's clocks. 1 or more.
        days: u16,
        /// The field by which it is declared: `serial`, `name`.
        of: FactField,
    },
}

/// How much of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Time in front, of `foreground` facts.
    Time(Span),
    /// Facts.
    Count(u32),
}

/// A day or a week of the order's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// From midnight to midnight: 23 or 25 hours when the clocks change.
    LocalDay,
    /// From Monday to Sunday.
    LocalWeek,
}

impl Per {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::LocalDay, Self::LocalWeek];

    /// The word in order files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LocalDay => "local_day",
            Self::LocalWeek => "local_week",
        }
    }
}

/// `near`: two things said close to each other, in either order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    /// At most so many words lie between them.
    pub within_words: u32,
    /// One of them.
    pub a: Said,
    /// The other.
    pub b: Said,
}

/// One side of `near`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// One of these words or phrases.
    Words(Vec<String>),
    /// A number from the first to the second, with one of these units behind it.
    Number {
        /// The least.
        from: u32,
        /// The greatest.
        to: u32,
        /// Words such as `yo`, `years old`; at least one.
        units: Vec<String>,
    },
}

impl Said {
    /// Its words or units.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        match self {
            Self::Words(words) => words,
            Self::Number { units, .. } => units,
        }
    }
}

/// What an officer allowed in writing, for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Its number: `A-2026-07`.
    pub id: String,
    /// One plain sentence: who allowed what, and when.
    pub says: String,
    /// It applies when each of these holds. At least one.
    pub matches: Vec<Part>,
    /// Its first day, in the order's zone; `None`: from the order's first day.
    pub starts: Option<Date>,
    /// Its last day, in the order's zone; `None`: to the order's last day.
    pub ends: Option<Date>,
    /// Where it begins.
    pub place: Place,
}

/// A time in which the order is suspended: nothing is recorded under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// Its first day, in the order's zone.
    pub from: Date,
    /// Its last day; `None`: until a further version.
    pub to: Option<Date>,
    /// One plain sentence: by whom and why.
    pub says: String,
    /// Where it stands.
    pub place: Place,
}

/// Who may bring a list up to date without a new version of the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdatedBy {
    /// The name under which they sign.
    pub by: String,
    /// One plain sentence: what the order lets them change.
    pub says: String,
}
