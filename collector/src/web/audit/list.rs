//! The entries, by person, by who did it, by what was done and by day.
//!
//! Promises: auditors see all of them, managers and supervisors what they did themselves and what was done
//! about their own people; no filter widens that. Reading the audit is an entry, too.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::digest;
use crate::store::audit::Shown;
use crate::store::audited::{self, Filter, Reader};
use crate::store::staff::Role;
use crate::store::{StoreError, people};

use super::super::access::Right;
use super::super::fault::Fault;
use super::super::gate::Signed;
use super::super::govuk::{self, Choice, Errors, Input, Select};
use super::super::layout::{self, PER_PAGE, Page};
use super::super::{Site, words};
use super::about::{Names, about};
use super::kind::Kind;
use super::{SAW_AUDIT, action};

/// The heading.
const TITLE: &str = "Who looked, and who did what";

/// What to show.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Wanted {
    person: String,
    staff: String,
    action: String,
    day: String,
    page: Option<u64>,
}

/// What stands in the form, and what it can choose from.
struct Asked {
    wanted: Wanted,
    filter: Filter,
    names: Names,
    actions: Vec<String>,
    errors: Errors,
}

/// Whose entries somebody reads.
pub(super) fn reader(signed: &Signed, now: i64) -> Reader {
    match signed.role {
        Role::Auditor => Reader::All,
        _ => Reader::Own(signed.staff.clone(), now),
    }
}

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let now = clock::now();
    let reader = reader(&signed, now);
    let asked = asked(&site, wanted).await?;
    if !asked.errors.is_empty() {
        return Ok(amiss(&signed, &asked));
    }
    let person = asked.filter.person.clone();
    if let (Some(person), Reader::Own(..)) = (&person, &reader) {
        site.in_sight(&signed, person).await?;
    }
    site.looks(&signed, SAW_AUDIT, person.as_ref(), &asked.words())
        .await?;
    let watched = match asked.all() {
        true => Some(site.witnessed().await?),
        false => None,
    };
    let (page, skip) = layout::skip(asked.wanted.page);
    let filter = asked.filter.clone();
    let mut rows = site
        .store
        .read(move |read| {
            Ok::<_, StoreError>(audited::find(read, &reader, &filter, PER_PAGE + 1, skip)?)
        })
        .await?;
    let more = rows.len() as u64 > PER_PAGE;
    rows.truncate(PER_PAGE as usize);
    let body = html! {
        h1 { (TITLE) }
        @if let (Some(person), true) = (&person, Right::Activity.of(signed.role)) {
            p { a href={ "/person/" (person) } { "To the person" } }
        }
        p { a href="/audit/month" { "The report of a month" } }
        (asked.form())
        @if let Some(watched) = &watched {
            (watched.show(&signed))
            (how_to_check())
        }
        @if rows.is_empty() {
            p.empty { @if asked.all() { "Nothing is entered here yet." } @else { "There is no such entry." } }
        } @else {
            (rows_of(&signed, &rows, &asked.names))
        }
        (layout::pager("/audit", &asked.query(), page, more))
    };
    Ok(page_of(&signed, &body).into_response())
}

/// The filter as it was typed, with what is wrong with it; no entries, for none were asked for.
fn amiss(signed: &Signed, asked: &Asked) -> Response {
    let body = html! {
        (asked.errors.summary())
        h1 { (TITLE) }
        (asked.form())
    };
    (StatusCode::UNPROCESSABLE_ENTITY, page_of(signed, &body)).into_response()
}

fn page_of(signed: &Signed, body: &Markup) -> Markup {
    let about = Page {
        title: "Who looked",
        here: "/audit",
        ..Page::default()
    };
    layout::page(signed, &about, body)
}

/// How anybody makes sure that no entry was changed or taken out.
pub(super) fn how_to_check() -> Markup {
    let body = html! {
        p {
            "Each entry here is an entry of this collector's own log as well. "
            code { "proviso-collector ledger check" } " compares every one of them with that log, and says which \
             was changed, added or taken out. " code { "proviso-collector ledger show" }
            " says how far witnesses have cosigned it."
        }
    };
    govuk::details("How to check that nothing was changed", &body)
}

async fn asked(site: &Site, wanted: Wanted) -> Result<Asked, Fault> {
    let who = wanted.person.trim().to_owned();
    let (person, names, actions) = site
        .store
        .read(move |read| {
            // A name finds nobody here: an auditor does not learn who is who.
            let found = people::find(read, &who)?.into_iter();
            let mut found = found.filter(|one| one.pseudonym == who || one.id.as_str() == who);
            Ok::<_, StoreError>((
                found.next().map(|one| one.id),
                Names::read(read)?,
                audited::actions(read)?,
            ))
        })
        .await?;
    let mut errors = Errors::default();
    if person.is_none() && !wanted.person.trim().is_empty() {
        errors.add(
            "person",
            "Nobody has this pseudonym or id. Names find nobody here: write it as in P-0001",
        );
    }
    let mut filter = Filter {
        person,
        staff: Some(wanted.staff.clone()).filter(|id| !id.is_empty()),
        actions: chosen(&wanted.action, &actions),
        ..Filter::default()
    };
    if !wanted.day.is_empty() {
        let day = wanted.day.parse().ok();
        let span = day.and_then(|day| digest::span(day, &site.zone));
        match span {
            Some(span) => (filter.from, filter.to) = span,
            None => errors.add(
                "day",
                "This is no day: choose one, or write it as 2026-11-24",
            ),
        }
    }
    Ok(Asked {
        wanted,
        filter,
        names,
        actions,
        errors,
    })
}

/// The actions of what was chosen: of a kind, or one alone. One that was never entered finds nothing.
fn chosen(asked: &str, known: &[String]) -> Vec<String> {
    match Kind::ALL.into_iter().find(|kind| kind.as_str() == asked) {
        None if asked.is_empty() => Vec::new(),
        None => vec![asked.replace([',', '%', '_'], "_")],
        Some(kind) => {
            let of = known.iter().filter(|action| Kind::of(action) == kind);
            let mut of: Vec<_> = of.cloned().collect();
            if of.is_empty() {
                of.push(kind.as_str().to_owned());
            }
            of
        }
    }
}

impl Asked {
    /// Whether nothing is filtered.
    fn all(&self) -> bool {
        self.filter == Filter::default()
    }

    /// The filter in the audit itself.
    fn words(&self) -> String {
        let wanted = &self.wanted;
        let parts = [&wanted.staff, &wanted.action, &wanted.day];
        let parts: Vec<_> = parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(|part| part.chars().take(64).collect::<String>())
            .collect();
        parts.join(" ")
    }

    fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let wanted = &self.wanted;
        for (name, value) in [
            ("person", &wanted.person),
            ("staff", &wanted.staff),
            ("action", &wanted.action),
            ("day", &wanted.day),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        match query.finish() {
            query if query.is_empty() => query,
            query => format!("{query}&"),
        }
    }

    fn form(&self) -> Markup {
        let wanted = &self.wanted;
        let mut staff = vec![Choice::new("", "Anybody")];
        staff.extend(
            self.names
                .each()
                .into_iter()
                .map(|(id, name)| Choice::new(id, name)),
        );
        let mut actions = vec![Choice::new("", "Anything")];
        actions.extend(Kind::ALL.map(|kind| Choice::new(kind.as_str(), kind.words())));
        let known = self.actions.iter();
        actions.extend(known.map(|one| Choice::new(one, action(one))));
        html! {
            form.inline method="get" action="/audit" {
                (Input {
                    id: "person", label: "About whom", hint: "Pseudonym or id", value: &wanted.person,
                    width: Some(10), error: self.errors.of("person"), ..Input::default()
                })
                (Select { id: "staff", label: "By whom", choices: &staff, chosen: &wanted.staff, ..Select::default() })
                (Select { id: "action", label: "What", choices: &actions, chosen: &wanted.action, ..Select::default() })
                (Input {
                    id: "day", label: "Day", kind: "date", value: &wanted.day, error: self.errors.of("day"),
                    ..Input::default()
                })
                (govuk::secondary("Show"))
                @if !self.all() { a href="/audit" { "Everything" } }
            }
        }
    }
}

/// The entries as a list.
pub(super) fn rows_of(signed: &Signed, rows: &[Shown], names: &Names) -> Markup {
    let links = Right::Activity.of(signed.role);
    html! {
        ul.rows {
            @for row in rows {
                li {
                    b { (row.staff_name) } " " (action(&row.entry.action)) " " (about(&row.entry, names, links))
                    @if let (Some(name), Some(id)) = (&row.pseudonym, &row.entry.person) {
                        " of "
                        @if links { a href={ "/person/" (id) } { (name) } } @else { (name) }
                    }
                    " " span.quiet { (words::moment(row.entry.at, &signed.zone)) }
                }
            }
        }
    }
}
