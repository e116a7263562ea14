//! What the judge says of facts and records.

use std::fmt;

use proviso_report::bundle::Matched;

use crate::order::Severity;

/// May a fact be recorded?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Yes: these clauses cover it, in the order of the file. Never empty.
    Covered(Vec<String>),
    /// No: the exemption of this id keeps it out. Only a count may survive.
    Exempt(String),
    /// No: nothing covers it. Only a count by kind may survive.
    Uncovered,
}

/// What the rules make of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The rules that matched, in the order of the file.
    pub hits: Vec<Hit>,
    /// The rules of which nobody can tell, in the order of the file. None of them matched.
    pub cannot_tell: Vec<CannotTell>,
}

/// A rule that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The rule.
    pub rule: String,
    /// Its clause.
    pub clause: String,
    /// How serious.
    pub severity: Severity,
    /// What matched: at least one part. For a list it is the entry of the list.
    pub matched: Vec<Matched>,
}

/// A rule of which it cannot be told whether it matches. That is not "no".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannotTell {
    /// The rule.
    pub rule: String,
    /// Why.
    pub why: Why,
}

/// Why it cannot be told whether a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The record does not hold this field.
    Field(&'static str),
    /// The clock of the computer was not to be trusted then.
    Clock,
    /// It came so late that what belongs to it is no longer remembered.
    Late,
    /// There is more of it than is remembered, or more text than is looked at.
    Much,
    /// It is percent-encoded in more layers than are taken off.
    Encoding,
    /// Nothing tells whether the computer was on and awake then.
    Awake,
    /// Whether another record counts, with which it would match, cannot be told.
    Part,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => write!(f, "the record does not hold `{field}`"),
            Self::Clock => f.write_str("the clock of the computer was not to be trusted then"),
            Self::Late => f.write_str("it came too late for what is remembered"),
            Self::Much => f.write_str("there is more of it than is remembered or looked at"),
            Self::Awake => f.write_str("nothing tells whether the computer was on and awake then"),
            Self::Part => f.write_str("whether another record counts to it cannot be told"),
            Self::Encoding => {
                f.write_str("the address is percent-encoded in more layers than are taken off")
            }
        }
    }
}
