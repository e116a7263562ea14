//! `export`: what is held about a person, as an evidence bundle.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use proviso_collector::export::Exporter;
use proviso_collector::order_text::OrderText;
use proviso_collector::store::people::Person;
use proviso_collector::store::{Store, StoreError, orders};
use proviso_report::UnixMs;

use super::{Data, audit, people};

/// What can be said.
#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    data: Data,
    /// Whose records: name, pseudonym or id.
    #[arg(long, value_name = "NAME")]
    person: String,
    /// The first moment: 2026-11-24T08:00:00Z, or a date, which means its midnight in the time zone
    /// of the person's order.
    #[arg(long, value_name = "TIME")]
    from: String,
    /// The first moment after: in the same forms.
    #[arg(long, value_name = "TIME")]
    to: String,
    /// The folder to make; it must not exist yet.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Export {
    pub(super) fn run(self) -> anyhow::Result<String> {
        let (data, store) = self.data.open()?;
        let person = people::one(&store, &self.person)?;
        let (zone, name) = zone(&store, &person)?;
        let (from, to) = (moment(&self.from, &zone)?, moment(&self.to, &zone)?);
        let exporter = Exporter::open(&data, store.clone())?;
        // Whoever asked stands in the audit before there is anything to see.
        let (id, on) = (person.id.clone(), format!("{} to {}", self.from, self.to));
        store.write_blocking("export", move |tx| {
            audit::enter(tx, "exported", Some(&id), &on)
        })?;
        let exported = exporter.write(&person, (UnixMs(from), UnixMs(to)), &self.out)?;
        Ok(format!(
            "{}: {} records of {} on {} computers, from {} up to but not including {} (dates begin \
             at midnight, {name}). {} records around them are withheld. {} possible breaches, {} \
             decisions.\nCheck it with: proviso verify {0}\n",
            self.out.display(),
            exported.shown,
            person.pseudonym,
            exported.devices.len(),
            UnixMs(from),
            UnixMs(to),
            exported.withheld,
            exported.findings,
            exported.decisions,
        ))
    }
}

/// The zone in which dates are meant, with its name.
fn zone(store: &Store, person: &Person) -> anyhow::Result<(TimeZone, String)> {
    let whose = person.id.clone();
    let stored = store.read_blocking(|read| Ok::<_, StoreError>(orders::current(read, &whose)?))?;
    let Some(stored) = stored else {
        return Ok((TimeZone::UTC, "UTC, because there is no order".to_owned()));
    };
    let zone = OrderText::parse(&stored.bytes, stored.digest)?.zone;
    let name = zone.iana_name().unwrap_or("UTC").to_owned();
    Ok((zone, name))
}

fn moment(text: &str, zone: &TimeZone) -> anyhow::Result<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at.as_millisecond());
    }
    let midnight = text
        .parse::<Date>()
        .ok()
        .and_then(|day| zone.to_zoned_datetime(day.at(0, 0, 0, 0)).ok());
    match midnight {
        Some(at) => Ok(at.timestamp().as_millisecond()),
        None => bail!(
            "{text:?} is neither a moment nor a date: write 2026-11-24T08:00:00Z or 2026-11-24"
        ),
    }
}
