//! The statement of completeness: `data/completeness.jsonl`, one line for each device.
//!
//! ```json
//! {"device":"<32 hex>","first":3,"end":8,"shown":[[3,4]],"not_selected":[[5,6]],"outside_time":[[7,7]]}
//! ```
//!
//! Promises: of each place from the first to the one before the end it says whether its record is
//! shown, and if not, why not: it was not chosen, it is of another time, or it was erased (`erased`,
//! as `erasures.jsonl` must say too). The check holds that
//! against the log: what is said to be shown is what is shown, nothing is said twice, nothing is left
//! out; each record that is shown is one that was asked for, or binds others; and one that was asked
//! for by its number is not said to be left out.
//!
//! Refuses: to say whether a record that is withheld should have been shown. Only its hash is there,
//! so that rests on the word of the collector, whose signature is under the bundle. A bundle of all
//! records of a time need not have the statement; one of chosen records must.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::erasures::{self, ERASURES, Erasure};
use super::{About, Check, DeviceLog, Files, MAX_CHOSEN, Outcome, Places, Question, is_binding};
use crate::device::DeviceId;
use crate::fact::Kind;
use crate::record::Record;

/// Where it is.
pub const COMPLETENESS: &str = "data/completeness.jsonl";

/// What is shown of one device's log, and what is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Completeness {
    /// Whose log.
    pub device: DeviceId,
    /// The first place that the bundle speaks of.
    pub first: u64,
    /// The place after the last.
    pub end: u64,
    /// Records that are shown.
    pub shown: Places,
    /// Records of the time asked for that were not chosen.
    pub not_selected: Places,
    /// Records of another time.
    pub outside_time: Places,
    /// Records that were erased, of whatever time.
    #[serde(default, skip_serializing_if = "Places::is_empty")]
    pub erased: Places,
}

/// What the check of a log must know of it.
#[derive(Default)]
pub(super) struct Said {
    /// Were records chosen?
    pub(super) chosen: bool,
    /// By device.
    pub(super) erased: BTreeMap<DeviceId, Places>,
}

/// What is said to be erased; [`check`] says whether that can be.
pub(super) fn erased(files: &dyn Files) -> BTreeMap<DeviceId, Places> {
    let Ok(Some(bytes)) = files.read(COMPLETENESS) else {
        return BTreeMap::new();
    };
    let stated = read(&bytes).unwrap_or_default();
    let erased = stated.into_iter().map(|(device, one)| (device, one.erased));
    erased.collect()
}

pub(super) fn check(
    files: &dyn Files,
    about: Option<&About>,
    logs: &BTreeMap<DeviceId, DeviceLog>,
) -> Vec<Check> {
    let chosen = about.is_some_and(|about| about.selection.is_some());
    let whole = |outcome| {
        vec![Check::new(
            Question::Complete,
            "it is said which records are withheld",
            outcome,
        )]
    };
    let Ok(erasures) = erasures::read(files) else {
        // Why is said with the erasures.
        return whole(Outcome::Unchecked(format!("{ERASURES} cannot be read")));
    };
    let stated = match files.read(COMPLETENESS) {
        Ok(Some(bytes)) => read(&bytes),
        Ok(None) if !chosen && erasures.is_empty() => return Vec::new(),
        Ok(None) => Err(format!("{COMPLETENESS} is missing")),
        Err(why) => return whole(Outcome::Unchecked(why)),
    };
    let Some(about) = about else {
        let why = "bundle.json does not say what was asked for".to_owned();
        return whole(Outcome::Unchecked(why));
    };
    if about
        .selection
        .as_ref()
        .is_some_and(|one| one.is_too_long())
    {
        let why = format!(
            "bundle.json names over {MAX_CHOSEN} things of one sort as chosen, which is more than this \
             program takes"
        );
        return whole(Outcome::Unchecked(why));
    }
    let stated = match stated {
        Ok(stated) => stated,
        Err(why) => return whole(Outcome::Fails(why)),
    };
    let named: BTreeSet<DeviceId> = about.devices.iter().copied().collect();
    if !stated.keys().eq(named.iter()) {
        let why = format!("{COMPLETENESS} does not speak of each device of the bundle, once");
        return whole(Outcome::Fails(why));
    }
    let checked = stated.values().map(|one| {
        let mut what = format!(
            "device {}: every record from {} to {} is shown or withheld by number: {} are shown, {} \
             were not chosen, {} are of another time; that these last are what they are said to be \
             is the collector's word",
            one.device,
            one.first,
            one.end.saturating_sub(1),
            one.shown.count(),
            one.not_selected.count(),
            one.outside_time.count(),
        );
        if !one.erased.is_empty() {
            what += &format!("; {} were erased", one.erased.count());
        }
        let outcome = match logs.get(&one.device) {
            None => Outcome::Unchecked("its log does not hold".to_owned()),
            Some(log) => {
                let holds = one.holds(about, log, &erasures);
                holds.map_or_else(Outcome::Fails, |()| Outcome::Holds)
            }
        };
        Check::new(Question::Complete, what, outcome)
    });
    checked.collect()
}

/// By device.
fn read(bytes: &[u8]) -> Result<BTreeMap<DeviceId, Completeness>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| format!("{COMPLETENESS} is not UTF-8"))?;
    let mut stated = BTreeMap::new();
    for (number, line) in (1_u64..).zip(text.lines()) {
        let one: Completeness = serde_json::from_str(line)
            .map_err(|error| format!("{COMPLETENESS}, line {number}: {error}"))?;
        if let Some(twice) = stated.insert(one.device, one) {
            return Err(format!(
                "{COMPLETENESS}, line {number}: device {} is there twice",
                twice.device
            ));
        }
    }
    Ok(stated)
}

impl Completeness {
    /// The error is a sentence.
    fn holds(&self, about: &About, log: &DeviceLog, erasures: &[Erasure]) -> Result<(), String> {
        if (self.first, self.end) != (log.first, log.end) {
            return Err(format!(
                "{COMPLETENESS} speaks of records {} up to but not including {}, and the bundle has \
                 those from {} up to but not including {}",
                self.first, self.end, log.first, log.end
            ));
        }
        self.tiles()?;
        let erased = erasures::within(erasures, self.device, (self.first, self.end))?;
        if erased != self.erased {
            return Err(format!(
                "{COMPLETENESS} and {ERASURES} do not say of the same records that they were erased"
            ));
        }
        let shown: Places = log.records.iter().map(|record| record.seq).collect();
        if self.shown != shown {
            return Err(format!(
                "{COMPLETENESS} says of other records that they are shown than those that are"
            ));
        }
        let unasked = |record: &&Record| !asked(about, self.device, record);
        if let Some(record) = log.records.iter().find(unasked) {
            return Err(format!(
                "record {} is shown, and bundle.json does not say that it was asked for",
                record.seq
            ));
        }
        let Some(selection) = &about.selection else {
            return match self.not_selected.runs().first() {
                None => Ok(()),
                Some([place, _]) => Err(format!(
                    "record {place} is said not to be chosen, and bundle.json names no choice"
                )),
            };
        };
        match must_show(&self.not_selected, |place| {
            selection.must_show(self.device, place)
        }) {
            None => Ok(()),
            Some(place) => Err(format!(
                "record {place} is said not to be chosen, and bundle.json says that it was"
            )),
        }
    }

    /// Is each place said once?
    fn tiles(&self) -> Result<(), String> {
        let all = [
            &self.shown,
            &self.not_selected,
            &self.outside_time,
            &self.erased,
        ];
        let mut runs: Vec<[u64; 2]> = all.iter().flat_map(|one| one.runs()).copied().collect();
        runs.sort_unstable();
        let mut next = Some(self.first);
        for [first, last] in runs {
            if next != Some(first) {
                return Err(format!(
                    "{COMPLETENESS} says nothing of record {}, or two things of record {first}",
                    next.unwrap_or(first)
                ));
            }
            next = last.checked_add(1);
        }
        if next == Some(self.end) {
            return Ok(());
        }
        Err(format!(
            "{COMPLETENESS} does not say what is with the records up to {}",
            self.end
        ))
    }
}

/// Is it of the time asked for, and chosen? Or does it bind others, where records were chosen?
fn asked(about: &About, device: DeviceId, record: &Record) -> bool {
    let inside = about.from <= record.at && record.at < about.to;
    match &about.selection {
        // Nothing after a change of keys can be checked without it.
        None => inside || matches!(record.kind(), Kind::KeyChanged | Kind::LogContinues),
        Some(selection) => is_binding(record) || (inside && selection.covers(device, record)),
    }
}

/// Bounded by what the log has: the places tile it before this is asked.
fn must_show(places: &Places, chosen: impl Fn(u64) -> bool) -> Option<u64> {
    let mut all = places
        .runs()
        .iter()
        .flat_map(|[first, last]| *first..=*last);
    all.find(|place| chosen(*place))
}
