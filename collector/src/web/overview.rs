//! The overview: the beginning of the queue, then everybody.
//!
//! Promises: cases that wait stand first, worst and oldest on top; then everybody, those first whose device is silent
//! or broken, who are not watched in full or whose records cannot be read. Alerts that could not be delivered are
//! said at the top. An old case never drops out of sight because newer ones came.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::tz::TimeZone;
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;

use crate::clock;
use crate::natural::natural;
use crate::store::conditions::{self, Condition};
use crate::store::outbox::{self, ChannelState};
use crate::store::overview::{self, DeviceSeen, Waiting};
use crate::store::people::{self, Person};
use crate::store::staff::Role;
use crate::store::{PersonId, Read, SqlError, StoreError, sealed, sight};

use super::Site;
use super::access::{self, Right};
use super::fault::Fault;
use super::gate::Signed;
use super::lapses;
use super::layout::{self, PER_PAGE, Page};
use super::queue::{self, Queue, people_words};
use super::stuck::Stuck;
use super::{audit, shift, unreadable, words};

pub(super) use crate::store::devices::SILENT;

/// How long an incident lifts its person to the top, in milliseconds.
const FRESH: i64 = 7 * 24 * 60 * 60_000;

/// Where in the list.
#[derive(Deserialize)]
pub(super) struct Wanted {
    page: Option<u64>,
}

/// Everything the page shows, from one snapshot.
struct Everybody {
    queue: Queue,
    /// For which teams the reader is on call, and until when.
    on_call: Vec<(String, i64)>,
    people: Vec<Somebody>,
    total: Totals,
    trouble: Vec<(ChannelState, Option<String>)>,
    more: bool,
}

#[derive(Default)]
struct Totals {
    people: usize,
    /// People in all, whoever sees them.
    entered: usize,
    silent: usize,
    stuck: usize,
    unwatched: usize,
    unreadable: usize,
}

struct Somebody {
    person: Person,
    waiting: Waiting,
    incidents: u64,
    ordered: bool,
    devices: Vec<DeviceSeen>,
    /// What is wrong with watching, or was today.
    conditions: Vec<Condition>,
    /// Their key is missing.
    unreadable: bool,
    need: Need,
    part: Part,
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

/// The parts of the page below the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
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
    let by = (signed.staff.clone(), signed.role);
    let all = site
        .store
        .read(move |read| Ok::<_, StoreError>(gather(read, (&by.0, by.1), (today, now), skip)?))
        .await?;
    let body = html! {
        div #overview data-live {
            h1 { "Overview" }
            (shift::told(&all.on_call, &signed.zone))
            (summary(&all))
            (unreadable::to_officers(all.total.unreadable))
            (trouble((&site, &signed), &all.trouble, now))
            @if all.total.people > 0 && page == 1 { (all.queue.cards(&site, (&signed.zone, now)).await?) }
            @if all.total.people == 0 { (nobody(signed.role, all.total.entered)) }
            @for part in [Part::Silent, Part::Rest] { (section(&signed.zone, part, &all, now)) }
            (layout::pager("/", "", page, all.more))
            @if site.ways.is_empty() { (NO_WAY) }
        }
    };
    let title = match all.queue.counts.cases {
        0 => "Overview".to_owned(),
        cases => format!("({cases}) Overview"),
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
    (staff, role): (&str, Role),
    (today, now): (i64, i64),
    skip: u64,
) -> Result<Everybody, SqlError> {
    let own = sight::people(read, staff, now)?;
    let mut waiting = overview::waiting(read, (staff, now))?;
    let incidents = overview::incidents(read, (staff, now), now - FRESH)?;
    let ordered: BTreeSet<PersonId> = overview::ordered(read)?.into_iter().collect();
    let mut devices: BTreeMap<PersonId, Vec<DeviceSeen>> = BTreeMap::new();
    for device in overview::devices(read, (staff, now))? {
        devices
            .entry(device.person.clone())
            .or_default()
            .push(device);
    }
    let mut conditions: BTreeMap<PersonId, Vec<Condition>> = BTreeMap::new();
    for condition in conditions::of_late(read, (staff, now), today)? {
        let of = conditions.entry(condition.person.clone()).or_default();
        of.push(condition);
    }
    let unreadable = sealed::unreadable(read)?;
    let everybody = people::all(read)?;
    let entered = everybody.len();
    let mut people: Vec<_> = everybody
        .into_iter()
        .filter(|person| own.contains(&person.id))
        .map(|person| {
            let mut somebody = Somebody {
                waiting: waiting.remove(&person.id).unwrap_or_default(),
                incidents: incidents.get(&person.id).copied().unwrap_or(0),
                ordered: ordered.contains(&person.id),
                devices: devices.remove(&person.id).unwrap_or_default(),
                conditions: conditions.remove(&person.id).unwrap_or_default(),
                unreadable: unreadable.contains(&person.id),
                need: Need::Nothing,
                part: Part::Rest,
                person,
            };
            somebody.need = somebody.need(now);
            somebody.part = somebody.part(now);
            somebody
        })
        .collect();
    let total = Totals {
        people: people.len(),
        entered,
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
        unreadable: people.iter().filter(|one| one.unreadable).count(),
    };
    people.sort_by(|a, b| {
        let key = |one: &Somebody| (one.part, one.need, one.waiting.oldest, one.silent(now));
        let by_name = natural(&a.person.name, &b.person.name);
        key(a).cmp(&key(b)).then(by_name)
    });
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let page = PER_PAGE as usize;
    let more = people.len().saturating_sub(skip) > page;
    let people: Vec<_> = people.into_iter().skip(skip).take(page).collect();
    let mut trouble = Vec::new();
    for state in outbox::waiting(read)? {
        let why = outbox::last_failure(read, &state.channel)?;
        trouble.push((state, why));
    }
    Ok(Everybody {
        queue: queue::first(read, (staff, role), now)?,
        on_call: sight::on_call_now(read, (staff, now))?,
        people,
        total,
        trouble,
        more,
    })
}

/// Why the page lists nobody. `entered`: people of whom this reader sees none.
fn nobody(role: Role, entered: usize) -> Markup {
    html! {
        p.empty {
            @if entered == 0 {
                "Nobody is entered yet. Add a person with " code { "proviso-collector person add" }
                ", give them an order with " code { "order put" }
                " and enrol a computer with the token from " code { "token" } "."
            } @else if Right::Team.of(role) {
                "Nobody is your case or your team's now. The supervisor of the team whose case somebody is can assign them \
                 to you or to somebody of your team."
            } @else {
                "Nobody is your case now. Your supervisor assigns cases, and a colleague can hand theirs over to you for a \
                 while."
            }
        }
    }
}

fn summary(all: &Everybody) -> Markup {
    let total = &all.total;
    let said = [
        (total.silent, "with a silent device"),
        (total.unwatched, "not watched in full today, or not now"),
        (total.stuck, "with a device whose log does not go on"),
    ];
    let said: Vec<_> = said.iter().filter(|(count, _)| *count > 0).collect();
    html! {
        (all.queue.summary())
        @if !said.is_empty() {
            p {
                @for (place, (count, what)) in said.iter().enumerate() {
                    @if place > 0 { ", " }
                    (people_words(*count as u64)) " " (what)
                }
                ". " a href="#silent" { "See who" }
            }
        }
    }
}

fn trouble(
    (site, signed): (&Site, &Signed),
    trouble: &[(ChannelState, Option<String>)],
    now: i64,
) -> Markup {
    let failing = trouble
        .iter()
        .filter(|(state, _)| state.failing > 0 || !site.has(&state.channel));
    let failing: Vec<_> = failing.collect();
    html! {
        @if !failing.is_empty() {
            section.trouble aria-labelledby="trouble" {
                h2 #trouble { "Alerts that did not reach people by mail, webhook or text message" }
                p { "They stand on this page all the same. Each is tried again until it is delivered." }
                ul {
                    @for (state, why) in failing {
                        li {
                            b { (site.way(&state.channel)) }
                            ": " (words::counted(i128::from(state.waiting), "alert")) " waiting"
                            @if let Some(oldest) = state.oldest {
                                ", the oldest since " (words::moment(oldest, &signed.zone))
                            }
                            ". "
                            @if let Some(why) = why {
                                (super::fault::sentence(why)) " "
                            }
                            @if !site.has(&state.channel) {
                                "It is no longer in the configuration: put it back, or decide these \
                                 alerts here. "
                            } @else {
                                "Next try "
                                @match words::span(state.next_try - now) {
                                    Some(wait) => { "in " (wait) "." }
                                    None => "within a minute.",
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What whoever runs the collector can change.
const NO_WAY: PreEscaped<&str> = PreEscaped(
    "<p class=\"note\">No mail or webhook is set up: alerts appear on these pages only. Add \
     <code>[smtp]</code> or <code>[[webhooks]]</code> to <code>collector.toml</code>.</p>",
);

fn section(zone: &TimeZone, part: Part, all: &Everybody, now: i64) -> Markup {
    let mut own = all.people.iter().filter(|one| one.part == part).peekable();
    let (id, title) = match part {
        Part::Silent => (
            "silent",
            "Silent, stuck, not watched in full, not to be read or not set up",
        ),
        Part::Rest => ("rest", "Everybody else"),
    };
    html! {
        @if own.peek().is_some() {
            section aria-labelledby=(id) {
                h2 #(id) { (title) }
                @if part == Part::Silent {
                    p.quiet {
                        "How long each lasts; a person's page says since when. Without an order nothing may be \
                         recorded. Of a computer whose log is refused or that sends no records, ask for the \
                         computer."
                    }
                }
                ul.rows.many.wide[part == Part::Silent] {
                    @for somebody in own { (line(zone, somebody, now)) }
                }
            }
        }
    }
}

fn line(zone: &TimeZone, somebody: &Somebody, now: i64) -> Markup {
    html! {
        li {
            p.who {
                a href={ "/person/" (somebody.person.id) } { (somebody.person.name) }
                " " small { (somebody.person.pseudonym) }
                @for severity in ["urgent", "breach", "review"] {
                    @if let Some(count) = somebody.waiting.by_severity.get(severity) {
                        " " (layout::tag(severity, &words::severity_count(severity, *count)))
                    }
                }
                @if somebody.incidents > 0 {
                    " " (layout::tag("urgent", &words::counted(i128::from(somebody.incidents), "log incident")))
                }
            }
            (contact(zone, somebody, now))
        }
    }
}

/// What is wrong with watching somebody, in a few words.
fn contact(zone: &TimeZone, somebody: &Somebody, now: i64) -> Markup {
    let silent = somebody.silent(now);
    let ever = somebody.devices.iter().any(|device| device.ever);
    let latest = somebody.devices.iter().map(|device| device.heard).max();
    html! {
        p.contact {
            @if somebody.unreadable {
                span.short { (layout::tag("urgent", unreadable::MARK)) } " "
            }
            @if !somebody.ordered {
                span.short { (layout::tag("review", "No order")) } " "
            }
            (lapses::of_late(&somebody.conditions, zone, now))
            @for stuck in somebody.stuck() { span.short { (stuck.short(now)) } " " }
            span.short {
                @match (latest, silent) {
                    (None, _) => (layout::tag("review", "No device")),
                    (Some(_), Some(since)) if !ever => {
                        (layout::tag("review", "Never heard")) " enrolled " (words::ago(since, now))
                    }
                    (Some(_), Some(since)) => {
                        (layout::tag("review", "Silent")) " " (words::lasting(since, now))
                        @if somebody.devices.len() > 1 { ", one of " (somebody.devices.len()) " devices" }
                    }
                    (Some(latest), None) => {
                        span.quiet { "Last heard " (words::ago(latest, now)) "." }
                    }
                }
            }
        }
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
        } else if self.unreadable || !self.conditions.is_empty() {
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

    /// Whether something is wrong with watching them.
    fn part(&self, now: i64) -> Part {
        let well = !self.unreadable
            && self.conditions.is_empty()
            && self.silent(now).is_none()
            && self.stuck().next().is_none()
            && !self.devices.is_empty()
            && self.ordered;
        if well { Part::Rest } else { Part::Silent }
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
