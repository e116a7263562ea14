//! One thing that was checked, what came of it, and which question of a reader it answers.

/// What an expert asks of a bundle, in the order in which the answers build on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// Are the files those that the collector signed?
    Files,
    /// Can the keys be used? Whose they are, a person must say.
    Keys,
    /// Is the collector's own log signed, witnessed and stamped?
    Ledger,
    /// Is what the bundle rests on in the collector's own log?
    Entered,
    /// Is each computer's log signed by the key that counted then?
    Signed,
    /// Did the collector receive it, at times that do not run backwards?
    Received,
    /// Is each record in the log that was signed?
    InLog,
    /// Is a record missing, or a time in which nobody watched?
    Complete,
    /// Between which receipts does each record lie?
    Between,
    /// Are the orders signed, with their lists?
    Orders,
    /// Are the findings those that the rules make?
    Findings,
    /// Do tables say what the records say?
    Tables,
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The question that it answers.
    pub question: Question,
    /// Another one that it answers as well.
    pub also: Option<Question>,
    /// What, as a statement that should be true.
    pub what: String,
    /// Is it?
    pub outcome: Outcome,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is true.
    Holds,
    /// It is false: evidence was changed, or never was what it is said to be.
    Fails(String),
    /// It cannot be said.
    Unchecked(String),
}

impl Question {
    /// Every one of them, in their order.
    pub const ALL: [Self; 12] = [
        Self::Files,
        Self::Keys,
        Self::Ledger,
        Self::Entered,
        Self::Signed,
        Self::Received,
        Self::InLog,
        Self::Complete,
        Self::Between,
        Self::Orders,
        Self::Findings,
        Self::Tables,
    ];
}

impl Check {
    /// A check from what it found.
    #[must_use]
    pub fn new(question: Question, what: impl Into<String>, outcome: Outcome) -> Self {
        Self {
            question,
            also: None,
            what: what.into(),
            outcome,
        }
    }

    /// The same, which answers another question as well.
    #[must_use]
    pub fn also(self, question: Question) -> Self {
        Self {
            also: Some(question),
            ..self
        }
    }

    /// Does it answer this one?
    #[must_use]
    pub fn answers(&self, question: Question) -> bool {
        self.question == question || self.also == Some(question)
    }
}
