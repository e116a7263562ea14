//! What is said of an evidence bundle: every check in words, below the question that it answers, the keys
//! that must be compared, a verdict.
//!
//! Promises: whoever shows it, a terminal or a page, shows the same words. What a bundle says of itself
//! plays no tricks on a reader: control characters are shown as `?`.
//!
//! Refuses: to say that anything is verified unless every check was made and holds.

mod headings;
mod lists;

use std::fmt;

use proviso_report::bundle::{self, About, Check, DeviceLog, Files, Outcome, Question, Verified};
use proviso_report::tables;

use crate::{Signers, evidence};
use headings::heading;
use lists::WithLists;

/// What somebody hands over beside a bundle.
#[derive(Default)]
pub struct Beside<'a> {
    /// Lists that only the collector holds.
    pub lists: Vec<List>,
    /// Another bundle of the same collector: do both tell one story?
    pub with: Option<&'a dyn Files>,
}

/// A list that was handed over.
pub struct List {
    /// What it is called.
    pub name: String,
    /// Its bytes, or why they cannot be had.
    pub bytes: Result<Vec<u8>, String>,
}

/// What is said of a bundle. Printed, it ends with the verdict.
#[derive(Debug)]
pub struct Account {
    /// Who it is about, of which time, by whom; nothing if it does not say.
    pub about: Option<String>,
    /// The twelve questions, in their order.
    pub answers: Vec<Answers>,
    /// The keys that it rests on.
    pub keys: Vec<String>,
    checks: usize,
    failed: usize,
    unchecked: usize,
    ledger: bool,
    chosen: bool,
    erased: bool,
}

/// One question, and everything that answers it.
#[derive(Debug)]
pub struct Answers {
    /// The question, as a statement that should be true.
    pub heading: &'static str,
    /// Every check; one line that says so if there is none.
    pub said: Vec<Said>,
}

/// One check in words.
#[derive(Debug)]
pub struct Said {
    /// What came of it.
    pub word: Word,
    /// What should be true.
    pub what: String,
    /// Why it is not, or cannot be said; in lines.
    pub why: Vec<String>,
}

/// What came of a check, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// It is true.
    Holds,
    /// It is false.
    Fails,
    /// It cannot be said.
    NotChecked,
    /// A person must say it.
    ForYou,
    /// There was nothing to check.
    Nothing,
}

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every check was made and holds.
    Verified,
    /// One fails.
    Fails,
    /// None fails, and one could not be made.
    CannotSay,
}

/// Checks a bundle.
#[must_use]
pub fn verify(files: &dyn Files, beside: Beside<'_>) -> Account {
    let files = WithLists::new(files, beside.lists);
    let verified = bundle::verify(&files);
    let mut checks = verified.checks.clone();
    checks.extend(evidence::check(&files, &verified));
    checks.extend(tables::check(&files, &verified));
    checks.extend(files.checks());
    if let Some(other) = beside.with {
        checks.extend(one_story(&verified, other));
    }
    Account::new(&files, &verified, &checks)
}

impl Account {
    /// What to do with the keys.
    pub const KEYS: &'static str = "The bundle rests on these keys. Compare each with the one that the authority published;\n\
         a bundle with keys of a forger's own would hold too.";

    fn new(files: &dyn Files, verified: &Verified, checks: &[Check]) -> Self {
        let is_whole = |log: &DeviceLog| log.erased.is_empty();
        let count = |wanted: fn(&Outcome) -> bool| {
            checks.iter().filter(|check| wanted(&check.outcome)).count()
        };
        Self {
            about: verified
                .about
                .as_ref()
                .map(|about| about_words(about, verified)),
            answers: Question::ALL
                .map(|question| Answers::new(question, checks))
                .into(),
            keys: keys(files),
            checks: checks.len(),
            failed: count(|outcome| matches!(outcome, Outcome::Fails(_))),
            unchecked: count(|outcome| matches!(outcome, Outcome::Unchecked(_))),
            ledger: verified.ledger.is_some(),
            chosen: verified.chosen().is_some(),
            erased: !verified.logs.values().all(is_whole),
        }
    }

    /// How it ends.
    #[must_use]
    pub fn ending(&self) -> Ending {
        if self.failed > 0 {
            Ending::Fails
        } else if self.unchecked > 0 || self.checks == 0 {
            Ending::CannotSay
        } else {
            Ending::Verified
        }
    }

    /// The same in words.
    #[must_use]
    pub fn verdict(&self) -> String {
        let Self {
            checks: all,
            failed,
            unchecked,
            ..
        } = self;
        match self.ending() {
            Ending::Fails => format!(
                "EVIDENCE FAILS: {failed} of {all} checks fail and {unchecked} could not be made. Do \
                 not rely on this bundle."
            ),
            Ending::CannotSay => format!(
                "COULD NOT CHECK: {unchecked} of {all} checks could not be made; none fails. \
                 Nothing is proved until they are."
            ),
            Ending::Verified => {
                let mut words = format!(
                    "VERIFIED: all {all} checks hold, if the keys above are the authority's."
                );
                if !self.ledger {
                    words += "\nNothing of the collector's ledger is in it: for receipts, decisions and \
                              orders its own signature\nis all there is.";
                }
                if self.chosen {
                    words += "\nThis is a choice of records. Nothing is said about what is in those that \
                              are withheld, nor about\nwhat rules would find with them.";
                }
                if self.erased {
                    words += "\nRecords were erased; above it is said which, when, by whom and under \
                              which rule. Nothing is said about\nwhat was in them, nor about what rules \
                              found in them.";
                }
                words
            }
        }
    }
}

impl Answers {
    fn new(question: Question, checks: &[Check]) -> Self {
        let answering = checks.iter().filter(|check| check.answers(question));
        let mut said: Vec<Said> = answering.map(Said::new).collect();
        if said.is_empty() {
            said.push(Said::none(question));
        }
        Self {
            heading: heading(question),
            said,
        }
    }
}

impl Said {
    fn new(check: &Check) -> Self {
        let (word, why) = match &check.outcome {
            Outcome::Holds => (Word::Holds, None),
            Outcome::Fails(why) => (Word::Fails, Some(why)),
            Outcome::Unchecked(why) => (Word::NotChecked, Some(why)),
        };
        Self {
            word,
            what: line(&check.what),
            why: why
                .into_iter()
                .flat_map(|why| why.lines())
                .map(line)
                .collect(),
        }
    }

    fn none(question: Question) -> Self {
        let (word, what) = match question {
            Question::Keys => (
                Word::ForYou,
                "compare the keys below with those that the authority published",
            ),
            _ => (
                Word::Nothing,
                "the bundle holds nothing that this program checks here",
            ),
        };
        Self {
            word,
            what: what.to_owned(),
            why: Vec::new(),
        }
    }
}

impl Word {
    /// As it is shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "FAILS",
            Self::NotChecked => "NOT CHECKED",
            Self::ForYou => "for you",
            Self::Nothing => "nothing",
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(about) = &self.about {
            writeln!(f, "{about}\n")?;
        }
        for (number, answers) in (1_usize..).zip(&self.answers) {
            writeln!(f, "{number}. {}", answers.heading)?;
            for said in &answers.said {
                writeln!(f, "{said}")?;
            }
            writeln!(f)?;
        }
        if !self.keys.is_empty() {
            writeln!(f, "{}\n", Self::KEYS)?;
            for key in &self.keys {
                writeln!(f, "  {key}")?;
            }
            writeln!(f)?;
        }
        writeln!(f, "{}", self.verdict())
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<11}  {}", self.word.as_str(), self.what)?;
        for why in &self.why {
            write!(f, "\n             {why}")?;
        }
        Ok(())
    }
}

/// One line of what a file says: nothing in it may play tricks on a terminal or on a reader.
fn line(text: &str) -> String {
    let acts =
        |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|c| if acts(c) { '?' } else { c })
        .collect()
}

/// Are the ledgers of two bundles one? Of the other bundle counts as much as that needs: its findings and
/// tables are not looked at.
fn one_story(verified: &Verified, other: &dyn Files) -> [Check; 2] {
    let other = bundle::verify(other);
    let faults = other
        .checks
        .iter()
        .filter_map(|check| match &check.outcome {
            Outcome::Holds => None,
            Outcome::Fails(why) | Outcome::Unchecked(why) => Some(format!("{}: {why}", check.what)),
        });
    let faults: Vec<String> = faults.collect();
    let itself = match faults.first() {
        None => Outcome::Holds,
        Some(first) => Outcome::Unchecked(format!(
            "{} of its checks do not hold, the first of them: {first}. Run `proviso verify` on it",
            faults.len()
        )),
    };
    let itself = Check::new(
        Question::Ledger,
        "the other bundle's own signatures, logs and ledger hold (its findings and tables were not looked at)",
        itself,
    );
    let story = match (&verified.ledger, &other.ledger) {
        (Some(one), Some(two)) => bundle::compare(one, two),
        (None, _) => unsaid("this bundle"),
        (_, None) => unsaid("the other bundle"),
    };
    [itself, story]
}

fn unsaid(which: &str) -> Check {
    let why = format!("{which} holds nothing of the collector's ledger that could be proved");
    Check::new(
        Question::Ledger,
        "the ledgers of both bundles tell one story",
        Outcome::Unchecked(why),
    )
}

fn about_words(about: &About, verified: &Verified) -> String {
    let shown: usize = verified.logs.values().map(|log| log.records.len()).sum();
    let withheld: u64 = verified.logs.values().map(|log| log.withheld).sum();
    let erased: u64 = verified.logs.values().map(|log| log.erased.count()).sum();
    let mut words = format!(
        "Evidence about {}, from {} to {}, exported by {} at {}.\n\
         Records shown: {shown}; withheld: {}; erased: {erased}; computers: {}.{}",
        line(&about.person),
        about.from,
        about.to,
        line(&about.collector),
        about.exported_at,
        withheld.saturating_sub(erased),
        verified.logs.len(),
        if about.ledger.is_some() {
            ""
        } else {
            "\nIt holds nothing of the collector's ledger: only the collector speaks for receipts and decisions."
        }
    );
    if let Some(selection) = &about.selection {
        words += "\nChosen records only:";
        for one in selection.words() {
            words += &format!("\n  {}", line(&one));
        }
    }
    words
}

/// The bundle names its own keys: whoever makes a bundle from nothing names keys of his own.
fn keys(files: &dyn Files) -> Vec<String> {
    let mut keys = Vec::new();
    let mut paths = files.list().unwrap_or_default();
    paths.sort();
    for path in paths {
        if path.starts_with("data/keys/")
            && path.ends_with(".vkey")
            && let Ok(Some(bytes)) = files.read(&path)
        {
            keys.push(line(String::from_utf8_lossy(&bytes).trim()));
        }
    }
    let signers = files.read("data/keys/allowed_signers").ok().flatten();
    if let Some(signers) = signers.and_then(|bytes| Signers::parse(&bytes).ok()) {
        for key in signers.keys() {
            keys.push(line(&format!("{} {}", key.principal, key.fingerprint)));
        }
    }
    keys
}
