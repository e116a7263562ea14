//! Signing in with a passkey.
//!
//! Promises: it stands for password and second factor together, for the device checked who holds it. Wrong tries
//! at somebody's name never shut it; how much one address may ask for in a minute is bounded.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::web::carry::Carried;
use crate::web::fault::{self, Fault};
use crate::web::form::Form;
use crate::web::gate;
use crate::web::govuk::hidden;
use crate::web::passkey::{self, FIELD};
use crate::web::{Site, layout};

use super::place::Place;

/// What the forms hold.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    #[serde(default)]
    next: Option<String>,
    /// What the browser gave; absent where it has yet to be asked.
    #[serde(default)]
    passkey: String,
    #[serde(default)]
    carried_to: String,
    #[serde(default)]
    carried_by: String,
    #[serde(default)]
    carried: String,
}

/// Takes a passkey, or shows the page that asks for one.
pub(in crate::web) async fn take(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    extensions: Extensions,
    Form(form): Form<Wanted>,
) -> Result<Response, Fault> {
    let now = clock::now();
    let from = super::address(&extensions);
    let place = Place::of(&headers, from, &site.sealing, None);
    if form.passkey.is_empty() {
        site.admit_asking(&place, now)?;
    } else {
        site.admit(&place, now)?;
    }
    let next = super::local(form.next.as_deref()).to_owned();
    let carried = Carried {
        to: form.carried_to,
        by: form.carried_by,
        fields: form.carried,
    };
    if form.passkey.is_empty() {
        return Ok(page(&site, &next, &carried, None).await?.into_response());
    }
    let before = gate::named(&headers);
    let opening = gate::opening(gate::PASSKEY, &headers, from, now);
    let (party, sealing, sent) = (site.party.clone(), Arc::clone(&site.sealing), form.passkey);
    let opened = site
        .store
        .write("passkey", move |tx| -> Result<_, Fault> {
            Ok(match passkey::accept(tx, party.as_ref(), &sent, now)? {
                Err(why) => Err(why),
                Ok(staff) => {
                    let place = Place::of(&headers, from, &sealing, Some(&staff));
                    let known = super::open(tx, &sealing, &staff, &place, before, &opening, now)?;
                    Ok((staff, known))
                }
            })
        })
        .await?;
    match opened {
        Ok((staff, known)) => Ok(super::welcome(&staff, known, &next, &carried)),
        Err(why) => {
            let page = page(&site, &next, &carried, Some(&why.to_string())).await?;
            Ok((StatusCode::UNAUTHORIZED, page).into_response())
        }
    }
}

/// The form on the sign-in that leads here; empty where there are no passkeys.
pub(super) fn way(site: &Site, next: &str, carried: &Carried) -> Markup {
    html! {
        @if site.party.is_some() {
            form method="post" action="/sign-in/passkey" {
                (hidden("next", next))
                (carried.hidden())
                (crate::web::govuk::secondary("Sign in with a passkey"))
            }
        }
    }
}

/// The form that asks for one of `staff`, after their password; empty where they have none.
pub(super) async fn instead(
    site: &Site,
    staff: &str,
    next: &str,
    carried: &Carried,
) -> Result<Markup, Fault> {
    let button = site.passkey_button(Some(staff), FIELD).await?;
    Ok(html! {
        @if !button.0.is_empty() {
            form.sheet method="post" action="/sign-in/passkey" {
                (hidden("next", next))
                (carried.hidden())
                (button)
            }
        }
    })
}

async fn page(
    site: &Site,
    next: &str,
    carried: &Carried,
    refused: Option<&str>,
) -> Result<Markup, Fault> {
    let button = site.passkey_button(None, FIELD).await?;
    let body = html! {
        h1 { "Sign in with a passkey" }
        @if let Some(refused) = refused {
            p.fault role="alert" { (fault::sentence(refused)) }
        }
        @if button.0.is_empty() {
            p.fault { "Passkeys are not set up on this collector. Use your password." }
        } @else {
            form.sheet method="post" action="/sign-in/passkey" {
                (hidden("next", next))
                (carried.hidden())
                (button)
            }
        }
        (super::begin_again(carried, "Sign in with your password instead"))
    };
    Ok(layout::bare("Sign in with a passkey", &body))
}
