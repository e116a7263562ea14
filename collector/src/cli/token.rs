//! `token`: lets one computer enrol once.
//!
//! Promises: only the hash of the secret is kept; the token itself is printed here and nowhere
//! else.

use std::fmt::Write;

use anyhow::bail;
use clap::Args;
use proviso_collector::store::orders::StoredOrder;
use proviso_collector::store::tokens::{self, Grant};
use proviso_collector::store::{Hash, enrolments, orders};
use proviso_collector::{clock, random};
use proviso_report::EnrolToken;

use super::{Data, audit, people};

/// How long it is good for, in milliseconds.
const GOOD_FOR: i64 = 30 * 60_000;

/// What can be said.
#[derive(Debug, Args)]
pub(super) struct Token {
    #[command(flatten)]
    data: Data,
    /// Whose computer: name, pseudonym or id.
    #[arg(long, value_name = "NAME")]
    person: String,
    /// An account on that computer to monitor; may be repeated. Without it, whoever enrols the
    /// computer names one with --account.
    #[arg(long = "account", value_name = "ACCOUNT")]
    accounts: Vec<String>,
}

impl Token {
    pub(super) fn run(self) -> anyhow::Result<String> {
        for account in &self.accounts {
            if account.trim().is_empty() || account.contains(char::is_control) {
                bail!("{account:?} is no account's name: write it as the computer does");
            }
        }
        let (data, store) = self.data.open()?;
        let person = people::one(&store, &self.person)?;
        let token = EnrolToken {
            secret: random::bytes()?,
            ca: Hash::of(&data.read("ca.der")?),
        };
        let (hash, expires) = (Hash::of(&token.secret), clock::now() + GOOD_FOR);
        let grant = Grant {
            person: person.id.clone(),
            accounts: self.accounts.clone(),
        };
        let (ordered, told) = store.write_blocking("token", move |tx| {
            tokens::put(tx, &hash, &grant, expires)?;
            audit::enter(tx, "made a token for a computer", Some(&grant.person), "")?;
            let order = orders::current(tx, &grant.person)?;
            let explained = enrolments::explained(tx, &grant.person)?;
            let is_of =
                |order: &StoredOrder| explained.iter().any(|one| one.digest == order.digest);
            Ok::<_, anyhow::Error>((order.is_some(), order.as_ref().is_some_and(is_of)))
        })?;
        let mut said = format!(
            "{}\n\
             It enrols one computer of {} ({}), once, within 30 minutes. It is a secret: only its \
             hash is kept here. On that computer:\n    \
             proviso-agent enrol --collector HOST:PORT --token TOKEN{}\n",
            token.to_text(),
            person.name,
            person.pseudonym,
            // Where the token says whose accounts are monitored, nobody has to.
            if self.accounts.is_empty() {
                " --account NAME"
            } else {
                ""
            },
        );
        if ordered && !told {
            writeln!(
                said,
                "Nobody has entered that the notice of the order in force was explained to {}. Explain it \
                 before the computer is enrolled, and enter it on the page \"Enrol a computer\": nobody is \
                 monitored without having been told.",
                person.pseudonym
            )?;
        }
        if !ordered {
            writeln!(
                said,
                "There is no order for {} yet, so nothing may be recorded: put one with \
                 `proviso-collector order put`.",
                person.pseudonym
            )?;
        }
        Ok(said)
    }
}
