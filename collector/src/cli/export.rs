//! `export`: what is held about a person, or what was chosen of it, as an evidence bundle.

use std::path::PathBuf;

use anyhow::bail;
use clap::{ArgGroup, Args};
use proviso_collector::clock;
use proviso_collector::export::{Asker, Chosen, Exporter};
use proviso_collector::store::people::Person;
use proviso_collector::store::{FindingId, Store, StoreError, devices, reports};
use proviso_report::bundle::Numbers;
use proviso_report::{DeviceId, Kind, UnixMs};

use super::{Data, audit, moment, people};

/// What bundles are for when nobody says it.
pub(super) const PURPOSE: &str = "evidence";

/// What can be said.
#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    data: Data,
    /// Whose records: name, pseudonym or id.
    #[arg(long, value_name = "NAME")]
    person: String,
    /// The first moment: 2026-11-24T08:00:00Z, or a date, which means its midnight in the time zone
    /// of the person's order. Where records are chosen: that of the oldest record, if it is left out.
    #[arg(long, value_name = "TIME", required_unless_present = "chosen")]
    from: Option<String>,
    /// The first moment after: in the same forms. Where records are chosen: behind the newest record, if
    /// it is left out.
    #[arg(long, value_name = "TIME", required_unless_present = "chosen")]
    to: Option<String>,
    #[command(flatten)]
    choice: Choice,
    /// The folder to make; it must not exist yet.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Which records are shown; of the others the bundle has only hashes. What is not given does not
/// narrow; what is given twice widens.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("chosen").multiple(true)))]
struct Choice {
    /// Show records under this clause.
    #[arg(long, value_name = "ID", group = "chosen")]
    clause: Vec<String>,
    /// Show records of this kind, as the order file calls it.
    #[arg(long, value_name = "KIND", value_parser = kind, group = "chosen")]
    kind: Vec<Kind>,
    /// Show records of this computer.
    #[arg(long, value_name = "DEVICE", group = "chosen")]
    device: Vec<DeviceId>,
    /// Show the records of a computer from one number to another, both included.
    #[arg(long, value_name = "DEVICE:FIRST-LAST", value_parser = numbers, group = "chosen")]
    records: Vec<Numbers>,
    /// Show the records that this finding rests on.
    #[arg(long, value_name = "ID", group = "chosen")]
    finding: Vec<FindingId>,
    /// What the choice is called in court: JB/1.
    #[arg(long, value_name = "REF", requires = "chosen")]
    exhibit: Option<String>,
    /// What it is made for.
    #[arg(long, value_name = "TEXT", requires = "chosen")]
    purpose: Option<String>,
}

impl Choice {
    fn chosen(self) -> Chosen {
        Chosen {
            clauses: self.clause,
            kinds: self.kind,
            devices: self.device,
            records: self.records,
            findings: self.finding,
            exhibit: self.exhibit,
            purpose: self.purpose,
        }
    }
}

pub(super) fn kind(text: &str) -> Result<Kind, String> {
    Kind::parse(text).ok_or_else(|| {
        let all: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!(
            "there is no such kind of record; the kinds are {}",
            all.join(", ")
        )
    })
}

pub(super) fn numbers(text: &str) -> Result<Numbers, String> {
    let parts = || {
        let (device, range) = text.split_once(':')?;
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(Numbers {
            device: device.parse().ok()?,
            first: first.parse().ok()?,
            last: last.parse().ok()?,
        })
    };
    parts()
        .ok_or_else(|| "write the computer's id, a colon and the numbers: 0d0d…0d:17-20".to_owned())
}

impl Export {
    pub(super) fn run(self) -> anyhow::Result<String> {
        let (data, store) = self.data.open()?;
        let person = people::one(&store, &self.person)?;
        let (zone, name) = moment::zone(&data, &store, &person)?;
        let at = |text: &Option<String>, open: i64| match text {
            Some(text) => moment::parse(text, &zone),
            None => Ok(open),
        };
        let (oldest, behind) = span(&store, &person)?;
        let (from, to) = (at(&self.from, oldest)?, at(&self.to, behind)?);
        let chosen = Some(self.choice.chosen()).filter(|chosen| !chosen.is_empty());
        let exporter = Exporter::open(&data, store.clone())?;
        // Whoever asked stands in the audit before there is anything to see.
        let which = chosen.as_ref().map_or_else(String::new, |chosen| {
            let label = |name: &str, label: &Option<String>| match label {
                Some(label) => format!(", {name} {label}"),
                None => String::new(),
            };
            format!(
                ", chosen records{}{}",
                label("exhibit", &chosen.exhibit),
                label("for", &chosen.purpose)
            )
        });
        let id = person.id.clone();
        let on = format!("{} to {}{which}", UnixMs(from), UnixMs(to));
        store.write_blocking("export", move |tx| {
            audit::enter(tx, "exported", Some(&id), &on)
        })?;
        let asker = Asker {
            staff: audit::WHO.to_owned(),
            purpose: chosen
                .as_ref()
                .and_then(|chosen| chosen.purpose.clone())
                .unwrap_or_else(|| PURPOSE.to_owned()),
        };
        let span = (UnixMs(from), UnixMs(to));
        let exported = exporter.write_chosen(&person, span, chosen.as_ref(), &asker, &self.out)?;
        if exported.witnessed.is_short() {
            bail!(
                "{} is written, but {} of the {} witnesses that must speak for the ledger did, so whoever \
                 checks it will be told that it fails: see what `proviso-collector ledger show` says of {}, \
                 and export again",
                self.out.display(),
                exported.witnessed.cosigned,
                exported.witnessed.quorum,
                exported.witnessed.silent.join(", ")
            );
        }
        Ok(format!(
            "{}: {} {}records of {} on {} computers, from {} up to but not including {} (dates begin \
             at midnight, {name}). {} records {}are withheld{}. {} possible breaches, {} \
             decisions.\nCheck it with: proviso verify {0}\n",
            self.out.display(),
            exported.shown,
            chosen.as_ref().map_or("", |_| "chosen "),
            person.pseudonym,
            exported.devices.len(),
            UnixMs(from),
            UnixMs(to),
            exported.withheld,
            chosen.as_ref().map_or("around them ", |_| ""),
            match exported.erased {
                0 => String::new(),
                erased => format!(", {erased} of them because they were erased"),
            },
            exported.findings,
            exported.decisions,
        ))
    }
}

/// From the oldest record of a person up to but not including the first moment after the newest.
fn span(store: &Store, person: &Person) -> anyhow::Result<(i64, i64)> {
    let spans = store.read_blocking(|read| {
        let mut spans = Vec::new();
        for device in devices::of_person(read, &person.id)? {
            spans.extend(reports::span(read, device.id)?);
        }
        Ok::<_, StoreError>(spans)
    })?;
    let oldest = spans.iter().map(|(oldest, _)| *oldest).min();
    let newest = spans.iter().map(|(_, newest)| *newest).max();
    let Some((oldest, newest)) = oldest.zip(newest) else {
        return Ok((0, clock::now()));
    };
    Ok((oldest, newest.saturating_add(1)))
}
