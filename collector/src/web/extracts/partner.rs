//! What a partner sees: the extracts that were given to them, until each ends.
//!
//! Promises: each reading is entered before the page is sent. An extract of somebody else, one that has ended
//! and one that was withdrawn are answered in the same way, and that it was asked for is entered.

use std::sync::Arc;

use axum::extract::{Path, State};
use maud::{Markup, html};

use crate::clock;
use crate::store::extracts;
use crate::store::{StoreError, staff};

use super::super::fault::Fault;
use super::super::gate::Signed;
use super::super::layout::{self, Page};
use super::super::{Site, audit, words};
use super::{shown, terms};

const MISSING: Fault = Fault::Missing(
    "there is no extract for you at this address now; it may have ended or been withdrawn, so ask the officer \
     who gave it to you",
);

/// The list.
pub(in crate::web) async fn list(
    State(site): State<Arc<Site>>,
    signed: Signed,
) -> Result<Markup, Fault> {
    site.looks(&signed, audit::SAW_EXTRACTS, None, "").await?;
    let (own, now) = (signed.staff.clone(), clock::now());
    let all = site
        .store
        .read(move |read| Ok::<_, StoreError>(extracts::readable(read, &own, now)?))
        .await?;
    let body = html! {
        h1 { "Given to you" }
        @if all.is_empty() {
            p.empty { "There is nothing for you to read now. What was given to you before may have ended." }
        }
        ul.rows {
            @for one in &all {
                li {
                    a href={ "/extract/" (one.id) } {
                        @match &one.body { Some(body) => (body.about), None => "Extract" }
                    }
                    p { (one.purpose) }
                    p.quiet { "Given " (words::moment(one.made, &signed.zone)) ". Can be read until " (words::moment(one.expires, &signed.zone)) "." }
                }
            }
        }
    };
    let about = Page {
        title: "Extracts",
        here: "/extracts",
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body))
}

/// One of them.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    let now = clock::now();
    let found = site
        .store
        .read(move |read| {
            let found = extracts::get(read, &id)?;
            let by = match &found {
                Some(one) => staff::by_id(read, &one.staff)?.map(|one| one.name),
                None => None,
            };
            Ok::<_, StoreError>((found, by))
        })
        .await?;
    let (Some(extract), by) = found else {
        return Err(MISSING);
    };
    let own = extract.recipient.as_deref() == Some(&signed.staff);
    let person = Some(&extract.person);
    let body = extract
        .body
        .as_ref()
        .filter(|_| own && extract.readable(now));
    let Some(body) = body else {
        site.looks(&signed, audit::REFUSED, person, &extract.id)
            .await?;
        return Err(MISSING);
    };
    site.looks(&signed, audit::EXTRACT_READ, person, &extract.id)
        .await?;
    let by = by.as_deref().unwrap_or("an officer");
    let page = html! {
        h1 { "Extract about " (body.about) }
        p.note {
            "Given to you for this purpose alone. Do not pass it on. Each reading is recorded with your name. \
             Possible breaches are software's opinion until a person decided."
        }
        (terms(&extract, by, &signed.zone))
        (shown(body))
    };
    let about = Page {
        title: "Extract",
        here: "/extracts",
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &page))
}
