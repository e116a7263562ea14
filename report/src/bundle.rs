//! Evidence bundles: a directory (BagIt, RFC 8493) that holds a person's records and everything
//! that is needed to check them without asking anybody.
//!
//! ```text
//! bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt
//! bundle.note                              the collector's signature under all that follows
//! data/bundle.json                         what was exported           About
//! data/devices/<id>/start.json             the log before the records  Start
//! data/devices/<id>/leaves.jsonl           the records                 Leaf
//! data/devices/<id>/lists.jsonl            from where on updated lists count that only the collector
//!                                          holds; only if there are any    HeldUpdate
//! data/devices/<id>/checkpoints/<size, 20 digits>.note   checkpoint with receipt
//! data/devices/<id>/keys.jsonl             changes of its key before them   Announcement
//! data/devices/<id>/broken-off.json        its log goes on in another one  BrokenOff
//! data/keys/device-<id>.vkey  data/keys/collector.vkey  data/keys/allowed_signers
//! data/orders/<digest>/order.toml ...      the orders that the records name
//! data/completeness.jsonl                  which records are shown, and why others are not;
//!                                          Completeness
//! data/erasures.jsonl                      what was erased, when, by whom, under which rule; only if
//!                                          anything was    Erasure
//! data/findings.jsonl  data/decisions.jsonl  data/README.txt
//! data/ledger/...                          what the collector's own log says of all that  [`ledger`]
//! data/tables/  data/unused.csv             the same for other tools, see `tables`
//! ```
//!
//! Promises: [`verify`] says of each thing that it checked whether it holds, fails or could not be
//! checked, in words; it checks everything even when something fails early. Nothing that a bundle
//! holds makes it panic. A bundle that holds is, under `data/`, the one that the collector wrote: what
//! only the collector says (findings, decisions, when an order came) was not changed since, and no
//! device or report was taken out. What a device wrote was not changed by the collector either: its
//! records stand under the device's own signatures.
//!
//! A bundle may hold chosen records only ([`Selection`]). Then it claims of the records that it shows
//! that they stand where they stand, signed, and of all others that they exist; it claims no more, and
//! its checks can all hold. That a rule which looks at several records found nothing, it does not
//! claim; a finding about a record that is shown, which rests on others that are not, is unchecked.
//!
//! Refuses: to say that the collector left nothing out that it held, beyond the gaps that show in a
//! log; a record that is withheld between others is said to be unchecked, unless the bundle says that it
//! was not chosen, or who erased it, when and under which rule. And to vouch for the keys. A bundle that a
//! forger made from nothing, with keys of his own, holds; whoever checks it must compare the keys with those that the authority published.

mod bag;
mod check;
mod chosen;
mod complete;
mod epochs;
mod erasures;
mod keys;
mod leaves;
pub mod ledger;
mod life;
mod log;
mod parts;
mod places;
mod seal;

pub use check::{Check, Outcome, Question};
pub use chosen::{MAX_CHOSEN, Numbers, OfFinding, Selection, is_binding};
pub use complete::{COMPLETENESS, Completeness};
pub use epochs::BrokenOff;
pub use erasures::{ERASURES, Erased, Erasure};
pub use keys::Announcement;
pub use ledger::{Earlier, Ledger, LedgerAbout, ShownEntry, compare};
pub use log::DeviceLog;
pub use parts::{About, Decision, Finding, HeldUpdate, Leaf, Matched, Start};
pub use places::Places;
pub use seal::{SEAL, seal_note, seal_statement};

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::device::DeviceId;
use crate::hash::Hash;
use crate::note::VerifierKey;

/// The format that [`About`] names.
pub const FORMAT: &str = "proviso-bundle/2";
/// Those before it, which this program does not check.
const OLDER: [&str; 1] = ["proviso-bundle/1"];

/// The files of a bundle, wherever they are. Paths are relative, with `/` between their parts.
pub trait Files {
    /// Every file's path, in any order.
    fn list(&self) -> Result<Vec<String>, String>;

    /// A file's bytes; `None` if there is no such file. An error is a sentence.
    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String>;
}

/// Files that every bundle has. Where there is none of them, somebody named another folder.
const OF_EVERY: [&str; 4] = [
    "bagit.txt",
    bag::MANIFEST,
    "bundle.note",
    "data/bundle.json",
];

/// What a bundle holds, as far as it could be read, and every check.
#[derive(Debug, Default)]
pub struct Verified {
    /// Every check, in the order in which they build on each other.
    pub checks: Vec<Check>,
    /// What was exported.
    pub about: Option<About>,
    /// The logs that hold, by device. A log that fails is not here.
    pub logs: BTreeMap<DeviceId, DeviceLog>,
    /// What is proved of the collector's ledger.
    pub ledger: Option<Ledger>,
}

impl Verified {
    /// Did everything hold?
    #[must_use]
    pub fn holds(&self) -> bool {
        self.checks
            .iter()
            .all(|check| check.outcome == Outcome::Holds)
    }

    /// Did anything fail?
    #[must_use]
    pub fn fails(&self) -> bool {
        self.checks
            .iter()
            .any(|check| matches!(check.outcome, Outcome::Fails(_)))
    }

    /// What was chosen, if not all records of a time were.
    #[must_use]
    pub fn chosen(&self) -> Option<&Selection> {
        self.about.as_ref()?.selection.as_ref()
    }

    fn add(&mut self, question: Question, what: impl Into<String>, outcome: Outcome) {
        self.checks.push(Check::new(question, what, outcome));
    }
}

/// Checks files, the collector's signature under them, logs, checkpoints, receipts and the orders'
/// hashes.
///
/// Whether an order's signatures hold and the findings follow from the records is for the rules.
#[must_use]
pub fn verify(files: &dyn Files) -> Verified {
    let mut verified = Verified::default();
    let listed = match files.list() {
        Ok(listed) if !listed.iter().any(|path| OF_EVERY.contains(&path.as_str())) => {
            let nothing = "this is no bundle: name the folder that holds bagit.txt";
            verified.add(
                Question::Files,
                "there is a bundle",
                Outcome::Unchecked(nothing.to_owned()),
            );
            return verified;
        }
        Ok(listed) => listed.into_iter().collect::<BTreeSet<_>>(),
        Err(why) => {
            verified.add(
                Question::Files,
                "the bundle can be read",
                Outcome::Unchecked(why),
            );
            return verified;
        }
    };
    verified.checks.extend(bag::check(files, &listed));
    match about(files) {
        Ok(about) => verified.about = Some(about),
        Err(outcome) => verified.add(
            Question::Files,
            "bundle.json says what was exported",
            outcome,
        ),
    }
    let collector = match key(files, "data/keys/collector.vkey") {
        Ok(key) => Some(key),
        Err(outcome) => {
            verified.add(Question::Keys, "the collector's key can be read", outcome);
            None
        }
    };
    let sealed = seal::check(files, verified.about.as_ref(), collector.as_ref());
    verified.checks.push(sealed);
    let said = complete::Said {
        chosen: verified.chosen().is_some(),
        erased: complete::erased(files),
    };
    for device in devices(&listed, verified.about.as_ref()) {
        let (checks, log) = log::check(files, &listed, device, collector.as_ref(), &said);
        verified.checks.extend(checks);
        if let Some(log) = log {
            verified.checks.push(life::times(device, &log));
            verified.checks.push(life::watched(device, &log));
            verified.logs.insert(device, log);
        }
    }
    let erasures = erasures::check(files, verified.about.as_ref());
    verified.checks.extend(erasures);
    let complete = complete::check(files, verified.about.as_ref(), &verified.logs);
    verified.checks.extend(complete);
    let epochs = epochs::check(files, &verified.logs);
    verified.checks.extend(epochs);
    orders(files, &mut verified);
    let (checks, ledger) = ledger::check(files, &listed, verified.about.as_ref(), &verified.logs);
    verified.checks.extend(checks);
    verified.ledger = ledger;
    verified
}

fn about(files: &dyn Files) -> Result<About, Outcome> {
    let bytes = needed(files, "data/bundle.json")?;
    let about: About = serde_json::from_slice(&bytes).map_err(|error| {
        Outcome::Fails(format!("data/bundle.json is not as it must be: {error}"))
    })?;
    if about.format == FORMAT {
        return Ok(about);
    }
    if OLDER.contains(&about.format.as_str()) {
        return Err(Outcome::Unchecked(format!(
            "the bundle is of the older format {:?}: check it with a program of its time, or ask for \
             a new bundle",
            about.format
        )));
    }
    Err(Outcome::Unchecked(format!(
        "the bundle is of format {:?}, and this program knows {FORMAT}: use a newer one",
        about.format
    )))
}

/// The devices that the bundle names and those that it has files of.
fn devices(listed: &BTreeSet<String>, about: Option<&About>) -> BTreeSet<DeviceId> {
    let found = listed.iter().filter_map(|path| {
        path.strip_prefix("data/devices/")?
            .split('/')
            .next()?
            .parse()
            .ok()
    });
    found
        .chain(
            about
                .into_iter()
                .flat_map(|about| about.devices.iter().copied()),
        )
        .collect()
}

/// Each order that a record names is there, byte for byte.
fn orders(files: &dyn Files, verified: &mut Verified) {
    let named: BTreeSet<Hash> = verified
        .logs
        .values()
        .flat_map(|log| log.records.iter().filter_map(|record| record.order))
        .collect();
    for digest in named {
        let path = format!("data/orders/{digest}/order.toml");
        let outcome = match files.read(&path) {
            Err(why) => Outcome::Unchecked(why),
            Ok(None) => Outcome::Unchecked(format!("{path} is missing")),
            Ok(Some(bytes)) if Hash::of(&bytes) == digest => Outcome::Holds,
            Ok(Some(_)) => Outcome::Fails(format!("{path} is another file")),
        };
        let what = format!(
            "the order {}… is the one that the records name",
            short(&digest)
        );
        verified.add(Question::Orders, what, outcome);
    }
}

fn short(hash: &Hash) -> String {
    hash.to_string().chars().take(12).collect()
}

fn needed<'a>(files: &'a dyn Files, path: &str) -> Result<Cow<'a, [u8]>, Outcome> {
    match files.read(path) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Outcome::Fails(format!("{path} is missing"))),
        Err(why) => Err(Outcome::Unchecked(why)),
    }
}

fn key(files: &dyn Files, path: &str) -> Result<VerifierKey, Outcome> {
    let bytes = needed(files, path)?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    text.trim_end()
        .parse()
        .map_err(|error| Outcome::Fails(format!("{path}: {error}")))
}

#[cfg(test)]
pub(crate) mod tests;
