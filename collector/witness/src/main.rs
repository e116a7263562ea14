//! `proviso-witness`: cosigns the checkpoints of ledgers that others run, so that none of them can
//! show two stories (C2SP tlog-witness).
//!
//! It is made to be run by somebody who is not the authority: another force, the courts. It needs
//! nothing of the collector's, and sees of its ledger only name, size and root.
//!
//! Promises: what it cosigned last is on disk before the cosignature leaves, and compared and
//! replaced under one lock, whoever asks at the same time and however many processes serve one
//! folder. A checkpoint that goes back, or that is of another history, is never cosigned.
//!
//! Refuses: TLS. A cosignature speaks for itself; whoever wants the way hidden puts a proxy in front.

mod serve;
mod state;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use proviso_report::VerifierKey;

use state::State;

#[derive(Debug, Parser)]
#[command(name = "proviso-witness", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Witnesses the ledgers of others.
#[derive(Debug, Subcommand)]
enum Command {
    /// Make a new folder with a key, and print the key that collectors and verifiers need.
    Init(Init),
    /// Witness a ledger from now on.
    AddLog(AddLog),
    /// Show what is witnessed, and how far.
    List(Folder),
    /// Answer, until told to stop.
    Serve(Serve),
}

#[derive(Debug, Args)]
struct Folder {
    /// The witness's folder.
    #[arg(
        long = "state",
        value_name = "DIR",
        default_value = "/var/lib/proviso-witness"
    )]
    dir: PathBuf,
}

#[derive(Debug, Args)]
struct Init {
    #[command(flatten)]
    folder: Folder,
    /// The witness's name as it stands in cosignatures, for example witness.example/proviso.
    #[arg(long)]
    name: String,
}

#[derive(Debug, Args)]
struct AddLog {
    #[command(flatten)]
    folder: Folder,
    /// The ledger's name, the first line of its checkpoints: `<authority>/ledger`.
    origin: String,
    /// Its key, as the authority published it.
    vkey: VerifierKey,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    folder: Folder,
    /// TCP address to answer on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7490")]
    listen: SocketAddr,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("proviso-witness: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Init(init) => {
            let state = State::create(&init.folder.dir, &init.name)?;
            println!(
                "{} is ready. Give this key to those whose ledgers you witness, and publish it:\n{}",
                init.folder.dir.display(),
                state.verifier()
            );
        }
        Command::AddLog(add) => {
            State::open(&add.folder.dir)?.add(&add.origin, &add.vkey)?;
            println!("{} is witnessed from its next checkpoint on.", add.origin);
        }
        Command::List(folder) => {
            for log in State::open(&folder.dir)?.logs()? {
                println!("{log}");
            }
        }
        Command::Serve(serve) => {
            let state = State::open(&serve.folder.dir)?;
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .context("cannot start: the system gave no thread")?
                .block_on(serve::serve(state, serve.listen))?;
        }
    }
    Ok(())
}
