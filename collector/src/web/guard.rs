//! What stands before every address.
//!
//! Promises: a page's file runs only for somebody who is signed in, whose role opens the address, who has
//! nothing to do first, and who proved lately that it is them where the address asks for that. A form that is
//! stopped on the way loses nothing that was typed into it.

use std::sync::Arc;

use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::clock;

use super::access::Need;
use super::fault::Fault;
use super::gate::{First, Seen, Signed};
use super::{Site, carry, given_back, prove, unreadable};

/// What an address asks for.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) site: Arc<Site>,
    pub(super) path: &'static str,
    pub(super) need: Need,
    pub(super) fresh: bool,
}

/// Lets pass who may.
pub(super) async fn guard(State(asked): State<Asked>, request: Request, next: Next) -> Response {
    if asked.need == Need::Nothing {
        return next.run(request).await;
    }
    passed(&asked, request, next)
        .await
        .unwrap_or_else(|Stopped(response)| response)
}

/// What is sent instead of a page.
struct Stopped(Response);

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self(fault.into_response())
    }
}

async fn passed(asked: &Asked, request: Request, next: Next) -> Result<Response, Stopped> {
    let site = &asked.site;
    let (mut parts, body) = request.into_parts();
    let seen = Seen::from_request_parts(&mut parts, site).await;
    let request = Request::from_parts(parts, body);
    let signed = match seen {
        Ok(Seen(signed)) => signed,
        Err(Fault::SignedOut(_)) if *request.method() == Method::POST => {
            return Ok(carry::signed_out(site, request).await?);
        }
        Err(fault) => return Err(fault.into()),
    };
    let (request, held) = given_back::hold(request).await?;
    let to = request.uri().path().to_owned();
    let answer = match let_pass(asked, signed.clone(), request).await {
        Ok(request) => next.run(request).await,
        Err(Stopped(response)) => response,
    };
    match held {
        Some(held) => Ok(held.after(site, &signed, answer).await),
        None => Ok(unreadable::after(site, &signed, &to, answer).await),
    }
}

async fn let_pass(asked: &Asked, mut signed: Signed, request: Request) -> Result<Request, Stopped> {
    let site = &asked.site;
    if !asked.need.met_by(signed.role) {
        return Err(Fault::Role.into());
    }
    if let Some(first) = signed.first.filter(|_| !opens_first(asked.path)) {
        return Err(Stopped(first_of_all(request.method(), first)));
    }
    let mut request = request;
    if asked.fresh {
        request = prove::ask(site, &signed, request).await.map_err(Stopped)?;
        signed.proved = clock::now();
    }
    request.extensions_mut().insert::<Signed>(signed);
    Ok(request)
}

/// Where somebody does what they must do first. Not all of an account: what lets programs in waits as well.
fn opens_first(path: &str) -> bool {
    const OPEN: [&str; 4] = [
        "/account",
        "/account/password",
        "/account/sessions/end",
        "/sign-out",
    ];
    OPEN.contains(&path)
        || path.starts_with("/account/codes/")
        || path.starts_with("/account/passkeys/")
}

fn first_of_all(method: &Method, first: First) -> Response {
    if method == Method::GET {
        return Redirect::to("/account").into_response();
    }
    Fault::First(match first {
        First::Password => "choose a new password",
        First::SecondFactor => "set up a second factor",
    })
    .into_response()
}
