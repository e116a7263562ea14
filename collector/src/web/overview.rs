//! The overview: everybody, sorted by who needs a person first.
//!
//! Promises: possible breaches that wait stand first, worst and oldest on top; then what is silent
//! or broken; then the rest. Alerts that could not be delivered are said at the top. An old alert
//! never drops out of sight because newer ones came.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::casework::{self, Group};
use crate::store::conditions::{self, Condition};
use crate::store::outbox::{self, ChannelState};
use crate::store::overview::{self, DeviceSeen, Waiting};
use crate::store::people::{self, Person};
use crate::store::{PersonId, Read, SqlError, StoreError, sight};

use super::Site;
use super::access::{self, Right};
use super::fault::Fault;
use super::gate::Signed;
use super::groups;
use super::lapses;
use super::layout::{self, PER_PAGE, Page};
use super::stuck::Stuck;
use super::{audit, words};

/// A device not heard from for this long is shown as silent, in milliseconds.
pub(super) const SILENT: i64 = 24 * 60 * 60_000;

/// How long an incident lifts its person to the top, in milliseconds.
const FRESH: i64 = 7 * 24 * 60 * 60_000;

/// Lines of alerts under each name.
const LINES: u64 = 3;

/// Where in the list.
#[derive(Deserialize)]
pub(super) struct Wanted {
    page: Option<u64>,
}

/// Everything the page shows, from one snapshot.
struct Everybody {
    people: Vec<Somebody>,
    total: Totals,
    trouble: Vec<(ChannelState, Option<String>)>,
    more: bool,
}

#[derive(Default)]
struct Totals {
    people: usize,
    alerts: u64,
    open: u64,
    concerned: usize,
    silent: usize,
    stuck: usize,
    unwatched: usize,
}

struct Somebody {
    person: Person,
    waiting: Waiting,
    incidents: u64,
    ordered: bool,
    devices: Vec<DeviceSeen>,
    /// What is wrong with watching, or was today.
    conditions: Vec<Condition>,
    need: Need,
    groups: Vec<Group>,
    more: bool,
}

/// How much somebody needs a person; sorts by urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Urgent,
    Breach,
    Incident,
    Review,
    Unwatched,
    Silent,
    Nothing,
}

/// The three parts of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Decide,
    Silent,
    Rest,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    if !Right::Queue.of(signed.role) {
        return Ok(Redirect::to(access::home(signed.role)).into_response());
    }
    site.looks(&signed, audit::SAW_OVERVIEW, None, "").await?;
    let (page, skip) = layout::skip(wanted.page);
    let now = clock::now();
    let today = words::midnight(words::date(now, &site.zone), &site.zone).unwrap_or(now);
    let staff = signed.staff.clone();
    let all = site
        .store
        .read(move |read| Ok::<_, StoreError>(gather(read, &staff, (today, now), skip)?))
        .await?;
    let body = html! {
        div #overview data-live {
            h1 { "Overview" }
            (summary(&all))
            (trouble(&site, &all.trouble, now))
            @if all.total.people == 0 {
                p.empty {
                    "Nobody is entered yet. Add a person with " code { "proviso-collector person add" }
                    ", give them an order with " code { "order put" }
                    " and enrol a computer with the token from " code { "token" } "."
                }
            }
            @for part in [Part::Decide, Part::Silent, Part::Rest] {
                (section(&site, part, &all, page, now).await?)
            }
            (layout::pager("/", "", page, all.more))
        }
    };
    let title = match all.total.alerts {
        0 => "Overview".to_owned(),
        alerts => format!("({alerts}) Overview"),
    };
    let about = Page {
        title: &title,
        here: "/",
        live: true,
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body).into_response())
}

/// `today`: since when conditions that are over are shown.
fn gather(
    read: &Read<'_>,
    staff: &str,
    (today, now): (i64, i64),
    skip: u64,
) -> Result<Everybody, SqlError> {
    let own = sight::people(read, staff, now)?;
    let mut waiting = overview::waiting(read)?;
    let incidents = overview::incidents(read, now - FRESH)?;
    let ordered: BTreeSet<PersonId> = overview::ordered(read)?.into_iter().collect();
    let mut devices: BTreeMap<PersonId, Vec<DeviceSeen>> = BTreeMap::new();
    for device in overview::devices(read)? {
        devices
            .entry(device.person.clone())
            .or_default()
            .push(device);
    }
    let mut conditions: BTreeMap<PersonId, Vec<Condition>> = BTreeMap::new();
    for condition in conditions::of_late(read, today)? {
        let of = conditions.entry(condition.person.clone()).or_default();
        of.push(condition);
    }
    let mut people: Vec<_> = people::all(read)?
        .into_iter()
        .filter(|person| own.contains(&person.id))
        .map(|person| {
            let mut somebody = Somebody {
                waiting: waiting.remove(&person.id).unwrap_or_default(),
                incidents: incidents.get(&person.id).copied().unwrap_or(0),
                ordered: ordered.contains(&person.id),
                devices: devices.remove(&person.id).unwrap_or_default(),
                conditions: conditions.remove(&person.id).unwrap_or_default(),
                need: Need::Nothing,
                groups: Vec::new(),
                more: false,
                person,
            };
            somebody.need = somebody.need(now);
            somebody
        })
        .collect();
    let total = Totals {
        people: people.len(),
        alerts: people.iter().map(|one| one.waiting.count()).sum(),
        open: people.iter().map(|one| one.waiting.open).sum(),
        concerned: people.iter().filter(|one| one.waiting.count() > 0).count(),
        silent: people
            .iter()
            .filter(|one| one.silent(now).is_some())
            .count(),
        stuck: people
            .iter()
            .filter(|one| one.stuck().next().is_some())
            .count(),
        unwatched: people
            .iter()
            .filter(|one| !one.conditions.is_empty())
            .count(),
    };
    people.sort_by(|a, b| {
        let key = |one: &Somebody| (one.need, one.waiting.oldest, one.silent(now));
        let by_name = a.person.name.cmp(&b.person.name);
        key(a).cmp(&key(b)).then(by_name)
    });
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let page = PER_PAGE as usize;
    let more = people.len().saturating_sub(skip) > page;
    let mut people: Vec<_> = people.into_iter().skip(skip).take(page).collect();
    for somebody in people.iter_mut().filter(|one| one.waiting.count() > 0) {
        somebody.groups = casework::groups_of(read, &somebody.person.id, LINES + 1, 0)?;
        somebody.more = somebody.groups.len() as u64 > LINES;
        somebody.groups.truncate(LINES as usize);
    }
    let mut trouble = Vec::new();
    for state in outbox::waiting(read)? {
        let why = outbox::last_failure(read, &state.channel)?;
        trouble.push((state, why));
    }
    Ok(Everybody {
        people,
        total,
        trouble,
        more,
    })
}

fn summary(all: &Everybody) -> Markup {
    let total = &all.total;
    html! {
        p.summary data-open=(total.alerts) {
            @if total.alerts == 0 {
                "No possible breach is waiting for a person. That is not a statement that there "
                "was none: look at how long each device was silent."
            } @else {
                b { (words::possible_breaches(total.alerts)) }
                " of " (people_words(total.concerned)) " waiting for a person"
                @if total.open < total.alerts {
                    ", of which somebody is looking into " (total.alerts - total.open)
                }
                ". " a href="/alerts" { "See them all" }
            }
            @if total.silent > 0 {
                " " (people_words(total.silent)) " with a silent device."
            }
            @if total.unwatched > 0 {
                " " (people_words(total.unwatched)) " not watched in full today, or not now."
            }
            @if total.stuck > 0 {
                " " (people_words(total.stuck)) " with a device whose log does not go on."
            }
        }
    }
}

fn trouble(site: &Site, trouble: &[(ChannelState, Option<String>)], now: i64) -> Markup {
    let failing = trouble
        .iter()
        .filter(|(state, _)| state.failing > 0 || !site.has(&state.channel));
    let failing: Vec<_> = failing.collect();
    html! {
        @if !failing.is_empty() {
            section.trouble aria-labelledby="trouble" {
                h2 #trouble { "Alerts that did not reach people by mail or webhook" }
                p { "They stand on this page all the same. Each is tried again until it is delivered." }
                ul {
                    @for (state, why) in failing {
                        li {
                            b { (site.way(&state.channel)) }
                            ": " (words::counted(i128::from(state.waiting), "alert")) " waiting"
                            @if let Some(oldest) = state.oldest {
                                ", the oldest since " (words::moment(oldest, &site.zone))
                            }
                            ". "
                            @if let Some(why) = why {
                                (super::fault::sentence(why)) " "
                            }
                            @if !site.has(&state.channel) {
                                "It is no longer in the configuration: put it back, or decide these \
                                 alerts here. "
                            } @else if let Some(wait) = words::span(state.next_try - now) {
                                "Next try in " (wait) "."
                            }
                        }
                    }
                }
            }
        }
        @if site.ways.is_empty() {
            p.note {
                "No mail or webhook is set up: alerts appear on these pages only. Add "
                code { "[smtp]" } " or " code { "[[webhooks]]" } " to " code { "collector.toml" } "."
            }
        }
    }
}

async fn section(
    site: &Site,
    part: Part,
    all: &Everybody,
    page: u64,
    now: i64,
) -> Result<Markup, Fault> {
    let own: Vec<_> = all
        .people
        .iter()
        .filter(|one| one.need.part() == part)
        .collect();
    // Said only where the reader can be sure of it: on the first page.
    if own.is_empty() && (page > 1 || all.total.people == 0 || part != Part::Decide) {
        return Ok(html! {});
    }
    let mut cards = Vec::with_capacity(own.len());
    for somebody in own {
        cards.push(match part {
            Part::Decide => card(site, somebody, now).await?,
            Part::Silent | Part::Rest => line(site, somebody, now),
        });
    }
    let (id, title) = match part {
        Part::Decide => ("decide", "Needs a person"),
        Part::Silent => ("silent", "Silent, stuck, not watched in full or not set up"),
        Part::Rest => ("rest", "Nothing waiting"),
    };
    Ok(html! {
        section aria-labelledby=(id) {
            h2 #(id) { (title) }
            @if cards.is_empty() {
                p.empty { "Nothing needs a person now." }
            } @else {
                ul.(if part == Part::Decide { "cards" } else { "rows" }) {
                    @for card in &cards { (card) }
                }
            }
        }
    })
}

async fn card(site: &Site, somebody: &Somebody, now: i64) -> Result<Markup, Fault> {
    let person = format!("/person/{}", somebody.person.id);
    let mut lines = Vec::with_capacity(somebody.groups.len());
    for group in &somebody.groups {
        lines.push(groups::line(site, group, now).await?);
    }
    Ok(html! {
        li.card {
            h3 { a href=(person) { (somebody.person.name) } " " small { (somebody.person.pseudonym) } }
            p.tags {
                @for severity in ["urgent", "breach", "review"] {
                    @if let Some(count) = somebody.waiting.by_severity.get(severity) {
                        (layout::tag(severity, &words::severity_count(severity, *count)))
                    }
                }
                @if somebody.incidents > 0 {
                    (layout::tag("urgent", &words::counted(i128::from(somebody.incidents), "log incident")))
                }
                @if let Some(oldest) = somebody.waiting.oldest {
                    span.quiet { "oldest opened " (words::ago(oldest, now)) }
                }
            }
            @if somebody.incidents > 0 {
                p { "A device's log itself is in doubt: " a href=(person) { "see the person's page" } "." }
            }
            @if !lines.is_empty() {
                ul.groups { @for line in &lines { (line) } }
            }
            @if somebody.more {
                p { a href=(person) { "More kinds of possible breach" } }
            }
            (contact(site, somebody, now))
        }
    })
}

fn line(site: &Site, somebody: &Somebody, now: i64) -> Markup {
    html! {
        li {
            a href={ "/person/" (somebody.person.id) } { (somebody.person.name) }
            " " small { (somebody.person.pseudonym) }
            (contact(site, somebody, now))
        }
    }
}

fn contact(site: &Site, somebody: &Somebody, now: i64) -> Markup {
    let silent = somebody.silent(now);
    let ever = somebody.devices.iter().any(|device| device.ever);
    let latest = somebody.devices.iter().map(|device| device.heard).max();
    html! {
        p.contact {
            @if !somebody.ordered {
                (layout::tag("review", "No order")) " Nothing may be recorded. "
            }
            (lapses::of_late(&somebody.conditions, &site.zone, now))
            @for stuck in somebody.stuck() { (stuck.words(&site.zone, now)) }
            @match (latest, silent) {
                (None, _) => { (layout::tag("review", "No device")) " No computer is enrolled." }
                (Some(_), Some(since)) if !ever => {
                    (layout::tag("review", "Never heard")) " Enrolled "
                    (words::moment(since, &site.zone)) ", nothing heard since."
                }
                (Some(_), Some(since)) => {
                    (layout::tag("review", "Silent")) " since " (words::moment(since, &site.zone))
                    " (" (words::ago(since, now)) ")"
                    @if somebody.devices.len() > 1 { ", one of " (somebody.devices.len()) " devices" }
                    "."
                }
                (Some(latest), None) => { span.quiet { "Last heard " (words::ago(latest, now)) "." } }
            }
        }
    }
}

/// `1 person`, `2 people`.
pub(super) fn people_words(count: usize) -> String {
    match count {
        1 => "1 person".to_owned(),
        _ => format!("{count} people"),
    }
}

impl Somebody {
    fn need(&self, now: i64) -> Need {
        let has = |severity: &str| self.waiting.by_severity.contains_key(severity);
        if has("urgent") {
            Need::Urgent
        } else if has("breach") {
            Need::Breach
        } else if self.incidents > 0 || self.stuck().any(|one| matches!(one, Stuck::Refused(_))) {
            Need::Incident
        } else if self.waiting.count() > 0 {
            Need::Review
        } else if !self.conditions.is_empty() {
            Need::Unwatched
        } else if self.silent(now).is_some()
            || self.stuck().next().is_some()
            || self.devices.is_empty()
            || !self.ordered
        {
            Need::Silent
        } else {
            Need::Nothing
        }
    }

    /// The devices whose log does not go on.
    fn stuck(&self) -> impl Iterator<Item = Stuck> {
        let devices = self.devices.iter();
        devices.filter_map(|device| Stuck::of(device.log, device.heard))
    }

    /// Since when the device that is silent longest was not heard from.
    fn silent(&self, now: i64) -> Option<i64> {
        let heard = self.devices.iter().map(|device| device.heard);
        heard.filter(|at| now - at > SILENT).min()
    }
}

impl Need {
    fn part(self) -> Part {
        match self {
            Self::Urgent | Self::Breach | Self::Incident | Self::Review => Part::Decide,
            Self::Unwatched | Self::Silent => Part::Silent,
            Self::Nothing => Part::Rest,
        }
    }
}

impl Waiting {
    /// Alerts that nobody decided.
    pub(super) fn count(&self) -> u64 {
        self.by_severity.values().sum()
    }
}

impl Site {
    /// Whether a way out is in the configuration.
    fn has(&self, channel: &str) -> bool {
        self.ways.iter().any(|(name, _)| name == channel)
    }

    /// A way out in words.
    pub(super) fn way<'a>(&'a self, channel: &'a str) -> &'a str {
        let found = self.ways.iter().find(|(name, _)| name == channel);
        found.map_or(channel, |(_, words)| words)
    }
}
