//! Logs of one computer that follow each other: where one was broken off, and where it goes on.
//!
//! Promises: a log that was broken off says so, with the incident, and names the log in which it
//! goes on; that log begins with the record that names it, at a size and root that the device signed
//! for the log before. One of the two that says otherwise, or says nothing, fails.
//!
//! Refuses: to say anything of logs that are not in the bundle.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Check, DeviceLog, Files, Outcome, Question};
use crate::device::DeviceId;
use crate::fact::{Fact, LogContinues};
use crate::time::UnixMs;

/// `broken-off.json`: a device's log takes nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrokenOff {
    /// The number of the incident.
    pub incident: String,
    /// `fork`, `wrong_key` or `set_back`.
    pub kind: String,
    /// When it was seen, by the collector's clock.
    pub at: UnixMs,
    /// What happened, in words.
    pub detail: String,
    /// The logs in which the computer goes on. More than one: copies of it run.
    pub goes_on_in: Vec<DeviceId>,
}

/// Checks all logs of a bundle against each other.
pub(super) fn check(files: &dyn Files, logs: &BTreeMap<DeviceId, DeviceLog>) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut broken = BTreeMap::new();
    for device in logs.keys() {
        match read(files, *device) {
            Ok(None) => {}
            Ok(Some(end)) => {
                broken.insert(*device, end);
            }
            Err(outcome) => {
                let what = format!("device {device}: it is said where its log goes on");
                checks.push(Check::new(Question::Complete, what, outcome));
            }
        }
    }
    for (device, end) in &broken {
        let what = format!(
            "device {device}: its log was broken off at {} (incident {}, {}), and it is said where \
             it goes on",
            end.at, end.incident, end.kind
        );
        checks.push(Check::new(
            Question::Complete,
            what,
            goes_on(*device, end, logs),
        ));
    }
    for (device, log) in logs {
        let Some(continues) = first(log) else {
            continue;
        };
        let (before, size) = (continues.log, continues.size);
        let Some(old) = logs.get(&before) else {
            continue;
        };
        let what = format!(
            "device {device}: its log goes on where that of device {before} was broken off, after \
             {size} records"
        );
        let outcome = match broken.get(&before) {
            Some(end) if end.goes_on_in.contains(device) => same_root(continues, old),
            _ => Outcome::Fails(format!("device {before} does not say so")),
        };
        checks.push(Check::new(Question::Complete, what, outcome));
    }
    checks
}

fn read(files: &dyn Files, device: DeviceId) -> Result<Option<BrokenOff>, Outcome> {
    let path = format!("data/devices/{device}/broken-off.json");
    match files.read(&path) {
        Err(why) => Err(Outcome::Unchecked(why)),
        Ok(None) => Ok(None),
        Ok(Some(bytes)) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| Outcome::Fails(format!("{path}: {error}"))),
    }
}

fn goes_on(device: DeviceId, end: &BrokenOff, logs: &BTreeMap<DeviceId, DeviceLog>) -> Outcome {
    for next in &end.goes_on_in {
        let Some(log) = logs.get(next).filter(|log| log.first == 0) else {
            continue;
        };
        if first(log).is_none_or(|continues| continues.log != device) {
            return Outcome::Fails(format!("the log of device {next} does not begin with it"));
        }
    }
    Outcome::Holds
}

/// The root that the new log names is the one that the device signed for the old.
fn same_root(continues: &LogContinues, old: &DeviceLog) -> Outcome {
    let size = continues.size;
    match old.roots.get(&size) {
        Some(root) if *root == continues.root => Outcome::Holds,
        Some(_) => Outcome::Fails(format!(
            "the root that it names is not the one of the first {size} records"
        )),
        // Before what the bundle shows of the old log.
        None if size <= old.first => Outcome::Holds,
        None => Outcome::Fails(format!(
            "no checkpoint of the log before is about {size} records"
        )),
    }
}

fn first(log: &DeviceLog) -> Option<&LogContinues> {
    match log.records.first() {
        Some(record) if record.seq == 0 => match &record.fact {
            Fact::LogContinues(continues) => Some(continues),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::LogBreak;
    use crate::hash::Hash;
    use crate::record::{BootId, Method, Record};

    const OLD: DeviceId = DeviceId([1; 16]);
    const NEW: DeviceId = DeviceId([2; 16]);

    struct One(String);

    impl Files for One {
        fn list(&self) -> Result<Vec<String>, String> {
            Ok(Vec::new())
        }

        fn read(&self, path: &str) -> Result<Option<std::borrow::Cow<'_, [u8]>>, String> {
            let is_it = path == format!("data/devices/{OLD}/broken-off.json");
            Ok((is_it && !self.0.is_empty()).then(|| self.0.as_bytes().into()))
        }
    }

    fn log(facts: Vec<Fact>, roots: &[(u64, Hash)]) -> DeviceLog {
        let records = (0..).zip(facts).map(|(seq, fact)| Record {
            seq,
            at: UnixMs(0),
            noted: UnixMs(0),
            mono: 0,
            boot: BootId([0; 16]),
            account: None,
            clauses: Vec::new(),
            methods: vec![Method::Agent],
            order: None,
            receipt: None,
            fact,
        });
        DeviceLog {
            first: 0,
            end: 9,
            records: records.collect(),
            leaves: Vec::new(),
            bounds: Vec::new(),
            receipts: crate::bounds::Receipts::new(),
            withheld: 0,
            erased: crate::bundle::Places::default(),
            received: BTreeMap::new(),
            roots: roots.iter().copied().collect(),
        }
    }

    fn continues(log: DeviceId, size: u64, root: Hash) -> Fact {
        let cause = LogBreak::Fork;
        LogContinues {
            log,
            size,
            root,
            cause,
        }
        .into()
    }

    fn fails(end: &str, new: Fact) -> bool {
        let roots = [(5, Hash([5; 32])), (9, Hash([9; 32]))];
        let logs = [(OLD, log(Vec::new(), &roots)), (NEW, log(vec![new], &[]))];
        let checks = check(&One(end.to_owned()), &logs.into());
        assert!(!checks.is_empty());
        let bad = |one: &Check| matches!(one.outcome, Outcome::Fails(_));
        checks.iter().any(bad)
    }

    #[test]
    fn two_logs_must_say_the_same_of_each_other() {
        let end = BrokenOff {
            incident: "ab".into(),
            kind: "fork".into(),
            at: UnixMs(0),
            detail: "d".into(),
            goes_on_in: vec![NEW],
        };
        let text = serde_json::to_string(&end).unwrap();
        assert_eq!(
            text,
            format!(
                r#"{{"incident":"ab","kind":"fork","at":"1970-01-01T00:00:00.000Z","detail":"d","goes_on_in":["{NEW}"]}}"#
            )
        );
        assert!(!fails(&text, continues(OLD, 5, Hash([5; 32]))));
        for (end, new) in [
            (&text[..], continues(OLD, 5, Hash([6; 32]))),
            (&text, continues(OLD, 6, Hash([5; 32]))),
            (&text, continues(NEW, 5, Hash([5; 32]))),
            (
                &text.replace(&NEW.to_string(), &OLD.to_string()),
                continues(OLD, 5, Hash([5; 32])),
            ),
            ("", continues(OLD, 5, Hash([5; 32]))),
            ("{}", continues(OLD, 5, Hash([5; 32]))),
        ] {
            assert!(fails(end, new.clone()), "{end} {new:?}");
        }
    }
}
