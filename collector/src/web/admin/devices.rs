//! All devices, for who sees to them.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::devices::{self, DeviceState};
use crate::store::machines::{self, Machine};
use crate::store::{DeviceId, StoreError};
use crate::web::fault::Fault;
use crate::web::form::Form;
use crate::web::gate::Signed;
use crate::web::govuk::{Head, details, hidden, table, warning};
use crate::web::layout::{self, PER_PAGE, Page};
use crate::web::{Site, audit, words};

/// Where in the list.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    page: Option<u64>,
}

/// What the form holds.
#[derive(Deserialize)]
pub(in crate::web) struct Pressed {
    token: String,
}

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Fault> {
    site.looks(&signed, audit::SAW_DEVICES, None, "").await?;
    let (page, skip) = layout::skip(wanted.page);
    let mut all = site
        .store
        .read(move |read| Ok::<_, StoreError>(machines::all(read, PER_PAGE + 1, skip)?))
        .await?;
    let more = all.len() as u64 > PER_PAGE;
    all.truncate(PER_PAGE as usize);
    let rows: Vec<Vec<Markup>> = all.iter().map(|one| row(&signed, one)).collect();
    let heads = [
        "Computer",
        "Of",
        "State",
        "Version",
        "Last heard",
        "Take out of service",
    ];
    let body = html! {
        h1 { "Devices" }
        p { "A person is a pseudonym here, and nothing here says what anybody did. A computer that is out of service is \
             not asked for anything any more; what it sent is kept." }
        @if rows.is_empty() {
            p.empty { "No computer is enrolled yet." }
        } @else {
            (table("All enrolled computers; of those in service the longest unheard first", &heads.map(Head::Text), &rows))
        }
        (layout::pager("/devices", "", page, more))
    };
    let about = Page {
        title: "Devices",
        here: "/devices",
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body))
}

/// Takes one out of service. A second press finds it done.
pub(in crate::web) async fn retire(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pressed>,
) -> Result<Response, Fault> {
    const MISSING: Fault =
        Fault::Missing("there is no computer with this id; look in the list of devices");
    signed.check(&form.token)?;
    let id: DeviceId = id.parse().map_err(|_| MISSING)?;
    let (by, now) = (signed.staff, clock::now());
    site.store
        .write("retire", move |tx| -> Result<(), Fault> {
            let device = devices::get(tx, id)?.ok_or(MISSING)?;
            if device.state != DeviceState::Retired {
                devices::retire(tx, id)?;
                let on = id.to_string();
                audit::enter(tx, &by, audit::RETIRED, Some(&device.person), &on, now)?;
            }
            Ok(())
        })
        .await?;
    Ok(Redirect::to("/devices").into_response())
}

fn row(signed: &Signed, one: &Machine) -> Vec<Markup> {
    let heard = one.last_contact.map(|at| words::moment(at, &signed.zone));
    let named = if one.host.is_empty() {
        "a computer without a name"
    } else {
        &one.host
    };
    vec![
        html! { (named) br; code { (one.id.to_string().chars().take(8).collect::<String>()) } },
        html! { (one.pseudonym) },
        html! { (state(one.state)) },
        html! { (one.agent_version) ", " (one.platform) },
        html! { @match heard { Some(heard) => (heard), None => "Never" } },
        html! {
            @if one.state != DeviceState::Retired {
                (details(&format!("Retire {named}"), &html! {
                    p { "It is asked for nothing any more. This cannot be undone." }
                    form method="post" action={ "/devices/" (one.id) "/retire" } {
                        (hidden("token", &signed.token))
                        (warning("Take it out of service"))
                    }
                }))
            }
        },
    ]
}

fn state(state: DeviceState) -> &'static str {
    match state {
        DeviceState::Active => "In service",
        DeviceState::BrokenOff => "Broken off, goes on in another log",
        DeviceState::Retired => "Out of service",
    }
}
