//! The updates of an order's lists: who signed them, and from which records on they counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proviso_report::bundle::{Check, Files, Outcome, Verified};
use proviso_report::{Fact, Hash};

use super::orders::{Lists, Ready, needed, put, signers};
use crate::order::{ListUpdate, ListVersion, Updates};
use crate::{Basis, Binding, Order};

/// The checks, and the order made ready to judge with each of these sets of lists that is there.
pub(super) fn check(
    files: &dyn Files,
    verified: &Verified,
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
    };
    found.read(order, &mut checks);
    found.say_when(verified, order, &mut checks);
    let mut judges = BTreeMap::new();
    for basis in bases {
        match found.ready(order, lists, &basis) {
            Ok(judge) => {
                judges.insert(basis, judge);
            }
            Err(outcome) => checks.push(Check::new(found.whole(&basis), outcome)),
        }
    }
    (checks, judges)
}

struct Found<'a> {
    files: &'a dyn Files,
    folder: String,
    /// The order's digest, shortened for people.
    short: String,
    updates: Updates,
    /// Where an update lies, by the hash of its list.
    folders: BTreeMap<Hash, String>,
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
                format!("order {}…: {what}", self.short),
                outcome,
            ));
        }
    }

    fn take(&mut self, order: &Order, update: ListUpdate, folder: String) -> Outcome {
        let sha256 = update.sha256;
        let taken = || -> Result<(), Outcome> {
            let signature = needed(self.files, &format!("{folder}/update.sig"))?;
            let (signers, at) = (signers(self.files)?, put(self.files, &folder)?);
            let fails = |error: &dyn std::fmt::Display| Outcome::Fails(error.to_string());
            let update = update
                .verify(order, &signers, &signature, at)
                .map_err(|error| fails(&error))?;
            self.updates
                .add(order, update)
                .map_err(|error| fails(&error))
        }();
        if let Err(outcome) = taken {
            return outcome;
        }
        self.folders.insert(sha256, folder);
        Outcome::Holds
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
                    checks.push(Check::new(what, outcome));
                }
                binding.pass(record);
            }
        }
    }

    fn ready(&self, order: &Order, lists: &Lists, basis: &Basis) -> Result<Ready, Outcome> {
        let order = order.clone();
        let order = order
            .with_updates(&self.updates, &basis.lists)
            .map_err(|missing| Outcome::Unchecked(missing.to_string()))?;
        let mut lists = lists.clone();
        for version in basis.lists.values() {
            if lists.contains_key(&version.sha256) {
                continue;
            }
            let Some(folder) = self.folders.get(&version.sha256) else {
                continue;
            };
            let path = format!("{folder}/list");
            let bytes = needed(self.files, &path)?;
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

fn words(update: &ListUpdate) -> String {
    let sha256: String = update.sha256.to_string().chars().take(12).collect();
    format!(
        "update {} of the list `{}` ({} entries, {sha256}…, from {})",
        update.number, update.list, update.count, update.from
    )
}
