//! The updates of an order's lists: who signed them, and from which records on they counted.
//!
//! The log says it of the lists that devices hold, the collector of those that it does not give them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proviso_report::bundle::{Check, DeviceLog, Files, HeldUpdate, Outcome, Question, Verified};
use proviso_report::{DeviceId, Fact, Hash, UnixMs};

use super::Judges;
use super::held::Held;
use super::orders::{Lists, Ready, needed, put, signers};
use crate::order::{ListUpdate, ListVersion, Updates, Where};
use crate::{Basis, Binding, Order};

/// The checks, and the order made ready to judge with each of these sets of lists that is there.
pub(super) fn check(
    files: &dyn Files,
    (verified, held): (&Verified, &Held),
    (order, lists): (&Order, &Lists),
    bases: BTreeSet<Basis>,
) -> (Vec<Check>, BTreeMap<Basis, Ready>) {
    let mut checks = Vec::new();
    let mut found = Found {
        files,
        folder: format!("data/orders/{}/updates", order.digest()),
        short: order.digest().to_string().chars().take(12).collect(),
        updates: Updates::new(order),
        folders: BTreeMap::new(),
        put: BTreeMap::new(),
    };
    found.read(order, &mut checks);
    found.say_when(verified, order, &mut checks);
    found.say_when_held((verified, held), order, &mut checks);
    let mut judges = BTreeMap::new();
    for basis in bases {
        match found.ready(order, lists, &basis) {
            Ok(judge) => {
                judges.insert(basis, judge);
            }
            Err(outcome) => {
                checks.push(Check::new(Question::Findings, found.whole(&basis), outcome));
            }
        }
    }
    (checks, judges)
}

/// Says which updates cannot be held against their order.
pub(super) fn without_order(held: &Held, judges: &Judges) -> Vec<Check> {
    let said = held.said().iter();
    let lost = said.filter(|(_, one)| judges.of(&one.order).is_none());
    lost.map(|(device, one)| {
        let why = format!("its order {} is not here, or cannot be used", one.order);
        Check::new(
            Question::Orders,
            counts_from(*device, one),
            Outcome::Unchecked(why),
        )
    })
    .collect()
}

struct Found<'a> {
    files: &'a dyn Files,
    folder: String,
    /// The order's digest, shortened for people.
    short: String,
    updates: Updates,
    /// Where an update lies, by the hash of its list.
    folders: BTreeMap<Hash, String>,
    /// When the collector took an update, by its list's name and its number.
    put: BTreeMap<(String, u64), UnixMs>,
}

impl Found<'_> {
    /// Reads each update and holds it against the order.
    fn read(&mut self, order: &Order, checks: &mut Vec<Check>) {
        for number in 1_u64.. {
            let folder = format!("{}/{number}", self.folder);
            let path = format!("{folder}/update.toml");
            let (what, outcome) = match self.files.read(&path) {
                Ok(None) => return,
                Err(why) => (path, Outcome::Unchecked(why)),
                Ok(Some(bytes)) => match ListUpdate::parse(&bytes) {
                    Err(faults) => (path, Outcome::Fails(faults.to_string())),
                    Ok(update) => (
                        format!("{} is one that the order allows", words(&update)),
                        self.take(order, update, folder),
                    ),
                },
            };
            checks.push(Check::new(
                Question::Orders,
                format!("order {}…: {what}", self.short),
                outcome,
            ));
        }
    }

    fn take(&mut self, order: &Order, update: ListUpdate, folder: String) -> Outcome {
        let sha256 = update.sha256;
        let name = (update.list.clone(), update.number);
        let taken = || -> Result<UnixMs, Outcome> {
            let signature = needed(self.files, &format!("{folder}/update.sig"))?;
            let (signers, at) = (signers(self.files)?, put(self.files, &folder)?);
            let fails = |error: &dyn std::fmt::Display| Outcome::Fails(error.to_string());
            let update = update
                .verify(order, &signers, &signature, at)
                .map_err(|error| fails(&error))?;
            self.updates
                .add(order, update)
                .map_err(|error| fails(&error))?;
            Ok(at)
        }();
        match taken {
            Ok(at) => {
                self.folders.insert(sha256, folder);
                self.put.insert(name, at);
                Outcome::Holds
            }
            Err(outcome) => outcome,
        }
    }

    /// Says which lists were in force from which record on.
    fn say_when(&self, verified: &Verified, order: &Order, checks: &mut Vec<Check>) {
        for (device, log) in &verified.logs {
            let mut binding = Binding::default();
            for record in &log.records {
                if let Fact::ListInForce(said) = &record.fact
                    && binding.in_force() == Some(order.digest())
                {
                    let version = ListVersion {
                        number: said.number,
                        sha256: said.sha256,
                    };
                    let outcome = match self.updates.get(&said.list, version) {
                        _ if is_held(order, &said.list) => Outcome::Unchecked(
                            "only the collector holds the list: what the device says of it counts for \
                             nothing"
                                .to_owned(),
                        ),
                        None => Outcome::Unchecked(format!(
                            "the bundle has no such update in {}",
                            self.folder
                        )),
                        Some(update) if record.at < update.from => Outcome::Fails(format!(
                            "the update does not count before {}, and the record is of {}",
                            update.from, record.at
                        )),
                        Some(_) => Outcome::Holds,
                    };
                    let what = format!(
                        "device {device}: from record {} on ({}) update {} of the list `{}` counts",
                        record.seq, record.at, said.number, said.list
                    );
                    checks.push(Check::new(Question::Orders, what, outcome));
                }
                binding.pass(record);
            }
        }
    }

    /// The same of lists that only the collector holds.
    fn say_when_held(
        &self,
        (verified, held): (&Verified, &Held),
        order: &Order,
        checks: &mut Vec<Check>,
    ) {
        let said = held.said().iter();
        for (device, one) in said.filter(|(_, one)| one.order == order.digest()) {
            let log = verified.logs.get(device);
            let outcome = self.is_held_update(order, one, log);
            checks.push(Check::new(
                Question::Orders,
                counts_from(*device, one),
                outcome,
            ));
        }
    }

    fn is_held_update(&self, order: &Order, one: &HeldUpdate, log: Option<&DeviceLog>) -> Outcome {
        let version = ListVersion {
            number: one.number,
            sha256: one.sha256,
        };
        if !is_held(order, &one.list) {
            return Outcome::Fails(
                "devices hold the list, so only their logs can say from when on it counts"
                    .to_owned(),
            );
        }
        let (Some(update), Some(put)) = (
            self.updates.get(&one.list, version),
            self.put.get(&(one.list.clone(), one.number)),
        ) else {
            let why = format!("the bundle has no such update in {}", self.folder);
            return Outcome::Unchecked(why);
        };
        if *put < update.from {
            return Outcome::Fails(format!(
                "the update does not count before {}, and the collector took it at {put}",
                update.from
            ));
        }
        // What the collector had already is not judged anew.
        let next = log.and_then(|log| log.received.range(one.from.saturating_add(1)..).next());
        match next {
            Some((size, seconds)) if i128::from(*seconds) < i128::from(put.0.div_euclid(1_000)) => {
                Outcome::Unchecked(format!(
                    "by its receipt the collector had the first {size} records before it took the \
                     update, at {put}; perhaps its clock was put back"
                ))
            }
            _ => Outcome::Holds,
        }
    }

    fn ready(&self, order: &Order, lists: &Lists, basis: &Basis) -> Result<Ready, Outcome> {
        let order = order.clone();
        let order = order
            .with_updates(&self.updates, &basis.lists)
            .map_err(|missing| Outcome::Unchecked(missing.to_string()))?;
        let mut lists = lists.clone();
        for (name, version) in &basis.lists {
            if lists.contains_key(&version.sha256) {
                continue;
            }
            let Some(folder) = self.folders.get(&version.sha256) else {
                continue;
            };
            let path = format!("{folder}/list");
            let bytes = match needed(self.files, &path) {
                Ok(bytes) => bytes,
                // Such a list is not handed on, as in the order itself.
                Err(Outcome::Unchecked(_)) if is_held(&order, name) => continue,
                Err(outcome) => return Err(outcome),
            };
            if Hash::of(&bytes) != version.sha256 {
                let why = format!("{path} is not the list that the update names");
                return Err(Outcome::Fails(why));
            }
            lists.insert(version.sha256, Arc::new(bytes));
        }
        Ready::new(&order, &lists).map_err(|faults| Outcome::Fails(faults.to_string()))
    }

    fn whole(&self, basis: &Basis) -> String {
        let lists: Vec<String> = basis
            .lists
            .iter()
            .map(|(list, version)| format!("update {} of `{list}`", version.number))
            .collect();
        format!(
            "order {}…: with {} it passes its own tests",
            self.short,
            lists.join(" and ")
        )
    }
}

/// Does only the collector hold this list?
fn is_held(order: &Order, list: &str) -> bool {
    let mut pins = order.lists().iter();
    pins.any(|pin| pin.name == list && pin.held == Where::Collector)
}

fn counts_from(device: DeviceId, one: &HeldUpdate) -> String {
    format!(
        "device {device}: from record {} on update {} of the list `{}`, which only the collector \
         holds, counts",
        one.from, one.number, one.list
    )
}

fn words(update: &ListUpdate) -> String {
    let sha256: String = update.sha256.to_string().chars().take(12).collect();
    format!(
        "update {} of the list `{}` ({} entries, {sha256}…, from {})",
        update.number, update.list, update.count, update.from
    )
}
