//! `proviso-agent`: enrols a computer, runs on it, shows the supervised person how it stands.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use proviso_agent::config::{Config, ConfigError};
use proviso_agent::enrol::{EnrolError, enrol};
use proviso_agent::identity::IdentityError;
use proviso_agent::journal::{OpenError, WriteError};
use proviso_agent::platform::accounts;
use proviso_agent::platform::local::BindError;
use proviso_agent::run::{RunError, run};
use proviso_agent::source::extension::native_host;
use proviso_agent::status;
use tracing_subscriber::EnvFilter;

const STATE: &str = "/var/lib/proviso";

/// Anything else that failed.
const FAILED: u8 = 1;
const NOT_ENROLLED: u8 = 3;
const RIGHTS: u8 = 4;
const JOURNAL: u8 = 5;
const IN_USE: u8 = 6;
const NOT_RUNNING: u8 = 7;

/// Monitoring under a court order. It never hides: `proviso-agent status` shows every account that
/// is monitored what is recorded and why.
///
/// Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 not enrolled, 4 wrong owner or rights,
/// 5 the journal is damaged, 6 another agent runs, 7 the agent does not run.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes this computer a device of a collector, with a one-time token.
    Enrol {
        #[command(flatten)]
        place: Place,
        /// Where the collector takes reports: host:port.
        #[arg(long)]
        collector: String,
        /// What the collector gave.
        #[arg(long)]
        token: String,
        /// An account to monitor, if the token names none. May be given more than once.
        #[arg(long = "account")]
        accounts: Vec<String>,
    },
    /// Runs the agent until it is asked to end.
    Run {
        #[command(flatten)]
        place: Place,
    },
    /// Shows how monitoring stands: the order, what was recorded of you, what was sent.
    Status {
        #[command(flatten)]
        place: Place,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Started by browsers for the Proviso extension.
    NativeHost {
        #[command(flatten)]
        place: Place,
        /// What the browser says.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        browser: Vec<OsString>,
    },
}

#[derive(clap::Args)]
struct Place {
    /// The state directory.
    #[arg(long, default_value = STATE)]
    state: PathBuf,
}

impl Place {
    /// The state directory from the root: settings and policies name it for programs elsewhere.
    fn whole(&self) -> Result<PathBuf, Failure> {
        std::path::absolute(&self.state).map_err(|error| Failure(error.to_string(), FAILED))
    }
}

/// A sentence and an exit code.
struct Failure(String, u8);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .with_ansi(false)
        .init();
    match obey(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(sentence, code)) => {
            eprintln!("proviso-agent: {sentence}");
            ExitCode::from(code)
        }
    }
}

fn obey(command: Command) -> Result<(), Failure> {
    match command {
        Command::Enrol {
            place,
            collector,
            token,
            accounts,
        } => {
            let state = place.whole()?;
            // Before the token is used up: a name that nobody has here monitors nobody.
            for name in &accounts {
                accounts::find(name).map_err(|error| Failure(error.to_string(), FAILED))?;
            }
            let enrolled = waiting(enrol(&state, &collector, &token, &accounts))??;
            println!(
                "This computer is enrolled as device {}. Monitored: {}.",
                enrolled.device,
                enrolled.accounts.join(", ")
            );
            for error in enrolled
                .accounts
                .iter()
                .filter_map(|name| accounts::find(name).err())
            {
                println!(
                    "Warning: {error}. The token names it; until it exists nobody is monitored by it."
                );
            }
            let place = state.display();
            println!(
                "Next: proviso-installer browsers install --state {place}, then proviso-agent run \
                 --state {place}."
            );
            Ok(())
        }
        Command::Run { place } => Ok(run(&place.whole()?)?),
        Command::Status { place, json } => {
            let state = place.whole()?;
            let status = waiting(status::ask(&state))?.map_err(|error| {
                match Config::load(&state) {
                    // It does not run because it cannot.
                    Err(why @ ConfigError::NotEnrolled(_)) => {
                        Failure(why.to_string(), NOT_ENROLLED)
                    }
                    _ => Failure(error.to_string(), NOT_RUNNING),
                }
            })?;
            let text = if json {
                serde_json::to_string_pretty(&status)
                    .map_err(|error| Failure(error.to_string(), FAILED))?
                    + "\n"
            } else {
                status.to_string()
            };
            // Whoever reads may have seen enough: `status | head`.
            let _ = std::io::stdout().write_all(text.as_bytes());
            Ok(())
        }
        Command::NativeHost { place, browser } => native_host::run(&place.state, &browser)
            .map_err(|error| Failure(error.to_string(), FAILED)),
    }
}

/// Waits for what needs a runtime.
fn waiting<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure(format!("cannot start: {error}"), FAILED))?;
    Ok(runtime.block_on(work))
}

impl From<EnrolError> for Failure {
    fn from(error: EnrolError) -> Self {
        Self(error.to_string(), FAILED)
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let code = match &error {
            RunError::Config(ConfigError::NotEnrolled(_))
            | RunError::Identity(IdentityError::NotEnrolled(_)) => NOT_ENROLLED,
            RunError::Rights(_) => RIGHTS,
            RunError::Open(OpenError::Damaged { .. }) | RunError::Write(WriteError::Damaged(_)) => {
                JOURNAL
            }
            RunError::Socket(BindError::InUse(_)) => IN_USE,
            _ => FAILED,
        };
        Self(error.to_string(), code)
    }
}
