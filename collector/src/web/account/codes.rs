//! Codes from an app, and recovery codes for the day on which the app is gone.
//!
//! Promises: an app counts only after it gave a right code. Its secret and the recovery codes are shown once.
//! Setting up, giving up and new recovery codes ask who it is.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use data_encoding::BASE32_NOPAD;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::factor::{sealing::Sealing, totp};
use crate::random;
use crate::store::second::{self, Totp};
use crate::store::{StoreError, Tx};
use crate::web::fault::Fault;
use crate::web::form::Form;
use crate::web::gate::{First, Signed};
use crate::web::govuk::{Errors, Input, button, hidden, secondary, warning};
use crate::web::layout::{self, Page};
use crate::web::sign_in::second::{damaged, plain};
use crate::web::{Site, audit, words};

use super::{Said, qr};

/// Recovery codes that are made at once.
const RECOVERY: usize = 10;

/// A form that says only that it was pressed.
#[derive(Deserialize)]
pub(in crate::web) struct Pressed {
    token: String,
}

/// The first code of an app.
#[derive(Deserialize)]
pub(in crate::web) struct FirstCode {
    token: String,
    id: String,
    code: String,
}

/// Makes a secret and shows it.
pub(in crate::web) async fn begin(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Pressed>,
) -> Result<Markup, Fault> {
    signed.check(&form.token)?;
    let now = clock::now();
    let secret: [u8; totp::SECRET] = random::bytes()?;
    let mut app = Totp {
        id: random::row_id(now)?,
        staff: signed.staff.clone(),
        secret: Vec::new(),
        made: now,
        confirmed: None,
        last_step: 0,
    };
    app.secret = site.sealing.seal(&app.place(), &secret)?;
    let id = app.id.clone();
    site.store
        .write("begin codes", move |tx| -> Result<(), StoreError> {
            Ok(second::begin(tx, &app)?)
        })
        .await?;
    Ok(set_up(&signed, &id, &secret, &Errors::default()))
}

/// What came of the first code.
enum Came {
    Gone,
    Wrong(Vec<u8>),
    Set(Vec<String>),
}

/// Takes the first code of the app.
pub(in crate::web) async fn confirm(
    State(site): State<Arc<Site>>,
    mut signed: Signed,
    Form(form): Form<FirstCode>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let (staff, sealing, now) = (
        signed.staff.clone(),
        Arc::clone(&site.sealing),
        clock::now(),
    );
    let (id, code) = (form.id.clone(), form.code);
    let came = site
        .store
        .write("confirm codes", move |tx| -> Result<Came, Fault> {
            let Some(app) = second::begun(tx, &staff)?.filter(|app| app.id == id) else {
                return Ok(Came::Gone);
            };
            let secret = sealing
                .open(&app.place(), &app.secret)
                .ok_or_else(damaged)?;
            let Some(step) = totp::check(&secret, &code, now, 0) else {
                return Ok(Came::Wrong(secret));
            };
            second::confirm(tx, &app, step, now)?;
            audit::enter(tx, &staff, audit::SET_UP_CODES, None, "", now)?;
            let left = second::codes_left(tx, &staff)?;
            Ok(Came::Set(match left {
                0 => recovery_codes(tx, &sealing, &staff, now)?,
                _ => Vec::new(),
            }))
        })
        .await?;
    Ok(match came {
        Came::Gone => {
            let said = Said::wrong(
                "this secret counts no more, for another was made since; begin again",
                "codes",
            );
            let page = super::page(&site, &signed, &said).await?;
            (StatusCode::CONFLICT, page).into_response()
        }
        Came::Wrong(secret) => {
            let mut errors = Errors::default();
            errors.add(
                "code",
                "This code is not right. Type what the app shows now; if it stays wrong, set the clock of the telephone.",
            );
            let page = set_up(&signed, &form.id, &secret, &errors);
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
        Came::Set(codes) => {
            signed.first = signed.first.filter(|first| *first != First::SecondFactor);
            if codes.is_empty() {
                let said = Said::done("The new app is set up. The one before counts no more.");
                super::page(&site, &signed, &said).await?.into_response()
            } else {
                shown_once(&signed, "Your app is set up.", &codes).into_response()
            }
        }
    })
}

/// Gives the app up.
pub(in crate::web) async fn end(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Pressed>,
) -> Result<Markup, Fault> {
    signed.check(&form.token)?;
    let (staff, now) = (signed.staff.clone(), clock::now());
    site.store
        .write("end codes", move |tx| -> Result<(), Fault> {
            if second::end(tx, &staff, now)? > 0 {
                audit::enter(tx, &staff, audit::ENDED_CODES, None, "", now)?;
            }
            Ok(())
        })
        .await?;
    let said = Said::done("Codes from an app are not asked for any more.");
    super::page(&site, &signed, &said).await
}

/// Makes new recovery codes in the place of the old ones.
pub(in crate::web) async fn recover(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Pressed>,
) -> Result<Markup, Fault> {
    signed.check(&form.token)?;
    let (staff, sealing, now) = (
        signed.staff.clone(),
        Arc::clone(&site.sealing),
        clock::now(),
    );
    let codes = site
        .store
        .write("recovery codes", move |tx| -> Result<_, Fault> {
            audit::enter(tx, &staff, audit::NEW_RECOVERY, None, "", now)?;
            recovery_codes(tx, &sealing, &staff, now)
        })
        .await?;
    Ok(shown_once(
        &signed,
        "These are your new recovery codes. The old ones count no more.",
        &codes,
    ))
}

/// New recovery codes: 60 random bits each.
pub(super) fn recovery_codes(
    tx: &Tx<'_>,
    sealing: &Sealing,
    staff: &str,
    now: i64,
) -> Result<Vec<String>, Fault> {
    let mut shown = Vec::with_capacity(RECOVERY);
    for _ in 0..RECOVERY {
        let bytes: [u8; 8] = random::bytes()?;
        let text = BASE32_NOPAD.encode(&bytes).to_lowercase();
        let parts = [text.get(..4), text.get(4..8), text.get(8..12)];
        shown.push(parts.map(Option::unwrap_or_default).join("-"));
    }
    let kept: Vec<_> = shown
        .iter()
        .map(|code| sealing.recovery_code(staff, &plain(code)))
        .collect();
    second::put_codes(tx, staff, &kept, now)?;
    Ok(shown)
}

/// The part of the page.
pub(super) async fn section(site: &Site, signed: &Signed) -> Result<Markup, Fault> {
    let staff = signed.staff.clone();
    let (app, left) = site
        .store
        .read(move |read| {
            Ok::<_, StoreError>((second::of(read, &staff)?, second::codes_left(read, &staff)?))
        })
        .await?;
    let form = |to: &str, submit: Markup| {
        html! {
            form method="post" action={ "/account/codes/" (to) } {
                (hidden("token", &signed.token))
                (submit)
            }
        }
    };
    Ok(html! {
        section aria-labelledby="codes" {
            h2 #codes { "Codes from an app" }
            @match app.as_ref().and_then(|app| app.confirmed) {
                None => {
                    p { "An app on your telephone shows six digits that change every half minute. They are asked for \
                         after your password, so whoever learns the password alone does not get in." }
                    (form("new", button("Set up codes")))
                }
                Some(since) => {
                    p { "Set up since " (words::moment(since, &signed.zone)) ". A code is asked for after your password." }
                    (form("new", secondary("Set up another app in its place")))
                    (form("end", warning("Give up codes from an app")))
                }
            }
            @if app.is_some() || left > 0 {
                p { "Recovery codes left: " b { (left) } ". Each opens your account once, when the app or the passkey is \
                     not at hand." }
                (form("recovery", secondary("Make new recovery codes")))
            }
        }
    })
}

fn set_up(signed: &Signed, id: &str, secret: &[u8], errors: &Errors) -> Markup {
    let code = Input {
        id: "code",
        label: "The code that the app shows now",
        error: errors.of("code"),
        width: Some(10),
        longest: Some(10),
        required: true,
        autocomplete: Some("one-time-code"),
        inputmode: Some("numeric"),
        ..Input::default()
    };
    let address = totp::address(secret, &signed.name);
    let body = html! {
        (errors.summary())
        h1 { "Set up codes from an app" }
        ol {
            li { "Open an app for such codes on your telephone, and let it read this picture." }
            li { "If it cannot, type this secret into it: " code { (totp::text(secret)) } }
            li { "Type the code that it shows. Until then nothing changes." }
        }
        p { (qr::picture(&address, "The secret as a picture; the same stands in text above")) }
        form.sheet method="post" action="/account/codes/confirm" {
            (hidden("token", &signed.token))
            (hidden("id", id))
            (code)
            (button("Set it up"))
        }
        p { a href="/account" { "Do not set it up" } }
    };
    page(signed, "Set up codes", &body)
}

/// Recovery codes, which nobody can see again.
pub(super) fn shown_once(signed: &Signed, done: &str, codes: &[String]) -> Markup {
    let body = html! {
        h1 { "Keep these codes" }
        p role="status" { (done) " With one of these codes you get in when the app or the passkey is not at hand. Each \
             counts once. They are shown only now: print them or write them down, and lock them away." }
        ul { @for code in codes { li { code { (code) } } } }
        p { a href="/account" { "I have them: go to my account" } }
    };
    page(signed, "Keep these codes", &body)
}

fn page(signed: &Signed, title: &str, body: &Markup) -> Markup {
    let about = Page {
        title,
        here: "/account",
        ..Page::default()
    };
    layout::page(signed, &about, body)
}
