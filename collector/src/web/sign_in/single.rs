//! Single sign-on: to the provider and back (authorization code with PKCE, state and nonce).
//!
//! Promises: whoever comes back is who went, in the same browser: the state is bound to a cookie, is used once
//! and lives ten minutes. Only somebody who is entered here, under the name that the provider's claim says, may
//! sign in; nobody is ever made by a claim. A second factor that is set up here is asked for, unless the
//! configuration says that the provider asks. Coming back from there is no proof that it is them now: what asks for
//! one counts from when they signed in there.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::clock;
use crate::random;
use crate::store::steps::{self, Step};
use crate::store::{Hash, StoreError, sessions, staff};
use crate::web::carry::Carried;
use crate::web::fault::Fault;
use crate::web::form::Form;
use crate::web::gate::{self, Seen};
use crate::web::govuk::{button_link, secondary};
use crate::web::provider::{Asked, ProviderError};
use crate::web::{Site, layout};

use super::place::Place;
use super::{Known, Next, second};

const KIND: &str = "single_sign_on";

/// The cookie that binds a way to the provider to a browser. It must come along when another site sends somebody
/// here, so it is not strict; it opens nothing.
const COOKIE_NAME: &str = "__Host-proviso-way";

/// How long somebody may take at the provider, in milliseconds.
const PATIENCE: i64 = 10 * 60_000;

const NONE_HERE: Fault =
    Fault::Missing("single sign-on is not set up on this collector; sign in with your password");

const NOT_ENTERED: &str =
    "You are signed in there, but nobody is entered here under that name. Ask an administrator.";

const LATE: &str = "That took too long, or did not begin in this browser. Begin again.";

/// What is remembered of a way to the provider.
#[derive(Serialize, Deserialize)]
struct Way {
    nonce: String,
    verifier: String,
    browser: String,
    next: String,
}

/// With what the provider sends somebody back.
#[derive(Deserialize)]
pub(in crate::web) struct Back {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    error: String,
    /// Who sends them, where the provider says so (RFC 9207).
    iss: Option<String>,
}

/// Sends somebody to the provider.
pub(in crate::web) async fn go(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    extensions: Extensions,
    Query(query): Query<Next>,
) -> Result<Response, Fault> {
    let provider = site.provider.as_ref().ok_or(NONE_HERE)?;
    let now = clock::now();
    let from = super::address(&extensions);
    site.admit(&Place::of(&headers, from, &site.sealing, None), now)?;
    let [state, nonce, verifier, browser] = [secret()?, secret()?, secret()?, secret()?];
    let challenge = BASE64URL_NOPAD.encode(&Hash::of(verifier.as_bytes()).0);
    let asked = Asked {
        state: &state,
        nonce: &nonce,
        challenge: &challenge,
    };
    let to = match provider.address(&asked, now / 1_000).await {
        Ok(to) => to,
        Err(why) => return Ok(away(&site, &why)),
    };
    let cookie = format!(
        "{COOKIE_NAME}={browser}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={}",
        PATIENCE / 1_000
    );
    let cookie = HeaderValue::from_str(&cookie)
        .map_err(|_| Fault::Damaged("a cookie could not be made".into()))?;
    let way = Way {
        nonce,
        verifier,
        browser: Hash::of(browser.as_bytes()).to_string(),
        next: super::local(query.next.as_deref()).to_owned(),
    };
    let step = Step {
        kind: KIND,
        staff: None,
        data: serde_json::to_string(&way).map_err(|why| Fault::Damaged(why.to_string()))?,
        expires: now.saturating_add(PATIENCE),
    };
    let hash = Hash::of(state.as_bytes()).0;
    site.store
        .write("single sign-on", move |tx| -> Result<(), StoreError> {
            Ok(steps::put(tx, &hash, &step, now)?)
        })
        .await?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to(to.as_str())).into_response())
}

enum Outcome {
    Open(Known),
    Second(String, String),
    Refused,
}

/// Takes somebody whom the provider sends back.
pub(in crate::web) async fn back(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    extensions: Extensions,
    Query(query): Query<Back>,
) -> Result<Response, Fault> {
    let provider = site.provider.as_ref().ok_or(NONE_HERE)?;
    let now = clock::now();
    let from = super::address(&extensions);
    site.admit(&Place::of(&headers, from, &site.sealing, None), now)?;
    let hash = Hash::of(query.state.as_bytes()).0;
    let taken = site
        .store
        .write("single sign-on", move |tx| -> Result<_, StoreError> {
            Ok(steps::take(tx, &hash, KIND, now)?)
        })
        .await?;
    let way = taken.and_then(|step| serde_json::from_str::<Way>(&step.data).ok());
    let browser = gate::cookie_named(&headers, COOKIE_NAME).unwrap_or_default();
    let browser = Hash::of(browser.as_bytes()).to_string();
    let same = |way: &Way| bool::from(way.browser.as_bytes().ct_eq(browser.as_bytes()));
    let Some(way) = way.filter(same) else {
        return Ok(refused(&site, LATE));
    };
    let of_another = query
        .iss
        .as_deref()
        .is_some_and(|iss| iss != provider.issuer());
    if of_another || !query.error.is_empty() || query.code.is_empty() {
        return Ok(refused(
            &site,
            "You were not signed in there, so nothing was opened here.",
        ));
    }
    let said = match provider
        .who(&query.code, &way.verifier, &way.nonce, now / 1_000)
        .await
    {
        Ok(said) => said,
        Err(why) => return Ok(away(&site, &why)),
    };
    let who = said.who;
    let opening = gate::opening(gate::SINGLE_SIGN_ON, &headers, from, proved(said.at, now));
    let (sealing, asks) = (Arc::clone(&site.sealing), site.sign_in.provider_asks);
    let outcome = site
        .store
        .write("single sign-on", move |tx| -> Result<Outcome, Fault> {
            let somebody = staff::by_name(tx, &who)?.filter(|one| one.closed.is_none());
            let Some(somebody) = somebody else {
                return Ok(Outcome::Refused);
            };
            if !asks && sessions::second_factors(tx, &somebody.id)? > 0 {
                let step = second::begin(tx, &somebody.id, opening.way, now)?;
                return Ok(Outcome::Second(step, somebody.id));
            }
            let place = Place::of(&headers, from, &sealing, Some(&somebody.id));
            let known = super::open(tx, &sealing, &somebody.id, &place, None, &opening, now)?;
            Ok(Outcome::Open(known))
        })
        .await?;
    Ok(match outcome {
        Outcome::Refused => refused(&site, NOT_ENTERED),
        Outcome::Second(step, staff) => {
            let carried = Carried::default();
            let instead = super::passkey::instead(&site, &staff, &way.next, &carried).await?;
            second::page(&step, &way.next, &carried, &instead, false).into_response()
        }
        Outcome::Open(known) => {
            let cookies = AppendHeaders([
                (SET_COOKIE, known.opened.cookie),
                (SET_COOKIE, known.browser),
            ]);
            // Another site sent them, so a strict cookie comes along from the next page on.
            (cookies, layout::bounce(&way.next)).into_response()
        }
    })
}

/// When they proved that it is them: when they signed in there, which may be long ago, for a provider asks for
/// nothing while its own session lasts. One that does not say when has seen no proof.
fn proved(at: Option<i64>, now: i64) -> i64 {
    at.map_or(0, |at| at.saturating_mul(1_000).min(now).max(0))
}

/// Shows a form again to somebody who signed in in another tab meanwhile.
pub(in crate::web) async fn again(
    State(site): State<Arc<Site>>,
    seen: Result<Seen, Fault>,
    Form(form): Form<super::Kept>,
) -> Response {
    const NOT_YET: &str =
        "You are not signed in yet. Sign in here or in the other tab; what you typed is kept.";
    let carried = Carried {
        to: form.carried_to,
        by: form.carried_by,
        fields: form.carried,
    };
    let shown = match &seen {
        Ok(Seen(signed)) => carried.again(&signed.staff, &signed.token),
        Err(_) => None,
    };
    match shown {
        Some(page) => page.into_response(),
        None => {
            let page = super::page(&site, "/", "", &carried, Some(NOT_YET));
            (StatusCode::UNAUTHORIZED, page).into_response()
        }
    }
}

/// The way from the sign-in; empty where there is none. A form that is carried stays where it is.
pub(super) fn way(site: &Site, next: &str, carried: &Carried) -> Markup {
    let Some(provider) = &site.provider else {
        return html! {};
    };
    let says = format!("Sign in with {}", provider.name());
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", next);
    let to = format!("/single-sign-on?{}", query.finish());
    html! {
        @if carried.fields.is_empty() {
            (button_link(&to, &says))
        } @else {
            p { a href="/single-sign-on?next=%2Faccount" target="_blank" rel="noopener" { (says) " (opens in a new tab)" }
                ", come back to this page, and press:" }
            form method="post" action="/sign-in/again" {
                (carried.hidden())
                (secondary("I have signed in in the other tab"))
            }
        }
    }
}

fn away(site: &Site, why: &ProviderError) -> Response {
    tracing::warn!(%why, "single sign-on failed");
    refused(site, &crate::web::fault::sentence(&why.to_string()))
}

fn refused(site: &Site, why: &str) -> Response {
    let page = super::page(site, "/", "", &Carried::default(), Some(why));
    (StatusCode::UNAUTHORIZED, page).into_response()
}

fn secret() -> Result<String, Fault> {
    let bytes: [u8; 32] = random::bytes()?;
    Ok(HEXLOWER.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sign_in_of_which_the_provider_says_when_it_was_is_a_proof() {
        let now = 1_800_000_000_500;
        for (at, wanted) in [
            (None, 0),
            (Some(1_799_999_000), 1_799_999_000_000),
            (Some(1_800_000_030), now),
            (Some(-1), 0),
            (Some(i64::MAX), now),
        ] {
            assert_eq!(proved(at, now), wanted, "{at:?}");
        }
    }
}
