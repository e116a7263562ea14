//! Orders of everybody whom somebody sees, and of one person.

use std::fmt::Display;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use jiff::tz::TimeZone;
use maud::{Markup, PreEscaped, html};
use proviso_rules::Order;
use serde::Deserialize;

use crate::clock;
use crate::putting;
use crate::store::devices::{self, Device, DeviceState};
use crate::store::drafts::{self, Draft};
use crate::store::orders::{self, StoredOrder};
use crate::store::people::{self, Person};
use crate::store::taken::{self, Taken};
use crate::store::{DeviceId, Hash, Read, SqlError, StoreError};

use super::super::assets::ORDER;
use super::super::fault::{self, Fault};
use super::super::gate::Signed;
use super::super::layout::{self, PER_PAGE, Page};
use super::super::{Site, audit, words};
use super::{Names, draft, purpose, short, state};

/// Drafts shown above the list.
const DRAFTS: u64 = 100;

/// Where in the list.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    page: Option<u64>,
}

/// A computer, what it is called, and what it said last of its order and of a certain one.
struct Held {
    device: Device,
    host: String,
    last: Option<Taken>,
    first: Option<Taken>,
}

/// Somebody and their order.
struct Row {
    person: Person,
    order: Option<StoredOrder>,
    held: Vec<Held>,
}

/// Everybody's.
pub(in crate::web) async fn all(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    site.looks(&signed, audit::SAW_ORDERS, None, "").await?;
    let (page, skip) = layout::skip(wanted.page);
    let (staff, now) = (signed.staff.clone(), clock::now());
    let read = move |read: &Read<'_>| {
        let mut rows = Vec::new();
        for person in orders::people_of(read, (&staff, now), PER_PAGE + 1, skip)? {
            let order = orders::current(read, &person.id)?;
            let digest = order.as_ref().map(|order| order.digest);
            let held = held(read, &person, digest)?;
            rows.push(Row {
                person,
                order,
                held,
            });
        }
        let mut open = Vec::new();
        for draft in drafts::open_of(read, (&staff, now), DRAFTS)? {
            let person = people::get(read, &draft.person)?;
            open.extend(person.map(|person| (draft, person)));
        }
        Ok::<_, StoreError>((rows, open, Names::read(read)?))
    };
    let (mut rows, open, names) = site.store.read(read).await?;
    let more = rows.len() as u64 > PER_PAGE;
    rows.truncate(PER_PAGE as usize);
    let rows = super::apart(move || {
        let said = rows.into_iter().map(|row| {
            let term = row.order.as_ref().map(|order| term(order, now));
            (row, term)
        });
        said.collect::<Vec<_>>()
    })
    .await?;
    let body = html! {
        h1 { "Orders" }
        section aria-labelledby="drafts" {
            h2 #drafts { "Drafts" }
            @if open.is_empty() { p.empty { "No draft waits." } } @else {
                ul.rows {
                    @for (draft, person) in &open { li { (line(&signed, draft, &names, Some(person))) } }
                }
            }
        }
        section aria-labelledby="in-force" {
            h2 #in-force { "My people's orders" }
            @if rows.is_empty() { p.empty { "You see nobody now." } } @else {
                div.pv-scroll tabindex="0" {
                    table.govuk-table {
                        caption.govuk-visually-hidden { "People, their orders, and the computers that have them" }
                        thead { tr {
                            th scope="col" { "Person" } th scope="col" { "Order" } th scope="col" { "State" }
                            th scope="col" { "Computers" }
                        } }
                        tbody { @for (row, term) in &rows { (whole(row, term.as_deref())) } }
                    }
                }
            }
            (layout::pager("/orders", "", page, more))
        }
    };
    let about = Page {
        title: "Orders",
        here: "/orders",
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body).into_response())
}

fn whole(row: &Row, term: Option<&str>) -> Markup {
    let active = row.held.iter().filter(|one| is_active(one));
    let all = active.clone().count();
    let have = active
        .filter(|one| one.first.is_some() && one.last.map(|last| last.digest) == one.device.order)
        .count();
    html! {
        tr {
            th scope="row" {
                a href={ "/person/" (row.person.id) "/orders" } { (row.person.name) }
                " " small { (row.person.pseudonym) }
            }
            td {
                @match &row.order {
                    None => "None",
                    Some(order) => { (order.id) ", version " (order.version) }
                }
            }
            td { (term.unwrap_or("Nothing may be recorded.")) }
            td {
                @match (all, have) {
                    (0, _) => "None is enrolled",
                    (all, have) if all == have => (format!("{all} of {all} have it")),
                    (all, have) => { b { (have) " of " (all) } " have it" }
                }
            }
        }
    }
}

/// One person's.
pub(in crate::web) async fn of_person(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let person = site.whom(&signed, &id).await?;
    site.looks(&signed, audit::SAW_ORDERS, Some(&person.id), "")
        .await?;
    let (whose, now) = (person.clone(), clock::now());
    let read = move |read: &Read<'_>| {
        let all = orders::of_person(read, &whose.id)?;
        let drafts = drafts::of_person(read, &whose.id)?;
        let current = all.iter().find(|one| one.current).map(|one| one.digest);
        let held = held(read, &whose, current)?;
        Ok::<_, StoreError>((all, drafts, held, Names::read(read)?))
    };
    let (mut all, drafts, held, names) = site.store.read(read).await?;
    all.reverse();
    let (signers, unread) = match &site.ordering {
        None => (None, None),
        Some(_) => match site.signers().await {
            Ok(signers) => (Some(signers), None),
            // The orders can be read all the same.
            Err(Fault::Unready(why)) => (None, Some(why)),
            Err(fault) => return Err(fault),
        },
    };
    let said = super::apart(move || {
        let of = |one: StoredOrder| {
            let put = proviso_report::UnixMs(one.put);
            let signed = signers.as_ref().map(|signers| {
                let signed = signers.verify(&one.bytes, &one.signatures, put);
                signed.map(|by| by.principals.join(" and "))
            });
            (term(&one, now), signed, one)
        };
        all.into_iter().map(of).collect::<Vec<_>>()
    })
    .await?;
    let path = format!("/person/{}", person.id);
    let has = said.iter().any(|(.., one)| one.current);
    let body = html! {
        p.crumbs { a href=(path) { (person.name) } }
        h1 { "Orders of " (person.name) " " small { (person.pseudonym) } }
        p {
            a href={ (path) "/orders/new" } { "Begin a draft" }
            @if has {
                " · " a href={ (path) "/lists" } { "Update a list" }
                " · " a href={ (path) "/orders/new?purpose=vary" } { "Vary" }
                " · " a href={ (path) "/orders/new?purpose=suspend" } { "Suspend" }
                " · " a href={ (path) "/orders/new?purpose=end" } { "End" }
            }
            " · " a href={ (path) "/enrol" } { "Enrol a computer" }
        }
        section aria-labelledby="drafts" {
            h2 #drafts { "Drafts" }
            @if drafts.is_empty() { p.empty { "There is no draft." } } @else {
                ul.rows { @for draft in &drafts { li { (line(&signed, draft, &names, None)) } } }
            }
        }
        section aria-labelledby="put" {
            h2 #put { "Orders that were put" }
            @if let Some(why) = &unread {
                p.fault {
                    "Nobody can say here who signed these, and no order can be put in force: whoever runs the collector \
                     has to put this right. " (fault::sentence(why))
                }
            }
            @if said.is_empty() { p.empty { "No order was put, so nothing may be recorded." } }
            ul.rows {
                @for (term, by, one) in &said {
                    li { (put(&signed.zone, &path, one, term, by.as_ref())) }
                }
            }
        }
        section aria-labelledby="computers" {
            h2 #computers { "Which computers have the one in force" }
            (computers(&signed.zone, &held))
        }
    };
    let about = Page {
        title: &format!("Orders of {}", person.name),
        here: "/orders",
        person: Some(person.id.as_str()),
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body).into_response())
}

fn put<E: Display>(
    zone: &TimeZone,
    path: &str,
    one: &StoredOrder,
    term: &str,
    signed: Option<&Result<String, E>>,
) -> Markup {
    html! {
        a href={ (path) "/order/" (one.digest) } { (one.id) ", version " (one.version) }
        " "
        @if one.current { (layout::tag("held", "In force here")) } @else { (layout::tag("", "Past")) }
        p {
            @if one.current { (term) " " }
            "Put " (words::moment(one.put, zone)) "."
            @if let Some(Ok(signed)) = signed { " Signed by " (signed) "." }
        }
        @if let Some(Err(why)) = signed { p.fault { (fault::sentence(&why.to_string())) } }
        p.quiet { "SHA-256 " code { (short(&one.digest)) "…" } }
    }
}

/// The reading page of an order that was put.
pub(in crate::web) async fn one(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path((id, digest)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let (person, stored) = put_order(&site, &signed, &id, &digest).await?;
    site.looks(&signed, audit::SAW_ORDER, Some(&person.id), &said(&stored))
        .await?;
    let checked = site.checked(&stored.bytes).await?;
    let reading = site.reading(&checked, None).await?;
    let path = format!("/person/{}", person.id);
    let body = html! {
        link rel="stylesheet" href=(ORDER.path);
        p.crumbs { a href={ (path) "/orders" } { "Orders of " (person.name) } }
        h1 { (stored.id) ", version " (stored.version) }
        p {
            "Put " (words::moment(stored.put, &signed.zone)) ". SHA-256 " code { (stored.digest) } ". "
            a href={ (path) "/order/" (stored.digest) "/file" } { "Download the file (order.toml)" }
        }
        @match &reading {
            Some(page) => (PreEscaped(page)),
            None => p.fault { "The stored order does not pass this program's checks, so it cannot be shown for reading: download the file." },
        }
    };
    let about = Page {
        title: &format!("{} of {}", stored.id, person.name),
        here: "/orders",
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body).into_response())
}

/// An order that was put, byte for byte.
pub(in crate::web) async fn file(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path((id, digest)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let (person, stored) = put_order(&site, &signed, &id, &digest).await?;
    site.looks(&signed, audit::SAW_ORDER, Some(&person.id), &said(&stored))
        .await?;
    Ok(draft::toml(stored.bytes))
}

fn said(stored: &StoredOrder) -> String {
    format!("{} version {}", stored.id, stored.version)
}

async fn put_order(
    site: &Site,
    signed: &Signed,
    id: &str,
    digest: &str,
) -> Result<(Person, StoredOrder), Fault> {
    const MISSING: Fault =
        Fault::Missing("no such order was put for this person; look in the list of their orders");
    let person = site.whom(signed, id).await?;
    let digest: Hash = digest.parse().map_err(|_| MISSING)?;
    let whose = person.id.clone();
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(orders::of_person(read, &whose)?))
        .await?;
    let stored = found.into_iter().find(|one| one.digest == digest);
    Ok((person, stored.ok_or(MISSING)?))
}

fn line(signed: &Signed, draft: &Draft, names: &Names, person: Option<&Person>) -> Markup {
    html! {
        a href={ "/draft/" (draft.id) } {
            (purpose(draft.purpose))
            @if let Some(person) = person { " for " (person.name) }
        }
        " " (layout::tag("review", state(draft)))
        p.quiet {
            "Begun by " (names.of(&draft.begun_by)) ", " (words::moment(draft.begun, &signed.zone)) "."
        }
    }
}

fn computers(zone: &TimeZone, all: &[Held]) -> Markup {
    let all: Vec<&Held> = all.iter().filter(|one| is_active(one)).collect();
    html! {
        @if all.is_empty() { p.empty { "No computer is enrolled." } } @else {
            div.pv-scroll tabindex="0" {
                table.govuk-table {
                    caption.govuk-visually-hidden { "Computers and the order that each has" }
                    thead { tr {
                        th scope="col" { "Computer" } th scope="col" { "Has it?" }
                        th scope="col" { "Said so at, by its clock" } th scope="col" { "Known here" }
                    } }
                    tbody { @for one in all { (computer(zone, one)) } }
                }
            }
        }
    }
}

fn computer(zone: &TimeZone, one: &Held) -> Markup {
    let now = one.last.map(|last| last.digest);
    html! {
        tr {
            th scope="row" { (one.host) " " small { code { (small(one.device.id)) } } }
            td {
                @match (one.device.order, now) {
                    (None, _) => "No order is assigned",
                    (Some(order), Some(now)) if order == now => "Yes",
                    (Some(_), Some(now)) => { b { "Not yet" } ": it says that it has " code { (short(&now)) "…" } }
                    (Some(_), None) => { b { "Not yet" } ": it has not said so" }
                }
            }
            td { @if let Some(first) = one.first { (words::moment(first.at, zone)) } }
            td { @if let Some(first) = one.first { (words::moment(first.received, zone)) } }
        }
    }
}

fn small(id: DeviceId) -> String {
    id.to_string().chars().take(8).collect()
}

fn is_active(one: &Held) -> bool {
    one.device.state == DeviceState::Active
}

fn held(read: &Read<'_>, person: &Person, digest: Option<Hash>) -> Result<Vec<Held>, SqlError> {
    let mut all = Vec::new();
    for device in devices::of_person(read, &person.id)? {
        let host = devices::registered(read, device.id)?.map(|one| one.host);
        all.push(Held {
            host: host.unwrap_or_else(|| "not in the register".to_owned()),
            last: taken::last(read, device.id)?,
            first: match &digest {
                Some(digest) => taken::first_of(read, device.id, digest)?,
                None => None,
            },
            device,
        });
    }
    Ok(all)
}

/// In words how an order stands.
fn term(stored: &StoredOrder, now: i64) -> String {
    match Order::parse(&stored.bytes) {
        Ok(order) => putting::term(&order, now).unwrap_or_else(|_| "It has ended.".to_owned()),
        Err(_) => "It does not pass this program's checks.".to_owned(),
    }
}
