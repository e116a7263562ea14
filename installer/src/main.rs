//! `proviso-installer`: for whoever sets a monitored computer up, and takes it down again.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use proviso_installer::{browsers, service};

/// Sets a computer up for Proviso monitoring by court order, and takes everything out again.
#[derive(Parser)]
#[command(version, about)]
struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Browser policies and the extension's way to the agent
    #[command(subcommand)]
    Browsers(Browsers),
    /// The agent as a service of the system
    #[command(subcommand)]
    Service(Service),
}

#[derive(Subcommand)]
enum Browsers {
    /// Writes the policies; what was there before is kept aside
    Install(State),
    /// Puts everything back as it was
    Remove(State),
    /// Says in plain words what the policies do and where they are
    Show(State),
}

#[derive(Subcommand)]
enum Service {
    /// Starts the agent now and with the computer (systemd)
    Install(State),
    /// Stops the agent and takes the unit out
    Remove(State),
}

#[derive(Args)]
struct State {
    /// The agent's state directory
    #[arg(long, value_name = "DIR", default_value = "/var/lib/proviso")]
    state: PathBuf,
}

fn main() -> ExitCode {
    match run(Command::parse().what) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("proviso-installer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(what: What) -> anyhow::Result<ExitCode> {
    let root = Path::new("/");
    Ok(match what {
        What::Browsers(Browsers::Install(State { state })) => {
            let outcome = browsers::install(root, &state)?;
            print(&outcome);
            println!(
                "Browsers that are open take this over by themselves within minutes, or when they \
                 are started again. `proviso-installer browsers show` says what it does."
            );
            ExitCode::SUCCESS
        }
        What::Browsers(Browsers::Remove(State { state })) => {
            let outcome = browsers::remove(&state)?;
            print(&outcome);
            if outcome.warnings.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        What::Browsers(Browsers::Show(State { state })) => {
            print!("{}", browsers::show(root, &state)?);
            ExitCode::SUCCESS
        }
        What::Service(Service::Install(State { state })) => {
            println!(
                "{}",
                service::install(root, &state, &mut service::systemctl)?
            );
            ExitCode::SUCCESS
        }
        What::Service(Service::Remove(State { state })) => {
            println!(
                "{}",
                service::remove(root, &state, &mut service::systemctl)?
            );
            ExitCode::SUCCESS
        }
    })
}

fn print(outcome: &browsers::Outcome) {
    for line in &outcome.done {
        println!("{line}");
    }
    for line in &outcome.warnings {
        eprintln!("Look at this: {line}");
    }
}
