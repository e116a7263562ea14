//! The order: what the court ordered, and how software checks it.

use proviso_report::fact::Kind;
use proviso_report::{Hash, UnixMs};

use crate::fault::Faults;

/// An order that is whole and means something. Its lists and tests are checked when it is compiled.
#[derive(Clone, Debug)]
pub struct Order {
    digest: Hash,
    id: String,
    version: u64,
    lists: Vec<ListPin>,
    exempts: Vec<Exempt>,
    clauses: Vec<Clause>,
    rules: Vec<Rule>,
}

/// A list as the order pins it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPin {
    /// How rules name it.
    pub name: String,
    /// Beside the order file, relative, with `/`.
    pub file: String,
    /// The hash of the file.
    pub sha256: Hash,
    /// How many entries it has.
    pub count: u64,
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
}

/// How software checks a clause.
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
}

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

/// Is an order in force at some moment?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// It starts at this moment.
    NotYet(UnixMs),
    /// Yes; it ends at this moment, or with a further order.
    InForce(Option<UnixMs>),
    /// It ended at this moment.
    Ended(UnixMs),
}

impl Severity {
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
}

impl Order {
    /// Reads an order file. All faults are said at once, each with its line and column.
    pub fn parse(bytes: &[u8]) -> Result<Self, Faults> {
        Err(crate::Fault {
            file: "order.toml".into(),
            at: None,
            code: "unfinished",
            sentence: format!("{} bytes", bytes.len()),
        }
        .into())
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

    /// Is it in force then? From the start of its first day to the end of its last, in its zone.
    #[must_use]
    pub fn term(&self, at: UnixMs) -> Term {
        Term::InForce(Some(at))
    }

    /// The lists it pins.
    #[must_use]
    pub fn lists(&self) -> &[ListPin] {
        &self.lists
    }

    /// Its exemptions.
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

    /// The kinds of facts about the person that some clause can cover: all that sources may look at.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        Kind::ALL
            .iter()
            .copied()
            .filter(|kind| {
                self.clauses
                    .iter()
                    .any(|clause| clause.records.contains(kind))
                    || self.rules.iter().any(|rule| rule.on.contains(kind))
            })
            .collect()
    }
}
