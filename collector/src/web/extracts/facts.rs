//! Findings and records as a text that an extract can hold.
//!
//! Promises: plain text, without links; it says which are software's findings and what people decided.

use std::sync::Arc;

use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_report::Record;

use crate::store::casework::{self, Decided};
use crate::store::extracts::{Fact, Source, findings as latest};
use crate::store::findings::{self, Finding};
use crate::store::notes::{self, Note};
use crate::store::{DeviceId, FindingId, PersonId, Read, SqlError, StoreError, devices, reports};

use super::super::decide::Verdict;
use super::super::fault::Fault;
use super::super::notes::kind_words;
use super::super::records;
use super::super::zones::{self, Own, Zones};
use super::super::{Site, facts, groups, words};

/// Findings to choose from.
const FINDINGS: u64 = 100;

/// Notes to choose from.
const NOTES: u64 = 50;

/// Records of a day to choose from.
const RECORDS: usize = 300;

/// What stands behind a fact, as the store has it.
enum Raw {
    Note(Box<Note>),
    Finding(Box<Finding>, Option<Decided>, Option<Arc<Own>>),
    Record(DeviceId, String, Box<Record>, Option<Arc<Own>>),
}

/// What can be chosen: the latest findings, and the records of a day (from a moment up to another).
pub(super) async fn choices(
    site: &Site,
    person: &PersonId,
    day: Option<(i64, i64)>,
    zone: &TimeZone,
) -> Result<Vec<Fact>, Fault> {
    let whose = person.clone();
    let raw = site
        .store
        .read(move |read| {
            let mut raw = Vec::new();
            for id in latest(read, &whose, FINDINGS)? {
                raw.extend(finding(read, &whose, id)?);
            }
            let notes = notes::of_person(read, &whose, NOTES, 0)?.into_iter();
            let notes = notes.filter(|note| note.erased.is_none());
            raw.extend(notes.map(|note| Raw::Note(Box::new(note))));
            if let Some(span) = day {
                raw.extend(of_day(read, &whose, span)?);
            }
            Ok::<_, StoreError>(raw)
        })
        .await?;
    told(site, raw, zone).await
}

/// Those that were chosen; what is not this person's, or not there any more, is left out.
pub(super) async fn chosen(
    site: &Site,
    person: &PersonId,
    sources: Vec<Source>,
    zone: &TimeZone,
) -> Result<Vec<Fact>, Fault> {
    let whose = person.clone();
    let raw = site
        .store
        .read(move |read| {
            let mut raw = Vec::new();
            for source in sources {
                raw.extend(match &source {
                    Source::Finding(id) => match id.parse() {
                        Ok(id) => finding(read, &whose, id)?,
                        Err(_) => None,
                    },
                    Source::Record(device, seq) => match device.parse() {
                        Ok(device) => record(read, &whose, device, *seq)?,
                        Err(_) => None,
                    },
                    Source::Note(id) => notes::get(read, id)?
                        .filter(|note| note.person == whose && note.erased.is_none())
                        .map(|note| Raw::Note(Box::new(note))),
                });
            }
            Ok::<_, StoreError>(raw)
        })
        .await?;
    told(site, raw, zone).await
}

fn finding(read: &Read<'_>, person: &PersonId, id: FindingId) -> Result<Option<Raw>, SqlError> {
    let found = findings::get(read, id)?.filter(|one| one.person == *person);
    let Some(found) = found else {
        return Ok(None);
    };
    let decided = casework::decisions(read, id)?.pop();
    let own = Zones::of(read, found.device)?.at(found.seq);
    Ok(Some(Raw::Finding(Box::new(found), decided, own)))
}

fn record(
    read: &Read<'_>,
    person: &PersonId,
    device: DeviceId,
    seq: u64,
) -> Result<Option<Raw>, SqlError> {
    let owner = devices::get(read, device)?.filter(|one| one.person == *person);
    let report = reports::ending(read, device, seq.saturating_add(1), 1)?;
    let (Some(_), Some(report)) = (owner, report.first()) else {
        return Ok(None);
    };
    let Ok((all, _)) = records::decode(report) else {
        return Ok(None);
    };
    let host = host(read, device)?;
    let own = Zones::of(read, device)?.at(seq);
    let found = all.into_iter().find(|one| one.seq == seq);
    Ok(found.map(|found| Raw::Record(device, host, Box::new(found), own)))
}

fn of_day(read: &Read<'_>, person: &PersonId, span: (i64, i64)) -> Result<Vec<Raw>, SqlError> {
    let ids: Vec<_> = devices::of_person(read, person)?
        .into_iter()
        .map(|device| device.id)
        .collect();
    let gathered = records::gather(read, &ids, span, span.1)?;
    let activity = gathered.records.into_iter();
    let activity = activity.filter(|held| !held.record.kind().is_life_sign());
    let mut raw = Vec::new();
    for held in activity.take(RECORDS) {
        let host = host(read, held.device)?;
        raw.push(Raw::Record(
            held.device,
            host,
            Box::new(held.record),
            held.own,
        ));
    }
    Ok(raw)
}

fn host(read: &Read<'_>, device: DeviceId) -> Result<String, SqlError> {
    let registered = devices::registered(read, device)?;
    Ok(registered.map_or_else(|| device.to_string(), |one| one.host))
}

async fn told(site: &Site, raw: Vec<Raw>, zone: &TimeZone) -> Result<Vec<Fact>, Fault> {
    let mut told = Vec::with_capacity(raw.len());
    for one in raw {
        told.push(match one {
            Raw::Finding(found, decided, own) => {
                let when = when(found.at, zone, own.as_deref());
                of_finding(site, &found, decided, when).await?
            }
            Raw::Note(note) => of_note(&note, zone),
            Raw::Record(device, host, record, own) => {
                let when = when(record.at.0, zone, own.as_deref());
                of_record(device, &host, &record, when)
            }
        });
    }
    Ok(told)
}

async fn of_finding(
    site: &Site,
    found: &Finding,
    decided: Option<Decided>,
    when: String,
) -> Result<Fact, Fault> {
    let text = site.texts.get(found.order).await?;
    let text = text.as_deref();
    let says = text.and_then(|text| text.says(&found.rule));
    let clause = text.and_then(|text| text.clause(&found.clause));
    let mut lines = vec![when];
    if let Some(clause) = clause {
        lines.push(format!("Clause {}: {clause}", found.clause));
    }
    lines.push(format!(
        "Rule {}: {}",
        found.rule,
        words::rule(says, text.is_some(), &found.rule)
    ));
    lines.push(format!(
        "What matched: {}",
        plain(&groups::matched(&found.matched))
    ));
    lines.push(match decided {
        Some(one) => format!(
            "What a person said of it: {}",
            Verdict::words_of(&one.decision.verdict)
        ),
        None => "Software found this; nobody has decided anything.".to_owned(),
    });
    Ok(Fact {
        of: Source::Finding(found.id.to_string()),
        title: words::severity(&found.severity).to_owned(),
        text: lines.join("\n"),
    })
}

fn of_note(note: &Note, zone: &TimeZone) -> Fact {
    let mut lines = vec![
        format!("When: {}", words::full(note.happened, zone)),
        format!("Written by an officer: {}", note.text),
    ];
    if !note.outcome.is_empty() {
        lines.push(format!("What came of it: {}", note.outcome));
    }
    if note.corrects.is_some() {
        lines.push("It puts an earlier note right.".to_owned());
    }
    Fact {
        of: Source::Note(note.id.clone()),
        title: kind_words(note.kind).to_owned(),
        text: lines.join("\n"),
    }
}

/// Whoever reads it elsewhere must not take the time of here for that which the device showed.
fn when(at: i64, zone: &TimeZone, own: Option<&Own>) -> String {
    let (here, there) = (words::full(at, zone), zones::in_full(at, zone, own));
    format!("When, by the device's clock: {here}. {}", plain(&there))
}

fn of_record(device: DeviceId, host: &str, record: &Record, when: String) -> Fact {
    let lines = [
        when,
        format!("What was recorded: {}", plain(&facts::what(record))),
        format!("Device: {host}"),
    ];
    Fact {
        of: Source::Record(device.to_string(), record.seq),
        title: format!("Record {}", record.seq),
        text: lines.join("\n"),
    }
}

/// What markup says, without its tags. Text in it is escaped, so a sign that begins a tag is one.
fn plain(markup: &Markup) -> String {
    let markup = html! { (markup) }.into_string();
    let mut out = String::with_capacity(markup.len());
    let mut inside = false;
    for letter in markup.chars() {
        match letter {
            '<' => inside = true,
            '>' if inside => inside = false,
            _ if inside => {}
            _ => out.push(letter),
        }
    }
    let out = out.replace("&lt;", "<").replace("&gt;", ">");
    let out = out.replace("&quot;", "\"").replace("&amp;", "&");
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_comes_out_of_markup_as_it_went_in(text in ".{0,40}") {
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(plain(&html! { b title=(text) { (text) } }), words);
        }
    }
}
