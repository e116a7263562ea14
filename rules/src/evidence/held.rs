//! Updates of lists that only the collector holds: from which record of each log on they count.
//!
//! No log says so. The collector does, in `data/devices/<id>/lists.jsonl`, and signs it with the
//! bundle.
//!
//! Promises: a line counts only if its place is one at which the collector stood, within the records
//! of the bundle, and if numbers and places rise.

use std::collections::BTreeMap;

use proviso_report::DeviceId;
use proviso_report::bundle::{Check, DeviceLog, Files, HeldUpdate, Outcome, Question, Verified};

use crate::HeldLists;
use crate::order::ListVersion;

/// What a bundle says of such lists.
#[derive(Default)]
pub(super) struct Held {
    of: BTreeMap<DeviceId, HeldLists>,
    /// The lines that count.
    said: Vec<(DeviceId, HeldUpdate)>,
    nothing: HeldLists,
}

impl Held {
    /// Reads it for each log that holds, and says what is wrong with it.
    pub(super) fn read(files: &dyn Files, verified: &Verified) -> (Self, Vec<Check>) {
        let (mut held, mut checks) = (Self::default(), Vec::new());
        for (device, log) in &verified.logs {
            if let Err(outcome) = held.read_of(files, *device, log) {
                let what = format!(
                    "device {device}: the updates of lists that only the collector holds stand at \
                     places of its log"
                );
                checks.push(Check::new(Question::Orders, what, outcome));
            }
        }
        (held, checks)
    }

    /// Those of a log.
    pub(super) fn of(&self, device: DeviceId) -> &HeldLists {
        self.of.get(&device).unwrap_or(&self.nothing)
    }

    /// Each line that counts.
    pub(super) fn said(&self) -> &[(DeviceId, HeldUpdate)] {
        &self.said
    }

    fn read_of(
        &mut self,
        files: &dyn Files,
        device: DeviceId,
        log: &DeviceLog,
    ) -> Result<(), Outcome> {
        let path = format!("data/devices/{device}/lists.jsonl");
        let Some(bytes) = files.read(&path).map_err(Outcome::Unchecked)? else {
            return Ok(());
        };
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Outcome::Fails(format!("{path} is not UTF-8")))?;
        for (number, line) in (1_u64..).zip(text.lines()) {
            let fails = |why: String| Outcome::Fails(format!("{path}, line {number}: {why}"));
            let said: HeldUpdate =
                serde_json::from_str(line).map_err(|error| fails(error.to_string()))?;
            is_in(log, said.from).map_err(fails)?;
            let version = ListVersion {
                number: said.number,
                sha256: said.sha256,
            };
            let lists = self.of.entry(device).or_default();
            lists
                .add(said.order, &said.list, version, said.from)
                .map_err(|error| fails(error.to_string()))?;
            self.said.push((device, said));
        }
        Ok(())
    }
}

/// Is it a place at which the collector stood? It takes whole reports.
fn is_in(log: &DeviceLog, from: u64) -> Result<(), String> {
    if from >= log.end {
        return Err(format!(
            "an update counts from record {from} on, and the records end before {}",
            log.end
        ));
    }
    if from > log.first && !log.received.is_empty() && !log.received.contains_key(&from) {
        return Err(format!(
            "an update counts from record {from} on, and the collector never held just the records \
             before it"
        ));
    }
    Ok(())
}
