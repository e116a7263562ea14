//! The findings of a bundle, made again from its records.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use proviso_report::bundle::{Check, DeviceLog, Files, Finding, Outcome, Verified};
use proviso_report::{DeviceId, Hash, Record};

use super::other_engine;
use crate::{ENGINE, Event, Judge, finding_id};

const FILE: &str = "data/findings.jsonl";
const FOLLOW: &str = "each finding follows from its record and the order";
const COMPLETE: &str = "every record that is shown and that a rule matches has its finding";

pub(super) fn check(
    files: &dyn Files,
    verified: &Verified,
    judges: &BTreeMap<Hash, Judge>,
) -> Vec<Check> {
    let said = match read(files) {
        Ok(said) => said,
        Err(outcome) => return vec![Check::new("the findings can be read", outcome)],
    };
    if let Some(outcome) = other_engine(verified) {
        return vec![
            Check::new(FOLLOW, outcome.clone()),
            Check::new(COMPLETE, outcome),
        ];
    }
    let (made, unjudged) = judge_again(verified, judges);
    vec![
        Check::new(
            format!("{FOLLOW} (findings: {})", said.len()),
            follow(verified, judges, &said, &made),
        ),
        Check::new(
            format!("{COMPLETE} (findings: {})", made.len()),
            complete(verified, &said, &made, unjudged),
        ),
    ]
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

/// What this program finds in the records that are shown, by id, and how many records it could not
/// judge for want of their order.
fn judge_again(
    verified: &Verified,
    judges: &BTreeMap<Hash, Judge>,
) -> (BTreeMap<String, Finding>, u64) {
    let (mut made, mut unjudged) = (BTreeMap::new(), 0);
    for (device, log) in &verified.logs {
        for record in &log.records {
            let Some(order) = record.order else { continue };
            match judges.get(&order) {
                Some(judge) => {
                    made.extend(
                        findings(*device, record, &order, judge).map(|one| (one.id.clone(), one)),
                    );
                }
                None => unjudged += 1,
            }
        }
    }
    (made, unjudged)
}

/// What a judge finds in a record.
fn findings<'a>(
    device: DeviceId,
    record: &'a Record,
    order: &'a Hash,
    judge: &'a Judge,
) -> impl Iterator<Item = Finding> + 'a {
    let hits = judge.judge(&Event {
        at: record.at,
        account: record.account.as_deref(),
        fact: &record.fact,
    });
    hits.into_iter().map(move |hit| {
        let rules = judge.order().rules();
        let says = rules.iter().find(|rule| rule.id == hit.rule);
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
        }
    })
}

/// Is each finding that is there one that was made again?
fn follow(
    verified: &Verified,
    judges: &BTreeMap<Hash, Judge>,
    said: &BTreeMap<String, Finding>,
    made: &BTreeMap<String, Finding>,
) -> Outcome {
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
            return Outcome::Fails(format!(
                "finding {id} does not say what rule {} finds in {place}",
                finding.rule
            ));
        }
        let log = verified.logs.get(&finding.device);
        if shown(log, finding.seq).is_some_and(|record| record.order != Some(finding.order)) {
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
        } else if !judges.contains_key(&finding.order) {
            unchecked = Some(format!(
                "finding {id} is by the order {}, which could not be used",
                finding.order
            ));
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

/// Is each finding that was made again there?
fn complete(
    verified: &Verified,
    said: &BTreeMap<String, Finding>,
    made: &BTreeMap<String, Finding>,
    unjudged: u64,
) -> Outcome {
    // Records that another engine judged may rightly lack what this one finds in them.
    if let Some(other) = said.values().find(|one| one.engine != ENGINE) {
        return Outcome::Unchecked(of_another_engine(other));
    }
    if let Some(missing) = made.values().find(|one| !said.contains_key(&one.id)) {
        return Outcome::Fails(format!(
            "rule {} matches record {} of device {}, and no finding says so",
            missing.rule, missing.seq, missing.device
        ));
    }
    let mut devices = verified.about.iter().flat_map(|about| &about.devices);
    if let Some(device) = devices.find(|device| !verified.logs.contains_key(device)) {
        return Outcome::Unchecked(format!(
            "the log of device {device} does not hold, so its records were not judged"
        ));
    }
    if unjudged > 0 {
        return Outcome::Unchecked(format!(
            "{unjudged} records could not be judged, since their order could not be used"
        ));
    }
    Outcome::Holds
}
