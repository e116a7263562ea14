//! What waits to be erased: a list, and each request with what it asks away.
//!
//! Promises: whoever may confirm a request finds it here and sees what would go, in its own words where the person is
//! in their sight, and whoever sees no activity sees none here. Such a look is entered. Anybody who may confirm a
//! request may take it back. What became of one stands here for a month.
//!
//! Refuses: to confirm. That needs the store for itself, so it is done on the collector's own computer.

mod show;

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_report::UnixMs;
use serde::Deserialize;

use crate::clock;
use crate::erasure::{self, EraseError, away};
use crate::store::erasures::{self, End, Request, What};
use crate::store::notes::Note;
use crate::store::people::{self, Person};
use crate::store::staff::{self, Role};
use crate::store::{PersonId, Read, SqlError, StoreError, orders, sight};

use super::Site;
use super::access::Right;
use super::fault::{self, Fault};
use super::form::Form;
use super::gate::Signed;
use super::layout::{self, Page};
use super::{audit, decide, words, zones};

pub(super) const PATH: &str = "/erasures";

const MISSING: Fault = Fault::Missing(
    "no such request to erase waits: it was confirmed, taken back, or nobody confirmed it in time; look in the list \
     of what waits to be erased",
);

/// For how long it is said what became of a request, in milliseconds: 30 days.
const LATELY: i64 = 30 * 24 * 60 * 60_000;

/// A request with whom it is about and who asked.
pub(super) struct Asked {
    pub(super) request: Request,
    person: Person,
    pub(super) by: String,
}

/// Which request; none: all of them, and which was taken back just now.
#[derive(Deserialize)]
pub(super) struct Which {
    id: Option<String>,
    taken: Option<String>,
}

/// The form that takes one back.
#[derive(Deserialize)]
pub(super) struct Back {
    token: String,
    id: String,
}

/// The list, or one request.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Query(which): Query<Which>,
) -> Result<Markup, Fault> {
    match which.id {
        Some(id) => one(&site, &signed, &id).await,
        None => list(&site, &signed, which.taken.as_deref()).await,
    }
}

async fn list(site: &Site, signed: &Signed, taken: Option<&str>) -> Result<Markup, Fault> {
    site.looks(signed, audit::SAW_ERASURES, None, "").await?;
    let (by, now) = ((signed.staff.clone(), signed.role), clock::now());
    let look = move |read: &Read<'_>| {
        let by = (by.0.as_str(), by.1);
        Ok::<_, StoreError>((theirs(read, by, now)?, ended(read, by, now)?))
    };
    let (all, ended) = site.store.read(look).await?;
    let is_taken = |(one, end): &&(Asked, End)| {
        Some(one.request.id.as_str()) == taken && matches!(end, End::TakenBack { .. })
    };
    let body = html! {
        h1 { "Waiting to be erased" }
        @if let Some((one, _)) = ended.iter().find(is_taken) {
            p.note role="status" {
                "The request to erase " (one.counted()) " of " (one.whom(signed)) " is taken back. Nothing was erased."
            }
        }
        p {
            "One person asks for something to be erased and another confirms it, while the collector is stopped. Look \
             first what would go. What nobody confirms within two weeks lapses."
        }
        @if all.is_empty() {
            p.empty { "Nothing waits to be erased." }
        } @else {
            ul.rows { @for one in &all { li { (line(signed, one)) } } }
        }
        @if !ended.is_empty() {
            section aria-labelledby="ended" {
                h2 #ended { "What became of others in the last 30 days" }
                ul.rows { @for (one, end) in &ended { li { (over(signed, one, end)) } } }
            }
        }
    };
    Ok(page(signed, "Waiting to be erased", &body))
}

async fn one(site: &Site, signed: &Signed, id: &str) -> Result<Markup, Fault> {
    let asked = of(site, signed, id).await?;
    let person = Some(&asked.person.id);
    site.looks(signed, audit::SAW_ERASURE, person, id).await?;
    let request = asked.request.clone();
    let found = match Right::Activity.of(signed.role) {
        false => None,
        true => {
            let look = move |read: &Read<'_>| {
                let devices = match &request.what {
                    What::Records { places, .. } => places.iter().map(|one| one.device).collect(),
                    What::Notes(_) => Vec::new(),
                };
                let zones = zones::Devices::of(read, devices)?;
                Ok::<_, Fault>((away::away(read, &request), zones))
            };
            let (away, zones) = site.store.read(look).await?;
            Some(match away {
                Ok(away) => Ok((away, zones)),
                Err(EraseError::Store(why)) => Err(Fault::from(why).told()),
                Err(why) => Err(fault::sentence(&why.to_string())),
            })
        }
    };
    let order = site.zone_of(&asked.person.id).await?;
    let body = html! {
        h1 { "A request to erase" }
        (show::what(signed, &asked, found.as_ref(), order.as_ref()))
        section aria-labelledby="then" {
            h2 #then { "What you can do" }
            @if asked.is_own(signed) {
                p { "You asked for this, so somebody else must confirm it." }
            } @else {
                p {
                    "If it is right that this goes, confirm it on the collector's own computer, while the collector is \
                     stopped: " code { "proviso-collector erase confirm " (id) " --staff " (signed.name) }
                }
            }
            p { "If this should stay, or if the rule or the reason is wrong, take it back. It can be asked for anew." }
            form method="post" action={ (PATH) "/withdraw" } {
                (super::govuk::hidden("token", &signed.token))
                (super::govuk::hidden("id", id))
                (super::govuk::secondary("Take this request back"))
            }
        }
    };
    Ok(page(signed, "A request to erase", &body))
}

/// Takes it back. A second press finds it done.
pub(super) async fn withdraw(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(Back { token, id }): Form<Back>,
) -> Result<Response, Fault> {
    signed.check(&token)?;
    let asked = match of(&site, &signed, &id).await {
        Err(Fault::Missing(_)) => return Ok(decide::to(&taken_back(&id))),
        asked => asked?,
    };
    let then = taken_back(&asked.request.id);
    let (by, now) = (signed.staff, clock::now());
    site.store
        .write("withdraw", move |tx| -> Result<(), Fault> {
            match erasure::withdraw(tx, &id, UnixMs(now)) {
                Ok(_) => {
                    let person = Some(&asked.person.id);
                    audit::enter(tx, &by, audit::WITHDREW_ERASURE, person, &id, now)
                }
                Err(EraseError::Store(why)) => Err(why.into()),
                // Somebody else was quicker, in whichever way.
                Err(_) => Err(MISSING),
            }
        })
        .await?;
    Ok(decide::to(&then))
}

/// The list, which says that this one was taken back, if it was.
fn taken_back(id: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(format!("{PATH}?"));
    query.append_pair("taken", id).finish()
}

/// How many requests wait for somebody to confirm them who did not ask for them.
pub(super) fn waiting(
    read: &Read<'_>,
    (staff, role): (&str, Role),
    now: i64,
) -> Result<u64, SqlError> {
    let all = theirs(read, (staff, role), now)?;
    let others = all.iter().filter(|one| one.request.staff != staff);
    Ok(others.count() as u64)
}

/// What a page says where decisions wait.
pub(super) fn notice(count: u64) -> Markup {
    html! {
        @if count > 0 {
            p.note {
                a href=(PATH) { (words::counted(count, "request")) " to erase" }
                (if count == 1 { " waits" } else { " wait" })
                " for somebody to confirm: look what would go."
            }
        }
    }
}

/// What waits about a person, as their pages show it.
pub(super) fn about(read: &Read<'_>, person: &Person, now: i64) -> Result<Vec<Asked>, SqlError> {
    let all = erasures::waiting(read, now)?.into_iter();
    let theirs = all.filter(|one| one.person == person.id);
    theirs
        .map(|request| Asked::of(read, request, person.clone()))
        .collect()
}

/// What waits that somebody may confirm, or asked for.
fn theirs(read: &Read<'_>, (staff, role): (&str, Role), now: i64) -> Result<Vec<Asked>, SqlError> {
    if !Right::Erase.of(role) {
        return Ok(Vec::new());
    }
    let all = erasures::waiting(read, now)?.into_iter();
    let all = all.map(|request| Asked::if_theirs(read, request, (staff, role), now));
    all.filter_map(Result::transpose).collect()
}

/// What became of those that ended lately, for whoever could have confirmed them, or asked.
fn ended(
    read: &Read<'_>,
    (staff, role): (&str, Role),
    now: i64,
) -> Result<Vec<(Asked, End)>, SqlError> {
    let mut found = Vec::new();
    for (request, end) in erasures::ended(read, now.saturating_sub(LATELY), now)? {
        let asked = Asked::if_theirs(read, request, (staff, role), now)?;
        found.extend(asked.map(|asked| (asked, end)));
    }
    Ok(found)
}

impl Site {
    /// The zone of a person's order, in which it was said before when records are; none: there is no order.
    async fn zone_of(&self, person: &PersonId) -> Result<Option<TimeZone>, Fault> {
        let whose = person.clone();
        let look = move |read: &Read<'_>| Ok::<_, StoreError>(orders::current(read, &whose)?);
        let Some(order) = self.store.read(look).await? else {
            return Ok(None);
        };
        let text = self.texts.get(order.digest).await?;
        Ok(text.map(|text| text.zone.clone()))
    }
}

/// A request that waits, for whoever may confirm it.
async fn of(site: &Site, signed: &Signed, id: &str) -> Result<Asked, Fault> {
    let (id, now) = (id.to_owned(), clock::now());
    let found = site
        .store
        .read(move |read| {
            let found = erasures::request(read, &id)?;
            let waits = |one: &Request| one.closed.is_none() && !one.has_lapsed(now);
            let Some(request) = found.filter(waits) else {
                return Ok(None);
            };
            match people::get(read, &request.person)? {
                Some(person) => Ok::<_, StoreError>(Some(Asked::of(read, request, person)?)),
                None => Ok(None),
            }
        })
        .await?;
    let asked = found.ok_or(MISSING)?;
    if Right::Activity.of(signed.role) {
        site.in_sight(signed, &asked.person.id).await?;
    }
    Ok(asked)
}

impl Asked {
    fn of(read: &Read<'_>, request: Request, person: Person) -> Result<Self, SqlError> {
        let by = staff::by_id(read, &request.staff)?;
        Ok(Self {
            by: by.map_or_else(|| request.staff.clone(), |by| by.name),
            person,
            request,
        })
    }

    /// Of somebody whom this reader sees. Administrators answer for how long everything is kept, and see no activity.
    fn if_theirs(
        read: &Read<'_>,
        request: Request,
        (staff, role): (&str, Role),
        now: i64,
    ) -> Result<Option<Self>, SqlError> {
        let about = &request.person;
        if Right::Activity.of(role) && sight::why(read, staff, about, now)?.is_none() {
            return Ok(None);
        }
        match people::get(read, about)? {
            Some(person) => Self::of(read, request, person).map(Some),
            None => Ok(None),
        }
    }

    fn is_own(&self, signed: &Signed) -> bool {
        self.request.staff == signed.staff
    }

    /// Whether it is about this note.
    pub(super) fn has(&self, note: &Note) -> bool {
        matches!(&self.request.what, What::Notes(ids) if ids.contains(&note.id))
    }

    /// Where it is shown.
    pub(super) fn path(&self) -> String {
        format!("{PATH}?id={}", self.request.id)
    }

    /// `3 records`, `1 note`.
    fn counted(&self) -> String {
        let what = &self.request.what;
        let unit = match what {
            What::Records { .. } => "record",
            What::Notes(_) => "note",
        };
        words::counted(what.count(), unit)
    }

    /// Whom it is about, for this reader.
    fn whom(&self, signed: &Signed) -> Markup {
        html! {
            @if Right::Activity.of(signed.role) {
                bdi { (self.person.name) } " " small { (self.person.pseudonym) }
            } @else {
                (self.person.pseudonym)
            }
        }
    }
}

fn line(signed: &Signed, one: &Asked) -> Markup {
    html! {
        p {
            a href=(one.path()) { (one.counted()) } " of " (one.whom(signed))
            @if one.is_own(signed) { " " (layout::tag("", "You asked")) }
        }
        (why(signed, one))
    }
}

/// One that waits no longer.
fn over(signed: &Signed, one: &Asked, end: &End) -> Markup {
    let at = words::moment(end.at(), &signed.zone);
    html! {
        p {
            b { (one.counted()) } " of " (one.whom(signed)) ": "
            @match end {
                End::Confirmed { by, .. } => { "erased, as " (by) " confirmed, " (at) "." }
                End::TakenBack { by: Some(by), .. } => { "taken back by " (by) ", " (at) ". Nothing was erased." }
                End::TakenBack { by: None, .. } => { "taken back, " (at) ". Nothing was erased." }
                End::Lapsed { .. } => { "nobody confirmed it until " (at) ", so it lapsed. Nothing was erased." }
            }
            @if one.is_own(signed) { " " (layout::tag("", "You asked")) }
        }
        (why(signed, one))
    }
}

fn why(signed: &Signed, one: &Asked) -> Markup {
    html! {
        p.quiet {
            (one.by) " asked, " (words::moment(one.request.asked, &signed.zone)) ". Rule: " (one.request.rule)
            ". Reason: " (one.request.reason)
        }
    }
}

fn page(signed: &Signed, title: &str, body: &Markup) -> Markup {
    let about = Page {
        title,
        ..Page::default()
    };
    layout::page(signed, &about, body)
}
