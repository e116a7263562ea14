//! `proviso`: the command line of court, forensic staff and defence.
//!
//! It needs neither agent nor collector nor a network. Exit codes: 0 yes, 1 no (the order has
//! faults, a list lacks something, evidence fails), 2 it cannot be said (a file cannot be read, a
//! program is missing).

#![forbid(unsafe_code)]

#[macro_use]
mod out;

mod folder;
mod keygen;
mod list_file;
mod list_update;
mod new;
mod order_file;
mod replay;
mod show;
mod sign;
mod signatures;
mod verify;
mod whole_file;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use out::say;

/// Checks, shows and signs court orders, and verifies evidence.
#[derive(Parser)]
#[command(version, about)]
struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Court orders
    #[command(subcommand)]
    Order(Order),
    /// Lists that orders pin
    #[command(subcommand)]
    List(list_file::List),
    /// Checks an evidence bundle, offline: exit 0 everything holds, 1 evidence fails, 2 could not
    /// check
    Verify {
        /// The folder that holds bagit.txt
        bundle: PathBuf,
        /// Another bundle of the same collector: do both tell one story?
        #[arg(long = "with", value_name = "BUNDLE")]
        with: Option<PathBuf>,
        /// A list that only the collector holds, given apart: rules that need it are then checked too.
        /// Can stand more than once
        #[arg(long = "list", value_name = "FILE")]
        lists: Vec<PathBuf>,
    },
}

#[derive(Subcommand)]
enum Order {
    /// Says every fault of an order and its lists, with line and column: exit 0 none, 1 some, 2
    /// could not read
    Check {
        /// The order; its lists lie beside it
        file: PathBuf,
    },
    /// Makes an order to begin from, with its lists, out of a template: exit 0 made, 2 could not.
    /// Its words are illustrative: the court's must take their place before anybody signs
    New {
        /// Which template: see `proviso order templates`
        #[arg(long, value_name = "NAME")]
        template: String,
        /// Only this condition of it, or TEMPLATE:CONDITION of another one; can be given several
        /// times
        #[arg(long = "clause", value_name = "CONDITION")]
        clauses: Vec<String>,
        /// The folder to put order.toml and its lists into; it is made if need be
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
    },
    /// Lists the templates, and the conditions that each is made of
    Templates,
    /// Shows an order in plain words: what two people sign and the supervised person is given
    Show {
        /// The order; its lists lie beside it
        file: PathBuf,
        /// How the page is written
        #[arg(long = "as", value_name = "FORM", default_value = "text")]
        form: show::Form,
        /// Begins with what has changed since this version, which is an order file too
        #[arg(long, value_name = "OLD")]
        since: Option<PathBuf>,
        /// Writes the page into this file, not to the screen
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Writes over the file if it is there
        #[arg(long)]
        replace: bool,
    },
    /// Shows which findings a changed order would add or drop on records of the past, before it is
    /// put in force: exit 0 none, 1 some, 2 could not judge all of them
    Replay {
        /// The order that may be put in force; its lists lie beside it
        #[arg(long, value_name = "NEW")]
        order: PathBuf,
        /// The order that it is compared with; its lists lie beside it
        #[arg(long, value_name = "OLD")]
        against: PathBuf,
        /// Bundles, or files with the records of one computer, one a line
        #[arg(required = true, value_name = "RECORDS")]
        records: Vec<PathBuf>,
    },
    /// Signs an order with an OpenSSH key, into FILE.ROLE.sig
    Sign {
        /// The order; its lists lie beside it
        file: PathBuf,
        /// The private key, or the public one if ssh-agent or a security key holds the other half
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// In which role you sign, and who you are: court:clerk@court.example
        #[arg(long = "as", value_name = "ROLE:NAME")]
        signer: sign::Signer,
    },
}

/// One line of what a file says: nothing in it may play tricks on a terminal or on a reader.
fn line(text: &str) -> String {
    let acts = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if acts(c) { '?' } else { c })
        .collect()
}

/// The same for several lines.
fn lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(line).collect();
    lines.join("\n")
}

/// `1 list`, `2 lists`.
fn counted(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// What a command ends with.
enum End {
    Yes,
    No,
    CannotSay,
}

fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(words) => return not_a_command(&words),
    };
    let end = match command.what {
        What::Order(Order::Check { file }) => order_file::check(&file),
        What::Order(Order::New {
            template,
            clauses,
            to,
        }) => new::new(&template, &clauses, &to),
        What::Order(Order::Templates) => new::list(),
        What::Order(Order::Show {
            file,
            form,
            since,
            out,
            replace,
        }) => show::show(&file, since.as_deref(), form, out.as_deref(), replace),
        What::Order(Order::Replay {
            order,
            against,
            records,
        }) => replay::replay(&order, &against, &records),
        What::Order(Order::Sign { file, key, signer }) => sign::sign(&file, &key, &signer),
        What::List(list) => list_file::run(&list),
        What::Verify {
            bundle,
            with,
            lists,
        } => verify::verify(&bundle, with.as_deref(), &lists),
    };
    let end = if out::all_said() { end } else { End::CannotSay };
    ExitCode::from(match end {
        End::Yes => 0,
        End::No => 1,
        End::CannotSay => 2,
    })
}

/// Help that was asked for, or what is wrong with the words of the command.
fn not_a_command(words: &clap::Error) -> ExitCode {
    let text = words.render();
    if words.use_stderr() {
        tell!("{}", text.to_string().trim_end());
    } else {
        say(&text.to_string());
    }
    let code = if out::all_said() {
        words.exit_code()
    } else {
        2
    };
    ExitCode::from(u8::try_from(code).unwrap_or(2))
}
