//! One day of one person: every record that is held, by time, and how much of the day was watched.
//!
//! Promises: a day without records is never shown as a day on which nothing happened; what was not
//! recorded because no clause covers it is counted on the page, as the agent counted it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_report::Fact;
use proviso_report::fact::Heartbeat;
use serde::Deserialize;

use crate::clock;
use crate::digest;
use crate::store::devices;
use crate::store::findings::{self, Finding};
use crate::store::judged::CannotTell;
use crate::store::vault::Blind;
use crate::store::{DeviceId, PersonId, Read, SqlError, StoreError, sealed};

use super::Site;
use super::fault::Fault;
use super::gate::Signed;
use super::head::Tab;
use super::history::{Fields, Filter};
use super::layout::{self, Page};
use super::records::{self, CONFIRMED, Gathered, Held};
use super::{audit, facts, fields, intelligence, notes, unsure, watched, words, zones};

/// Records on one page.
const ROWS: u64 = 200;

/// Which day, and where in it.
#[derive(Deserialize)]
pub(super) struct Wanted {
    day: Option<String>,
    page: Option<u64>,
}

struct Day {
    computers: Vec<(DeviceId, String)>,
    gathered: Gathered,
    findings: BTreeMap<(DeviceId, u64), Vec<Finding>>,
    cannot_tell: Vec<(DeviceId, CannotTell)>,
    blind: Option<Blind>,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
    Query(narrowed): Query<Fields>,
) -> Result<Markup, Fault> {
    let top = site.whose_form(&signed, &id).await?;
    let (id, zone, today) = (top.id.clone(), top.zone.clone(), top.today);
    let day = fields::asked_day(wanted.day.as_deref(), today)?;
    let span = digest::span(day, &zone).ok_or(Fault::Input(
        "the day is too far away; choose one within a few years",
    ))?;
    let filter = site.filter(&signed, &id, &narrowed).await?;
    let on = format!("{day}{}", filter.said());
    site.looks(&signed, audit::SAW_DAY, Some(&id), &on).await?;
    let noted = notes::beside(&site, &signed, &top, span).await?;
    let outside = intelligence::beside(&site, &signed, &top, span).await?;
    let whose = id.clone();
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(gather(read, &whose, day, span)?))
        .await?;
    let page = wanted.page.unwrap_or(1).clamp(1, 1_000_000);
    let body = html! {
        (top.top(&signed, Tab::Timeline))
        h1 { (day.strftime("%A %-d %B %Y").to_string()) }
        (days(&id, day, today))
        (noted)
        (outside)
        div #day data-live { (whole(&found, &id, (day, span), page, (&signed.zone, &zone, &filter))) }
    };
    let whose = id.to_string();
    let about = Page {
        title: &format!("{day} {}", top.person.name),
        person: Some(&whose),
        live: true,
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body))
}

fn gather(
    read: &Read<'_>,
    id: &PersonId,
    day: Date,
    (from, to): (i64, i64),
) -> Result<Day, SqlError> {
    let mut computers = Vec::new();
    for device in devices::of_person(read, id)? {
        let host = devices::registered(read, device.id)?.map(|registered| registered.host);
        computers.push((device.id, host.unwrap_or_else(|| device.id.to_string())));
    }
    let ids: Vec<_> = computers.iter().map(|(id, _)| *id).collect();
    let until = to.saturating_add(CONFIRMED);
    let mut by_record: BTreeMap<_, Vec<Finding>> = BTreeMap::new();
    for finding in findings::of_person(read, id, from, to)? {
        let key = (finding.device, finding.seq);
        by_record.entry(key).or_default().push(finding);
    }
    Ok(Day {
        gathered: records::gather_watched(read, &ids, (from, to), until)?,
        findings: by_record,
        cannot_tell: unsure::of_day(read, id, day)?,
        computers,
        blind: match sealed::index(read, id) {
            // The page says which reports it cannot read without the key.
            Err(SqlError::Vault(_)) => None,
            blind => blind?,
        },
    })
}

fn days(id: &PersonId, day: Date, today: Date) -> Markup {
    let path = format!("/person/{id}/day");
    let link = |day: Date| format!("{path}?day={day}");
    html! {
        nav.days aria-label="Days" {
            @if let Ok(before) = day.yesterday() { a rel="prev" href=(link(before)) { "Day before" } }
            @if let (true, Ok(after)) = (day < today, day.tomorrow()) {
                a rel="next" href=(link(after)) { "Day after" }
            }
            form.inline method="get" action=(path) {
                label { "Day " input type="date" name="day" value=(day) max=(today) required; }
                button type="submit" { "Show" }
            }
        }
    }
}

fn whole(
    found: &Day,
    id: &PersonId,
    (day, span): (Date, (i64, i64)),
    page: u64,
    (zone, days, filter): (&TimeZone, &TimeZone, &Filter),
) -> Markup {
    let rows: Vec<_> = found
        .gathered
        .records
        .iter()
        .filter(|held| filter.kind.is_some() || !matches!(held.record.fact, Fact::Heartbeat(_)))
        .filter(|held| filter.takes_device(held.device))
        .filter(|held| filter.takes(&held.record, found.blind.as_ref()))
        .collect();
    let skip = usize::try_from((page - 1) * ROWS).unwrap_or(usize::MAX);
    let shown: Vec<_> = rows.iter().skip(skip).take(ROWS as usize).collect();
    let more = rows.len().saturating_sub(skip) > shown.len();
    let several = found.computers.len() > 1;
    html! {
        (watched(found, span, zone))
        (unsure::on_day(&found.cannot_tell))
        @for sentence in &found.gathered.unreadable { p.fault { (sentence) } }
        @if found.gathered.erased > 0 {
            p.note {
                (found.gathered.erased) " records that came together with those of this day were erased. \
                 Of which time they were is not known any more; each evidence bundle says who erased \
                 them, when and under which rule."
            }
        }
        @if found.gathered.cut {
            p.note { "This day has more reports than one page can hold; export it to see all." }
        }
        h2 { "What was recorded" }
        (narrowed(id, day, filter))
        @if rows.is_empty() && !filter.is_empty() {
            p.empty { "No record of this day is one of these." }
        } @else if rows.is_empty() {
            p.empty {
                "No record of this day is held. That is not a statement that nothing happened: the \
                 computer may have been off, or may not have been heard from yet."
            }
        } @else {
            p.quiet {
                (words::counted(rows.len() as i128, "record")) ", by the device's clock, told in the time of "
                (words::zone_name(zone)) "."
                @if days != zone { " The day begins and ends in " (words::zone_name(days)) "." }
            }
            ol.records {
                @for held in shown { (row(found, held, several, (zone, day))) }
            }
        }
        (layout::pager(&format!("/person/{id}/day"), &format!("day={day}&{}", filter.query()), page, more))
    }
}

/// What is left out, and the way back to the figures.
fn narrowed(id: &PersonId, day: Date, filter: &Filter) -> Markup {
    let query = filter.query();
    let query = query.trim_end_matches('&');
    html! {
        @if !filter.is_empty() {
            p.note {
                "Not all records of the day are listed" (filter.said()) ". "
                a href={ "/person/" (id) "/day?day=" (day) } { "List all of them" }
            }
        }
        p { a href={ "/person/" (id) "/timeline?view=day&day=" (day) (if query.is_empty() { "" } else { "&" }) (query) } { "Figures of this day" } }
    }
}

fn row(found: &Day, held: &Held, several: bool, (zone, day): (&TimeZone, Date)) -> Markup {
    let none = Vec::new();
    let judged = found.findings.get(&(held.device, held.record.seq));
    let judged = judged.unwrap_or(&none);
    let host = found.computers.iter().find(|(id, _)| *id == held.device);
    html! {
        li.own[judged.iter().any(|one| one.severity != "log")] {
            span.time {
                (zones::of_day(held.record.at.0, zone, day))
                (zones::beside(held.record.at.0, zone, held.own.as_deref()))
            }
            div {
                div.fact { (facts::brief(&held.record)) }
                p.quiet {
                    @if let (true, Some((_, host))) = (several, host) { (host) ". " }
                    (facts::known(held))
                }
                p.quiet { (facts::times(held, zone)) }
                @for finding in judged.iter().filter(|one| one.severity != "log") {
                    p {
                        (layout::tag(&finding.severity, words::severity(&finding.severity))) " "
                        a href={ "/alert/" (finding.id) } {
                            "Clause " (finding.clause) ", rule " (finding.rule)
                        }
                    }
                }
            }
        }
    }
}

/// How much of the day each computer was watched, and what was counted and not kept.
fn watched(found: &Day, span: (i64, i64), zone: &TimeZone) -> Markup {
    let now = clock::now();
    html! {
        section aria-labelledby="watched" {
            h2 #watched { "How much of it was watched" }
            @if found.computers.is_empty() {
                p.empty { "No computer is enrolled, so nothing can be recorded." }
            } @else {
                ul.rows {
                    @for (device, host) in &found.computers {
                        li {
                            b { (host) }
                            @if let Some(watch) = found.gathered.watches.get(device) {
                                (watched::day(watch, span, now, zone))
                            }
                            (counted(found, *device))
                        }
                    }
                }
            }
        }
    }
}

/// What heartbeats count and nobody kept.
fn counted(found: &Day, device: DeviceId) -> Markup {
    let beats = || {
        let own = found.gathered.records.iter();
        own.filter_map(|held| match &held.record.fact {
            Fact::Heartbeat(beat) if held.device == device => Some(beat),
            _ => None,
        })
    };
    let total = |counts: fn(&Heartbeat) -> &BTreeMap<String, u64>| -> u64 {
        beats()
            .flat_map(|beat| counts(beat).values())
            .fold(0, |a, b| a.saturating_add(*b))
    };
    let (uncovered, suppressed) = (
        total(|beat| &beat.uncovered),
        total(|beat| &beat.suppressed),
    );
    html! {
        @if uncovered > 0 {
            p.quiet { (words::counted(i128::from(uncovered), "event")) " not recorded, because no clause covers them." }
        }
        @if suppressed > 0 {
            p.quiet { (words::counted(i128::from(suppressed), "event")) " kept out by exemptions." }
        }
    }
}
