//! `order put`: puts a person under an order.
//!
//! What must be right before anything is written is what [`proviso_collector::putting`] promises.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use clap::Args;
use proviso_collector::clock;
use proviso_collector::putting::{self, Lists, NotPut, Proven};
use proviso_collector::store::people::Person;
use proviso_collector::store::{StoreError, Tx, orders};
use proviso_rules::{Fault, Faults, ListBytes};

use super::files;
use crate::cli::{Data, audit, people};

/// What checks call the order's file.
const ORDER: &str = "order.toml";

/// What can be said.
#[derive(Debug, Args)]
pub(in crate::cli) struct Put {
    #[command(flatten)]
    data: Data,
    /// Whom it binds: name, pseudonym or id.
    #[arg(long, value_name = "NAME")]
    person: String,
    /// The order file.
    #[arg(value_name = "ORDER.toml")]
    order: PathBuf,
}

impl Put {
    pub(super) fn run(self) -> anyhow::Result<String> {
        let (data, store) = self.data.open()?;
        let person = people::one(&store, &self.person)?;
        let now = clock::now();
        let bytes = files::order(&self.order)?;
        let order = putting::read(&bytes).map_err(|why| self.refused(why))?;
        let wrong = |faults: Faults| self.refused(NotPut::Faults(faults));
        let lists = files::lists(&self.order, &order).map_err(wrong)?;
        let lists: Lists = lists
            .into_iter()
            .map(|(hash, bytes)| (hash, Arc::new(bytes) as ListBytes))
            .collect();
        let judge = putting::compile(order, &lists).map_err(wrong)?;
        let signatures = files::signatures(&self.order)?;
        let signers = super::signers(&data)?;
        let who = (&person.id, now);
        let proven = putting::prove(&judge, (bytes, lists), signatures, &signers, who)
            .map_err(|why| self.refused(why))?;
        let order = proven.order();
        let mut said = format!(
            "{} version {} is the order of {} ({}), signed by {}.\n{}\n",
            order.id(),
            order.version(),
            person.name,
            person.pseudonym,
            proven.signed.principals.join(" and "),
            proven.term
        );
        for warning in &proven.warnings {
            writeln!(said, "Look at this: {warning}")?;
        }
        let (whose, id) = (person.id.clone(), order.id().to_owned());
        let (of, other) = (whose, id.clone());
        let others =
            store.read_blocking(|read| Ok::<_, StoreError>(orders::others(read, &other, &of)?))?;
        if !others.is_empty() {
            writeln!(
                said,
                "WARNING: an order with the id {id} was also put for {}. An order binds one person: \
                 if this is not theirs, recording under it is unlawful; put the right one at once.",
                others.join(" and ")
            )?;
        }
        let computers =
            store.write_blocking("put order", move |tx| store_it(tx, &person, &proven))?;
        match computers {
            0 => said.push_str(
                "No computer is enrolled yet: make a token with `proviso-collector token`.\n",
            ),
            1 => said.push_str("One computer gets it at its next contact.\n"),
            _ => writeln!(said, "{computers} computers get it at their next contact.")?,
        }
        Ok(said)
    }

    fn refused(&self, why: NotPut) -> anyhow::Error {
        let order = self.order.display();
        match why {
            NotPut::Faults(faults) => {
                anyhow!("{order} was not taken:\n{}", self.listed(&faults))
            }
            why @ (NotPut::Illustrative | NotPut::Signature(_)) => {
                anyhow::Error::new(why).context(format!("{order} was not taken"))
            }
            why => why.into(),
        }
    }

    /// Each fault at the file that was given, or at the list beside it: what checks an order knows neither by its
    /// path.
    fn listed(&self, faults: &Faults) -> String {
        let folder = self.order.parent().unwrap_or(Path::new(""));
        let at_path = |fault: &Fault| {
            let path = match fault.file.as_str() {
                ORDER => self.order.clone(),
                list => folder.join(list),
            };
            Fault {
                file: path.display().to_string(),
                ..fault.clone()
            }
            .to_string()
        };
        let all: Vec<_> = faults.all().iter().map(at_path).collect();
        all.join("\n")
    }
}

fn store_it(tx: &Tx<'_>, person: &Person, proven: &Proven) -> anyhow::Result<usize> {
    let computers = proven.put(tx, person)?;
    let order = proven.order();
    let on = format!("{} version {}", order.id(), order.version());
    audit::enter(tx, "put the order", Some(&person.id), &on)?;
    Ok(computers)
}
