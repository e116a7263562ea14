//! `proviso-agent`: enrols a computer, runs on it, shows the supervised person how it stands.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use proviso_agent::config::{Config, ConfigError};
use proviso_agent::enrol::{EnrolError, enrol};
use proviso_agent::identity::{Identity, IdentityError};
use proviso_agent::journal::{OpenError, WriteError};
use proviso_agent::person;
use proviso_agent::person::explain::Explained;
use proviso_agent::person::proof::Proof;
use proviso_agent::person::today::Today;
use proviso_agent::platform::accounts;
use proviso_agent::platform::local::BindError;
use proviso_agent::platform::lock::LockError;
use proviso_agent::platform::wiping::{self, Wiping};
use proviso_agent::run::{RunError, run};
use proviso_agent::source::extension::native_host;
use proviso_agent::source::extension::wire::{Answer, Request};
use proviso_agent::status::{self, AskError};
use proviso_agent::watch::{Said, WatchError, ended, watch};
use serde::Serialize;
use tracing_subscriber::EnvFilter;

/// What passed through the agent's memory and is none of its business does not stay there.
#[global_allocator]
static MEMORY: Wiping = Wiping;

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
/// 5 the journal is damaged, 6 another agent (or process that watches it) runs, 7 the agent does not run.
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
    /// Waits for the end of the agent, notes when and how it came, and does nothing else.
    Watch {
        #[command(flatten)]
        place: Place,
    },
    /// Run by the agent's service when the agent has ended: adds to the note of that what only the service manager
    /// is told.
    Ended {
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
    /// Shows what was recorded of you today, what was flagged, and how to explain it.
    Today {
        #[command(flatten)]
        place: Place,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Prints the proof of scope: which clause lets which source record what, and what is dropped.
    Scope {
        #[command(flatten)]
        place: Place,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Gives the address of your page: the same as `today`, with a box for what you want to say.
    Page {
        #[command(flatten)]
        place: Place,
        /// Opens it in the browser too.
        #[arg(long)]
        open: bool,
    },
    /// Records what you say to something that was recorded of you.
    Explain {
        #[command(flatten)]
        place: Place,
        /// The numbers of the records that it is about, as `proviso-agent today` shows them.
        #[arg(value_parser = record)]
        seqs: Vec<u64>,
        /// In your own words; `-`: from standard input.
        #[arg(long, default_value = "")]
        text: String,
        /// It was an accident.
        #[arg(long)]
        accident: bool,
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
            println!(
                "Its words: {}. The page on which the token was made shows words for it too: they must be \
                 the same.",
                enrolled.words
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
        Command::Run { place } => {
            let place = place.whole()?;
            if !wiping::wipe_databases() {
                tracing::warn!(
                    "what databases give back of the memory is not wiped on this system"
                );
            }
            Ok(run(&place)?)
        }
        Command::Watch { place } => Ok(watch(&place.whole()?)?),
        Command::Ended { place } => {
            let said = Said::read(|name| std::env::var(name).ok());
            Ok(waiting(ended(&place.whole()?, said))??)
        }
        Command::Status { place, json } => {
            let state = place.whole()?;
            let status = waiting(status::ask(&state))?.map_err(|error| no_answer(&state, error))?;
            print(&status, json)?;
            // Only who may read its keys, which is root, can be told.
            let words = Identity::load(&state).ok().and_then(|own| own.words());
            if let Some(words) = words.filter(|_| !json) {
                let _ = writeln!(std::io::stdout(), "\nWORDS OF THIS COMPUTER\n  {words}");
            }
            Ok(())
        }
        Command::Today { place, json } => {
            let state = place.whole()?;
            let today: Today = waiting(person::ask(&state, &Request::Today))?
                .map_err(|error| no_answer(&state, error))?;
            print(&today, json)
        }
        Command::Scope { place, json } => {
            let state = place.whole()?;
            let proof: Proof = waiting(person::ask(&state, &Request::Scope))?
                .map_err(|error| no_answer(&state, error))?;
            print(&proof, json)
        }
        Command::Page { place, open } => {
            let state = place.whole()?;
            match waiting(person::talk(&state, &Request::Page))? {
                Ok(Answer::Page { url }) => {
                    // Whoever reads may take the address alone: `page | head -1`.
                    let words = "It opens once, within a minute, and only in your account.";
                    let _ = writeln!(std::io::stdout(), "{url}\n{words}");
                    if open {
                        browse(&url)?;
                    }
                    Ok(())
                }
                Ok(Answer::Refused { sentence }) => Err(Failure(sentence, FAILED)),
                Ok(_) => Err(no_answer(&state, AskError::Answer)),
                Err(error) => Err(no_answer(&state, error)),
            }
        }
        Command::Explain {
            place,
            seqs,
            text,
            accident,
        } => {
            let state = place.whole()?;
            let text = if text == "-" { whole_input()? } else { text };
            // What is too long is said before anything is sent.
            Explained::new(seqs.clone(), &text, accident)
                .map_err(|error| Failure(error.to_string(), FAILED))?;
            let request = Request::Explain {
                seqs,
                text,
                accident,
            };
            match waiting(person::talk(&state, &request))? {
                Ok(Answer::Explained { seq }) => {
                    println!(
                        "What you said is recorded (record {seq}) and goes to your offender manager."
                    );
                    Ok(())
                }
                Ok(Answer::Refused { sentence }) => Err(Failure(sentence, FAILED)),
                Ok(_) => Err(no_answer(&state, AskError::Answer)),
                Err(error) => Err(no_answer(&state, error)),
            }
        }
        Command::NativeHost { place, browser } => native_host::run(&place.state, &browser)
            .map_err(|error| Failure(error.to_string(), FAILED)),
    }
}

/// The number of a record.
fn record(number: &str) -> Result<u64, &'static str> {
    number.parse().map_err(|_| {
        "a record has a number, which stands before it in `proviso-agent today`; what you want to \
         say goes behind --text"
    })
}

/// Why the agent did not answer.
fn no_answer(state: &Path, error: AskError) -> Failure {
    if let AskError::Refused(sentence) = error {
        return Failure(sentence, FAILED);
    }
    match Config::load(state) {
        // It does not run because it cannot.
        Err(why @ ConfigError::NotEnrolled(_)) => Failure(why.to_string(), NOT_ENROLLED),
        _ => Failure(error.to_string(), NOT_RUNNING),
    }
}

/// For people or for programs.
fn print<T: Serialize + Display>(what: &T, json: bool) -> Result<(), Failure> {
    let text = if json {
        serde_json::to_string_pretty(what).map_err(|error| Failure(error.to_string(), FAILED))?
            + "\n"
    } else {
        what.to_string()
    };
    // Whoever reads may have seen enough: `today | head`.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

/// Hands an address to the system's browser.
fn browse(url: &str) -> Result<(), Failure> {
    let started = std::process::Command::new("xdg-open").arg(url).status();
    match started {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Failure(
            "no browser could be started; copy the address into one".into(),
            FAILED,
        )),
    }
}

/// More than an explanation can have.
const MAX_INPUT: u64 = 64 << 10;

fn whole_input() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .take(MAX_INPUT)
        .read_to_string(&mut text)
        .map_err(|error| Failure(format!("cannot read the text: {error}"), FAILED))?;
    Ok(text)
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

impl From<WatchError> for Failure {
    fn from(error: WatchError) -> Self {
        let code = match &error {
            WatchError::Config(ConfigError::NotEnrolled(_)) => NOT_ENROLLED,
            WatchError::Rights(_) => RIGHTS,
            WatchError::Lock(LockError::Held(_)) => IN_USE,
            _ => FAILED,
        };
        Self(error.to_string(), code)
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
            RunError::Socket(BindError::InUse(_)) | RunError::Lock(LockError::Held(_)) => IN_USE,
            _ => FAILED,
        };
        Self(error.to_string(), code)
    }
}
