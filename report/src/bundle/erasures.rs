//! What was erased of the logs in a bundle: `data/erasures.jsonl`, one line for each erasure.
//!
//! ```json
//! {"id":"<32 hex>","at":"2026-11-24T05:00:00.123Z","asked_by":"morgan","confirmed_by":"kim",
//!  "person":"P-0001","rule":"retention 2026","reason":"The order has ended.",
//!  "records":[{"device":"<32 hex>","places":[[5,9]]}],"findings":1}
//! ```
//!
//! Promises: it says when, by whom, under which rule and why, and which records by number. Two people
//! are named, who are not one. The ledger has the hash of each line. What is said here and what
//! `completeness.jsonl` says is one.
//!
//! Refuses: to say what was in them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{About, Check, Files, Outcome, Places, Question};
use crate::device::DeviceId;
use crate::time::UnixMs;

/// Where it is.
pub const ERASURES: &str = "data/erasures.jsonl";

/// The most erasures that are read.
const MOST: usize = 10_000;

/// Records that were erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// Sorts by time.
    pub id: String,
    /// When.
    pub at: UnixMs,
    /// Who asked for it, by name.
    pub asked_by: String,
    /// Who confirmed it and had it done, by name: somebody else.
    pub confirmed_by: String,
    /// Whose records, by pseudonym.
    pub person: String,
    /// Under which rule.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Which.
    pub records: Vec<Erased>,
    /// How many findings rested on them; what these quoted was erased too.
    pub findings: u64,
    /// Was it all that the person had done, so that the key was destroyed under which it was sealed?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
}

/// Records of one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    /// Whose log.
    pub device: DeviceId,
    /// Their numbers.
    pub places: Places,
}

impl Erasure {
    /// How many records.
    #[must_use]
    pub fn count(&self) -> u64 {
        let counts = self.records.iter().map(|one| one.places.count());
        counts.fold(0, u64::saturating_add)
    }

    /// The error is a sentence.
    fn holds(&self, person: &str) -> Result<(), String> {
        if self.person != person {
            return Err(format!(
                "these are records of {}, and the bundle is about {person}",
                self.person
            ));
        }
        if self.asked_by == self.confirmed_by {
            return Err("one person alone asked for it and confirmed it".to_owned());
        }
        Ok(())
    }
}

/// What each erasure says, as a check of its own.
pub(super) fn check(files: &dyn Files, about: Option<&About>) -> Vec<Check> {
    let all = match read(files) {
        Ok(all) => all,
        Err(why) => {
            return vec![Check::new(
                Question::Complete,
                "it is said what was erased",
                Outcome::Fails(why),
            )];
        }
    };
    let mut known = BTreeSet::new();
    let mut checked = Vec::new();
    for one in &all {
        let what = format!(
            "what was erased at {}: {} records{}, under the rule {:?}; {} asked for it and {} confirmed \
             it (erasure {})",
            one.at,
            one.count(),
            if one.whole { ", which was all" } else { "" },
            one.rule,
            one.asked_by,
            one.confirmed_by,
            one.id
        );
        let outcome = match about {
            None => Outcome::Unchecked("bundle.json does not say whose records".to_owned()),
            Some(_) if !known.insert(one.id.as_str()) => {
                Outcome::Fails("an erasure of this number is there twice".to_owned())
            }
            Some(about) => {
                let holds = one.holds(&about.person);
                holds.map_or_else(Outcome::Fails, |()| Outcome::Holds)
            }
        };
        checked.push(Check::new(Question::Complete, what, outcome));
    }
    checked
}

/// All that the bundle says; none if it says nothing. The error is a sentence.
pub(super) fn read(files: &dyn Files) -> Result<Vec<Erasure>, String> {
    let Some(bytes) = files.read(ERASURES)? else {
        return Ok(Vec::new());
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("{ERASURES} is not UTF-8"))?;
    let mut all = Vec::new();
    for (number, line) in (1_u64..).zip(text.lines()) {
        if all.len() == MOST {
            return Err(format!("{ERASURES} has over {MOST} lines"));
        }
        let one = serde_json::from_str(line)
            .map_err(|error| format!("{ERASURES}, line {number}: {error}"))?;
        all.push(one);
    }
    Ok(all)
}

/// The places of a device from `first` up to but not including `end` that are said to be erased. The
/// error is a sentence.
pub(super) fn within(
    all: &[Erasure],
    device: DeviceId,
    (first, end): (u64, u64),
) -> Result<Places, String> {
    let Some(most) = end.checked_sub(1).filter(|most| first <= *most) else {
        return Ok(Places::default());
    };
    let records = all.iter().flat_map(|one| &one.records);
    let of_device = records.filter(|one| one.device == device);
    let mut runs: Vec<[u64; 2]> = of_device
        .flat_map(|one| one.places.runs())
        .filter(|[from, to]| *from <= most && *to >= first)
        .map(|[from, to]| [*from.max(&first), *to.min(&most)])
        .collect();
    runs.sort_unstable();
    let mut joined: Vec<[u64; 2]> = Vec::new();
    for [from, to] in runs {
        match joined.last_mut() {
            Some([_, last]) if from <= *last => {
                return Err(format!(
                    "{ERASURES} says twice that record {from} was erased"
                ));
            }
            Some([_, last]) if last.checked_add(1) == Some(from) => *last = to,
            _ => joined.push([from, to]),
        }
    }
    Places::try_from(joined).map_err(str::to_owned)
}
