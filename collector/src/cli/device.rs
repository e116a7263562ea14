//! `device list`, `device allow-log`, `device retire`.

use std::fmt::Write;

use anyhow::bail;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use proviso_collector::store::devices::{self, DeviceState};
use proviso_collector::store::{DeviceId, Tx, epochs, people};

use super::{Data, audit};

/// What can be done.
#[derive(Debug, Subcommand)]
pub(super) enum Device {
    /// Show every enrolled computer.
    List(Data),
    /// Let a computer begin one more log within a day, when its log broke off more often than it may.
    AllowLog(One),
    /// Take a computer out of service: nothing more is taken from it. What it sent is kept.
    Retire(One),
}

#[derive(Debug, Args)]
pub(super) struct One {
    #[command(flatten)]
    data: Data,
    /// The computer's id, as `device list` shows it.
    device: String,
}

impl Device {
    pub(super) fn run(self) -> anyhow::Result<String> {
        match self {
            Self::List(data) => list(&data),
            Self::AllowLog(one) => one.change("allow a log", allow_log),
            Self::Retire(one) => one.change("retire", retire),
        }
    }
}

fn list(data: &Data) -> anyhow::Result<String> {
    let (_, store) = data.open()?;
    store.read_blocking(|read| {
        let mut said = String::new();
        for person in people::all(read)? {
            for device in devices::of_person(read, &person.id)? {
                let registered = devices::registered(read, device.id)?;
                let host = registered.map_or("?".to_owned(), |registered| registered.host);
                let state = match device.state {
                    DeviceState::Active => "in service",
                    DeviceState::BrokenOff => "broken off, goes on in another log",
                    DeviceState::Retired => "retired",
                };
                let heard = match device.last_contact.map(Timestamp::from_millisecond) {
                    Some(Ok(at)) => format!("last heard {at:.0}"),
                    _ => "never heard".to_owned(),
                };
                writeln!(
                    said,
                    "{}  {}  {host}  {state}, {} records, {heard}",
                    device.id, person.pseudonym, device.size
                )?;
            }
        }
        if said.is_empty() {
            said = "No computer is enrolled yet: make a token with `proviso-collector token`.\n"
                .to_owned();
        }
        Ok::<_, anyhow::Error>(said)
    })
}

impl One {
    /// Changes something about it, unless it is out of service.
    fn change(
        self,
        what: &'static str,
        change: impl FnOnce(&Tx<'_>, &devices::Device) -> anyhow::Result<String> + Send + 'static,
    ) -> anyhow::Result<String> {
        let Ok(id) = self.device.parse::<DeviceId>() else {
            bail!(
                "{:?} is no computer's id: copy all 32 digits from `proviso-collector device list`",
                self.device
            );
        };
        let (_, store) = self.data.open()?;
        store.write_blocking(what, move |tx| {
            let Some(device) = devices::get(tx, id)? else {
                bail!(
                    "no computer has the id {id}: `proviso-collector device list` shows all of them"
                );
            };
            if device.state == DeviceState::Retired {
                return Ok(format!("{id} is out of service already.\n"));
            }
            change(tx, &device)
        })
    }
}

/// The leave is the entry itself: the audit is where new logs are counted against it.
fn allow_log(tx: &Tx<'_>, device: &devices::Device) -> anyhow::Result<String> {
    let id = device.id.to_string();
    audit::enter(tx, epochs::ALLOWED, Some(&device.person), &id)?;
    Ok(format!(
        "The computer of {id} may begin one more log within a day. It asks again by itself in some \
         minutes.\n"
    ))
}

fn retire(tx: &Tx<'_>, device: &devices::Device) -> anyhow::Result<String> {
    let id = device.id;
    devices::retire(tx, id)?;
    audit::enter(
        tx,
        "retired a computer",
        Some(&device.person),
        &id.to_string(),
    )?;
    Ok(format!(
        "{id} is out of service. What it sent is kept; to use the computer again, enrol it with a new \
         token.\n"
    ))
}
