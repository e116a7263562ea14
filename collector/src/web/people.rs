//! Whom somebody sees, where their work begins with a person rather than with what waits.
//!
//! Promises: whoever is on it is in their sight now, and for the reason that is said.

use std::sync::Arc;

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::sight::{self, Why};
use crate::store::{Read, StoreError};

use super::fault::Fault;
use super::gate::Signed;
use super::govuk::{Head, table};
use super::layout::{self, PER_PAGE, Page};
use super::{Site, audit, words};

/// Where in the list.
#[derive(Deserialize)]
pub(super) struct Wanted {
    page: Option<u64>,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Fault> {
    site.looks(&signed, audit::SAW_PEOPLE, None, "").await?;
    let (page, skip) = layout::skip(wanted.page);
    let (staff, now) = (signed.staff.clone(), clock::now());
    let look = move |read: &Read<'_>| {
        Ok::<_, StoreError>(sight::seen(read, (&staff, now), PER_PAGE + 1, skip)?)
    };
    let mut all = site.store.read(look).await?;
    let more = all.len() as u64 > PER_PAGE;
    all.truncate(PER_PAGE as usize);
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .map(|one| {
            vec![
                html! { a href={ "/person/" (one.person) } { (one.name) } },
                html! { (one.pseudonym) },
                html! { (why(one.why)) },
                html! {
                    @if one.until == sight::NO_END { "No end" } @else { (words::moment(one.until, &signed.zone)) }
                },
            ]
        })
        .collect();
    let heads = ["Name", "Pseudonym", "Why you see them", "Until"].map(Head::Text);
    let body = html! {
        h1 { "People" }
        @if rows.is_empty() {
            p.empty { "You see nobody now. Whoever manages a case lets you in, with a purpose and an end." }
        } @else {
            (table("Everybody whom you see now", &heads, &rows))
        }
        (layout::pager("/people", "", page, more))
    };
    let about = Page {
        title: "People",
        here: "/people",
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body))
}

fn why(why: Why) -> &'static str {
    match why {
        Why::Own => "It is your case",
        Why::Team => "Your team's case",
        Why::Nobodys => "Nobody's case",
        Why::Cover => "You cover for whose case it is",
        Why::Rota => "You are on call",
        Why::Pass => "You were let in",
    }
}
