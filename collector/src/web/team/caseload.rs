//! The caseload: every device of one's people, sorted by what needs a person.
//!
//! Promises: nobody drops out of the list because nothing is wrong; a device that talks and sends no records,
//! or holds another order than the one in force, is never shown as one with nothing to see.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::natural::natural;
use crate::store::battery::{self as days, Day};
use crate::store::caseload::{self, Standing};
use crate::store::conditions::{self, Condition};
use crate::store::overview::{self as counted, LogSeen, Waiting};
use crate::store::people::{self, Person};
use crate::store::signs::{self, Tamper};
use crate::store::{PersonId, Read, SqlError, StoreError, sealed, sight};

use super::super::fault::Fault;
use super::super::gate::Signed;
use super::super::govuk::{self, Head};
use super::super::layout::{self, PER_PAGE, Page};
use super::super::stuck::Stuck;
use super::super::{Site, audit, lapses, overview, queue, unreadable, words};
use super::battery;
use super::devices::{self, Behind};

/// Days in the row of marks, today included.
const DAYS: i64 = 14;

/// How long a sign of tampering lifts its person in the list, in milliseconds.
const FRESH: i64 = 14 * 24 * 60 * 60_000;

/// Signs of tampering read of one person.
const SIGNS: u64 = 50;

/// Where in the list, and of whom.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    page: Option<u64>,
    /// Only this officer's.
    officer: Option<String>,
}

/// Everything the page shows, from one snapshot.
struct Found {
    people: Vec<Somebody>,
    total: usize,
    needing: usize,
    newest: Option<[u64; 3]>,
    more: bool,
}

struct Somebody {
    person: Person,
    officer: Option<String>,
    waiting: Waiting,
    incidents: u64,
    tampered: u64,
    need: Need,
    /// Their key is missing.
    unreadable: bool,
    devices: Vec<Seen>,
    signs: Vec<Tamper>,
}

struct Seen {
    standing: Standing,
    log: LogSeen,
    conditions: Vec<Condition>,
    days: Vec<(Date, Day)>,
}

/// How much somebody needs a person; sorts by urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Urgent,
    Breach,
    Tampered,
    Review,
    Unreadable,
    Unwatched,
    Silent,
    Behind,
    Nothing,
}

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Fault> {
    let officer = wanted.officer.filter(|id| !id.is_empty());
    site.looks(
        &signed,
        audit::SAW_CASELOAD,
        None,
        officer.as_deref().unwrap_or_default(),
    )
    .await?;
    let (page, skip) = layout::skip(wanted.page);
    let now = clock::now();
    let (staff, whose, zone) = (signed.staff.clone(), officer.clone(), site.zone.clone());
    let mut found = site
        .store
        .read(move |read| {
            let about = (staff.as_str(), now);
            Ok::<_, StoreError>(gather(read, about, whose.as_deref(), &zone, skip)?)
        })
        .await?;
    mark_days(&site, &mut found.people, now).await?;
    let query = officer.as_ref().map(|id| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("officer", id);
        format!("{}&", query.finish())
    });
    let body = html! {
        div #caseload data-live {
            h1 { "Caseload" }
            p.summary {
                (queue::people_words(found.total as u64)) " in all, "
                (found.needing) " with something that needs a person. Who needs one most stands first."
            }
            @if officer.is_some() { p { "One officer's people only. " a href="/caseload" { "All that you see" } } }
            @if found.people.is_empty() { p.empty { "Nobody is on this page." } }
            ul.cards { @for somebody in &found.people { (card(&signed.zone, somebody, found.newest, now)) } }
            (layout::pager("/caseload", query.as_deref().unwrap_or_default(), page, found.more))
        }
    };
    let about = Page {
        title: "Caseload",
        here: "/caseload",
        live: true,
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body))
}

fn gather(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    officer: Option<&str>,
    zone: &TimeZone,
    skip: u64,
) -> Result<Found, SqlError> {
    let today = words::midnight(words::date(now, zone), zone).unwrap_or(now);
    let own = sight::people(read, staff, now)?;
    let officers = caseload::officers(read, (staff, now))?;
    let mut standings = caseload::standings(read, (staff, now))?;
    let mut waiting = counted::waiting(read, (staff, now))?;
    let incidents = counted::incidents(read, (staff, now), now - FRESH)?;
    let tampered = caseload::tampered(read, (staff, now), now - FRESH)?;
    let newest = devices::newest(&signs::versions(read)?);
    let unreadable = sealed::unreadable(read)?;
    let mut lapsed: BTreeMap<PersonId, Vec<Condition>> = BTreeMap::new();
    for condition in conditions::of_late(read, (staff, now), today)? {
        lapsed
            .entry(condition.person.clone())
            .or_default()
            .push(condition);
    }
    let mut all = Vec::new();
    for person in people::all(read)? {
        let case = officers.get(&person.id);
        if !own.contains(&person.id) || officer.is_some_and(|id| case.is_none_or(|own| own != id)) {
            continue;
        }
        let mut lapsed = lapsed.remove(&person.id).unwrap_or_default();
        let mut seen = Vec::new();
        for standing in standings.remove(&person.id).unwrap_or_default() {
            let of = |one: &Condition| one.device == standing.device;
            seen.push(Seen {
                log: counted::log(read, standing.device, &person.id, standing.enrolled)?,
                conditions: lapsed.extract_if(.., |one| of(one)).collect(),
                days: Vec::new(),
                standing,
            });
        }
        let mut somebody = Somebody {
            officer: case.cloned(),
            waiting: waiting.remove(&person.id).unwrap_or_default(),
            incidents: incidents.get(&person.id).copied().unwrap_or(0),
            tampered: tampered.get(&person.id).copied().unwrap_or(0),
            need: Need::Nothing,
            unreadable: unreadable.contains(&person.id),
            devices: seen,
            signs: Vec::new(),
            person,
        };
        somebody.need = somebody.need(newest, now);
        all.push(somebody);
    }
    all.sort_by(|a, b| {
        let key = |one: &Somebody| (one.need, one.waiting.oldest);
        key(a)
            .cmp(&key(b))
            .then_with(|| natural(&a.person.pseudonym, &b.person.pseudonym))
    });
    let (total, needing) = (
        all.len(),
        all.iter().filter(|one| one.need != Need::Nothing).count(),
    );
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let more = total.saturating_sub(skip) > PER_PAGE as usize;
    let mut people: Vec<_> = all.into_iter().skip(skip).take(PER_PAGE as usize).collect();
    for somebody in &mut people {
        somebody.signs = signs::tampered(read, &somebody.person.id, now - FRESH, SIGNS)?;
    }
    Ok(Found {
        people,
        total,
        needing,
        newest,
        more,
    })
}

/// Reads the last days of each device. Days are those of the person's order, as on the person's own pages.
async fn mark_days(site: &Site, people: &mut [Somebody], now: i64) -> Result<(), Fault> {
    let mut asked = Vec::new();
    for seen in people.iter().flat_map(|one| &one.devices) {
        let standing = &seen.standing;
        let text = match standing.current {
            Some((order, _)) => site.texts.get(order).await?,
            None => None,
        };
        let zone = text.as_ref().map_or(&site.zone, |text| &text.zone);
        let dates = dates(words::date(now, zone), zone);
        asked.push((standing.device, standing.enrolled, dates));
    }
    let read = move |read: &Read<'_>| {
        let each = asked
            .iter()
            .map(|(device, enrolled, dates)| days::of_device(read, *device, *enrolled, dates, now));
        Ok::<_, StoreError>(each.collect::<Result<Vec<_>, SqlError>>()?)
    };
    let days = site.store.read(read).await?;
    let devices = people.iter_mut().flat_map(|one| &mut one.devices);
    for (seen, days) in devices.zip(days) {
        seen.days = days;
    }
    Ok(())
}

/// The last days, each with its first moment, and the first moment of tomorrow.
fn dates(today: Date, zone: &TimeZone) -> Vec<(Date, i64)> {
    (1 - DAYS..=1)
        .filter_map(|offset| {
            let date = today
                .checked_add(jiff::Span::new().try_days(offset).ok()?)
                .ok()?;
            Some((date, words::midnight(date, zone)?))
        })
        .collect()
}

impl Somebody {
    fn need(&self, newest: Option<[u64; 3]>, now: i64) -> Need {
        let has = |severity: &str| self.waiting.by_severity.contains_key(severity);
        let stuck = || self.devices.iter().filter_map(Seen::stuck);
        if has("urgent") {
            Need::Urgent
        } else if has("breach") {
            Need::Breach
        } else if self.tampered > 0
            || self.incidents > 0
            || stuck().any(|one| matches!(one, Stuck::Refused(_)))
        {
            Need::Tampered
        } else if self.waiting.count() > 0 {
            Need::Review
        } else if self.unreadable {
            Need::Unreadable
        } else if self.devices.iter().any(|one| !one.conditions.is_empty()) {
            Need::Unwatched
        } else if self.devices.is_empty()
            || stuck().next().is_some()
            || self
                .devices
                .iter()
                .any(|one| one.silent(now) || one.standing.current.is_none())
        {
            Need::Silent
        } else if self.devices.iter().any(|one| one.behind(newest)) {
            Need::Behind
        } else {
            Need::Nothing
        }
    }
}

impl Seen {
    fn stuck(&self) -> Option<Stuck> {
        let heard = self.standing.heard.unwrap_or(self.standing.enrolled);
        Stuck::of(self.log, heard)
    }

    fn silent(&self, now: i64) -> bool {
        let heard = self.standing.heard.unwrap_or(self.standing.enrolled);
        now - heard > overview::SILENT
    }

    fn behind(&self, newest: Option<[u64; 3]>) -> bool {
        let behind = Behind::of(&self.standing, newest);
        behind.order || behind.version
    }
}

impl Need {
    const fn words(self) -> &'static str {
        match self {
            Self::Urgent => "an urgent possible breach",
            Self::Breach => "a possible breach",
            Self::Tampered => "signs of tampering, or a log in doubt",
            Self::Review => "something for review",
            Self::Unreadable => "what they did cannot be read",
            Self::Unwatched => "not watched in full today, or not now",
            Self::Silent => "silent, stuck or not set up",
            Self::Behind => "behind with its order or its agent",
            Self::Nothing => "nothing that needs a person now",
        }
    }
}

fn card(zone: &TimeZone, somebody: &Somebody, newest: Option<[u64; 3]>, now: i64) -> Markup {
    let person = &somebody.person;
    html! {
        li aria-labelledby={ "p-" (person.id) } {
            h2 id={ "p-" (person.id) } {
                a href={ "/person/" (person.id) } { (person.name) } " " small { (person.pseudonym) }
            }
            p {
                "Why here: " (somebody.need.words()) "."
                @if somebody.unreadable { " " (layout::tag("urgent", unreadable::MARK)) }
                @if somebody.officer.is_none() { " " (layout::tag("review", "Nobody's case")) }
                @if somebody.waiting.count() > 0 {
                    " " (words::possible_breaches(somebody.waiting.count())) " waiting"
                    @if let Some(oldest) = somebody.waiting.oldest { ", the oldest opened " (words::ago(oldest, now)) }
                    "."
                }
                @if somebody.incidents > 0 {
                    " " (layout::tag("urgent", &words::counted(i128::from(somebody.incidents), "log incident")))
                }
            }
            @if somebody.devices.is_empty() {
                p { (layout::tag("review", "No device")) " No computer is enrolled, so nothing can be recorded." }
            } @else {
                (table(somebody, newest, zone, now))
            }
        }
    }
}

fn table(somebody: &Somebody, newest: Option<[u64; 3]>, zone: &TimeZone, now: i64) -> Markup {
    let heads = [
        Head::Text("Device"),
        Head::Text("Last contact"),
        Head::Text("Agent"),
        Head::Text("Order"),
        Head::Text("What is wrong"),
        Head::Text("Last 14 days"),
    ];
    let rows: Vec<_> = somebody
        .devices
        .iter()
        .map(|seen| line(seen, &somebody.signs, newest, zone, now))
        .collect();
    let caption = format!("Devices of {}", somebody.person.pseudonym);
    govuk::table(&caption, &heads, &rows)
}

fn line(
    seen: &Seen,
    signs: &[Tamper],
    newest: Option<[u64; 3]>,
    zone: &TimeZone,
    now: i64,
) -> Vec<Markup> {
    let standing = &seen.standing;
    let id = standing.device.to_string();
    let name = standing.host.clone().unwrap_or_else(|| id.clone());
    let behind = Behind::of(standing, newest);
    let signs: Vec<_> = signs
        .iter()
        .filter(|one| one.device == standing.device)
        .collect();
    vec![
        html! { (name) " " small { code { (id.get(..8).unwrap_or(&id)) } } },
        devices::contact(standing, seen.stuck(), zone, now),
        devices::version(standing, behind),
        devices::order(standing, behind),
        html! {
            @if signs.is_empty() && seen.conditions.is_empty() { "Nothing known." }
            (devices::tampered(&signs, zone))
            (lapses::of_late(&seen.conditions, zone, now))
        },
        battery::row(&seen.days, &name),
    ]
}
