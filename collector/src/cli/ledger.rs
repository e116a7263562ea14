//! `ledger show`, `ledger check`: the log that holds this collector to account.

use std::fmt::Write;

use anyhow::bail;
use clap::Subcommand;
use jiff::Timestamp;
use proviso_collector::clock;
use proviso_collector::config::Config;
use proviso_collector::ledger::{self, check};
use proviso_collector::store::{StoreError, checkpoints};

use super::Data;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(super) enum Ledger {
    /// Show its name and key, how long it is, and how far each witness has cosigned it.
    Show(Data),
    /// Compare everything that the store holds with it.
    Check(Data),
}

impl Ledger {
    pub(super) fn run(self) -> anyhow::Result<String> {
        match self {
            Self::Show(data) => show(&data),
            Self::Check(data) => compare(&data),
        }
    }
}

fn show(data: &Data) -> anyhow::Result<String> {
    let (dir, store) = data.open()?;
    let key = dir.ledger_key()?;
    let config = Config::of(&dir)?;
    let now = clock::now();
    let (size, all, newest, troubles) = store.read_blocking(|read| {
        let (size, all) = ledger::standing(read, &config.witnesses, now)?;
        let newest = checkpoints::last(read)?;
        Ok::<_, StoreError>((size, all, newest, checkpoints::troubles(read, 20)?))
    })?;
    let mut said = format!(
        "Ledger:  {}\nKey:     {}\nEntries: {size}\n",
        key.verifier().name(),
        key.verifier()
    );
    match newest {
        None => said.push_str("No checkpoint was signed yet.\n"),
        Some(last) => writeln!(
            said,
            "The last checkpoint covers {} and was signed {}.",
            last.size,
            moment(last.at)
        )?,
    }
    for one in &all {
        match one.cosigned {
            None => writeln!(said, "Witness {}: has cosigned nothing yet.", one.name)?,
            Some((size, at)) => writeln!(
                said,
                "Witness {}: {size} entries, {}.{}",
                one.name,
                moment(at),
                if one.behind { " IT IS BEHIND." } else { "" }
            )?,
        }
    }
    if all.is_empty() {
        said.push_str("No witness is named in collector.toml: nobody outside cosigns it.\n");
    }
    for trouble in troubles {
        writeln!(said, "TROUBLE, {}: {}.", moment(trouble.at), trouble.detail)?;
    }
    Ok(said)
}

fn compare(data: &Data) -> anyhow::Result<String> {
    let (dir, store) = data.open()?;
    let key = dir.ledger_key()?;
    let checked = store.read_blocking(|read| check::check(read, &key).map_err(StoreError::from))?;
    let began = checked.began.map_or("?".to_owned(), |at| at.to_string());
    if checked.wrong == 0 {
        return Ok(format!(
            "The store is as its ledger says: {} entries since {began}, {} signed checkpoints.\n",
            checked.entries, checked.checkpoints
        ));
    }
    let more = checked.wrong.saturating_sub(checked.faults.len() as u64);
    let more = if more > 0 {
        format!("\n... and {more} more")
    } else {
        String::new()
    };
    bail!(
        "the store is not as its ledger says; {} things are wrong:\n{}{more}\nKeep a copy of the \
         data directory as it is, and find out who changed it.",
        checked.wrong,
        checked.faults.join("\n")
    )
}

fn moment(at: i64) -> String {
    match Timestamp::from_millisecond(at) {
        Ok(at) => format!("{at:.0}"),
        Err(_) => "?".to_owned(),
    }
}
