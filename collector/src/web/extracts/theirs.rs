//! The extracts about one person, for those who may make them: what was disclosed, who read it, and taking it
//! back.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::audited::{self, Filter, Reader};
use crate::store::extracts::{self, Extract};
use crate::store::{PersonId, StoreError, Tx, sight, staff};

use super::super::fault::Fault;
use super::super::fields::{Filled, Label, label};
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::govuk::{self, Head};
use super::super::head::{Tab, Whose};
use super::super::{Site, audit, decide, layout, words};
use super::{shown, terms};

/// Most characters of a reason.
const LONGEST: usize = 1_000;

const WHY: Label<'_> = label("why", "Why it is withdrawn");

/// Readings shown.
const READINGS: u64 = 100;

const MISSING: Fault =
    Fault::Missing("there is no extract with this id; look in the list of extracts of the person");

impl Site {
    /// About whom an extract is.
    async fn disclosed(&self, id: &str) -> Result<PersonId, Fault> {
        let id = id.to_owned();
        let found = self
            .store
            .read(move |read| Ok::<_, StoreError>(extracts::get(read, &id)?))
            .await?;
        found.map(|extract| extract.person).ok_or(MISSING)
    }
}

/// The list.
pub(in crate::web) async fn list(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    let whose = site.whose(&signed, &id, audit::SAW_EXTRACTS, "").await?;
    let of = whose.id.clone();
    let (all, names) = site
        .store
        .read(move |read| {
            let names = staff::all(read)?.into_iter().map(|one| (one.id, one.name));
            Ok::<_, StoreError>((
                extracts::of_person(read, &of)?,
                names.collect::<BTreeMap<_, _>>(),
            ))
        })
        .await?;
    let now = clock::now();
    let rows: Vec<_> = all
        .iter()
        .map(|one| {
            vec![
                html! { a href={ "/disclosed/" (one.id) } { (words::moment(one.made, &signed.zone)) } },
                html! { (one.recipient_name) },
                html! { (names.get(&one.staff).unwrap_or(&one.staff)) },
                html! { (one.purpose) },
                state(one, now),
            ]
        })
        .collect();
    let heads = [
        Head::Text("Made"),
        Head::Text("Given to"),
        Head::Text("By"),
        Head::Text("Purpose"),
        Head::Text("State"),
    ];
    let body = html! {
        h1 { "Extracts for other agencies" }
        p { (govuk::button_link(&format!("/person/{}/extract/new", whose.id), "Make an extract")) }
        @if rows.is_empty() { p.empty { "Nothing was disclosed about this person by an extract." } }
        @else { (govuk::table("Extracts, the latest first", &heads, &rows)) }
    };
    Ok(whose.page(&signed, Tab::Extracts, "Extracts", &body))
}

/// One of them.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    let person = site.disclosed(&id).await?;
    let whose = site
        .whose(&signed, person.as_str(), audit::SAW_EXTRACTS, &id)
        .await?;
    page(&site, &signed, &whose, id, &Filled::default()).await
}

async fn page(
    site: &Site,
    signed: &Signed,
    whose: &Whose,
    id: String,
    filled: &Filled,
) -> Result<Markup, Fault> {
    let of = whose.id.clone();
    let (extract, by, readings) = site
        .store
        .read(move |read| {
            let Some(extract) = extracts::get(read, &id)?.filter(|one| one.person == of) else {
                return Ok::<_, StoreError>(None);
            };
            let by = staff::by_id(read, &extract.staff)?;
            let filter = Filter {
                person: Some(of),
                actions: vec![audit::EXTRACT_READ.to_owned()],
                ..Filter::default()
            };
            let readings = audited::find(read, &Reader::All, &filter, READINGS, 0)?;
            let readings = readings
                .into_iter()
                .filter(|one| one.entry.reason == extract.id);
            let readings: Vec<_> = readings.collect();
            Ok(Some((extract, by.map(|one| one.name), readings)))
        })
        .await?
        .ok_or(MISSING)?;
    let by = by.as_deref().unwrap_or(&extract.staff);
    let open = extract.withdrawn.is_none();
    let body = html! {
        (filled.summary())
        h1 { "Extract for " (extract.recipient_name) }
        p { (state(&extract, clock::now())) }
        (terms(&extract, by, &signed.zone))
        section aria-labelledby="readings" {
            h2 #readings { "Who read it" }
            @if readings.is_empty() { p.empty { "Nobody has read it here." } }
            ul.rows {
                @for one in &readings { li { (one.staff_name) ", " (words::moment(one.entry.at, &signed.zone)) } }
            }
        }
        @if let Some(body) = &extract.body {
            section aria-labelledby="text" { h2 #text { "As it is read" } div.note { (shown(body)) } }
        }
        @if open {
            form.sheet method="post" action={ "/disclosed/" (extract.id) "/withdraw" } {
                (govuk::hidden("token", &signed.token))
                (filled.area(WHY, LONGEST))
                (govuk::warning("Withdraw it"))
            }
        }
    };
    Ok(whose.page(signed, Tab::Extracts, "Extract", &body))
}

/// The form.
#[derive(Deserialize)]
pub(in crate::web) struct Sent {
    token: String,
    #[serde(default)]
    why: String,
}

/// Takes one back.
pub(in crate::web) async fn withdraw(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Fault> {
    signed.check(&sent.token)?;
    let person = site.disclosed(&id).await?;
    let whose = site.whose_form(&signed, person.as_str()).await?;
    let mut filled = Filled::default();
    let why = filled.words(WHY, &sent.why, LONGEST, Some("Say why it is withdrawn."));
    if !filled.is_good() {
        let page = page(&site, &signed, &whose, id, &filled).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let (person, staff, now) = (whose.id.clone(), signed.staff, clock::now());
    let to = format!("/disclosed/{id}");
    site.store
        .write(
            "withdraw extract",
            move |tx: &Tx<'_>| -> Result<(), Fault> {
                sight::why(tx, &staff, &person, now)?.ok_or(Fault::Sight)?;
                let found = extracts::get(tx, &id)?.filter(|one| one.person == person);
                let found = found.ok_or(MISSING)?;
                // Somebody else was faster: it is withdrawn, which is what was wanted.
                if !extracts::withdraw(tx, &found.id, &staff, &why, now)? {
                    return Ok(());
                }
                let on = format!("{}: {why}", found.id);
                audit::enter(
                    tx,
                    &staff,
                    audit::EXTRACT_WITHDRAWN,
                    Some(&person),
                    &on,
                    now,
                )
            },
        )
        .await?;
    Ok(decide::to(&to))
}

fn state(one: &Extract, now: i64) -> Markup {
    html! {
        @match &one.withdrawn {
            Some((_, _, why)) => { (layout::tag("review", "Withdrawn")) " " (why) }
            None if one.body.is_none() => { (layout::tag("review", "Erased")) " Its text was erased with what it quoted." }
            None if now >= one.expires => (layout::tag("review", "Ended")),
            None if one.recipient.is_none() => { (layout::tag("held", "On paper")) " Its recipient does not sign in here." }
            None => (layout::tag("held", "Can be read")),
        }
    }
}
