//! Findings and decisions: what software thinks, and what people said. Apart from the records, and
//! apart from each other.

use std::collections::{BTreeMap, BTreeSet};

use proviso_report::bundle::{Decision, Finding as Exported, Places};
use proviso_report::{DeviceId, UnixMs, tables};

use super::bag::Bag;
use super::{ExportError, line};
use crate::order_text::OrderText;
use crate::store::casework::{self, Decided};
use crate::store::findings::{Finding, Proof};
use crate::store::{FindingId, Hash, Read, orders};

/// What was written.
#[derive(Default)]
pub(super) struct Judged {
    /// Every finding, as it was written.
    pub(super) all: Vec<Exported>,
    /// Every decision, as it was written.
    pub(super) decided: Vec<Decision>,
    /// Findings that a device announced and no signed report shows: not in the bundle.
    pub(super) announced: Vec<FindingId>,
    /// The orders that the findings are by.
    pub(super) orders: BTreeSet<Hash>,
}

/// Writes these findings and the decisions on them. `only`: those about these records alone.
pub(super) fn write(
    bag: &mut Bag,
    read: &Read<'_>,
    found: &[Finding],
    only: Option<&BTreeMap<DeviceId, Places>>,
) -> Result<Judged, ExportError> {
    let mut texts: BTreeMap<Hash, Option<OrderText>> = BTreeMap::new();
    let mut judged = Judged::default();
    let mut decisions = Vec::new();
    let mut file = bag.file("data/findings.jsonl")?;
    for finding in found {
        let is_shown = |only: &BTreeMap<DeviceId, Places>| {
            only.get(&finding.device)
                .is_some_and(|places| places.has(finding.seq))
        };
        if !only.is_none_or(is_shown) {
            continue;
        }
        if finding.proof != Proof::Proven {
            judged.announced.push(finding.id);
            continue;
        }
        judged.orders.insert(finding.order);
        let text = match texts.entry(finding.order) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(text(read, finding.order)?)
            }
        };
        let says = text.as_ref().and_then(|text| text.says(&finding.rule));
        let exported = exported(finding, says.unwrap_or_default())?;
        file.write(line(serde_json::to_string(&exported)?).as_bytes())?;
        judged.all.push(exported);
        decisions.extend(casework::decisions(read, finding.id)?);
    }
    bag.close(file)?;
    decisions.sort_by(|a, b| a.decision.id.cmp(&b.decision.id));
    let mut file = bag.file("data/decisions.jsonl")?;
    for one in &decisions {
        let one = decision(one);
        file.write(line(serde_json::to_string(&one)?).as_bytes())?;
        judged.decided.push(one);
    }
    bag.close(file)?;
    bag.put(tables::FINDINGS, tables::findings(&judged.all))?;
    bag.put(tables::DECISIONS, tables::decisions(&judged.decided))?;
    Ok(judged)
}

fn text(read: &Read<'_>, digest: Hash) -> Result<Option<OrderText>, ExportError> {
    let stored = orders::by_digest(read, &digest)?;
    Ok(stored
        .map(|stored| OrderText::parse(&stored.bytes, digest))
        .transpose()?)
}

fn exported(finding: &Finding, says: &str) -> Result<Exported, ExportError> {
    Ok(Exported {
        id: finding.id.to_string(),
        device: finding.device,
        seq: finding.seq,
        rule: finding.rule.clone(),
        clause: finding.clause.clone(),
        severity: finding.severity.clone(),
        says: says.to_owned(),
        matched: serde_json::from_str(&finding.matched)
            .map_err(|_| ExportError::Finding(finding.id.to_string()))?,
        engine: finding.engine.clone(),
        order: finding.order,
        basis: finding.basis,
    })
}

fn decision(one: &Decided) -> Decision {
    Decision {
        id: one.decision.id.clone(),
        finding: one.decision.finding.to_string(),
        at: UnixMs(one.decision.at),
        by: one.staff_name.clone(),
        verdict: one.decision.verdict.clone(),
        reason: one.decision.reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_these_bytes() {
        let one = Decided {
            decision: casework::Decision {
                id: "0001".to_owned(),
                finding: FindingId([4; 16]),
                staff: "staff-1".to_owned(),
                at: 1_795_496_400_123,
                verdict: "no_breach".to_owned(),
                reason: "He had \"written\" permission.".to_owned(),
            },
            staff_name: "morgan".to_owned(),
        };
        assert_eq!(
            serde_json::to_string(&decision(&one)).unwrap(),
            r#"{"id":"0001","finding":"04040404040404040404040404040404","at":"2026-11-24T05:00:00.123Z","by":"morgan","verdict":"no_breach","reason":"He had \"written\" permission."}"#
        );
    }
}
