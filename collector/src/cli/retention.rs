//! `retention`: what is due for review, holds, and cleaning up after an erasure.
//!
//! Nothing is erased by itself: `due` says what a person should look at, and `erase` is for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::bail;
use clap::{Args, Subcommand};
use proviso_collector::config::{Config, Retention as Class};
use proviso_collector::data_dir::DataDir;
use proviso_collector::store::holds::{self, Hold};
use proviso_collector::store::notes;
use proviso_collector::store::people::Person;
use proviso_collector::store::{Store, StoreError, devices, people as persons, reports, staff};
use proviso_collector::{clock, random};
use proviso_report::report::Kept;
use proviso_report::{Record, UnixMs};

use super::erase::{may_erase, signed};
use super::{Data, audit, people};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(super) enum Retention {
    /// List what is older than `[[retention]]` in `collector.toml` says it should be without a review.
    Due(Data),
    /// Forbid that anything of a person be erased.
    Hold(Named),
    /// Lift the holds on a person, or on an exhibit. Your password is read from standard input.
    Release(Release),
    /// Write the store's file anew without what was erased, where an erasure was cut off. The collector
    /// must be stopped.
    Clean(Data),
}

#[derive(Debug, Args)]
pub(super) struct Named {
    #[command(flatten)]
    data: Data,
    /// Whose records: name, pseudonym or id.
    #[arg(long, value_name = "NAME")]
    person: String,
    /// Who says so: the officer's name.
    #[arg(long, value_name = "NAME")]
    staff: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Debug, Args)]
pub(super) struct Release {
    #[command(flatten)]
    named: Named,
    /// The exhibit whose records may be erased again: JB/1.
    #[arg(long, value_name = "REF")]
    exhibit: Option<String>,
}

impl Retention {
    pub(super) fn run(self) -> anyhow::Result<String> {
        match self {
            Self::Due(data) => due(&data),
            Self::Hold(named) => named.hold(),
            Self::Release(release) => release.run(),
            Self::Clean(data) => {
                let dir = DataDir::open(&data.dir)?;
                Store::scrub(&dir.store(), clock::now())?;
                Ok("The store's file holds nothing of what was erased.\n".to_owned())
            }
        }
    }
}

impl Named {
    fn hold(self) -> anyhow::Result<String> {
        for label in [&self.staff, &self.reason] {
            if label.trim().is_empty() || label.contains(char::is_control) {
                bail!("a name and a reason are words on one line: {label:?} is not");
            }
        }
        let (_, store) = self.data.open()?;
        let person = people::one(&store, &self.person)?;
        let known =
            store.read_blocking(|read| Ok::<_, StoreError>(staff::by_name(read, &self.staff)?))?;
        if known.is_none() {
            bail!(
                "nobody who may sign in is called {:?}: `proviso-collector staff list` shows everybody",
                self.staff
            );
        }
        let hold = Hold {
            id: random::row_id(clock::now())?,
            at: clock::now(),
            by: self.staff,
            reason: self.reason,
            exhibit: None,
            records: None,
        };
        let said = format!(
            "Nothing of {} can be erased from now on.\n",
            person.pseudonym
        );
        store.write_blocking("hold", move |tx| {
            holds::put(tx, &person.id, &hold)?;
            audit::enter(tx, "held", Some(&person.id), &hold.reason)?;
            Ok::<_, anyhow::Error>(said)
        })
    }
}

impl Release {
    fn run(self) -> anyhow::Result<String> {
        let (_, store) = self.named.data.open()?;
        let person = people::one(&store, &self.named.person)?;
        let by = signed(&store, &self.named.staff)?;
        may_erase(&store, &by, &person)?;
        let reason = self.named.reason;
        store.write_blocking("release", move |tx| {
            let exhibit = self.exhibit.as_deref();
            if holds::lift(tx, &person.id, exhibit, clock::now(), &by.name)? == 0 {
                let what = exhibit.unwrap_or("everything");
                bail!("there is no hold on {what} of {}", person.pseudonym);
            }
            audit::enter_by(tx, &by.id, "released", Some(&person.id), &reason)?;
            let what = exhibit.map_or("Everything", |exhibit| exhibit);
            Ok(format!(
                "{what} of {} is no longer on hold.\n",
                person.pseudonym
            ))
        })
    }
}

fn due(data: &Data) -> anyhow::Result<String> {
    let (data, store) = data.open()?;
    let classes = Config::of(&data)?.retention;
    if classes.is_empty() {
        return Ok(
            "collector.toml names no [[retention]], so nothing is ever due for review.\n"
                .to_owned(),
        );
    }
    let everybody = store.read_blocking(|read| Ok::<_, StoreError>(persons::all(read)?))?;
    let mut said = String::new();
    for person in everybody {
        of_person(&store, &person, &classes, &mut said)?;
    }
    if said.is_empty() {
        said = "Nothing is due for review.\n".to_owned();
    }
    Ok(said)
}

/// How many records, and when the oldest is from.
#[derive(Clone, Copy)]
struct Old {
    count: u64,
    oldest: UnixMs,
}

fn of_person(
    store: &Store,
    person: &Person,
    classes: &[Class],
    said: &mut String,
) -> anyhow::Result<()> {
    let now = clock::now();
    let mut old: BTreeMap<usize, Old> = BTreeMap::new();
    let holds = store.read_blocking(|read| {
        for device in devices::of_person(read, &person.id)? {
            for first in reports::firsts(read, device.id)? {
                let Some(stored) = reports::get(read, device.id, first)? else {
                    continue;
                };
                let kept = Kept::parse(&stored.bytes)?;
                for (_, line) in kept.lines() {
                    count(&Record::parse(line)?, classes, now, &mut old);
                }
            }
        }
        for (at, class) in classes.iter().enumerate().filter(|(_, class)| class.notes) {
            let before = now.saturating_sub(DAY.saturating_mul(i64::from(class.review_after_days)));
            if let Some((count, oldest)) = notes::older(read, &person.id, before)? {
                let oldest = UnixMs(oldest);
                old.insert(at, Old { count, oldest });
            }
        }
        Ok::<_, anyhow::Error>(holds::of_person(read, &person.id)?)
    })?;
    for (at, old) in old {
        let Some(class) = classes.get(at) else {
            continue;
        };
        let held: String = holds.iter().map(words).collect();
        writeln!(
            said,
            "{}  {}: {} {} to review after {} days, the oldest of {}{held}",
            person.pseudonym,
            class.words(),
            old.count,
            noun(class.notes, old.count),
            class.review_after_days,
            old.oldest
        )?;
    }
    Ok(())
}

const fn noun(notes: bool, count: u64) -> &'static str {
    match (notes, count) {
        (true, 1) => "note",
        (true, _) => "notes",
        (false, 1) => "record",
        (false, _) => "records",
    }
}

fn words(hold: &Hold) -> String {
    match &hold.exhibit {
        Some(exhibit) => format!("; exhibit {exhibit}"),
        None => format!("; on hold by {}", hold.by),
    }
}

fn count(record: &Record, classes: &[Class], now: i64, old: &mut BTreeMap<usize, Old>) {
    if !record.kind().can_be_erased() {
        return;
    }
    for (at, class) in classes.iter().enumerate() {
        let limit = now.saturating_sub(DAY.saturating_mul(i64::from(class.review_after_days)));
        if record.at.0 < limit && class.has(record) {
            let one = old.entry(at).or_insert(Old {
                count: 0,
                oldest: record.at,
            });
            one.count = one.count.saturating_add(1);
            one.oldest = one.oldest.min(record.at);
        }
    }
}
