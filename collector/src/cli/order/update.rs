//! `order update-list`: a list of an order that was put takes the place of another.
//!
//! Promises: whether the order lets anybody update the list, who signed, whether the update is the
//! next one, and the list's hash and count are checked, and the order passes its own tests with the
//! new list, before anything is written; then update and list are stored together or not at all.
//!
//! An update of a list that only the collector holds goes to no computer. It counts at once, for all
//! records that come in from then on; how many were held of each log is stored with it.
//!
//! Refuses: to let such an update count before the moment that it names, and to keep to itself what
//! devices hold already.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use clap::Args;
use proviso_collector::clock;
use proviso_collector::judging::chain;
use proviso_collector::store::orders::{self, StoredOrder};
use proviso_collector::store::updates::{self, StoredUpdate};
use proviso_collector::store::{Hash, Read, SqlError, StoreError, Tx, devices};
use proviso_report::UnixMs;
use proviso_rules::order::{ListPin, ListUpdate, Updates, Where};
use proviso_rules::{Faults, Judge, ListBytes, Order, Side};

use crate::cli::order::files;
use crate::cli::{Data, audit, people};

/// The most bytes of all updates of an order, signatures included: with the order they must fit one
/// frame to the agent.
const MOST_BYTES: usize = 1 << 20;

/// What can be said.
#[derive(Debug, Args)]
pub(in crate::cli) struct UpdateList {
    #[command(flatten)]
    data: Data,
    /// Whose order: name, pseudonym or id.
    #[arg(long, value_name = "NAME")]
    person: String,
    /// The new list.
    #[arg(long = "new", value_name = "LIST")]
    new: PathBuf,
    /// The update.
    #[arg(value_name = "UPDATE")]
    update: PathBuf,
}

/// The order that a person is under, with what was updated before.
struct Case {
    stored: StoredOrder,
    order: Order,
    updates: Vec<StoredUpdate>,
    chain: Updates,
}

impl UpdateList {
    pub(super) fn run(self) -> anyhow::Result<String> {
        let (data, store) = self.data.open()?;
        let person = people::one(&store, &self.person)?;
        let now = clock::now();
        let (bytes, signature) = files::update(&self.update)?;
        let list = files::new_list(&self.new)?;
        let not_taken = || format!("{} was not taken", self.update.display());
        let wrong = |faults: Faults| anyhow!("{}:\n{faults}", not_taken());
        let update = ListUpdate::parse(&bytes).map_err(wrong)?;

        let whose = person.id.clone();
        let found = store.read_blocking(|read| {
            let Some(stored) = orders::current(read, &whose)? else {
                return Ok(None);
            };
            let updates = updates::of_order(read, &stored.digest)?;
            Ok::<_, StoreError>(Some((stored, updates)))
        })?;
        let Some((stored, updates)) = found else {
            bail!(
                "{} is under no order: put one with `proviso-collector order put`",
                person.pseudonym
            );
        };
        let order = Order::parse(&stored.bytes)
            .context("the stored order does not pass this program's checks")?;
        let mut case = Case {
            chain: chain(&order, &updates)?,
            stored,
            order,
            updates,
        };

        let may = update
            .may_be_signed_by(&case.order)
            .with_context(not_taken)?;
        let by = may.to_owned();
        let authorised = update
            .clone()
            .verify(
                &case.order,
                &super::signers(&data)?,
                &signature,
                UnixMs(now),
            )
            .with_context(not_taken)?;
        case.chain
            .add(&case.order, authorised)
            .with_context(not_taken)?;
        if Hash::of(&list) != update.sha256 {
            bail!(
                "{} is not the list of the update: it has the SHA-256 {}, and the update names {}; \
                 use the list that was signed",
                self.new.display(),
                Hash::of(&list),
                update.sha256
            );
        }
        let held = case.is_held_here(&update.list);
        if held {
            case.may_be_held(&update, UnixMs(now))
                .with_context(not_taken)?;
        }
        case.fits(bytes.len().saturating_add(signature.len()))?;
        store.read_blocking(|read| case.passes_its_tests(read, &list))??;

        let entry = StoredUpdate {
            order: case.stored.digest,
            list: update.list.clone(),
            number: update.number,
            sha256: update.sha256,
            bytes,
            signature,
            put: now,
            held,
        };
        let (count, id) = (case.updates.len(), case.stored.id.clone());
        let computers = store.write_blocking("update list", move |tx| {
            store_it(tx, &person, &entry, &list, count, &id)
        })?;
        let from = update.from;
        let when = match held {
            true => format!(
                "No computer gets it: it counts for all records of {computers} computers that come in \
                 from now on."
            ),
            false => format!(
                "{computers} computers get it at their next contact; each says in its log from which \
                 record on it counts."
            ),
        };
        Ok(format!(
            "Update {} of the list `{}` of {} was taken, signed by {by}: {} entries, from {from} on.\n\
             {when}\n",
            update.number, update.list, case.stored.id, update.count
        ))
    }
}

impl Case {
    /// Does only the collector hold this list?
    fn is_held_here(&self, list: &str) -> bool {
        let is_it = |pin: &&ListPin| pin.name == list;
        let mut pins = self.order.lists().iter().filter(is_it);
        pins.any(|pin| pin.held == Where::Collector)
    }

    fn may_be_held(&self, update: &ListUpdate, now: UnixMs) -> anyhow::Result<()> {
        if now < update.from {
            bail!(
                "the update counts from {} on, and one of a list that only the collector holds counts \
                 as soon as it is taken: put it then",
                update.from
            );
        }
        let mut pins = self.order.lists().iter();
        let mut updates = self.updates.iter();
        let given = pins.any(|pin| pin.held == Where::Device && pin.sha256 == update.sha256)
            || updates.any(|one| !one.held && one.sha256 == update.sha256);
        if given {
            bail!(
                "this is a list that devices hold already, and then they could get it no more: let the \
                 order hold `{}` on devices, or sign another list",
                update.list
            );
        }
        Ok(())
    }

    fn fits(&self, more: usize) -> anyhow::Result<()> {
        let all = self.updates.iter().fold(more, |sum, one| {
            sum.saturating_add(one.bytes.len())
                .saturating_add(one.signature.len())
        });
        if all > MOST_BYTES {
            bail!(
                "the updates of this order would have {all} bytes, and {MOST_BYTES} is the most: have a \
                 new version of the order signed that pins the lists of today"
            );
        }
        Ok(())
    }

    /// Compiling checks the list against the update and runs the tests in the order's file: with all
    /// lists as they were updated last.
    fn passes_its_tests(
        &self,
        read: &Read<'_>,
        new: &[u8],
    ) -> Result<anyhow::Result<()>, StoreError> {
        let last = self.order.lists().iter().filter_map(|pin| {
            let update = self.chain.last(&pin.name)?;
            Some((pin.name.clone(), update.version()))
        });
        let order = match self
            .order
            .clone()
            .with_updates(&self.chain, &last.collect())
        {
            Ok(order) => order,
            Err(missing) => return Ok(Err(missing.into())),
        };
        let mut lists: BTreeMap<Hash, ListBytes> = BTreeMap::new();
        lists.insert(Hash::of(new), Arc::new(new.to_vec()));
        for pin in order.lists() {
            if !lists.contains_key(&pin.sha256)
                && let Some(bytes) = orders::list(read, &pin.sha256)?
            {
                lists.insert(pin.sha256, Arc::new(bytes));
            }
        }
        let judge = Judge::compile(order, Side::Collector, &mut |hash| lists.get(hash).cloned());
        Ok(judge.map(|_| ()).map_err(|faults| {
            anyhow!("with the new list the order does not pass its own checks:\n{faults}")
        }))
    }
}

fn store_it(
    tx: &Tx<'_>,
    person: &proviso_collector::store::people::Person,
    update: &StoredUpdate,
    list: &[u8],
    known: usize,
    id: &str,
) -> anyhow::Result<usize> {
    if updates::count(tx, &update.order)? != u64::try_from(known)? {
        bail!("another update of this order was taken at the same moment: try again");
    }
    orders::put_list(tx, &update.sha256, list)?;
    updates::put(tx, update)?;
    let what = format!("{id}: update {} of the list {}", update.number, update.list);
    audit::enter(tx, "updated a list", Some(&person.id), &what)?;
    let computers: Result<_, SqlError> = devices::of_person(tx, &person.id);
    Ok(computers?.len())
}
