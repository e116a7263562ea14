//! One person: what waits, their devices and order, what was decided, what of it is on hold.
//!
//! Promises: nothing waiting is never shown as no breach; incidents and old decisions never vanish.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::order_text::OrderText;
use crate::store::cases::Stage;
use crate::store::casework::{self, Decided};
use crate::store::devices::{self, Device, DeviceState, Registered};
use crate::store::epochs::{self, Epoch};
use crate::store::holds::{self, Hold};
use crate::store::incidents::{self, Incident};
use crate::store::overview::LogSeen;
use crate::store::people::{self, Person};
use crate::store::{self, DeviceId, PersonId, Read, SqlError, StoreError};

use super::Site;
use super::decide::Verdict;
use super::fault::Fault;
use super::gate::Signed;
use super::head::{self, Tab};
use super::layout::{self, PER_PAGE, Page};
use super::queue::{self, Line};
use super::stuck::Stuck;
use super::{audit, export, let_in, on_hold, overview, unsure, words};

/// Decisions shown.
const DECISIONS: u64 = 20;

/// Where in the list of what waits.
#[derive(Deserialize)]
pub(super) struct Wanted {
    page: Option<u64>,
}

/// A log of a computer.
type Seen = (Device, Option<Registered>, LogSeen, Epoch);

struct Found {
    person: Person,
    cases: Vec<Line>,
    incidents: Vec<Incident>,
    devices: Vec<Seen>,
    decisions: Vec<Decided>,
    holds: Vec<Hold>,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Fault> {
    let top = site.whose(&signed, &id, audit::SAW_PERSON, "").await?;
    let id = top.id.clone();
    let (page, skip) = layout::skip(wanted.page);
    let whose = id.clone();
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(gather(read, &whose, skip)?))
        .await?
        .ok_or(head::MISSING)?;
    let (text, zone) = (top.text.as_deref(), &signed.zone);
    let now = clock::now();
    let waiting = waiting(&site, &id, &found, page, (zone, now)).await?;
    let (whose, today) = (id.clone(), top.today);
    let unchecked = site
        .store
        .read(move |read| Ok::<_, StoreError>(unsure::of_late(read, &whose, today)?))
        .await?;
    let body = html! {
        (top.top(&signed, Tab::Overview))
        @if !found.person.note.is_empty() { p { (found.person.note) } }
        (on_hold::said(&found.holds, zone))
        div #waiting data-live { (waiting) }
        div #log data-live { (log_incidents(zone, &found.incidents)) }
        div #devices data-live { (devices_table(zone, &found.devices, now)) }
        div #unchecked data-live { (unsure::lately(&unchecked)) }
        (days(&id, today))
        (order_words(text))
        (decided(zone, &found.decisions))
        (let_in::section(&site, &signed, &id).await?)
        (export::form(&site, &signed, &id, &top.zone, today))
        p { a href={ "/audit?person=" (id) } { "Who looked at this person's data" } }
    };
    let whose = id.to_string();
    let about = Page {
        title: &found.person.name,
        person: Some(&whose),
        live: true,
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body))
}

fn gather(read: &Read<'_>, id: &PersonId, skip: u64) -> Result<Option<Found>, SqlError> {
    let Some(person) = people::get(read, id)? else {
        return Ok(None);
    };
    let mut with_names = Vec::new();
    for device in devices::of_person(read, id)? {
        let registered = devices::registered(read, device.id)?;
        let log = store::overview::log(read, device.id, id, device.enrolled)?;
        let epoch = epochs::get(read, device.id)?.unwrap_or_default();
        with_names.push((device, registered, log, epoch));
    }
    Ok(Some(Found {
        person,
        cases: queue::of_person(read, id, PER_PAGE + 1, skip)?,
        incidents: incidents::told(read, id)?,
        devices: with_names,
        decisions: casework::decisions_of(read, id, DECISIONS)?,
        holds: holds::of_person(read, id)?,
    }))
}

async fn waiting(
    site: &Site,
    id: &PersonId,
    found: &Found,
    page: u64,
    (zone, now): (&TimeZone, i64),
) -> Result<Markup, Fault> {
    let more = found.cases.len() as u64 > PER_PAGE;
    let (mut lines, mut decided) = (Vec::new(), Vec::new());
    for line in found.cases.iter().take(PER_PAGE as usize) {
        let of = if line.case.stage == Stage::Waits {
            &mut lines
        } else {
            &mut decided
        };
        of.push(line.show(site, (zone, now), false).await?);
    }
    Ok(html! {
        section aria-labelledby="waits" {
            h2 #waits data-open=(lines.len()) { "Waiting for a person" }
            @if lines.is_empty() {
                p.empty {
                    "Nothing is waiting. That is not a statement that there was no breach: see \
                     below when each device was last heard."
                }
            } @else {
                ul.cards { @for line in &lines { (line) } }
            }
            @if !decided.is_empty() {
                h3 { "Decided cases" }
                ul.cards { @for line in &decided { (line) } }
            }
            (layout::pager(&format!("/person/{id}"), "", page, more))
        }
    })
}

fn log_incidents(zone: &TimeZone, all: &[Incident]) -> Markup {
    html! {
        @if !all.is_empty() {
            section.trouble aria-labelledby="incidents" {
                h2 #incidents { "Incidents in a device's log" }
                ul {
                    @for incident in all {
                        li {
                            b { (incident.kind.words()) } ", "
                            (words::moment(incident.at, zone)) ", device "
                            code { (short(&incident.device.to_string())) } ". " (incident.detail)
                        }
                    }
                }
            }
        }
    }
}

fn devices_table(zone: &TimeZone, all: &[Seen], now: i64) -> Markup {
    html! {
        section aria-labelledby="computers" {
            h2 #computers { "Devices" }
            @if all.is_empty() {
                p.empty { "No computer is enrolled, so nothing can be recorded." }
            } @else {
                ul.rows {
                    // A computer is shown once, with the logs that it had before.
                    @for (device, registered, log, _) in all.iter().filter(|one| !is_closed(one)) {
                        li {
                            b { (registered.as_ref().map_or("not in the register", |one| &one.host)) }
                            " " small { code { (short(&device.id.to_string())) } }
                            p { (heard(zone, device, *log, now)) }
                            @for before in before(all, device.id) {
                                p {
                                    (layout::tag("review", "New log")) " It goes on where the log "
                                    code { (short(&before.id.to_string())) } " was broken off, of which "
                                    (words::counted(i128::from(before.size), "record"))
                                    " are kept: see the incidents above."
                                }
                            }
                            p.quiet {
                                (words::counted(i128::from(device.size), "record")) " held. Enrolled "
                                (words::moment(device.enrolled, zone)) ". Agent "
                                (device.agent_version) " on " (device.platform) "."
                                @if let Some(one) = registered {
                                    @if !one.accounts.is_empty() {
                                        " Accounts: " (one.accounts.join(", ")) "."
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn is_closed((device, ..): &Seen) -> bool {
    device.state == DeviceState::BrokenOff
}

/// The logs that a computer had before this one, the latest first.
fn before(all: &[Seen], log: DeviceId) -> Vec<&Device> {
    let find = |id: DeviceId| all.iter().find(|(device, ..)| device.id == id);
    let mut found = Vec::new();
    let mut next = find(log).and_then(|(.., epoch)| epoch.follows);
    // As many as there are: a circle would be a damaged store.
    while let Some((device, _, _, epoch)) = next.and_then(find).filter(|_| found.len() < all.len())
    {
        found.push(device);
        next = epoch.follows;
    }
    found
}

fn heard(zone: &TimeZone, device: &Device, log: LogSeen, now: i64) -> Markup {
    let active = device.state == DeviceState::Active;
    let heard = device.last_contact.unwrap_or(device.enrolled);
    let stuck = Stuck::of(log, heard).filter(|_| active);
    html! {
        @if let Some(stuck) = stuck { (stuck.words(zone, now)) }
        @match (device.state, device.last_contact) {
            (DeviceState::Retired, _) => { (layout::tag("review", "Retired")) " No longer in service." }
            (DeviceState::BrokenOff, _) => { "Closed: it goes on in another log." }
            (DeviceState::Active, None) => { (layout::tag("review", "Never heard")) " Nothing heard since it was enrolled." }
            (DeviceState::Active, Some(at)) => {
                @if now - at > overview::SILENT { (layout::tag("review", "Silent")) " " }
                "Last heard " (words::moment(at, zone)) ", " (words::ago(at, now)) "."
            }
        }
    }
}

fn days(id: &PersonId, today: Date) -> Markup {
    let path = format!("/person/{id}/day");
    html! {
        section aria-labelledby="timeline" {
            h2 #timeline { "Day by day" }
            p { a href=(path) { "What was recorded today" } }
            form.inline method="get" action=(path) {
                label { "Another day " input type="date" name="day" value=(today) max=(today) required; }
                button type="submit" { "Show" }
            }
        }
    }
}

fn order_words(text: Option<&OrderText>) -> Markup {
    html! {
        section aria-labelledby="order" {
            h2 #order { "Order" }
            @match text {
                None => p.empty { "No order is assigned, so nothing may be recorded." },
                Some(text) => {
                    p {
                        (text.id) ", version " (text.version)
                        @if let (Some(starts), Some(ends)) = &text.days {
                            ", from " (starts) " to " (ends)
                        }
                        "."
                    }
                    details {
                        summary { "The clauses in the court's words" }
                        dl {
                            @for (id, words) in text.clauses() {
                                dt { "Clause " (id) }
                                dd { blockquote { (words) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn decided(zone: &TimeZone, all: &[Decided]) -> Markup {
    html! {
        section aria-labelledby="decisions" {
            h2 #decisions { "Latest decisions" }
            @if all.is_empty() {
                p.empty { "Nobody has decided anything about this person yet." }
            } @else {
                ul.rows {
                    @for one in all {
                        li {
                            a href={ "/alert/" (one.decision.finding) } {
                                (Verdict::words_of(&one.decision.verdict))
                            }
                            " " span.quiet {
                                (one.staff_name) ", " (words::moment(one.decision.at, zone))
                            }
                            @if !one.decision.reason.is_empty() {
                                p.reason { (one.decision.reason) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn short(id: &str) -> String {
    id.chars().take(8).collect()
}
