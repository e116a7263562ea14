//! Asking again who it is, before what cannot be taken back.
//!
//! Promises: an address that asks for it is reached only within ten minutes of a password, a code or a passkey.
//! Whoever has to give it again does so on a page that carries the form, in hidden fields: one press confirms
//! and goes on, and nothing typed is lost. The proof never reaches the page that was wanted. Five wrong ones in
//! a row end the session: whoever sits at a desk that somebody left cannot try for long.
//!
//! Refuses: forms that do not carry the session's token; they are not carried any further.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, LOCATION};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::{StoreError, second, sessions};

use super::carry;
use super::fault::Fault;
use super::form::{Form, TOO_MANY};
use super::gate::Signed;
use super::govuk::{Input, button, details};
use super::layout::{self, Page};
use super::sign_in::second::accepts_totp;
use super::typed::{self, Fields};
use super::{Site, audit, passkey, sign_in};

/// Wrong proofs in a row that end a session.
const WRONG: u64 = 5;

const PASSWORD: &str = "proof_password";
const CODE: &str = "proof_code";
const PASSKEY: &str = "proof_passkey";

const ASKED: &str = "What you asked for takes data out or cannot be taken back, and it is more than 10 minutes since \
     you last showed that it is you. Confirm it now; then it goes on at once.";

const NOT_RIGHT: &str =
    "That is not right, so nothing was done. Try again. After five wrong tries you are signed out.";

/// What somebody gives to show that it is them.
#[derive(Default)]
pub(super) struct Proof {
    password: String,
    code: String,
    passkey: String,
}

/// What a proof is worth.
pub(super) enum Proven {
    Yes,
    No,
    /// Not, and the session has ended.
    Ended,
}

impl Proof {
    /// A password.
    pub(super) fn password(password: String) -> Self {
        Self {
            password,
            ..Self::default()
        }
    }

    /// Taken out of a form, so that nothing after this sees it.
    fn out_of(fields: &mut Fields) -> Self {
        Self {
            password: fields.take(PASSWORD).unwrap_or_default(),
            code: fields.take(CODE).unwrap_or_default(),
            passkey: fields.take(PASSKEY).unwrap_or_default(),
        }
    }

    fn is_empty(&self) -> bool {
        self.password.is_empty() && self.code.is_empty() && self.passkey.is_empty()
    }
}

/// Gives a request back if it was proved lately who it is, or is now; otherwise the page that asks.
pub(super) async fn ask(
    site: &Site,
    signed: &Signed,
    request: Request,
) -> Result<Request, Response> {
    asked(site, signed, request).await.map_err(|no| match no {
        No::Page(page) => (StatusCode::UNAUTHORIZED, page).into_response(),
        No::Fault(fault) => fault.into_response(),
    })
}

enum No {
    Page(Markup),
    Fault(Fault),
}

impl From<Fault> for No {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

async fn asked(site: &Site, signed: &Signed, request: Request) -> Result<Request, No> {
    let (mut parts, body) = request.into_parts();
    let to = parts.uri.path_and_query().map_or("/", |to| to.as_str());
    let to = sign_in::local(Some(to)).to_owned();
    if !typed::is_plain(&parts.method, &parts.headers) {
        if signed.fresh() {
            return Ok(Request::from_parts(parts, body));
        }
        // A page is asked for again by its address; what is neither page nor form cannot be carried.
        let back = if parts.method == Method::GET {
            &to
        } else {
            "/"
        };
        let again = going_to(signed, back);
        let page = page(site, signed, "/prove", (&again, &html! {}), ASKED).await?;
        return Err(No::Page(page));
    }
    let body = to_bytes(body, carry::MOST)
        .await
        .map_err(|_| Fault::TooLong(carry::MOST))?;
    let mut fields = Fields::parse(&body).ok_or(TOO_MANY)?;
    let proof = Proof::out_of(&mut fields);
    if !signed.fresh() {
        signed.check(fields.token())?;
        let refused = if proof.is_empty() {
            Some(ASKED)
        } else {
            match site.proven(signed, proof).await? {
                Proven::Yes => None,
                Proven::No => Some(NOT_RIGHT),
                Proven::Ended => return Err(No::Page(ended(site, signed, &to, &fields))),
            }
        };
        if let Some(why) = refused {
            let around = (fields.hidden(), fields.shown());
            let page = page(site, signed, &to, (&around.0, &around.1), why).await?;
            return Err(No::Page(page));
        }
    }
    let body = fields.encode();
    parts
        .headers
        .insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// Where to go after the proof.
#[derive(Deserialize)]
pub(super) struct Wanted {
    token: String,
    to: String,
    #[serde(default)]
    proof_password: String,
    #[serde(default)]
    proof_code: String,
    #[serde(default)]
    proof_passkey: String,
}

/// Takes the proof for a page, and goes there.
pub(super) async fn go_on(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Wanted>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let to = sign_in::local(Some(&form.to)).to_owned();
    let proof = Proof {
        password: form.proof_password,
        code: form.proof_code,
        passkey: form.proof_passkey,
    };
    match site.proven(&signed, proof).await? {
        Proven::Yes => {
            let to = HeaderValue::from_str(&to).unwrap_or(HeaderValue::from_static("/"));
            Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
        }
        Proven::No => {
            let again = going_to(&signed, &to);
            let page = page(&site, &signed, "/prove", (&again, &html! {}), NOT_RIGHT).await?;
            Ok((StatusCode::UNAUTHORIZED, page).into_response())
        }
        Proven::Ended => {
            let why = Some(sign_in::TRIED_NOT_KEPT);
            let page = sign_in::page(&site, &to, "", &carry::Carried::default(), why);
            Ok((StatusCode::UNAUTHORIZED, page).into_response())
        }
    }
}

impl Site {
    /// Whether this shows that it is them; counted and entered either way.
    pub(super) async fn proven(&self, signed: &Signed, proof: Proof) -> Result<Proven, Fault> {
        let right = !proof.password.is_empty()
            && self.knows_password(&signed.staff, proof.password).await?;
        let (hash, staff, now) = (signed.hash, signed.staff.clone(), clock::now());
        let (sealing, party) = (Arc::clone(&self.sealing), self.party.clone());
        let Proof {
            code,
            passkey: sent,
            ..
        } = proof;
        self.store
            .write("prove", move |tx| {
                // What was sent while the fifth wrong one was looked at counts no more, right or wrong.
                if sessions::get(tx, &hash, now)?.is_none() {
                    return Ok(Proven::Ended);
                }
                // A code is used once, so it is not tried where the password was right.
                let shown = right
                    || (!code.is_empty() && accepts_totp(tx, &sealing, &staff, &code, now)?)
                    || (!sent.is_empty()
                        && passkey::accept(tx, party.as_ref(), &sent, now)?.as_ref() == Ok(&staff));
                if shown {
                    sessions::prove(tx, &hash, now)?;
                    audit::enter(tx, &staff, audit::PROVED, None, "", now)?;
                    return Ok(Proven::Yes);
                }
                audit::enter(tx, &staff, audit::NOT_PROVED, None, "", now)?;
                if sessions::count_wrong(tx, &hash)? < WRONG {
                    return Ok(Proven::No);
                }
                sessions::end(tx, &hash)?;
                Ok(Proven::Ended)
            })
            .await
    }
}

fn going_to(signed: &Signed, to: &str) -> Markup {
    html! {
        input type="hidden" name="token" value=(signed.token);
        input type="hidden" name="to" value=(to);
    }
}

async fn page(
    site: &Site,
    signed: &Signed,
    action: &str,
    (hidden, typed): (&Markup, &Markup),
    why: &str,
) -> Result<Markup, Fault> {
    let passkey = site.passkey_button(Some(&signed.staff), PASSKEY).await?;
    let staff = signed.staff.clone();
    let has_app = site
        .store
        .read(move |read| Ok::<_, StoreError>(second::of(read, &staff)?.is_some()))
        .await?;
    let password = Input {
        id: PASSWORD,
        label: "Your password",
        kind: "password",
        longest: Some(1_024),
        autocomplete: Some("current-password"),
        focus: true,
        ..Input::default()
    };
    let code = Input {
        id: CODE,
        label: "Or a code from your app",
        hint: "One of the two is enough.",
        width: Some(10),
        longest: Some(10),
        autocomplete: Some("one-time-code"),
        inputmode: Some("numeric"),
        ..Input::default()
    };
    let body = html! {
        h1 { "Confirm that it is you" }
        p.note role="alert" { (why) }
        form.sheet method="post" action=(action) {
            (hidden)
            // For password managers.
            input type="text" value=(signed.name) autocomplete="username" hidden readonly;
            (password)
            @if has_app { (code) }
            (button("Confirm and go on"))
            (passkey)
        }
        @if !typed.0.is_empty() {
            (details("What you typed, and what is sent when you confirm", typed))
        }
        p { a href="/" { "Do not do it: go to the overview" } }
    };
    let about = Page {
        title: "Confirm that it is you",
        ..Page::default()
    };
    Ok(layout::page(signed, &about, &body))
}

/// Signed out after wrong proofs; what was typed goes through the sign-in.
fn ended(site: &Site, signed: &Signed, to: &str, fields: &Fields) -> Markup {
    let carried = carry::Carried {
        to: to.to_owned(),
        by: signed.staff.clone(),
        fields: fields.encode(),
    };
    sign_in::page(site, "/", "", &carried, Some(sign_in::TRIED))
}
