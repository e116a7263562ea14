//! A search among one's own people: a site, an application, a word, a file name, the number of a device.
//!
//! Promises: a reason is typed first; it and the words are entered before anything is shown, and so is each
//! person who is shown because of it. Only people in sight are looked through. Words stand in no address. What
//! could not be looked through is said.
//!
//! Refuses: a look through the records themselves. The index has what `digest::terms` says, and no more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::digest::terms::{Asked, whole};
use crate::digest::view::{self, Hits, Wanted};
use crate::natural::natural;
use crate::random;
use crate::store::devices;
use crate::store::people::{self, Person};
use crate::store::searches::{self, Search};
use crate::store::{PersonId, Read, SqlError, StoreError, digests, sealed, sight};

use super::Site;
use super::fault::Fault;
use super::form::Form;
use super::gate::Signed;
use super::govuk::{self, Errors, Input, Textarea};
use super::history::{self, LONGEST};
use super::layout::{self, PER_PAGE, Page};
use super::{audit, words};

/// The most letters of a reason.
const REASON: usize = 500;
/// Of a device's number so many letters must be typed.
const NUMBER: usize = 8;

/// What was typed.
#[derive(Deserialize)]
pub(super) struct Typed {
    token: String,
    words: String,
    reason: String,
}

/// Where in the results.
#[derive(Deserialize)]
pub(super) struct Where {
    page: Option<u64>,
}

/// What a search found.
#[derive(Default)]
struct Found {
    /// Whoever has something, the newest first.
    people: Vec<Hit>,
    /// How many were looked through.
    looked: usize,
    /// Of whom nothing could be looked through, and why.
    shut: Vec<(Person, String)>,
    /// Records of those looked through that are not in the index yet.
    behind: u64,
    /// Their records that were erased.
    erased: u64,
    /// Their records that cannot be read.
    unread: u64,
}

/// One person of whom something was found.
struct Hit {
    person: Person,
    hits: Hits,
    /// Computers on which, by their names.
    hosts: BTreeSet<String>,
    /// Computers that are called so or have this number.
    named: BTreeSet<String>,
}

/// The form.
pub(super) async fn form(signed: Signed) -> Markup {
    ask(&signed, ("", ""), &Errors::default())
}

/// Keeps what is asked and why, and leads to what is found.
pub(super) async fn begin(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(typed): Form<Typed>,
) -> Result<Response, Fault> {
    signed.check(&typed.token)?;
    let (asked, reason) = (typed.words.trim(), typed.reason.trim());
    let mut errors = Errors::default();
    if reason.is_empty() {
        errors.add("reason", "Say why you search");
    } else if reason.chars().count() > REASON {
        errors.add("reason", "Give the reason in at most 500 letters");
    }
    if let Some(sentence) = history::amiss(asked) {
        errors.add("words", sentence);
    }
    if !errors.is_empty() {
        let body = ask(&signed, (asked, reason), &errors);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, body).into_response());
    }
    let now = clock::now();
    let search = Search {
        id: random::row_id(now)?,
        at: now,
        staff: signed.staff.clone(),
        person: None,
        words: asked.to_owned(),
        reason: reason.to_owned(),
    };
    let to = format!("/search/{}", search.id);
    site.store
        .write("search", move |tx| -> Result<(), Fault> {
            searches::add(tx, &search)?;
            let on = format!("{:?}, because: {}", search.words, search.reason);
            audit::enter(tx, &search.staff, audit::SEARCHED, None, &on, now)
        })
        .await?;
    Ok(Redirect::to(&to).into_response())
}

/// What was found.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Query(place): Query<Where>,
) -> Result<Markup, Fault> {
    const MISSING: Fault = Fault::Missing("there is no such search of yours; search again");
    let (wanted, staff, now) = (id.clone(), signed.staff.clone(), clock::now());
    let found = site
        .store
        .read(move |read| {
            let Some(search) = searches::of_staff(read, &wanted, &staff)? else {
                return Ok::<_, StoreError>(None);
            };
            let Some(asked) = Asked::parse(&search.words) else {
                return Ok(None);
            };
            let found = look(read, (&staff, now), &asked)?;
            Ok(Some((search, found)))
        })
        .await?;
    let (search, found) = found
        .filter(|(search, _)| search.person.is_none())
        .ok_or(MISSING)?;
    let (page, skip) = layout::skip(place.page);
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let shown: Vec<_> = found
        .people
        .iter()
        .skip(skip)
        .take(PER_PAGE as usize)
        .collect();
    let more = found.people.len().saturating_sub(skip) > shown.len();
    let whom: Vec<PersonId> = shown.iter().map(|hit| hit.person.id.clone()).collect();
    let (staff, on) = (signed.staff.clone(), format!("{:?}", search.words));
    site.store
        .write("search shown", move |tx| -> Result<(), Fault> {
            for person in &whom {
                audit::enter(tx, &staff, audit::FOUND, Some(person), &on, now)?;
            }
            Ok(())
        })
        .await?;
    let body = html! {
        h1 { "What was found" }
        (govuk::summary_list(&[
            ("Looked for", html! { (search.words) }),
            ("Reason", html! { (search.reason) }),
            ("Asked", words::moment(search.at, &signed.zone)),
            ("Looked through", html! { (words::counted(found.looked as i128, "person").replace("persons", "people")) " whom you see now" }),
        ]))
        (gaps(&found))
        @if found.people.is_empty() {
            p.empty {
                "Nothing was found. Titles, searches, sites, applications, file names, devices and networks are "
                "looked through; paths, arguments of programs and what stands behind a site in an address are not."
            }
        } @else {
            p.quiet {
                "Of several words all occur on a day, though not always in one record. Each person who is shown "
                "here is entered under “Who looked”."
            }
            ul.cards { @for hit in shown { (one(hit, &id)) } }
        }
        (layout::pager(&format!("/search/{id}"), "", page, more))
        p { a href="/search" { "Search for something else" } }
    };
    let about = Page {
        title: "What was found",
        here: "/search",
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body))
}

/// Looks everybody through whom somebody sees now.
fn look(read: &Read<'_>, (staff, now): (&str, i64), asked: &Asked) -> Result<Found, SqlError> {
    let mut found = Found::default();
    let names: Vec<_> = asked
        .parts()
        .iter()
        .map(|part| part.whole.clone())
        .collect();
    for id in sight::people(read, staff, now)? {
        let Some(person) = people::get(read, &id)? else {
            continue;
        };
        let blind = match sealed::index(read, &id) {
            Ok(blind) => blind,
            // Without the key nobody can say what is in the index; the others can be looked through.
            Err(SqlError::Vault(why)) => {
                let why = Fault::from(SqlError::from(why)).told();
                found.shut.push((person, why));
                continue;
            }
            Err(error) => return Err(error),
        };
        found.looked += 1;
        let mut hit = Hit {
            person,
            hits: Hits::default(),
            hosts: BTreeSet::new(),
            named: BTreeSet::new(),
        };
        let wanted = blind.map(|blind| Wanted::words(asked, &blind));
        for device in devices::of_person(read, &id)? {
            let host = devices::registered(read, device.id)?.map(|registered| registered.host);
            let number = device.id.to_string();
            let host = host.unwrap_or_else(|| number.clone());
            if names.iter().any(|name| {
                *name == whole(&host) || (name.len() >= NUMBER && number.starts_with(name))
            }) {
                hit.named.insert(host.clone());
            }
            let cursor = digests::cursor(read, device.id)?.unwrap_or_default();
            found.behind += device.size.saturating_sub(cursor.next);
            found.erased += cursor.erased;
            found.unread += cursor.unread;
            let Some(wanted) = &wanted else { continue };
            let hits = view::look_up(read, device.id, wanted)?;
            if !hits.days.is_empty() {
                hit.hosts.insert(host);
                hit.hits.count = hit.hits.count.saturating_add(hits.count);
                hit.hits.days.extend(hits.days);
            }
        }
        if !hit.hits.days.is_empty() || !hit.named.is_empty() {
            found.people.push(hit);
        }
    }
    found.people.sort_by(|a, b| {
        let newest = |hit: &Hit| hit.hits.days.last().copied();
        newest(b)
            .cmp(&newest(a))
            .then_with(|| natural(&a.person.pseudonym, &b.person.pseudonym))
    });
    Ok(found)
}

fn one(hit: &Hit, search: &str) -> Markup {
    let person = &hit.person;
    let timeline = |day: Date| {
        let id = &person.id;
        format!("/person/{id}/timeline?view=month&day={day}&find={search}")
    };
    let mut years: BTreeMap<i16, usize> = BTreeMap::new();
    for day in &hit.hits.days {
        *years.entry(day.year()).or_default() += 1;
    }
    html! {
        li {
            h2 { a href={ "/person/" (person.id) } { (person.name) } " " small { (person.pseudonym) } }
            @for host in &hit.named {
                p { "One of this person's computers: " b { (host) } "." }
            }
            @if let (Some(first), Some(last)) = (hit.hits.days.first(), hit.hits.days.last()) {
                p {
                    "On " b { (words::counted(hit.hits.days.len() as i128, "day")) } ", in at most "
                    (words::counted(i128::from(hit.hits.count), "record")) ", from "
                    (first.strftime("%-d %b %Y").to_string()) " to " (last.strftime("%-d %b %Y").to_string()) "; on "
                    (hit.hosts.iter().cloned().collect::<Vec<_>>().join(", ")) "."
                }
                @if years.len() > 1 {
                    p.quiet {
                        @for (year, count) in &years { (year) ": " (words::counted(*count as i128, "day")) ". " }
                    }
                }
                p { a href=(timeline(*last)) { "Open the timeline where it occurs last" } }
            }
        }
    }
}

/// What the search could not see.
fn gaps(found: &Found) -> Markup {
    html! {
        @for (person, why) in &found.shut {
            p.fault { (person.name) " (" (person.pseudonym) ") could not be looked through. " (why) }
        }
        @if found.behind > 0 {
            p.note { (words::counted(i128::from(found.behind), "record")) " came a moment ago or are being gone through again, and cannot be found yet." }
        }
        @if found.erased > 0 {
            p.note { (words::counted(i128::from(found.erased), "record")) " of these people were erased and cannot be found any more." }
        }
        @if found.unread > 0 {
            p.fault { (words::counted(i128::from(found.unread), "record")) " of these people cannot be read, so they cannot be found: restore the store from a backup." }
        }
    }
}

fn ask(signed: &Signed, (asked, reason): (&str, &str), errors: &Errors) -> Markup {
    let body = html! {
        (errors.summary())
        h1 { "Search among my people" }
        p {
            "You look through the records of all whom you see now. Why you do is written down with your name and "
            "the words before anything is shown, and an auditor reads it."
        }
        form.sheet method="post" action="/search" {
            (govuk::hidden("token", &signed.token))
            (Textarea {
                id: "reason", label: "Why do you search?", value: reason, rows: 2, longest: Some(REASON), required: true,
                hint: "For example: a referral of today names this site", error: errors.of("reason"), ..Textarea::default()
            })
            (Input {
                id: "words", label: "What do you look for?", value: asked, kind: "search", longest: Some(LONGEST), required: true,
                hint: "A site, an application, words of a title or a search, a file name, a device's number. Of several all must occur on a day.",
                error: errors.of("words"), ..Input::default()
            })
            (govuk::button("Search"))
        }
    };
    let about = Page {
        title: "Search",
        here: "/search",
        ..Page::default()
    };
    layout::page(signed, &about, &body)
}
