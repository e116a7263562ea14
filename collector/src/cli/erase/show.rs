//! What waits to be erased, for whoever is to confirm it.
//!
//! Promises: the list says of each request who asked, for what and why, and of notes which: from when and by whom. Of
//! what kind something is, and what notes and explanations say, is shown to those alone who see the person, by [`run`],
//! which enters the look; the list is for whoever asks, so it says neither.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use proviso_collector::clock;
use proviso_collector::erasure::away::{self, Away, RecordsAway};
use proviso_collector::erasure::{self, Wanted};
use proviso_collector::plain::{beginning, plain};
use proviso_collector::store::erasures::{self, Request, What};
use proviso_collector::store::notes::Note;
use proviso_collector::store::people::{self, Person};
use proviso_collector::store::staff::by_id;
use proviso_collector::store::{Read, SqlError};
use proviso_collector::web::access::Right;
use proviso_report::bundle::Erased;
use proviso_report::{DeviceId, UnixMs};

use super::{Show, of_notes, signed};
use crate::cli::{Data, audit, moment};

/// Letters of a note or an explanation that are shown.
const BEGINNING: usize = 200;

/// Explanations that are shown.
const SAID: usize = 50;

/// Runs of numbers that are shown, unless all are asked for.
const RUNS: usize = 20;

/// Lists what waits.
pub(super) fn list(data: &Data) -> anyhow::Result<String> {
    let (data, store) = data.open()?;
    let pages = moment::of_pages(&data)?;
    let said = store.read_blocking(|read| {
        let waiting = erasures::waiting(read, clock::now())?;
        let entries = waiting.iter().map(|one| entry(read, &pages, one));
        entries.collect::<anyhow::Result<String>>()
    })?;
    Ok(match said.is_empty() {
        true => "Nothing waits to be confirmed.\n".to_owned(),
        false => said,
    })
}

/// A request as the list has it, and as it is said once more before it is confirmed. `pages`: the zone where there is
/// no order.
pub(super) fn entry(
    read: &Read<'_>,
    pages: &TimeZone,
    request: &Request,
) -> anyhow::Result<String> {
    let person = people::get(read, &request.person)?;
    let whom = person.map_or_else(|| request.person.to_string(), |person| person.pseudonym);
    let (what, which) = match &request.what {
        What::Records { wanted, whole, .. } => {
            let (zone, name) = moment::zone_of(read, pages, &request.person)?;
            let chosen = chosen(wanted.as_ref(), *whole, (&zone, &name), false);
            let what = format!("{} records of", request.what.count());
            (what, format!("    {chosen}\n"))
        }
        What::Notes(_) => {
            let what = format!("{} about", of_notes(request.what.count()));
            let which = match away::away(read, request)? {
                Away::Notes(notes) => notes.iter().map(|note| line(note, false)).collect(),
                Away::Records(_) => String::new(),
            };
            (what, which)
        }
    };
    Ok(format!(
        "{}  asked {} by {}  {what} {whom}  rule: {}  reason: {}\n{which}",
        request.id,
        UnixMs(request.asked),
        asked_by(read, request)?,
        request.rule,
        request.reason
    ))
}

/// Shows one request.
pub(super) fn run(Show { named, all }: Show) -> anyhow::Result<String> {
    let (data, store) = named.data.open()?;
    let by = signed(&store, &named.staff)?;
    let (id, pages) = (named.id, moment::of_pages(&data)?);
    store.write_blocking("show erasure", move |tx| {
        let request = erasure::waiting(tx, &id, UnixMs(clock::now()))?;
        let person = people::get(tx, &request.person)?;
        if let Some(person) = &person {
            super::is_theirs(tx, &by, person)?;
        }
        let zone = moment::zone_of(tx, &pages, &request.person)?;
        let words = Right::Activity.of(by.role);
        let said = told(
            tx,
            &request,
            person.as_ref(),
            (&zone.0, &zone.1),
            (words, all),
        )?;
        audit::enter_by(tx, &by.id, "saw_erasure", Some(&request.person), &id)?;
        Ok(said)
    })
}

/// `words`: whether what people wrote is for whoever asks. `all`: whether every run of numbers is listed.
fn told(
    read: &Read<'_>,
    request: &Request,
    person: Option<&Person>,
    zone: (&TimeZone, &str),
    (words, all): (bool, bool),
) -> anyhow::Result<String> {
    let whom = person.map_or(request.person.as_str(), |person| &person.pseudonym);
    let mut said = format!(
        "Request:  {}\nAsked:    {} by {}\nLapses:   {}\nPerson:   {whom}\nRule:     {}\nReason:   {}\n",
        request.id,
        UnixMs(request.asked),
        asked_by(read, request)?,
        UnixMs(request.lapses()),
        request.rule,
        request.reason
    );
    match away::away(read, request)? {
        Away::Notes(notes) => {
            writeln!(said, "To go:    {}", of_notes(notes.len() as u64))?;
            for note in &notes {
                said += &line(note, words);
                if words {
                    writeln!(said, "      {}", quoted(&note.text))?;
                }
            }
        }
        Away::Records(found) => {
            if let What::Records {
                places,
                wanted,
                whole,
            } = &request.what
            {
                writeln!(said, "To go:    {} records", request.what.count())?;
                writeln!(
                    said,
                    "Chosen:   {}",
                    chosen(wanted.as_ref(), *whole, zone, words)
                )?;
                said += &listed(places, (!all).then_some(&request.id));
            }
            if words {
                said += &of_records(&found)?;
            }
        }
    }
    if !words {
        said += "Administrators see no activity, so what it says is not shown: an offender manager or a supervisor who \
                 sees this person can look.\n";
    }
    Ok(said)
}

/// What records there are, and what the person said among them.
fn of_records(found: &RecordsAway) -> Result<String, std::fmt::Error> {
    let mut said = String::new();
    if let Some((first, last)) = found.span {
        writeln!(
            said,
            "From {} to {}, by the computers' clocks:",
            first.at, last.at
        )?;
    }
    for (kind, count) in &found.kinds {
        writeln!(said, "  {count} {kind}")?;
    }
    if !found.said.is_empty() {
        writeln!(said, "Among them is what the person said for themselves:")?;
    }
    for one in found.said.iter().take(SAID) {
        writeln!(
            said,
            "  {}  {}  {}: {}",
            one.stated.device,
            one.stated.seq,
            one.stated.at,
            quoted(&one.text)
        )?;
    }
    match found.said.len().saturating_sub(SAID) {
        0 => {}
        more => writeln!(said, "  and {more} more")?,
    }
    Ok(said)
}

/// Which note, without its words. `kinds`: whether whoever asks may know of what kind it is.
fn line(note: &Note, kinds: bool) -> String {
    format!(
        "    {}  {} of {}, written by {} at {}\n",
        note.id,
        if kinds { note.kind.as_str() } else { "a note" },
        UnixMs(note.happened),
        note.staff_name,
        UnixMs(note.at)
    )
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", plain(&beginning(text, BEGINNING)))
}

/// By what records were chosen. `kinds`: whether whoever asks may know of what kinds.
fn chosen(
    wanted: Option<&Wanted>,
    whole: bool,
    (zone, name): (&TimeZone, &str),
    kinds: bool,
) -> String {
    if whole {
        return "all that the person did; the key goes as well".to_owned();
    }
    let Some(wanted) = wanted else {
        return "by their numbers".to_owned();
    };
    let mut parts = Vec::new();
    if let Some(before) = wanted.before {
        let before = moment::both(before.0, zone, name);
        parts.push(format!("of a time before {before}"));
    }
    if !wanted.kinds.is_empty() && !kinds {
        parts.push("by their kind".to_owned());
    } else if !wanted.kinds.is_empty() {
        let kinds: Vec<_> = wanted.kinds.iter().map(|kind| kind.as_str()).collect();
        parts.push(format!("of kind {}", kinds.join(" or ")));
    }
    if !wanted.clauses.is_empty() {
        parts.push(format!(
            "under clause {} and no other",
            wanted.clauses.join(" or ")
        ));
    }
    if !wanted.records.is_empty() {
        parts.push("by their numbers".to_owned());
    }
    parts.join(", ")
}

/// The places of records, by computer: all of them, or those that begin the list of this request.
pub(super) fn listed(records: &[Erased], of: Option<&String>) -> String {
    let runs = records
        .iter()
        .flat_map(|one| one.places.runs().iter().map(move |run| (one.device, run)));
    let most = of.map_or(usize::MAX, |_| RUNS);
    let line =
        |(device, [first, last]): (DeviceId, &[u64; 2])| format!("  {device}  {first} to {last}\n");
    let mut text: String = runs.clone().take(most).map(line).collect();
    let more = runs.skip(most).count();
    if let Some(id) = of.filter(|_| more > 0) {
        text +=
            &format!("  and {more} more: proviso-collector erase show {id} --staff NAME --all\n");
    }
    text
}

fn asked_by(read: &Read<'_>, request: &Request) -> Result<String, SqlError> {
    let found = by_id(read, &request.staff)?;
    Ok(found.map_or_else(|| request.staff.clone(), |by| by.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_runs_the_first_are_listed_and_where_the_others_are() {
        let device = DeviceId([7; 16]);
        let runs = |count: u64| {
            let places = (0..count).map(|run| run * 2).collect();
            [Erased { device, places }]
        };
        let id = "1".repeat(32);
        let said = listed(&runs(23), Some(&id));
        assert_eq!(said.lines().count(), RUNS + 1, "{said}");
        let last = format!("  and 3 more: proviso-collector erase show {id} --staff NAME --all\n");
        assert!(said.ends_with(&last), "{said}");
        assert_eq!(listed(&runs(23), None).lines().count(), 23);
        let few = listed(&runs(20), Some(&id));
        assert!(few.lines().count() == 20 && !few.contains("more"), "{few}");
    }
}
