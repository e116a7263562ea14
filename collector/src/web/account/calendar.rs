//! The secret address of one's calendar of reviews.
//!
//! Promises: the address is shown once, on the answer to the form that made it; a new one ends the old one. Sending
//! the form twice makes one address.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::random;
use crate::store::calendars::{self, Calendar};
use crate::store::{FindingId, StoreError};
use crate::web::fault::Fault;
use crate::web::form::Form;
use crate::web::gate::Signed;
use crate::web::govuk;
use crate::web::layout::{self, Page};
use crate::web::{Site, audit, calendar, words};

/// What the form that makes one holds.
#[derive(Deserialize)]
pub(in crate::web) struct New {
    token: String,
    /// Names the address that this form makes, so that it makes one.
    id: String,
}

/// What the form that ends it holds.
#[derive(Deserialize)]
pub(in crate::web) struct Old {
    token: String,
}

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
) -> Result<Markup, Fault> {
    page(&site, &signed, None, None).await
}

/// Makes an address.
pub(in crate::web) async fn make(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<New>,
) -> Result<Markup, Fault> {
    signed.check(&form.token)?;
    let fits = form.id.parse::<FindingId>().is_ok();
    if !fits || !calendar::may(&signed) {
        return Err(Fault::Input(
            "this form was not made for you, so nothing was changed; open the page again and repeat",
        ));
    }
    let (secret, hash) = calendar::new_secret()?;
    let now = clock::now();
    let new = Calendar {
        id: super::tokens::own(&form.id, &signed.staff),
        staff: signed.staff.clone(),
        role: signed.role,
        made: now,
        used: None,
    };
    let made = site
        .store
        .write("make calendar", move |tx| -> Result<bool, Fault> {
            let made = calendars::make(tx, &new, &hash)?;
            if made {
                audit::enter(tx, &new.staff, audit::MADE_CALENDAR, None, "", now)?;
            }
            Ok(made)
        })
        .await?;
    let (secret, done) = match made {
        true => (Some(secret), None),
        false => (
            None,
            Some(
                "This form made an address already, and it was shown then. Make another if you did not copy it.",
            ),
        ),
    };
    page(&site, &signed, secret, done).await
}

/// Ends it.
pub(in crate::web) async fn end(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Old>,
) -> Result<Markup, Fault> {
    signed.check(&form.token)?;
    let (staff, now) = (signed.staff.clone(), clock::now());
    site.store
        .write("end calendar", move |tx| -> Result<(), Fault> {
            // A second press finds nothing to end, and that is as well.
            if calendars::end(tx, &staff, now)? {
                audit::enter(tx, &staff, audit::ENDED_CALENDAR, None, "", now)?;
            }
            Ok(())
        })
        .await?;
    let done = "The address is ended. What still reads it is told that there is nothing.";
    page(&site, &signed, None, Some(done)).await
}

async fn page(
    site: &Site,
    signed: &Signed,
    secret: Option<String>,
    done: Option<&'static str>,
) -> Result<Markup, Fault> {
    let staff = signed.staff.clone();
    let own = site
        .store
        .read(move |read| Ok::<_, StoreError>(calendars::of_staff(read, &staff)?))
        .await?;
    let id = random::row_id(clock::now())?;
    let body = html! {
        h1 { "Your calendar of reviews" }
        @if let Some(done) = done { p.note role="status" { (done) } }
        @if let Some(secret) = &secret {
            section.note role="status" aria-labelledby="made" {
                h2 #made { "Its address" }
                p { code #address { (site.link) "/calendar/" (secret) ".ics" } }
                p { "Copy it now into your calendar program as a subscription: it is not kept here and is never shown \
                     again. Whoever has it can read the calendar, so give it to nobody." }
            }
        }
        p { "When orders end and reviews are due, of the people whom you see. It holds pseudonyms and no names. That it \
             was read is recorded." }
        @if calendar::may(signed) {
            @match own {
                None => p.empty { "You have no address for it." },
                Some((made, used)) => p {
                    "Its address was made " (words::moment(made, &signed.zone)) " and "
                    @match used {
                        None => "was never read.",
                        Some(at) => { "was last read " (words::moment(at, &signed.zone)) "." }
                    }
                }
            }
            form method="post" action="/account/calendar" {
                (govuk::hidden("token", &signed.token))
                (govuk::hidden("id", &id))
                (govuk::button(if own.is_some() { "Make a new address, and end the old one" } else { "Make an address" }))
            }
            @if own.is_some() {
                form method="post" action="/account/calendar/end" {
                    (govuk::hidden("token", &signed.token))
                    (govuk::warning("End the address"))
                }
            }
        } @else {
            p.empty { "Your role has no reviews, so there is no calendar for you." }
        }
        p { a href="/account" { "Back to your account" } }
    };
    let about = Page {
        title: "Your calendar of reviews",
        here: "/account",
        ..Page::default()
    };
    Ok(layout::page(signed, &about, &body))
}
