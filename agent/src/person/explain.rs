//! What the person says to what was recorded.
//!
//! Promises: bounded before anything is kept of it, in its length and in what it points at; the words
//! stay as they are. Refuses: to say nothing at all.

use thiserror::Error;

/// The longest text, in characters.
pub const MAX_TEXT: usize = 4_000;
/// So many records one explanation can be about.
pub const MAX_SEQS: usize = 100;
/// So many explanations one account can give in 24 hours.
pub const MAX_A_DAY: u64 = 50;

/// What the person says, within its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    seqs: Vec<u64>,
    text: String,
    accident: bool,
}

/// Why it cannot be recorded as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ExplainError {
    /// There is nothing in it.
    #[error("this says nothing; write what you want to say with --text, or add --accident")]
    Empty,
    /// An accident must be one of some record.
    #[error(
        "say which record was the accident: the number stands before it in `proviso-agent today`"
    )]
    NoRecord,
    /// It is too long.
    #[error("this has {0} characters, and 4000 can be recorded at once; say it in two parts")]
    TooLong(usize),
    /// It is about too much at once.
    #[error("this is about {0} records, and it can be about 100 at once; say it in two parts")]
    TooMany(usize),
}

impl Explained {
    /// What the person says about these records; about something else without any.
    pub fn new(mut seqs: Vec<u64>, text: &str, accident: bool) -> Result<Self, ExplainError> {
        seqs.sort_unstable();
        seqs.dedup();
        if seqs.len() > MAX_SEQS {
            return Err(ExplainError::TooMany(seqs.len()));
        }
        if accident && seqs.is_empty() {
            return Err(ExplainError::NoRecord);
        }
        // Browsers send line ends as two characters; nothing else that cannot be seen is kept.
        let seen = |c: &char| matches!(c, '\n' | '\t') || !c.is_control();
        let text: String = text.chars().filter(seen).collect();
        let text = text.trim();
        if text.is_empty() && !accident {
            return Err(ExplainError::Empty);
        }
        let length = text.chars().count();
        if length > MAX_TEXT {
            return Err(ExplainError::TooLong(length));
        }
        Ok(Self {
            seqs,
            text: text.to_owned(),
            accident,
        })
    }

    /// The records that it is about.
    #[must_use]
    pub fn seqs(&self) -> &[u64] {
        &self.seqs
    }

    /// As it is recorded.
    #[must_use]
    pub fn into_fact(self) -> proviso_report::fact::Explanation {
        proviso_report::fact::Explanation {
            seqs: self.seqs,
            text: self.text,
            accident: self.accident.then_some(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keeps_the_words_and_the_numbers_once() {
        let said = Explained::new(vec![9, 3, 9], "  I mistyped.\r\nSorry. \u{7}", false).unwrap();
        assert_eq!(said.seqs(), [3, 9]);
        let fact = said.into_fact();
        assert_eq!(fact.text, "I mistyped.\nSorry.");
        assert_eq!(fact.accident, None);
        let silent = Explained::new(vec![1], "", true).unwrap().into_fact();
        assert_eq!((silent.text.as_str(), silent.accident), ("", Some(true)));
    }

    #[test]
    fn refuses_what_says_nothing_or_too_much() {
        let new = |seqs, text: &str, accident| Explained::new(seqs, text, accident).unwrap_err();
        assert_eq!(new(vec![1], " \n", false), ExplainError::Empty);
        assert_eq!(new(vec![], "oops", true), ExplainError::NoRecord);
        let long = "é".repeat(MAX_TEXT + 1);
        assert_eq!(new(vec![1], &long, false), ExplainError::TooLong(4_001));
        assert!(Explained::new(vec![1], &long[2..], false).is_ok());
        let many = (0..101).collect();
        assert_eq!(new(many, "x", false), ExplainError::TooMany(101));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_fits_a_record(text in any::<String>(), accident: bool) {
            if let Ok(said) = Explained::new(vec![u64::MAX], &text, accident) {
                let fact = said.into_fact();
                prop_assert!(fact.text.chars().count() <= MAX_TEXT);
                prop_assert!(fact.text.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
                prop_assert_eq!(fact.text.trim(), fact.text.as_str());
            }
        }
    }
}
