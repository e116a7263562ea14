//! `order update-list`: a list of an order that was put takes the place of another.
//!
//! Promises: it is taken by the same steps as on the pages ([`updating`]); the update, its signature and the
//! list are read as they lie there.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use clap::Args;
use proviso_collector::clock;
use proviso_collector::store::StoreError;
use proviso_collector::updating::{NotUpdated, Under};

use crate::cli::order::files;
use crate::cli::{Data, audit, people};

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

impl UpdateList {
    pub(super) fn run(self) -> anyhow::Result<String> {
        let (data, store) = self.data.open()?;
        let person = people::one(&store, &self.person)?;
        let (bytes, signature) = files::update(&self.update)?;
        let list = files::new_list(&self.new)?;
        let not_taken = |why: NotUpdated| match why {
            NotUpdated::Update(faults) => {
                anyhow!("{} was not taken:\n{faults}", self.update.display())
            }
            NotUpdated::List { .. } => anyhow!("{}: {why}", self.new.display()),
            NotUpdated::Store(why) => why.into(),
            why => {
                anyhow::Error::from(why).context(format!("{} was not taken", self.update.display()))
            }
        };

        let whose = person.id.clone();
        let under = store.read_blocking(|read| Under::of(read, &whose));
        let Some(under) = under.map_err(not_taken)? else {
            bail!(
                "{} is under no order: put one with `proviso-collector order put`",
                person.pseudonym
            );
        };
        let signers = super::signers(&data)?;
        let signed = under
            .signed((&bytes, signature), &signers, clock::now())
            .map_err(not_taken)?;
        signed.brings(&list).map_err(not_taken)?;
        let lists = store.read_blocking(|read| Ok::<_, StoreError>(signed.lists(read)?))?;
        let tried = Arc::new(signed.tried(Arc::new(list), lists).map_err(not_taken)?);
        let taken = Arc::clone(&tried);
        let computers = store.write_blocking("update list", move |tx| {
            let computers = taken.put(tx)?;
            audit::enter(tx, "updated a list", Some(&person.id), &taken.what())?;
            Ok::<_, anyhow::Error>(computers)
        })?;
        let signed = tried.signed();
        let update = signed.update();
        Ok(format!(
            "Update {} of the list `{}` of {} was taken, signed by {}: {} entries, from {} on.\n{}\n",
            update.number,
            update.list,
            signed.under().stored.id,
            signed.by,
            update.count,
            update.from,
            tried.when(computers)
        ))
    }
}
