//! One's own passkeys.
//!
//! Promises: making and removing one asks who it is. What is kept is a public key. The first one comes with
//! recovery codes, for the day on which the device is gone.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::factor::webauthn::Registration;
use crate::store::passkeys::{self, Passkey};
use crate::store::{Hash, StoreError, second, steps};
use crate::web::fault::Fault;
use crate::web::form::Form;
use crate::web::gate::{First, Signed};
use crate::web::govuk::{Errors, Input, button, hidden, warning};
use crate::web::layout::{self, Page};
use crate::web::passkey::{self, MAKE};
use crate::web::{Site, audit, words};

use super::{Said, codes};

/// Most characters of a name.
const NAME: usize = 100;

/// Most passkeys of one person.
const MOST: usize = 20;

const NAMELESS: &str =
    "give the passkey a name of at most 100 characters, so that you know it again";
const FULL: &str = "you have 20 passkeys, which is the most; remove one";
const LATE: &str = "that took too long, or was sent twice; begin again";
const TAKEN: &str = "this passkey is there already";

const NONE_HERE: Fault = Fault::Missing(
    "passkeys are not set up on this collector: it needs a host name with https in [listen] link of its configuration",
);

/// What the forms hold.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    token: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    passkey: String,
    /// Which one to remove.
    #[serde(default)]
    key: String,
}

/// Shows the page on which the browser makes one.
pub(in crate::web) async fn begin(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Wanted>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let Some(name) = sound(&form.name) else {
        return not_made(&site, &signed, NAMELESS).await;
    };
    let party = site.party.as_ref().ok_or(NONE_HERE)?;
    let mine = own(&site, &signed).await?;
    if mine.len() >= MOST {
        return not_made(&site, &signed, FULL).await;
    }
    let known: Vec<_> = mine
        .iter()
        .map(|key| BASE64URL_NOPAD.encode(&key.credential))
        .collect();
    let challenge = site.challenge(MAKE, Some(signed.staff.clone())).await?;
    let body = html! {
        h1 { "Make a passkey" }
        p { "Your browser asks where to keep it: on this device, on your telephone, or on a security key. The device \
             checks that it is you each time it is used." }
        form.sheet method="post" action="/account/passkeys/add" {
            (hidden("token", &signed.token))
            (hidden("name", &name))
            (passkey::making(party, &challenge, (&signed.staff, &signed.name), &known))
        }
        p { a href="/account" { "Do not make one" } }
    };
    let about = Page {
        title: "Make a passkey",
        here: "/account",
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body).into_response())
}

/// Takes what the browser made.
pub(in crate::web) async fn add(
    State(site): State<Arc<Site>>,
    mut signed: Signed,
    Form(form): Form<Wanted>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let Some(name) = sound(&form.name) else {
        return not_made(&site, &signed, NAMELESS).await;
    };
    let party = site.party.clone().ok_or(NONE_HERE)?;
    let (staff, now, sealing) = (
        signed.staff.clone(),
        clock::now(),
        Arc::clone(&site.sealing),
    );
    let sent = form.passkey;
    let added = site
        .store
        .write(
            "add passkey",
            move |tx| -> Result<Result<Vec<String>, String>, Fault> {
                let read = Registration::parse(&sent).and_then(|sent| {
                    let challenge = sent.challenge()?;
                    Ok((sent, challenge))
                });
                let (sent, challenge) = match read {
                    Ok(read) => read,
                    Err(why) => return Ok(Err(why.to_string())),
                };
                let waiting = steps::take(tx, &Hash::of(&challenge).0, MAKE, now)?;
                if waiting.is_none_or(|waiting| waiting.staff.as_deref() != Some(&staff)) {
                    return Ok(Err(LATE.to_owned()));
                }
                let made = match party.register(&sent, &challenge) {
                    Ok(made) => made,
                    Err(why) => return Ok(Err(why.to_string())),
                };
                let key = Passkey {
                    credential: made.credential,
                    staff: staff.clone(),
                    name: name.clone(),
                    algorithm: made.key.algorithm(),
                    public_key: made.key.to_bytes(),
                    counter: made.counter,
                    made: now,
                    used: None,
                };
                // Challenges may have been given out before the others were made.
                if passkeys::of(tx, &staff)?.len() >= MOST {
                    return Ok(Err(FULL.to_owned()));
                }
                if !passkeys::add(tx, &key)? {
                    return Ok(Err(TAKEN.to_owned()));
                }
                audit::enter(tx, &staff, audit::ADDED_PASSKEY, None, &name, now)?;
                Ok(Ok(match second::codes_left(tx, &staff)? {
                    0 => codes::recovery_codes(tx, &sealing, &staff, now)?,
                    _ => Vec::new(),
                }))
            },
        )
        .await?;
    Ok(match added {
        Err(why) => return not_made(&site, &signed, &why).await,
        Ok(codes) => {
            signed.first = signed.first.filter(|first| *first != First::SecondFactor);
            if codes.is_empty() {
                let said = Said::done("The passkey is added.");
                super::page(&site, &signed, &said).await?.into_response()
            } else {
                codes::shown_once(&signed, "The passkey is added.", &codes).into_response()
            }
        }
    })
}

/// Removes one.
pub(in crate::web) async fn end(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Wanted>,
) -> Result<Markup, Fault> {
    signed.check(&form.token)?;
    let (staff, now) = (signed.staff.clone(), clock::now());
    let credential = HEXLOWER.decode(form.key.as_bytes()).unwrap_or_default();
    site.store
        .write("end passkey", move |tx| -> Result<(), Fault> {
            if passkeys::end(tx, &staff, &credential, now)? {
                audit::enter(tx, &staff, audit::ENDED_PASSKEY, None, "", now)?;
            }
            Ok(())
        })
        .await?;
    super::page(
        &site,
        &signed,
        &Said::done("The passkey opens nothing any more."),
    )
    .await
}

/// A name without blanks around it.
fn sound(name: &str) -> Option<String> {
    let name = name.trim();
    let sound =
        !name.is_empty() && name.chars().count() <= NAME && !name.contains(char::is_control);
    sound.then(|| name.to_owned())
}

async fn not_made(site: &Site, signed: &Signed, why: &str) -> Result<Response, Fault> {
    let page = super::page(site, signed, &Said::wrong(why, "passkey-name")).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn own(site: &Site, signed: &Signed) -> Result<Vec<Passkey>, Fault> {
    let staff = signed.staff.clone();
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(passkeys::of(read, &staff)?));
    Ok(found.await?)
}

/// The part of the page.
pub(super) async fn section(
    site: &Site,
    signed: &Signed,
    errors: &Errors,
) -> Result<Markup, Fault> {
    let mine = own(site, signed).await?;
    let name = Input {
        id: "passkey-name",
        name: "name",
        label: "A name for the new passkey",
        hint: "For example the device that keeps it.",
        error: errors.of("passkey-name"),
        longest: Some(NAME),
        required: true,
        autocomplete: Some("off"),
        ..Input::default()
    };
    Ok(html! {
        section aria-labelledby="passkeys" {
            h2 #passkeys { "Passkeys" }
            p { "A passkey is kept by a device and opens your account without a password, after the device has checked \
                 that it is you. It works on this site alone, so nobody can trick you out of it. It needs a script in \
                 the browser; passwords work without." }
            @if !mine.is_empty() {
                ul.rows {
                    @for key in &mine {
                        li {
                            p { b { (key.name) } ", made " (words::moment(key.made, &signed.zone))
                                @if let Some(used) = key.used { ", used last " (words::moment(used, &signed.zone)) } }
                            form method="post" action="/account/passkeys/end" {
                                (hidden("token", &signed.token))
                                (hidden("key", &HEXLOWER.encode(&key.credential)))
                                (warning("Remove this passkey"))
                            }
                        }
                    }
                }
            }
            @if site.party.is_some() {
                form.sheet method="post" action="/account/passkeys/new" {
                    (hidden("token", &signed.token))
                    (name)
                    (button("Add a passkey"))
                }
            } @else {
                p { "This collector has no host name with https in its configuration (" code { "[listen] link" } "), and \
                     passkeys need one." }
            }
        }
    })
}
