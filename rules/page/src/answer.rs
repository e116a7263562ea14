//! What the page asks, and what it is told: JSON between a script and a module of one file.
//!
//! Promises: every word about the bundle is from [`proviso_rules::verify`], which `proviso verify` prints.

use proviso_report::bundle::FORMAT;
use proviso_rules::ENGINE;
use proviso_rules::verify::{Account, Beside, Ending, List, verify};
use serde::{Deserialize, Serialize};

use crate::dropped::Dropped;
use crate::source::{Named, Source};

/// What was handed over.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The bundle.
    files: Vec<Named>,
    /// Lists that only the collector holds; their numbers follow those of the bundle.
    lists: Vec<Named>,
}

/// The page asked for something else.
#[derive(Debug, thiserror::Error)]
#[error("The page did not say which files there are ({0}). Load it again.")]
pub struct NotAsked(#[from] serde_json::Error);

impl Asked {
    /// Reads what the script wrote.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotAsked> {
        Ok(serde_json::from_slice(bytes)?)
    }
}

/// Which program this is.
#[derive(Serialize)]
struct Who {
    version: &'static str,
    format: &'static str,
    engine: &'static str,
}

#[derive(Serialize)]
struct Unusably {
    unusable: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    folder: &'a str,
    files: usize,
    bytes: u64,
    about: Option<&'a str>,
    questions: Vec<Question<'a>>,
    keys_say: &'static str,
    keys: &'a [String],
    ending: &'static str,
    verdict: String,
    text: String,
}

#[derive(Serialize)]
struct Question<'a> {
    heading: &'static str,
    said: Vec<Said<'a>>,
}

#[derive(Serialize)]
struct Said<'a> {
    word: &'static str,
    what: &'a str,
    why: &'a [String],
}

/// Which program and which judge this is, as JSON.
#[must_use]
pub fn who() -> String {
    json(&Who {
        version: env!("CARGO_PKG_VERSION"),
        format: FORMAT,
        engine: ENGINE,
    })
}

/// Checks what was handed over and says what came of it, as JSON.
pub fn answer(source: &dyn Source, asked: Result<Asked, NotAsked>) -> String {
    let asked = match asked {
        Ok(asked) => asked,
        Err(why) => return unusable(why.to_string()),
    };
    match Dropped::open(source, &asked.files) {
        Ok(dropped) => checked(&dropped, lists(source, &asked)),
        Err(why) => unusable(why.to_string()),
    }
}

fn checked(dropped: &Dropped<'_>, lists: Vec<List>) -> String {
    let account = verify(dropped, Beside { lists, with: None });
    json(&Answer {
        folder: dropped.folder(),
        files: dropped.count(),
        bytes: dropped.bytes(),
        about: account.about.as_deref(),
        questions: questions(&account),
        keys_say: Account::KEYS,
        keys: &account.keys,
        ending: match account.ending() {
            Ending::Verified => "verified",
            Ending::Fails => "fails",
            Ending::CannotSay => "cannot-say",
        },
        verdict: account.verdict(),
        text: account.to_string(),
    })
}

fn questions(account: &Account) -> Vec<Question<'_>> {
    let questions = account.answers.iter().map(|answers| Question {
        heading: answers.heading,
        said: answers
            .said
            .iter()
            .map(|said| Said {
                word: said.word.as_str(),
                what: &said.what,
                why: &said.why,
            })
            .collect(),
    });
    questions.collect()
}

/// The lists, each with its number behind those of the bundle's files.
fn lists(source: &dyn Source, asked: &Asked) -> Vec<List> {
    let numbered = (asked.files.len()..).zip(&asked.lists);
    let lists = numbered.map(|(number, named)| List {
        name: named.name.clone(),
        bytes: named.read(source, number),
    });
    lists.collect()
}

fn unusable(why: String) -> String {
    json(&Unusably { unusable: why })
}

/// Nothing here has keys that are no text, which is all that JSON cannot hold.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
