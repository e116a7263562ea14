//! `verify`: every check of a bundle in words, below the question that it answers, the keys that must
//! be compared, a verdict.
//!
//! Refuses: to say that anything is verified unless every check was made and holds.

mod headings;
mod lists;

use std::path::{Path, PathBuf};

use proviso_report::bundle::{
    self, About, Check, DeviceLog, Files as _, Outcome, Question, Verified,
};
use proviso_report::tables;
use proviso_rules::{Signers, evidence};

use crate::folder::Folder;
use crate::{End, line, say};
use headings::{heading, unanswered};
use lists::WithLists;

/// `proviso verify`. `with`: a second bundle of the same collector. `lists`: lists that only the collector holds, handed over beside the bundle.
pub(crate) fn verify(bundle: &Path, with: Option<&Path>, lists: &[PathBuf]) -> End {
    let folder = Folder(bundle.to_owned());
    let files = WithLists::new(&folder, lists);
    let verified = bundle::verify(&files);
    let mut checks = verified.checks.clone();
    checks.extend(evidence::check(&files, &verified));
    checks.extend(tables::check(&files, &verified));
    checks.extend(files.checks());
    if let Some(other) = with {
        checks.push(one_story(&verified, other));
    }
    if let Some(about) = &verified.about {
        say(&about_words(about, &verified));
        say("");
    }
    say_all(&checks);
    if let Some(words) = key_words(&folder) {
        say(&words);
    }
    verdict(&checks, &verified)
}

/// Are the ledgers of two bundles one? The other bundle itself is not verified here.
fn one_story(verified: &Verified, other: &Path) -> Check {
    let other = bundle::verify(&Folder(other.to_owned()));
    match (&verified.ledger, &other.ledger) {
        (Some(one), Some(two)) => bundle::compare(one, two),
        (None, _) => unsaid("this bundle"),
        (_, None) => unsaid("the other bundle"),
    }
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

/// Below each question what answers it; a question that nothing answers is asked, too.
fn say_all(checks: &[Check]) {
    for (number, question) in (1_usize..).zip(Question::ALL) {
        say(&format!("{number}. {}", heading(question)));
        let mut answers = checks
            .iter()
            .filter(|check| check.answers(question))
            .peekable();
        if answers.peek().is_none() {
            say(unanswered(question));
        }
        answers.for_each(|check| say(&check_words(check)));
        say("");
    }
}

fn check_words(check: &Check) -> String {
    let (word, why) = match &check.outcome {
        Outcome::Holds => ("holds      ", None),
        Outcome::Fails(why) => ("FAILS      ", Some(why)),
        Outcome::Unchecked(why) => ("NOT CHECKED", Some(why)),
    };
    let mut words = format!("{word}  {}", line(&check.what));
    for why in why.into_iter().flat_map(|why| why.lines()) {
        words += &format!("\n             {}", line(why));
    }
    words
}

/// The bundle names its own keys: whoever makes a bundle from nothing names keys of his own.
fn key_words(files: &Folder) -> Option<String> {
    let text = |path: &str| {
        let bytes = files.read(path).ok().flatten()?;
        Some(String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    let mut keys = Vec::new();
    let mut paths = files.list().unwrap_or_default();
    paths.sort();
    for path in paths {
        if path.starts_with("data/keys/")
            && path.ends_with(".vkey")
            && let Some(key) = text(&path)
        {
            keys.push(line(&key));
        }
    }
    let signers = files.read("data/keys/allowed_signers").ok().flatten();
    if let Some(signers) = signers.and_then(|bytes| Signers::parse(&bytes).ok()) {
        for key in signers.keys() {
            keys.push(line(&format!("{} {}", key.principal, key.fingerprint)));
        }
    }
    if keys.is_empty() {
        return None;
    }
    Some(format!(
        "\nThe bundle rests on these keys. Compare each with the one that the authority published;\n\
         a bundle with keys of a forger's own would hold too.\n\n  {}",
        keys.join("\n  ")
    ))
}

fn verdict(checks: &[Check], verified: &Verified) -> End {
    let count =
        |wanted: fn(&Outcome) -> bool| checks.iter().filter(|check| wanted(&check.outcome)).count();
    let all = checks.len();
    let failed = count(|outcome| matches!(outcome, Outcome::Fails(_)));
    let unchecked = count(|outcome| matches!(outcome, Outcome::Unchecked(_)));
    if failed > 0 {
        say(&format!(
            "\nEVIDENCE FAILS: {failed} of {all} checks fail and {unchecked} could not be made. Do \
             not rely on this bundle."
        ));
        End::No
    } else if unchecked > 0 || all == 0 {
        say(&format!(
            "\nCOULD NOT CHECK: {unchecked} of {all} checks could not be made; none fails. \
             Nothing is proved until they are."
        ));
        End::CannotSay
    } else {
        say(&format!(
            "\nVERIFIED: all {all} checks hold, if the keys above are the authority's."
        ));
        if verified.ledger.is_none() {
            say(
                "Nothing of the collector's ledger is in it: for receipts, decisions and orders its own \
                 signature\nis all there is.",
            );
        }
        if verified.chosen().is_some() {
            say(
                "This is a choice of records. Nothing is said about what is in those that are \
                 withheld, nor about\nwhat rules would find with them.",
            );
        }
        let is_whole = |log: &DeviceLog| log.erased.is_empty();
        if !verified.logs.values().all(is_whole) {
            say(
                "Records were erased; above it is said which, when, by whom and under which rule. Nothing is \
                 said about\nwhat was in them, nor about what rules found in them.",
            );
        }
        End::Yes
    }
}
