//! The findings of a bundle, made again from its records.
//!
//! Each log is followed from the first record that the bundle shows. From the first record that it
//! does not show on, nobody can say what the judge remembered: a rule that counts over time, or that
//! asks what the clock did, may then rightly have found more or less than is found here.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;
use proviso_report::bundle::{Check, DeviceLog, Files, Finding, Outcome, Question, Verified};
use proviso_report::{DeviceId, Hash, Record};

use super::held::Held;
use super::orders::{Ready, says_in_log};
use super::{Judges, other_engine};
use crate::order::Rule;
use crate::{Basis, ENGINE, Followed, Hit, Judge, Order, State, finding_id};

const FILE: &str = "data/findings.jsonl";
const FOLLOW: &str = "each finding follows from its record and the order";
const COMPLETE: &str = "every record that is shown and that a rule matches has its finding";
const OVER_TIME: &str = "no finding is missing of rules that look at more than one record";
const NOT_CLAIMED: &str = "the bundle says that records were not chosen or were erased, so it does not \
                           claim that no finding is missing of rules that look at more than one record";

pub(super) fn check(
    files: &dyn Files,
    (verified, held): (&Verified, &Held),
    judges: &Judges,
) -> Vec<Check> {
    let said = match read(files) {
        Ok(said) => said,
        Err(outcome) => {
            return vec![Check::new(
                Question::Findings,
                "the findings can be read",
                outcome,
            )];
        }
    };
    if let Some(outcome) = other_engine(verified) {
        return vec![
            Check::new(Question::Findings, FOLLOW, outcome.clone()),
            Check::new(Question::Findings, COMPLETE, outcome),
        ];
    }
    let again = Again::of(verified, held, judges);
    let mut checks = vec![
        Check::new(
            Question::Findings,
            format!("{FOLLOW} (findings: {})", said.len()),
            follow(&again, &said),
        ),
        Check::new(
            Question::Findings,
            format!(
                "{COMPLETE} (findings: {}; records of which a rule cannot tell: {})",
                again.made.len(),
                again.cannot_tell
            ),
            complete(&again, &said),
        ),
    ];
    checks.extend(over_time(&again, &said));
    checks
}

/// By id.
fn read(files: &dyn Files) -> Result<BTreeMap<String, Finding>, Outcome> {
    let bytes = match files.read(FILE) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(Outcome::Fails(format!("{FILE} is missing"))),
        Err(why) => return Err(Outcome::Unchecked(why)),
    };
    let text =
        std::str::from_utf8(&bytes).map_err(|_| Outcome::Fails(format!("{FILE} is not UTF-8")))?;
    let mut found = BTreeMap::new();
    for (number, line) in (1_u64..).zip(text.lines()) {
        let fails = |why: String| Outcome::Fails(format!("{FILE}, line {number}: {why}"));
        let finding: Finding =
            serde_json::from_str(line).map_err(|error| fails(error.to_string()))?;
        if let Some(twice) = found.insert(finding.id.clone(), finding) {
            return Err(fails(format!("the finding {} stands twice", twice.id)));
        }
    }
    Ok(found)
}

/// What this program finds in the records that are shown.
struct Again<'a> {
    verified: &'a Verified,
    judges: &'a Judges,
    /// By id.
    made: BTreeMap<String, Finding>,
    /// Records that could not be judged for want of their order, or of an update of its lists.
    unjudged: BTreeSet<(DeviceId, u64)>,
    /// Records of which a rule cannot tell.
    cannot_tell: u64,
    /// By device: the first record that the bundle does not show, when others follow it.
    gaps: BTreeMap<DeviceId, u64>,
    /// By device: the first record that was not judged for want of an update.
    missing: BTreeMap<DeviceId, u64>,
}

impl<'a> Again<'a> {
    fn of(verified: &'a Verified, held: &Held, judges: &'a Judges) -> Self {
        let mut again = Self {
            verified,
            judges,
            made: BTreeMap::new(),
            unjudged: BTreeSet::new(),
            cannot_tell: 0,
            gaps: BTreeMap::new(),
            missing: BTreeMap::new(),
        };
        let judge = |basis: &Basis| judges.get(basis).map(|one| &one.judge);
        for (device, log) in &verified.logs {
            let mut state = State::new();
            for (place, record) in (0..).zip(&log.records) {
                if record.seq != place {
                    again.gaps.entry(*device).or_insert(place);
                }
                match state.follow(record, held.of(*device), judge) {
                    Followed::Judged { basis, verdict } => {
                        again.cannot_tell += u64::from(!verdict.cannot_tell.is_empty());
                        for hit in verdict.hits {
                            let one = finding(*device, record, &basis.order, judge(&basis), hit);
                            again.made.insert(one.id.clone(), one);
                        }
                    }
                    Followed::NotHeld(order) => {
                        again.unjudged.insert((*device, record.seq));
                        if judges.of(&order).is_some() {
                            again.missing.entry(*device).or_insert(record.seq);
                        }
                    }
                    // That the second may not be is for the check of terms.
                    Followed::NoOrder | Followed::Outside { .. } => {}
                }
            }
        }
        again
    }

    /// Why a finding of this rule about this record need not be the one that was made; `None`: it
    /// must be.
    fn doubt(&self, finding: &Finding) -> Option<String> {
        let judge = &self.judges.of(&finding.order)?.judge;
        if judge.left_out().contains(&finding.rule) {
            return Some("whose lists are only with the collector".to_owned());
        }
        if let Some(first) = self.missing.get(&finding.device)
            && *first <= finding.seq
        {
            return Some(format!(
                "and from record {first} on lists count that the bundle does not have"
            ));
        }
        let gap = self.gaps.get(&finding.device)?;
        if *gap <= finding.seq && judge.order().lists().iter().any(says_in_log) {
            return Some(format!(
                "whose lists may have been updated by record {gap}, which is not shown"
            ));
        }
        let rule = judge
            .order()
            .rules()
            .iter()
            .find(|rule| rule.id == finding.rule)?;
        let shown = shown(self.verified.logs.get(&finding.device), finding.seq);
        // Without the records before, nobody knows which order was in force.
        let by_log = shown.is_some_and(|record| record.order.is_none());
        (*gap <= finding.seq && (by_log || is_over_time(judge.order(), rule)))
            .then(|| format!("which looks at more than one record, and record {gap} is not shown"))
    }
}

/// Does what the rule finds in a record rest on others, too? What the clock did does.
fn is_over_time(order: &Order, rule: &Rule) -> bool {
    let hours = order
        .exempts()
        .iter()
        .any(|exempt| !exempt.within.is_empty());
    hours || rule.over.is_some() || !rule.during.is_empty()
}

fn finding(
    device: DeviceId,
    record: &Record,
    order: &Hash,
    judge: Option<&Judge>,
    hit: Hit,
) -> Finding {
    let mut rules = judge.into_iter().flat_map(|judge| judge.order().rules());
    let says = rules.find(|rule| rule.id == hit.rule);
    Finding {
        id: HEXLOWER.encode(&finding_id(device, record.seq, order, &hit.rule)),
        device,
        seq: record.seq,
        says: says.map(|rule| rule.says.clone()).unwrap_or_default(),
        rule: hit.rule,
        clause: hit.clause,
        severity: hit.severity.as_str().to_owned(),
        matched: hit.matched,
        engine: ENGINE.to_owned(),
        order: *order,
        basis: judge.map(Judge::basis).filter(|basis| basis != order),
    }
}

/// Is each finding that is there one that was made again?
fn follow(again: &Again<'_>, said: &BTreeMap<String, Finding>) -> Outcome {
    let Again {
        verified,
        judges,
        made,
        ..
    } = again;
    let mut unchecked = None;
    for (id, finding) in said {
        let place = format!("record {} of device {}", finding.seq, finding.device);
        // Before all else: what another engine found may differ from what this one finds.
        if finding.engine != ENGINE {
            unchecked = Some(of_another_engine(finding));
            continue;
        }
        if let Some(same) = made.get(id) {
            if same == finding {
                continue;
            }
            if let Some(doubt) = again.doubt(finding) {
                unchecked = Some(format!("finding {id} is of rule {}, {doubt}", finding.rule));
                continue;
            }
            return Outcome::Fails(format!(
                "finding {id} does not say what rule {} finds in {place}",
                finding.rule
            ));
        }
        let log = verified.logs.get(&finding.device);
        let other = |record: &Record| record.order.is_some_and(|order| order != finding.order);
        if shown(log, finding.seq).is_some_and(other) {
            return Outcome::Fails(format!(
                "finding {id} is by the order {}, and {place} was made under another",
                finding.order
            ));
        }
        if log.is_none() {
            unchecked = Some(format!(
                "finding {id} is about {place}, whose log does not hold"
            ));
        } else if is_withheld(log, finding.seq) {
            unchecked = Some(format!("finding {id} is about {place}, which is withheld"));
        } else if judges.of(&finding.order).is_none() {
            unchecked = Some(format!(
                "finding {id} is by the order {}, which could not be used",
                finding.order
            ));
        } else if let Some(doubt) = again.doubt(finding) {
            unchecked = Some(format!("finding {id} is of rule {}, {doubt}", finding.rule));
        } else {
            return Outcome::Fails(format!(
                "finding {id} says that rule {} matches {place}, and it does not",
                finding.rule
            ));
        }
    }
    unchecked.map_or(Outcome::Holds, Outcome::Unchecked)
}

fn of_another_engine(finding: &Finding) -> String {
    format!(
        "finding {} was made by {}, and this program has {ENGINE}: check it with a `proviso` of \
         that engine",
        finding.id, finding.engine
    )
}

/// The record at a place, if it is shown.
pub(super) fn shown(log: Option<&DeviceLog>, seq: u64) -> Option<&Record> {
    let records = &log?.records;
    let at = records
        .binary_search_by_key(&seq, |record| record.seq)
        .ok()?;
    records.get(at)
}

/// Is there a record at this place that is not shown?
fn is_withheld(log: Option<&DeviceLog>, seq: u64) -> bool {
    shown(log, seq).is_none() && log.is_some_and(|log| (log.first..log.end).contains(&seq))
}

/// Is each finding that was made again there? Those that rest on records that are not shown are for
/// [`over_time`].
fn complete(again: &Again<'_>, said: &BTreeMap<String, Finding>) -> Outcome {
    // Records that another engine judged may rightly lack what this one finds in them.
    if let Some(other) = said.values().find(|one| one.engine != ENGINE) {
        return Outcome::Unchecked(of_another_engine(other));
    }
    let mut missing = again
        .made
        .values()
        .filter(|one| !said.contains_key(&one.id));
    if let Some(missing) = missing.find(|one| again.doubt(one).is_none()) {
        return Outcome::Fails(format!(
            "rule {} matches record {} of device {}, and no finding says so",
            missing.rule, missing.seq, missing.device
        ));
    }
    let verified = again.verified;
    let mut devices = verified.about.iter().flat_map(|about| &about.devices);
    if let Some(device) = devices.find(|device| !verified.logs.contains_key(device)) {
        return Outcome::Unchecked(format!(
            "the log of device {device} does not hold, so its records were not judged"
        ));
    }
    if !again.unjudged.is_empty() {
        return Outcome::Unchecked(format!(
            "{} records could not be judged, since their order, or an update of its lists, could not \
             be used",
            again.unjudged.len()
        ));
    }
    Outcome::Holds
}

/// The same for what rests on records that are not shown; `None`: nothing does.
fn over_time(again: &Again<'_>, said: &BTreeMap<String, Finding>) -> Option<Check> {
    let has_such = |ready: &Ready| {
        let order = ready.judge.order();
        order.rules().iter().any(|rule| is_over_time(order, rule))
    };
    if !again.judges.orders().any(has_such) {
        return None;
    }
    let mut missing = again
        .made
        .values()
        .filter(|one| !said.contains_key(&one.id));
    let doubted = missing.find_map(|one| Some((one, again.doubt(one)?)));
    // Of what the bundle says that it was not chosen or was erased it claims nothing.
    let is_said = |device: &DeviceId| {
        let log = again.verified.logs.get(device);
        again.verified.chosen().is_some() || log.is_some_and(DeviceLog::lacks_erased_only)
    };
    let unsaid = again.gaps.iter().find(|(device, _)| !is_said(device));
    let outcome = match (doubted, unsaid.or(again.gaps.first_key_value())) {
        (Some((one, doubt)), _) => Outcome::Unchecked(format!(
            "record {} of device {} would match rule {}, {doubt}",
            one.seq, one.device, one.rule
        )),
        (None, Some((device, gap))) if unsaid.is_none() => {
            let what = format!(
                "{NOT_CLAIMED} (record {gap} of device {device} is the first that is not shown)"
            );
            return Some(Check::new(Question::Findings, what, Outcome::Holds));
        }
        (None, Some((device, gap))) => Outcome::Unchecked(format!(
            "record {gap} of device {device} is not shown, so what such rules remembered of it is \
             not known: export from the beginning of the log to have it checked"
        )),
        // Then it is one of the findings that are compared one by one.
        (None, None) => Outcome::Holds,
    };
    Some(Check::new(Question::Findings, OVER_TIME, outcome))
}
