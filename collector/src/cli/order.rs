//! `order put`, `order update-list`, `order show`.

mod files;
mod put;
mod update;

use std::fmt::Write;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use proviso_collector::data_dir::DataDir;
use proviso_collector::store::{StoreError, orders};
use proviso_report::UnixMs;
use proviso_rules::{ListBytes, Signers, page};

use super::{Data, people};

/// What can be done.
#[derive(Debug, Subcommand)]
pub(super) enum Order {
    /// Put a person under an order. Beside the file must lie its lists and at least two signatures,
    /// `ORDER.toml.ROLE.sig`, by signers of different roles.
    Put(put::Put),
    /// Bring a list of an order up to date, where the order lets somebody do it. Beside the update
    /// must lie its signature, `UPDATE.sig`.
    UpdateList(update::UpdateList),
    /// Show the order that a person is under, for reading.
    Show(Show),
}

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    data: Data,
    /// Whose: name, pseudonym or id.
    #[arg(long, value_name = "NAME")]
    person: String,
}

impl Order {
    pub(super) fn run(self) -> anyhow::Result<String> {
        match self {
            Self::Put(put) => put.run(),
            Self::UpdateList(update) => update.run(),
            Self::Show(show) => show.run(),
        }
    }
}

impl Show {
    fn run(self) -> anyhow::Result<String> {
        let (data, store) = self.data.open()?;
        let person = people::one(&store, &self.person)?;
        let whose = person.id.clone();
        let stored =
            store.read_blocking(|read| Ok::<_, StoreError>(orders::current(read, &whose)?))?;
        let Some(stored) = stored else {
            bail!(
                "{} is under no order: put one with `proviso-collector order put`",
                person.pseudonym
            );
        };
        let order = proviso_rules::Order::parse(&stored.bytes)
            .context("the stored order does not pass this program's checks")?;
        let signed =
            signers(&data)?.verify(&stored.bytes, &stored.signatures, UnixMs(stored.put))?;
        let mut failed = None;
        let mut said = page::text(&order, 0, &mut |hash| {
            let list = store.read_blocking(|read| Ok::<_, StoreError>(orders::list(read, hash)?));
            match list {
                Ok(bytes) => bytes.map(|bytes| Arc::new(bytes) as ListBytes),
                Err(error) => {
                    failed = Some(error);
                    None
                }
            }
        });
        if let Some(error) = failed {
            return Err(error.into());
        }
        let put = Timestamp::from_millisecond(stored.put).unwrap_or_default();
        writeln!(
            said,
            "\nPut here on {put:.0}, signed by {}.\nDigest {}",
            signed.principals.join(" and "),
            stored.digest
        )?;
        Ok(said)
    }
}

/// Who may sign orders.
pub(super) fn signers(data: &DataDir) -> anyhow::Result<Signers> {
    Signers::parse(&data.read("allowed_signers")?)
        .context("the file allowed_signers in the data directory cannot be used")
}
