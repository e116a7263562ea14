//! `staff add`, `staff password`.

use std::io::{BufRead, IsTerminal};

use anyhow::Context;
use clap::{Args, Subcommand};
use proviso_collector::staff;
use proviso_collector::web::password;

use super::Data;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(super) enum Staff {
    /// Let somebody sign in. The password is read from standard input (one line); without one it
    /// is made and printed.
    Add(Named),
    /// Give somebody a new password, and sign them out everywhere. Read or made as with `add`.
    Password(Named),
}

#[derive(Debug, Args)]
pub(super) struct Named {
    #[command(flatten)]
    data: Data,
    /// What they sign in with.
    name: String,
}

impl Staff {
    pub(super) fn run(self) -> anyhow::Result<String> {
        let (Self::Add(named) | Self::Password(named)) = &self;
        let (_, store) = named.data.open()?;
        let given = given()?;
        let password = match &given {
            Some(given) => given.clone(),
            None => password::generate()?,
        };
        let did = match &self {
            Self::Add(named) => {
                staff::add(&store, &named.name, &password)?;
                "may sign in"
            }
            Self::Password(named) => {
                staff::set_password(&store, &named.name, &password)?;
                "has a new password and is signed out everywhere"
            }
        };
        let name = named.name.trim();
        Ok(match given {
            Some(_) => format!("{name} {did}.\n"),
            None => format!("{name} {did}. The password, shown only now:\n{password}\n"),
        })
    }
}

/// The first line of standard input; none at a terminal, where it would be seen.
pub(super) fn given() -> anyhow::Result<Option<String>> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Ok(None);
    }
    let mut line = String::new();
    input
        .lock()
        .read_line(&mut line)
        .context("cannot read the password from standard input: give one line of UTF-8")?;
    let line = line.trim_end_matches(['\r', '\n']);
    Ok((!line.is_empty()).then(|| line.to_owned()))
}
