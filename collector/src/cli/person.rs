//! `person add`, `person assign`, `person list`.

use std::fmt::Write;

use anyhow::bail;
use clap::{Args, Subcommand};
use proviso_collector::store::people::{self, Person as Entered};
use proviso_collector::store::sight::{self, Case};
use proviso_collector::store::staff::{self, Role};
use proviso_collector::store::{PersonId, SqlError, Tx, devices, orders};
use proviso_collector::{clock, random};

use super::people::one;
use super::{Data, audit};

/// Most characters of a name or a note.
const LONGEST: usize = 200;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(super) enum Person {
    /// Enter a person; says the pseudonym under which their activity is kept.
    Add(Add),
    /// Make a person the case of an offender manager; until then every manager sees them.
    Assign(Assign),
    /// Show everybody, with their order and computers.
    List(Data),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    #[command(flatten)]
    data: Data,
    /// The name, for the register and the pages.
    #[arg(long)]
    name: String,
    /// Anything managers should see beside the name.
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
}

impl Person {
    pub(super) fn run(self) -> anyhow::Result<String> {
        match self {
            Self::Add(add) => add.run(),
            Self::Assign(assign) => assign.run(),
            Self::List(data) => list(&data),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Assign {
    #[command(flatten)]
    data: Data,
    /// Pseudonym, id or exact name.
    person: String,
    /// Whose case, by the name they sign in with.
    #[arg(long)]
    officer: String,
    /// Why, for the audit.
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

impl Assign {
    fn run(self) -> anyhow::Result<String> {
        let (_, store) = self.data.open()?;
        let person = one(&store, &self.person)?;
        let said = store.write_blocking("assign", move |tx| {
            let Some(officer) = staff::by_name(tx, self.officer.trim())? else {
                bail!(
                    "nobody signs in as {:?}; `staff list` shows who does",
                    self.officer
                );
            };
            if officer.role != Role::Manager && officer.role != Role::Supervisor {
                bail!(
                    "{} is no manager or supervisor, and so has no cases; choose another",
                    officer.name
                );
            }
            let now = clock::now();
            sight::assign(
                tx,
                &Case {
                    id: random::row_id(now)?,
                    person: person.id.clone(),
                    officer: officer.id.clone(),
                    since: now,
                    until: None,
                    put_by: String::new(),
                    reason: self.reason.trim().to_owned(),
                },
            )?;
            audit::enter(tx, "assigned", Some(&person.id), &officer.name)?;
            Ok(format!(
                "{} is the case of {}.\n",
                person.pseudonym, officer.name
            ))
        })?;
        Ok(said)
    }
}

impl Add {
    fn run(self) -> anyhow::Result<String> {
        let (name, note) = (self.name.trim().to_owned(), self.note.trim().to_owned());
        let long = |text: &str| text.chars().count() > LONGEST || text.contains(char::is_control);
        if name.is_empty() || long(&name) || long(&note) {
            bail!(
                "a name has 1 to {LONGEST} characters, a note at most as many, both without line \
                 breaks: write them shorter"
            );
        }
        let (_, store) = self.data.open()?;
        let id = PersonId::from_random(random::bytes()?);
        let (pseudonym, others) = store.write_blocking("add person", move |tx| {
            let others: Vec<_> = people::find(tx, &name)?
                .into_iter()
                .map(|one| one.pseudonym)
                .collect();
            let pseudonym = free(tx)?;
            let person = Entered {
                id: id.clone(),
                pseudonym: pseudonym.clone(),
                created: clock::now(),
                name,
                note,
            };
            people::add(tx, &person)?;
            audit::enter(tx, "entered the name", Some(&id), "")?;
            Ok::<_, anyhow::Error>((pseudonym, others))
        })?;
        let mut said = format!("{pseudonym}\n");
        if !others.is_empty() {
            writeln!(
                said,
                "There is somebody else of that name ({}): name them by pseudonym from now on.",
                others.join(", ")
            )?;
        }
        Ok(said)
    }
}

/// The next pseudonym that nobody has.
fn free(tx: &Tx<'_>) -> Result<String, SqlError> {
    let mut number = people::all(tx)?.len();
    loop {
        number = number.saturating_add(1);
        let pseudonym = format!("P-{number:04}");
        if people::find(tx, &pseudonym)?.is_empty() {
            return Ok(pseudonym);
        }
    }
}

fn list(data: &Data) -> anyhow::Result<String> {
    let (_, store) = data.open()?;
    store.read_blocking(|read| {
        let mut said = String::new();
        for person in people::all(read)? {
            let order = orders::current(read, &person.id)?;
            let order = order.map_or("no order".to_owned(), |order| {
                format!("{} version {}", order.id, order.version)
            });
            let computers = devices::of_person(read, &person.id)?;
            let s = if computers.len() == 1 { "" } else { "s" };
            writeln!(
                said,
                "{}  {}  {order}, {} computer{s}",
                person.pseudonym,
                person.name,
                computers.len()
            )?;
        }
        if said.is_empty() {
            said = "Nobody is entered yet: use `proviso-collector person add`.\n".to_owned();
        }
        Ok::<_, anyhow::Error>(said)
    })
}
