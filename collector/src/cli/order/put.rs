//! `order put`: puts a person under an order.
//!
//! Promises: form, lists, the tests in the file and two signatures of different roles are checked,
//! in this order, before anything is written; then order and lists are stored together or not at
//! all. A version is never replaced by a lower one or by another text of the same number, nor by one
//! that says that it takes the place of another text than the one that was put.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proviso_collector::clock;
use proviso_collector::order_text::OrderText;
use proviso_collector::store::orders::{self, StoredOrder};
use proviso_collector::store::people::Person;
use proviso_collector::store::{Hash, StoreError, Tx, devices};
use proviso_report::UnixMs;
use proviso_rules::order::Replaces;
use proviso_rules::{Fault, Faults, Judge, ListBytes, Order, Side, Term};

use super::files;
use crate::cli::{Data, audit, people};

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
        let wrong = |faults: Faults| anyhow!("{} was not taken:\n{faults}", self.order.display());
        let order = Order::parse(&bytes).map_err(wrong)?;
        if order.is_illustrative() {
            bail!(
                "{} was not taken: words of a template stand in it that no court wrote; put the \
                 court's own words in their place, and have the order signed again",
                self.order.display()
            );
        }
        let lists = files::lists(&self.order, &order).map_err(wrong)?;
        let (order, lists, warnings) = compile(order, lists).map_err(wrong)?;
        let signatures = files::signatures(&self.order)?;
        let signed = super::signers(&data)?
            .verify(&bytes, &signatures, UnixMs(now))
            .with_context(|| format!("{} was not taken", self.order.display()))?;
        let zone = OrderText::parse(&bytes, order.digest())?.zone;
        let when = term(&order, &zone, now)?;
        let stored = StoredOrder {
            digest: order.digest(),
            person: person.id.clone(),
            id: order.id().to_owned(),
            version: order.version(),
            bytes,
            signatures,
            put: now,
            current: true,
        };
        let mut said = format!(
            "{} version {} is the order of {} ({}), signed by {}.\n{when}\n",
            stored.id,
            stored.version,
            person.name,
            person.pseudonym,
            signed.principals.join(" and ")
        );
        for warning in warnings {
            writeln!(said, "Look at this: {warning}")?;
        }
        let (whose, id) = (person.id.clone(), stored.id.clone());
        let others =
            store.read_blocking(|read| Ok::<_, StoreError>(orders::others(read, &id, &whose)?))?;
        if !others.is_empty() {
            writeln!(
                said,
                "WARNING: an order with the id {id} was also put for {}. An order binds one person: \
                 if this is not theirs, recording under it is unlawful; put the right one at once.",
                others.join(" and ")
            )?;
        }
        let replaces = order.replaces().copied();
        let computers = store.write_blocking("put order", move |tx| {
            store_it(tx, &person, &stored, replaces, &lists)
        })?;
        match computers {
            0 => said.push_str(
                "No computer is enrolled yet: make a token with `proviso-collector token`.\n",
            ),
            1 => said.push_str("One computer gets it at its next contact.\n"),
            _ => writeln!(said, "{computers} computers get it at their next contact.")?,
        }
        Ok(said)
    }
}

type Lists = Vec<(Hash, ListBytes)>;

/// Compiling checks each list against its pin and runs the tests in the file. Beside them: what is
/// not wrong and should be looked at.
fn compile(
    order: Order,
    lists: Vec<(Hash, Vec<u8>)>,
) -> Result<(Order, Lists, Vec<Fault>), Faults> {
    let lists: BTreeMap<Hash, ListBytes> = lists
        .into_iter()
        .map(|(hash, bytes)| (hash, Arc::new(bytes) as ListBytes))
        .collect();
    let judge = Judge::compile(order, Side::Collector, &mut |hash| lists.get(hash).cloned())?;
    let order = judge.order().clone();
    let mut warnings = order.warnings().to_vec();
    warnings.extend(judge.warnings());
    Ok((order, lists.into_iter().collect(), warnings))
}

/// From when to when, in words; an order that is over binds nobody.
fn term(order: &Order, zone: &TimeZone, now: i64) -> anyhow::Result<String> {
    let words = |at: UnixMs| match Timestamp::from_millisecond(at.0) {
        Ok(at) => at
            .to_zoned_datetime(zone.clone())
            .strftime("%-d %B %Y, %H:%M %Z")
            .to_string(),
        Err(_) => format!("{} ms after 1970", at.0),
    };
    Ok(match order.term(UnixMs(now)) {
        Term::Ended(at) => bail!(
            "the order ended on {}: an order that is over records nothing; put the one that is in \
             force",
            words(at)
        ),
        Term::NotYet(at) => format!(
            "It starts on {}; until then nothing is recorded under it.",
            words(at)
        ),
        Term::Suspended(Some(at)) => format!(
            "It is suspended until {}; until then nothing is recorded under it.",
            words(at)
        ),
        Term::Suspended(None) => {
            "It is suspended until a further version; nothing is recorded under it.".to_owned()
        }
        Term::InForce(Some(at)) => format!("It is in force until {}.", words(at)),
        Term::InForce(None) => "It is in force until a further order.".to_owned(),
    })
}

fn store_it(
    tx: &Tx<'_>,
    person: &Person,
    order: &StoredOrder,
    replaces: Option<Replaces>,
    lists: &Lists,
) -> anyhow::Result<usize> {
    for past in orders::of_person(tx, &person.id)? {
        if let Some(replaces) = replaces
            && past.id == order.id
            && past.version == replaces.version
            && past.digest != replaces.sha256
        {
            bail!(
                "the order says that it takes the place of {} version {} with the SHA-256 {}, and \
                 the version {} that was put for {} has {}: make the new version from the one that \
                 was put, and have it signed again",
                past.id,
                past.version,
                replaces.sha256,
                past.version,
                person.pseudonym,
                past.digest
            );
        }
        if past.id != order.id || past.digest == order.digest {
            continue;
        }
        if past.version >= order.version {
            bail!(
                "{} version {} was put for {} before: a new text needs a higher version than {}, \
                 signed anew",
                past.id,
                past.version,
                person.pseudonym,
                past.version
            );
        }
    }
    for (hash, bytes) in lists {
        orders::put_list(tx, hash, (**bytes).as_ref())?;
    }
    orders::put(tx, order)?;
    let on = format!("{} version {}", order.id, order.version);
    audit::enter(tx, "put the order", Some(&person.id), &on)?;
    Ok(devices::of_person(tx, &person.id)?.len())
}
