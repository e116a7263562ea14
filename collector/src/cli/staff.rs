//! `staff add`, `staff change`, `staff list`, `staff close`, `staff reset`, `staff password`.

use std::io::{BufRead, IsTerminal};

use anyhow::Context;
use clap::{Args, Subcommand};
use proviso_collector::clock;
use proviso_collector::staff::{self, Place};
use proviso_collector::store::StoreError;
use proviso_collector::store::staff::{self as staff_table, Role, Staff as OneStaff};
use proviso_collector::web::password;

use super::Data;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(super) enum Staff {
    /// Let somebody sign in. The password is read from standard input (one line); without one it
    /// is made and printed.
    Add(Add),
    /// Change what somebody does here, with whom, and where they are told; they must sign in again.
    Change(Change),
    /// Show everybody.
    List(Data),
    /// Let somebody sign in no more. What they did stays, under their name; their people are nobody's case
    /// until they are assigned anew.
    Close(Named),
    /// End the second factors of somebody who has lost them all, and sign them out everywhere.
    Reset(Named),
    /// Give somebody a new password, and sign them out everywhere. Read or made as with `add`.
    Password(Named),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    #[command(flatten)]
    named: Named,
    /// manager, supervisor, examiner, administrator, auditor or partner.
    #[arg(long, default_value = "manager")]
    role: Role,
    /// With whom they work: the supervisors of a team see its managers' cases.
    #[arg(long, default_value = "", hide_default_value = true)]
    team: String,
    /// The address at which they are told of what waits.
    #[arg(long, default_value = "", hide_default_value = true)]
    mail: String,
}

#[derive(Debug, Args)]
pub(super) struct Change {
    #[command(flatten)]
    named: Named,
    /// manager, supervisor, examiner, administrator, auditor or partner.
    #[arg(long)]
    role: Option<Role>,
    /// With whom they work.
    #[arg(long)]
    team: Option<String>,
    /// The address at which they are told of what waits.
    #[arg(long)]
    mail: Option<String>,
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
        let named = match &self {
            Self::Add(add) => &add.named,
            Self::Password(named) => named,
            Self::Change(change) => return change.run(),
            Self::List(data) => return list(data),
            Self::Close(named) => return named.close(),
            Self::Reset(named) => return named.reset(),
        };
        let (_, store) = named.data.open()?;
        let given = given()?;
        let password = match &given {
            Some(given) => given.clone(),
            None => password::generate()?,
        };
        let did = match &self {
            Self::Add(add) => {
                let place = Place {
                    role: add.role,
                    team: add.team.clone(),
                    mail: add.mail.clone(),
                };
                staff::add(&store, &named.name, &password, &place)?;
                "may sign in"
            }
            _ => {
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

impl Change {
    fn run(&self) -> anyhow::Result<String> {
        let (_, store) = self.named.data.open()?;
        let changed = staff::change(&store, &self.named.name, |one| {
            one.role = self.role.unwrap_or(one.role);
            if let Some(team) = &self.team {
                one.team = team.trim().to_owned();
            }
            if let Some(mail) = &self.mail {
                one.mail = mail.trim().to_owned();
            }
        })?;
        Ok(line(&changed))
    }
}

impl Named {
    fn reset(&self) -> anyhow::Result<String> {
        let (_, store) = self.data.open()?;
        staff::reset_second(&store, &self.name)?;
        let name = self.name.trim();
        Ok(format!(
            "{name} has no second factor any more and is signed out everywhere.\n"
        ))
    }

    fn close(&self) -> anyhow::Result<String> {
        let (_, store) = self.data.open()?;
        let changed = staff::change(&store, &self.name, |one| {
            one.closed = one.closed.or_else(|| Some(clock::now()));
        })?;
        Ok(line(&changed))
    }
}

fn list(data: &Data) -> anyhow::Result<String> {
    let (_, store) = data.open()?;
    let all = store.read_blocking(|read| Ok::<_, StoreError>(staff_table::all(read)?))?;
    if all.is_empty() {
        return Ok("Nobody may sign in yet: use `proviso-collector staff add`.\n".to_owned());
    }
    Ok(all.iter().map(line).collect())
}

fn line(one: &OneStaff) -> String {
    let mut said = format!("{}  {}", one.name, one.role.as_str());
    if !one.team.is_empty() {
        said.push_str(&format!(", team {}", one.team));
    }
    if !one.mail.is_empty() {
        said.push_str(&format!(", {}", one.mail));
    }
    if one.closed.is_some() {
        said.push_str(", signs in no more");
    }
    said.push('\n');
    said
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
