//! `proviso-collector`: the collector and the commands that look after it.
//!
//! What a command has to say goes to standard output; why it did nothing, to standard error, with
//! exit code 1, or 2 when the command line itself is wrong. Neither does to a terminal what a name in it says.

mod cli;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use proviso_collector::plain::plain;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(said) => {
            // A reader that went away has read enough.
            let _gone = std::io::stdout().write_all(plain(&said).as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("proviso-collector: {}", plain(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}
