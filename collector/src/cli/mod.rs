//! The command line: one file for each command.
//!
//! Every command opens the store as `serve` does and may run while it serves. A command either does
//! all that it says or nothing, and what it changes or hands out is entered in the audit.

mod audit;
mod device;
mod erase;
mod export;
mod init;
mod ledger;
mod moment;
mod order;
mod people;
mod person;
mod retention;
mod serve;
mod staff;
mod token;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use proviso_collector::data_dir::DataDir;
use proviso_collector::store::Store;

/// Receives, judges and keeps what agents report, and tells offender managers.
#[derive(Debug, Parser)]
#[command(name = "proviso-collector", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a new data directory: keys, certificates, an empty store.
    Init(init::Init),
    /// Take reports from agents and serve the pages, until told to stop.
    Serve(serve::Serve),
    /// People under supervision.
    #[command(subcommand)]
    Person(person::Person),
    /// The orders they are under.
    #[command(subcommand)]
    Order(order::Order),
    /// Make a token that enrols one computer, once, within 30 minutes.
    Token(token::Token),
    /// Who may sign in to the pages.
    #[command(subcommand)]
    Staff(staff::Staff),
    /// Write what is held about a person as an evidence bundle.
    Export(export::Export),
    /// Erase records of a person; their hashes stay, so that the log still verifies.
    #[command(subcommand)]
    Erase(erase::Erase),
    /// What is due for review, and whose records must not be erased.
    #[command(subcommand)]
    Retention(retention::Retention),
    /// Enrolled computers.
    #[command(subcommand)]
    Device(device::Device),
    /// The log that holds this collector to account.
    #[command(subcommand)]
    Ledger(ledger::Ledger),
}

impl Cli {
    /// Does it; gives what to print.
    pub(crate) fn run(self) -> anyhow::Result<String> {
        match self.command {
            Command::Init(init) => init.run(),
            Command::Serve(serve) => serve.run(),
            Command::Person(person) => person.run(),
            Command::Order(order) => order.run(),
            Command::Token(token) => token.run(),
            Command::Staff(staff) => staff.run(),
            Command::Export(export) => export.run(),
            Command::Erase(erase) => erase.run(),
            Command::Retention(retention) => retention.run(),
            Command::Device(device) => device.run(),
            Command::Ledger(ledger) => ledger.run(),
        }
    }
}

/// Where everything is.
#[derive(Debug, Args)]
struct Data {
    /// The collector's data directory.
    #[arg(
        long = "data",
        value_name = "DIR",
        default_value = "/var/lib/proviso-collector"
    )]
    dir: PathBuf,
}

impl Data {
    fn open(&self) -> anyhow::Result<(DataDir, Store)> {
        let data = DataDir::open(&self.dir)?;
        let store = Store::open(&data.store())?;
        Ok((data, store))
    }
}
