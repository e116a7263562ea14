//! What an order consists of.

use jiff::civil::Date;
use proviso_report::fact::{Fact, Kind};
use proviso_report::{Hash, UnixMs};

use super::condition::{Condition, Part};
use super::verbs::{Approval, Hours, Only, Over, UpdatedBy, Where};

/// Line and column in the order file, from 1.
pub type Place = (u32, u32);

/// How serious a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Kept so that another rule can be checked; nobody is told.
    Log,
    /// A person should read it.
    Review,
    /// A possible breach.
    Breach,
    /// A possible breach that cannot wait.
    Urgent,
}

impl Severity {
    /// All of them, the least serious first.
    pub const ALL: &'static [Self] = &[Self::Log, Self::Review, Self::Breach, Self::Urgent];

    /// The word in order files, records of findings and stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Review => "review",
            Self::Breach => "breach",
            Self::Urgent => "urgent",
        }
    }

    /// The severity of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }
}

/// The paper order, sealed by the court.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedCopy {
    /// Beside the order file, relative, with `/`.
    pub file: String,
    /// The hash of the file.
    pub sha256: Hash,
}

/// The version before this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaces {
    /// Its version.
    pub version: u64,
    /// The hash of its file.
    pub sha256: Hash,
}

/// A list as the order pins it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPin {
    /// How rules name it.
    pub name: String,
    /// Beside the order file, relative, with `/`.
    pub file: String,
    /// What its entries are.
    pub kind: ListKind,
    /// The hash of the file.
    pub sha256: Hash,
    /// How many entries it has.
    pub count: u64,
    /// Where it comes from, in words.
    pub source: Option<String>,
    /// Where it may be held.
    pub held: Where,
    /// Who may bring it up to date; `None`: only a new version of the order.
    pub updates: Option<UpdatedBy>,
    /// Where the order pins it.
    pub place: Place,
}

/// What the entries of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListKind {
    /// Host names: each means itself and everything below it.
    Domains,
    /// Words and phrases.
    Words,
    /// Programs, by file name or by path.
    Apps,
    /// SHA-256 hashes of files.
    Hashes,
}

impl ListKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Domains, Self::Words, Self::Apps, Self::Hashes];

    /// The word in order files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Domains => "domains",
            Self::Words => "words",
            Self::Apps => "apps",
            Self::Hashes => "hashes",
        }
    }
}

/// A numbered condition in the court's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Its number.
    pub id: String,
    /// The court's words, verbatim.
    pub text: String,
    /// Kinds of which the clause covers every fact; other facts are covered when a rule matches.
    pub records: Vec<Kind>,
    /// Where it begins.
    pub place: Place,
}

/// How software checks a clause.
///
/// A fact fits it when one condition of `any` holds (if there are any), each of `all`, none of
/// `unless`, `only` does not allow it, it lies within `during`, and no approval holds. Without `over`
/// a fact that fits is a match; with it, matches are made of the facts that fit. A rule that has none
/// of these takes in everything of its kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its number: `4.a`.
    pub id: String,
    /// The clause it checks.
    pub clause: String,
    /// A short name.
    pub name: Option<String>,
    /// One plain sentence.
    pub says: String,
    /// How serious a match is.
    pub severity: Severity,
    /// The kinds of facts it looks at.
    pub on: Vec<Kind>,
    /// One of these must hold.
    pub any: Vec<Condition>,
    /// Each of these must hold.
    pub all: Vec<Condition>,
    /// None of these may hold.
    pub unless: Vec<Condition>,
    /// What is allowed.
    pub only: Option<Only>,
    /// When; empty: always.
    pub during: Vec<Hours>,
    /// What is counted or waited for over time.
    pub over: Option<Over>,
    /// What an officer allowed, in the order of the file.
    pub approvals: Vec<Approval>,
    /// Where it is checked.
    pub checked: Where,
    /// Why the clause needs a rule that takes in everything of a kind, in the author's words.
    pub wide_because: Option<String>,
    /// Its tests, in the order of the file.
    pub tests: Vec<RuleTest>,
    /// Where it begins.
    pub place: Place,
}

/// One test in the file: what happens, and what the rule must make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTest {
    /// What happens, in this order. At least one step.
    pub steps: Vec<TestStep>,
    /// What the rule must do, by the last step or before.
    pub expect: Expect,
    /// Lists that hold these entries in this test only, in the order of their names.
    pub lists: Vec<(String, Vec<String>)>,
    /// Where it begins.
    pub place: Place,
}

/// One step of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestStep {
    /// When it happens.
    pub at: UnixMs,
    /// In whose account.
    pub account: Option<String>,
    /// What happens; fields that the test leaves out hold nothing. `None`: time passes, and the
    /// agent lives.
    pub fact: Option<Fact>,
}

/// What a rule must do in a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Match.
    Match,
    /// Not match.
    NoMatch,
    /// Say that it cannot be told.
    CannotTell,
}

/// Who is never reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exempt {
    /// Its number: `E1`.
    pub id: String,
    /// Whom it protects.
    pub who: String,
    /// One plain sentence.
    pub says: String,
    /// It applies when one of these holds.
    pub matches: Vec<Part>,
    /// What then happens.
    pub effect: Effect,
    /// Its first day, in the order's zone; `None`: from the order's first day.
    pub starts: Option<Date>,
    /// Its last day, in the order's zone; `None`: to the order's last day.
    pub ends: Option<Date>,
    /// At which hours; empty: always.
    pub within: Vec<Hours>,
    /// Where it begins.
    pub place: Place,
}

/// What an exemption does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing is kept but a count.
    SuppressContent,
    /// It is recorded if a clause covers it, and no rule matches it.
    NoAlert,
}

impl Effect {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::SuppressContent, Self::NoAlert];

    /// The word in order files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SuppressContent => "suppress_content",
            Self::NoAlert => "no_alert",
        }
    }
}

/// A part of a clause that nothing checks, said out loud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotCheckable {
    /// The clause.
    pub clause: String,
    /// Which part of it.
    pub part: String,
    /// Why not, and who checks it instead.
    pub why: String,
    /// Where it stands.
    pub place: Place,
}
